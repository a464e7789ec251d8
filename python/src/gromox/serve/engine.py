"""What all connections of one process share: the loop, threads, timers, syncs, the doorbell."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from gromox.base.ids import SYSTEM_IDS
from gromox.base.wire import Outcome, Peer
from gromox.serve.connection import Connection
from gromox.serve.syncer import Syncer
from gromox.serve.timers import TICK, TimerWheel
from gromox.serve.vigil import Vigil

if TYPE_CHECKING:
    import socket
    from asyncio import AbstractEventLoop
    from collections.abc import Callable

    from gromox.base.ids import Ids
    from gromox.base.wire import Core, Gather
    from gromox.serve.dnsbl import Blocklist
    from gromox.serve.doorbell import Doorbell
    from gromox.serve.limits import Limits
    from gromox.serve.tls import Tls

    #: Whose work is done together, and that work with whom to tell.
    _Key = tuple[int, object]
    _Waiting = list[tuple[Gather, Callable[[Outcome], None]]]

#: Threads for work that waits for another machine (a password check, a recipient look-up, a spool file).
CALL_THREADS: Final = 16
#: Pieces of gathered work that are done in one turn of the loop: some milliseconds.
TOGETHER: Final = 64
#: So many are not kept waiting for more: while their sync runs, the loop reads what others bring.
ENOUGH: Final = 8


@dataclass(frozen=True, slots=True)
class Service:
    """A protocol as the driver sees it."""

    name: str
    core: Callable[[], Core]  #: makes the core of a new connection
    limits: Limits
    tls: Tls | None = None
    refusal: bytes = b""  #: instead of a greeting, when there are too many connections
    unwelcome: bytes = b""  #: instead of a greeting, to who is on the blocklist
    farewell: bytes = b""  #: when the daemon stops
    excuse: bytes = b""  #: when the daemon met an error of its own
    doorbell: Doorbell | None = None  #: whose rings its cores watch; None: the process's
    proxied: bool = False  #: each connection begins with a header of the PROXY protocol, version 2
    blocklist: Blocklist | None = None  #: who is not served
    counts_sessions: bool = True  #: False for connections that we make ourselves


class Engine:
    """The shared parts; one for each event loop."""

    def __init__(
        self, loop: AbstractEventLoop, doorbell: Doorbell, *, ids: Ids = SYSTEM_IDS, tick: float = TICK
    ) -> None:
        """Build on ``loop``; timeouts are looked at every ``tick`` seconds."""
        self.loop, self.doorbell = loop, doorbell
        self.wheel = TimerWheel(loop, tick)
        self.syncer = Syncer(loop)
        self.vigil = Vigil(loop)
        self.connections: set[Connection] = set()
        #: No new connection is wanted any more.
        self.stopping = False
        self._gathered: dict[_Key, _Waiting] = {}
        self._threads = ThreadPoolExecutor(CALL_THREADS, thread_name_prefix="call")
        self._prefix, self._count = ids.token(2), 0

    def adopt(
        self,
        service: Service,
        sock: socket.socket,
        address: tuple[str, int],
        *,
        local_port: int,
        tls: bool,
        ended: Callable[[], None] | None = None,
    ) -> Connection:
        """Make and start a connection on ``sock``, which does not block and whose peer is at ``address``.

        ``ended`` is called once, when it is closed.
        """
        self._count += 1
        peer = Peer(
            address=address[0],
            port=address[1],
            tls=tls,
            local_port=local_port,
            connection_id=f"{self._prefix}-{self._count:x}",
        )
        connection = Connection(self, service, sock, peer)
        connection.ended = ended
        connection.start()
        return connection

    def secured(self, peer: Peer) -> Peer:
        """Return ``peer`` as it is after a TLS handshake."""
        return peer if peer.tls else replace(peer, tls=True)

    def call(self, run: Callable[[], object], done: Callable[[Outcome], None]) -> None:
        """Run ``run`` in a thread and hand its outcome to ``done`` on the loop."""

        def work() -> None:
            try:
                outcome = Outcome(value=run())
            except Exception as error:  # noqa: BLE001 - the core that asked for the call knows its errors
                outcome = Outcome(error=error)
            self.loop.call_soon_threadsafe(done, outcome)

        self._threads.submit(work)

    def gather(self, action: Gather, done: Callable[[Outcome], None]) -> None:
        """Do the work of an action together with that of others, and hand its outcome to ``done``."""
        key = id(action.key), action.run
        waiting = self._gathered.get(key)
        if waiting is not None and len(waiting) >= ENOUGH and not self.syncer.is_running(action.key):
            self._do_together(key)
            waiting = None
        if waiting is None:
            waiting = self._gathered[key] = []
            self.syncer.after(action.key, partial(self._settle, key, waiting, 0))
        waiting.append((action, done))

    def _settle(self, key: _Key, waiting: _Waiting, known: int) -> None:
        """Do the work once a turn brought no more of it: twenty at once cost half of twenty times one."""
        if self._gathered.get(key) is not waiting:
            return  # done already
        count = len(waiting)
        if known < count < ENOUGH:
            self.loop.call_soon(self._settle, key, waiting, count)
        else:
            self._do_together(key)

    def _do_together(self, key: _Key) -> None:
        waiting = self._gathered.pop(key)
        if len(waiting) > TOGETHER:
            rest = self._gathered[key] = waiting[TOGETHER:]
            del waiting[TOGETHER:]
            self.loop.call_soon(self._settle, key, rest, len(rest))
        first = waiting[0][0]
        try:
            outcomes = first.run(first.key, [action.work for action, _ in waiting])
        except Exception as error:  # noqa: BLE001 - the cores that asked for it know its errors
            outcomes = [Outcome(error=error)] * len(waiting)
        for (_, done), outcome in zip(waiting, outcomes, strict=True):
            done(outcome)
        self.syncer.hurry(first.key)

    def close(self) -> None:
        """Let calls and syncs end; the loop does not run any more."""
        self._threads.shutdown(cancel_futures=True)
        self.syncer.close()
