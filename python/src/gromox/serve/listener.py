"""Listening sockets: where, how, and a clear word when a port cannot be had."""

from __future__ import annotations

import errno
import os
import socket
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.base import metrics
from gromox.base.errors import GromoxError
from gromox.base.hosts import plain_address
from gromox.base.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gromox.base.settings import Endpoint
    from gromox.serve.engine import Engine, Service

_log = get_logger(__name__)

BACKLOG: Final = 1024
#: Connections accepted in one turn of the loop.
ACCEPTS: Final = 64
#: Seconds without accepting after the system had no descriptor or memory for a connection.
PAUSE: Final = 0.5
_PRIVILEGED: Final = 1024


class ListenError(GromoxError):
    """A port or socket cannot be used; the text says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Listening:
    """A socket that is bound, and what is spoken on it."""

    sock: socket.socket
    service: Service
    tls: bool = False


def bind(endpoint: Endpoint, *, reuse_port: bool = False) -> socket.socket:
    """Return a listening socket; ``[::]`` takes IPv4 too. Raises ListenError.

    Args:
        endpoint: address (IPv6, or IPv4 in either form) and port; port 0 lets the system choose.
        reuse_port: several processes listen, the kernel spreads the connections.
    """
    host = plain_address(endpoint.host)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise ListenError(
            f"cannot listen on {endpoint}: {error.strerror}; write an IPv4 address instead"
        ) from error
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if host == "::" else 1)
        sock.bind((host, endpoint.port))
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        raise ListenError(f"cannot listen on {endpoint}: {_advice(error, endpoint)}") from error
    sock.setblocking(False)
    return sock


def bind_unix(path: Path, mode: int = 0o660) -> socket.socket:
    """Return a listening Unix socket at ``path``, replacing what a dead process left. Raises ListenError."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with short_name(path) as name:
            if _is_stale(path, name):
                path.unlink()
            sock.bind(name)
        path.chmod(mode)
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        used = error.errno == errno.EADDRINUSE
        reason = "another process listens there; stop it first" if used else error.strerror
        raise ListenError(f"cannot listen on {path}: {reason}") from error
    sock.setblocking(False)
    return sock


@contextmanager
def short_name(path: Path) -> Iterator[str]:
    """Yield a name for a Unix socket that fits into the system's 108 octets, however deep it lies."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _is_stale(path: Path, name: str) -> bool:
    """Tell whether a socket lies at ``path`` that nobody listens on."""
    try:
        if not stat.S_ISSOCK(path.stat().st_mode):
            return False
    except FileNotFoundError:
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(name) == errno.ECONNREFUSED


def _advice(error: OSError, endpoint: Endpoint) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {endpoint.port} is used by another process; stop it "
            f"(`ss -ltnp sport = :{endpoint.port}` names it) or choose another port"
        )
    if error.errno == errno.EACCES and 0 < endpoint.port < _PRIVILEGED:
        return f"port {endpoint.port} needs root; start as root, or choose a port from {_PRIVILEGED} on"
    if error.errno == errno.EADDRNOTAVAIL:
        return "this machine does not have that address"
    return error.strerror or str(error)


class Listener:
    """Accepts connections on one socket while it is open."""

    def __init__(self, engine: Engine, listening: Listening) -> None:
        """Accept once :meth:`open` was called."""
        self._engine, self._listening = engine, listening
        self._sock, self.service = listening.sock, listening.service
        name = self._sock.getsockname()
        #: The port that was bound; 0 for a Unix socket.
        self.port: int = name[1] if isinstance(name, tuple) else 0

    def open(self) -> None:
        """Accept."""
        self._resume()

    def close(self) -> None:
        """Accept no more; the socket is closed."""
        if self._sock.fileno() >= 0:
            self._suspend()
            self._sock.close()

    def wake(self) -> None:
        """Look who waits, where connections do not always wake us."""

    def _resume(self) -> None:
        self._engine.loop.add_reader(self._sock.fileno(), self._accept)

    def _suspend(self) -> None:
        self._engine.loop.remove_reader(self._sock.fileno())

    def _accept(self) -> None:
        """Take who waits."""
        for _ in range(ACCEPTS):
            if not self._accept_one():
                return

    def _accept_one(self) -> bool:
        """Take the first who waits; return False if nobody does, or nobody can be taken now."""
        try:
            sock, name = self._sock.accept()
        except (BlockingIOError, InterruptedError):
            return False
        except ConnectionAbortedError:
            return True
        except OSError as error:
            _log.error("cannot accept", service=self.service.name, port=self.port, reason=error)
            self._suspend()
            self._engine.loop.call_later(PAUSE, self._accept_again)
            return False
        self._take(sock, name)
        return True

    def _accept_again(self) -> None:
        if self._sock.fileno() >= 0:
            self._resume()

    def _take(self, sock: socket.socket, name: object) -> None:
        """Serve a connection that was accepted, or say why not."""
        service, (host, port) = self.service, address_of(sock, name)
        limits, proxied = service.limits, service.proxied
        reason = limits.take(host, proxied=proxied)
        if reason is not None:
            metrics.REFUSED.add(service.name)
            _log.notice("connection refused", service=service.name, peer=host, reason=reason)
            _refuse(sock, b"" if self._listening.tls or proxied else service.refusal)
            return
        connection = self._engine.adopt(
            service,
            sock,
            (host, port),
            local_port=self.port,
            tls=self._listening.tls,
            ended=lambda: limits.give_back(host, proxied=proxied),
        )
        _log.debug("connection accepted", connection=connection.peer.connection_id, peer=host)


def address_of(sock: socket.socket, name: object) -> tuple[str, int]:
    """Prepare a socket that was accepted; return where it comes from."""
    sock.setblocking(False)
    if not isinstance(name, tuple):
        return ("local", 0)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return (plain_address(name[0]), name[1])


def _refuse(sock: socket.socket, text: bytes) -> None:
    """Say why and close; nothing was read yet, so the words arrive."""
    with sock:
        try:
            sock.send(text)
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            return
