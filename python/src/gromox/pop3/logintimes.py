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
        self._delay = 0.0
        neighbours.listen(_TOPIC, lambda _, words: self._remember(words[0], *map(float, words[1:])))
        neighbours.on_joined(self._tell_all)
        self._last: OrderedDict[str, float] = OrderedDict()

    def allows(self, user: str, delay: float) -> bool:
        """Tell whether a user may log in again, and remember that it happened."""
        if not delay:
            return True
        self._delay = delay
        now, last = self._clock.monotonic(), self._last.get(user)
        if last is not None and now - last < delay:
            return False
        self._remember(user)
        self._neighbours.tell(_TOPIC, user)
        return True

    def _tell_all(self) -> None:
        """Tell who knows nothing yet how long ago that was, where it matters still."""
        now = self._clock.monotonic()
        for user, last in list(self._last.items()):
            if now - last < self._delay:
                self._neighbours.tell(_TOPIC, user, f"{now - last:.3f}")

    def _remember(self, user: str, ago: float = 0.0) -> None:
        self._last[user] = max(self._clock.monotonic() - ago, self._last.get(user, 0.0))
        self._last.move_to_end(user)
        if len(self._last) > _MAX_LOGINS:
            self._last.popitem(last=False)
