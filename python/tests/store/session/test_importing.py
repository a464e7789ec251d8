"""Changes that clients made off line: taken in, ignored, or in conflict; over every transport."""

from __future__ import annotations

from uuid import UUID

import pytest

from gromox.mapi import tags
from gromox.mapi.changelist import PredecessorChangeList, Xid
from gromox.mapi.message import Attachment, InMemory, Message, PropertyBag, Recipient
from gromox.mapi.propvalue import PropValue
from gromox.store.errors import ConflictError, DeniedError, InvalidValueError, LimitError
from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.mailbox import Mailbox
from gromox.store.permission import Right
from gromox.store.session import Actor, StoreSession
from gromox.store.sync.content import SyncFlag
from gromox.store.sync.localids import MAX_IDS
from gromox.store.sync.state import SyncState
from gromox.store.sync.conflict import Version
from gromox.store.sync.upload import Outcome
from gromox.store.uidset import UidSet
from tests.store.sample import mail
from tests.store.session.conftest import OpenSession
from tests.support.replica import Replica, truth

INBOX, TRASH, SUBTREE = 13, 11, 9
CLIENT = "8b2f1de0-7f5f-4d6a-9b0c-1f2e3d4c5b6a"
HOUR = 36_000_000_000
NOW = 134_000_000_000_000_000
BOB = Actor("bob@example.test")


def key(number: int) -> bytes:
    """A change of the client: a foreign identifier of eight octets ([MS-OXCFXICS] 3.3.5.2.3)."""
    return Xid(UUID(CLIENT), number.to_bytes(8, "big")).octets


def version(number: int, *seen: bytes, time: int = NOW) -> Version:
    listed = PredecessorChangeList.of(*[Xid.from_octets(each) for each in (key(number), *seen)])
    return Version(key(number), listed.octets(), time)


def message(subject: str, body: str = "text") -> Message:
    return Message(
        PropertyBag(
            {tags.PidTagSubject: subject, tags.PidTagBody: body, tags.PidTagMessageClass: "IPM.Note"}
        ),
        [Recipient(PropertyBag({tags.PidTagDisplayName: "Bob", tags.PidTagRecipientType: 1}))],
        [Attachment(PropertyBag({tags.PidTagAttachLongFilename: "a.txt"}), InMemory(b"octets"))],
    )


def subject(session: StoreSession, mid: int) -> object:
    return session.properties_of_messages([mid], [tags.PidTagSubject])[mid][0]


def change_key(session: StoreSession, mid: int) -> object:
    return session.properties_of_messages([mid], [tags.PidTagChangeKey])[mid][0]


@pytest.mark.requirement("MS-OXCFXICS", 1897)
@pytest.mark.requirement("MS-OXCFXICS", 1906)
@pytest.mark.requirement("MS-OXCFXICS", 1911)
@pytest.mark.requirement("MS-OXCFXICS", 1907)
@pytest.mark.requirement("MS-OXCFXICS", 1909)
@pytest.mark.requirement("MS-OXCFXICS", 190701)
@pytest.mark.requirement("MS-OXCFXICS", 3361)
def test_a_new_message_keeps_id_and_change_key(session: StoreSession, mailbox: Mailbox) -> None:
    mid = session.local_replica_ids(10)
    handle = session.sync_upload(INBOX, SyncState())
    found = session.import_message(handle, mid, message("mine"), version(1))
    assert (found.outcome, found.object_id) == (Outcome.TAKEN, mid)
    assert subject(session, mid) == "mine"
    assert change_key(session, mid) == key(1)
    # The client does not get its own change back.
    replica = Replica(INBOX, state=session.sync_state(handle), messages={})
    download = session.sync_content(INBOX, replica.state, SyncFlag.NORMAL)
    assert session.sync_messages(download) == ()


@pytest.mark.requirement("MS-OXCFXICS", 1783)
@pytest.mark.requirement("MS-OXCFXICS", 1784)
@pytest.mark.requirement("MS-OXCFXICS", 1898)
@pytest.mark.requirement("MS-OXCFXICS", 2229)
@pytest.mark.requirement("MS-OXCFXICS", 3507)
def test_a_newer_version_replaces_the_whole_message(session: StoreSession) -> None:
    mid = session.local_replica_ids(1)
    handle = session.sync_upload(INBOX, SyncState())
    first = session.import_message(handle, mid, message("one"), version(1))
    changed = Message(PropertyBag({tags.PidTagSubject: "two"}))
    second = session.import_message(handle, mid, changed, version(2))
    assert second.outcome is Outcome.TAKEN
    assert second.cn > first.cn
    assert subject(session, mid) == "two"
    assert session.properties_of_messages([mid], [tags.PidTagBody])[mid] == (None,)
    assert session.message_attachments(mid) == ()
    assert session.message_recipients(mid) == ()
    # What the mailbox knows already changes nothing.
    again = session.import_message(handle, mid, message("one"), version(1))
    assert (again.outcome, again.cn) == (Outcome.IGNORED, second.cn)


@pytest.mark.requirement("MS-OXCFXICS", "R1836")
@pytest.mark.requirement("MS-OXCFXICS", 1804)
@pytest.mark.requirement("MS-OXCFXICS", 1831)
@pytest.mark.requirement("MS-OXCFXICS", 1832)
@pytest.mark.requirement("MS-OXCFXICS", 1912)
@pytest.mark.requirement("MS-OXCFXICS", 2231)
@pytest.mark.requirement("MS-OXCFXICS", 2232)
@pytest.mark.parametrize("client_is_later", [True, False])
def test_the_last_writer_wins_a_conflict(session: StoreSession, client_is_later: bool) -> None:
    mid = session.local_replica_ids(1)
    handle = session.sync_upload(INBOX, SyncState())
    session.import_message(handle, mid, message("base"), version(1))
    session.set_message_properties(mid, {tags.PidTagSubject: "here"})
    with pytest.raises(ConflictError):
        session.import_message(handle, mid, message("there"), version(2), fail_on_conflict=True)
    before = session.sync_state(handle)
    time = NOW + 10**6 * HOUR if client_is_later else 1
    found = session.import_message(handle, mid, message("there"), version(2, time=time))
    assert found.outcome is Outcome.CONFLICT
    winner, loser = ("there", "here") if client_is_later else ("here", "there")
    assert subject(session, mid) == winner
    kept = [session.read_message(mid, path=[each.number]) for each in session.conflict_versions(mid)]
    assert {each.properties.text(tags.PidTagSubject) for each in kept} == {winner, loser}
    # The client has to fetch what came of it, and its next change is no conflict.
    assert session.sync_state(handle) == before
    merged = session.properties_of_messages([mid], [tags.PidTagPredecessorChangeList])[mid][0]
    assert isinstance(merged, bytes)
    listed = PredecessorChangeList.from_octets(merged)
    assert listed.includes(PredecessorChangeList.from_octets(version(2).predecessors))
    after = Version(key(3), listed.with_change(Xid.from_octets(key(3))).octets(), NOW)
    assert session.import_message(handle, mid, message("next"), after).outcome is Outcome.TAKEN
    assert session.conflict_versions(mid) == ()


def test_a_mail_can_be_replaced(session: StoreSession, mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail("as it came")])
    (mid,) = session.changes(INBOX, 0).created
    seen = change_key(session, mid)
    assert isinstance(seen, bytes)
    handle = session.sync_upload(INBOX, SyncState())
    found = session.import_message(handle, mid, message("edited"), version(1, seen))
    assert found.outcome is Outcome.TAKEN
    assert subject(session, mid) == "edited"


@pytest.mark.requirement("MS-OXCFXICS", 2250)
@pytest.mark.requirement("MS-OXCFXICS", 2251)
@pytest.mark.requirement("MS-OXCFXICS", 2269)
def test_what_was_deleted_does_not_come_back(session: StoreSession) -> None:
    first = session.local_replica_ids(4)
    handle = session.sync_upload(INBOX, SyncState())
    session.import_message(handle, first, message("a"), version(1))
    session.import_deletions(handle, [first, first + 1, 5])
    session.import_deletions(handle, [first])
    session.retire_ids([(first + 2, first + 2)])
    for mid in (first, first + 1, first + 2):
        found = session.import_message(handle, mid, message("again"), version(2))
        assert found.outcome is Outcome.DELETED
    assert session.import_message(handle, first + 3, message("new"), version(3)).outcome is Outcome.TAKEN


@pytest.mark.requirement("MS-OXCFXICS", 2258)
@pytest.mark.requirement("MS-OXCFXICS", 2259)
@pytest.mark.requirement("MS-OXCFXICS", 2260)
def test_read_states_are_taken_in_and_not_sent_back(session: StoreSession, mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail("a"), mail("b", Flag.SEEN)])
    replica = Replica(INBOX)
    replica.synchronise(session)
    unread, read = sorted(replica.messages)
    handle = session.sync_upload(INBOX, replica.state)
    session.import_read_states(handle, [(unread, True), (read, False), (99, True)])
    assert {mid: seen for mid, (_, seen) in truth(mailbox, INBOX).items()} == {unread: True, read: False}
    download = session.sync_content(INBOX, session.sync_state(handle), replica.flags)
    assert session.sync_messages(download) == ()
    told = session.sync_read_changes(download)
    assert not told.read
    assert not told.unread


@pytest.mark.requirement("MS-OXCFXICS", 2246)
def test_a_move_gives_the_clients_id(session: StoreSession, mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail("a")])
    (mid,) = session.changes(INBOX, 0).created
    target = session.local_replica_ids(1)
    handle = session.sync_upload(TRASH, SyncState())
    found = session.import_move(handle, INBOX, mid, target, version(1))
    assert (found.outcome, found.object_id) == (Outcome.TAKEN, target)
    assert session.changes(TRASH, 0).created == (target,)
    assert session.changes(INBOX, 0).created == ()
    assert session.import_move(handle, INBOX, mid, target, version(1)).outcome is Outcome.DELETED


@pytest.mark.requirement("MS-OXCFXICS", "R2243")
@pytest.mark.requirement("MS-OXCFXICS", 2235)
@pytest.mark.requirement("MS-OXCFXICS", 2237)
@pytest.mark.requirement("MS-OXCFXICS", 2242)
def test_folders_are_taken_in(session: StoreSession, mailbox: Mailbox) -> None:
    made = session.local_replica_ids(2)
    handle = session.sync_upload(SUBTREE, SyncState())
    values = {tags.PidTagDisplayName: "Projects", tags.PidTagContainerClass: "IPF.Note"}
    assert session.import_folder(handle, made, SUBTREE, version(1), values).outcome is Outcome.TAKEN
    assert mailbox.folder(made).name == "Projects"
    # What tells the version apart counts, whatever stands among the other values.
    renamed: dict[int, PropValue] = {
        tags.PidTagDisplayName: "Old projects",
        tags.PidTagSourceKey: b"x" * 22,
        tags.PidTagChangeKey: b"y" * 22,
        tags.PidTagLastModificationTime: 1,
    }
    assert session.import_folder(handle, made, INBOX, version(2), renamed).outcome is Outcome.TAKEN
    assert (mailbox.folder(made).name, mailbox.folder(made).parent_id) == ("Old projects", INBOX)
    told = session.folder_properties(made, [tags.PidTagChangeKey, tags.PidTagLastModificationTime])
    assert told == {tags.PidTagChangeKey: key(2), tags.PidTagLastModificationTime: NOW}
    assert session.import_folder(handle, made, INBOX, version(1), values).outcome is Outcome.IGNORED
    download = session.sync_hierarchy(SUBTREE, session.sync_state(handle))
    assert made not in {each.folder_id for each in session.sync_folders(download, 1000) if not each.is_new}
    mailbox.rename_folder(made, parent_id=INBOX, name="Here")
    conflict = session.import_folder(
        handle, made, INBOX, version(3, time=1), {tags.PidTagDisplayName: "There"}
    )
    assert conflict.outcome is Outcome.CONFLICT
    assert mailbox.folder(made).name == "Here"
    mailbox.delete_folder(made)
    assert session.import_folder(handle, made, INBOX, version(4), values).outcome is Outcome.DELETED


def test_hierarchies_are_downloaded(session: StoreSession, mailbox: Mailbox) -> None:
    download = session.sync_hierarchy(SUBTREE, SyncState())
    known = session.sync_folders(download, 1000)
    parents = {each.folder_id for each in known} | {SUBTREE}
    assert all(each.parent_id in parents and each.is_new for each in known)
    session.sync_deleted_folders(download)
    state = SyncState.from_octets(*session.sync_state(download).octets())
    made = mailbox.create_folder(INBOX, "New").folder_id
    gone = mailbox.create_folder(INBOX, "Gone").folder_id
    download = session.sync_hierarchy(SUBTREE, state)
    assert {each.folder_id for each in session.sync_folders(download)} == {made, gone}
    session.sync_deleted_folders(download)
    state = session.sync_state(download)
    start = session.change_number()
    mailbox.delete_folder(gone)
    mailbox.rename_folder(made, parent_id=TRASH, name="Moved")
    download = session.sync_hierarchy(SUBTREE, state)
    (changed,) = session.sync_folders(download)
    assert (changed.folder_id, changed.parent_id, changed.is_new) == (made, TRASH, False)
    assert [each for _, each in session.sync_deleted_folders(download)] == [gone]
    plain = session.folder_changes(start)
    assert (plain.created, plain.changed, plain.removed) == ((), (made,), (gone,))


@pytest.mark.requirement("MS-OXCFXICS", 2266)
def test_ids_are_handed_out_once(session: StoreSession) -> None:
    first = session.local_replica_ids(MAX_IDS)
    assert session.local_replica_ids(1) == first + MAX_IDS
    for wrong in (0, -1):
        with pytest.raises(InvalidValueError):
            session.local_replica_ids(wrong)
    with pytest.raises(LimitError):
        session.local_replica_ids(MAX_IDS + 1)


def test_strange_uploads_are_refused(session: StoreSession, mailbox: Mailbox) -> None:
    handle = session.sync_upload(INBOX, SyncState())
    mid = session.local_replica_ids(1)
    with pytest.raises(InvalidValueError):
        session.import_message(handle, mid + 1000, message("x"), version(1))
    for damaged in (Version(b"", b"", NOW), Version(key(1), b"\x17short", NOW)):
        with pytest.raises(InvalidValueError):
            session.import_message(handle, mid, message("x"), damaged)
    session.import_message(handle, mid, message("x"), version(1))
    with pytest.raises(InvalidValueError):
        session.import_message(session.sync_upload(TRASH, SyncState()), mid, message("x"), version(2))
    with pytest.raises(InvalidValueError):
        session.import_message(handle, mid, message("x"), version(2), associated=True)
    with pytest.raises(InvalidValueError):
        session.import_folder(handle, mid + 5, SUBTREE, version(1), {tags.PidTagDisplayName: "x"})
    with pytest.raises(InvalidValueError):
        session.retire_ids([(5, 4)])
    with pytest.raises(LimitError):
        session.import_deletions(handle, range(10_001))


def test_rights_bound_uploads(mailbox: Mailbox, open_session: OpenSession, session: StoreSession) -> None:
    mailbox.set_rights(INBOX, BOB.username, Right.VISIBLE | Right.READ_ANY)
    mailbox.append(INBOX, [mail("a")])
    (mid,) = session.changes(INBOX, 0).created
    fresh = session.local_replica_ids(1)
    bob = open_session(BOB)
    handle = bob.sync_upload(INBOX, SyncState())
    for call in (
        lambda: bob.import_message(handle, fresh, message("x"), version(1)),
        lambda: bob.import_message(handle, mid, message("x"), version(1)),
        lambda: bob.import_deletions(handle, [mid]),
        lambda: bob.import_read_states(handle, [(mid, True)]),
        lambda: bob.import_move(handle, INBOX, mid, fresh, version(1)),
        lambda: bob.import_folder(handle, fresh, INBOX, version(1), {tags.PidTagDisplayName: "x"}),
        lambda: bob.local_replica_ids(1),
        lambda: bob.retire_ids([(1, 2)]),
    ):
        with pytest.raises(DeniedError):
            call()


def test_flags_of_items_do_not_change_them_twice(session: StoreSession, mailbox: Mailbox) -> None:
    mid = session.local_replica_ids(1)
    handle = session.sync_upload(INBOX, SyncState())
    flagged = message("mine")
    flagged.properties[tags.PidTagFlagStatus] = 2
    session.import_message(handle, mid, flagged, version(1))
    download = session.sync_content(INBOX, session.sync_state(handle), SyncFlag.NORMAL)
    assert session.sync_messages(download) == ()
    assert change_key(session, mid) == key(1)
    uids = mailbox.view(INBOX).uids()
    mailbox.set_flags(INBOX, UidSet.of(uids), FlagChange(FlagOperation.REMOVE, Flag.FLAGGED))
    download = session.sync_content(INBOX, session.sync_state(download), SyncFlag.NORMAL)
    assert [each.mid for each in session.sync_messages(download)] == [mid]
    assert change_key(session, mid) != key(1)


@pytest.mark.requirement("MS-OXORULE", 1016)
def test_conditions_of_extended_rules_have_a_limit(session: StoreSession) -> None:
    condition = tags.PidTagExtendedRuleMessageCondition
    session.set_store_properties({tags.PidTagExtendedRuleSizeLimit: 8})
    rule = message("rule")
    rule.properties[condition] = bytes(8)
    mid = session.create_message(INBOX, rule, associated=True).mid
    rule.properties[condition] = bytes(9)
    handle = session.sync_upload(INBOX, SyncState())
    fresh = session.local_replica_ids(1)
    for call in (
        lambda: session.create_message(INBOX, rule, associated=True),
        lambda: session.set_message_properties(mid, {condition: bytes(9)}),
        lambda: session.import_message(handle, fresh, rule, version(1), associated=True),
    ):
        with pytest.raises(LimitError):
            call()
