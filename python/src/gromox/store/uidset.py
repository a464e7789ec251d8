"""Sets of UIDs as sorted ranges: cheap for ``1:*`` and for a handful alike."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_UID: Final = 0xFFFFFFFF


class UidSet:
    """An immutable set of numbers from 1 to 2^32-1.

    Iteration is in ascending order. A set made of ranges costs by the number of ranges, not of members.
    """

    __slots__ = ("_length", "_lows", "ranges")

    ranges: tuple[tuple[int, int], ...]
    """Inclusive (low, high) pairs, ascending, neither overlapping nor touching."""

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        """Take inclusive pairs in any order and either direction (``9:5`` is ``5:9``, RFC 9051 section 9)."""
        merged: list[tuple[int, int]] = []
        for low, high in sorted((a, b) if a <= b else (b, a) for a, b in ranges):
            if merged and low <= merged[-1][1] + 1:
                if high > merged[-1][1]:
                    merged[-1] = (merged[-1][0], high)
            else:
                merged.append((low, high))
        self.ranges = tuple(merged)
        self._lows: list[int] | None = None
        self._length = -1

    @classmethod
    def between(cls, low: int, high: int) -> Self:
        """Make the set of the numbers from ``low`` to ``high``, which is not less."""
        return cls._made(((low, high),))

    @classmethod
    def of(cls, numbers: Iterable[int]) -> Self:
        """Make the set of single numbers, in any order."""
        return cls._from_sorted(sorted(set(numbers)))

    @classmethod
    def from_ascending(cls, numbers: Iterable[int]) -> Self:
        """Make the set of numbers that are known to ascend strictly."""
        return cls._from_sorted(numbers)

    @classmethod
    def _from_sorted(cls, numbers: Iterable[int]) -> Self:
        ranges: list[tuple[int, int]] = []
        low = high = -1
        for number in numbers:
            if number == high + 1 and low >= 0:
                high = number
                continue
            if low >= 0:
                ranges.append((low, high))
            low = high = number
        if low >= 0:
            ranges.append((low, high))
        return cls._made(tuple(ranges))

    @classmethod
    def _made(cls, ranges: tuple[tuple[int, int], ...]) -> Self:
        self = cls.__new__(cls)
        self.ranges, self._lows, self._length = ranges, None, -1
        return self

    @classmethod
    def everything(cls) -> Self:
        """Make the set of all UIDs."""
        return cls(((1, MAX_UID),))

    def _starts(self) -> list[int]:
        if self._lows is None:
            self._lows = [low for low, _ in self.ranges]
        return self._lows

    def __contains__(self, number: int) -> bool:
        """Tell whether ``number`` is a member."""
        at = bisect_right(self._starts(), number) - 1
        return at >= 0 and number <= self.ranges[at][1]

    def __iter__(self) -> Iterator[int]:
        """Go through the members in ascending order."""
        for low, high in self.ranges:
            yield from range(low, high + 1)

    def __len__(self) -> int:
        """Return the number of members."""
        if self._length < 0:
            self._length = sum(high - low + 1 for low, high in self.ranges)
        return self._length

    def __bool__(self) -> bool:
        """Tell whether there is any member."""
        return bool(self.ranges)

    def __eq__(self, other: object) -> bool:
        """Compare members."""
        return self.ranges == other.ranges if isinstance(other, UidSet) else NotImplemented

    def __hash__(self) -> int:
        """Hash the members."""
        return hash(self.ranges)

    def __and__(self, other: UidSet) -> UidSet:
        """Return the members of both."""
        result: list[tuple[int, int]] = []
        mine, theirs = self.ranges, other.ranges
        i = j = 0
        while i < len(mine) and j < len(theirs):
            low, high = max(mine[i][0], theirs[j][0]), min(mine[i][1], theirs[j][1])
            if low <= high:
                result.append((low, high))
            if mine[i][1] < theirs[j][1]:
                i += 1
            else:
                j += 1
        answer = UidSet()
        answer.ranges = tuple(result)
        return answer

    def __or__(self, other: UidSet) -> UidSet:
        """Return the members of either."""
        return UidSet(self.ranges + other.ranges)

    def __sub__(self, other: UidSet) -> UidSet:
        """Return the members that ``other`` has not."""
        result: list[tuple[int, int]] = []
        theirs = other.ranges
        starts = other._starts()
        for first, high in self.ranges:
            low = first
            at = max(bisect_right(starts, low) - 1, 0)
            while low <= high and at < len(theirs) and theirs[at][0] <= high:
                if theirs[at][1] >= low:
                    if theirs[at][0] > low:
                        result.append((low, theirs[at][0] - 1))
                    low = theirs[at][1] + 1
                at += 1
            if low <= high:
                result.append((low, high))
        answer = UidSet()
        answer.ranges = tuple(result)
        return answer

    def overlapping(self, low: int, high: int) -> tuple[tuple[int, int], ...]:
        """Return the ranges that reach into ``low``..``high``, uncut."""
        ranges = self.ranges
        if len(ranges) == 1:  # the usual case: one UID, or 1:*
            return ranges if ranges[0][0] <= high and ranges[0][1] >= low else ()
        first = max(bisect_right(self._starts(), low) - 1, 0)
        if first < len(ranges) and ranges[first][1] < low:
            first += 1
        return ranges[first : bisect_left(self._starts(), high + 1)]

    def __str__(self) -> str:
        """Return the IMAP sequence-set, RFC 9051 section 9 (empty text for the empty set)."""
        return ",".join(f"{low}:{high}" if low != high else str(low) for low, high in self.ranges)

    def __repr__(self) -> str:
        """Show the sequence-set."""
        return f"UidSet({self})"
