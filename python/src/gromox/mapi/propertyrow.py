"""Rows of property values: answers to GetProperties and QueryRows, properties of recipients.

Columns are property tags. A cell is a value, None where the object has none, or a :class:`RowError`; the cell
of a column of PtypUnspecified is a :class:`TypedValue`. This module is the specification; rows of tables go
through :mod:`gromox.mapi.rowcodec`, which does the same faster.

Spec:
    [MS-OXCDATA] 2.8.1.1 (standard), 2.8.1.2 (flagged), 2.11.3 and 2.11.6 (typed), 2.11.5 (flagged value), 2.9
    (tags). A column of a multi-value instance ([MS-OXCTABL] 2.2.2.2.1.1, bit 0x2000) holds one value.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from gromox.base.errors import ParseError
from gromox.mapi.proptypes import MULTI_VALUE, PropType
from gromox.mapi.propvalue import PropValue, pack_value, unpack_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.codec.packed import Reader, Writer

MULTI_VALUE_INSTANCE: Final = 0x2000
MAX_COLUMNS: Final = 0xFFFF  #: the count has 16 bits

_STANDARD: Final = 0x00
_FLAGGED: Final = 0x01
_PRESENT: Final = 0x00
_ABSENT: Final = 0x01
_ERROR: Final = 0x0A


class RowError(NamedTuple):
    """Why a cell has no value: an error code of [MS-OXCDATA] 2.4."""

    code: int


class TypedValue(NamedTuple):
    """A value that brings its type, [MS-OXCDATA] 2.11.3."""

    kind: int
    value: PropValue


Cell: TypeAlias = PropValue | RowError | TypedValue
Row: TypeAlias = "tuple[Cell, ...]"


def column_type(tag: int) -> int:
    """Return the type of the values in a column."""
    kind = tag & 0xFFFF
    return kind & ~(MULTI_VALUE_INSTANCE | MULTI_VALUE) if kind & MULTI_VALUE_INSTANCE else kind


def pack_row(w: Writer, columns: Sequence[int], cells: Sequence[Cell], *, wide: bool = False) -> None:
    """Write a row, flagged only if a cell has no value.

    Spec: [MS-OXCDATA] 2.8.1
    Raises:
        ValueError: there are more or fewer cells than columns, or a value does not fit its type.
    """
    if len(columns) != len(cells):
        raise ValueError(f"a row of {len(columns)} columns has as many cells, not {len(cells)}")
    kinds = [column_type(tag) for tag in columns]
    flagged = any(_is_flagged(kind, cell) for kind, cell in zip(kinds, cells, strict=True))
    w.u8(_FLAGGED if flagged else _STANDARD)
    for kind, cell in zip(kinds, cells, strict=True):
        try:
            (_pack_flagged if flagged else _pack_cell)(w, kind, cell, wide=wide)
        except struct.error:
            raise ValueError(f"{cell!r} does not fit type 0x{kind:04x}") from None


def unpack_row(r: Reader, columns: Sequence[int], *, wide: bool = False) -> Row:
    """Read a row of these columns.

    Spec: [MS-OXCDATA] 2.8.1
    Raises:
        ParseError: it does not follow the layout.
    """
    at = r.offset
    flag = r.u8()
    if flag > _FLAGGED:
        raise ParseError("0 or 1 as the flag of a row", at)
    read = _unpack_flagged if flag else _unpack_cell
    return tuple(read(r, column_type(tag), wide=wide) for tag in columns)


def _is_flagged(kind: int, cell: Cell) -> bool:
    return isinstance(cell, RowError) or (cell is None and kind != PropType.NULL)


def _pack_cell(w: Writer, kind: int, cell: Cell, *, wide: bool) -> None:
    if isinstance(cell, TypedValue):
        if kind != PropType.UNSPECIFIED:
            raise ValueError(f"a value with a type stands in a column of type 0x{kind:04x}")
        w.u16(cell.kind)
        pack_value(w, cell.kind, cell.value, wide=wide)
    elif isinstance(cell, RowError):
        raise TypeError("errors stand in flagged rows only")
    else:
        pack_value(w, kind, cell, wide=wide)


def _pack_flagged(w: Writer, kind: int, cell: Cell, *, wide: bool) -> None:
    typed = kind == PropType.UNSPECIFIED
    if isinstance(cell, RowError):
        if typed:
            w.u16(PropType.ERROR_CODE)
        w.u8(_ERROR)
        w.u32(cell.code)
    elif _is_flagged(kind, cell):
        if typed:
            w.u16(PropType.UNSPECIFIED)
        w.u8(_ABSENT)
    elif isinstance(cell, TypedValue) and typed:
        w.u16(cell.kind)
        w.u8(_PRESENT)
        pack_value(w, cell.kind, cell.value, wide=wide)
    else:
        w.u8(_PRESENT)
        _pack_cell(w, kind, cell, wide=wide)


def _unpack_cell(r: Reader, kind: int, *, wide: bool) -> Cell:
    if kind != PropType.UNSPECIFIED:
        return unpack_value(r, kind, wide=wide)
    kind = r.u16()
    return TypedValue(kind, unpack_value(r, kind, wide=wide))


def _unpack_flagged(r: Reader, kind: int, *, wide: bool) -> Cell:
    typed = kind == PropType.UNSPECIFIED
    if typed:
        kind = r.u16()
    at = r.offset
    flag = r.u8()
    if flag == _ABSENT:
        return None
    if flag == _ERROR:
        return RowError(r.u32())
    if flag != _PRESENT:
        raise ParseError("0, 1 or 10 as the flag of a value", at)
    value = unpack_value(r, kind, wide=wide)
    return TypedValue(kind, value) if typed else value


def unpack_tags(r: Reader) -> tuple[int, ...]:
    """Read a PropertyTagArray: a count of 16 bits and the tags.

    Spec: [MS-OXCDATA] 2.9
    Raises:
        ParseError: it ends too early.
    """
    count = r.u16()
    return r.unpack(struct.Struct(f"<{count}I"))


def pack_tags(w: Writer, tags: Sequence[int]) -> None:
    """Write a PropertyTagArray.

    Raises:
        ValueError: there are more than MAX_COLUMNS.
    """
    if len(tags) > MAX_COLUMNS:
        raise ValueError(f"an array holds at most {MAX_COLUMNS} tags")
    w.u16(len(tags))
    w.pack(struct.Struct(f"<{len(tags)}I"), *tags)
