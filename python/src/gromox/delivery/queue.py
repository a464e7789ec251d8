"""The reading side of the spool: claim mails, note how far they are, move or remove them.

A lock on the open file (flock) says who works on a mail; it ends with the process, so a killed worker
leaves nothing behind.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gromox.base.clock import SYSTEM_CLOCK, Clock
from gromox.base.errors import ParseError
from gromox.base.log import get_logger
from gromox.delivery.spool import CACHE, MESS, QUEUES, SAVE
from gromox.delivery.spool_file import MAGIC, MAX_HEADER, Envelope, State, encode_status, parse_header

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from gromox.delivery.spool_file import Header

_log = get_logger("spool")
#: The first read of a file takes a usual mail whole.
_FIRST_READ: Final = 64 << 10
#: An unreadable file may be one that is still being copied; it is judged when nothing was written for so
#: long.
_SETTLED: Final = 60.0
#: A hidden file without a writer that never became complete is removed after this time.
_ABANDONED: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One mail in a listing."""

    queue: str
    path: Path
    envelope: Envelope

    @property
    def mail_id(self) -> str:
        """The name of the mail in logs."""
        return self.envelope.mail_id


class Item:
    """A mail that this worker has claimed."""

    __slots__ = ("_buffer", "_fd", "_header", "envelope", "path")

    def __init__(self, path: Path, fd: int, header: Header, buffer: bytes) -> None:
        """Hold an open and locked file whose first octets are ``buffer``."""
        self.path, self._fd, self._header, self._buffer = path, fd, header, buffer
        self.envelope = header.envelope

    @property
    def mail_id(self) -> str:
        """The name of the mail in logs."""
        return self.envelope.mail_id

    def octets(self) -> bytes:
        """Return the mail.

        Raises:
            OSError: the file cannot be read.
        """
        start, size = self._header.length, self.envelope.size
        if len(self._buffer) >= start + size:
            return self._buffer[start : start + size]
        return os.pread(self._fd, size, start)  # below 2 GiB the kernel reads a regular file in one go

    def mark(self, addresses: Collection[str], state: State) -> None:
        """Note in the file how far some recipients are; not synced: if it is lost, work is repeated."""
        recipients = list(self.envelope.recipients)
        for index, recipient in enumerate(recipients):
            if recipient.address in addresses and recipient.state is not state:
                recipients[index] = replace(recipient, state=state)
                os.pwrite(self._fd, state.value.encode(), self._header.state_at[index])
        self.envelope = replace(self.envelope, recipients=tuple(recipients))

    def note(self, *, tries: int, next_try: float, error: str) -> None:
        """Note the number of tries, the time of the next one and why it is needed."""
        self.envelope = replace(self.envelope, tries=tries, next_try=next_try, last_error=error)
        os.pwrite(self._fd, encode_status(self.envelope), self._header.status_at)

    def move(self, queue: str) -> None:
        """Move the mail to another queue, under its id, and let go of it."""
        self.path = move_aside(self.path, self.path.parent.parent / queue, self.mail_id)
        self.release()

    def remove(self, close: Callable[[int], None] = os.close) -> None:
        """Remove the mail: all is done. ``close`` gets the descriptor."""
        with suppress(FileNotFoundError):  # an operator was faster
            self.path.unlink()
        fd, self._fd = self._fd, -1
        close(fd)

    def release(self) -> None:
        """Let go of the mail; it stays where it is."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def move_aside(path: Path, directory: Path, name: str) -> Path:
    """Rename ``path`` into ``directory`` without replacing anything there; return the new place."""
    target, number = directory / name, 0
    while os.path.lexists(target) and target != path:
        number += 1
        target = directory / f"{name}.{number}"
    path.rename(target)
    return target


def read_header(fd: int) -> tuple[Header, bytes]:
    """Read and check the header of an open spool file; return it and what was read.

    Raises:
        ParseError: not a spool file, or not all of it.
    """
    length = os.fstat(fd).st_size
    buffer = os.pread(fd, min(length, _FIRST_READ), 0)
    if len(buffer) == _FIRST_READ and b"\n\n" not in buffer:
        buffer = os.pread(fd, MAX_HEADER, 0)
    header = parse_header(buffer)
    size = length - header.length
    if size != header.envelope.size:
        raise ParseError(f"{header.envelope.size} octets of mail (Size), not {size}", header.length)
    return header, buffer


class Queue:
    """The directory with the queues, for one worker."""

    def __init__(self, path: Path, *, clock: Clock = SYSTEM_CLOCK) -> None:
        """Read the spool at ``path``."""
        self.path, self._clock = path, clock
        self._backlog: deque[str] = deque()

    def take(self, count: int) -> list[Item]:
        """Claim up to ``count`` mails of ``mess``, the oldest first."""
        items: list[Item] = []
        if not self._backlog:
            self._backlog.extend(_visible(self.path / MESS))
        while self._backlog and len(items) < count:
            item = self._claim(self.path / MESS / self._backlog.popleft())
            if item is not None:
                # Its past is forgotten: who moves a mail here wants it tried anew.
                item.envelope = replace(item.envelope, tries=0, next_try=0.0)
                items.append(item)
        return items

    def due(self, count: int) -> list[Item]:
        """Claim up to ``count`` mails of ``cache`` whose time has come."""
        now, items = self._clock.now(), list[Item]()
        for name in _visible(self.path / CACHE):
            item = self._claim(self.path / CACHE / name)
            if item is None:
                continue
            if item.envelope.next_try > now:
                item.release()
                continue
            items.append(item)
            if len(items) == count:
                break
        return items

    def recover(self) -> int:
        """Make mails visible whose writer died after making them durable; return their number."""
        found = 0
        with os.scandir(self.path / MESS) as entries:
            hidden = [e.name for e in entries if e.name.startswith(".") and e.is_file(follow_symlinks=False)]
        for name in sorted(hidden):
            found += self._recover(self.path / MESS / name)
        return found

    def _recover(self, path: Path) -> bool:
        fd = _open_locked(path)
        if fd is None:
            return False  # its writer lives
        try:
            header, _ = read_header(fd)
        except ParseError:
            # Or not even begun: its writer was killed before the first octet.
            if MAGIC.startswith(os.pread(fd, len(MAGIC), 0)) and self._age(fd) > _ABANDONED:
                _log.notice("mail that was never complete removed", file=path.name)
                path.unlink()
            return False
        finally:
            os.close(fd)
        move_aside(path, path.parent, header.envelope.mail_id)
        _log.notice("mail recovered after a crash", mail=header.envelope.mail_id)
        return True

    def _claim(self, path: Path) -> Item | None:
        try:
            fd = _open_locked(path)
        except OSError as error:  # a directory, a socket, or not ours to read
            self._reject(path, str(error))
            return None
        if fd is None:
            return None
        try:
            header, buffer = read_header(fd)
        except ParseError as error:
            settled = self._age(fd) > _SETTLED
            os.close(fd)
            if settled:
                self._reject(path, str(error))
            return None
        return Item(path, fd, header, buffer)

    def _reject(self, path: Path, reason: str) -> None:
        try:
            kept = move_aside(path, self.path / SAVE, path.name)
        except OSError as error:
            _log.error("unreadable file cannot be moved out of the queue", file=str(path), error=error)
            return
        _log.error("not a spool file, moved aside", file=str(path), kept=str(kept), reason=reason)

    def _age(self, fd: int) -> float:
        return self._clock.now() - os.fstat(fd).st_mtime


def _visible(directory: Path) -> list[str]:
    with os.scandir(directory) as entries:
        return sorted(e.name for e in entries if not e.name.startswith("."))


def _open_locked(path: str | Path) -> int | None:
    """Open and lock a file; None when it is gone or another worker has it.

    Raises:
        OSError: it is not a regular file that we may write.
    """
    try:
        fd = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        opened, named = os.fstat(fd), os.lstat(path)
    except (BlockingIOError, FileNotFoundError):
        os.close(fd)
        return None
    if not stat.S_ISREG(opened.st_mode):
        os.close(fd)
        raise OSError("not a regular file")
    if opened.st_ino != named.st_ino:  # moved on while we waited for it
        os.close(fd)
        return None
    return fd


def entries(spool: Path, queues: Collection[str] = QUEUES) -> Iterator[Entry]:
    """List the mails of a spool without claiming them; what cannot be read (any more) is left out."""
    for queue in queues:
        for name in _visible(spool / queue):
            path = spool / queue / name
            try:
                fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
            except OSError:
                continue
            try:
                header, _ = read_header(fd)
            except (ParseError, OSError):
                continue
            finally:
                os.close(fd)
            yield Entry(queue, path, header.envelope)
