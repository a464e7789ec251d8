"""Packed properties: what a row keeps of the properties that have no column.

Layout (numbers little-endian): u8 version (1), u8 zero, u16 count, the tags in ascending order (u32 each),
where each value ends (u32, from the start of the values), the values as :mod:`gromox.mapi.propvalue` packs
them in the wide form. So one value is found and unpacked without the others.

Bounds: 4096 properties and 1 MiB a blob; what is larger stands in ``large_values``.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, Writer
from gromox.mapi.propvalue import pack_value, unpack_value
from gromox.store.errors import CorruptError, InvalidValueError, LimitError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.mapi.propvalue import PropValue

MAX_PROPERTIES: Final = 4096
MAX_SIZE: Final = 1 << 20
_VERSION: Final = 1
_HEAD: Final = struct.Struct("<BBH")


class Packed:
    """A blob that is looked into."""

    __slots__ = ("_ends", "_octets", "_values_at", "tags")

    tags: tuple[int, ...]
    """Ascending."""
    _ends: tuple[int, ...]

    def __init__(self, octets: bytes | None) -> None:
        """Take a blob, or none. Raises CorruptError."""
        self.tags = self._ends = ()
        self._octets, self._values_at = octets or b"", 0
        if not octets:
            return
        try:
            version, _, count = _HEAD.unpack_from(octets)
            numbers = struct.unpack_from(f"<{2 * count}I", octets, _HEAD.size)
        except struct.error as error:
            raise CorruptError("packed properties end too early") from error
        self.tags, self._ends = numbers[:count], numbers[count:]
        self._octets, self._values_at = octets, _HEAD.size + 8 * count
        if version != _VERSION or (count and self._values_at + self._ends[-1] != len(octets)):
            raise CorruptError("packed properties are damaged")

    def get(self, tag: int) -> PropValue | None:
        """Return the value of exactly this tag, or None."""
        at = bisect_left(self.tags, tag)
        return self._value(at) if at < len(self.tags) and self.tags[at] == tag else None

    def tag_of(self, prop_id: int) -> int | None:
        """Return the tag with this identifier (its high 16 bits), or None."""
        at = bisect_left(self.tags, prop_id << 16)
        return self.tags[at] if at < len(self.tags) and self.tags[at] >> 16 == prop_id else None

    def values(self) -> dict[int, PropValue]:
        """Return everything."""
        return {tag: self._value(at) for at, tag in enumerate(self.tags)}

    def _value(self, at: int) -> PropValue:
        start = self._values_at + (self._ends[at - 1] if at else 0)
        stop = self._values_at + self._ends[at]
        r = Reader(self._octets[start:stop])
        try:
            value = unpack_value(r, self.tags[at] & 0xFFFF)
            r.end()
        except ParseError as error:
            raise CorruptError("a packed property is damaged") from error
        return value


def pack(values: Mapping[int, PropValue]) -> bytes | None:
    """Return the blob of these values; None if there are none.

    Raises:
        InvalidValueError: a value does not fit its type.
        LimitError: there are too many, or they are too large.
    """
    if not values:
        return None
    if len(values) > MAX_PROPERTIES:
        raise LimitError(f"an object has at most {MAX_PROPERTIES} properties")
    w = Writer()
    tags = sorted(values)
    ends = []
    packed = []
    size = 0
    for tag in tags:
        w = Writer()
        try:
            pack_value(w, tag & 0xFFFF, values[tag])
        except ValueError as error:
            raise InvalidValueError(f"property {tag:#010x}: {error}") from error
        octets = w.octets()
        size += len(octets)
        if size > MAX_SIZE:
            raise LimitError("the properties of an object are too large")
        packed.append(octets)
        ends.append(size)
    head = _HEAD.pack(_VERSION, 0, len(tags)) + struct.pack(f"<{2 * len(tags)}I", *tags, *ends)
    return head + b"".join(packed)
