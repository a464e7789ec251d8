"""What changed in a table, row by row: for notifications ([MS-OXCNOTIF] 2.2.1.1.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.store.table.arranged import Arranged, Place, Row
from gromox.store.table.indexed import Indexed
from gromox.store.table.model import RowChange, RowEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.store.table.table import Table

MAX_EVENTS: Final = 256
"""Changes that are told one by one; more of them become a single TABLE_CHANGED."""


class Watch:
    """Takes notes once somebody asked for them."""

    __slots__ = ("_is_on", "_is_reset", "_rows", "_table")

    def __init__(self, table: Table) -> None:
        """Take no notes yet."""
        self._table = table
        self._is_on = self._is_reset = False
        self._rows: dict[Row, RowChange] = {}

    def reset(self) -> None:
        """Note that everything may be different."""
        if self._is_on:
            self._rows.clear()
            self._is_reset = True

    def _note(self, row: Row, change: RowChange) -> None:
        if not self._is_on or self._is_reset:
            return
        before = self._rows.pop(row, None)
        if before is RowChange.ADDED:
            if change is RowChange.DELETED:
                return
            change = RowChange.ADDED
        elif before is RowChange.DELETED and change is RowChange.ADDED:
            change = RowChange.MODIFIED
        self._rows[row] = change
        if len(self._rows) > MAX_EVENTS:
            self.reset()

    def note_indexed(self, touched: Sequence[int]) -> None:
        """Note rows of an index: those that are there now came or changed, the others went."""
        if not self._is_on:
            return
        if len(touched) > MAX_EVENTS:
            self.reset()
            return
        there = self._table.matching(list(touched))
        new = self._table.source.created(list(there))
        for row_id in touched:
            if row_id not in there:
                self._note(Row(row_id), RowChange.DELETED)
            else:
                self._note(Row(row_id), RowChange.ADDED if row_id in new else RowChange.MODIFIED)

    def note_rows(self, arranged: Arranged, touched: Sequence[int], places: Sequence[Place]) -> None:
        """Put rows right one by one, and the places that have to follow."""
        there = self._table.matching(list(touched))
        for row_id in dict.fromkeys(touched):
            gone = arranged.remove(row_id)
            for at, row in gone:
                for place in places:
                    if place.row == row:
                        place.is_gone = True
                    if at < place.position:
                        place.position -= 1
            put = arranged.insert(row_id) if row_id in there else []
            for at, row in put:
                for place in places:
                    if place.row == row:
                        place.position, place.is_gone = at, False
                    elif at <= place.position:
                        place.position += 1
            before, after = {row for _, row in gone}, {row for _, row in put}
            for row in before - after:
                self._note(row, RowChange.DELETED)
            for row in after:
                self._note(row, RowChange.MODIFIED if row in before else RowChange.ADDED)

    def drain(self) -> tuple[RowEvent, ...]:
        """Return what was noted, and forget it."""
        rows, is_reset = dict(self._rows), self._is_reset
        self._rows.clear()
        self._is_on, self._is_reset = True, False
        if is_reset:
            return (RowEvent(RowChange.TABLE_CHANGED),)
        return tuple([self._event(row, change) for row, change in rows.items()])

    def _event(self, row: Row, change: RowChange) -> RowEvent:
        if change is RowChange.DELETED:
            return RowEvent(change, row.row_id, row.instance)
        before = self._before(row)
        values = self._table.values([row])[0] if self._table.columns else ()
        return RowEvent(
            change,
            row.row_id,
            row.instance,
            before.row_id if before else 0,
            before.instance if before else 0,
            values,
        )

    def _before(self, row: Row) -> Row | None:
        arrangement = self._table.current()
        if isinstance(arrangement, Indexed):
            return arrangement.before(row)
        at = arrangement.find(row) if isinstance(arrangement, Arranged) else None
        return arrangement.rows(at - 1, at)[0] if at else None
