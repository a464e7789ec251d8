"""Messages and folders that were changed on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from gromox.mapi import tags
from gromox.mapi.changelist import PredecessorChangeList, Xid
from gromox.mapi.message import Attachment, InMemory, Message, PropertyBag, Recipient
from gromox.store.create import create_public
from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.mailbox import Mailbox
from gromox.store.property.computed import MessageStatus
from gromox.store.session import SYSTEM, StoreSession
from gromox.store.sync.conflict import MAX_VERSIONS, ResolveMethod, Version
from gromox.store.sync.state import SyncState
from gromox.store.sync.upload import Imported, Outcome
from gromox.store.uidset import UidSet
from tests.store.sample import mail

INBOX = 13
LATER = 150_000_000_000_000_000
"""Behind everything that is written here."""
LARGE = bytes(range(256)) * 1024


def xid(client: int, number: int) -> Xid:
    return Xid(UUID(int=client), number.to_bytes(6, "big"))


def version(client: int, number: int, *seen: Xid, time: int = LATER) -> Version:
    listed = PredecessorChangeList.of(xid(client, number), *seen)
    return Version(xid(client, number).octets, listed.octets(), time)


def message(subject: str, *, content: bytes = b"octets") -> Message:
    return Message(
        PropertyBag({tags.PidTagSubject: subject, tags.PidTagBody: f"body of {subject}"}),
        [Recipient(PropertyBag({tags.PidTagDisplayName: subject, tags.PidTagRecipientType: 1}))],
        [Attachment(PropertyBag({tags.PidTagAttachLongFilename: f"{subject}.txt"}), InMemory(content))],
    )


class Side:
    """One message of a folder, and the clients that upload it."""

    def __init__(self, session: StoreSession, folder_id: int, *, associated: bool = False) -> None:
        self.session, self.folder_id, self.associated = session, folder_id, associated
        self.handle = session.sync_upload(folder_id, SyncState())
        self.mid = session.local_replica_ids(1)
        self.put("base", version(1, 1, time=1))

    def put(self, subject: str, made: Version, content: bytes = b"octets") -> Imported:
        sent = message(subject, content=content)
        return self.session.import_message(self.handle, self.mid, sent, made, associated=self.associated)

    @property
    def subject(self) -> object:
        return self.session.properties_of_messages([self.mid], [tags.PidTagSubject])[self.mid][0]

    @property
    def seen(self) -> tuple[Xid, ...]:
        found = self.session.properties_of_messages([self.mid], [tags.PidTagPredecessorChangeList])
        octets = found[self.mid][0]
        assert isinstance(octets, bytes)
        return PredecessorChangeList.from_octets(octets).xids

    @property
    def is_conflict(self) -> bool:
        return bool(self.session.message_status(self.mid) & MessageStatus.IN_CONFLICT)

    def versions(self) -> dict[str, Version]:
        """Return the versions by their subjects."""
        return {
            self.session.read_message(self.mid, path=[each.number]).properties.text(
                tags.PidTagSubject
            ): each.version
            for each in self.session.conflict_versions(self.mid)
        }


@pytest.fixture
def session(mailbox: Mailbox) -> StoreSession:
    return StoreSession.of(mailbox, SYSTEM)


@pytest.fixture
def public(tmp_path: Path) -> Iterator[Mailbox]:
    with create_public(tmp_path / "public", domain="example.test", domain_id=3) as box:
        yield box
        assert box.check() == []


@pytest.mark.requirement("MS-OXCFXICS", 1801)
@pytest.mark.requirement("MS-OXCFXICS", 1814)
@pytest.mark.requirement("MS-OXCFXICS", 1815)
@pytest.mark.requirement("MS-OXCFXICS", 1820)
@pytest.mark.requirement("MS-OXCFXICS", 1821)
@pytest.mark.requirement("MS-OXCFXICS", 1822)
@pytest.mark.requirement("MS-OXCFXICS", 1837)
@pytest.mark.requirement("MS-OXCFXICS", 3397)
@pytest.mark.requirement("MS-OXCFXICS", 3398)
@pytest.mark.requirement("MS-OXCFXICS", 3400)
@pytest.mark.parametrize(("time", "winner"), [(1, "base"), (LATER, "two")])
def test_all_versions_stay_in_one_message(session: StoreSession, time: int, winner: str) -> None:
    side = Side(session, INBOX)
    session.set_message_properties(side.mid, {tags.PidTagImportance: 2})
    here = PredecessorChangeList.of(*side.seen, xid(2, 1))
    made = version(2, 1, xid(1, 1), time=time)
    assert side.put("two", made, LARGE).outcome is Outcome.CONFLICT
    assert side.is_conflict
    assert side.subject == winner
    assert PredecessorChangeList.of(*side.seen).includes(here)
    found = side.versions()
    assert found.keys() == {"base", "two"}
    assert found["two"] == made
    # The contents are those of the winner, and its own attachment is no version.
    held = session.message_attachments(side.mid)
    names = {each.get(tags.PidTagAttachLongFilename): bool(each.get(tags.PidTagInConflict)) for each in held}
    assert names == {f"{winner}.txt": False, None: True}
    assert session.message_recipients(side.mid)[0][tags.PidTagDisplayName] == winner
    inner = session.read_message(side.mid, path=[session.conflict_versions(side.mid)[-1].number])
    data = inner.attachments[0].data
    assert data is not None
    assert b"".join(data.chunks()) == LARGE
    # Who knew everything ends it.
    assert side.put("three", version(3, 1, *side.seen)).outcome is Outcome.TAKEN
    assert (side.is_conflict, side.versions()) == (False, {})
    assert session.message_recipients(side.mid)[0][tags.PidTagDisplayName] == "three"
    assert len(session.message_attachments(side.mid)) == 1


@pytest.mark.requirement("MS-OXCFXICS", 3399)
def test_of_more_than_two_versions_the_last_one_wins(session: StoreSession) -> None:
    side = Side(session, INBOX)
    session.set_message_properties(side.mid, {tags.PidTagImportance: 2})
    base = xid(1, 1)
    assert side.put("two", version(2, 1, base, time=LATER + 2)).outcome is Outcome.CONFLICT
    assert side.put("three", version(3, 1, base, time=LATER + 1)).outcome is Outcome.CONFLICT
    assert side.versions().keys() == {"base", "two", "three"}
    assert session.message_recipients(side.mid)[0][tags.PidTagDisplayName] == "two"
    # One that knew the winner and is older than a third one: that one is the last writer now.
    assert side.put("four", version(4, 1, base, xid(2, 1), time=LATER)).outcome is Outcome.CONFLICT
    assert side.versions().keys() == {"base", "three", "four"}
    assert side.subject == "three"
    body = session.properties_of_messages([side.mid], [tags.PidTagBody])[side.mid][0]
    assert body == "body of three"
    assert session.message_recipients(side.mid)[0][tags.PidTagDisplayName] == "three"


def test_of_too_many_versions_the_oldest_go(session: StoreSession) -> None:
    side = Side(session, INBOX)
    session.set_message_properties(side.mid, {tags.PidTagImportance: 2})
    for number in range(MAX_VERSIONS + 3):
        side.put(f"v{number}", version(10 + number, 1, xid(1, 1), time=LATER + number))
    assert side.versions().keys() == {f"v{number}" for number in range(3, MAX_VERSIONS + 3)}


@pytest.mark.parametrize(("client", "winner"), [((1 << 128) - 1, "two"), (1, "base")])
def test_at_the_same_time_the_larger_name_space_wins(session: StoreSession, client: int, winner: str) -> None:
    side = Side(session, INBOX)
    session.set_message_properties(side.mid, {tags.PidTagImportance: 2})
    found = session.properties_of_messages([side.mid], [tags.PidTagLastModificationTime])
    time = found[side.mid][0]
    assert isinstance(time, int)
    side.put("two", version(client, 5, time=time))
    assert side.subject == winner


def test_a_mail_in_conflict_becomes_an_item(session: StoreSession, mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail("as it came")])
    (mid,) = session.changes(INBOX, 0).created
    handle = session.sync_upload(INBOX, SyncState())
    found = session.import_message(handle, mid, message("edited"), version(1, 1, time=1))
    assert found.outcome is Outcome.CONFLICT
    assert [each.number for each in session.conflict_versions(mid)] == [0, 1]
    # A flag set by IMAP is no end of it.
    change = FlagChange(FlagOperation.ADD, Flag.FLAGGED)
    mailbox.set_flags(INBOX, UidSet.of(mailbox.view(INBOX).uids()), change)
    assert len(session.conflict_versions(mid)) == 2


@pytest.mark.requirement("MS-OXCFXICS", 3402)
@pytest.mark.requirement("MS-OXCFXICS", 3403)
@pytest.mark.parametrize(("time", "winner"), [(1, "base"), (LATER, "two")])
def test_associated_messages_have_one_winner(session: StoreSession, time: int, winner: str) -> None:
    side = Side(session, INBOX, associated=True)
    session.set_message_properties(side.mid, {tags.PidTagImportance: 2})
    assert side.put("two", version(2, 1, time=time)).outcome is Outcome.CONFLICT
    assert (side.subject, side.is_conflict, side.versions()) == (winner, False, {})


def test_a_folder_can_ask_for_one_winner(session: StoreSession) -> None:
    session.set_folder_properties(INBOX, {tags.PidTagResolveMethod: int(ResolveMethod.LAST_WRITER_WINS)})
    side = Side(session, INBOX)
    session.set_message_properties(side.mid, {tags.PidTagImportance: 2})
    assert side.put("two", version(2, 1)).outcome is Outcome.CONFLICT
    assert (side.subject, side.is_conflict) == ("two", False)


@pytest.mark.requirement("MS-OXCFXICS", 1847)
@pytest.mark.parametrize("is_quiet", [False, True])
def test_owners_of_public_folders_hear_of_conflicts(public: Mailbox, is_quiet: bool) -> None:
    session = StoreSession.of(public, SYSTEM)
    folder_id = public.create_folder(2, "Posts").folder_id
    if is_quiet:
        method = {tags.PidTagResolveMethod: int(ResolveMethod.NO_CONFLICT_NOTIFICATION)}
        session.set_folder_properties(folder_id, method)
    side = Side(session, folder_id)
    session.set_message_properties(side.mid, {tags.PidTagImportance: 2})
    assert side.put("two", version(2, 1, time=1)).outcome is Outcome.CONFLICT
    assert side.is_conflict
    others = [mid for mid in session.changes(folder_id, 0).created if mid != side.mid]
    assert len(others) == (0 if is_quiet else 1)
    wanted = (
        tags.PidTagMessageClass,
        tags.PidTagSenderName,
        tags.PidTagOriginalSubject,
        tags.PidTagConflictEntryId,
    )
    entry_id = session.properties_of_messages([side.mid], [tags.PidTagEntryId])[side.mid][0]
    for mid in others:
        told = session.properties_of_messages([mid], wanted)[mid]
        assert told == ("IPM.Conflict.Message", "Posts", "base", entry_id)


@pytest.mark.requirement("MS-OXCFXICS", 1842)
@pytest.mark.requirement("MS-OXCFXICS", 1843)
@pytest.mark.parametrize("is_public", [False, True])
def test_folders_have_one_winner(
    session: StoreSession, public: Mailbox, mailbox: Mailbox, is_public: bool
) -> None:
    box = public if is_public else mailbox
    session = StoreSession.of(box, SYSTEM)
    parent = 2 if is_public else INBOX
    handle = session.sync_upload(parent, SyncState())
    made = session.local_replica_ids(1)

    def put(name: str, said: Version) -> Outcome:
        values = {tags.PidTagDisplayName: name}
        return session.import_folder(handle, made, parent, said, values).outcome

    put("Base", version(1, 1, time=1))
    box.rename_folder(made, parent_id=parent, name="Here")
    found = session.folder_properties(made, [tags.PidTagLastModificationTime])
    time = found[tags.PidTagLastModificationTime]
    assert isinstance(time, int)
    # At the same time what is here stays.
    assert put("There", version(2, 1, time=time)) is Outcome.CONFLICT
    assert box.folder(made).name == "Here"
    assert put("There", version(3, 1, time=LATER)) is Outcome.CONFLICT
    assert box.folder(made).name == "There"
    classes = [
        session.properties_of_messages([mid], [tags.PidTagMessageClass])[mid][0]
        for mid in session.changes(made, 0).created
    ]
    assert classes == (["IPM.Conflict.Message"] * 2 if is_public else [])
