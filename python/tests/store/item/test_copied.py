"""Properties copied from one object to another."""

from __future__ import annotations

import pytest

from gromox.mapi import tags
from gromox.mapi.message import Attachment
from gromox.store.errors import DeniedError, InvalidValueError, UnsupportedError
from gromox.store.item.partial import ATTACHMENTS, RECIPIENTS
from gromox.store.mailbox import Mailbox
from gromox.store.permission import Right
from gromox.store.session import Actor, StoreSession
from tests.store.item.items import INBOX, IPM, attachment, bag, note

SUBJECT, BODY = tags.PidTagSubject, tags.PidTagBody


def pair(session: StoreSession) -> tuple[int, int]:
    """A full message, and a new one."""
    item = note("source", body="b" * 5000)
    item.attachments = [attachment("a", b"x" * 70_000), Attachment(bag({}), embedded=note("inner"))]
    return session.open_item(session.create_message(INBOX, item).mid).handle, session.new_item(INBOX).handle


@pytest.mark.requirement("MS-OXCPRPT", "R150")
@pytest.mark.requirement("MS-OXCPRPT", "R500")
@pytest.mark.requirement("MS-OXCPRPT", "R849")
@pytest.mark.requirement("MS-OXCPRPT", "R50006")
@pytest.mark.requirement("MS-OXCPRPT", "R15901")
def test_some_properties(session: StoreSession) -> None:
    source, target = pair(session)
    problems = session.copy_item_properties(source, target, [SUBJECT, BODY, tags.PidTagEntryId])

    assert [each.tag for each in problems] == [tags.PidTagEntryId]
    assert session.item_properties(target, [SUBJECT, BODY]) == {SUBJECT: "source", BODY: "b" * 5000}
    assert session.item_attachments(target) == ()
    mid = session.save_item(target).mid
    assert session.message_properties(mid, [SUBJECT]) == {SUBJECT: "source"}
    with pytest.raises(UnsupportedError):
        session.copy_item_properties(source, session.open_attachment(source, 0).handle, [SUBJECT])


@pytest.mark.requirement("MS-OXCPRPT", "R181")
@pytest.mark.requirement("MS-OXCPRPT", "R182")
@pytest.mark.requirement("MS-OXCPRPT", "R191")
@pytest.mark.requirement("MS-OXCPRPT", "R5070501")
@pytest.mark.requirement("MS-OXCPRPT", "R5070507")
@pytest.mark.requirement("MS-OXCPRPT", "R821")
def test_all_but_some(mailbox: Mailbox, session: StoreSession) -> None:
    source, target = pair(session)
    session.copy_item_properties(source, target, excluded=[BODY], with_parts=True)

    mid = session.save_item(target).mid
    found = session.read_message(mid)
    assert found.properties[SUBJECT] == "source"
    assert BODY not in found.properties
    assert len(found.recipients) == 2
    assert session.read_attachment(mid, (0,), 69_999, 9) == b"x"
    assert session.read_message(mid, path=(1,)).properties[SUBJECT] == "inner"
    bare = session.new_item(INBOX).handle
    session.copy_item_properties(source, bare)
    assert session.item_recipients(bare) == ()
    some = session.new_item(INBOX).handle
    session.copy_item_properties(source, some, [RECIPIENTS, ATTACHMENTS])
    assert (len(session.item_recipients(some)), len(session.item_attachments(some))) == (2, 2)
    assert mailbox.check() == []


@pytest.mark.requirement("MS-OXCPRPT", "R879")
@pytest.mark.requirement("MS-OXCPRPT", "R5070504")
@pytest.mark.requirement("MS-OXCPRPT", "R264")
@pytest.mark.requirement("MS-OXCPRPT", "R624")
def test_what_the_target_has_may_stay(session: StoreSession) -> None:
    source, target = pair(session)
    session.set_item_properties(target, {SUBJECT: "mine"})
    session.modify_item_recipients(target, [(0, {tags.PidTagDisplayName: "Own"})])
    session.copy_item_properties(source, target, overwrites=False, with_parts=True)
    assert session.item_properties(target, [SUBJECT, BODY]) == {SUBJECT: "mine", BODY: "b" * 5000}
    assert len(session.item_recipients(target)) == 1
    assert len(session.item_attachments(target)) == 2


@pytest.mark.requirement("MS-OXCPRPT", "R159")
@pytest.mark.requirement("MS-OXCPRPT", "R185")
@pytest.mark.requirement("MS-OXCPRPT", "R501")
def test_moving(session: StoreSession) -> None:
    source, target = pair(session)
    session.copy_item_properties(source, target, with_parts=True, moves=True)
    assert session.item_properties(source, [BODY]) == {}
    assert (session.item_recipients(source), session.item_attachments(source)) == ((), ())
    assert session.item_properties(target, [SUBJECT]) == {SUBJECT: "source"}
    assert session.message_attachments(session.save_item(source).mid) == ()


@pytest.mark.requirement("MS-OXCPRPT", "R848")
@pytest.mark.requirement("MS-OXCPRPT", "R5070508")
def test_attachments(session: StoreSession) -> None:
    source, target = pair(session)
    first = session.open_attachment(source, 0).handle
    second = session.new_attachment(target).handle
    session.copy_item_properties(first, second)
    assert session.item_attachments(target) == ()
    session.save_attachment(second)
    mid = session.save_item(target).mid
    (row,) = session.message_attachments(mid)
    assert row[tags.PidTagAttachLongFilename] == "a"
    assert session.read_attachment(mid, (0,), 0, 3) == b"xxx"


@pytest.mark.requirement("MS-OXCPRPT", "R896")
def test_into_itself(session: StoreSession) -> None:
    source, _ = pair(session)
    inner = session.open_embedded(session.open_attachment(source, 1).handle).handle
    with pytest.raises(InvalidValueError):
        session.copy_item_properties(source, inner)
    session.copy_item_properties(inner, source, [SUBJECT])
    assert session.item_properties(source, [SUBJECT]) == {SUBJECT: "inner"}


@pytest.mark.requirement("MS-OXCPRPT", "R503")
@pytest.mark.requirement("MS-OXCPRPT", "R5070509")
def test_folders(mailbox: Mailbox, session: StoreSession) -> None:
    comment = tags.PidTagComment
    source = session.create_folder(IPM, "source", values={comment: "c", 0x66660003: 7})
    target = session.create_folder(IPM, "target", values={comment: "own"})
    session.copy_folder_properties(source, target, overwrites=False)
    wanted = [comment, 0x66660003, tags.PidTagDisplayName]
    assert list(session.folder_properties(target, wanted).values()) == ["own", 7, "target"]
    session.copy_folder_properties(source, target, excluded=[0x66660003])
    assert session.folder_properties(target, [comment]) == {comment: "c"}
    assert [each.tag for each in session.copy_folder_properties(source, target, [tags.PidTagFolderId])] == [
        tags.PidTagFolderId
    ]
    mailbox.set_rights(source, "bob@example.test", Right.VISIBLE)
    mailbox.set_rights(target, "bob@example.test", Right.VISIBLE)
    with pytest.raises(DeniedError):
        StoreSession.of(mailbox, Actor("bob@example.test")).copy_folder_properties(source, target)
