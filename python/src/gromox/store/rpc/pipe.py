"""A stream that one thread reads while others write, also under TLS.

OpenSSL's connection objects must not be used by two threads at once, so TLS works on memory under a lock and
the socket outside of it.
"""

from __future__ import annotations

import socket
import ssl
import threading
from typing import Final, Protocol

_READ: Final = 256 << 10


class Pipe(Protocol):
    """What a channel needs."""

    def send(self, octets: bytes) -> None:
        """Send all; one thread at a time. Raises OSError."""
        ...

    def receive(self) -> bytes:
        """Return what came, empty at the end; one thread at a time. Raises OSError."""
        ...

    def close(self) -> None:
        """End it; who waits in another method is woken."""
        ...


class PlainPipe:
    """A socket as it is."""

    def __init__(self, sock: socket.socket) -> None:
        """Take over ``sock``."""
        self._sock = sock
        sock.settimeout(None)

    def send(self, octets: bytes) -> None:
        """See :class:`Pipe`."""
        self._sock.sendall(octets)

    def receive(self) -> bytes:
        """See :class:`Pipe`."""
        return self._sock.recv(_READ)

    def close(self) -> None:
        """See :class:`Pipe`."""
        _shut(self._sock)


class TlsPipe:
    """A socket under TLS."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, server_name: str) -> None:
        """Take over ``sock`` and shake hands as the client. Raises OSError."""
        self._sock = sock
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._lock = threading.Lock()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        while not self._shaken():
            self._sock.sendall(self._outgoing.read())
            octets = self._sock.recv(_READ)
            if not octets:
                raise ConnectionError("the peer ended the TLS handshake")
            self._incoming.write(octets)
        self._sock.sendall(self._outgoing.read())
        sock.settimeout(None)

    def send(self, octets: bytes) -> None:
        """See :class:`Pipe`."""
        with self._lock:
            self._tls.write(octets)
            sealed = self._outgoing.read()
        self._sock.sendall(sealed)

    def receive(self) -> bytes:
        """See :class:`Pipe`. What TLS itself has to say goes out with the next :meth:`send`."""
        while True:
            with self._lock:
                octets = self._opened()
            if octets is not None:
                return octets
            sealed = self._sock.recv(_READ)
            if not sealed:
                return b""
            with self._lock:
                self._incoming.write(sealed)

    def close(self) -> None:
        """See :class:`Pipe`."""
        _shut(self._sock)

    def _shaken(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def _opened(self) -> bytes | None:
        try:
            return self._tls.read(_READ)
        except ssl.SSLWantReadError:
            return None
        except ssl.SSLZeroReturnError:
            return b""


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        sock.close()  # it was closed by the peer
        return
    sock.close()
