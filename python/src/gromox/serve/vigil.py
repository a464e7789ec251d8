"""Staying awake for who asks again at once.

A processor that sleeps takes its time to wake up: on virtual machines as long as a short command takes to be
answered. A client nearby that sends one command after the other would wait for that each time. So where the
last inputs came within :data:`SPAN` of the answer before, the loop goes on looking for that long before it
sleeps. Who is further away than that, or thinks, costs nothing.
"""

from __future__ import annotations

import os
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable

#: Seconds to stay awake for the next input.
SPAN: Final = 150e-6
#: What comes even sooner was there already: the loop has enough to do, and does not sleep anyway.
AT_ONCE: Final = 15e-6
#: How many more inputs have to come in time than do not, and how many of them are remembered.
USUAL: Final = 4
MOST: Final = 8


class Vigil:
    """Whether the loop of a process stays awake, and until when."""

    __slots__ = ("_answered", "_clock", "_in_time", "_loop", "_until", "is_awake", "is_possible")

    def __init__(self, loop: AbstractEventLoop, clock: Callable[[], float] = monotonic) -> None:
        """Sleep until inputs have come."""
        self._loop, self._clock = loop, clock
        self._in_time = 0
        self._answered = self._until = 0.0
        self.is_awake = False
        #: On a single processor, who asks could not run meanwhile.
        self.is_possible = len(os.sched_getaffinity(0)) > 1

    def heard(self) -> None:
        """Note an input."""
        passed = self._clock() - self._answered
        if passed >= SPAN:
            self._in_time = max(self._in_time - 2, 0)
        elif passed >= AT_ONCE and self._in_time < MOST:
            self._in_time += 1

    def answered(self) -> None:
        """Note that an input was answered, and stay awake if the next is likely to come soon."""
        self._answered = now = self._clock()
        if self._in_time >= USUAL and self.is_possible:
            self._until = now + SPAN
            if not self.is_awake:
                self.is_awake = True
                self._loop.call_soon(self._wake)

    def _wake(self) -> None:
        if self._clock() < self._until:
            self._loop.call_soon(self._wake)
        else:
            self.is_awake = False
