"""``Table``: columns, order, condition, cursor and bookmarks over the rows of a source.

Spec:
    [MS-OXCTABL] 3.2.5. Everything is done at once: no call leaves work behind, so the status is always
    complete and there is nothing to abort. A failed call leaves columns, order and condition as they were.

A table follows its source: each call first takes note of what changed since the one before. The cursor and
the bookmarks keep their row meanwhile; where it is gone, they stand on the one that followed it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.mapi.restriction import Count
from gromox.mapi.sortorder import SortOrderSet
from gromox.store.errors import (
    BookmarkError,
    InvalidValueError,
    LimitError,
    NoColumnsError,
    NotFoundError,
    TableError,
)
from gromox.store.match import evaluate
from gromox.store.table import order
from gromox.store.table.arranged import Arranged, Place, Row, instance_tag, stored_tag
from gromox.store.table.category import Categorized
from gromox.store.table.cells import Cells
from gromox.store.table.indexed import Indexed
from gromox.store.table.model import FoundRow, Origin, Position, Rows, Sought, TableChanges
from gromox.store.table.source import CHUNK
from gromox.store.table.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gromox.mapi.restriction import Restriction
    from gromox.store.match.evaluate import Getter
    from gromox.store.table.arranged import Arrangement
    from gromox.store.table.model import RowValues
    from gromox.store.table.source import Source

MAX_ROWS: Final = 8192
"""Rows of one answer."""
MAX_BOOKMARKS: Final = 512
MAX_LIVE: Final = 256
"""Rows that are put right one by one; more are a reason to begin anew."""
VALUE_LIMIT: Final = 510
"""Octets of a text (in UTF-16) or of octets in a row, [MS-OXCTABL] 2.2.2.5.2."""
UNSORTED: Final = SortOrderSet(())
_FIRST_BOOKMARK: Final = 3


class Table:
    """An open table."""

    def __init__(self, source: Source, *, value_limit: int = VALUE_LIMIT) -> None:
        """Show all rows of a source, in no particular order, without columns yet."""
        self.source = source
        self._value_limit = value_limit
        self.columns: tuple[int, ...] = ()
        self.sort = UNSORTED
        self.restriction: Restriction | None = None
        self._predicate: evaluate.Predicate | None = None
        self._arrangement: Arrangement | None = None
        self._stamp: object = None
        self.cursor = Place()
        self._bookmarks: dict[int, Place] = {}
        self._next_bookmark = _FIRST_BOOKMARK
        self._watch = Watch(self)

    # What it shows.

    def set_columns(self, tags: Sequence[int]) -> None:
        """Say which properties rows are to have ([MS-OXCTABL] 3.2.5.2)."""
        columns = order.checked_columns(tags)
        many = self._many
        self.columns = columns
        if self._many != many:
            self._arrangement = None

    def sort_by(self, sort: SortOrderSet) -> None:
        """Put the rows in another order ([MS-OXCTABL] 3.2.5.3); bookmarks are gone then."""
        if not self.source.is_contents:
            raise TableError("only a contents table can be sorted")
        self.sort = order.checked_sort(sort)
        self._begin_anew()

    def restrict(self, restriction: Restriction | None) -> None:
        """Show only rows that fulfil a condition ([MS-OXCTABL] 3.2.5.4)."""
        predicate = None if restriction is None else evaluate.predicate(restriction)
        self.restriction, self._predicate = restriction, predicate
        self._begin_anew()

    def reset(self) -> None:
        """Forget columns, order, condition and bookmarks ([MS-OXCTABL] 3.2.5.16)."""
        if not self.source.is_contents:
            raise TableError("only a contents table can be reset")
        self.columns, self.sort = (), UNSORTED
        self.restrict(None)

    def _begin_anew(self) -> None:
        self._arrangement = None
        self._bookmarks.clear()
        self.cursor = Place()
        self._watch.reset()

    @property
    def _many(self) -> int:
        """The tag that asks for a row for each value, or 0."""
        return instance_tag([*[each.tag for each in self.sort.orders], *self.columns])

    # The rows, as they are now.

    def current(self) -> Arrangement:
        """Return the rows after taking note of what changed."""
        stamp = self.source.stamp()
        if self._arrangement is None:
            self._arrangement, self._stamp = self._arrange(None), stamp
            self._follow()
        elif stamp != self._stamp:
            before, self._stamp = self._stamp, stamp
            self._take_note(self._arrangement, before)
        return self._arrangement

    def _take_note(self, arrangement: Arrangement, before: object) -> None:
        touched = self.source.touched(before)
        if isinstance(arrangement, Indexed) and touched is not None:
            arrangement.changed()
            self._follow()
            self._watch.note_indexed(touched)
        elif isinstance(arrangement, Arranged) and touched is not None and len(touched) <= MAX_LIVE:
            self._watch.note_rows(arrangement, touched, [self.cursor, *self._bookmarks.values()])
            arrangement.settle(self.cursor)
        else:
            self._arrangement = self._arrange(arrangement)
            self._follow()
            self._watch.reset()

    def _follow(self) -> None:
        arrangement = self._arrangement
        if arrangement is None:
            return
        for place in self._bookmarks.values():
            arrangement.follow(place)
        if self.cursor.position or self.cursor.row is not None:
            arrangement.follow(self.cursor)
        arrangement.settle(self.cursor)

    def _arrange(self, before: Arrangement | None) -> Arrangement:
        sort, many = self.sort, self._many
        if self._predicate is None and not many and not sort.categorized and len(sort.orders) <= 1:
            tag = sort.orders[0].tag if sort.orders else 0
            index = self.source.index(tag, descending=bool(sort.orders) and sort.orders[0].order == 1)
            if index is not None:
                return Indexed(index)
        ids = self.source.ids() if self.restriction is None else self._restricted(self.restriction)
        if sort.categorized:
            kept = before if isinstance(before, Categorized) else None
            return Categorized(self.source, ids, sort, many=many, before=kept)
        return Arranged(self.source, ids, sort.orders, many=many)

    def _restricted(self, restriction: Restriction) -> Sequence[int]:
        found = self.source.matching(restriction)
        if found is None:
            found = [row_id for row_id, holds in self._tested(self.source.ids()) if holds]
        return found[: restriction.count] if isinstance(restriction, Count) else found

    def matching(self, ids: Sequence[int]) -> set[int]:
        """Return those of some rows that are there and fulfil the condition of the table."""
        there = self.source.present(ids)
        return {row_id for row_id, holds in self._tested([each for each in ids if each in there]) if holds}

    def _tested(self, ids: Sequence[int]) -> Iterator[tuple[int, bool]]:
        predicate, restriction = self._predicate, self.restriction
        tags = sorted(evaluate.needs(restriction).tags) if restriction is not None else []
        for at in range(0, len(ids), CHUNK):
            part = ids[at : at + CHUNK]
            for row_id, row in zip(part, self.source.read(part, tags), strict=True):
                if row is None:
                    yield row_id, False
                elif predicate is None:
                    yield row_id, True
                else:
                    getter = dict(zip(tags, row, strict=True)).get
                    yield row_id, predicate(getter, self._parts_of(row_id))

    def _parts_of(self, row_id: int) -> evaluate.Parts:
        return lambda tag: self.source.parts(row_id, tag)

    # Reading.

    def values(self, rows: Sequence[Row]) -> list[RowValues]:
        """Return the columns of rows."""
        if not self.columns:
            raise NoColumnsError("set columns first")
        arrangement = self.current()
        return Cells(self.source, arrangement, self.sort, self._value_limit).values(rows, self.columns)

    def query_rows(self, count: int, *, forward: bool = True, advance: bool = True) -> Rows:
        """Return rows from the cursor on, or backwards from before it ([MS-OXCTABL] 3.2.5.5)."""
        if not self.columns:
            raise NoColumnsError("set columns first")
        arrangement = self.current()
        count = min(max(count, 0), MAX_ROWS)
        at = self.cursor.position
        start, stop = (at, at + count) if forward else (max(at - count, 0), at)
        rows = list(arrangement.rows(start, stop))
        end = at + len(rows) if forward else at - len(rows)
        if not forward:
            rows.reverse()
        values = tuple(self.values(rows))
        if advance:
            self._move(arrangement, end)
        origin = Origin.CURRENT
        if forward and end >= len(arrangement):
            origin = Origin.END
        elif not forward and end <= 0:
            origin = Origin.BEGINNING
        return Rows(values, origin)

    def position(self) -> Position:
        """Return where the cursor is ([MS-OXCTABL] 3.2.5.8)."""
        arrangement = self.current()
        return Position(self.cursor.position, len(arrangement))

    def seek(self, origin: Origin, rows: int) -> Sought:
        """Move the cursor ([MS-OXCTABL] 3.2.5.9)."""
        arrangement = self.current()
        start = {Origin.BEGINNING: 0, Origin.CURRENT: self.cursor.position, Origin.END: len(arrangement)}[
            origin
        ]
        return self._seek_from(arrangement, start, rows)

    def seek_fraction(self, numerator: int, denominator: int) -> None:
        """Move the cursor to a part of the whole ([MS-OXCTABL] 3.2.5.11)."""
        if denominator <= 0 or numerator < 0:
            raise InvalidValueError("a fraction has a denominator above zero")
        arrangement = self.current()
        total = len(arrangement)
        self._move(arrangement, total if numerator >= denominator else total * numerator // denominator)

    def _seek_from(self, arrangement: Arrangement, start: int, rows: int, *, gone: bool = False) -> Sought:
        target = start + rows
        end = min(max(target, 0), len(arrangement))
        self._move(arrangement, end)
        return Sought(end - start, end != target, gone)

    def _move(self, arrangement: Arrangement, position: int) -> None:
        self.cursor.position = position
        arrangement.settle(self.cursor)

    # Bookmarks.

    def create_bookmark(self) -> int:
        """Return a bookmark for the row under the cursor ([MS-OXCTABL] 3.2.5.12)."""
        self._refuse_without_bookmarks()
        arrangement = self.current()
        return self.bookmark_at(arrangement, self.cursor.position)

    def bookmark_at(self, arrangement: Arrangement, position: int) -> int:
        """Return a bookmark for a row. Raises LimitError."""
        if len(self._bookmarks) >= MAX_BOOKMARKS:
            raise LimitError(f"a table has at most {MAX_BOOKMARKS} bookmarks: free some")
        place = Place(position)
        arrangement.settle(place)
        bookmark, self._next_bookmark = self._next_bookmark, self._next_bookmark + 1
        self._bookmarks[bookmark] = place
        return bookmark

    def free_bookmark(self, bookmark: int) -> None:
        """Forget a bookmark ([MS-OXCTABL] 3.2.5.15)."""
        self._refuse_without_bookmarks()
        if self._bookmarks.pop(bookmark, None) is None:
            raise BookmarkError("there is no such bookmark (any more)")

    def seek_bookmark(self, bookmark: int, rows: int) -> Sought:
        """Move the cursor from a bookmark ([MS-OXCTABL] 3.2.5.10)."""
        self._refuse_without_bookmarks()
        arrangement = self.current()
        place = self._place(bookmark)
        return self._seek_from(arrangement, place.position, rows, gone=place.is_gone)

    def _place(self, bookmark: int) -> Place:
        place = self._bookmarks.get(bookmark)
        if place is None:
            raise BookmarkError("there is no such bookmark (any more)")
        arrangement = self._arrangement
        if isinstance(arrangement, Categorized):
            # Closing a heading moves rows without any of them having changed.
            place.is_gone = False
            arrangement.follow(place)
        return place

    def _refuse_without_bookmarks(self) -> None:
        if not self.source.has_bookmarks:
            raise TableError("a table of that kind has no bookmarks")

    # Finding.

    def find_row(
        self, restriction: Restriction, origin: Origin, *, bookmark: int = 0, forward: bool = True
    ) -> FoundRow:
        """Move the cursor to the next row that fulfils a condition ([MS-OXCTABL] 3.2.5.14).

        Args:
            restriction: the condition.
            origin: where to begin; that row counts too.
            bookmark: begin there instead, if it is not 0.
            forward: in which direction.

        Raises:
            NotFoundError: there is none.
        """
        if not self.columns:
            raise NoColumnsError("set columns first")
        predicate = evaluate.predicate(restriction)
        tags = sorted(evaluate.needs(restriction).tags)
        arrangement = self.current()
        gone = False
        if bookmark:
            place = self._place(bookmark)
            start, gone = place.position, place.is_gone
        else:
            start = {Origin.BEGINNING: 0, Origin.CURRENT: self.cursor.position, Origin.END: len(arrangement)}[
                origin
            ]
        cells = Cells(self.source, arrangement, self.sort, 0)
        for at, rows in self._stretches(arrangement, start, forward=forward):
            known = self._tested_rows(cells, rows, tags, predicate)
            hits = [index for index, holds in enumerate(known) if holds]
            if hits:
                index = hits[0] if forward else hits[-1]
                self._move(arrangement, at + index)
                return FoundRow(self.values([rows[index]])[0], gone)
        raise NotFoundError("no row fulfils the condition")

    def _tested_rows(
        self, cells: Cells, rows: Sequence[Row], tags: Sequence[int], predicate: evaluate.Predicate
    ) -> Iterator[bool]:
        for row, held in zip(rows, cells.values(rows, tags), strict=True):
            getter: Getter = dict(zip(tags, held, strict=True)).get
            parts = evaluate.no_parts if row.is_heading else self._parts_of(row.row_id)
            yield predicate(getter, parts)

    def _stretches(
        self, arrangement: Arrangement, start: int, *, forward: bool
    ) -> Iterator[tuple[int, Sequence[Row]]]:
        total = len(arrangement)
        if forward:
            for at in range(start, total, CHUNK):
                yield at, arrangement.rows(at, min(at + CHUNK, total))
            return
        stop = min(start + 1, total)
        while stop > 0:
            at = max(stop - CHUNK, 0)
            yield at, arrangement.rows(at, stop)
            stop = at

    # The rest.

    def all_columns(self) -> tuple[int, ...]:
        """Return the properties that rows usually have ([MS-OXCTABL] 3.2.5.13)."""
        return tuple(dict.fromkeys([*self.source.all_tags, *map(stored_tag, self.columns)]))

    def changes(self) -> TableChanges:
        """Return what changed since the last time; from the first time on the table takes notes."""
        self.current()
        return TableChanges(self._watch.drain())
