"""Sort orders of tables.

Spec:
    [MS-OXCDATA] 2.13; [MS-OXCROPS] 2.2.5.2.1 has the same fields in the same order. The rules for categories
    beyond the counts, [MS-OXCTABL] 2.2.2.3, are the table's business.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError

if TYPE_CHECKING:
    from gromox.codec.packed import Reader, Writer

#: Outlook sorts by at most four columns and groups by four more.
MAX_SORT_ORDERS: Final = 64

_COUNTS: Final = struct.Struct("<HHH")
_ORDER: Final = struct.Struct("<IB")


class Order(IntEnum):
    """[MS-OXCDATA] 2.13.1."""

    ASCENDING = 0x00
    DESCENDING = 0x01
    #: Rank categories by the largest value in them of this column, not by the column before it.
    MAXIMUM_CATEGORY = 0x04


@dataclass(frozen=True, slots=True)
class SortOrder:
    """One column to sort by, [MS-OXCDATA] 2.13.1."""

    tag: int
    order: Order = Order.ASCENDING


@dataclass(frozen=True, slots=True)
class SortOrderSet:
    """Columns to sort by; the first ``categorized`` make headings, of which ``expanded`` stand open.

    Spec: [MS-OXCDATA] 2.13.2
    """

    orders: tuple[SortOrder, ...]
    categorized: int = 0
    expanded: int = 0

    @classmethod
    def decode(cls, r: Reader) -> SortOrderSet:
        """Read the wire form.

        Raises:
            ParseError: it ends too early, an order is unknown, or a count is larger than it may be.
        """
        at = r.offset
        count, categorized, expanded = r.unpack(_COUNTS)
        if not expanded <= categorized <= count <= MAX_SORT_ORDERS:
            raise ParseError(f"at most {MAX_SORT_ORDERS} sort orders, as many categories or less", at)
        return cls(tuple(_decode_order(r) for _ in range(count)), categorized, expanded)

    def write(self, w: Writer) -> None:
        """Append the wire form.

        Raises:
            ValueError: a count is larger than it may be.
        """
        if not 0 <= self.expanded <= self.categorized <= len(self.orders) <= MAX_SORT_ORDERS:
            raise ValueError(f"at most {MAX_SORT_ORDERS} sort orders, as many categories or less")
        w.pack(_COUNTS, len(self.orders), self.categorized, self.expanded)
        for each in self.orders:
            w.pack(_ORDER, each.tag, each.order)


def _decode_order(r: Reader) -> SortOrder:
    at = r.offset
    tag, order = r.unpack(_ORDER)
    try:
        return SortOrder(tag, Order(order))
    except ValueError:
        raise ParseError("a sort order of 0, 1 or 4", at + 4) from None
