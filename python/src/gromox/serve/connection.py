"""The driver of one connection: a protocol core on one side, a raw socket on the other.

A round is what one event (input, a ring, silence, an outcome) made the core return: pieces to send and at
most one action that suspends or ends. It is held back until everything it depends on is durable, then
released.
"""

from __future__ import annotations

import ssl
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Final

from gromox.base import metrics
from gromox.base.errors import ParseError
from gromox.base.log import get_logger
from gromox.base.wire import Call, Compress, FilePiece, Gather, Produce, Send, StartTls, Watch
from gromox.codec import haproxy
from gromox.serve.deflate import Deflater, Inflater
from gromox.serve.link import READ, Link, Phase

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from gromox.base.wire import Action, Core, Outcome, Peer, Piece
    from gromox.serve.doorbell import Watching
    from gromox.serve.engine import Engine, Service

_log = get_logger(__name__)

#: Unsent octets above which nothing more is read.
HIGH_WATER: Final = 1 << 20
#: Produced octets that are worth a system call of their own.
PRODUCED: Final = 256 << 10
#: Seconds a produced answer may work in one turn of the loop.
SLICE: Final = 0.003
#: Seconds a TLS handshake may take.
HANDSHAKE_LIMIT: Final = 30.0
#: Seconds that a proxy may take for its header.
PROXY_LIMIT: Final = 5.0
#: Seconds in which a peer has to take at least some of what waits for it.
STALL_LIMIT: Final = 120.0
#: Seconds we wait for the peer's end of a connection that we closed.
LINGER_LIMIT: Final = 5.0
#: How often a connection that waits for ourselves is looked at.
PATIENCE: Final = 10.0

# Members as module constants: looking them up on the enumeration class took a tenth of the time of a NOOP.
_OPEN, _PRODUCE, _SYNC, _CALL, _CLOSED = Phase.OPEN, Phase.PRODUCE, Phase.SYNC, Phase.CALL, Phase.CLOSED

_TAIL_PHASES: Final = {StartTls: Phase.STARTING_TLS, Compress: Phase.COMPRESSING}


class Connection(Link):
    """One accepted (or made) connection."""

    __slots__ = (
        "_born",
        "_core",
        "_counted",
        "_farewell",
        "_head",
        "_pumping",
        "_rung",
        "_started",
        "_steps",
        "_watching",
        "ended",
    )

    def __init__(self, engine: Engine, service: Service, sock: socket.socket, peer: Peer) -> None:
        """Take over ``sock``, which must not block; :meth:`start` begins."""
        super().__init__(engine, service, sock, peer)
        self._core: Core = service.core()
        self._born = engine.wheel.now
        self._steps: Iterator[Sequence[Piece]] | None = None
        self._watching: list[Watching] = []
        self._rung = self._pumping = self._started = self._farewell = False
        # With a proxy: what its header has so far, and the address that is counted for it.
        self._head = b""
        self._counted: str | None = None
        #: Called once when the connection is closed.
        self.ended: Callable[[], None] | None = None

    # -- life

    def start(self) -> None:
        """Greet, after the TLS handshake if the port asks for it."""
        self._engine.connections.add(self)
        self._engine.wheel.add(self, self._touched)
        if self.service.counts_sessions:
            metrics.CONNECTIONS.add(self.service.name)
            metrics.SESSIONS.cell(self.service.name)[0] += 1
        if self.service.proxied:
            self.phase = Phase.PROXIED
            self._listen(reading=True)
        else:
            self._begin()

    def _begin(self) -> None:
        """Greet, once it is known that the peer is served at all."""
        blocklist = self.service.blocklist
        listed = False if blocklist is None else blocklist.remembered(self.peer.address)
        if listed is None and blocklist is not None:
            self.phase = _CALL
            address = self.peer.address
            self._engine.call(lambda: blocklist.is_listed(address), self._judged)
        else:
            self._admit(listed=bool(listed))

    def _judged(self, outcome: Outcome) -> None:
        if self.phase is _CLOSED:
            self._release_core()
            return
        self.phase = _OPEN
        if outcome.error is not None:
            _log.exception("blocklist failed", outcome.error, peer=self.peer.address)
        self._admit(listed=bool(outcome.value))

    def _admit(self, *, listed: bool) -> None:
        if listed:
            metrics.REFUSED.add(self.service.name)
            _log.notice(
                "connection refused", service=self.service.name, peer=self.peer.address, reason="listed"
            )
            self._turn_away(self.service.unwelcome)
        elif self._farewell:
            self.abort()
        elif self.peer.tls:
            self._begin_tls()
        else:
            self._greet()

    def ring(self) -> None:
        """Tell the core that the watched mailbox changed, as soon as it is its turn."""
        if self.phase is _OPEN:
            self._round(self._core.rung)
        else:
            self._rung = True

    def say_goodbye(self) -> None:
        """Close with the protocol's farewell, once the command that runs is done."""
        self._farewell = True
        if self.phase is _OPEN:
            self._part()
        elif self.phase in (Phase.HANDSHAKE, Phase.PROXIED):
            self.abort()

    def abort(self) -> None:
        """Close now, whatever waits."""
        if self.phase is _CLOSED:
            return
        if self.phase is Phase.LINGERING:
            self.service.limits.part(-1)
        busy = self.phase is _CALL or self.phase is _SYNC  # then the core is released when that is done
        self.phase = _CLOSED
        self._unwatch()
        self._close_socket()
        self._drop_steps()
        self._engine.connections.discard(self)
        if self.service.counts_sessions:
            metrics.SESSIONS.cell(self.service.name)[0] -= 1
        if not busy:
            self._release_core()
        if self._counted is not None:
            self.service.limits.give_back_address(self._counted)
        if self.ended is not None:
            self.ended()

    def check_time(self, now: float) -> float | None:
        """Close what is silent or stuck; see :class:`gromox.serve.timers.Timed`."""
        phase = self.phase
        if phase is _CLOSED:
            return None
        if phase is _CALL or phase is _SYNC:
            return now + PATIENCE
        due = self._touched + self._time_limit(phase)
        if now < due:
            return due
        if phase is _OPEN and self._outbox is None:
            self._touched = now
            self._round(self._core.timed_out)
            return now + LINGER_LIMIT
        _log.debug(
            "connection stuck", connection=self.peer.connection_id, peer=self.peer.address, phase=phase.name
        )
        self.abort()
        return None

    def describe(self) -> dict[str, object]:
        """Return what a dump of the sessions shows."""
        return {
            "connection": self.peer.connection_id,
            "protocol": self.service.name,
            "peer": f"[{self.peer.address}]:{self.peer.port}",
            "tls": self.peer.tls,
            "phase": self.phase.name.lower(),
            "age": round(self._engine.wheel.now - self._born),
            "silent": round(self._engine.wheel.now - self._touched),
            "unsent": self._outbox.size if self._outbox is not None else 0,
            **self._core.describe(),
        }

    def _time_limit(self, phase: Phase) -> float:
        if phase is Phase.HANDSHAKE:
            return HANDSHAKE_LIMIT
        if phase is Phase.PROXIED:
            return PROXY_LIMIT
        if phase is Phase.LINGERING:
            return LINGER_LIMIT
        if self._outbox is not None:
            return min(STALL_LIMIT, self._core.timeout)
        return self._core.timeout

    def _greet(self) -> None:
        # Read only once that is sent: while the peer takes it there is time for what watching a socket costs.
        self._started = True
        self._round(self._core.start, self.peer)
        self._engine.vigil.answered()

    def _secured(self) -> None:
        if not self._started:
            self._greet()
            return
        self._listen(reading=True)
        self._round(self._proceed_secured)

    def _proceed_secured(self) -> Iterable[Action]:
        self._core.tls_started()
        return self._core.proceed()

    # -- a proxy in between

    def _read_header(self) -> None:
        """Read the header of the PROXY protocol and not an octet more: TLS may follow."""
        try:
            while (missing := self._missing_header()) > 0:
                octets = self._sock.recv(missing)
                if not octets:
                    self.abort()
                    return
                self._head += octets
            source = haproxy.source_of(self._head, self._head[haproxy.HEAD :])
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.abort()
            return
        except ParseError as error:
            _log.warning(
                "proxy header not understood",
                connection=self.peer.connection_id,
                peer=self.peer.address,
                reason=error,
            )
            self.abort()
            return
        if source is not None:
            self.peer = replace(self.peer, address=source.address, port=source.port)
        if not self._is_one_too_many():
            self._head = b""
            self._listen(reading=False)
            self._begin()

    def _missing_header(self) -> int:
        """Return how many octets are missing of the part of the header that is being read."""
        if len(self._head) < haproxy.HEAD:
            return haproxy.HEAD - len(self._head)
        return haproxy.HEAD + haproxy.length_of(self._head) - len(self._head)

    def _is_one_too_many(self) -> bool:
        """Count the connection for its address; if that has too many, say so and close."""
        address = self.peer.address
        if self.service.limits.take_address(address):
            self._counted = address
            return False
        metrics.REFUSED.add(self.service.name)
        _log.notice("connection refused", service=self.service.name, peer=address, reason="too many")
        self._turn_away(self.service.refusal)
        return True

    def _turn_away(self, words: bytes) -> None:
        """Say why instead of a greeting, where words can be read without TLS."""
        if self.peer.tls:
            self.abort()
        else:
            self._put([words])
            self._close_after_sending()

    # -- rounds

    def _readable(self) -> None:
        if self.phase is not _OPEN or (self._outbox is not None and self._outbox.size > HIGH_WATER):
            self._readable_otherwise()
            return
        try:
            octets = self._sock.recv(READ)
        except (BlockingIOError, InterruptedError, ssl.SSLWantReadError):
            return
        except ssl.SSLWantWriteError:
            self._listen(writing=True)
            return
        except OSError:
            self.abort()
            return
        if octets:
            self._received[0] += len(octets)
            self._touched = self._engine.wheel.now
            if self._inflater is None:
                vigil = self._engine.vigil
                vigil.heard()
                self._round(self._core.receive, octets)
                vigil.answered()
            else:
                self._inflater.feed(octets)
                self._inflate()
        elif self._outbox is None:
            self.abort()
        else:
            self._close_after_sending()  # the peer ended only its own direction and still listens

    def _inflate(self) -> None:
        """Give the core the next piece of what came in compressed; others get their turn in between."""
        inflater = self._inflater
        if inflater is None or self.phase is not _OPEN:
            return
        try:
            octets = inflater.step()
        except EOFError as error:
            _log.debug("compressed input ended", connection=self.peer.connection_id, reason=error)
            self._inflater, self.phase = None, Phase.CLOSING
            self._flush_then_go_on()
            return
        if octets is None:
            self._listen(reading=True)
            return
        self._listen(reading=False)  # until all of it is read: the kernel's buffer is the back-pressure
        self._round(self._core.receive, octets)

    def _readable_otherwise(self) -> None:
        """Take input in a phase where the core does not want any."""
        if self.phase is Phase.HANDSHAKE:
            self._handshake()
        elif self.phase is Phase.PROXIED:
            self._read_header()
        elif self.phase is Phase.LINGERING:
            self._swallow()
        else:
            self._listen(reading=False)  # until the phase ends: the kernel's buffer is the back-pressure

    def _round(self, event: Callable[..., Iterable[Action]], *arguments: object) -> None:
        """Let the core act on an event and carry out what it returns."""
        pieces: list[Piece] = []
        tail: Action | None = None
        try:
            for action in event(*arguments):
                if type(action) is Send:
                    pieces += action.pieces
                elif type(action) is Watch:
                    self._watch(action)
                else:
                    tail = action
            unsynced = self._core.unsynced()
            if unsynced:
                unsynced = [durable for durable in unsynced if durable.needs_sync]
        except Exception as error:  # noqa: BLE001 - the connection loop: one peer must not end the daemon
            self._fail(error, pieces)
            return
        if unsynced:
            self.phase = _SYNC
            self._engine.syncer.wait(unsynced, lambda error: self._synced(error, pieces, tail))
        else:
            self._release(pieces, tail)

    def _synced(self, error: Exception | None, pieces: list[Piece], tail: Action | None) -> None:
        if self.phase is _CLOSED:
            _close_files(pieces)
            self._release_core()
            return
        self.phase = _OPEN
        if error is None:
            self._release(pieces, tail)
            return
        _log.error("sync failed", connection=self.peer.connection_id, reason=error)
        _close_files(pieces)
        self._round(self._core.sync_failed, error)

    def _release(self, pieces: list[Piece], tail: Action | None) -> None:
        """Send a round that is durable and go on as its last action says."""
        if tail is None and self._outbox is None and len(pieces) == 1 and type(pieces[0]) is bytes:
            self.phase = _OPEN
            if self._send_at_once(pieces[0]):
                self._go_on()
            else:
                self._flush_then_go_on()
            return
        if pieces:
            self._put(pieces)
        if type(tail) is Produce:
            self._produce(tail)
        elif type(tail) is Call:
            self._flush()
            self._call(tail)
        elif type(tail) is Gather:
            self._flush()
            if self.phase is not _CLOSED:
                self.phase = _CALL
                self._engine.gather(tail, self._called)
        else:
            self.phase = _OPEN
            if tail is not None:
                self.phase = _TAIL_PHASES.get(type(tail), Phase.CLOSING)
            self._flush_then_go_on()

    def _flush_then_go_on(self) -> None:
        """Go on in the present phase once nothing is left to send (or little, in the open phase)."""
        drained = self._flush()
        phase = self.phase
        if phase is _OPEN:  # not _CLOSED, which a failed flush led to
            if drained or (self._outbox is not None and self._outbox.size < HIGH_WATER):
                self._go_on()
        elif not drained:
            return
        elif phase is _PRODUCE:
            self._pump()
        elif phase is Phase.STARTING_TLS:
            self._begin_tls()
        elif phase is Phase.COMPRESSING:
            self._inflater, self._deflater = Inflater(), Deflater()
            self.phase = _OPEN
            self._listen(reading=True)
            self._round(self._core.proceed)
        elif phase is Phase.CLOSING:
            self._unwatch()
            self._linger()
            self._engine.wheel.add(self, self._touched + LINGER_LIMIT)

    def _go_on(self) -> None:
        """Be open again: look at what happened meanwhile, then read."""
        if self._farewell:
            self._part()
        elif self._rung:
            self._rung = False
            self._round(self._core.rung)
        elif self._inflater is not None and not self._reading:
            self._engine.loop.call_soon(self._inflate)
        elif not self._reading:
            self._listen(reading=True)

    def _writable(self) -> None:
        if self.phase is Phase.HANDSHAKE:
            self._handshake()
        elif self._outbox is None:
            self._listen(writing=False)  # a read under TLS had to write first; try it again
            self._readable()
        else:
            self._flush_then_go_on()

    # -- suspending actions

    def _produce(self, action: Produce) -> None:
        self.phase, self._steps = _PRODUCE, action.steps
        if (
            self._pumping
        ):  # a pipelined one gets a turn of its own: neither the stack nor our share of the loop grows
            self._engine.loop.call_soon(self._pump)
        else:
            self._pump()

    def _pump(self) -> None:
        """Work on the produced answer for one turn."""
        if self.phase is not _PRODUCE or self._steps is None:
            return
        if self._outbox is None:
            self._touched = self._engine.wheel.now  # we are slow, not the peer
        self._pumping = True
        try:
            done = self._step(self._steps)
        except Exception as error:  # noqa: BLE001 - as in _round
            self._fail(error, [])
            return
        finally:
            self._pumping = False
        if not done:
            if self._flush():
                self._engine.loop.call_soon(self._pump)
            return
        self._steps = None
        self._pumping = True
        self._round(self._core.proceed)  # the tagged answer goes out together with the last step
        self._pumping = False
        if self.phase is _PRODUCE and self._outbox is not None and self._outbox.size > PRODUCED:
            self._flush()

    def _step(self, steps: Iterator[Sequence[Piece]]) -> bool:
        """Produce until there is enough for now; return whether that was all."""
        end = monotonic() + SLICE
        for pieces in steps:
            self._put(pieces)
            if (self._outbox is not None and self._outbox.size > PRODUCED) or monotonic() > end:
                return False
        return True

    def _call(self, action: Call) -> None:
        if self.phase is not _CLOSED:
            self.phase = _CALL
            self._engine.call(action.run, self._called)

    def _called(self, outcome: Outcome) -> None:
        if self.phase is _CLOSED:
            self._release_core()
            return
        self.phase = _OPEN
        self._touched = self._engine.wheel.now
        self._round(self._core.completed, outcome)

    def _drop_steps(self) -> None:
        steps, self._steps = self._steps, None
        close = getattr(steps, "close", None)
        if close is not None and not self._pumping:
            close()

    # -- the watched mailbox

    def _watch(self, action: Watch) -> None:
        self._unwatch()
        if action.mailbox is not None:
            doorbell = self.service.doorbell or self._engine.doorbell
            self._watching = [doorbell.watch(action.mailbox, self.ring)]
            for path in action.others:
                self._watching.append(doorbell.watch(path, self.ring))

    def _unwatch(self) -> None:
        self._rung = False
        for watching in self._watching:
            watching.cancel()
        self._watching = []

    # -- the end

    def _part(self) -> None:
        self._put([self.service.farewell])
        self._close_after_sending()

    def _fail(self, error: Exception, pieces: list[Piece]) -> None:
        """Log what the core ran into and end with the protocol's excuse."""
        metrics.FAILURES.add(self.service.name)
        _log.exception("connection failed", error, connection=self.peer.connection_id, peer=self.peer.address)
        _close_files(pieces)
        self._drop_steps()
        if self.phase is _PRODUCE:  # in the middle of an answer: an excuse would be taken for content
            self.abort()
            return
        self._put([self.service.excuse])
        self._close_after_sending()

    def _close_after_sending(self) -> None:
        self.phase = Phase.CLOSING
        self._flush_then_go_on()

    def _release_core(self) -> None:
        try:
            self._core.lost()
        except Exception as error:  # noqa: BLE001 - as in _round
            _log.exception(
                "connection failed", error, connection=self.peer.connection_id, peer=self.peer.address
            )


def _close_files(pieces: Iterable[Piece]) -> None:
    for piece in pieces:
        if isinstance(piece, FilePiece):
            piece.close()
