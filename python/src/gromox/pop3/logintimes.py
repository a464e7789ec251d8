"""When users logged in last."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gromox.base.clock import Clock
    from gromox.base.neighbours import Neighbours

_MAX_LOGINS: Final = 50_000
_TOPIC: Final = "pop3 login"


class LoginTimes:
    """When users logged in last, for LOGIN-DELAY (RFC 2449 section 6.5); bounded."""

    def __init__(self, clock: Clock, neighbours: Neighbours) -> None:
        """Remember nobody yet, and what other processes tell."""
        self._clock, self._neighbours = clock, neighbours
        neighbours.listen(_TOPIC, lambda _, words: self._remember(*words))
        self._last: OrderedDict[str, float] = OrderedDict()

    def allows(self, user: str, delay: float) -> bool:
        """Tell whether a user may log in again, and remember that it happened."""
        if not delay:
            return True
        now, last = self._clock.monotonic(), self._last.get(user)
        if last is not None and now - last < delay:
            return False
        self._remember(user)
        self._neighbours.tell(_TOPIC, user)
        return True

    def _remember(self, user: str) -> None:
        self._last[user] = self._clock.monotonic()
        self._last.move_to_end(user)
        if len(self._last) > _MAX_LOGINS:
            self._last.popitem(last=False)
