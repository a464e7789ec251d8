"""The time, as something that can be handed in: nothing below the daemons asks the system itself."""

from __future__ import annotations

import time
from typing import Final, Protocol


class Clock(Protocol):
    """Where a component gets the time from."""

    def now(self) -> float:
        """Return the wall clock: seconds since 1970-01-01 00:00 UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start that never run backwards."""
        ...


class _SystemClock:
    """The clock of this machine. Its own functions: every command asks twice."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)


SYSTEM_CLOCK: Final[Clock] = _SystemClock()


class ManualClock:
    """A clock that stands still until it is moved; for tests and replays."""

    def __init__(self, start: float = 1_760_000_000.0) -> None:
        """Start at ``start`` seconds since 1970."""
        self._now = start
        self._elapsed = 0.0

    def now(self) -> float:
        """Return the time it was last moved to."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds it was advanced by in all."""
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass."""
        self._now += seconds
        self._elapsed += seconds
