from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, Writer
from gromox.mapi.sortorder import MAX_SORT_ORDERS, Order, SortOrder, SortOrderSet

# Assembled by hand from the layouts of [MS-OXCDATA] 2.13.1 and 2.13.2.
VECTOR = SortOrderSet(
    (
        SortOrder(0x0042001F),
        SortOrder(0x0E060040, Order.MAXIMUM_CATEGORY),
        SortOrder(0x0E060040, Order.DESCENDING),
    ),
    categorized=1,
    expanded=1,
)
OCTETS = bytes.fromhex("0300 0100 0100  1f004200 00  4000060e 04  4000060e 01")


def packed(orders: SortOrderSet) -> bytes:
    w = Writer()
    orders.write(w)
    return w.octets()


def unpacked(octets: bytes) -> SortOrderSet:
    r = Reader(octets)
    orders = SortOrderSet.decode(r)
    r.end()
    return orders


def test_a_sort_order_set_is_read_and_written() -> None:
    assert unpacked(OCTETS) == VECTOR
    assert packed(VECTOR) == OCTETS
    assert packed(SortOrderSet(())) == bytes(6)


def test_a_short_set_is_an_error_at_every_length() -> None:
    for size in range(len(OCTETS)):
        with pytest.raises(ParseError):
            unpacked(OCTETS[:size])


@pytest.mark.parametrize(
    "octets", ["0100 0200 0000 1f00420000", "0100 0100 0200 1f00420000", "4100 0000 0000" + "1f00420000" * 65]
)
def test_counts_are_bounded(octets: str) -> None:
    with pytest.raises(ParseError, match="at most 64 sort orders"):
        unpacked(bytes.fromhex(octets))


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(ParseError, match="a sort order of 0, 1 or 4 at position 10"):
        unpacked(bytes.fromhex("0100 0000 0000 1f004200 02"))


@pytest.mark.parametrize(
    "orders",
    [
        SortOrderSet((SortOrder(1),) * (MAX_SORT_ORDERS + 1)),
        SortOrderSet((SortOrder(1),), 2),
        SortOrderSet((SortOrder(1),), 0, 1),
    ],
)
def test_nothing_is_written_that_would_not_be_read(orders: SortOrderSet) -> None:
    with pytest.raises(ValueError, match="at most 64"):
        packed(orders)


@given(
    st.lists(st.builds(SortOrder, st.integers(0, 2**32 - 1), st.sampled_from(Order)), max_size=64),
    st.data(),
)
def test_what_is_written_is_read_back(orders: list[SortOrder], data: st.DataObject) -> None:
    categorized = data.draw(st.integers(0, len(orders)))
    whole = SortOrderSet(tuple(orders), categorized, data.draw(st.integers(0, categorized)))
    assert unpacked(packed(whole)) == whole


@given(st.binary(max_size=60))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    try:
        orders = unpacked(octets)
    except ParseError:
        return
    assert packed(orders) == octets
