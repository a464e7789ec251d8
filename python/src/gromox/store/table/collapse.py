"""Headings of a table opened, closed, and remembered.

Spec: [MS-OXCTABL] 2.2.2.17 to 2.2.2.20, 3.2.5.17 to 3.2.5.20.

The octets of a collapse state are ours alone: a version, the sort order they belong to, the headings that are
not as that order says at first, each by the keys that make it, and the row of the bookmark.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, Writer
from gromox.store.errors import (
    InvalidValueError,
    LimitError,
    NotCollapsedError,
    NotExpandedError,
    NotFoundError,
    TableError,
)
from gromox.store.property.ids import counter_of_short_id
from gromox.store.table.arranged import Row
from gromox.store.table.category import MAX_CATEGORIES, Categorized
from gromox.store.table.model import Expanded
from gromox.store.table.table import MAX_ROWS

if TYPE_CHECKING:
    from gromox.store.table.arranged import Arrangement, Key
    from gromox.store.table.category import Heading, Path
    from gromox.store.table.table import Table

MAX_STATES: Final = 4096
_VERSION: Final = 1
_MAX_KEY: Final = 0xFFFF
_NUMBER, _TEXT, _OCTETS = 0, 1, 2
_DOUBLE: Final = struct.Struct("<d")


def _categorized(table: Table) -> Categorized:
    if not table.source.is_contents:
        raise TableError("only a contents table has headings")
    arrangement = table.current()
    if not isinstance(arrangement, Categorized):
        raise TableError("the table is not in categories")
    return arrangement


def _heading(arrangement: Categorized, heading_id: int) -> Heading:
    heading = arrangement.headings.get(heading_id)
    if heading is None:
        raise NotFoundError("there is no such heading")
    return heading


def expand(table: Table, heading_id: int, max_rows: int) -> Expanded:
    """Open a heading and return the first rows that appeared."""
    arrangement = _categorized(table)
    heading = _heading(arrangement, heading_id)
    if heading.is_expanded:
        raise NotCollapsedError("the heading stands open already")
    at, count = arrangement.expand(heading)
    _keep_cursor(table, arrangement)
    stop = at + min(count, max(max_rows, 0), MAX_ROWS)
    rows = arrangement.rows(at, stop)
    return Expanded(count, tuple(table.values(rows)) if rows else ())


def collapse(table: Table, heading_id: int) -> int:
    """Close a heading; returns how many rows went."""
    arrangement = _categorized(table)
    heading = _heading(arrangement, heading_id)
    if not heading.is_expanded:
        raise NotExpandedError("the heading is closed already")
    _, count = arrangement.collapse(heading)
    _keep_cursor(table, arrangement)
    return count


def _keep_cursor(table: Table, arrangement: Arrangement) -> None:
    if table.cursor.position or table.cursor.row is not None:
        arrangement.follow(table.cursor)
    arrangement.settle(table.cursor)


def state(table: Table, row_id: int, instance: int) -> bytes:
    """Return which headings are open, and the row (PidTagInstID and PidTagInstanceNum) of a bookmark."""
    arrangement = _categorized(table)
    states = arrangement.expanded_paths()
    if len(states) > MAX_STATES:
        raise LimitError("too many headings were opened or closed to be remembered")
    w = Writer()
    w.u8(_VERSION)
    w.raw(_signature(table))
    w.u16(len(states))
    for path, is_expanded in states.items():
        w.u8(is_expanded)
        w.u8(len(path))
        for key in path:
            _write_key(w, key)
    w.u64(row_id)
    w.u32(instance)
    return w.octets()


def set_state(table: Table, octets: bytes) -> int:
    """Open and close headings as they were; returns a bookmark for the row, where the cursor is now."""
    arrangement = _categorized(table)
    r = Reader(octets)
    try:
        if r.u8() != _VERSION or r.take(16) != _signature(table):
            raise InvalidValueError("the state belongs to a table with another sort order")
        states: dict[Path, bool] = {}
        for _ in range(r.u16()):
            is_expanded = bool(r.u8())
            states[tuple(_read_key(r) for _ in range(min(r.u8(), MAX_CATEGORIES)))] = is_expanded
        row_id, instance = r.u64(), r.u32()
        r.end()
    except ParseError as error:
        raise InvalidValueError("these are no octets of a state of headings") from error
    arrangement.restore(states)
    at = arrangement.find(_row(arrangement, row_id, instance))
    table.cursor.position = 0 if at is None else at
    arrangement.settle(table.cursor)
    return table.bookmark_at(arrangement, table.cursor.position)


def _row(arrangement: Categorized, row_id: int, instance: int) -> Row:
    if row_id in arrangement.headings:
        return Row(row_id, 0, is_heading=True)
    return Row(counter_of_short_id(row_id) or 0, instance)


def _signature(table: Table) -> bytes:
    return hashlib.blake2b(repr(table.sort).encode(), digest_size=16).digest()


def _write_key(w: Writer, key: Key) -> None:
    if isinstance(key, tuple):
        key = key[-1]  # ordered by the largest value in it; the heading is made by the other
    if isinstance(key, str):
        w.u8(_TEXT)
        octets = key.encode("utf-8", "surrogatepass")[:_MAX_KEY]
    elif isinstance(key, bytes):
        w.u8(_OCTETS)
        octets = key[:_MAX_KEY]
    else:
        w.u8(_NUMBER)
        octets = (b"i%d" % key) if isinstance(key, int) else b"f" + _DOUBLE.pack(key)
    w.u16(len(octets))
    w.raw(octets)


def _read_key(r: Reader) -> Key:
    kind, octets = r.u8(), r.take(r.u16())
    try:
        if kind == _TEXT:
            return octets.decode("utf-8", "surrogatepass")
        if kind == _OCTETS:
            return octets
        return _DOUBLE.unpack(octets[1:])[0] if octets[:1] == b"f" else int(octets[1:])
    except (ValueError, struct.error) as error:
        raise ParseError("a key of a heading", r.offset) from error
