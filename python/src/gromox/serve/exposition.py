"""Figures for Prometheus by HTTP on a Unix socket: in the parent of workers, and as a core for one process.

Spec:
    RFC 9110 9.3.1 (GET), RFC 9112 (HTTP/1.1, ``Connection: close``); Prometheus, "Exposition formats".
"""

from __future__ import annotations

import selectors
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol

from gromox.base import metrics
from gromox.base.wire import Close, Send, SimpleCore

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable

    from gromox.base.wire import Action, Peer

#: Octets of a request, and seconds for it.
LONGEST_REQUEST: Final = 8192
PATIENCE: Final = 5.0
#: Readers at the same time.
MOST_READERS: Final = 16
_END: Final = b"\r\n\r\n"


def answer(request: bytes, text: bytes) -> bytes:
    """Return the whole answer to a request whose head is complete."""
    method, _, rest = request.partition(b" ")
    path = rest.partition(b" ")[0].partition(b"?")[0]
    if method not in (b"GET", b"HEAD"):
        return _response(b"405 Method Not Allowed", b"only GET\n")
    if path not in (b"/metrics", b"/"):
        return _response(b"404 Not Found", b"see /metrics\n")
    return _response(b"200 OK", text, body=method == b"GET")


def _response(status: bytes, text: bytes, *, body: bool = True) -> bytes:
    head = (
        b"HTTP/1.1 %b\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
        b"Content-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(text))
    )
    return head + (text if body else b"")


class MetricsCore(SimpleCore):
    """One reader of the figures of this process."""

    __slots__ = ("_request",)

    timeout = PATIENCE

    def __init__(self) -> None:
        """Wait for a request."""
        self._request = b""

    def start(self, peer: Peer) -> Iterable[Action]:  # noqa: ARG002 - of the interface
        """Say nothing: the client speaks first."""
        return []

    def receive(self, octets: bytes) -> Iterable[Action]:
        """Answer once the request is complete."""
        self._request += octets
        if len(self._request) > LONGEST_REQUEST:
            return [Close()]
        if _END not in self._request:
            return []
        return [Send([answer(self._request, metrics.render({"main": metrics.snapshot()}))]), Close()]

    def timed_out(self) -> Iterable[Action]:
        """Close."""
        return [Close()]


class Source(Protocol):
    """Where the parent gets the figures of all workers from."""

    def __call__(self, *, asking: bool) -> bytes | None:
        """Begin to collect (``asking``), or return the text if it is complete."""
        ...


@dataclass(eq=False, slots=True)
class _Reader:
    sock: socket.socket
    since: float
    asked: float = 0.0  #: when the request was complete
    request: bytes = b""
    rest: bytes = b""


class Exposition:
    """The same in the loop of a parent, which asks its workers first."""

    def __init__(self, selector: selectors.BaseSelector, source: Source) -> None:
        """Answer with what ``source`` collects."""
        self._selector, self._source = selector, source
        self._readers: list[_Reader] = []
        self._waiting: list[_Reader] = []

    def listen(self, sock: socket.socket) -> None:
        """Accept on ``sock``."""
        self._selector.register(sock, selectors.EVENT_READ, (self._accept, sock))

    def close(self) -> None:
        """Close every reader; in a process that was forked."""
        for reader in self._readers:
            reader.sock.close()

    def look(self, text: bytes | None = None, *, waited: float = 0.0) -> None:
        """Answer who has waited so many seconds with ``text``, or if all figures are there."""
        if text is None and self._waiting:
            text = self._source(asking=False)
        if text is None:
            return
        latest = monotonic() - waited
        waiting = [reader for reader in self._waiting if reader.asked <= latest]
        self._waiting = [reader for reader in self._waiting if reader.asked > latest]
        for reader in waiting:
            if reader in self._readers:
                self._answer(reader, text)

    def _accept(self, listening: socket.socket, _events: int) -> None:
        try:
            sock, _ = listening.accept()
        except OSError:
            return
        now = monotonic()
        for old in [each for each in self._readers if now - each.since > PATIENCE]:
            self._drop(old)
        if len(self._readers) >= MOST_READERS:
            sock.close()
            return
        sock.setblocking(False)
        reader = _Reader(sock, now)
        self._readers.append(reader)
        self._selector.register(sock, selectors.EVENT_READ, (self._act, reader))

    def _act(self, reader: _Reader, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            self._send(reader)
            return
        try:
            octets = reader.sock.recv(LONGEST_REQUEST)
        except BlockingIOError:
            return
        except OSError:
            octets = b""
        reader.request += octets
        if not octets or len(reader.request) > LONGEST_REQUEST:
            self._drop(reader)
        elif _END in reader.request and reader not in self._waiting:
            self._waiting.append(reader)
            reader.asked = monotonic()
            self._source(asking=True)
            self.look()

    def _answer(self, reader: _Reader, text: bytes) -> None:
        reader.rest = answer(reader.request, text)
        self._selector.modify(reader.sock, selectors.EVENT_WRITE, (self._act, reader))

    def _send(self, reader: _Reader) -> None:
        try:
            sent = reader.sock.send(reader.rest)
        except BlockingIOError:
            return
        except OSError:
            self._drop(reader)
            return
        reader.rest = reader.rest[sent:]
        if not reader.rest:
            self._drop(reader)

    def _drop(self, reader: _Reader) -> None:
        self._readers.remove(reader)
        self._selector.unregister(reader.sock)
        reader.sock.close()
