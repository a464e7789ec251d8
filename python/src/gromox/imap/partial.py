"""PARTIAL: a page of results, counted from the first or from the last. RFC 9394."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from gromox.imap.errors import BadCommandError
from gromox.imap.grammar import MAX_NUMBER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.imap.parser import Parser

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Partial:
    """``partial-range``: the lower and the higher place; ``last``: counted from the end."""

    low: int
    high: int
    last: bool
    text: bytes
    """As the client wrote it: the answer repeats it."""

    def of(self, results: Sequence[T]) -> Sequence[T]:
        """Return the page: what there is of it, in ascending order."""
        if not self.last:
            return results[self.low - 1 : self.high]
        count = len(results)
        return results[max(count - self.high, 0) : max(count - self.low + 1, 0)]


def parse_partial(p: Parser) -> Partial:
    """``SP partial-range``: two numbers above 0, both or none of them with a minus. RFC 9394 section 4."""
    p.space()
    text = p.partial_range()
    first, _, second = text.partition(b":")
    last = text.startswith(b"-")
    numbers = sorted(int(each.lstrip(b"-")) for each in (first, second))
    if second.startswith(b"-") is not last:
        raise BadCommandError("both ends of a range count from the same end")
    if not 0 < numbers[0] <= numbers[1] <= MAX_NUMBER:
        raise BadCommandError("a place is from 1 to 4294967295")
    return Partial(numbers[0], numbers[1], last, text)
