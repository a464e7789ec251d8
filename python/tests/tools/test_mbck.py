"""gromox-mbck on real mailboxes, sound and damaged ones."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from gromox.store.mailbox import Mailbox
from gromox.tools.mbck import main

from .conftest import ALICE, BOB

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Home

DATABASE = "exmdb/exchange.sqlite3"


def tamper(path: Path, statement: str) -> None:
    """Change a mailbox behind the back of the store."""
    connection = sqlite3.connect(path / DATABASE, isolation_level=None)
    connection.execute(statement)
    connection.close()


def scribble(path: Path, *, page: int, count: int) -> None:
    """Overwrite some pages, as a bad disk would."""
    with Mailbox.open(path) as mailbox:
        mailbox.checkpoint()
    with (path / DATABASE).open("r+b") as file:
        file.seek(page * 4096)
        file.write(b"\xa5" * 4096 * count)


def test_here_is_every_mailbox_and_every_public_store(home: Home) -> None:
    home.fill(3)

    ran = home.run(main, "--here", "-v")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        f"{ALICE}: no problems",
        f"{BOB}: no problems",
        "@example.test: no problems",
        "3 mailboxes have no problems",
    ]
    assert home.run(main, "--here").out == ""


def test_a_problem_is_told_and_nothing_is_changed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.fill(3, username=BOB)
    tamper(home.maildir(BOB), "UPDATE folders SET total = 77 WHERE folder_id = 13")

    for _ in range(2):
        ran = home.run(main, "--here")
        assert ran.code == 1
        assert ran.out == f"{BOB}: folder-counter: folder 0xd: total is 77, not 3\n"
        assert ran.err == "gromox-mbck: 1 of 3 mailboxes have problems; -p repairs what can be repaired\n"
    # The journal shows it among the errors.
    monkeypatch.setenv("JOURNAL_STREAM", "9:1")
    ran = home.run(main, "--here")
    assert ran.out.startswith(f"<3>{BOB}: folder-counter")
    assert ran.err.startswith("<3>gromox-mbck: 1 of 3")


@pytest.mark.parametrize("name", ["", DATABASE])
def test_repair_puts_right_what_can_be(home: Home, name: str) -> None:
    home.fill(3)
    tamper(home.maildir(), "UPDATE folders SET total = 77 WHERE folder_id = 13")
    file = str(home.maildir() / name)

    ran = home.run(main, "-p", "-v", file)

    assert ran.code == 0
    assert ran.out.splitlines() == [
        f"{file}: folder-counter: folder 0xd: total is 77, not 3 (repaired)",
        f"{file}: no problems left",
        "1 mailboxes have no problems",
    ]
    assert home.run(main, file).code == 0
    assert home.totals() == (3, 0)


def test_what_is_lost_cannot_be_repaired(home: Home) -> None:
    home.fill(3)
    tamper(home.maildir(), "DELETE FROM contents WHERE content_id = 2")

    ran = home.run(main, "-p", "--here")

    assert ran.code == 1
    assert f"{ALICE}: content-missing" in ran.out
    assert "restore them from a backup" in ran.err


def test_a_ruined_database_does_not_hide_the_others(home: Home) -> None:
    home.fill(400)
    home.fill(3, username=BOB)
    scribble(home.maildir(), page=5, count=20)
    tamper(home.maildir(BOB), "UPDATE folders SET total = 77 WHERE folder_id = 13")

    for arguments in (["--here"], ["--here", "-p"]):
        ran = home.run(main, *arguments)
        assert ran.code == 1
        assert ran.out.startswith(f"{ALICE}: ")
        assert f"{BOB}: folder-counter" in ran.out
    assert "1 of 3" in ran.err


def test_damage_that_sqlite_finds_is_a_problem_like_others(home: Home) -> None:
    home.fill(400)
    with Mailbox.open(home.maildir()) as mailbox:
        mailbox.checkpoint()
    connection = sqlite3.connect(home.maildir() / DATABASE)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'headers'").fetchone()
    connection.close()
    scribble(home.maildir(), page=page - 1, count=1)

    ran = home.run(main, "--here")

    assert ran.code == 1
    assert ran.out == f"{ALICE}: database-damaged: database disk image is malformed\n"


def test_a_mailbox_that_lost_its_database_is_told(home: Home) -> None:
    for file in (home.maildir() / "exmdb").iterdir():
        file.unlink()

    ran = home.run(main, "--here")

    assert ran.code == 1
    assert ran.out.startswith(f"{ALICE}: unreadable: ")


def test_no_file_and_both_are_wrong_usage(home: Home) -> None:
    assert home.run(main).code == 2
    assert home.run(main, "--here", str(home.maildir())).code == 2
