"""What a client has: ids and change numbers, by replica.

Spec:
    [MS-OXCFXICS] 2.2.1.1 (the four properties of an ICS state), 3.2.5.2 (they are the client's, the server
    keeps none), 3.1.5.5 (ranges may cover numbers of other folders).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from gromox.mapi.idset import IdSet, replguid_idset_from_octets, replguid_idset_octets
from gromox.mapi.rangeset import RangeSet
from gromox.store.property.ids import home_guid

if TYPE_CHECKING:
    from uuid import UUID

    from gromox.store.mailbox_file import MailboxFile


@dataclass(frozen=True, slots=True)
class SyncState:
    """An ICS state; treat the sets as immutable."""

    given: IdSet[UUID] = field(default_factory=IdSet)
    """MetaTagIdsetGiven: objects that the client has."""
    seen: IdSet[UUID] = field(default_factory=IdSet)
    """MetaTagCnsetSeen: changes of folders or normal messages."""
    seen_associated: IdSet[UUID] = field(default_factory=IdSet)
    """MetaTagCnsetSeenFAI"""
    read: IdSet[UUID] = field(default_factory=IdSet)
    """MetaTagCnsetRead: changes of read states."""

    @classmethod
    def from_octets(cls, given: bytes, seen: bytes, seen_associated: bytes = b"", read: bytes = b"") -> Self:
        """Read the values of the four properties.

        Raises:
            ParseError: one does not follow its layout.
        """
        return cls(*[replguid_idset_from_octets(each) for each in (given, seen, seen_associated, read)])

    def octets(self) -> tuple[bytes, bytes, bytes, bytes]:
        """Return the values of the four properties, in the order of the fields."""
        return (
            replguid_idset_octets(self.given),
            replguid_idset_octets(self.seen),
            replguid_idset_octets(self.seen_associated),
            replguid_idset_octets(self.read),
        )


class Download:
    """A download in either direction of a session; its state is that of a client that took in what it got."""

    def state(self) -> SyncState:
        """Return the state."""
        raise NotImplementedError


def own(file: MailboxFile, ids: IdSet[UUID]) -> RangeSet:
    """Return the counters of this mailbox in a set; ids of the database's GUID are the same."""
    return ids.counters(home_guid(file)) | ids.counters(file.guid)


def with_own(file: MailboxFile, ids: IdSet[UUID], counters: RangeSet) -> IdSet[UUID]:
    """Return a set with other counters of this mailbox; those of other replicas stay."""
    home = home_guid(file)
    others = {key: ids.counters(key) for key in ids.replicas() if key not in (home, file.guid)}
    return IdSet({**others, home: counters})


def base_of(seen: RangeSet) -> int:
    """Return the change number up to which everything was seen."""
    low, high = next(seen.ranges(), (1, 0))
    return high if low <= 1 else 0


def gaps(seen: RangeSet, newest: int) -> list[tuple[int, int]]:
    """Return the ranges of change numbers up to ``newest`` that were not seen."""
    everything = RangeSet([(1, newest)]) if newest else RangeSet()
    return list((everything - seen).ranges())
