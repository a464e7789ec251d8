"""Which mailboxes grant something to whom: an index beside all mailboxes of a node.

Rights stand in the mailboxes and nowhere else; the index only spares looking into all of them. A grant is
announced before the transaction that makes it commits, and the whole of a mailbox is compared when it is
opened: so the index may name too many mailboxes, and what it lacks (a mailbox that was copied in by hand)
comes with the next opening. Whoever uses it asks the mailbox itself.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.base.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_log = get_logger("store")

_MODE: Final = 0o660
_PATIENCE: Final = 2.0
_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS grants (
      grantee TEXT NOT NULL, mailbox TEXT NOT NULL, PRIMARY KEY (grantee, mailbox)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS grants_by_mailbox ON grants (mailbox)",
)


class Grants:
    """The index of one node; made when first written. Any thread may use it.

    A failure is logged and otherwise passed over: no mailbox depends on the index.
    """

    def __init__(self, path: Path) -> None:
        """Keep the index in a file, beside the mailboxes."""
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def mailboxes(self, names: Collection[str], limit: int) -> list[Path]:
        """Return mailboxes that may grant something to one of ``names``; those of earlier names first."""
        found: dict[str, None] = {}
        ordered = [name.casefold() for name in names]
        try:
            with self._lock:
                connection = self._open()
                for name in ordered:
                    rows = connection.execute(
                        "SELECT mailbox FROM grants WHERE grantee = ? ORDER BY mailbox LIMIT ?", (name, limit)
                    )
                    found.update(dict.fromkeys([mailbox for (mailbox,) in rows]))
                    if len(found) >= limit:
                        break
        except (sqlite3.Error, OSError) as error:
            self._complain(error)
        return [Path(mailbox) for mailbox in list(found)[:limit]]

    def announce(self, mailbox: Path, names: Iterable[str]) -> None:
        """Note that a mailbox may grant something to ``names`` from now on; durable when this returns."""
        rows = [(name, str(mailbox)) for name in names]
        try:
            with self._lock:
                self._open().executemany("INSERT OR IGNORE INTO grants VALUES (?, ?)", rows)
        except (sqlite3.Error, OSError) as error:
            self._complain(error)

    def compare(self, mailbox: Path, names: Collection[str]) -> None:
        """Make the index say of a mailbox that it grants something to ``names`` and to nobody else."""
        try:
            with self._lock:
                self._compare(str(mailbox), set(names))
        except (sqlite3.Error, OSError) as error:
            self._complain(error)

    def _compare(self, mailbox: str, names: set[str]) -> None:
        if not names and self._connection is None and not self._path.exists():
            return
        connection = self._open()
        known = {
            name for (name,) in connection.execute("SELECT grantee FROM grants WHERE mailbox = ?", (mailbox,))
        }
        if known == names:
            return
        connection.executemany(
            "DELETE FROM grants WHERE grantee = ? AND mailbox = ?",
            [(name, mailbox) for name in known - names],
        )
        connection.executemany(
            "INSERT OR IGNORE INTO grants VALUES (?, ?)", [(name, mailbox) for name in names - known]
        )

    def close(self) -> None:
        """Close the file; it is opened again when it is needed."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            is_new = not self._path.exists()
            connection = sqlite3.connect(
                self._path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
            )
            if is_new:
                self._path.chmod(_MODE)
                if os.geteuid() == 0:  # a tool was first: the daemons have to write here too
                    owner = self._path.parent.stat()
                    os.chown(self._path, owner.st_uid, owner.st_gid)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            for statement in _SCHEMA:
                connection.execute(statement)
            self._connection = connection
        return self._connection

    def _complain(self, error: Exception) -> None:
        _log.warning("index of grants not used", path=self._path, reason=error)


@cache
def index_at(path: Path) -> Grants:
    """Return the index in a file; all mailboxes of a process share it."""
    return Grants(path)
