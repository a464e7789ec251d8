"""What a table may be asked: columns, sort orders; checked before anything is done.

Spec: [MS-OXCTABL] 2.2.2.2.1, 2.2.2.3.1, 3.2.5.2, 3.2.5.3; [MS-OXCDATA] 2.11.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.mapi.proptypes import MULTI_VALUE, PropType
from gromox.mapi.sortorder import MAX_SORT_ORDERS, Order, SortOrderSet
from gromox.store.errors import InvalidValueError
from gromox.store.match.values import MULTI_VALUE_INSTANCE
from gromox.store.table.category import MAX_CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_COLUMNS: Final = 4096
_TYPES: Final = frozenset(int(kind) for kind in PropType) - {
    int(PropType.UNSPECIFIED),
    int(PropType.NULL),
    int(PropType.ERROR_CODE),
}
_MANY: Final = MULTI_VALUE | MULTI_VALUE_INSTANCE


def is_many(tag: int) -> bool:
    """Tell whether a column asks for a row for each of its values."""
    return tag & _MANY == _MANY


def checked_columns(tags: Sequence[int]) -> tuple[int, ...]:
    """Return columns that a table can have. Raises InvalidValueError."""
    if not 1 <= len(tags) <= MAX_COLUMNS:
        raise InvalidValueError(f"a table has 1 to {MAX_COLUMNS} columns")
    if not all(_is_typed(tag) for tag in tags):
        raise InvalidValueError("a column has a type that values do not have")
    return tuple(tags)


def checked_sort(sort: SortOrderSet) -> SortOrderSet:
    """Return a sort order that a table can have. Raises InvalidValueError."""
    orders = sort.orders
    if len(orders) > MAX_SORT_ORDERS or not 0 <= sort.expanded <= sort.categorized <= len(orders):
        raise InvalidValueError(f"at most {MAX_SORT_ORDERS} sort orders, as many categories or less")
    if sort.categorized > MAX_CATEGORIES:
        raise InvalidValueError(f"at most {MAX_CATEGORIES} of the sort orders make categories")
    if not all(_is_typed(order.tag) for order in orders):
        raise InvalidValueError("a sort order has a type that values do not have")
    if len({order.tag for order in orders if is_many(order.tag)}) > 1:
        raise InvalidValueError("one property of many values can make rows of its values")
    for at, order in enumerate(orders):
        if order.order is Order.MAXIMUM_CATEGORY and not 0 < at == sort.categorized:
            raise InvalidValueError("MaximumCategory stands right behind the categories")
    return sort


def _is_typed(tag: int) -> bool:
    kind = tag & 0xFFFF
    if kind & MULTI_VALUE_INSTANCE:
        if not kind & MULTI_VALUE:
            return False
        kind &= ~MULTI_VALUE_INSTANCE
    return kind in _TYPES
