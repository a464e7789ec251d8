"""The cells of rows: values of leaves, and what headings show instead.

Spec:
    [MS-OXCTABL] 2.2.1 (PidTagInstID, PidTagInstanceNum, PidTagRowType, PidTagDepth, PidTagContentCount,
    PidTagContentUnreadCount), 2.2.2.5.2 (values are cut at 510 octets).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from gromox.mapi import tags
from gromox.store.table.arranged import Row, stored_tag, value_of
from gromox.store.table.category import Categorized
from gromox.store.table.model import RowType
from gromox.store.table.source import CHUNK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.mapi.propvalue import PropValue
    from gromox.mapi.sortorder import SortOrderSet
    from gromox.store.table.arranged import Arrangement
    from gromox.store.table.category import Heading
    from gromox.store.table.model import RowValues
    from gromox.store.table.source import Source

_INSTANCE_KEY: Final = "<QI"


class Cells:
    """Reads columns of rows."""

    __slots__ = ("_arrangement", "_limit", "_sort", "_source")

    def __init__(self, source: Source, arrangement: Arrangement, sort: SortOrderSet, limit: int) -> None:
        """Cut values at ``limit`` octets; 0: not at all."""
        self._source, self._arrangement, self._sort, self._limit = source, arrangement, sort, limit

    def values(self, rows: Sequence[Row], columns: Sequence[int]) -> list[RowValues]:
        """Return the columns of rows; a row that went meanwhile has no values."""
        asked = [stored_tag(tag) for tag in columns]
        ids = [row.row_id for row in rows if not row.is_heading]
        read = iter(
            [
                values
                for at in range(0, len(ids), CHUNK)
                for values in self._source.read(ids[at : at + CHUNK], asked)
            ]
        )
        result: list[RowValues] = []
        for row in rows:
            if row.is_heading:
                result.append(self._heading(row, columns))
                continue
            held = next(read) or (None,) * len(columns)
            result.append(
                tuple(
                    [self._cut(self._leaf(row, tag, value)) for tag, value in zip(columns, held, strict=True)]
                )
            )
        return result

    def _leaf(self, row: Row, tag: int, value: object) -> PropValue | None:
        if self._source.is_contents:
            if tag == tags.PidTagRowType:
                return int(RowType.LEAF)
            if tag == tags.PidTagDepth:
                return self._sort.categorized
            if tag == tags.PidTagInstanceNum:
                return row.instance
        if tag == tags.PidTagInstanceKey:
            return row.row_id.to_bytes(8, "little") + row.instance.to_bytes(4, "little")
        return cast("PropValue | None", value_of(tag, value, row.instance))

    def _heading(self, row: Row, columns: Sequence[int]) -> RowValues:
        arrangement = self._arrangement
        heading = arrangement.headings.get(row.row_id) if isinstance(arrangement, Categorized) else None
        if heading is None or not isinstance(arrangement, Categorized):
            return (None,) * len(columns)
        shown = [order.tag for order in self._sort.orders[: heading.depth + 1]]
        first = arrangement.leaf(heading.start)
        read = self._source.read([first.row_id], [stored_tag(tag) for tag in shown])[0] or ()
        own = {tag: value_of(tag, value, first.instance) for tag, value in zip(shown, read, strict=False)}
        own |= {stored_tag(tag): value for tag, value in own.items()}
        return tuple([self._cut(self._heading_value(arrangement, heading, tag, own)) for tag in columns])

    def _heading_value(
        self, arrangement: Categorized, heading: Heading, tag: int, own: dict[int, object]
    ) -> PropValue | None:
        if tag == tags.PidTagRowType:
            return int(RowType.EXPANDED_CATEGORY if heading.is_expanded else RowType.COLLAPSED_CATEGORY)
        if tag == tags.PidTagInstID:
            return heading.heading_id
        if tag == tags.PidTagInstanceNum:
            return 0
        if tag == tags.PidTagInstanceKey:
            return heading.heading_id.to_bytes(8, "little") + bytes(4)
        if tag == tags.PidTagDepth:
            return heading.depth
        if tag == tags.PidTagContentCount:
            return heading.stop - heading.start
        if tag == tags.PidTagContentUnreadCount:
            return self._unread(arrangement, heading)
        return cast("PropValue | None", own.get(tag))

    def _unread(self, arrangement: Categorized, heading: Heading) -> int:
        unread = 0
        for at in range(heading.start, heading.stop, CHUNK):
            part = arrangement.leaf_ids(at, min(at + CHUNK, heading.stop))
            for values in self._source.read(part, [tags.PidTagRead]):
                unread += values is not None and not values[0]
        return unread

    def _cut(self, value: PropValue | None) -> PropValue | None:
        limit = self._limit
        if limit and isinstance(value, (str, bytes)):
            if isinstance(value, bytes):
                return value[:limit]
            if 2 * len(value) > limit or not value.isascii():
                # Cut in UTF-16, never through a pair of surrogates.
                return value.encode("utf-16-le", "surrogatepass")[:limit].decode("utf-16-le", "ignore")
        return value
