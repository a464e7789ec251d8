"""The loop of the parent: waits for sockets, and for the time to come."""

from __future__ import annotations

import heapq
import selectors
import socket
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST: Final = 1.0


class Loop:
    """Calls who waits for a socket or for a time.

    What is registered with the selector is a handler and its first arguments; the events come last.
    """

    def __init__(self) -> None:
        """Wait for nothing yet."""
        self.selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def watch(self, sock: socket.socket, handle: Callable[..., None], *arguments: object) -> None:
        """Call ``handle(*arguments, events)`` whenever there is something to read."""
        self.selector.register(sock, selectors.EVENT_READ, (handle, *arguments))

    def unwatch(self, sock: socket.socket) -> None:
        """Wait for a socket no more."""
        self.selector.unregister(sock)

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Call somebody when ``seconds`` have passed."""
        heapq.heappush(self._timers, (monotonic() + seconds, next(self._order), call))

    def turn(self) -> None:
        """Wait until something happens, and call whom it concerns."""
        for key, events in self.selector.select(self._until_next_timer()):
            # What was done for another one may have closed it (a worker that was reaped, say).
            if isinstance(key.fileobj, socket.socket) and key.fileobj.fileno() < 0:
                continue
            handle, *arguments = key.data
            handle(*arguments, events)
        while self._timers and self._timers[0][0] <= monotonic():
            heapq.heappop(self._timers)[2]()

    def _until_next_timer(self) -> float:
        return max(self._timers[0][0] - monotonic(), 0.0) if self._timers else _LONGEST

    def close(self) -> None:
        """Give up the selector; in a process that was forked."""
        self.selector.close()
