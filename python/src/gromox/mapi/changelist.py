"""Who changed an object and who saw that: XIDs and predecessor change lists.

Spec:
    [MS-OXCFXICS] 2.2.2.2 (XID), 2.2.2.3 (PredecessorChangeList), 3.1.5.6.1 (detection of conflicts). A list
    out of order, or with several XIDs of one name space, is accepted and put in order; the latest XID counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple
from uuid import UUID

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader
from gromox.mapi.objectid import COUNTER_SIZE, GlobalId

_GUID_SIZE: Final = 16
_MAX_LOCAL_ID: Final = 8
#: Replicas that changed one object; a list of this size has 100 kB.
MAX_XIDS: Final = 4096


class Xid(NamedTuple):
    """A change of one object: a name space and 1 to 8 octets in it, [MS-OXCFXICS] 2.2.2.2."""

    namespace: UUID
    local_id: bytes

    @classmethod
    def from_octets(cls, octets: bytes) -> Xid:
        """Read an XID that fills ``octets``: a change key or source key.

        Raises:
            ParseError: there are fewer than 17 or more than 24 octets.
        """
        if not 1 <= len(octets) - _GUID_SIZE <= _MAX_LOCAL_ID:
            raise ParseError(f"17 to 24 octets of an XID instead of {len(octets)}")
        return cls(UUID(bytes_le=octets[:_GUID_SIZE]), octets[_GUID_SIZE:])

    @classmethod
    def of(cls, change: GlobalId) -> Xid:
        """Return the XID of a change number: what PidTagChangeKey holds of changes made on a server."""
        return cls.from_octets(change.octets)

    @property
    def octets(self) -> bytes:
        """The octets of a change key or source key."""
        if not 1 <= len(self.local_id) <= _MAX_LOCAL_ID:
            raise ValueError("a local id has 1 to 8 octets")
        return self.namespace.bytes_le + self.local_id

    @property
    def global_id(self) -> GlobalId | None:
        """The GID, or None for a foreign identifier."""
        if len(self.local_id) != COUNTER_SIZE:
            return None
        return GlobalId.from_octets(self.octets)


class Relation(Enum):
    """How two versions of an object stand to each other, [MS-OXCFXICS] 3.1.5.6.1."""

    EQUAL = "both saw the same changes"
    NEWER = "the first saw all that the second saw, and more"
    OLDER = "the second saw all that the first saw, and more"
    CONFLICT = "each saw a change that the other did not"


@dataclass(frozen=True, slots=True)
class PredecessorChangeList:
    """The latest change of each name space that is part of a version, [MS-OXCFXICS] 2.2.2.3.

    Made by :meth:`of`, which keeps ``xids`` in wire order with each name space once.
    """

    xids: tuple[Xid, ...] = ()

    @classmethod
    def of(cls, *xids: Xid) -> PredecessorChangeList:
        """Make a list of these changes."""
        latest: dict[UUID, Xid] = {}
        for xid in xids:
            held = latest.get(xid.namespace)
            if held is None or _rank(held) < _rank(xid):
                latest[xid.namespace] = xid
        return cls(tuple(sorted(latest.values(), key=lambda xid: xid.namespace.bytes_le)))

    @classmethod
    def from_octets(cls, octets: bytes) -> PredecessorChangeList:
        """Read the value of PidTagPredecessorChangeList.

        Spec: [MS-OXCFXICS] 2.2.2.3.1
        Raises:
            ParseError: it does not follow the layout or has more than MAX_XIDS entries.
        """
        r = Reader(octets)
        xids: list[Xid] = []
        while r.remaining:
            at = r.offset
            size = r.u8()
            if not 1 <= size - _GUID_SIZE <= _MAX_LOCAL_ID:
                raise ParseError(f"17 to 24 octets of an XID instead of {size}", at)
            if len(xids) == MAX_XIDS:
                raise ParseError(f"at most {MAX_XIDS} entries of a predecessor change list", at)
            xids.append(Xid.from_octets(r.take(size)))
        return cls.of(*xids)

    def octets(self) -> bytes:
        """Return the value of PidTagPredecessorChangeList."""
        return b"".join(bytes((len(octets),)) + octets for octets in (xid.octets for xid in self.xids))

    def includes(self, other: PredecessorChangeList) -> bool:
        """Return whether each change that ``other`` saw, or a later one of its name space, is here."""
        own = {xid.namespace: xid.local_id for xid in self.xids}
        return all(_reaches(own.get(xid.namespace), xid.local_id) for xid in other.xids)

    def relation(self, other: PredecessorChangeList) -> Relation:
        """Compare two versions of one object."""
        newer, older = self.includes(other), other.includes(self)
        if newer:
            return Relation.EQUAL if older else Relation.NEWER
        return Relation.OLDER if older else Relation.CONFLICT

    def merged(self, other: PredecessorChangeList) -> PredecessorChangeList:
        """Return the list of a version that saw both: what resolving a conflict leaves."""
        return PredecessorChangeList.of(*self.xids, *other.xids)

    def with_change(self, xid: Xid) -> PredecessorChangeList:
        """Return the list after one more change."""
        return PredecessorChangeList.of(*self.xids, xid)


def _rank(xid: Xid) -> tuple[int, bytes]:
    return len(xid.local_id), xid.local_id


def _reaches(own: bytes | None, other: bytes) -> bool:
    # Local ids of one name space have one length; where a client broke that, they are not comparable, and a
    # conflict loses nothing.
    return own is not None and len(own) == len(other) and own >= other
