"""Restrictions in octets.

The narrow form stands in ROP buffers; the wide one, whose counts are 32 bits, in extended rules, mailboxes
and the store RPC.

Spec:
    [MS-OXCDATA] 2.12. We accept the value of a content or property restriction under any tag; whether the two
    tags agree is the business of who evaluates it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, Writer
from gromox.mapi.plainvalue import PlainValue, pack_tagged, unpack_tagged
from gromox.mapi.restriction import (
    And,
    Annotation,
    BitMapRelOp,
    BitMask,
    Comment,
    CompareProperties,
    Content,
    Count,
    Exist,
    FuzzyHigh,
    FuzzyLow,
    Not,
    Or,
    Property,
    RelOp,
    Restriction,
    Size,
    SubObject,
)

if TYPE_CHECKING:
    from collections.abc import Callable

#: Outlook's own searches nest less than ten deep.
MAX_DEPTH: Final = 64
#: Parts of one restriction; a search for a thousand senders has a few thousand.
MAX_PARTS: Final = 1 << 16


class Kind(IntEnum):
    """The first octet, RestrictType, [MS-OXCDATA] 2.12."""

    AND = 0x00
    OR = 0x01
    NOT = 0x02
    CONTENT = 0x03
    PROPERTY = 0x04
    COMPARE_PROPERTIES = 0x05
    BIT_MASK = 0x06
    SIZE = 0x07
    EXIST = 0x08
    SUB_OBJECT = 0x09
    COMMENT = 0x0A
    COUNT = 0x0B
    ANNOTATION = 0x0C


def unpack_restriction(r: Reader, *, wide: bool = False) -> Restriction:
    """Read a restriction.

    Spec: [MS-OXCDATA] 2.12
    Raises:
        ParseError: it does not follow the layout, nests deeper than MAX_DEPTH, or has more parts than
            MAX_PARTS.
    """
    return _Unpacker(r, wide=wide).restriction()


def pack_restriction(w: Writer, restriction: Restriction, *, wide: bool = False) -> None:
    """Write a restriction.

    Spec: [MS-OXCDATA] 2.12
    Raises:
        ValueError: a value does not fit its type or count, or the restriction nests deeper than MAX_DEPTH.
    """
    _pack(w, restriction, wide, MAX_DEPTH)


def restriction_from_octets(octets: bytes, *, wide: bool = False) -> Restriction:
    """Read a restriction that fills ``octets``; raises what :func:`unpack_restriction` does."""
    r = Reader(octets)
    restriction = unpack_restriction(r, wide=wide)
    r.end()
    return restriction


def restriction_octets(restriction: Restriction, *, wide: bool = False) -> bytes:
    """Return the octets of a restriction; raises what :func:`pack_restriction` does."""
    w = Writer()
    pack_restriction(w, restriction, wide=wide)
    return w.octets()


class _Unpacker:
    """What is the same for all parts of one restriction: the buffer, its form, and what may still come."""

    __slots__ = ("_depth", "_parts", "_r", "_wide")

    def __init__(self, r: Reader, *, wide: bool) -> None:
        self._r, self._wide = r, wide
        self._depth = self._parts = 0

    def restriction(self) -> Restriction:
        at = self._r.offset
        kind = self._r.u8()
        read = _READERS.get(kind)
        if read is None:
            raise ParseError(f"a kind of restriction instead of 0x{kind:02x}", at)
        self._depth += 1
        self._parts += 1
        if self._depth > MAX_DEPTH:
            raise ParseError(f"restrictions at most {MAX_DEPTH} deep", at)
        if self._parts > MAX_PARTS:
            raise ParseError(f"at most {MAX_PARTS} parts of a restriction", at)
        restriction = read(self)
        self._depth -= 1
        return restriction

    def _several(self) -> tuple[Restriction, ...]:
        count = self._r.u32() if self._wide else self._r.u16()
        if count > self._r.remaining:
            raise ParseError(
                f"at most {self._r.remaining} parts of a restriction instead of {count}", self._r.offset
            )
        return tuple(self.restriction() for _ in range(count))

    def _rel_op(self) -> RelOp:
        at = self._r.offset
        try:
            return RelOp(self._r.u8())
        except ValueError:
            raise ParseError("a relational operator", at) from None

    def read_and(self) -> And:
        return And(self._several())

    def read_or(self) -> Or:
        return Or(self._several())

    def read_not(self) -> Not:
        return Not(self.restriction())

    def read_content(self) -> Content:
        at = self._r.offset
        low, high = self._r.u16(), self._r.u16()
        if low & 0x0F > FuzzyLow.PREFIX:
            raise ParseError("a fuzzy level of 0, 1 or 2", at)
        tag = self._r.u32()
        value_tag, value = unpack_tagged(self._r, wide=self._wide)
        return Content(tag, value_tag, value, FuzzyLow(low), FuzzyHigh(high))

    def read_property(self) -> Property:
        rel_op = self._rel_op()
        tag = self._r.u32()
        return Property(rel_op, tag, *unpack_tagged(self._r, wide=self._wide))

    def read_compare_properties(self) -> CompareProperties:
        return CompareProperties(self._rel_op(), self._r.u32(), self._r.u32())

    def read_bit_mask(self) -> BitMask:
        at = self._r.offset
        rel_op = self._r.u8()
        if rel_op > BitMapRelOp.NOT_EQUAL_TO_ZERO:
            raise ParseError("0 or 1 for the comparison of a bit mask", at)
        return BitMask(BitMapRelOp(rel_op), self._r.u32(), self._r.u32())

    def read_size(self) -> Size:
        return Size(self._rel_op(), self._r.u32(), self._r.u32())

    def read_exist(self) -> Exist:
        return Exist(self._r.u32())

    def read_sub_object(self) -> SubObject:
        return SubObject(self._r.u32(), self.restriction())

    def read_comment(self) -> Comment:
        return Comment(*self._values_and_part())

    def read_annotation(self) -> Annotation:
        return Annotation(*self._values_and_part())

    def _values_and_part(self) -> tuple[tuple[tuple[int, PlainValue], ...], Restriction | None]:
        values = tuple(unpack_tagged(self._r, wide=self._wide) for _ in range(self._r.u8()))
        return values, self.restriction() if self._r.u8() else None

    def read_count(self) -> Count:
        return Count(self._r.u32(), self.restriction())


_READERS: Final[dict[int, Callable[[_Unpacker], Restriction]]] = {
    Kind.AND: _Unpacker.read_and,
    Kind.OR: _Unpacker.read_or,
    Kind.NOT: _Unpacker.read_not,
    Kind.CONTENT: _Unpacker.read_content,
    Kind.PROPERTY: _Unpacker.read_property,
    Kind.COMPARE_PROPERTIES: _Unpacker.read_compare_properties,
    Kind.BIT_MASK: _Unpacker.read_bit_mask,
    Kind.SIZE: _Unpacker.read_size,
    Kind.EXIST: _Unpacker.read_exist,
    Kind.SUB_OBJECT: _Unpacker.read_sub_object,
    Kind.COMMENT: _Unpacker.read_comment,
    Kind.COUNT: _Unpacker.read_count,
    Kind.ANNOTATION: _Unpacker.read_annotation,
}


def _pack(w: Writer, restriction: Restriction, wide: bool, depth: int) -> None:  # noqa: PLR0912, C901
    """Write a part; long, because it is one ``match`` in the order of the document."""
    if not depth:
        raise ValueError(f"a restriction nests at most {MAX_DEPTH} deep")
    match restriction:
        case And(parts):
            _pack_several(w, Kind.AND, parts, wide, depth)
        case Or(parts):
            _pack_several(w, Kind.OR, parts, wide, depth)
        case Not(part):
            w.u8(Kind.NOT)
            _pack(w, part, wide, depth - 1)
        case Content():
            w.u8(Kind.CONTENT)
            w.u16(restriction.low)
            w.u16(restriction.high)
            w.u32(restriction.tag)
            pack_tagged(w, restriction.value_tag, restriction.value, wide=wide)
        case Property():
            w.u8(Kind.PROPERTY)
            w.u8(restriction.rel_op)
            w.u32(restriction.tag)
            pack_tagged(w, restriction.value_tag, restriction.value, wide=wide)
        case CompareProperties(rel_op, tag, other_tag):
            _pack_fixed(w, Kind.COMPARE_PROPERTIES, rel_op, tag, other_tag)
        case BitMask(rel_op, tag, mask):
            _pack_fixed(w, Kind.BIT_MASK, rel_op, tag, mask)
        case Size(rel_op, tag, size):
            _pack_fixed(w, Kind.SIZE, rel_op, tag, size)
        case Exist(tag):
            w.u8(Kind.EXIST)
            w.u32(tag)
        case SubObject(tag, part):
            w.u8(Kind.SUB_OBJECT)
            w.u32(tag)
            _pack(w, part, wide, depth - 1)
        case Comment(values, note):
            _pack_noted(w, Kind.COMMENT, values, note, wide, depth)
        case Annotation(values, note):
            _pack_noted(w, Kind.ANNOTATION, values, note, wide, depth)
        case Count(count, part):
            w.u8(Kind.COUNT)
            w.u32(count)
            _pack(w, part, wide, depth - 1)


def _pack_several(w: Writer, kind: Kind, parts: tuple[Restriction, ...], wide: bool, depth: int) -> None:
    if len(parts) > (MAX_PARTS if wide else 0xFFFF):
        raise ValueError(f"a restriction of {len(parts)} parts is more than a reader takes")
    w.u8(kind)
    if wide:
        w.u32(len(parts))
    else:
        w.u16(len(parts))
    for part in parts:
        _pack(w, part, wide, depth - 1)


def _pack_fixed(w: Writer, kind: Kind, rel_op: int, first: int, second: int) -> None:
    w.u8(kind)
    w.u8(rel_op)
    w.u32(first)
    w.u32(second)


def _pack_noted(
    w: Writer,
    kind: Kind,
    values: tuple[tuple[int, PlainValue], ...],
    part: Restriction | None,
    wide: bool,
    depth: int,
) -> None:
    if len(values) > 0xFF:  # noqa: PLR2004 - the count is one octet
        raise ValueError("a comment has at most 255 values")
    w.u8(kind)
    w.u8(len(values))
    for tag, value in values:
        pack_tagged(w, tag, value, wide=wide)
    w.u8(part is not None)
    if part is not None:
        _pack(w, part, wide, depth - 1)
