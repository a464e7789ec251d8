"""One SQLite connection and what its errors mean."""

from __future__ import annotations

import errno
import functools
import sqlite3
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

from gromox.store import durability, migration
from gromox.store.errors import BusyError, CorruptError, NoSpaceError, NotFoundError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

P = ParamSpec("P")
T = TypeVar("T")

BUSY_TIMEOUT: Final = 60.0
_CACHE_KIB: Final = 2048
_STATEMENTS: Final = 200
_AUTOCHECKPOINT_PAGES: Final = 16384
"""A safety net (64 MiB) for when nobody calls checkpoint()."""
_NO_SPACE: Final = {errno.ENOSPC, errno.EDQUOT}


def translated(error: sqlite3.Error | OSError) -> StoreError:
    """Return what an error of SQLite or of the file system means to callers."""
    if isinstance(error, OSError):
        if error.errno in _NO_SPACE:
            return NoSpaceError("the disk is full")
        return CorruptError(f"reading or writing the mailbox failed: {error.strerror}")
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return BusyError("another process kept the mailbox locked")
    if code == sqlite3.SQLITE_FULL:
        return NoSpaceError("the disk is full")
    if code == sqlite3.SQLITE_CANTOPEN:
        return NotFoundError("the mailbox database cannot be opened: is it there, and readable?")
    return CorruptError(f"SQLite: {error}")


def guarded(function: Callable[P, T]) -> Callable[P, T]:
    """Let only StoreErrors out of a function that works on the database."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except (sqlite3.Error, OSError) as error:
            raise translated(error) from error

    return call


def connect(path: Path, *, busy_timeout: float = BUSY_TIMEOUT, mode: str = "rw") -> sqlite3.Connection:
    """Open an existing database file; transactions are begun and ended by us alone."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        timeout=busy_timeout,
        isolation_level=None,
        check_same_thread=False,  # one thread at a time is the caller's rule: pools hand mailboxes over
        cached_statements=_STATEMENTS,
        uri=True,
    )
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_AUTOCHECKPOINT_PAGES}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.create_function("gx_fold", 1, _casefolded, deterministic=True)
    return connection


def _casefolded(text: str | bytes | float | None) -> str | bytes | float | None:
    """Return text as it is compared (``gx_fold`` in SQL)."""
    return text.casefold() if isinstance(text, str) else text


@guarded
def open_database(path: Path, *, busy_timeout: float = BUSY_TIMEOUT) -> sqlite3.Connection:
    """Open and migrate the database of a mailbox.

    Raises:
        NotFoundError: there is none.
        NewerVersionError, CorruptError: it is not for this program.
    """
    if not path.is_file():
        raise NotFoundError("there is no mailbox database at that place")
    connection = connect(path, busy_timeout=busy_timeout)
    try:
        migration.migrate(connection)
        if durability.needs_rescue(path):
            _rescue(connection, path)
    except BaseException:
        _close_untouched(connection, path)
        raise
    return connection


def _rescue(connection: sqlite3.Connection, path: Path) -> None:
    """Write all pages of the log anew: what the failed sync may have lost is still in the page cache."""
    busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise BusyError("the mailbox recovers from a failed write: other sessions must close it first")
    durability.rescued(path)


def _close_untouched(connection: sqlite3.Connection, path: Path) -> None:
    """Close without the checkpoint that the last connection would run: the file may be a newer program's."""
    try:
        witness = connect(path, mode="ro")
        witness.execute("SELECT 1 FROM sqlite_schema").fetchone()
    except sqlite3.Error:
        connection.close()
        return
    connection.close()
    witness.close()
