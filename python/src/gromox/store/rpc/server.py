"""One connection of the store RPC, a core without I/O; the work is done by a crew of threads.

Answers come back in any order. A thread leaves what is to be done with its result (:meth:`RpcCore._post`) and
rings; only the loop's thread touches the state of the connection. What is large is sent in pieces while the
loop turns, and nothing more is read meanwhile.
"""

from __future__ import annotations

import socket
from collections import deque
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from gromox.base import metrics
from gromox.base.errors import ParseError
from gromox.base.log import get_logger
from gromox.base.wire import Action, Close, Produce, Send, Watch
from gromox.store.errors import BusyError, IncompatibleError, SessionLostError, StoreError
from gromox.store.operation import OPERATIONS
from gromox.store.rpc import request as requests
from gromox.store.rpc.fault import pack_fault
from gromox.store.rpc.frame import PIECE, FrameBuffer, Kind, pieces
from gromox.store.rpc.gate import Place, reply_to
from gromox.store.rpc.hosted import Hosted
from gromox.store.rpc.operations import signature, table
from gromox.store.rpc.request import Opened, packed, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from gromox.base.wire import Durable, Outcome, Peer
    from gromox.store.rpc.crew import Executor
    from gromox.store.rpc.frame import Frame
    from gromox.store.rpc.gate import Gate, Verdict
    from gromox.store.submission.post import PostOffice

_log = get_logger(__name__)

#: Seconds of silence after which a client is asked for a sign of life; it is closed if it gives none.
SILENCE: Final = 120.0
#: Seconds in which a new connection has to say hello.
PATIENCE: Final = 30.0
#: Calls of one connection at once; a client waits for answers before it sends more.
MAX_CALLS: Final = 256
#: Sessions of one connection.
MAX_SESSIONS: Final = 10_000
#: Users of a connection that a dump of the sessions names.
_SHOWN: Final = 10
#: Octets of the number of a session, and with the number of an operation.
_SESSION_SIZE: Final = 4
_CALL_HEAD: Final = 6


class Watching(Protocol):
    """A promise to be called when a mailbox changes."""

    def cancel(self) -> None:
        """Be called no more."""
        ...


@dataclass(frozen=True, slots=True)
class RpcService:
    """What the connections of one listener share."""

    gate: Gate
    executor: Executor
    wake: Callable[[Path], None]
    """Rings a connection by its key; called from any thread."""
    watch: Callable[[Path, Callable[[], None]], Watching]
    """Calls back on the loop's thread after each change of a mailbox."""
    name: str = socket.gethostname()
    max_sessions: int = MAX_SESSIONS
    post: PostOffice | None = None
    """By what sessions send; None: they do not."""


@dataclass(slots=True)
class _Wait:
    """A call that is answered when a session has something to tell."""

    call: int
    hosted: Hosted
    watching: Watching


class RpcCore:
    """Serves one peer."""

    def __init__(self, service: RpcService) -> None:
        """Serve with the means of ``service``."""
        self._service = service
        self._input = FrameBuffer()
        self._key = Path("rpc") / str(id(self))
        self._outbox: deque[bytes] = deque()
        self._posted: deque[Callable[[], None]] = deque()
        self._greeted = self._closing = self._gone = self._pinged = False
        self._numbers: list[str] = []
        self._sessions: dict[int, Hosted] = {}
        self._next_session = 1
        self._calls: set[int] = set()
        self._waits: dict[int, _Wait] = {}

    @property
    def timeout(self) -> float:
        """Seconds of silence until :meth:`timed_out`."""
        return SILENCE if self._greeted else PATIENCE

    def describe(self) -> Mapping[str, object]:
        """Return how much the peer has open and asks for."""
        users = {hosted.actor.username or "(system)" for hosted in self._sessions.values()}
        return {
            "sessions": len(self._sessions),
            "users": " ".join(sorted(users)[:_SHOWN]),
            "calls": len(self._calls) - len(self._waits),
            "waits": len(self._waits),
        }

    # What the driver calls.

    def start(self, peer: Peer) -> Iterable[Action]:
        """Wait for the greeting of who may speak here."""
        if not self._service.gate.admits(peer):
            _log.notice("host not allowed", peer=peer.address, service=self._service.name)
            return [Close()]
        return [Watch(self._key)]

    def receive(self, octets: bytes) -> Iterable[Action]:
        """Begin what whole messages ask for."""
        self._pinged = False
        try:
            for frame in self._input.feed(octets):
                self._take(frame)
        except ParseError as error:
            _log.warning("store connection of no sense", reason=error)
            self._closing = True
        return self.rung()

    def rung(self) -> Iterable[Action]:
        """Send the answers that are there."""
        self._take_posted()
        if not self._outbox:
            return [Close()] if self._closing else []
        if len(self._outbox) == 1 and not self._closing and len(self._outbox[0]) <= PIECE + 16:
            return [Send([self._outbox.popleft()])]
        return [Produce(self._waiting())]

    def proceed(self) -> Iterable[Action]:
        """Go on after answers were produced."""
        return self.rung()

    def completed(self, outcome: Outcome) -> Iterable[Action]:  # noqa: ARG002 - of the interface
        """Nothing is called through the driver."""
        return self.rung()

    def timed_out(self) -> Iterable[Action]:
        """Ask for a sign of life, or close who gave none; close sessions of users who are gone."""
        gate = self._service.gate
        for number in [number for number, hosted in self._sessions.items() if not gate.is_alive(hosted.key)]:
            self._close(number)
        if self._pinged or not self._greeted:
            return [Close()]
        self._pinged = True
        self._outbox.extend(pieces(Kind.PING, 0, b""))
        return self.rung()

    def tls_started(self) -> None:
        """TLS is begun by the port, not in the protocol."""

    def lost(self) -> None:
        """Close the sessions of the connection."""
        self._gone = True
        self._take_posted()
        for wait in self._waits.values():
            wait.watching.cancel()
        self._waits.clear()
        for hosted in self._sessions.values():
            hosted.close()
        metrics.RPC_SESSIONS.cell()[0] -= len(self._sessions)
        self._sessions.clear()

    def unsynced(self) -> Sequence[Durable]:
        """Answers are durable when they get here."""
        return ()

    def sync_failed(self, error: Exception) -> Iterable[Action]:  # noqa: ARG002 - of the interface
        """Not called: nothing is unsynced."""
        return [Close()]

    def _waiting(self) -> Iterator[Sequence[bytes]]:
        while self._outbox:
            yield [self._outbox.popleft()]
            self._take_posted()

    def _post(self, act: Callable[[], None]) -> None:
        """Have something done on the loop's thread; from any thread."""
        self._posted.append(act)
        if self._gone:
            self._take_posted()  # nobody rings for a connection that is gone; sessions must be closed
        else:
            self._service.wake(self._key)

    def _take_posted(self) -> None:
        while self._posted:
            try:
                act = self._posted.popleft()
            except IndexError:  # another thread was faster, at the end of the connection
                return
            act()

    # Messages.

    def _take(self, frame: Frame) -> None:
        kind, call = frame.kind, frame.call
        if not self._greeted and kind != Kind.HELLO:
            raise ParseError("a greeting first")
        if kind == Kind.ALIVE:
            return
        if kind == Kind.CANCEL:
            self._cancel(call)
            return
        if call in self._calls:
            raise ParseError("a call of its own number")
        if len(self._calls) >= MAX_CALLS:
            self._refuse(call, BusyError(f"at most {MAX_CALLS} calls at once"))
            return
        handler = _HANDLERS.get(kind)
        if handler is None:
            raise ParseError(f"a kind of message instead of {kind}")
        self._calls.add(call)
        try:
            handler(self, call, frame.octets)
        except StoreError as error:
            self._refuse(call, error)

    def _hello(self, call: int, octets: bytes) -> None:
        hello = unpacked(requests.Hello, octets)
        if not isinstance(hello, requests.Hello) or hello.magic != requests.MAGIC:
            raise ParseError("a greeting of the store RPC")
        if hello.oldest > requests.VERSION or hello.newest < requests.OLDEST_VERSION:
            self._refuse(call, IncompatibleError(f"version {requests.VERSION} is spoken here"))
            self._closing = True
            return
        known = table()
        self._numbers = [name for name, _ in known]
        self._greeted = True
        welcome = requests.Welcome(min(hello.newest, requests.VERSION), self._service.name, known)
        self._answer(call, packed(requests.Welcome, welcome))

    def _request(self, call: int, octets: bytes) -> None:
        asked: object = unpacked(requests.Request, octets)
        if isinstance(asked, requests.CloseSession):
            self._close(asked.session)
            self._answer(call, packed(requests.Reply, None))
            return

        def decide() -> None:
            try:
                verdict: Verdict | StoreError = self._service.gate.decide(asked)  # type: ignore[arg-type] # read as such
            except StoreError as error:
                verdict = error
            except Exception as error:  # noqa: BLE001 - a mistake in the gate must not keep the caller waiting
                _log.exception("gate failed", error)
                verdict = StoreError("the server met an error of its own; it is logged")
            self._post(partial(self._decided, call, verdict))

        self._service.executor.elsewhere(decide)

    def _decided(self, call: int, verdict: Verdict | StoreError) -> None:
        """Act on a verdict."""
        if isinstance(verdict, StoreError):
            self._refuse(call, verdict)
        elif isinstance(verdict, Place):
            service = self._service
            hosted = Hosted(service.executor, verdict.path, verdict.actor, verdict.key, service.post)
            hosted.open(lambda error: self._post(partial(self._opened, call, hosted, error)))
        else:
            self._answer(call, packed(requests.Reply, reply_to(verdict)))

    def _opened(self, call: int, hosted: Hosted, error: StoreError | None) -> None:
        if error is None and len(self._sessions) >= self._service.max_sessions:
            error = BusyError("too many sessions are open")
        if error is not None or self._gone:
            hosted.close()
            self._refuse(call, error or SessionLostError("the connection is gone"))
            return
        number, self._next_session = self._next_session, self._next_session + 1
        self._sessions[number] = hosted
        metrics.RPC_SESSIONS.cell()[0] += 1
        self._answer(call, packed(requests.Reply, Opened(number)))

    def _call(self, call: int, octets: bytes) -> None:
        hosted = self._session(octets)
        number = int.from_bytes(octets[_SESSION_SIZE:_CALL_HEAD], "little")
        if number >= len(self._numbers):
            raise IncompatibleError("there is no such operation")
        declared = signature(OPERATIONS[self._numbers[number]])
        hosted.call(
            declared, octets[_CALL_HEAD:], lambda result: self._post(partial(self._done, call, result))
        )

    def _done(self, call: int, result: bytes | StoreError) -> None:
        if isinstance(result, StoreError):
            self._refuse(call, result)
        else:
            self._answer(call, result)

    def _ping(self, call: int, _octets: bytes) -> None:
        self._answer(call, b"")

    # Waiting for something to tell.

    def _wait(self, call: int, octets: bytes) -> None:
        hosted = self._session(octets)

        def look() -> None:
            hosted.look(lambda found: self._post(partial(self._looked, call, found)))

        # First listen, then look: what happens in between rings.
        self._waits[call] = _Wait(call, hosted, self._service.watch(hosted.path, look))
        look()

    def _looked(self, call: int, found: bool | StoreError) -> None:  # noqa: FBT001 - an answer
        """Answer a waiting call if there is something to tell."""
        if isinstance(found, StoreError):
            self._refuse(call, found)
        elif found and call in self._waits:
            metrics.NOTIFICATIONS.add()
            self._answer(call, b"")

    def _end_waits(self, hosted: Hosted) -> None:
        for wait in [wait for wait in self._waits.values() if wait.hosted is hosted]:
            self._refuse(wait.call, SessionLostError("the session is closed"))

    def _cancel(self, call: int) -> None:
        wait = self._waits.get(call)
        if wait is not None:
            self._refuse(call, BusyError("the call was withdrawn"))

    def _session(self, octets: bytes) -> Hosted:
        """Return the session that a message begins with. Raises SessionLostError."""
        number = int.from_bytes(octets[:_SESSION_SIZE], "little")
        hosted = self._sessions.get(number)
        if hosted is not None and hosted.key and not self._service.gate.is_alive(hosted.key):
            self._close(number)
            hosted = None
        if hosted is None or len(octets) < _SESSION_SIZE:
            raise SessionLostError("there is no such session (any more)")
        return hosted

    def _close(self, number: int) -> None:
        hosted = self._sessions.pop(number, None)
        if hosted is not None:
            metrics.RPC_SESSIONS.cell()[0] -= 1
            self._end_waits(hosted)
            hosted.close()

    # Answers.

    def _answer(self, call: int, octets: bytes | bytearray) -> None:
        self._put(call, Kind.RESULT, octets)

    def _refuse(self, call: int, error: StoreError) -> None:
        self._put(call, Kind.FAULT, pack_fault(error))

    def _put(self, call: int, kind: Kind, octets: bytes | bytearray) -> None:
        try:
            made = list(pieces(kind, call, octets))
        except ValueError as error:
            made = list(pieces(Kind.FAULT, call, pack_fault(IncompatibleError(str(error)))))
        wait = self._waits.pop(call, None)
        if wait is not None:
            wait.watching.cancel()
        self._calls.discard(call)
        if not self._gone:
            self._outbox.extend(made)


_HANDLERS: Final[dict[int, Callable[[RpcCore, int, bytes], None]]] = {
    Kind.HELLO: RpcCore._hello,  # noqa: SLF001 - of the same module
    Kind.REQUEST: RpcCore._request,  # noqa: SLF001
    Kind.CALL: RpcCore._call,  # noqa: SLF001
    Kind.WAIT: RpcCore._wait,  # noqa: SLF001
    Kind.PING: RpcCore._ping,  # noqa: SLF001
}
