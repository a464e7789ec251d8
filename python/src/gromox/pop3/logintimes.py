"""When users logged in last."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gromox.base.clock import Clock

_MAX_LOGINS: Final = 50_000


class LoginTimes:
    """When users logged in last, for LOGIN-DELAY (RFC 2449 section 6.5); bounded, per process."""

    def __init__(self, clock: Clock) -> None:
        """Remember nobody."""
        self._clock = clock
        self._last: OrderedDict[str, float] = OrderedDict()

    def allows(self, user: str, delay: float) -> bool:
        """Tell whether a user may log in again, and remember that it happened."""
        if not delay:
            return True
        now, last = self._clock.monotonic(), self._last.get(user)
        if last is not None and now - last < delay:
            return False
        self._last[user] = now
        self._last.move_to_end(user)
        if len(self._last) > _MAX_LOGINS:
            self._last.popitem(last=False)
        return True
