from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gromox.mapi.objectid import MAX_COUNTER
from gromox.mapi.rangeset import RangeSet

COUNTERS = st.integers(0, 60)
SETS = st.sets(COUNTERS, max_size=30)


@pytest.mark.requirement("MS-OXCFXICS", "R1936")
@pytest.mark.requirement("MS-OXCFXICS", "R1937")
@pytest.mark.requirement("MS-OXCFXICS", "R1938")
def test_ranges_are_joined() -> None:
    counters = RangeSet([(5, 6), (1, 2), (3, 3), (6, 9), (20, 20)])
    assert list(counters.ranges()) == [(1, 3), (5, 9), (20, 20)]
    counters.add(4)
    assert list(counters.ranges()) == [(1, 9), (20, 20)]
    assert counters.range_count == 2
    assert len(counters) == 10
    assert counters.highest == 20
    assert repr(counters) == "RangeSet(1-9, 20-20)"
    assert counters != "RangeSet(1-9, 20-20)"


def test_the_whole_space_is_one_range() -> None:
    everything = RangeSet([(0, MAX_COUNTER)])
    assert len(everything) == 1 << 48
    assert MAX_COUNTER in everything
    everything.add(0, MAX_COUNTER)
    everything.remove(7)
    assert list(everything.ranges()) == [(0, 6), (8, MAX_COUNTER)]


@pytest.mark.parametrize(("low", "high"), [(-1, 0), (2, 1), (0, MAX_COUNTER + 1), (-5, -4)])
def test_what_is_no_range_is_refused(low: int, high: int) -> None:
    counters = RangeSet([(1, 1)])
    for refuse in (counters.add, counters.remove, lambda a, b: RangeSet([(1, 5), (a, b)])):
        with pytest.raises(ValueError, match="global counters"):
            refuse(low, high)
    assert list(counters) == [1]


def test_an_empty_set_is_false_and_holds_nothing() -> None:
    empty = RangeSet()
    assert not empty
    assert empty.highest is None
    assert 0 not in empty
    assert -1 not in RangeSet([(0, 5)])
    assert "1" not in RangeSet([(0, 5)])
    assert not empty.covers(1, 1)
    empty.remove(1, 5)
    assert empty == RangeSet()


@given(SETS, SETS)
def test_algebra_is_that_of_sets(a: set[int], b: set[int]) -> None:
    first, second = RangeSet.of(a), RangeSet.of(b)
    assert list(first | second) == sorted(a | b)
    assert list(first & second) == sorted(a & b)
    assert list(first - second) == sorted(a - b)
    assert first.issubset(second) == (a <= b)
    assert (first == second) == (a == b)
    assert (first | second) - second == first - second
    assert len(first) == len(a)


@given(SETS, COUNTERS, COUNTERS)
def test_a_covered_range_is_in_it_as_a_whole(a: set[int], x: int, y: int) -> None:
    low, high = min(x, y), max(x, y)
    assert RangeSet.of(a).covers(low, high) == (set(range(low, high + 1)) <= a)


class Changes(RuleBasedStateMachine):
    """One set changed step by step, beside a plain one."""

    def __init__(self) -> None:
        super().__init__()
        self.ranges, self.plain = RangeSet(), set[int]()

    @rule(low=COUNTERS, size=st.integers(0, 10))
    def add(self, low: int, size: int) -> None:
        self.ranges.add(low, low + size)
        self.plain |= set(range(low, low + size + 1))

    @rule(low=COUNTERS, size=st.integers(0, 10))
    def remove(self, low: int, size: int) -> None:
        self.ranges.remove(low, low + size)
        self.plain -= set(range(low, low + size + 1))

    @invariant()
    def both_are_equal(self) -> None:
        assert list(self.ranges) == sorted(self.plain)
        assert self.ranges == RangeSet.of(self.plain)
        assert self.ranges.copy() == self.ranges


TestChanges = Changes.TestCase
