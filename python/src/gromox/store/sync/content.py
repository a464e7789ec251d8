"""Downloading the contents of a folder: what a client with a state has to be told.

Spec:
    [MS-OXCFXICS] 3.2.5.3 (differences and their invariants), 3.2.5.6 (read states), 3.2.5.9.1.1 (flags,
    order), 2.2.1.3 (what left).
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.mapi.idset import IdSet
from gromox.mapi.rangeset import RangeSet
from gromox.store import block_table
from gromox.store.errors import InvalidValueError
from gromox.store.match.evaluate import needs, predicate
from gromox.store.property.message import MessageProperties
from gromox.store.sync import marks, reading
from gromox.store.sync.state import Download, SyncState, base_of, gaps, own, with_own
from gromox.store.tombstone import Gone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from gromox.mapi.restriction import Restriction
    from gromox.store.mailbox_file import MailboxFile
    from gromox.store.sync.reading import Changed

_READ_STATES: Final = (
    "SELECT r.mid, r.read_cn, r.is_read FROM read_states r JOIN messages m ON m.mid = r.mid"
    " WHERE m.folder_id = ? AND r.username = ? AND r.read_cn > ? AND m.state = 0"
)


class SyncFlag(IntFlag):
    """What a client wants: SynchronizationFlags, [MS-OXCFXICS] 2.2.3.2.1.1.1.

    SynchronizationExtraFlags stand above them, shifted by sixteen bits.
    """

    UNICODE = 0x0001
    NO_DELETIONS = 0x0002
    IGNORE_NO_LONGER_IN_SCOPE = 0x0004
    READ_STATE = 0x0008
    FAI = 0x0010
    NORMAL = 0x0020
    ONLY_SPECIFIED_PROPERTIES = 0x0080
    NO_FOREIGN_IDENTIFIERS = 0x0100
    BEST_BODY = 0x2000
    IGNORE_SPECIFIED_ON_FAI = 0x4000
    PROGRESS = 0x8000
    EID = 0x1_0000
    MESSAGE_SIZE = 0x2_0000
    CHANGE_NUMBER = 0x4_0000
    ORDER_BY_DELIVERY_TIME = 0x8_0000

    @classmethod
    def of_wire(cls, flags: int, extra_flags: int) -> SyncFlag:
        """Read the fields of a ROP, [MS-OXCFXICS] 3.2.5.9.1.1; unknown extra flags count for nothing.

        Raises:
            InvalidValueError: the flag that is reserved is set, or one that is not known.
        """
        if flags & ~_FLAGS:
            raise InvalidValueError(f"unknown flags of synchronisation: 0x{flags:04x}")
        return cls(flags | (extra_flags & 0xF) << 16)


class MessageChange(NamedTuple):
    """A message that the client does not have in this version."""

    mid: int
    cn: int
    is_new: bool
    """The client does not have the message at all."""
    associated: bool
    size: int


@dataclass(frozen=True, slots=True)
class SyncCounts:
    """What is ahead: the value of a progressTotal, [MS-OXCFXICS] 2.2.4.3.18 ProgressInformation."""

    normal_count: int
    normal_size: int
    associated_count: int
    associated_size: int


@dataclass(frozen=True, slots=True)
class Departures:
    """Messages that the client has and should not have any more."""

    deleted: IdSet[UUID]
    """MetaTagIdsetDeleted: deleted, softly too, or moved to another folder."""
    no_longer_in_scope: IdSet[UUID]
    """MetaTagIdsetNoLongerInScope: they do not match the restriction any more."""


@dataclass(frozen=True, slots=True)
class ReadChanges:
    """Messages of which only the read state changed."""

    read: IdSet[UUID]
    unread: IdSet[UUID]


class ContentDownload(Download):
    """One download: computed at once, handed out in parts; the state tells what was handed out."""

    def __init__(
        self,
        file: MailboxFile,
        folder_id: int,
        state: SyncState,
        *,
        flags: SyncFlag,
        restriction: Restriction | None = None,
        username: str = "",
    ) -> None:
        """Find the differences.

        Args:
            file: the mailbox.
            folder_id: a folder that is there.
            state: what the client has.
            flags: what it wants.
            restriction: messages that do not match are not in its scope.
            username: whose read states count in a public store.

        Raises:
            FolderGoneError, LimitError: there is no such folder; the restriction is too large.
        """
        self._file, self._folder_id, self._initial, self._flags = file, folder_id, state, flags
        self._restriction, self._username = restriction, username.casefold()
        marks.bring_up(file, folder_id)
        with reading.snapshot(file):
            file.record(folder_id)
            self._newest = reading.promised(file)
            self._given = own(file, state.given)
            rows = self._changed()
            matching = self._matching(rows)
            out_of_scope = {row.mid for row in rows if row.mid not in matching and row.mid in self._given}
            self._messages = self._ordered([row for row in rows if row.mid in matching])
            self._deleted = self._departed(out_of_scope)
            unwanted = self._flags & (SyncFlag.IGNORE_NO_LONGER_IN_SCOPE | SyncFlag.NO_DELETIONS)
            self._left_scope = RangeSet([(mid, mid) for mid in (() if unwanted else out_of_scope)])
            self._read, self._unread = self._read_changes({row.mid for row in rows})
        self._next = 0
        self._told = {"departures": False, "read": False}

    @property
    def counts(self) -> SyncCounts:
        """What all messages come to."""
        normal = [row.size for row in self._messages if not row.associated]
        associated = [row.size for row in self._messages if row.associated]
        return SyncCounts(len(normal), sum(normal), len(associated), sum(associated))

    def messages(self, limit: int) -> tuple[MessageChange, ...]:
        """Return the next messages; empty: that was all."""
        part = self._messages[self._next : self._next + limit]
        self._next += len(part)
        return tuple(
            [
                MessageChange(row.mid, row.cn, row.mid not in self._given, bool(row.associated), row.size)
                for row in part
            ]
        )

    def departures(self) -> Departures:
        """Return what the client has to drop."""
        self._told["departures"] = not self._flags & SyncFlag.NO_DELETIONS
        if self._flags & SyncFlag.NO_DELETIONS:
            return Departures(IdSet(), IdSet())
        return Departures(self._ids(self._deleted), self._ids(self._left_scope))

    def read_changes(self) -> ReadChanges:
        """Return what was read or marked unread."""
        self._told["read"] = True
        return ReadChanges(self._ids(self._read), self._ids(self._unread))

    def state(self, *, unsent: int = 0) -> SyncState:
        """Return the state of a client that took in everything it was handed so far.

        Args:
            unsent: how many of the last messages it was not handed as a whole.
        """
        file, initial = self._file, self._initial
        sent = self._messages[: self._next - unsent]
        given = self._given | RangeSet([(row.mid, row.mid) for row in sent])
        if self._told["departures"]:
            given = given - self._deleted - self._left_scope
        # What left and was not told must stay to be found: then only what was sent counts as seen.
        complete = self._told["departures"] or not (self._deleted or self._left_scope)
        done = len(sent) == len(self._messages) and complete
        everything = RangeSet([(1, self._newest)])
        seen, associated = own(file, initial.seen), own(file, initial.seen_associated)
        if self._flags & SyncFlag.NORMAL:
            seen |= everything if done else _cns(row for row in sent if not row.associated)
        if self._flags & SyncFlag.FAI:
            associated |= everything if done else _cns(row for row in sent if row.associated)
        read = own(file, initial.read)
        if self._flags & SyncFlag.READ_STATE and done and self._told["read"]:
            read |= everything
        return SyncState(
            with_own(file, initial.given, given),
            with_own(file, initial.seen, seen),
            with_own(file, initial.seen_associated, associated),
            with_own(file, initial.read, read),
        )

    # Finding the differences.

    def _ids(self, counters: RangeSet) -> IdSet[UUID]:
        return with_own(self._file, IdSet(), counters)

    def _changed(self) -> list[Changed]:
        """Return the messages of the wanted kinds in versions that the client has not seen."""
        rows: list[Changed] = []
        kinds = ((SyncFlag.NORMAL, 0, self._initial.seen), (SyncFlag.FAI, 1, self._initial.seen_associated))
        for flag, associated, seen in kinds:
            if self._flags & flag:
                ranges = gaps(own(self._file, seen), self._newest)
                found = reading.changed(self._file, self._folder_id, ranges)
                rows += [row for row in found if row.associated == associated]
        return rows

    def _matching(self, rows: Sequence[Changed]) -> frozenset[int]:
        if self._restriction is None:
            return frozenset([row.mid for row in rows])
        return frozenset(matching(self._file, [row.mid for row in rows], self._restriction, self._username))

    def _ordered(self, rows: list[Changed]) -> list[Changed]:
        """Return the newest first ([MS-OXCFXICS] 3.2.5.9.1.1); without the flag any order will do."""
        if self._flags & SyncFlag.ORDER_BY_DELIVERY_TIME:
            rows.sort(key=lambda row: row.received_time or row.modified_time, reverse=True)
        return rows

    def _departed(self, out_of_scope: set[int]) -> RangeSet:
        """Return the messages that the client has and that are not in the folder any more."""
        file, folder_id = self._file, self._folder_id
        kinds = [kind for kind, flag in _GONE.items() if self._flags & flag]
        seen = {Gone.MESSAGE: self._initial.seen, Gone.ASSOCIATED: self._initial.seen_associated}
        base = min([base_of(own(file, seen[kind])) for kind in kinds], default=0)
        tombs = reading.gone(file, folder_id, base)
        if tombs is not None:
            ids: array[int] = array("Q")
            for kind, _, buried in tombs:
                if kind in kinds:
                    ids += buried
            departed = RangeSet([(mid, mid) for mid in ids if mid in self._given])
            departed = departed - RangeSet([(row.mid, row.mid) for row in self._messages])
            if self._adds_up(departed, len(out_of_scope)):
                return departed
        # The state is too old, or was made without deletions: compare everything.
        present = reading.live(file, folder_id, associated=False)
        return self._given - present - reading.live(file, folder_id, associated=True)

    def _adds_up(self, departed: RangeSet, out_of_scope: int) -> bool:
        """Tell whether a client without restriction will have as many messages as there are."""
        if (
            self._restriction is not None
            or not self._flags & SyncFlag.NORMAL
            or not self._flags & SyncFlag.FAI
        ):
            return True
        record = self._file.record(self._folder_id)
        new = sum([row.mid not in self._given for row in self._messages])
        return len(self._given) + new - len(departed) - out_of_scope == record.total + record.associated_total

    def _read_changes(self, sent: set[int]) -> tuple[RangeSet, RangeSet]:
        """Return what the client has in its version of contents, but with another read state."""
        if not self._flags & SyncFlag.READ_STATE or not self._given:
            return RangeSet(), RangeSet()
        file = self._file
        known = own(file, self._initial.read)
        if file.is_public:
            states = self._read_states(known)
        else:
            flagged = reading.flagged_since(block_table.current_view(file, self._folder_id), known)
            mids = reading.mids_of(file, self._folder_id, [uid for uid, _, _ in flagged])
            states = [(mids[uid], is_read) for uid, _, is_read in flagged if uid in mids]
        told = [(mid, is_read) for mid, is_read in states if mid in self._given and mid not in sent]
        return (
            RangeSet([(mid, mid) for mid, is_read in told if is_read]),
            RangeSet([(mid, mid) for mid, is_read in told if not is_read]),
        )

    def _read_states(self, known: RangeSet) -> list[tuple[int, bool]]:
        parameters = (self._folder_id, self._username, base_of(known))
        rows = self._file.execute(_READ_STATES, parameters).fetchall()
        return [(mid, bool(is_read)) for mid, read_cn, is_read in rows if read_cn not in known]


_FLAGS: Final = int(sum(SyncFlag)) & 0xFFFF
_GONE: Final = {Gone.MESSAGE: SyncFlag.NORMAL, Gone.ASSOCIATED: SyncFlag.FAI}


def _cns(rows: object) -> RangeSet:
    return RangeSet([(row.cn, row.cn) for row in rows])  # type: ignore[attr-defined] # an iterable of Changed


def matching(
    file: MailboxFile, mids: Sequence[int], restriction: Restriction, username: str = ""
) -> list[int]:
    """Return those of the messages that fulfil a restriction.

    Raises:
        LimitError: it nests too deeply or has too many parts.
    """
    holds, wanted = predicate(restriction), tuple(needs(restriction).tags)
    places = {tag: place for place, tag in enumerate(wanted)}
    found: list[int] = []
    for mid, values in MessageProperties(file, wanted, username=username).rows(mids):
        getter: Callable[[int], object] = lambda tag, values=values: values[places[tag]]  # type: ignore[misc] # noqa: E731
        if holds(getter, lambda _tag: ()):
            found.append(mid)
    return found
