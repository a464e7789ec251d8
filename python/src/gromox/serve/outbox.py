"""What waits to be sent on one connection, and how it gets onto the socket with the fewest system calls."""

from __future__ import annotations

import os
import ssl
from collections import deque
from typing import TYPE_CHECKING, Final

from gromox.base.wire import FilePiece

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable

    from gromox.base.wire import Piece

#: Octets handed to the kernel at once; more gains nothing and keeps other connections waiting.
MOST_AT_ONCE: Final = 1 << 20
#: Octets up to which pieces are joined: copying is cheaper than a vector of small pieces.
JOIN_BELOW: Final = 64 << 10
#: Pieces of one vector; the kernel's limit is 1024.
MOST_PIECES: Final = 512
#: Octets read from a file at once where sendfile is not possible (TLS).
FILE_STEP: Final = 256 << 10
#: Octets sent in one turn of the loop before others get theirs.
TURN: Final = 4 << 20


class Outbox:
    """A queue of octets and stretches of files in front of a clear-text socket."""

    __slots__ = ("_queue", "_sock", "size")

    def __init__(self, sock: socket.socket) -> None:
        """Send on ``sock``, which does not block."""
        self._sock = sock
        self._queue: deque[bytes | memoryview | FilePiece] = deque()
        self.size = 0

    def extend(self, pieces: Iterable[Piece]) -> None:
        """Append ``pieces``."""
        for piece in pieces:
            length = piece.length if isinstance(piece, FilePiece) else len(piece)
            if length:
                self._queue.append(piece)
                self.size += length
            elif isinstance(piece, FilePiece):
                piece.close()

    def flush(self) -> int:
        """Send what the socket takes now; return how many octets went out. Raises OSError: nobody there."""
        before = self.size
        try:
            while self._queue and before - self.size < TURN:
                head = self._queue[0]
                if isinstance(head, FilePiece):
                    self._send_file(head)
                else:
                    self._send_octets()
        except (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        return before - self.size

    def clear(self) -> None:
        """Forget everything; files are closed."""
        for piece in self._queue:
            if isinstance(piece, FilePiece):
                piece.close()
        self._queue.clear()
        self.size = 0

    def _send_octets(self) -> None:
        run, total = self._run()
        if len(run) == 1:
            sent = self._sock.send(run[0][:MOST_AT_ONCE] if total > MOST_AT_ONCE else run[0])
        elif total <= JOIN_BELOW:
            self._replace(len(run), joined := b"".join(run))
            sent = self._sock.send(joined)
        else:
            sent = self._sock.sendmsg(run)
        self._drop(sent)

    def _run(self) -> tuple[list[bytes | memoryview], int]:
        """Return the octets at the head that go out together."""
        run: list[bytes | memoryview] = []
        total = 0
        for piece in self._queue:
            if (
                isinstance(piece, FilePiece)
                or len(run) == MOST_PIECES
                or (run and total + len(piece) > MOST_AT_ONCE)
            ):
                break
            run.append(piece)
            total += len(piece)
        return run, total

    def _replace(self, count: int, octets: bytes) -> None:
        for _ in range(count):
            self._queue.popleft()
        self._queue.appendleft(octets)

    def _drop(self, sent: int) -> None:
        """Take ``sent`` octets off the head."""
        self.size -= sent
        while sent:
            head = self._queue.popleft()
            length = len(head)  # type: ignore[arg-type]  # only octets were sent
            if length > sent:
                self._queue.appendleft(memoryview(head)[sent:])  # type: ignore[arg-type]
                return
            sent -= length

    def _send_file(self, piece: FilePiece) -> None:
        sent = os.sendfile(self._sock.fileno(), piece.fd, piece.offset, min(piece.length, MOST_AT_ONCE))
        if not sent:
            raise EOFError("a file ended before the length that was announced to the peer")
        self._advance(piece, sent)

    def _advance(self, piece: FilePiece, octets: int) -> None:
        """Take ``octets`` off the file piece at the head."""
        self.size -= octets
        if octets == piece.length:
            self._queue.popleft()
            piece.close()
        else:
            self._queue[0] = FilePiece(piece.fd, piece.offset + octets, piece.length - octets, piece.close)


class TlsOutbox(Outbox):
    """The same in front of TLS.

    OpenSSL wants a write that did not fit repeated with the same octets: what is tried stays the head of
    the queue.
    """

    __slots__ = ()

    def _send_octets(self) -> None:
        run, total = self._run()
        head = run[0]
        if len(run) > 1 and len(head) < JOIN_BELOW:
            count = octets = 0
            while count < len(run) and octets < JOIN_BELOW:
                octets += len(run[count])
                count += 1
            self._replace(count, b"".join(run[:count]))
        elif total > FILE_STEP and len(head) > FILE_STEP:
            view = memoryview(head)
            self._queue[0] = view[FILE_STEP:]
            self._queue.appendleft(view[:FILE_STEP])
        sent = self._sock.send(self._queue[0])  # type: ignore[arg-type]  # octets, see above
        self._drop(sent)

    def _send_file(self, piece: FilePiece) -> None:
        """Turn the next stretch of the file into octets; they are sent in the next step."""
        octets = os.pread(piece.fd, min(piece.length, FILE_STEP), piece.offset)
        if not octets:
            raise EOFError("a file ended before the length that was announced to the peer")
        self._advance(piece, len(octets))
        self.size += len(octets)
        self._queue.appendleft(octets)
