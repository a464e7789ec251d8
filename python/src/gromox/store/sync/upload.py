"""Changes that a client made off line: who wins where both sides changed an object, and what is written.

Spec:
    [MS-OXCFXICS] 3.1.5.6.1 (detection by predecessor change lists), 3.1.5.6.2 (resolution), 3.2.5.9.4
    (the upload requests), 3.1.5.3 (an imported version gets a change number of the server and keeps the
    client's change key).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.errors import ParseError
from gromox.mapi.changelist import PredecessorChangeList, Relation, Xid
from gromox.mapi.rangeset import RangeSet
from gromox.store.errors import ConflictError, InvalidValueError
from gromox.store.item.writing import insert_item
from gromox.store.property import ids
from gromox.store.property.message import message_row
from gromox.store.sync import conflict, localids
from gromox.store.sync.conflict import Version
from gromox.store.sync.replacing import replace
from gromox.store.sync.state import Download, SyncState, own, with_own

if TYPE_CHECKING:
    from gromox.mapi.message import Message
    from gromox.store.item.holding import Holding
    from gromox.store.item.plan import MessagePlan
    from gromox.store.mailbox_file import MailboxFile, Write

_VERSION: Final = "UPDATE messages SET change_key = ?, predecessors = ?, modified_time = ? WHERE mid = ?"


class Outcome(Enum):
    """What became of an uploaded version."""

    TAKEN = "it is the version of the mailbox now"
    IGNORED = "the mailbox has it already, or a newer one that knew it"
    CONFLICT = "both sides had changed the object: the client has to download what became of it"
    DELETED = "the object was deleted here"


class Imported(NamedTuple):
    """The result of an upload."""

    outcome: Outcome
    object_id: int
    cn: int
    """Of the version that is there now; 0: none."""


class Upload(Download):
    """A collector of changes; its state grows by what it took in."""

    def __init__(self, file: MailboxFile, folder_id: int, state: SyncState) -> None:
        """Collect for a folder, or for the hierarchy below it."""
        self._file, self.folder_id, self._state = file, folder_id, state
        self._seen, self._associated, self._read = RangeSet(), RangeSet(), RangeSet()

    def took(self, tx: Write, *, associated: bool = False, read: bool = False) -> None:
        """Note that the change numbers of a transaction are the client's own."""
        target = self._read if read else self._associated if associated else self._seen
        target.add(tx.cn, self._file.change_number)

    def state(self) -> SyncState:
        """Return what the client has seen, its own changes among it ([MS-OXCFXICS] 3.2.5.2.1: no ids)."""
        file, state = self._file, self._state
        return SyncState(
            state.given,
            with_own(file, state.seen, own(file, state.seen) | self._seen),
            with_own(file, state.seen_associated, own(file, state.seen_associated) | self._associated),
            with_own(file, state.read, own(file, state.read) | self._read),
        )


def predecessors_of(version: Version) -> PredecessorChangeList:
    """Return the list of a client's version, with its own change.

    Raises:
        InvalidValueError: the list or the key follows no layout.
    """
    try:
        listed = PredecessorChangeList.from_octets(version.predecessors)
        return listed.with_change(Xid.from_octets(version.change_key))
    except ParseError as error:
        raise InvalidValueError(f"a change key or a predecessor change list is damaged: {error}") from error


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message that a client uploads."""

    mid: int
    message: Message
    plan: MessagePlan
    version: Version
    associated: bool
    fail_on_conflict: bool
    creator: str


def import_message(tx: Write, holding: Holding, upload: Upload, incoming: Incoming) -> Imported:
    """Take in a whole message.

    Raises:
        ConflictError: both sides changed it, and the client wants to hear of it.
        InvalidValueError: the id was not given out to a client, or belongs to another folder.
        QuotaError, LimitError: nothing is to be kept of the transaction.
    """
    file, mid, version, associated = tx.file, incoming.mid, incoming.version, incoming.associated
    theirs = predecessors_of(version)
    row = message_row(file, mid)
    if row is None:
        if localids.is_retired(file, mid):
            return Imported(Outcome.DELETED, mid, 0)
        if not localids.is_allocated(file, mid):
            raise InvalidValueError("that id was not given out to clients")
        _, cn = insert_item(
            tx,
            holding,
            incoming.plan,
            upload.folder_id,
            associated=associated,
            mid=mid,
            creator=incoming.creator,
        )
        tx.file.execute(_VERSION, (version.change_key, theirs.octets(), version.modified_time, mid))
        upload.took(tx, associated=associated)
        return Imported(Outcome.TAKEN, mid, cn)
    if row.folder_id != upload.folder_id or bool(row.number("associated")) != associated:
        raise InvalidValueError("the message is another one, or in another folder")
    if row.number("state"):
        return Imported(Outcome.DELETED, mid, 0)
    ours = ids.predecessors(file, row.number("cn"), row.octets("change_key"), row.octets("predecessors"))
    relation = theirs.relation(ours)
    if relation in (Relation.EQUAL, Relation.OLDER):
        return Imported(Outcome.IGNORED, mid, row.number("cn"))
    if relation is Relation.NEWER:
        cn = replace(tx, holding, row, incoming.message)
        tx.file.execute(_VERSION, (version.change_key, theirs.octets(), version.modified_time, mid))
        upload.took(tx, associated=associated)
        return Imported(Outcome.TAKEN, mid, cn)
    if incoming.fail_on_conflict:
        raise ConflictError("the message was changed on both sides")
    theirs_seen = Version(version.change_key, theirs.octets(), version.modified_time)
    cn = conflict.resolve(tx, holding, row, incoming.message, theirs_seen, ours)
    return Imported(Outcome.CONFLICT, mid, cn)
