"""Mailboxes that wait to be looked at, and what is done with them."""

from __future__ import annotations

import threading
from pathlib import Path

from gromox.midb.keeper import Keeper, Waiting
from gromox.store.create import create_private
from gromox.store.mailbox import Mailbox
from gromox.store.mailbox_file import Options
from gromox.store.model import NewMail
from gromox.store.pool import MailboxPool

INBOX = 13
A, B = Path("a"), Path("b")


def test_each_waits_once_and_one_thread_has_it_at_a_time() -> None:
    waiting = Waiting()
    waiting.add(A)
    waiting.add(B)
    waiting.add(A)
    assert (waiting.take(), waiting.take()) == (A, B)
    waiting.add(A)  # while somebody works on it
    waiting.add(B)
    waiting.done(B, again=False)
    assert waiting.take() == B
    waiting.done(A, again=True)
    assert waiting.take() == A
    assert len(waiting) == 0
    waiting.close()
    assert waiting.take() is None


def test_a_thread_waits_for_a_ring() -> None:
    waiting, taken = Waiting(), list[Path | None]()
    thread = threading.Thread(target=lambda: taken.append(waiting.take()))
    thread.start()
    waiting.add(A)
    thread.join()
    assert taken == [A]


def test_mailboxes_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "alice"
    with create_private(path, owner="alice@example.test", user_id=7) as box:
        box.append(INBOX, [NewMail(b"Subject: a\r\n\r\nneedle\r\n")])
        waiting = Waiting()
        keeper = Keeper(waiting, MailboxPool(), lambda _seconds: None, attachments=True)
        assert not keeper.turn(path)
        assert box.is_derived_current()
        assert not keeper.turn(tmp_path / "nobody")
        damaged = tmp_path / "damaged" / "exmdb" / "exchange.sqlite3"
        damaged.parent.mkdir(parents=True)
        damaged.write_bytes(b"no database" * 100)
        assert not keeper.turn(tmp_path / "damaged")
        waiting.close()
        keeper.run()


def test_a_busy_mailbox_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "alice"
    with create_private(path, owner="alice@example.test", user_id=7) as box:
        box.append(INBOX, [NewMail(b"Subject: a\r\n\r\nneedle\r\n")])
        pauses: list[float] = []
        keeper = Keeper(
            Waiting(), MailboxPool(options=Options(busy_timeout=0.01)), pauses.append, attachments=False
        )
        with Mailbox.open(path) as other, other.file.write(durable=False):
            assert keeper.turn(path)
        assert pauses == [1.0]
        assert not keeper.turn(path)
