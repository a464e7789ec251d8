"""What the parent knows of one worker."""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass, field
from enum import Enum, auto
from time import monotonic
from typing import TYPE_CHECKING, Final

from gromox.base.log import get_logger
from gromox.serve import intercom

if TYPE_CHECKING:
    import selectors
    import socket

    from gromox.base.metrics import Snapshot
    from gromox.serve.intercom import Message
    from gromox.serve.shares import Share

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


@dataclass(eq=False, slots=True)
class Child:
    """A worker."""

    pid: int
    channel: socket.socket
    generation: int
    share: Share  #: of the connections
    state: State = State.STARTING
    is_first: bool = False  #: of its generation: the others follow when it is ready
    born: float = field(default_factory=monotonic)
    heard: float = field(default_factory=monotonic)
    killed: bool = False
    figures: Snapshot = field(default_factory=dict)
    reported: bool = False
    waiting: list[Message] = field(default_factory=list)

    @property
    def age(self) -> float:
        """Seconds since the start."""
        return monotonic() - self.born

    def say(self, message: Message) -> None:
        """Tell the worker something, soon if its channel is full."""
        if self.waiting or not intercom.send(self.channel, message):
            if len(self.waiting) >= MOST_WAITING:
                if not self.killed:
                    _log.error("worker does not listen", worker=self.pid)
                    self.kill(signal.SIGKILL)
                return
            self.waiting.append(message)

    def flush(self) -> None:
        """Say what waits."""
        while self.waiting and intercom.send(self.channel, self.waiting[0]):
            del self.waiting[0]

    def retire(self, seconds: float) -> None:
        """Let it accept no more from now on, and end with its sessions, for which it gets some time."""
        self.state = State.RETIRING
        self.share.end()
        self.say({"kind": "retire", "seconds": seconds})

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
            "connections": self.share.count,
            "age": round(self.age),
        }


def pause_after(crashes: int) -> float:
    """Return how long to wait after so many crashes in a row; the first one costs nothing."""
    return 0.0 if crashes <= 1 else min(FIRST_PAUSE * 2 ** min(crashes - 2, 10), LONGEST_PAUSE)
