"""The socket side of a connection: watching, sending, TLS, and closing without losing the last words."""

from __future__ import annotations

import socket
import ssl
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, cast

from gromox.base import metrics
from gromox.base.log import get_logger
from gromox.serve.deflate import DeflateOutbox, Deflater, Inflater
from gromox.serve.outbox import Outbox, TlsOutbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.base.wire import Peer, Piece
    from gromox.serve.engine import Engine, Service

_log = get_logger(__name__)

#: Octets read at once.
READ: Final = 64 << 10

#: What a socket that does not block says when it would; under TLS either direction may want either.
WOULD_BLOCK: Final = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Phase(Enum):
    """What the connection waits for."""

    OPEN = auto()  #: input
    PROXIED = auto()  #: the header of a proxy
    HANDSHAKE = auto()  #: TLS to be negotiated
    SYNC = auto()  #: the round to become durable
    CALL = auto()  #: a thread
    PRODUCE = auto()  #: room for, or the next step of, a produced answer
    STARTING_TLS = auto()  #: the answer in clear to be sent
    COMPRESSING = auto()  #: the answer that is not compressed to be sent
    CLOSING = auto()  #: the last octets to be sent
    LINGERING = auto()  #: the peer's end
    CLOSED = auto()


class Link:
    """A raw socket that does not block, with or without TLS."""

    __slots__ = (
        "_deflater",
        "_engine",
        "_fd",
        "_inflater",
        "_outbox",
        "_reading",
        "_received",
        "_sent",
        "_sock",
        "_touched",
        "_writing",
        "peer",
        "phase",
        "service",
    )

    def __init__(self, engine: Engine, service: Service, sock: socket.socket, peer: Peer) -> None:
        """Take over ``sock``."""
        self._engine, self._sock, self.peer, self.service = engine, sock, peer, service
        self._fd = sock.fileno()
        self._outbox: Outbox | None = None
        self._inflater: Inflater | None = None
        self._deflater: Deflater | None = None
        self._reading = self._writing = False
        self._received = metrics.OCTETS.cell(service.name, "in")
        self._sent = metrics.OCTETS.cell(service.name, "out")
        self._touched = engine.wheel.now
        self.phase = Phase.OPEN

    # What the connection does with the events of its socket.

    def _readable(self) -> None:
        raise NotImplementedError

    def _writable(self) -> None:
        raise NotImplementedError

    def _secured(self) -> None:
        raise NotImplementedError

    def abort(self) -> None:
        """Close now, whatever waits."""
        raise NotImplementedError

    # -- sending

    def _put(self, pieces: Sequence[Piece]) -> None:
        if self._outbox is None:
            if self._deflater is not None:
                self._outbox = DeflateOutbox(self._sock, self._deflater, tls=self.peer.tls)
            else:
                self._outbox = TlsOutbox(self._sock) if self.peer.tls else Outbox(self._sock)
        self._outbox.extend(pieces)

    def _send_at_once(self, octets: bytes) -> bool:
        """Send a short answer (a command's tagged OK) without a queue; return False if not all went."""
        if self._deflater is not None:
            self._put([octets])
            return False
        try:
            sent = self._sock.send(octets) if len(octets) < READ else 0
        except WOULD_BLOCK:
            sent = 0
        except OSError:
            self.abort()
            return False
        self._sent[0] += sent
        if sent == len(octets):
            return True
        self._put([octets[sent:]])
        return False

    def _flush(self) -> bool:
        """Send what the socket takes; return whether nothing is left. May close the connection."""
        outbox = self._outbox
        if outbox is None:
            return True
        try:
            flushed = outbox.flush()
            if flushed:
                self._sent[0] += flushed
                self._touched = self._engine.wheel.now
        except EOFError as error:
            _log.error("content cut short", connection=self.peer.connection_id, reason=error)
            self.abort()
            return False
        except OSError:
            self.abort()
            return False
        if not outbox.size:
            self._outbox = None
            if self._writing:
                self._listen(writing=False)
            return True
        if not self._writing:
            self._listen(writing=True)
        return False

    # -- TLS

    def _begin_tls(self) -> None:
        if self.service.tls is None:
            raise RuntimeError(f"{self.service.name} starts TLS without a certificate")
        self.phase = Phase.HANDSHAKE
        self._touched = self._engine.wheel.now
        self._listen(reading=False, writing=False)
        try:
            self._sock = self.service.tls.wrap(self._sock)
        except OSError:
            self.abort()
            return
        self._handshake()

    def _handshake(self) -> None:
        try:
            cast("ssl.SSLSocket", self._sock).do_handshake()
        except ssl.SSLWantReadError:
            self._listen(reading=True, writing=False)
            return
        except ssl.SSLWantWriteError:
            self._listen(reading=True, writing=True)
            return
        except OSError as error:
            reason = getattr(error, "reason", None) or error
            _log.info(
                "tls refused", connection=self.peer.connection_id, peer=self.peer.address, reason=reason
            )
            self.abort()
            return
        self._listen(writing=False)
        self.phase = Phase.OPEN
        self.peer = self._engine.secured(self.peer)
        if self.service.tls is not None:
            self.peer.channel.bindings = self.service.tls.bindings(cast("ssl.SSLSocket", self._sock))
        self._secured()

    # -- the end

    def _linger(self) -> None:
        """Send our end, then wait for the peer's: closing earlier could destroy what it has not read."""
        self.phase = Phase.LINGERING
        self.service.limits.part(1)
        self._touched = self._engine.wheel.now
        try:
            if isinstance(self._sock, ssl.SSLSocket):
                _send_close_notify(self._sock)
            self._sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.abort()
            return
        self._listen(reading=True)

    def _swallow(self) -> None:
        """Read what the peer still says; it closes when it has heard us."""
        try:
            more = socket.socket.recv(
                self._sock, READ
            )  # what comes under TLS need not be deciphered any more
        except WOULD_BLOCK:
            return
        except OSError:
            more = b""
        if not more:
            self.abort()

    def _close_socket(self) -> None:
        self._listen(reading=False, writing=False)
        if self._outbox is not None:
            self._outbox.clear()
            self._outbox = None
        self._sock.close()

    def _listen(self, *, reading: bool | None = None, writing: bool | None = None) -> None:
        """Change what the loop watches the socket for; None leaves it as it is."""
        loop = self._engine.loop
        if reading is not None and reading is not self._reading:
            self._reading = reading
            if reading:
                loop.add_reader(self._fd, self._readable)
            else:
                loop.remove_reader(self._fd)
        if writing is not None and writing is not self._writing:
            self._writing = writing
            if writing:
                loop.add_writer(self._fd, self._writable)
            else:
                loop.remove_writer(self._fd)


def _send_close_notify(sock: ssl.SSLSocket) -> None:
    try:
        sock.unwrap()
    except (ssl.SSLError, ValueError):
        return  # the peer's own close_notify is not waited for
