"""Sets of 48-bit counters as sorted ranges: the changes a client has seen, the objects it was given.

A set of a million changes is a few ranges, and scattered ids take 16 octets each. Ranges are two parallel
arrays; a single change is found by bisection, whole sets are joined by merging.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final

from gromox.mapi.objectid import MAX_COUNTER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Array items are 64 bits.
_ITEM: Final = "Q"


class RangeSet:
    """A set of counters; low and high of a range both belong to it."""

    __slots__ = ("_highs", "_lows")

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        """Take ranges in any order; they may overlap.

        Raises:
            ValueError: a low is above its high, or a number does not have 48 bits.
        """
        self._lows, self._highs = _normalized(ranges)

    @classmethod
    def of(cls, counters: Iterable[int]) -> RangeSet:
        """Return the set of these counters."""
        return cls((counter, counter) for counter in counters)

    def __repr__(self) -> str:
        shown = ", ".join(f"{low}-{high}" for low, high in list(self.ranges())[:10])
        return f"RangeSet({shown}{', ...' if self.range_count > 10 else ''})"  # noqa: PLR2004

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RangeSet):
            return NotImplemented
        return self._lows == other._lows and self._highs == other._highs

    __hash__ = None  # type: ignore[assignment] # it can be changed

    def __bool__(self) -> bool:
        """Return whether there is anything in it."""
        return bool(self._lows)

    def __len__(self) -> int:
        """Return the number of counters."""
        return sum(self._highs) - sum(self._lows) + len(self._lows)

    def __iter__(self) -> Iterator[int]:
        """Go through the counters, ascending."""
        for low, high in self.ranges():
            yield from range(low, high + 1)

    def __contains__(self, counter: object) -> bool:
        """Return whether a counter is in it."""
        if not isinstance(counter, int) or counter < 0:
            return False
        at = bisect_right(self._lows, counter) - 1
        return at >= 0 and counter <= self._highs[at]

    @property
    def range_count(self) -> int:
        """The number of ranges, as few as can be."""
        return len(self._lows)

    @property
    def highest(self) -> int | None:
        """The largest counter, or None."""
        return self._highs[-1] if self._highs else None

    def ranges(self) -> Iterator[tuple[int, int]]:
        """Go through the ranges, ascending; they neither overlap nor touch."""
        return zip(self._lows, self._highs, strict=True)

    def copy(self) -> RangeSet:
        """Return a set of its own."""
        return _made(self._lows[:], self._highs[:])

    def add(self, low: int, high: int | None = None) -> None:
        """Add a counter or a range.

        Raises:
            ValueError: a low is above its high, or a number does not have 48 bits.
        """
        low, high = _checked(low, low if high is None else high)
        # Ranges from first up to and without last overlap or touch the new one.
        first = bisect_left(self._highs, low - 1 if low else 0)
        last = bisect_right(self._lows, high + 1)
        if first < last:
            low, high = min(low, self._lows[first]), max(high, self._highs[last - 1])
        self._lows[first:last] = array(_ITEM, (low,))
        self._highs[first:last] = array(_ITEM, (high,))

    def remove(self, low: int, high: int | None = None) -> None:
        """Remove a counter or a range, as far as it is there.

        Raises:
            ValueError: a low is above its high, or a number does not have 48 bits.
        """
        low, high = _checked(low, low if high is None else high)
        first = bisect_left(self._highs, low)
        last = bisect_right(self._lows, high)
        if first >= last:
            return
        lows, highs = array(_ITEM), array(_ITEM)
        if self._lows[first] < low:
            lows.append(self._lows[first])
            highs.append(low - 1)
        if self._highs[last - 1] > high:
            lows.append(high + 1)
            highs.append(self._highs[last - 1])
        self._lows[first:last] = lows
        self._highs[first:last] = highs

    def covers(self, low: int, high: int) -> bool:
        """Return whether all of a range is in it."""
        at = bisect_right(self._lows, low) - 1
        return at >= 0 and high <= self._highs[at]

    def __or__(self, other: RangeSet) -> RangeSet:
        """Return what is in either."""
        return RangeSet([*self.ranges(), *other.ranges()])

    def __and__(self, other: RangeSet) -> RangeSet:
        """Return what is in both."""
        lows, highs = array(_ITEM), array(_ITEM)
        mine, theirs = self.ranges(), other.ranges()
        a, b = next(mine, None), next(theirs, None)
        while a is not None and b is not None:
            low, high = max(a[0], b[0]), min(a[1], b[1])
            if low <= high:
                lows.append(low)
                highs.append(high)
            if a[1] < b[1]:
                a = next(mine, None)
            else:
                b = next(theirs, None)
        return _made(lows, highs)

    def __sub__(self, other: RangeSet) -> RangeSet:
        """Return what is in this one only."""
        lows, highs = array(_ITEM), array(_ITEM)
        theirs = other.ranges()
        b = next(theirs, None)
        for low, high in self.ranges():
            start = low
            while b is not None and b[1] < start:
                b = next(theirs, None)
            while b is not None and b[0] <= high and start <= high:
                if b[0] > start:
                    lows.append(start)
                    highs.append(b[0] - 1)
                start = b[1] + 1
                if b[1] > high:
                    break  # it may reach into the next range
                b = next(theirs, None)
            if start <= high:
                lows.append(start)
                highs.append(high)
        return _made(lows, highs)

    def issubset(self, other: RangeSet) -> bool:
        """Return whether all of it is in ``other``."""
        return all(other.covers(low, high) for low, high in self.ranges())


def _made(lows: array[int], highs: array[int]) -> RangeSet:
    made = RangeSet()
    made._lows, made._highs = lows, highs  # noqa: SLF001 - of the same module
    return made


def _checked(low: int, high: int) -> tuple[int, int]:
    if not 0 <= low <= high <= MAX_COUNTER:
        raise ValueError(f"{low:#x} to {high:#x} is no range of global counters")
    return low, high


def _normalized(ranges: Iterable[tuple[int, int]]) -> tuple[array[int], array[int]]:
    lows, highs = array(_ITEM), array(_ITEM)
    # Two sorted runs behind each other are what sorting is fastest at; so this is merging too.
    ordered = sorted(ranges)
    if not ordered:
        return lows, highs
    if ordered[0][0] < 0:
        raise ValueError("global counters are not negative")
    start, end = _checked(*ordered[0])
    for low, high in ordered:
        if low > end + 1:
            lows.append(start)
            highs.append(end)
            start, end = low, high
        elif high > end:
            end = high
        if high < low or high > MAX_COUNTER:
            _checked(low, high)
    lows.append(start)
    highs.append(end)
    return lows, highs
