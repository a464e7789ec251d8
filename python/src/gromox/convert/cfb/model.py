"""Storages and streams, and the numbers of the file format."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

MAGIC: Final = bytes.fromhex("d0cf11e0a1b11ae1")
#: Sector numbers with a meaning of their own, [MS-CFB] 2.1.
LAST_REGULAR: Final = 0xFFFFFFFA
DIFAT_SECTOR: Final = 0xFFFFFFFC
FAT_SECTOR: Final = 0xFFFFFFFD
END_OF_CHAIN: Final = 0xFFFFFFFE
FREE_SECTOR: Final = 0xFFFFFFFF
NO_STREAM: Final = 0xFFFFFFFF
#: Types of directory entries, [MS-CFB] 2.6.1.
UNUSED: Final = 0
STORAGE: Final = 1
STREAM: Final = 2
ROOT: Final = 5
#: Streams below this size lie in the mini stream, [MS-CFB] 2.2.
MINI_CUTOFF: Final = 4096
MINI_SIZE: Final = 64
ENTRY_SIZE: Final = 128
HEADER_DIFAT: Final = 109
MAX_NAME: Final = 31
#: CLSID, versions, byte order, shifts, reserved, counts and places.
HEADER: Final = struct.Struct("<8s16sHHHHH6s9I")
#: Name, its size, type, colour, left, right, child, CLSID, state, two times, first sector, size.
ENTRY: Final = struct.Struct("<64sHBBIII16sIQQIQ")
NO_CLSID: Final = UUID(int=0)
#: Storages in storages.
MAX_DEPTH: Final = 128


@dataclass(frozen=True, slots=True)
class Stream:
    """Octets with a name."""

    name: str
    octets: bytes


@dataclass(slots=True)
class Storage:
    """A folder of streams and storages; names differ in more than case."""

    name: str = ""
    children: list[Storage | Stream] = field(default_factory=list)
    clsid: UUID = NO_CLSID

    def stream(self, name: str) -> bytes | None:
        """Return the octets of a stream, None if there is none of this name."""
        for child in self.children:
            if isinstance(child, Stream) and child.name.lower() == name.lower():
                return child.octets
        return None

    def storage(self, name: str) -> Storage | None:
        """Return a storage in this one, None if there is none of this name."""
        for child in self.children:
            if isinstance(child, Storage) and child.name.lower() == name.lower():
                return child
        return None


def sort_key(name: str) -> tuple[int, str]:
    """Return what decides the order of siblings, [MS-CFB] 2.6.4: size first, then upper case."""
    return len(name.encode("utf-16-le", "surrogatepass")), name.upper()
