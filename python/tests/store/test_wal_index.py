"""Whether anybody committed is seen at the header of the log's index."""

from __future__ import annotations


import sqlite3
import struct
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.mailbox import Mailbox
from gromox.store.sync.reading import snapshot
from gromox.store.uidset import UidSet
from gromox.store.wal_index import WalIndex, is_next
from tests.store.sample import mail

INBOX = 13
#: The byte that every connection holds a shared lock on as long as it is open (SQLite, wal.c and os_unix.c).
DEAD_MAN_SWITCH = 128

HOLDERS = """
import fcntl, struct, sys
lock = struct.pack("hhqqi", fcntl.F_WRLCK, 0, int(sys.argv[2]), 1, 0)
with open(sys.argv[1], "r+b") as file:
    kind, _, _, _, pid = struct.unpack("hhqqi", fcntl.fcntl(file, fcntl.F_GETLK, lock))
print(pid if kind != fcntl.F_UNLCK else 0)
"""


@pytest.fixture
def statements(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What SQLite is asked in the mailbox."""
    asked: list[str] = []
    mailbox.file.connection.set_trace_callback(asked.append)
    return asked


def test_the_header_differs_after_each_commit_and_only_then(tmp_path: Path) -> None:
    database = tmp_path / "some.sqlite3"
    with closing(sqlite3.connect(database, isolation_level=None)) as ours:
        ours.execute("PRAGMA journal_mode = WAL")
        ours.execute("CREATE TABLE numbers (n INTEGER)")
        index = WalIndex(database)
        seen = [index.header()]
        assert len(seen[0]) == 48
        with closing(sqlite3.connect(database, isolation_level=None)) as other:
            for connection in (ours, other, ours, other):
                connection.execute("INSERT INTO numbers VALUES (1)")
                seen.append(index.header())
                assert is_next(seen[-1], seen[-2])
                assert connection.execute("SELECT count(*) FROM numbers").fetchone() == (len(seen) - 1,)
                assert index.header() == seen[-1]
            other.execute("BEGIN IMMEDIATE")
            other.execute("INSERT INTO numbers VALUES (1)")
            other.execute("ROLLBACK")
            assert index.header() == seen[-1]
            assert not is_next(seen[-1], seen[-3])
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            assert index.header() != seen[-1]
            assert not is_next(index.header(), seen[-1])
        assert len(set(seen)) == len(seen)
        index.close()
        assert index.header() == b""


def test_the_count_of_changes_begins_anew() -> None:
    last, first = (b"\0" * 8 + struct.pack("=I", number) + b"\0" * 36 for number in (0xFFFF_FFFF, 0))
    assert is_next(first, last)
    assert not is_next(last, first)
    assert not is_next(first, b"")


def test_without_a_log_there_is_no_header(tmp_path: Path) -> None:
    database = tmp_path / "some.sqlite3"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE numbers (n INTEGER)")
        assert WalIndex(database).header() == b""


def test_looking_costs_no_statement_while_nobody_commits(mailbox: Mailbox, statements: list[str]) -> None:
    mailbox.append(INBOX, [mail()])
    mailbox.view(INBOX)
    statements.clear()
    for _ in range(3):
        assert mailbox.view(INBOX).total == 1
        assert mailbox.change_number()
    assert statements == []


def test_what_we_committed_ourselves_is_not_asked_for(mailbox: Mailbox, statements: list[str]) -> None:
    mailbox.append(INBOX, [mail()])
    mailbox.view(INBOX)
    statements.clear()
    change = FlagChange(FlagOperation.ADD, Flag.SEEN)
    mailbox.set_flags(INBOX, UidSet([(1, 1)]), change)
    assert mailbox.view(INBOX).unseen == 0
    assert not [each for each in statements if "data_version" in each]


def test_what_comes_while_we_read_is_seen_afterwards(mailbox: Mailbox, path: Path) -> None:
    mailbox.append(INBOX, [mail()])
    with Mailbox.open(path) as other:
        with snapshot(mailbox.file):
            other.append(INBOX, [mail()])
            mailbox.file.refresh()
            assert mailbox.view(INBOX).total == 1
            mailbox.file.refresh()
        assert mailbox.view(INBOX).total == 2


def test_writers_that_take_turns_see_each_other(mailbox: Mailbox, path: Path) -> None:
    with Mailbox.open(path) as other:
        for turn in range(1, 6):
            mailbox.append(INBOX, [mail()])
            assert other.append(INBOX, [mail()]).uids[0] == 2 * turn
            assert mailbox.view(INBOX).total == other.view(INBOX).total == 2 * turn
        other.checkpoint()
        assert mailbox.view(INBOX).total == 10


def test_reading_the_header_gives_up_no_lock(mailbox: Mailbox, path: Path) -> None:
    shared = path / "exmdb" / "exchange.sqlite3-shm"
    with Mailbox.open(path) as other:
        other.view(INBOX)
    mailbox.view(INBOX)
    command = [sys.executable, "-c", HOLDERS, str(shared), str(DEAD_MAN_SWITCH)]
    holder = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(holder.stdout) != 0
