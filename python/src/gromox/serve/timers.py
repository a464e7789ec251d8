"""One coarse timer for all timeouts of a process: connections are looked at when due, not at every octet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from gromox.base import metrics

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, TimerHandle

#: Seconds between two looks; timeouts are that much late at most.
TICK: Final = 1.0

#: Everything is looked at after this many seconds at the latest: its timeout may have become shorter.
LONGEST: Final = 30.0


class Timed(Protocol):
    """What can run out of time."""

    def check_time(self, now: float) -> float | None:
        """Act on what is due; return when to look again (monotonic seconds), None for never."""
        ...


class TimerWheel:
    """Buckets of what is due in the same tick; adding and looking cost nothing in between."""

    def __init__(self, loop: AbstractEventLoop, tick: float = TICK) -> None:
        """Use the clock of ``loop``; look every ``tick`` seconds once started."""
        self._loop, self._tick = loop, tick
        self._buckets: dict[int, list[Timed]] = {}
        self._last = int(loop.time() / tick)
        self._handle: TimerHandle | None = None
        self._lag, self._longest = metrics.LAG.cell(), metrics.LONGEST_LAG.cell()
        #: The time of the last look: cheap and good enough to note activity with.
        self.now = loop.time()

    def start(self) -> None:
        """Begin to turn."""
        self.now = self._loop.time()
        self._last = int(self.now / self._tick)
        self._handle = self._loop.call_later(self._tick, self._turn)

    def stop(self) -> None:
        """Turn no more."""
        if self._handle is not None:
            self._handle.cancel()

    def add(self, item: Timed, due: float) -> None:
        """Have ``item`` looked at once ``due`` has passed."""
        bucket = max(int(min(due, self.now + LONGEST) / self._tick) + 1, self._last + 1)
        self._buckets.setdefault(bucket, []).append(item)

    def _turn(self) -> None:
        lag = max(self._loop.time() - self.now - self._tick, 0.0)
        self._lag[0], self._longest[0] = lag, max(self._longest[0], lag)
        self.now = self._loop.time()
        self._handle = self._loop.call_later(self._tick, self._turn)
        first, self._last = self._last + 1, int(self.now / self._tick)
        for number in range(first, self._last + 1):
            for item in self._buckets.pop(number, ()):
                again = item.check_time(self.now)
                if again is not None:
                    self.add(item, again)
