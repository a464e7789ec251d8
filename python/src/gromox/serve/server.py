"""A daemon's life around the event loop: listen, run, reload, stop.

SIGTERM and SIGINT: accept no more, tell every client goodbye as soon as its command is done, close after
the grace time.
SIGHUP: read certificates (and what the daemon adds) anew. SIGUSR1: write the sessions to the log. SIGUSR2:
end like SIGTERM and begin again with the code that is installed now, if the daemon is one process.

A worker (``gromox.serve.worker``) is such a server which accepts in turn with others.
"""

from __future__ import annotations

import asyncio
import signal
from time import strftime
from typing import TYPE_CHECKING, Final, Protocol

import uvloop

from gromox.base.log import get_logger
from gromox.base.neighbours import Neighbours
from gromox.serve import systemd
from gromox.serve.doorbell import Doorbell
from gromox.serve.engine import Engine
from gromox.serve.limits import Limits
from gromox.serve.link import Phase
from gromox.serve.listener import Listener, Listening
from gromox.serve.sharedlistener import SharedListener

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable, Sequence

    from gromox.base.hosts import TrustedHosts
    from gromox.base.ids import Ids
    from gromox.serve.timers import TimerWheel
    from gromox.serve.worker import Worker

_log = get_logger(__name__)

#: Seconds that clients get to take their last answers when the daemon stops.
GRACE: Final = 5.0
#: Seconds that clients get to hear the farewell and to close by themselves.
_LAST_WORDS: Final = 0.3
#: How often a stopping daemon looks whether all are gone.
_POLL: Final = 0.02


class Part(Protocol):
    """Something that lives as long as the server: a worker thread, a bridge to other processes."""

    def start(self) -> None:
        """Begin; the loop runs soon."""
        ...

    def stop(self) -> None:
        """End; called on the loop's thread once no connection is left, may wait a little."""
        ...


class Server:
    """One event loop with its listeners and parts."""

    def __init__(
        self, *, loop: AbstractEventLoop | None = None, tick: float = 1.0, ids: Ids | None = None
    ) -> None:
        """Prepare a loop; nothing runs before :meth:`run`."""
        self.loop: AbstractEventLoop = loop or uvloop.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self.doorbell = Doorbell(self.loop)
        self.engine = Engine(self.loop, self.doorbell, tick=tick, **({"ids": ids} if ids else {}))
        self.listeners: list[Listener] = []
        #: Set in a worker: the sockets are the parent's, and others accept on them, too.
        self.worker: Worker | None = None
        #: How many processes like this one share the work.
        self.processes = 1
        #: The other workers, if there are any.
        self.neighbours = Neighbours()
        #: Whether SIGUSR2 is obeyed, and whether it came.
        self.is_replaceable = self.is_replaced = False
        self._parts: list[Part] = []
        self._reloads: list[Callable[[], None]] = []
        self._dumps: list[Callable[[], None]] = []
        self._stopping_since: float | None = None

    @property
    def wheel(self) -> TimerWheel:
        """The timers of the server."""
        return self.engine.wheel

    def listen(self, listening: Listening) -> Listener:
        """Serve on a bound socket once the server runs."""
        listener = (
            Listener(self.engine, listening)
            if self.worker is None
            else SharedListener(self.engine, listening, self.worker.share)
        )
        self.listeners.append(listener)
        return listener

    def limits(self, total: int, per_address: int, *, trusted: TrustedHosts) -> Limits:
        """Return limits that hold for all processes like this one together."""
        share = None if self.worker is None else self.worker.share
        return Limits(total, per_address, trusted=trusted, neighbours=self.neighbours, share=share)

    def add(self, part: Part) -> None:
        """Start ``part`` with the server and stop it with it, last in first out."""
        self._parts.append(part)

    def on_reload(self, reload: Callable[[], None]) -> None:
        """Call ``reload`` on SIGHUP."""
        self._reloads.append(reload)

    def on_dump(self, dump: Callable[[], None]) -> None:
        """Call ``dump`` on SIGUSR1: it logs what a daemon does beside its connections."""
        self._dumps.append(dump)

    def run(self, ready: Callable[[], None] | None = None, *, signals: bool = True) -> None:
        """Serve until told to stop.

        Args:
            ready: called once when everything listens.
            signals: False leaves the process's signals alone (for a server in a thread).
        """
        if signals:
            self._handle_signals()
        self.wheel.start()
        for part in self._parts:
            part.start()
        for listener in self.listeners:
            listener.open()
        self.loop.call_soon(self._ready, ready)
        try:
            self.loop.run_forever()
        finally:
            self._end()

    def stop(self) -> None:
        """Begin to stop; a second call closes at once. To be called on the loop."""
        if self._stopping_since is not None:
            self._stopping_since -= GRACE
            return
        _log.notice("stopping", connections=len(self.engine.connections))
        if self.is_replaced:
            systemd.reloading()
        else:
            systemd.notify("STOPPING=1")
        self._stopping_since = self.loop.time()
        self.engine.stopping = True
        for listener in self.listeners:
            listener.close()
        for connection in list(self.engine.connections):
            connection.say_goodbye()
        self._drain()

    def replace(self) -> None:
        """Stop, to begin again with other code; who waits in the queue of a socket has to come again."""
        if self.is_replaceable and not self.is_replaced and self._stopping_since is None:
            self.is_replaced = True
            self.stop()

    def dump(self) -> None:
        """Write every session to the log, and what else is done."""
        for connection in list(self.engine.connections):
            _log.notice("session", **connection.describe())
        _log.notice("sessions", count=len(self.engine.connections))
        for dump in self._dumps:
            dump()

    def reload(self) -> None:
        """Read anew what can be read anew while running."""
        systemd.reloading()
        each_tls = (one.service.tls for one in self.listeners)
        tls = {id(found): found for found in each_tls if found is not None}
        for each in tls.values():
            each.reload()
        for reload in self._reloads:
            reload()
        _log.notice("reloaded")
        systemd.notify("READY=1")

    def _ready(self, ready: Callable[[], None] | None) -> None:
        if self.worker is None:
            systemd.ready(f"serving since {strftime('%H:%M:%S')}, {systemd.code()}")
        systemd.start_watchdog(self.loop)
        if ready is not None:
            ready()

    def _handle_signals(self) -> None:
        self.loop.add_signal_handler(signal.SIGTERM, self.stop)
        self.loop.add_signal_handler(signal.SIGINT, self.stop)
        self.loop.add_signal_handler(signal.SIGHUP, self.reload)
        self.loop.add_signal_handler(signal.SIGUSR1, self.dump)
        self.loop.add_signal_handler(signal.SIGUSR2, self.replace)

    def _drain(self) -> None:
        left = self.engine.connections
        busy = any(connection.phase is not Phase.LINGERING for connection in left)
        waited = self.loop.time() - (self._stopping_since or 0.0)
        if left and waited < (GRACE if busy else _LAST_WORDS):
            self.loop.call_later(_POLL, self._drain)
            return
        for connection in list(left):
            connection.abort()
        self.loop.stop()

    def _end(self) -> None:
        self.wheel.stop()
        for part in reversed(self._parts):
            try:
                part.stop()
            except Exception as error:  # noqa: BLE001 - whatever it is: the threads of the others have to end, too
                _log.exception("part not stopped", error, part=type(part).__name__)
        self.engine.close()
        # What threads handed over in the last moment is still carried out: cores are released, spools tidied.
        self.loop.call_soon(self.loop.stop)
        self.loop.run_forever()
        self.loop.close()


def bound(listenings: Sequence[Listening]) -> str:
    """Return the addresses for the log."""
    return " ".join(_shown(listening) for listening in listenings)


def _shown(listening: Listening) -> str:
    name = listening.sock.getsockname()
    if isinstance(name, tuple):
        return f"[{name[0]}]:{name[1]}{' (TLS)' if listening.tls else ''}"
    return str(name)
