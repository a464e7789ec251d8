"""The header of the index of a write-ahead log: it differs whenever somebody committed.

Spec:
    https://sqlite.org/walformat.html, section 2.1, the WAL-Index Header: ``iChange`` (octets 8 to 11, in the
    byte order of the machine) is incremented by each transaction; a checkpoint that begins the log anew
    changes the salts. SQLite compares these 48 octets itself to learn whether a snapshot is the newest.

``PRAGMA data_version`` asks the same, takes a lock for it and ten times as long. The header is read with the
descriptor of SQLite: one of our own must not exist, because closing it would end the locks that this
process holds on the file (POSIX; https://sqlite.org/howtocorrupt.html, section 2.2).
"""

from __future__ import annotations

import os
import sys
from itertools import chain
from typing import TYPE_CHECKING, Final

from gromox.base.log import get_logger

if TYPE_CHECKING:
    from pathlib import Path

_log = get_logger("store")

_HEADER: Final = 48
_CHANGE: Final = slice(8, 12)
#: Descriptors that are looked at; they are given out from the lowest on.
_MOST: Final = 1 << 16
#: How far above the lowest that is free one may be: others were closed meanwhile.
_ABOVE: Final = 64


class WalIndex:
    """The header of the log's index as one connection may read it, while it is open."""

    __slots__ = ("_fd",)

    def __init__(self, database: Path) -> None:
        """Find it; a connection of this process must have read from ``database``."""
        self._fd = _find(f"{database}-shm")
        if self._fd < 0:
            _log.debug("index of the log not found", database=database)

    def header(self) -> bytes:
        """Return the octets of the header; none if it cannot be read."""
        if self._fd < 0:
            return b""
        return os.pread(self._fd, _HEADER, 0)

    def close(self) -> None:
        """Read no more: the connection is about to be closed."""
        self._fd = -1


def is_next(header: bytes, former: bytes) -> bool:
    """Tell whether exactly one transaction was committed between two looks."""
    if len(header) != _HEADER or len(former) != _HEADER:
        return False
    return (_change(header) - _change(former)) & 0xFFFF_FFFF == 1


def _change(header: bytes) -> int:
    return int.from_bytes(header[_CHANGE], sys.byteorder)


def _find(path: str) -> int:
    """Return the descriptor with which SQLite has a file open; -1 if it has not."""
    try:
        wanted = os.stat(path)  # noqa: PTH116 - once for each opening
        lowest = os.open("/", os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return -1
    os.close(lowest)
    for fd in chain(range(min(lowest, _MOST) - 1, -1, -1), range(lowest, lowest + _ABOVE)):
        try:
            found = os.fstat(fd)
        except OSError:
            continue
        if found.st_ino == wanted.st_ino and found.st_dev == wanted.st_dev:
            return fd
    return -1
