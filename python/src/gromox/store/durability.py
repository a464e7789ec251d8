"""Make what was committed survive a power loss: one fdatasync for many acknowledgements.

A commit only writes to the ``-wal`` file (``synchronous=NORMAL``): it survives the death of the process,
not that of the machine. Before anything is acknowledged, :meth:`Wal.sync` makes the file durable. It works
on a descriptor of its own, so that it may run in another thread while the connection goes on; it may be
opened and closed at will because SQLite keeps its locks on the database and the ``-shm`` file only.

SQLite's own syncs cover the rest: a checkpoint syncs the ``-wal`` before it copies and the database after,
and the ``-wal`` is overwritten from its start only after that. (Who syncs a long log has it copied as well,
so that it seldom has to grow.) If the file is gone, the last connection closed and its checkpoint has synced
everything into the database.

A failed fdatasync *poisons* the mailbox: the kernel may have dropped the pages and reported it once only,
so a second, successful call proves nothing. Nothing is acknowledged or written any more until the mailbox
is reopened, and the first to reopen it copies the whole ``-wal`` into the database (new writes, new sync)
before it goes on.
"""

from __future__ import annotations

import os
import threading
import weakref
from pathlib import Path
from typing import Final

from gromox.store.errors import CorruptError

#: Frames after which the log should be copied into the database, so that it is begun anew: 8 MiB. Syncing
#: a file that is overwritten flushes the disk once; one that grows, twice, for the journal of the file
#: system follows (77 us instead of 241 where a flush is quick).
LONG: Final = 2048

# https://www.sqlite.org/fileformat2.html, section 4.1.
_HEADER: Final = 32
_FRAME_HEADER: Final = 24


class Wal:
    """The write-ahead log of one mailbox, shared by all its connections of this process."""

    def __init__(self, database: Path) -> None:
        """Watch over the log beside ``database``."""
        self.database: Final = database
        self.path: Final = Path(f"{database}-wal")
        self.poisoned = False
        self._condition = threading.Condition()
        #: The highest ticket, and the highest one that is durable.
        self.written = self.synced = 0
        self._busy = False
        self._fd = -1
        #: Of the round of the log that :attr:`_due` is about: which frame makes it long.
        self._salts = b""
        self._due = LONG
        self._is_long = self._has_rest = False

    def wrote(self) -> int:
        """Note that something was committed that has to become durable.

        Returns the ticket for :meth:`sync`.
        """
        with self._condition:
            self.written += 1
            return self.written

    def sync(self, ticket: int) -> None:
        """Return when ``ticket`` is durable; callers that arrive together share one fdatasync.

        Raises:
            CorruptError: the disk failed, now or earlier; the mailbox has to be reopened.
        """
        with self._condition:
            while True:
                if self.poisoned:
                    raise CorruptError("a write to disk failed earlier: reopen the mailbox")
                if self.synced >= ticket:
                    return
                if not self._busy:
                    break
                self._condition.wait()
            self._busy = True
            target = self.written
        failure: OSError | None = None
        try:
            self._fdatasync()
        except OSError as error:
            failure = error
        with self._condition:
            self._busy = False
            if failure is None:
                self.synced = max(self.synced, target)
            else:
                self.poisoned = True
                _poisoned.add(self.database)
            self._condition.notify_all()
        if failure is not None:
            raise CorruptError("the disk did not take what was written: reopen the mailbox") from failure

    def _fdatasync(self) -> None:
        try:
            present = os.stat(self.path)  # noqa: PTH116 - the cheapest form; once a sync
        except FileNotFoundError:
            self._forget()
            return
        if not present.st_size:  # begun anew by who opened the database first: all of it is in there
            return
        if self._fd >= 0 and os.fstat(self._fd).st_ino != present.st_ino:
            self._forget()
        if self._fd < 0:
            try:
                self._fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                return
            # SQLite does not sync the directory when it creates the log.
            sync_directory(self.path.parent)
        os.fdatasync(self._fd)
        self._measure()

    def _measure(self) -> None:
        """Look whether the log has become long since it was begun, or since that was said last."""
        header = os.pread(self._fd, _HEADER, 0)
        salts = header[16:24]
        if salts != self._salts:
            self._salts, self._due = salts, LONG
        page_size = int.from_bytes(header[8:12], "big")
        frame = os.pread(self._fd, _FRAME_HEADER, _HEADER + (self._due - 1) * (_FRAME_HEADER + page_size))
        if len(frame) == _FRAME_HEADER and frame[8:16] == salts:  # those of a former round have other ones
            self._due += LONG
            self._is_long = True

    @property
    def is_long(self) -> bool:
        """Tell whether :meth:`take_long` would say so."""
        return self._is_long

    def take_long(self) -> bool:
        """Tell, once, whether the log is so long that it should be copied.

        If that does not let it be begun anew, because somebody still reads in it, it is told again after as
        many frames more.
        """
        if not self._is_long:
            return False
        with self._condition:
            is_long, self._is_long = self._is_long, False
        return is_long

    def leave_rest(self) -> None:
        """Note that most of a long log was copied, but not what was written meanwhile."""
        with self._condition:
            self._has_rest = True

    def take_rest(self) -> bool:
        """Tell, once, whether a small rest of the log is to be copied before anybody writes again."""
        if not self._has_rest:
            return False
        with self._condition:
            has_rest, self._has_rest = self._has_rest, False
        return has_rest

    def _forget(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __del__(self) -> None:
        """Close the descriptor."""
        self._forget()


_wals: Final[weakref.WeakValueDictionary[Path, Wal]] = weakref.WeakValueDictionary()
_poisoned: Final[set[Path]] = set()
_lock: Final = threading.Lock()


def wal_of(database: Path) -> Wal:
    """Return the log that all connections of this process to ``database`` share."""
    key = database.resolve()
    with _lock:
        wal = _wals.get(key)
        if wal is None or wal.poisoned:
            wal = _wals[key] = Wal(key)
        return wal


def needs_rescue(database: Path) -> bool:
    """Tell whether the log was poisoned in this process and has to be copied into the database before use."""
    return database.resolve() in _poisoned


def rescued(database: Path) -> None:
    """Note that the log was copied and synced."""
    _poisoned.discard(database.resolve())


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
