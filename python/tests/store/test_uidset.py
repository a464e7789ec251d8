from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gromox.store.uidset import MAX_UID, UidSet

NUMBERS = st.integers(min_value=1, max_value=60)
RANGES = st.lists(st.tuples(NUMBERS, NUMBERS), max_size=6)


def members(ranges: list[tuple[int, int]]) -> set[int]:
    return {n for a, b in ranges for n in range(min(a, b), max(a, b) + 1)}


@given(RANGES)
def test_a_set_has_the_members_of_its_ranges(ranges: list[tuple[int, int]]) -> None:
    uids = UidSet(ranges)
    assert list(uids) == sorted(members(ranges))
    assert len(uids) == len(members(ranges))
    assert all((n in uids) == (n in members(ranges)) for n in range(62))
    assert UidSet.of(members(ranges)) == uids
    assert all(a[1] + 1 < b[0] for a, b in zip(uids.ranges, uids.ranges[1:], strict=False))


@given(RANGES, RANGES)
def test_sets_combine_as_sets_do(a: list[tuple[int, int]], b: list[tuple[int, int]]) -> None:
    x, y = UidSet(a), UidSet(b)
    assert set(x & y) == members(a) & members(b)
    assert set(x | y) == members(a) | members(b)
    assert set(x - y) == members(a) - members(b)


@given(RANGES, NUMBERS, NUMBERS)
def test_overlapping_ranges_are_those_that_reach_in(ranges: list[tuple[int, int]], a: int, b: int) -> None:
    low, high = min(a, b), max(a, b)
    uids = UidSet(ranges)
    assert list(uids.overlapping(low, high)) == [r for r in uids.ranges if r[0] <= high and r[1] >= low]


def test_text_is_a_sequence_set() -> None:
    assert str(UidSet.of([3, 1, 2, 7])) == "1:3,7"
    assert str(UidSet()) == ""
    assert len(UidSet.everything()) == MAX_UID
    assert not UidSet()
