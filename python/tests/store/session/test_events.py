"""What subscribers are told, over every transport; by whom it was done does not matter."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gromox.mapi import tags
from gromox.mapi.restriction import BitMapRelOp, BitMask
from gromox.store.errors import DeniedError, FolderGoneError, InvalidValueError, NotFoundError
from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.mailbox import Mailbox
from gromox.store.notify.event import Event, EventType
from gromox.store.permission import Right
from gromox.store.match.criteria import SearchFlag
from gromox.store.session import Actor, StoreSession
from gromox.store.uidset import UidSet
from tests.store.sample import mail
from tests.store.session.conftest import OpenSession
from tests.support.server import PATIENCE
from tests.support.storerpc import StoreServer

INBOX, TRASH, SUBTREE, FINDER = 13, 11, 9, 5
EVERYTHING = EventType(0x1FF)
BOB = Actor("bob@example.test")


def told(session: StoreSession) -> list[Event]:
    return [each.event for each in session.poll_events(1000) if each.event is not None]


def kinds(session: StoreSession) -> list[tuple[str | None, int, bool]]:
    return [(each.type.name, each.folder_id, bool(each.message_id)) for each in told(session)]


@pytest.mark.requirement("MS-OXCNOTIF", 11)
@pytest.mark.requirement("MS-OXCNOTIF", 13)
@pytest.mark.requirement("MS-OXCNOTIF", 35)
@pytest.mark.requirement("MS-OXCNOTIF", 41)
@pytest.mark.requirement("MS-OXCNOTIF", 42)
def test_a_delivered_mail_is_new_and_created(session: StoreSession, mailbox: Mailbox) -> None:
    session.subscribe(EVERYTHING, INBOX)
    mailbox.deliver(mail("a"), token="a")
    new, created, counted = told(session)
    assert (new.type, created.type, counted.type) == (
        EventType.NEW_MAIL,
        EventType.OBJECT_CREATED,
        EventType.OBJECT_MODIFIED,
    )
    assert new.message_id == created.message_id != 0
    assert (new.message_class, new.message_flags) == ("IPM.Note", 2)
    assert (counted.message_id, counted.total, counted.unread) == (0, 1, 1)
    assert told(session) == []


@pytest.mark.requirement("MS-OXCNOTIF", 14)
@pytest.mark.requirement("MS-OXCNOTIF", 15)
@pytest.mark.requirement("MS-OXCNOTIF", 43)
@pytest.mark.requirement("MS-OXCNOTIF", 44)
def test_flags_modify_and_an_expunge_deletes(session: StoreSession, mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail("a")])
    session.subscribe(EVERYTHING, INBOX)
    mailbox.set_flags(INBOX, UidSet.of([1]), FlagChange(FlagOperation.ADD, Flag.SEEN))
    assert kinds(session) == [("OBJECT_MODIFIED", INBOX, True), ("OBJECT_MODIFIED", INBOX, False)]
    mailbox.delete_messages(INBOX, UidSet.of([1]))
    assert kinds(session) == [("OBJECT_DELETED", INBOX, True), ("OBJECT_MODIFIED", INBOX, False)]


@pytest.mark.requirement("MS-OXCNOTIF", 12)
@pytest.mark.requirement("MS-OXCNOTIF", 16)
@pytest.mark.requirement("MS-OXCNOTIF", 45)
@pytest.mark.requirement("MS-OXCNOTIF", 46)
def test_moves_and_copies_tell_both_ends(session: StoreSession, mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail("a"), mail("b")])
    here = session.subscribe(EventType.OBJECT_MOVED | EventType.OBJECT_COPIED, INBOX)
    there = session.subscribe(EventType.OBJECT_MOVED | EventType.OBJECT_COPIED, TRASH)
    mailbox.copy(INBOX, UidSet.of([1]), TRASH)
    copied = session.poll_events()
    assert {each.subscription for each in copied} == {here, there}
    event = copied[0].event
    assert event is not None
    assert event.type is EventType.OBJECT_COPIED
    assert (event.old_folder_id, event.folder_id) == (INBOX, TRASH)
    assert event.old_message_id not in (0, event.message_id)
    mailbox.move(INBOX, UidSet.of([2]), TRASH)
    moved = session.poll_events()
    assert [each.event and each.event.type for each in moved] == [EventType.OBJECT_MOVED] * 2


@pytest.mark.requirement("MS-OXCNOTIF", 52)
@pytest.mark.requirement("MS-OXCNOTIF", 53)
def test_folders_come_move_change_and_go(session: StoreSession, mailbox: Mailbox) -> None:
    session.subscribe(EVERYTHING)
    made = mailbox.create_folder(SUBTREE, "New").folder_id
    assert kinds(session) == [("OBJECT_CREATED", made, False)]
    mailbox.rename_folder(made, parent_id=SUBTREE, name="Renamed")
    assert kinds(session) == [("OBJECT_MODIFIED", made, False)]
    mailbox.rename_folder(made, parent_id=INBOX, name="Renamed")
    (event,) = told(session)
    assert (event.type, event.parent_id, event.old_parent_id) == (EventType.OBJECT_MOVED, INBOX, SUBTREE)
    mailbox.delete_folder(made)
    assert ("OBJECT_DELETED", made, False) in kinds(session)


@pytest.mark.requirement("MS-OXCNOTIF", 291)
def test_only_what_was_asked_for(session: StoreSession, mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail("a"), mail("b")])
    first = min(session.changes(INBOX, 0).created)
    session.subscribe(EventType.OBJECT_DELETED, INBOX)
    one = session.subscribe(EventType.OBJECT_MODIFIED, INBOX, first)
    session.subscribe(EVERYTHING, TRASH)
    mailbox.set_flags(INBOX, UidSet([(1, 2)]), FlagChange(FlagOperation.ADD, Flag.SEEN))
    (only,) = session.poll_events()
    assert (only.subscription, only.event and only.event.message_id) == (one, first)
    session.close_handle(one)
    mailbox.set_flags(INBOX, UidSet([(1, 2)]), FlagChange(FlagOperation.REMOVE, Flag.SEEN))
    assert session.poll_events() == ()


def test_nobody_hears_what_they_may_not_read(mailbox: Mailbox, open_session: OpenSession) -> None:
    mailbox.set_rights(INBOX, BOB.username, Right.READ_ANY | Right.VISIBLE)
    mailbox.set_rights(TRASH, BOB.username, Right.VISIBLE)
    mailbox.append(INBOX, [mail("a"), mail("b")])
    bob = open_session(BOB)
    bob.subscribe(EVERYTHING)
    bob.subscribe(EVERYTHING, TRASH)
    with pytest.raises(FolderGoneError):
        bob.subscribe(EVERYTHING, 14)
    mailbox.append(TRASH, [mail("secret")])
    mailbox.create_folder(TRASH, "hidden")
    assert told(bob) == []
    mailbox.move(INBOX, UidSet.of([1]), TRASH)
    assert sorted(map(str, kinds(bob))) == [
        "('OBJECT_DELETED', 13, True)",
        "('OBJECT_MODIFIED', 13, False)",
    ]
    mailbox.move(TRASH, UidSet.of([1]), INBOX)
    assert ("OBJECT_CREATED", INBOX, True) in kinds(bob)
    mailbox.set_rights(INBOX, BOB.username, None)
    mailbox.append(INBOX, [mail("late")])
    assert told(bob) == []
    with pytest.raises((DeniedError, FolderGoneError)):
        bob.changes(INBOX, 0)


def test_very_many_changes_are_told_as_one(session: StoreSession, mailbox: Mailbox) -> None:
    session.subscribe(EVERYTHING, INBOX)
    mailbox.append(INBOX, [mail(f"{number}") for number in range(1001)])
    (event,) = told(session)
    assert (event.type, event.message_id, event.total) == (EventType.OBJECT_MODIFIED, 0, 1001)


@pytest.mark.requirement("MS-OXCNOTIF", 18)
@pytest.mark.requirement("MS-OXCNOTIF", 23)
def test_an_open_table_tells_its_rows(session: StoreSession, mailbox: Mailbox) -> None:
    table = session.open_contents_table(INBOX).handle
    session.table_set_columns(table, [0x0037001F])
    session.table_query_rows(table, 10)
    handle = session.subscribe_table(table)
    mailbox.append(INBOX, [mail("a")])
    (only,) = session.poll_events()
    assert only.subscription == handle
    assert only.table is not None
    assert len(only.table.events) == 1


@pytest.mark.requirement("MS-OXCNOTIF", 17)
@pytest.mark.requirement("MS-OXCNOTIF", 47)
def test_a_search_folder_tells_what_it_shows(session: StoreSession, mailbox: Mailbox) -> None:
    unread = BitMask(BitMapRelOp.EQUAL_TO_ZERO, tags.PidTagMessageFlags, 1)
    found = session.create_folder(FINDER, "unread", is_search=True)
    session.set_search_criteria(found, unread, [INBOX], SearchFlag.BACKGROUND)
    session.subscribe(EVERYTHING, found)
    while session.continue_search(found):
        pass
    assert ("SEARCH_COMPLETE", found, False) in kinds(session)
    mailbox.append(INBOX, [mail("a")])
    events = [each for each in told(session) if each.message_id]
    assert [(each.type, each.search_folder_id) for each in events] == [(EventType.OBJECT_CREATED, found)]
    mailbox.set_flags(INBOX, UidSet.of([1]), FlagChange(FlagOperation.ADD, Flag.FLAGGED))
    assert ("OBJECT_MODIFIED", found, True) in kinds(session)
    mailbox.set_flags(INBOX, UidSet.of([1]), FlagChange(FlagOperation.ADD, Flag.SEEN))
    assert ("OBJECT_DELETED", found, True) in kinds(session)


def test_a_wait_ends_with_the_ring(
    request: pytest.FixtureRequest,
    session: StoreSession,
    mailbox: Mailbox,
    path: Path,
    store_server: StoreServer,
) -> None:
    session.subscribe(EVERYTHING, INBOX)
    assert session.wait_for_events(0.05) is False
    if session._transport is None:
        mailbox.append(INBOX, [mail("a")])
        assert session.wait_for_events(0) is True
        return
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(session.wait_for_events, PATIENCE)
        mailbox.append(INBOX, [mail("a")])
        store_server.server.doorbell.ring(path)
        assert waiting.result(PATIENCE) is True
    assert ("OBJECT_CREATED", INBOX, True) in kinds(session)


def test_too_many_unheard_events_are_said_to_be_lost(
    session: StoreSession,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gromox.store.notify.subscription.MAX_WAITING", 3)
    session.subscribe(EVERYTHING, INBOX)
    mailbox.append(INBOX, [mail(f"{number}") for number in range(5)])
    found = session.poll_events()
    assert len(found) == 3
    assert [each.lost for each in found] == [True, False, False]


def test_hundreds_of_subscribers_share_the_work(mailbox: Mailbox) -> None:
    sessions = [StoreSession.of(mailbox, Actor("alice@example.test")) for _ in range(300)]
    for one in sessions:
        one.subscribe(EVERYTHING, INBOX)
    statements: list[str] = []
    mailbox.append(INBOX, [mail("a")])
    mailbox.file.connection.set_trace_callback(statements.append)
    assert all(one.has_events() for one in sessions)
    mailbox.file.connection.set_trace_callback(None)
    assert len([each for each in statements if "FROM messages" in each]) < 10


def test_wrong_subscriptions_are_refused(session: StoreSession) -> None:
    with pytest.raises(InvalidValueError):
        session.subscribe(EVERYTHING, None, 5)
    with pytest.raises(InvalidValueError):
        session.poll_events(0)
    with pytest.raises(NotFoundError):
        session.subscribe_table(99)
