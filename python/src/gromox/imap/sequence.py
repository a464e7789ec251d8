"""Sequence sets as values: ranges, "*" open until the largest number is known. RFC 3501 section 9."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.imap.errors import BadCommandError
from gromox.imap.grammar import MAX_NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Stands for "*" in a range; no number is 0.
STAR: Final = 0

#: More ranges than any client sends in a line of 64 KiB with numbers of some size.
MAX_RANGES: Final = 20_000

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class SequenceSet:
    """A sequence-set as the client wrote it; pairs of first and last, either may be :data:`STAR`."""

    ranges: Ranges

    def resolve(self, largest: int) -> Ranges:
        """Return disjoint ascending ranges of numbers, "*" being ``largest``.

        Spec:
            RFC 3501 section 9, seq-range: the order of the two ends does not matter; "*" is the largest
            number in use, so 3291:* contains the largest even when that is below 3291. Numbers above
            ``largest`` are kept: for UIDs they are silently nothing (6.4.8).
        """
        pairs = []
        for first, last in self.ranges:
            low, high = first or largest, last or largest
            pairs.append((low, high) if low <= high else (high, low))
        return merged(pairs) if len(pairs) > 1 else tuple(pairs)

    def highest(self) -> int:
        """Return the largest number named; 0 when only "*" is."""
        return max((max(pair) for pair in self.ranges), default=0)


#: "$": the result of the last SEARCH with RETURN (SAVE), RFC 5182. The session knows what it stands for.
SAVED: Final = SequenceSet(())


def merged(pairs: Iterable[tuple[int, int]]) -> Ranges:
    """Return the same numbers as disjoint ascending ranges."""
    out: list[tuple[int, int]] = []
    for low, high in sorted(pairs):
        if out and low <= out[-1][1] + 1:
            if high > out[-1][1]:
                out[-1] = (out[-1][0], high)
        else:
            out.append((low, high))
    return tuple(out)


def ranges_of(numbers: Iterable[int]) -> Ranges:
    """Return ascending numbers as ranges."""
    out: list[tuple[int, int]] = []
    first = last = -2
    for number in numbers:
        if number == last + 1:
            last = number
            continue
        if first > 0:
            out.append((first, last))
        first = last = number
    if first > 0:
        out.append((first, last))
    return tuple(out)


def parse(text: bytes) -> SequenceSet:
    """Read a sequence-set that has matched :data:`gromox.imap.grammar.SEQUENCE_SET`.

    Raises:
        BadCommandError: a number is 0 or does not fit in 32 bits, or there are too many ranges.
    """
    parts = text.split(b",")
    if text == b"$":
        return SAVED
    if len(parts) > MAX_RANGES:
        raise BadCommandError("too many ranges in the sequence set")
    return SequenceSet(tuple(_range(part) for part in parts))


def _range(part: bytes) -> tuple[int, int]:
    first, colon, last = part.partition(b":")
    low = _number(first)
    return (low, _number(last)) if colon else (low, low)


def _number(digits: bytes) -> int:
    if digits == b"*":
        return STAR
    # The length first: int() of thousands of digits is quadratic.
    if len(digits) > len(str(MAX_NUMBER)) or not 0 < (number := int(digits)) <= MAX_NUMBER:
        raise BadCommandError("a message number is from 1 to 4294967295")
    return number


def render(ranges: Iterable[tuple[int, int]]) -> bytes:
    """Return ``ranges`` as a sequence-set (uid-set of RFC 4315)."""
    return b",".join(b"%d" % low if low == high else b"%d:%d" % (low, high) for low, high in ranges)
