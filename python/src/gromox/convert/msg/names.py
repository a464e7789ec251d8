"""The mapping between names and identifiers of named properties in a file.

Spec: [MS-OXMSG] 2.2.3.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final
from uuid import UUID

from gromox.base.errors import ParseError
from gromox.convert.cfb import Storage, Stream
from gromox.convert.msg.layout import FIRST_NAMED, NAMES, value_name
from gromox.mapi.guids import PS_MAPI, PS_PUBLIC_STRINGS

if TYPE_CHECKING:
    from gromox.mapi.propname import NamedProperty

_GUIDS: Final = 0x00020102
_ENTRIES: Final = 0x00030102
_STRINGS: Final = 0x00040102
_FIRST_HASH: Final = 0x1000
_HASHES: Final = 0x1F
_ENTRY: Final = struct.Struct("<IHH")
_FIRST_GUID: Final = 3
_WELL_KNOWN: Final = {1: PS_MAPI, 2: PS_PUBLIC_STRINGS}
MAX_NAMES: Final = 0x7FFF


class NameReader:
    """Looks up identifiers."""

    def __init__(self, root: Storage) -> None:
        storage = root.storage(NAMES) or Storage()
        self._guids = storage.stream(value_name(_GUIDS)) or b""
        self._entries = storage.stream(value_name(_ENTRIES)) or b""
        self._strings = storage.stream(value_name(_STRINGS)) or b""

    def name(self, identifier: int) -> tuple[UUID, int | str]:
        """Return the name of an identifier of at least 0x8000.

        Raises:
            ParseError: the file has none for it.
        """
        at = (identifier - FIRST_NAMED) * _ENTRY.size
        if at + _ENTRY.size > len(self._entries):
            raise ParseError(f"a name for property 0x{identifier:04x}", at)
        number, kind, _ = _ENTRY.unpack_from(self._entries, at)
        guid = self._guid(kind >> 1)
        return (guid, self._string(number)) if kind & 1 else (guid, number)

    def _guid(self, index: int) -> UUID:
        if index in _WELL_KNOWN:
            return _WELL_KNOWN[index]
        at = (index - _FIRST_GUID) * 16
        octets = self._guids[at : at + 16] if at >= 0 else b""
        if len(octets) != 16:  # noqa: PLR2004
            raise ParseError(f"property set {index}", max(at, 0))
        return UUID(bytes_le=octets)

    def _string(self, at: int) -> str:
        size = int.from_bytes(self._strings[at : at + 4], "little")
        octets = self._strings[at + 4 : at + 4 + size]
        if len(self._strings) < at + 4 or len(octets) != size:
            raise ParseError("a property name", at)
        return octets[: size & ~1].decode("utf-16-le", "replace").partition("\0")[0]


class NameWriter:
    """Gives out identifiers, the same for the same names in the same order."""

    def __init__(self) -> None:
        self._identifiers: dict[tuple[UUID, int | str], int] = {}
        self._guids: dict[UUID, int] = {guid: index for index, guid in _WELL_KNOWN.items()}

    def identifier(self, named: NamedProperty) -> int:
        """Return the identifier of a name.

        Raises:
            ValueError: there are no more.
        """
        key = (named.guid, named.which)
        if key not in self._identifiers:
            if len(self._identifiers) >= MAX_NAMES:
                raise ValueError(f"a file holds at most {MAX_NAMES} names of properties")
            self._identifiers[key] = FIRST_NAMED + len(self._identifiers)
            self._guids.setdefault(named.guid, len(self._guids) + 1)
        return self._identifiers[key]

    def storage(self) -> Storage:
        """Return the storage of all that was given out."""
        entries = bytearray()
        strings = bytearray()
        hashes: dict[int, bytearray] = {}
        for (guid, which), identifier in self._identifiers.items():
            kind = self._guids[guid] << 1 | isinstance(which, str)
            index = identifier - FIRST_NAMED
            if isinstance(which, str):
                octets = which.encode("utf-16-le", "surrogatepass")
                entries += _ENTRY.pack(len(strings), kind, index)
                strings += len(octets).to_bytes(4, "little") + octets + bytes(-len(octets) % 4)
                number = zlib.crc32(octets, 0xFFFFFFFF) ^ 0xFFFFFFFF  # as in [MS-OXRTFCP] 2.1.3.2
            else:
                entries += _ENTRY.pack(which, kind, index)
                number = which
            tag = (_FIRST_HASH + (number ^ kind) % _HASHES) << 16 | 0x0102
            hashes.setdefault(tag, bytearray()).extend(_ENTRY.pack(number, kind, index))
        guids = b"".join(guid.bytes_le for guid in list(self._guids)[len(_WELL_KNOWN) :])
        streams = {_GUIDS: guids, _ENTRIES: bytes(entries), _STRINGS: bytes(strings)}
        streams |= {tag: bytes(octets) for tag, octets in hashes.items()}
        return Storage(NAMES, [Stream(value_name(tag), octets) for tag, octets in streams.items()])
