"""Words about mailboxes: left, taken, forgotten; none is lost."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from gromox.base.log import captured
from gromox.delivery.pickup import OUTBOX, Pickup, Words
from gromox.mapi import tags
from gromox.store.session import Actor, StoreSession
from tests.delivery.test_submission import OUT, letter
from tests.delivery.test_worker import deliver_all, inbox

if TYPE_CHECKING:
    from tests.support.house import House
    from tests.support.outside import NewWorker

ALICE, BOB = Path("/var/lib/gromox/user/alice"), Path("/var/lib/gromox/user/b\u00f6b")


def names(spool: Path) -> list[str]:
    return sorted(path.name for path in (spool / OUTBOX).iterdir())


def test_a_word_is_there_until_it_is_done(tmp_path: Path) -> None:
    pickup, words = Pickup(tmp_path), Words(tmp_path)
    assert words.take() == []
    pickup.leave_word(ALICE)
    pickup.leave_word(ALICE)
    pickup.leave_word(BOB)
    assert len(names(tmp_path)) == 2
    assert set(words.take()) == {ALICE, BOB}
    assert set(Words(tmp_path).take()) == {ALICE, BOB}, "who took them may have died"
    words.done(ALICE)
    assert words.take() == [BOB]
    words.done(BOB)
    assert names(tmp_path) == []


def test_a_word_that_is_left_meanwhile_stays(tmp_path: Path) -> None:
    pickup, words = Pickup(tmp_path), Words(tmp_path)
    pickup.leave_word(ALICE)
    assert words.take() == [ALICE]
    pickup.leave_word(ALICE)
    words.done(ALICE)
    assert words.take() == [ALICE]
    pickup.ring()  # nobody listens


def test_what_is_no_word_is_told_and_removed(tmp_path: Path) -> None:
    folder = tmp_path / OUTBOX
    folder.mkdir()
    (folder / "x").write_bytes(b"/etc")
    (folder / "y.taken").write_bytes(b"/" * 10_000)
    (folder / ".hidden").touch()
    with captured() as lines:
        assert Words(tmp_path).take() == []
    assert len(lines) == 2
    assert names(tmp_path) == [".hidden"]


def test_a_mailbox_that_is_away_is_asked_again(house: House, new_worker: NewWorker) -> None:
    post = house.post_office(house.root / "timer.txt")
    with house.mailbox("alice") as mailbox:
        session = StoreSession.of(mailbox, Actor("alice@example.test"), post)
        values = {tags.PidTagDeleteAfterSubmit: True}
        session.submit(session.create_message(OUT, letter("bob@example.test", values=values)).mid)
        mailbox.sync()
    shutil.move(house.root / "alice", house.root / "away")
    worker = new_worker()
    with captured() as lines:
        deliver_all(worker)
        deliver_all(worker)
    assert len([line for line in lines if "wait" in line]) == 1
    shutil.move(house.root / "away", house.root / "alice")
    deliver_all(worker)
    assert len(inbox(house, "bob")) == 1
    assert names(house.spool.path) == []
