"""Compressed connections: raw DEFLATE (RFC 1951) between the core and the socket, under TLS if there is any.

Both directions work in steps, so that a small piece of compressed input never becomes a large one of memory,
and a large answer never stops the loop.
"""

from __future__ import annotations

import os
import zlib
from collections import deque
from typing import TYPE_CHECKING, Final

from gromox.base.wire import FilePiece
from gromox.serve.outbox import Outbox, TlsOutbox

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable

    from gromox.base.wire import Piece

#: Octets that one step of decompression returns at most, whatever they were made from.
INFLATED: Final = 64 << 10
#: Octets compressed in one step, and in one turn of the loop (some milliseconds).
DEFLATED: Final = 128 << 10
TURN: Final = 512 << 10
#: A window of 8 KiB and small tables: 64 KiB for a connection instead of 268, for some percent more to send.
_WINDOW: Final = -13
_TABLES: Final = 6
#: Mail is text: higher levels cost twice the time for a few percent.
_LEVEL: Final = 3


class Inflater:
    """What comes in compressed, in pieces that are bounded."""

    __slots__ = ("_stream", "_waiting")

    def __init__(self) -> None:
        """Begin with the first octet after the agreement."""
        self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
        self._waiting = b""

    def feed(self, octets: bytes) -> None:
        """Take what was received."""
        self._waiting += octets

    def step(self) -> bytes | None:
        """Return the next octets, at most :data:`INFLATED`; None: more has to come in first.

        Raises:
            EOFError: the peer ended its stream, or what it sent is no such stream.
        """
        try:
            # Asked even without input: the stream may hold back what did not fit the last time.
            octets = self._stream.decompress(self._waiting, INFLATED)
        except zlib.error as error:
            raise EOFError("not a DEFLATE stream") from error
        self._waiting = self._stream.unconsumed_tail
        if octets:
            return octets
        if self._stream.eof:
            raise EOFError("the stream was ended")
        return None


class Deflater:
    """The compressor of a connection; it remembers what was sent before."""

    __slots__ = ("_stream",)

    def __init__(self) -> None:
        """Begin with the first octet after the agreement."""
        self._stream = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW, _TABLES)

    def add(self, octets: bytes | memoryview) -> bytes:
        """Compress; some of it stays in the stream."""
        return self._stream.compress(octets)

    def flush(self) -> bytes:
        """Return what is in the stream, so that the peer can read all that was added."""
        return self._stream.flush(zlib.Z_SYNC_FLUSH)


class DeflateOutbox(Outbox):
    """A queue whose octets are compressed when the socket has room for them."""

    __slots__ = ("_deflater", "_inner", "_plain", "_unflushed")

    def __init__(self, sock: socket.socket, deflater: Deflater, *, tls: bool) -> None:
        """Send on ``sock``, which does not block."""
        super().__init__(sock)
        self._inner = TlsOutbox(sock) if tls else Outbox(sock)
        self._plain: deque[bytes | memoryview | FilePiece] = deque()
        self._deflater = deflater
        self._unflushed = False

    def extend(self, pieces: Iterable[Piece]) -> None:
        """Append ``pieces``; ``size`` counts them as they are until they are compressed."""
        for piece in pieces:
            length = piece.length if isinstance(piece, FilePiece) else len(piece)
            if length:
                self._plain.append(piece)
                self.size += length
            elif isinstance(piece, FilePiece):
                piece.close()

    def flush(self) -> int:
        """Compress and send what the socket takes now; return how many octets went out."""
        out = work = 0
        while work < TURN:
            while self._plain and self._inner.size < DEFLATED and work < TURN:
                work += self._compress()
            if not self._plain and self._unflushed:
                self._hand_on(self._deflater.flush())
                self._unflushed = False
            sent = self._inner.flush()
            self.size -= sent
            out += sent
            if self._inner.size or not self._plain:
                break
        return out

    def clear(self) -> None:
        """Forget everything; files are closed."""
        for piece in self._plain:
            if isinstance(piece, FilePiece):
                piece.close()
        self._plain.clear()
        self._inner.clear()
        self.size = 0

    def _compress(self) -> int:
        """Compress a step of what waits; return how many octets it was."""
        head = self._plain.popleft()
        octets: bytes | memoryview
        if isinstance(head, FilePiece):
            octets = os.pread(head.fd, min(head.length, DEFLATED), head.offset)
            if not octets:
                self._plain.appendleft(head)
                raise EOFError("a file ended before the length that was announced to the peer")
            left = head.length - len(octets)
            if left:
                self._plain.appendleft(FilePiece(head.fd, head.offset + len(octets), left, head.close))
            else:
                head.close()
        else:
            octets = memoryview(head)[:DEFLATED]
            if len(head) > DEFLATED:
                self._plain.appendleft(memoryview(head)[DEFLATED:])
        self.size -= len(octets)
        self._unflushed = True
        self._hand_on(self._deflater.add(octets))
        return len(octets)

    def _hand_on(self, octets: bytes) -> None:
        self._inner.extend([octets])
        self.size += len(octets)
