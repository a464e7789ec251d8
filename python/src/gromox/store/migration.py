"""Bring a mailbox file to the schema of this program, or refuse it.

``PRAGMA user_version`` is the number of the last migration that ran; each ``schema/NNNN_name.sql`` runs in
one transaction together with the new number, so an interrupted migration leaves the old version.
"""

from __future__ import annotations

import re
import sqlite3
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from gromox.store.errors import CorruptError, NewerVersionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

APPLICATION_ID: Final = 0x474D5842  # "GMXB"
_NAME: Final = re.compile(r"(\d{4})_\w+\.sql")


@cache
def migrations() -> tuple[tuple[int, str], ...]:
    """Return (number, SQL script) of every migration, in order."""
    found = [
        (int(match.group(1)), entry.read_text("utf-8"))
        for entry in resources.files("gromox.store").joinpath("schema").iterdir()
        if (match := _NAME.fullmatch(entry.name))
    ]
    return tuple(sorted(found))


def current_version() -> int:
    """Return the version this program writes."""
    return migrations()[-1][0]


def statements(script: str) -> Iterator[str]:
    """Split a script; ``executescript`` would commit before it starts."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
    if pending.strip():
        yield pending


def migrate(connection: sqlite3.Connection, scripts: Sequence[tuple[int, str]] | None = None) -> None:
    """Run the missing migrations.

    Raises:
        NewerVersionError: a newer program wrote the file.
        CorruptError: it is not a mailbox.
    """
    scripts = migrations() if scripts is None else scripts
    newest = scripts[-1][0]
    version = check_version(connection, newest)
    if version == newest:
        return
    for number, script in scripts:
        if number > version:
            _run(connection, number, script)


def check_version(connection: sqlite3.Connection, newest: int) -> int:
    """Return the version of the file, 0 for an empty one; refuse newer and foreign files."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if version > newest:
        raise NewerVersionError(
            f"schema {version} is newer than {newest}, the newest this program knows: upgrade it"
        )
    if application != APPLICATION_ID and (version or application or _has_tables(connection)):
        raise CorruptError("the file is an SQLite database, but no mailbox")
    return int(version)


def _has_tables(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone() is not None


def _run(connection: sqlite3.Connection, number: int, script: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version < number:  # else another process was faster
            for statement in statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number:d}")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
