"""The index of whom mailboxes grant something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.base.log import captured
from gromox.store.create import create_private
from gromox.store.grants import Grants, index_at
from gromox.store.mailbox import Mailbox
from gromox.store.mailbox_file import Options
from gromox.store.permission import ALL_RIGHTS, DEFAULT, Right

if TYPE_CHECKING:
    from pathlib import Path

INBOX, CALENDAR = 0x0D, 0x0F


def opened(path: Path, index: Path) -> Mailbox:
    return Mailbox.open(path, options=Options(grants=index))


def test_grants_are_found_by_who_has_them(tmp_path: Path) -> None:
    path, index = tmp_path / "alice", tmp_path / "grants.sqlite3"
    create_private(path, owner="alice@example.test", user_id=1).close()
    with opened(path, index) as mailbox:
        assert not index.exists()
        mailbox.set_rights(INBOX, "Bob@example.test", Right.READ_ANY)
        mailbox.set_rights(CALENDAR, DEFAULT, Right.READ_ANY)
        grants = index_at(index)

        assert grants.mailboxes(["carol@example.test", "bob@example.test"], 10) == [path]
        assert grants.mailboxes([DEFAULT], 10) == []
        mailbox.set_rights(INBOX, DEFAULT, Right.READ_ANY)
        assert grants.mailboxes([DEFAULT], 10) == [path]
    grants.close()


def test_what_the_index_lacks_or_has_too_much_is_put_right_at_the_next_opening(tmp_path: Path) -> None:
    path, index = tmp_path / "alice", tmp_path / "grants.sqlite3"
    with create_private(path, owner="alice@example.test", user_id=1) as mailbox:
        mailbox.set_rights(INBOX, "bob@example.test", int(ALL_RIGHTS))
    grants = index_at(index)
    grants.announce(path, ["mallory@example.test"])
    opened(path, index).close()

    assert grants.mailboxes(["bob@example.test"], 10) == [path]
    assert grants.mailboxes(["mallory@example.test"], 10) == []
    grants.close()


def test_answers_are_bounded(tmp_path: Path) -> None:
    grants = Grants(tmp_path / "grants.sqlite3")
    for number in range(20):
        grants.announce(tmp_path / str(number), ["bob@example.test", f"group{number}"])

    assert len(grants.mailboxes(["bob@example.test"], 7)) == 7
    assert len(grants.mailboxes(["group1", "group2", "group3"], 2)) == 2
    grants.close()


def test_no_mailbox_depends_on_the_index(tmp_path: Path) -> None:
    path, index = tmp_path / "alice", tmp_path / "missing" / "grants.sqlite3"
    create_private(path, owner="alice@example.test", user_id=1).close()
    with captured() as lines, opened(path, index) as mailbox:
        mailbox.set_rights(INBOX, "bob@example.test", Right.READ_ANY)

        assert mailbox.rights("bob@example.test", INBOX) == Right.READ_ANY
    assert any("index of grants not used" in line for line in lines)
    assert index_at(index).mailboxes(["bob@example.test"], 10) == []


def test_a_damaged_index_is_passed_over(tmp_path: Path) -> None:
    index = tmp_path / "grants.sqlite3"
    index.write_bytes(b"no database" * 100)

    with captured():
        assert Grants(index).mailboxes(["bob@example.test"], 10) == []
