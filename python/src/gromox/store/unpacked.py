"""Compressed contents, unpacked into anonymous files that the kernel sends from.

Clients read a large message in stretches, or several of them one after the other: without this each stretch
would unpack everything before it, and each octet would pass through the process. Unpacking goes on from where
the last reader stopped. Bounded: the content that was used longest ago goes first.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Final

import zstandard

from gromox.base.wire import FilePiece
from gromox.store.errors import CorruptError, MessageGoneError

if TYPE_CHECKING:
    from pathlib import Path

MAX_OCTETS: Final = 48 << 20
"""Of all contents of the process together."""
MAX_SIZE: Final = 24 << 20
"""Of one content; larger ones are unpacked as they are sent."""
MAX_COUNT: Final = 64
"""Of files open at a time."""
_CHUNK: Final = 1 << 20


class Unpacked:
    """One content; ``ready`` octets from its beginning on are there."""

    __slots__ = ("_fd", "_lock", "_reader", "ready", "size")

    def __init__(self, path: Path, size: int) -> None:
        """Open the file. Raises MessageGoneError."""
        try:
            source = path.open("rb")
        except FileNotFoundError as error:
            raise MessageGoneError("the message was purged meanwhile") from error
        self._reader = zstandard.ZstdDecompressor().stream_reader(source, closefd=True)
        self._fd = os.memfd_create("gromox-content", os.MFD_CLOEXEC)
        self._lock = threading.Lock()
        self.ready, self.size = 0, size

    def advance(self, position: int) -> None:
        """Unpack until the octet at ``position`` is there, in chunks of a mebibyte."""
        with self._lock:
            while self.ready <= position:
                try:
                    chunk = self._reader.read(_CHUNK)
                except zstandard.ZstdError as error:
                    raise CorruptError("a content file is damaged") from error
                if not chunk:
                    raise CorruptError("a content file is shorter than it was when written")
                os.pwrite(self._fd, chunk, self.ready)
                self.ready += len(chunk)
                if self.ready >= self.size:
                    self._reader.close()  # type: ignore[no-untyped-call]

    def read(self, offset: int, length: int) -> bytes:
        """Return a stretch; at most a chunk, at least an octet."""
        self.advance(offset)
        return os.pread(self._fd, min(length, _CHUNK, self.ready - offset), offset)

    def piece(self, offset: int, length: int) -> FilePiece:
        """Return a stretch for ``sendfile``, as much as is ready, at least an octet."""
        self.advance(offset)
        fd = os.dup(self._fd)  # the piece may outlive this
        return FilePiece(fd, offset, min(length, self.ready - offset), lambda: os.close(fd))

    def __del__(self) -> None:
        """Close both files."""
        if hasattr(self, "_reader"):
            self._reader.close()  # type: ignore[no-untyped-call]
        if hasattr(self, "_fd"):
            os.close(self._fd)


_lock: Final = threading.Lock()
_kept: Final[dict[str, Unpacked]] = {}


def unpacked(path: Path, size: int) -> Unpacked | None:
    """Return a content, kept or new; None: it is too large for that."""
    if size > MAX_SIZE:
        return None
    key = str(path)
    with _lock:
        content = _kept.pop(key, None) or Unpacked(path, size)
        _kept[key] = content
        total = sum(each.size for each in _kept.values())
        while total > MAX_OCTETS or len(_kept) > MAX_COUNT:
            total -= _kept.pop(next(iter(_kept))).size
    return content


def forget(path: Path) -> None:
    """Drop a content, whose file is damaged."""
    with _lock:
        _kept.pop(str(path), None)
