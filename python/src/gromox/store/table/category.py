"""Rows below headings: categories of up to four levels that open and close.

Spec:
    [MS-OXCTABL] 2.2.2.3 (categories, MaximumCategory), 2.2.2.17 to 2.2.2.20 (expand, collapse, their state).

A heading has an id of its own (PidTagInstID): a number whose low 16 bits are zero, which no object of the
mailbox has on the wire. It stays the same as long as the table keeps its sort order.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from gromox.mapi.sortorder import Order
from gromox.store.table.arranged import Key, Keyed, Place, Row, keyed, sorted_places

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gromox.mapi.sortorder import SortOrderSet
    from gromox.store.table.source import Source

MAX_CATEGORIES: Final = 4
MAX_HEADINGS: Final = 1 << 16
_ID_SHIFT: Final = 16

Path: TypeAlias = tuple[Key, ...]
"""The keys of a heading and of those above it."""


@dataclass(slots=True)
class Heading:
    """One heading."""

    heading_id: int
    path: Path
    depth: int
    start: int
    """The first leaf below it, and one past the last."""
    stop: int
    is_expanded: bool
    below: list[Heading] = field(default_factory=list)


class Categorized:
    """Rows in headings."""

    __slots__ = (
        "_ids",
        "_leaf_ids",
        "_leaf_instances",
        "_orders",
        "_visible",
        "headings",
        "numbers",
        "state",
        "top",
    )

    def __init__(
        self,
        source: Source,
        ids: Sequence[int],
        sort: SortOrderSet,
        *,
        many: int = 0,
        before: Categorized | None = None,
    ) -> None:
        """Put rows in order below headings; what was open ``before`` stays open."""
        self._orders = sort
        self.numbers: dict[Path, int] = dict(before.numbers) if before else {}
        self.state: dict[Path, bool] = dict(before.state) if before else {}
        rows = keyed(source, ids, sort.orders, many)
        places = _arranged(rows, sort)
        instances = rows.instances
        self._leaf_ids = array("Q", [rows.ids[at] for at in places])
        self._leaf_instances = array("I", [instances[at] for at in places]) if instances is not None else None
        self.headings: dict[int, Heading] = {}
        self.top = self._grown(rows.keys, places, (), 0, len(places))
        self._visible = array("q")
        self._ids: list[int] = []
        self._show()

    def _grown(
        self, columns: list[list[Key]], places: list[int], above: Path, start: int, stop: int
    ) -> list[Heading]:
        """Make the headings of one level for the leaves from ``start`` to ``stop``."""
        depth = len(above)
        if depth >= self._orders.categorized:
            return []
        column = columns[depth]
        found: list[Heading] = []
        at = start
        while at < stop and len(self.headings) < MAX_HEADINGS:
            key = column[places[at]]
            end = at + 1
            while end < stop and column[places[end]] == key:
                end += 1
            path = (*above, key)
            is_expanded = self.state.get(path, depth < self._orders.expanded)
            heading = Heading(self._numbered(path), path, depth, at, end, is_expanded)
            self.headings[heading.heading_id] = heading
            heading.below = self._grown(columns, places, path, at, end)
            found.append(heading)
            at = end
        return found

    def leaf(self, at: int) -> Row:
        """Return a leaf by its place."""
        return Row(self._leaf_ids[at], self._leaf_instances[at] if self._leaf_instances is not None else 0)

    def leaf_ids(self, start: int, stop: int) -> Sequence[int]:
        """Return the ids of some leaves."""
        return self._leaf_ids[start:stop]

    def _leaf_at(self, row: Row) -> int | None:
        at = -1
        while True:
            try:
                at = self._leaf_ids.index(row.row_id, at + 1)
            except ValueError:
                return None
            if self.leaf(at).instance == row.instance:
                return at

    def _numbered(self, path: Path) -> int:
        number = self.numbers.get(path)
        if number is None:
            number = self.numbers[path] = (len(self.numbers) + 1) << _ID_SHIFT
        return number

    def _show(self) -> None:
        """Find the visible rows: leaves by their place, headings by minus one minus theirs in ``_ids``."""
        visible = array("q")
        ids: list[int] = []
        waiting: list[Iterator[Heading]] = [iter(self.top)]
        while waiting:
            heading = next(waiting[-1], None)
            if heading is None:
                waiting.pop()
                continue
            visible.append(-1 - len(ids))
            ids.append(heading.heading_id)
            if heading.is_expanded:
                if heading.below:
                    waiting.append(iter(heading.below))
                else:
                    visible.extend(range(heading.start, heading.stop))
        self._visible, self._ids = visible, ids

    def __len__(self) -> int:
        """Return the number of visible rows."""
        return len(self._visible)

    def row(self, at: int) -> Row:
        """Return one visible row."""
        number = self._visible[at]
        return self.leaf(number) if number >= 0 else Row(self._ids[-1 - number], 0, is_heading=True)

    def rows(self, start: int, stop: int) -> Sequence[Row]:
        """Return some visible rows."""
        return [self.row(at) for at in range(max(start, 0), min(stop, len(self._visible)))]

    def settle(self, place: Place) -> None:
        """Note which row stands at the position of a place."""
        place.position = min(max(place.position, 0), len(self._visible))
        place.row = self.row(place.position) if place.position < len(self._visible) else None
        place.is_gone = False

    def follow(self, place: Place) -> None:
        """Move a place to where its row is now; one that is hidden or gone moves to what follows it."""
        if place.row is None:
            place.position = len(self._visible)
            return
        at = self.find(place.row)
        if at is not None:
            place.position = at
            return
        place.is_gone = True
        hidden = self._after_hidden(place.row)
        place.position = min(place.position if hidden is None else hidden, len(self._visible))

    def find(self, row: Row) -> int | None:
        """Return where a row is visible."""
        if row.is_heading:
            heading = self.headings.get(row.row_id)
            if heading is None or row.row_id not in self._ids:
                return None
            return self._visible.index(-1 - self._ids.index(row.row_id))
        leaf = self._leaf_at(row)
        try:
            return None if leaf is None else self._visible.index(leaf)
        except ValueError:
            return None

    def _after_hidden(self, row: Row) -> int | None:
        """Return the position of the row that follows the closed heading over a hidden one."""
        if row.is_heading:
            target = self.headings.get(row.row_id)
            leaf = target.start if target else None
        else:
            leaf = self._leaf_at(row)
        if leaf is None:
            return None
        level = self.top
        while True:
            heading = next((each for each in level if each.start <= leaf < each.stop), None)
            if heading is None:
                return None
            if not heading.is_expanded:
                shown = self.find(Row(heading.heading_id, 0, is_heading=True))
                return None if shown is None else shown + 1
            level = heading.below

    def expand(self, heading: Heading) -> tuple[int, int]:
        """Open a heading; returns (where its first row stands, how many rows appeared)."""
        return self._set(heading, is_expanded=True)

    def collapse(self, heading: Heading) -> tuple[int, int]:
        """Close a heading; returns (where its first row stood, how many rows went)."""
        return self._set(heading, is_expanded=False)

    def _set(self, heading: Heading, *, is_expanded: bool) -> tuple[int, int]:
        before = len(self._visible)
        heading.is_expanded = self.state[heading.path] = is_expanded
        self._show()
        at = self.find(Row(heading.heading_id, 0, is_heading=True))
        return (0 if at is None else at + 1), abs(len(self._visible) - before)

    def expanded_paths(self) -> dict[Path, bool]:
        """Return which headings are not as the sort order says at first."""
        return {
            each.path: each.is_expanded
            for each in self.headings.values()
            if each.is_expanded is not (each.depth < self._orders.expanded)
        }

    def restore(self, states: dict[Path, bool]) -> None:
        """Open and close headings; those that are not named are as the sort order says."""
        self.state = dict(states)
        for each in self.headings.values():
            each.is_expanded = states.get(each.path, each.depth < self._orders.expanded)
        self._show()


def _arranged(rows: Keyed, sort: SortOrderSet) -> list[int]:
    """Return the order of rows.

    MaximumCategory ([MS-OXCTABL] 2.2.2.3.1): the categories before it are ordered by the largest value of
    its column in each, in the direction of their own order; the column itself does not order the rows.
    """
    orders = list(sort.orders)
    columns = list(rows.keys)
    at = sort.categorized
    if at and at < len(orders) and orders[at].order is Order.MAXIMUM_CATEGORY:
        groups = list(zip(*columns[:at], strict=True))
        largest: dict[Path, Key] = {}
        for group, value in zip(groups, columns[at], strict=True):
            if group not in largest or largest[group] < value:
                largest[group] = value
        columns[at - 1] = [(largest[group], group[-1]) for group in groups]
        del columns[at], orders[at]
    return sorted_places(Keyed(rows.ids, rows.instances, columns), orders)
