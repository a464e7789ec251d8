"""Identifiers of folders, messages and changes: by replica id within a store, by replica GUID everywhere.

Spec:
    [MS-OXCDATA] 2.2.1 (FID, MID, GID, long-term ids) and [MS-OXCFXICS] 2.2.2.1 (CN), 2.2.2.5 (GLOBCNT).

A counter has 48 bits and stands most significant octet first, so that octets compare as numbers do; all other
numbers are little-endian. Which replica id stands for which GUID only a store knows; it hands its map in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

from gromox.base.errors import ParseError

if TYPE_CHECKING:
    from gromox.codec.packed import Reader, Writer

#: The largest GLOBCNT.
MAX_COUNTER: Final = (1 << 48) - 1
COUNTER_SIZE: Final = 6


def counter_octets(counter: int) -> bytes:
    """Return a GLOBCNT, [MS-OXCFXICS] 2.2.2.5.

    Raises:
        ValueError: it does not have 48 bits.
    """
    if not 0 <= counter <= MAX_COUNTER:
        raise ValueError(f"a global counter has 48 bits, not {counter:#x}")
    return counter.to_bytes(COUNTER_SIZE, "big")


class ShortId(NamedTuple):
    """A FID, MID or CN: a counter under a replica id, [MS-OXCDATA] 2.2.1.1 and 2.2.1.2."""

    replica_id: int
    counter: int

    @classmethod
    def from_number(cls, number: int) -> ShortId:
        """Take the 64 bits as which it stands in a PtypInteger64 or a ROP buffer."""
        octets = (number & (1 << 64) - 1).to_bytes(8, "little")
        return cls(int.from_bytes(octets[:2], "little"), int.from_bytes(octets[2:], "big"))

    @property
    def number(self) -> int:
        """The 64 bits."""
        if not 0 <= self.replica_id <= 0xFFFF:  # noqa: PLR2004 - 16 bits
            raise ValueError(f"a replica id has 16 bits, not {self.replica_id:#x}")
        octets = self.replica_id.to_bytes(2, "little") + counter_octets(self.counter)
        return int.from_bytes(octets, "little")


class GlobalId(NamedTuple):
    """A GID: a counter under a replica GUID, [MS-OXCDATA] 2.2.1.3; sorts by wire order of its GUID."""

    database: UUID
    counter: int

    @classmethod
    def from_octets(cls, octets: bytes) -> GlobalId:
        """Read the 22 octets of a GID.

        Raises:
            ParseError: they are more or fewer.
        """
        if len(octets) != 16 + COUNTER_SIZE:
            raise ParseError(f"22 octets of a global id instead of {len(octets)}")
        return cls(UUID(bytes_le=octets[:16]), int.from_bytes(octets[16:], "big"))

    @property
    def octets(self) -> bytes:
        """The 22 octets: a source key or change key of an object made here."""
        return self.database.bytes_le + counter_octets(self.counter)

    @classmethod
    def decode_long_term(cls, r: Reader) -> GlobalId:
        """Read a LongTermID: the GID and two octets of padding, [MS-OXCDATA] 2.2.1.3.1.

        Raises:
            ParseError: it ends too early.
        """
        octets = r.take(16 + COUNTER_SIZE)
        r.u16()  # zero, but clients may leave anything there
        return cls.from_octets(octets)

    def write_long_term(self, w: Writer) -> None:
        """Append a LongTermID."""
        w.raw(self.octets)
        w.u16(0)
