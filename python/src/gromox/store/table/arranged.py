"""Rows in an order: in memory, as numbers.

A row is named by its id and, where a column of several values makes several rows of it, the number of the
value ([MS-OXCTABL] 2.2.1.2 PidTagInstanceNum). Sorting reads the columns sorted by in chunks, keeps numbers
only, and needs some ten octets a row afterwards.

Spec:
    [MS-OXCTABL] 2.2.2.3 (sort orders), [MS-OXCDATA] 2.13, 2.11.1.3 (multivalue instances).
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeAlias

from gromox.mapi.proptypes import MULTI_VALUE, PropType
from gromox.mapi.sortorder import Order
from gromox.store.match import values
from gromox.store.match.values import MULTI_VALUE_INSTANCE
from gromox.store.table.source import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gromox.mapi.sortorder import SortOrder
    from gromox.store.table.source import Source

#: What rows are ordered by: keys of one column are of one type.
Key: TypeAlias = Any

MAX_INSTANCES: Final = 1 << 16
"""Rows that one message makes by having many values."""
MAX_KNOWN: Final = 1 << 14
"""Keys that are shared by rows which are alike."""
MANY_ROWS: Final = 2 * CHUNK
"""Rows from which on all are gone through rather than each looked up."""
_MANY: Final = MULTI_VALUE | MULTI_VALUE_INSTANCE
_TEXTS: Final = (PropType.STRING, PropType.STRING8)
_OCTETS: Final = (PropType.BINARY, PropType.OBJECT, PropType.SERVER_ID)


class Row(NamedTuple):
    """Names a row of a table."""

    row_id: int
    instance: int = 0
    is_heading: bool = False


@dataclass(slots=True)
class Place:
    """A place in a table that follows its row: a cursor or a bookmark."""

    position: int = 0
    row: Row | None = None
    """The row that stood there; None: the end of the table."""
    key: object = None
    """Where the row stands in an index."""
    is_gone: bool = False
    """The row is no longer there; the position is that of the row that followed it."""


class Arrangement(Protocol):
    """The visible rows of a table in their order."""

    def __len__(self) -> int:
        """Return the number of visible rows."""
        ...

    def rows(self, start: int, stop: int) -> Sequence[Row]:
        """Return some rows."""
        ...

    def settle(self, place: Place) -> None:
        """Note which row stands at the position of a place."""
        ...

    def follow(self, place: Place) -> None:
        """Move a place to where its row is now; where it is gone, to the one that followed it."""
        ...


def instance_tag(tags: Sequence[int]) -> int:
    """Return the first tag that asks for a row for each value, or 0."""
    return next((tag for tag in tags if tag & _MANY == _MANY), 0)


def stored_tag(tag: int) -> int:
    """Return a tag without the bit that asks for instances."""
    return tag & ~MULTI_VALUE_INSTANCE if tag & _MANY == _MANY else tag


def value_of(tag: int, value: object, instance: int) -> object:
    """Return what a column shows of a value: of several ones, that of the instance."""
    if tag & _MANY == _MANY and isinstance(value, tuple):
        return value[instance] if instance < len(value) else None
    return value


def order_key(kind: int, value: object) -> Key:
    """Return a key for values of one type; what is not there comes first, or last if descending."""
    found = values.sort_key(kind, value)
    absent = found[0] < 0
    if kind in _TEXTS:
        return "" if absent or not isinstance(found[1], str) else found[1]
    if kind in _OCTETS or kind == PropType.GUID:
        return b"" if absent or not isinstance(found[1], bytes) else found[1]
    return float("-inf") if absent or not isinstance(found[1], (int, float)) else found[1]


def order_kind(tag: int) -> int:
    """Return the type of what is compared under a tag."""
    return values.base_type(tag)


@dataclass(slots=True)
class Keyed:
    """Rows not yet ordered, with the keys of each column they are to be ordered by."""

    ids: array[int]
    instances: array[int] | None
    keys: list[list[Key]]


def keyed(source: Source, ids: Sequence[int], orders: Sequence[SortOrder], many: int) -> Keyed:
    """Read what rows are ordered by; rows that are gone are left out.

    Args:
        source: where they come from.
        ids: the rows.
        orders: the columns.
        many: a tag that asks for a row for each value, or 0.
    """
    tags = [stored_tag(order.tag) for order in orders]
    asked = [*tags, stored_tag(many)] if many else tags
    kinds = [order_kind(tag) for tag in tags]
    if not many and len(ids) > MANY_ROWS:
        scanned = source.scanned(tags)
        if scanned is not None:
            return _keyed_by_scan(scanned, ids, kinds)
    result = Keyed(array("Q"), array("I") if many else None, [[] for _ in orders])
    if not asked:
        result.ids.extend(ids)
        return result
    for at in range(0, len(ids), CHUNK):
        part = ids[at : at + CHUNK]
        for row_id, row in zip(part, source.read(part, asked), strict=True):
            if row is None:
                continue
            held = row[len(tags)] if many else None
            count = min(len(held), MAX_INSTANCES) if isinstance(held, tuple) and held else 1
            for instance in range(count):
                result.ids.append(row_id)
                if result.instances is not None:
                    result.instances.append(instance)
                for column, order, kind, value in zip(result.keys, orders, kinds, row, strict=False):
                    column.append(order_key(kind, value_of(order.tag, value, instance)))
    return result


def _keyed_by_scan(scanned: Iterable[tuple[object, ...]], ids: Sequence[int], kinds: Sequence[int]) -> Keyed:
    wanted = set(ids)
    result = Keyed(array("Q"), None, [[] for _ in kinds])
    # Senders and the like are the same again and again: one key is kept of each.
    known: list[dict[object, Key]] = [{} for _ in kinds]
    for row in scanned:
        if row[0] not in wanted:
            continue
        result.ids.append(row[0])
        for column, seen, kind, value in zip(result.keys, known, kinds, row[1:], strict=True):
            key = seen.get(value)
            if key is None:
                key = order_key(kind, value)
                if len(seen) < MAX_KNOWN:
                    seen[value] = key
            column.append(key)
    return result


def sorted_places(rows: Keyed, orders: Sequence[SortOrder]) -> list[int]:
    """Return the order of rows as indexes into them; rows that are alike stay as they were."""
    places = list(range(len(rows.ids)))
    for column, order in reversed(list(zip(rows.keys, orders, strict=True))):
        places.sort(key=column.__getitem__, reverse=order.order is Order.DESCENDING)
    return places


class Arranged:
    """Rows without headings."""

    __slots__ = ("_orders", "_source", "ids", "instances", "many")

    def __init__(
        self,
        source: Source,
        ids: Sequence[int] | None,
        orders: Sequence[SortOrder] = (),
        *,
        many: int = 0,
    ) -> None:
        """Put rows in order; None: all of the source."""
        self._source, self._orders = source, tuple(orders)
        self.many = many
        found = source.ordered(self._orders) if orders and not many and ids is None else None
        if found is not None:
            self.ids, self.instances = array("Q", found), None
            return
        rows = keyed(source, source.ids() if ids is None else ids, self._orders, many)
        if orders:
            places = sorted_places(rows, self._orders)
            self.ids = array("Q", [rows.ids[at] for at in places])
            instances = rows.instances
            self.instances = array("I", [instances[at] for at in places]) if instances is not None else None
        else:
            self.ids, self.instances = rows.ids, rows.instances

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.ids)

    def row(self, at: int) -> Row:
        """Return one row."""
        return Row(self.ids[at], self.instances[at] if self.instances is not None else 0)

    def rows(self, start: int, stop: int) -> Sequence[Row]:
        """Return some rows."""
        return [self.row(at) for at in range(max(start, 0), min(stop, len(self.ids)))]

    def settle(self, place: Place) -> None:
        """Note which row stands at the position of a place."""
        place.position = min(max(place.position, 0), len(self.ids))
        place.row = self.row(place.position) if place.position < len(self.ids) else None
        place.is_gone = False

    def follow(self, place: Place) -> None:
        """Move a place to where its row is now; if that is gone, it stays where it was."""
        if place.row is None:
            place.position = len(self.ids)
            return
        at = self.find(place.row)
        if at is None:
            place.is_gone = True
            place.position = min(place.position, len(self.ids))
        else:
            place.position = at

    def find(self, row: Row) -> int | None:
        """Return where a row stands."""
        at = -1
        while True:
            try:
                at = self.ids.index(row.row_id, at + 1)
            except ValueError:
                return None
            if self.instances is None or self.instances[at] == row.instance:
                return at

    # One row at a time: live updates.

    def remove(self, row_id: int) -> list[tuple[int, Row]]:
        """Take out a row with all its instances; returns where they stood, each as the one before is gone."""
        gone: list[tuple[int, Row]] = []
        while True:
            try:
                at = self.ids.index(row_id)
            except ValueError:
                return gone
            gone.append((at, self.row(at)))
            self.ids.pop(at)
            if self.instances is not None:
                self.instances.pop(at)

    def insert(self, row_id: int) -> list[tuple[int, Row]]:
        """Put in a row with all its instances; returns where they stand, in the order of insertion."""
        rows = keyed(self._source, [row_id], self._orders, self.many)
        put = []
        for index, instance in enumerate(
            rows.instances if rows.instances is not None else [0] * len(rows.ids)
        ):
            at = self._place_for([column[index] for column in rows.keys])
            self.ids.insert(at, row_id)
            if self.instances is not None:
                self.instances.insert(at, instance)
            put.append((at, Row(row_id, instance)))
        return put

    def _place_for(self, wanted: list[Key]) -> int:
        """Return where a row with these keys belongs: behind those that are alike."""
        if not self._orders:
            return len(self.ids)
        low, high = 0, len(self.ids)
        while low < high:
            middle = (low + high) // 2
            if self._is_before(wanted, middle):
                high = middle
            else:
                low = middle + 1
        return low

    def _is_before(self, wanted: list[Key], at: int) -> bool:
        other = keyed(self._source, [self.ids[at]], self._orders, self.many)
        if not other.ids:
            return False  # it is gone itself and will be taken out in a moment
        instance = self.instances[at] if self.instances is not None else 0
        index = min(instance, len(other.ids) - 1)
        for key, column, order in zip(wanted, other.keys, self._orders, strict=True):
            theirs = column[index]
            if key != theirs:
                smaller: bool = key < theirs
                return smaller is not (order.order is Order.DESCENDING)
        return False
