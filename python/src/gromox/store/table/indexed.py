"""Rows that stay in the database, in the order of one of its indexes: a million of them open at once.

What is asked for is read when it is asked for. A place remembers the key of its row, so it is found again
however many rows came or went before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.store.table.arranged import Place, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gromox.store.mailbox_file import MailboxFile

_NEAR: Final = 4096
"""Rows that are stepped over rather than counted."""


@dataclass(frozen=True, slots=True)
class IndexedRows:
    """An index of the rows of a table: (column, rowid) within a condition."""

    file: MailboxFile
    table: str
    """Table and condition as they stand between FROM and ORDER BY."""
    parameters: tuple[object, ...]
    column: str
    row_id: str
    descending: bool
    total: Callable[[], int]
    """Gives the number of rows, which the mailbox counts anyway."""


class Indexed:
    """The rows of an index as an arrangement."""

    __slots__ = ("_index", "_known")

    def __init__(self, index: IndexedRows) -> None:
        """Read nothing yet."""
        self._index = index
        #: Where the last stretch began and ended: the next one usually goes on from there.
        self._known: tuple[int, tuple[object, int]] | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._index.total()

    def rows(self, start: int, stop: int) -> Sequence[Row]:
        """Return some rows."""
        return [Row(row_id) for _, row_id in self._read(start, stop)]

    def changed(self) -> None:
        """Take note that rows may have come or gone."""
        self._known = None

    def settle(self, place: Place) -> None:
        """Note which row stands at the position of a place."""
        place.position = min(max(place.position, 0), len(self))
        found = self._read(place.position, place.position + 1)
        place.row, place.key = (Row(found[0][1]), found[0]) if found else (None, None)
        place.is_gone = False

    def follow(self, place: Place) -> None:
        """Move a place to where its row is now; where it is gone, to the one that followed it."""
        if place.row is None or not isinstance(place.key, tuple):
            place.position = len(self)
            return
        index = self._index
        key, row_id = place.key
        before, behind = ("<", ">") if not index.descending else (">", "<")
        (place.position,) = index.file.execute(
            f"SELECT count(*) FROM {index.table} AND ({index.column}, {index.row_id}) {before} (?, ?)",
            (*index.parameters, key, row_id),
        ).fetchone()
        found = self._next(f"{behind}=", (key, row_id), 1, 0)
        place.is_gone = not found or found[0] != (key, row_id)

    def before(self, row: Row) -> Row | None:
        """Return the row before another one; None: it is the first."""
        index = self._index
        found = index.file.execute(
            f"SELECT {index.column} FROM {index.table} AND {index.row_id} = ?",
            (*index.parameters, row.row_id),
        ).fetchone()
        if found is None:
            return None
        operator = ">" if index.descending else "<"
        condition = f" AND ({index.column}, {index.row_id}) {operator} (?, ?)"
        rows = self._ordered(_direction(not index.descending), condition, (found[0], row.row_id), 1, 0)
        return Row(rows[0][1]) if rows else None

    def _read(self, start: int, stop: int) -> list[tuple[object, int]]:
        start, stop = max(start, 0), min(stop, len(self))
        if start >= stop:
            return []
        index, known = self._index, self._known
        if known is not None and known[0] <= start <= known[0] + _NEAR:
            found = self._next("<=" if index.descending else ">=", known[1], stop - start, start - known[0])
        else:
            total = len(self)
            if start > total // 2:
                found = self._from_end(total - stop, stop - start)
            else:
                found = self._ordered(_direction(index.descending), "", (), stop - start, start)
        if found:
            self._known = (start + len(found) - 1, found[-1])
        return found

    def _next(
        self, operator: str, key: tuple[object, int], count: int, skip: int
    ) -> list[tuple[object, int]]:
        index = self._index
        condition = f" AND ({index.column}, {index.row_id}) {operator} (?, ?)"
        return self._ordered(_direction(index.descending), condition, key, count, skip)

    def _from_end(self, skip: int, count: int) -> list[tuple[object, int]]:
        found = self._ordered(_direction(not self._index.descending), "", (), count, skip)
        found.reverse()
        return found

    def _ordered(
        self, direction: str, condition: str, key: tuple[object, ...], count: int, skip: int
    ) -> list[tuple[object, int]]:
        index = self._index
        return index.file.execute(
            f"SELECT {index.column}, {index.row_id} FROM {index.table}{condition}"
            f" ORDER BY {index.column} {direction}, {index.row_id} {direction} LIMIT ? OFFSET ?",
            (*index.parameters, *key, count, skip),
        ).fetchall()


def _direction(descending: bool) -> str:  # noqa: FBT001 - its only argument
    return "DESC" if descending else "ASC"
