"""The doorbell: who changes a mailbox rings, who shows it to a client listens.

A ring says only "look": what changed is read from the mailbox. Rings of one turn of the loop are one ring,
and a lost one costs latency, never correctness. :class:`Doorbell` works within the process; a
:class:`Bridge` carries rings between processes (``gromox.serve.bridge``).
"""

from __future__ import annotations

import threading
from collections import deque
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable

#: Seconds of notifying before others get their turn.
SLICE: Final = 0.004
#: Stands for all mailboxes towards a bridge.
EVERY_MAILBOX: Final = Path("*")


class Bridge(Protocol):
    """Carries rings to and from other processes; called on the loop."""

    def rang(self, mailbox: Path) -> None:
        """Tell others that this process changed ``mailbox``."""
        ...

    def watched(self, mailbox: Path) -> None:
        """Hear of ``mailbox`` from now on."""
        ...

    def unwatched(self, mailbox: Path) -> None:
        """Hear of ``mailbox`` no more."""
        ...


class Watching:
    """One listener to one mailbox."""

    __slots__ = ("_doorbell", "callback", "due", "key", "mailbox")

    def __init__(self, doorbell: Doorbell, mailbox: Path, key: str, callback: Callable[[], None]) -> None:
        self._doorbell, self.mailbox, self.key, self.callback = doorbell, mailbox, key, callback
        self.due = False

    def cancel(self) -> None:
        """Listen no more."""
        self._doorbell.forget(self)


class Doorbell:
    """The rings of one process. Only :meth:`ring` may be called from any thread."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        """Notify on ``loop``."""
        self._loop = loop
        #: That of the loop, once it is known.
        self._thread = 0
        #: By the path as text: comparing paths is four calls.
        self._watchings: dict[str, dict[Watching, None]] = {}
        self._lock = threading.Lock()
        self._rung: dict[Path, None] = {}
        self._due: deque[Watching] = deque()
        self._overhear: Callable[[Path], None] | None = None
        self.bridge: Bridge | None = None

    @property
    def mailboxes(self) -> list[Path]:
        """The mailboxes somebody listens to."""
        every = () if self._overhear is None else (EVERY_MAILBOX,)
        return [*every, *map(Path, self._watchings)]

    def ring(self, mailbox: Path, change_number: int = 0) -> None:  # noqa: ARG002 - the store's callback
        """Say that ``mailbox`` changed; who watches it is called soon, here and in other processes."""
        with self._lock:
            first = not self._rung
            self._rung[mailbox] = None
        if first:
            # Waking a loop that is awake costs two system calls and a turn.
            on_loop = threading.get_ident() == self._thread
            (self._loop.call_soon if on_loop else self._loop.call_soon_threadsafe)(self._deliver)

    def ring_here(self, mailbox: Path) -> None:
        """Pass on a ring that came from another process."""
        if self._overhear is not None and mailbox != EVERY_MAILBOX:
            self._overhear(mailbox)
        idle = not self._due
        for watching in self._watchings.get(str(mailbox), ()):
            if not watching.due:
                watching.due = True
                self._due.append(watching)
        if idle and self._due:
            self._loop.call_soon(self._notify)

    def overhear(self, callback: Callable[[Path], None]) -> None:
        """Call ``callback`` on the loop with each mailbox that rings, whichever it is; it must be quick."""
        self._overhear = callback
        if self.bridge is not None:
            self.bridge.watched(EVERY_MAILBOX)

    def watch(self, mailbox: Path, callback: Callable[[], None]) -> Watching:
        """Call ``callback`` after each change of ``mailbox`` until the result is cancelled."""
        key = str(mailbox)
        watching = Watching(self, mailbox, key, callback)
        watchings = self._watchings.get(key)
        if watchings is None:
            watchings = self._watchings[key] = {}
            if self.bridge is not None:
                self.bridge.watched(mailbox)
        watchings[watching] = None
        return watching

    def forget(self, watching: Watching) -> None:
        """Undo :meth:`watch`; may be done twice."""
        watching.due = True  # one that waits in the queue is skipped, see _notify
        watchings = self._watchings.get(watching.key, {})
        if watchings.pop(watching, watching) is watching:
            return
        if not watchings:
            del self._watchings[watching.key]
            if self.bridge is not None:
                self.bridge.unwatched(watching.mailbox)

    def _deliver(self) -> None:
        self._thread = threading.get_ident()
        with self._lock:
            rung, self._rung = self._rung, {}
        for mailbox in rung:
            self.ring_here(mailbox)
            if self.bridge is not None:
                self.bridge.rang(mailbox)

    def _notify(self) -> None:
        end = monotonic() + SLICE
        while self._due:
            watching = self._due.popleft()
            if watching in self._watchings.get(watching.key, ()):
                watching.due = False
                watching.callback()
            if monotonic() > end and self._due:
                self._loop.call_soon(self._notify)
                return
