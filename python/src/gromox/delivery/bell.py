"""The wake-up of the delivery: a datagram to ``token.ipc`` in the spool. A lost one costs only latency."""

from __future__ import annotations

import errno
import os
import select
import socket
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME: Final = "token.ipc"
#: Ways of "nobody listens" and "it has been rung often enough".
_NOBODY: Final = frozenset({errno.ENOENT, errno.ECONNREFUSED, errno.EAGAIN, errno.ENOBUFS, errno.EPIPE})


@contextmanager
def _short_name(spool: Path) -> Iterator[str]:
    """Yield a name for the socket that fits into the system's 108 octets, however deep ``spool`` lies."""
    directory = os.open(spool, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{NAME}"
    finally:
        os.close(directory)


class Ringer:
    """The ringing end; rings for one spool, from any thread."""

    def __init__(self, spool: Path) -> None:
        """Prepare; nobody needs to listen yet."""
        # Through the descriptor the name fits into the system's 108 octets, however deep the spool lies.
        self._directory = os.open(spool, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        self._name = f"/proc/self/fd/{self._directory}/{NAME}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)

    def ring(self) -> None:
        """Wake whoever waits; never blocks."""
        try:
            self._socket.sendto(b"!", self._name)
        except OSError as error:
            if error.errno not in _NOBODY:
                raise

    def close(self) -> None:
        """Ring no more; may be repeated."""
        self._socket.close()
        if self._directory >= 0:
            os.close(self._directory)
            self._directory = -1

    def __del__(self) -> None:
        """Let go of the descriptors."""
        self.close()


def ring(spool: Path) -> None:
    """Wake whoever waits, once."""
    with closing(Ringer(spool)) as ringer:
        ringer.ring()


class Bell:
    """The listening end; workers of a process share one."""

    def __init__(self, spool: Path) -> None:
        """Listen; a socket that a dead process left is replaced, a living one loses its callers to us."""
        self._spool = spool
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)
        with _short_name(spool) as name:
            with suppress(FileNotFoundError):
                (spool / NAME).unlink()
            self._socket.bind(name)
            (spool / NAME).chmod(0o660)
        self._inode = (spool / NAME).stat().st_ino

    def wait(self, seconds: float) -> bool:
        """Wait at most ``seconds`` for a ring; tell whether one came. Rings that piled up count as one."""
        waiter = select.poll()
        waiter.register(self._socket, select.POLLIN)
        if not waiter.poll(seconds * 1000):
            return False
        with suppress(BlockingIOError):
            while True:
                self._socket.recv(16)
        return True

    def ring(self) -> None:
        """Wake who waits here, to have it look at its stop event."""
        ring(self._spool)

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()
        with suppress(FileNotFoundError):
            if (self._spool / NAME).stat().st_ino == self._inode:
                (self._spool / NAME).unlink()
