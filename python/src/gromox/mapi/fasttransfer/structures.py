"""Structures that stand in values of a FastTransfer stream.

Spec: [MS-OXCFXICS] 2.2.2.7 to 2.2.2.10.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.codec.packed import U16, U32, U64, Packed, Reader, Writer
from gromox.mapi.fasttransfer.lexeme import FIRST_NAMED
from gromox.mapi.objectid import GlobalId
from gromox.mapi.propname import PropertyName

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_GROUPS: Final = 1024
MAX_GROUP_TAGS: Final = 4096
"""Of all groups of one mapping."""
MAX_SERVERS: Final = 1024
_GID_SIZE: Final = 22
_ERROR_HEAD: Final = 88
"""Octets of an ExtendedErrorInfo before AuxBytes."""
_KIND_LID, _KIND_NAME = 0, 1


@dataclass(frozen=True, slots=True)
class ProgressInformation(Packed):
    """Value of a progressTotal, [MS-OXCFXICS] 2.2.2.7."""

    version: U16 = 0
    padding: U16 = 0
    fai_message_count: U32 = 0
    fai_message_total_size: U64 = 0
    normal_message_count: U32 = 0
    padding_2: U32 = 0
    normal_message_total_size: U64 = 0


@dataclass(frozen=True, slots=True)
class GroupTag:
    """A property of a group; named ones with their name."""

    tag: int
    name: PropertyName | None = None


@dataclass(frozen=True, slots=True)
class PropertyGroupInfo:
    """Which properties change together, [MS-OXCFXICS] 2.2.2.8."""

    group_id: int
    groups: Sequence[Sequence[GroupTag]]

    @classmethod
    def from_octets(cls, octets: bytes) -> PropertyGroupInfo:
        """Read the value of a groupInfo.

        Raises:
            ParseError: it does not follow the layout or exceeds a bound.
        """
        r = Reader(octets)
        group_id, _reserved, count = r.u32(), r.u32(), r.u32()
        if not 0 < count <= MAX_GROUPS:
            raise ParseError(f"1 to {MAX_GROUPS} property groups instead of {count}", r.offset - 4)
        groups: list[tuple[GroupTag, ...]] = []
        total = 0
        for _ in range(count):
            size = r.u32()
            total += size
            if not size or total > MAX_GROUP_TAGS:
                raise ParseError(f"1 to {MAX_GROUP_TAGS} properties of groups", r.offset - 4)
            groups.append(tuple([_group_tag(r) for _ in range(size)]))
        r.end()
        return cls(group_id, tuple(groups))

    def octets(self) -> bytes:
        """Return the value of a groupInfo. Raises ValueError: there is no group, or an empty one."""
        if not self.groups or not all(self.groups):
            raise ValueError("a mapping has groups, and a group has properties")
        w = Writer()
        w.u32(self.group_id)
        w.u32(0)
        w.u32(len(self.groups))
        for group in self.groups:
            w.u32(len(group))
            for each in group:
                _write_group_tag(w, each)
        return w.octets()


def _group_tag(r: Reader) -> GroupTag:
    tag = r.u32()
    if tag >> 16 < FIRST_NAMED:
        return GroupTag(tag)
    guid, kind = r.guid(), r.u32()
    if kind == _KIND_LID:
        return GroupTag(tag, PropertyName(guid, r.u32()))
    if kind != _KIND_NAME:
        raise ParseError("a kind of property name (0 or 1)", r.offset - 4)
    octets = r.take(r.u32())
    if len(octets) % 2:
        raise ParseError("an even number of octets of a property name", r.offset)
    return GroupTag(tag, PropertyName(guid, octets.decode("utf-16-le", "surrogatepass")))


def _write_group_tag(w: Writer, each: GroupTag) -> None:
    w.u32(each.tag)
    if (each.tag >> 16 >= FIRST_NAMED) != (each.name is not None):
        raise ValueError("named properties, and they alone, have a name")
    if each.name is None:
        return
    w.guid(each.name.guid)
    if isinstance(each.name.which, int):
        w.u32(_KIND_LID)
        w.u32(each.name.which)
        return
    text = (each.name.which or "").encode("utf-16-le", "surrogatepass")
    w.u32(_KIND_NAME)
    w.u32(len(text))
    w.raw(text)


@dataclass(frozen=True, slots=True)
class FolderReplicaInfo:
    """Where the contents of a public folder are, [MS-OXCFXICS] 2.2.2.9."""

    folder: GlobalId
    servers: tuple[bytes, ...]
    """Distinguished names, the cheapest first."""
    cheap_count: int = 1

    @classmethod
    def from_octets(cls, octets: bytes) -> FolderReplicaInfo:
        """Read the value of MetaTagNewFXFolder. Raises ParseError."""
        r = Reader(octets)
        r.u32()
        r.u32()
        folder = GlobalId.decode_long_term(r)
        count, cheap = r.u32(), r.u32()
        if not 0 < count <= MAX_SERVERS or cheap > count:
            raise ParseError(f"1 to {MAX_SERVERS} servers, of which some are cheap", r.offset - 8)
        servers = tuple([r.string8() for _ in range(count)])
        r.end()
        return cls(folder, servers, cheap)

    def octets(self) -> bytes:
        """Return the value of MetaTagNewFXFolder. Raises ValueError: there is no server."""
        if not self.servers or not 0 <= self.cheap_count <= len(self.servers):
            raise ValueError("contents are on a server, and no more servers are cheap than there are")
        w = Writer()
        w.u32(0)
        w.u32(0)
        self.folder.write_long_term(w)
        w.u32(len(self.servers))
        w.u32(self.cheap_count)
        for each in self.servers:
            w.string8(each)
        return w.octets()


@dataclass(frozen=True, slots=True)
class ExtendedErrorInfo:
    """What could not be told, [MS-OXCFXICS] 2.2.2.10."""

    error_code: int
    folder: GlobalId | None = None
    message: GlobalId | None = None
    aux: bytes = b""

    @classmethod
    def from_octets(cls, octets: bytes) -> ExtendedErrorInfo:
        """Read the value of an errorInfo. Raises ParseError."""
        r = Reader(octets)
        r.u16()
        r.u16()
        error_code = r.u32()
        folder = _gid(r)
        message = _gid(r)
        r.take(24)
        size, offset = r.u32(), r.u32()
        aux = b""
        if size:
            if not _ERROR_HEAD <= offset <= len(octets) or size > len(octets) - offset:
                raise ParseError("AuxBytes within the structure", r.offset - 8)
            aux = octets[offset : offset + size]
        return cls(error_code, folder, message, aux)

    def octets(self) -> bytes:
        """Return the value of an errorInfo."""
        w = Writer()
        w.u32(0)
        w.u32(self.error_code)
        for each in (self.folder, self.message):
            w.raw(bytes(_GID_SIZE) if each is None else each.octets)
            w.u16(0)
        w.raw(bytes(24))
        w.u32(len(self.aux))
        w.u32(_ERROR_HEAD if self.aux else 0)
        w.raw(self.aux)
        return w.octets()


def _gid(r: Reader) -> GlobalId | None:
    octets = r.take(_GID_SIZE)
    r.u16()
    return GlobalId.from_octets(octets) if any(octets) else None
