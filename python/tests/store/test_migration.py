from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from gromox.store import errors, migration
from gromox.store.create import create_private
from gromox.store.mailbox import Mailbox
from tests.store.sample import mail

FIRST = (1, "CREATE TABLE a (x);\nINSERT INTO a VALUES (1);\n")
SECOND = (2, "ALTER TABLE a ADD COLUMN y;\nUPDATE a SET y = 2;\n")
BROKEN = (3, "INSERT INTO a VALUES (5, 6);\nINSERT INTO nowhere VALUES (1);\n")


@pytest.fixture
def connection(tmp_path: Path) -> sqlite3.Connection:
    return sqlite3.connect(tmp_path / "x", isolation_level=None)


def test_migrations_run_in_order_and_once(connection: sqlite3.Connection) -> None:
    migration.migrate(connection, [FIRST])
    migration.migrate(connection, [FIRST, SECOND])
    migration.migrate(connection, [FIRST, SECOND])
    assert connection.execute("SELECT * FROM a").fetchall() == [(1, 2)]
    assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    connection.close()


def test_an_interrupted_migration_leaves_the_old_version(connection: sqlite3.Connection) -> None:
    migration.migrate(connection, [FIRST, SECOND])
    with pytest.raises(sqlite3.OperationalError):
        migration.migrate(connection, [FIRST, SECOND, BROKEN])
    assert connection.execute("SELECT * FROM a").fetchall() == [(1, 2)]
    assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    migration.migrate(connection, [FIRST, SECOND, (3, "DROP TABLE a;")])
    connection.close()


def test_subscriptions_become_names(path: Path) -> None:
    """0010: a folder that was subscribed is so by its name; the special ones say when they were not."""
    with create_private(path, owner="a", user_id=1) as box:
        outer = box.create_folder(9, "A/B").folder_id
        inner = box.create_folder(outer, "Ü").folder_id
        below = box.create_folder(13, "below").folder_id
        box.create_folder(9, "never")
    old = sqlite3.connect(path / "exmdb" / "exchange.sqlite3", isolation_level=None)
    old.execute("DROP INDEX messages_unscanned")
    old.execute("ALTER TABLE counters DROP COLUMN unscanned")
    old.execute("DROP INDEX messages_of_property_form")
    old.execute("DROP TABLE url_keys")
    old.execute("ALTER TABLE folders RENAME COLUMN unsubscribed TO subscribed")
    old.execute("UPDATE folders SET subscribed = folder_id IN (10, 11, 12, 13, 14, ?, ?)", (inner, below))
    old.execute("INSERT INTO subscriptions VALUES ('Shared/bob')")
    old.execute("PRAGMA user_version = 8")
    old.close()
    with Mailbox.open(path) as box:
        assert box.subscriptions() == {"A\N{DIVISION SLASH}B/Ü", "INBOX/below", "Shared/bob"}
        assert {each.folder_id for each in box.folders() if each.unsubscribed} == {0x17}
        assert box.check() == []


def test_a_newer_file_is_not_touched(path: Path) -> None:
    box = create_private(path, owner="a", user_id=1)
    box.append(13, [mail()])
    box._file.execute("PRAGMA user_version = 99")
    database = path / "exmdb" / "exchange.sqlite3"
    files = [database, Path(f"{database}-wal")]
    before = [each.read_bytes() for each in files]
    # As a crash would: what the newer program wrote stands in the log only.
    box._file.connection.close()
    for each, octets in zip(files, before, strict=True):
        each.write_bytes(octets)
    with pytest.raises(errors.NewerVersionError):
        Mailbox.open(path)
    assert [each.read_bytes() for each in files] == before


def test_the_numbers_have_no_gaps() -> None:
    numbers = [number for number, _ in migration.migrations()]
    assert numbers == list(range(1, len(numbers) + 1))
