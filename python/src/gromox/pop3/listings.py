"""What LIST and UIDL said before: clients ask for the same again at every look.

Nothing here depends on sessions, and neither the size nor the unique-id of a message changes: what is kept
cannot become wrong.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

#: Octets kept by a process; what was not asked for longest is forgotten first.
MAX_OCTETS: Final = 16 << 20
#: What an entry costs beside its octets.
_OVERHEAD: Final = 300

#: Which list, of which mailbox, the first number, and the UIDs.
Key: TypeAlias = "tuple[str, str, int, bytes]"


class Listings:
    """Lines by the messages they are about; of a whole list, stretch by stretch."""

    __slots__ = ("_lines", "_most", "octets")

    def __init__(self, most: int = MAX_OCTETS) -> None:
        """Keep ``most`` octets."""
        self._most = most
        self._lines: OrderedDict[Key, bytes] = OrderedDict()
        self.octets = 0

    def lines(self, key: Key, make: Callable[[], bytes]) -> bytes:
        """Return the lines of a stretch, made now or before."""
        lines = self._lines.get(key)
        if lines is not None:
            self._lines.move_to_end(key)
            return lines
        lines = make()
        self._lines[key] = lines
        self.octets += _cost(key, lines)
        while self.octets > self._most:
            self.octets -= _cost(*self._lines.popitem(last=False))
        return lines


def _cost(key: Key, lines: bytes) -> int:
    return len(key[3]) + len(lines) + _OVERHEAD
