"""What the parent knows of one worker."""

from __future__ import annotations

import contextlib
import os
import signal
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum, auto
from time import monotonic
from typing import TYPE_CHECKING, Final

from gromox.base.log import get_logger
from gromox.serve import handover

if TYPE_CHECKING:
    import selectors
    import socket

    from gromox.base.metrics import Snapshot
    from gromox.serve.handover import Message

_log = get_logger(__name__)

#: Seconds until a worker that crashed is started again: after the second crash in a row, and at most.
FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 30.0
#: Messages that wait for a worker which does not read; more than that means that it hangs.
MOST_WAITING: Final = 10_000


class State(Enum):
    """What a worker does."""

    STARTING = auto()  #: not ready yet
    SERVING = auto()  #: takes connections
    RETIRING = auto()  #: ends with its sessions


@dataclass(frozen=True, slots=True)
class Untaken:
    """A connection on its way to a worker."""

    sock: socket.socket
    door: int
    name: object  #: as accept() says it


@dataclass(eq=False, slots=True)
class Child:
    """A worker."""

    pid: int
    channel: socket.socket
    generation: int
    state: State = State.STARTING
    is_first: bool = False  #: of its generation: the others follow when it is ready
    count: int = 0  #: connections
    addresses: Counter[str] = field(default_factory=Counter)  #: connections that count for the limits
    born: float = field(default_factory=monotonic)
    heard: float = field(default_factory=monotonic)
    killed: bool = False
    figures: Snapshot = field(default_factory=dict)
    reported: bool = False
    waiting: list[Message] = field(default_factory=list)
    #: Connections that were handed over and of which the worker has not said that it took them.
    untaken: dict[int, Untaken] = field(default_factory=dict)

    @property
    def age(self) -> float:
        """Seconds since the start."""
        return monotonic() - self.born

    @property
    def is_settled(self) -> bool:
        """Tell whether nothing is on the way between it and the parent that could not be waited for."""
        return self.state is not State.STARTING and not self.untaken

    def say(self, message: Message) -> None:
        """Tell the worker something, soon if its channel is full."""
        if self.waiting or not handover.send(self.channel, message):
            if len(self.waiting) >= MOST_WAITING:
                if not self.killed:
                    _log.error("worker does not listen", worker=self.pid)
                    self.kill(signal.SIGKILL)
                return
            self.waiting.append(message)

    def flush(self) -> None:
        """Say what waits."""
        while self.waiting and handover.send(self.channel, self.waiting[0]):
            del self.waiting[0]

    def gain(self, host: str, *, counted: bool) -> None:
        """Note a connection that was handed over."""
        self.count += 1
        if counted:
            self.addresses[host] += 1

    def lose(self, host: str, *, counted: bool) -> None:
        """Note that one ended."""
        self.count -= 1
        if counted:
            self.addresses[host] -= 1

    def kill(self, number: int) -> None:
        """Send a signal; one that has just ended is reaped soon."""
        self.killed = self.killed or number == signal.SIGKILL
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def is_watched(self, selector: selectors.BaseSelector) -> bool:
        """Tell whether its channel is still listened to."""
        return self.channel.fileno() >= 0 and self.channel in selector.get_map()

    def describe(self) -> dict[str, object]:
        """Return what a dump shows."""
        return {
            "process": self.pid,
            "state": self.state.name.lower(),
            "generation": self.generation,
            "connections": self.count,
            "age": round(self.age),
        }


def pause_after(crashes: int) -> float:
    """Return how long to wait after so many crashes in a row; the first one costs nothing."""
    return 0.0 if crashes <= 1 else min(FIRST_PAUSE * 2 ** min(crashes - 2, 10), LONGEST_PAUSE)
