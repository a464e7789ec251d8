"""Mailboxes that wait to be looked at, and what is done with them."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gromox.base.clock import ManualClock
from gromox.mapi import tags
from gromox.mapi.restriction import Exist
from gromox.midb.keeper import LONG, QUIET, SOON, STEPS, Keeper, Waiting
from gromox.store import hierarchy
from gromox.store.builtin import FolderKind
from gromox.store.create import create_private
from gromox.store.fulltext.update import BATCH
from gromox.store.mailbox import Mailbox
from gromox.store.mailbox_file import Options
from gromox.store.match.criteria import SearchFlag
from gromox.store.model import NewMail
from gromox.store.pool import MailboxPool
from gromox.store.session import Actor, StoreSession

if TYPE_CHECKING:
    from collections.abc import Iterator

INBOX, FINDER = 13, 5
A, B = Path("a"), Path("b")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def waiting(clock: ManualClock) -> Waiting:
    return Waiting(clock)


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """Yield a mailbox with one message that is not indexed."""
    with create_private(tmp_path / "alice", owner="alice@example.test", user_id=7) as box:
        box.append(INBOX, [NewMail(b"Subject: a\r\n\r\nneedle\r\n")])
        yield tmp_path / "alice"


def is_current(path: Path) -> bool:
    with Mailbox.open(path) as box:
        return box.is_derived_current()


def test_each_waits_once_and_one_thread_has_it_at_a_time(clock: ManualClock, waiting: Waiting) -> None:
    waiting.add(A)
    waiting.add(B)
    waiting.add(A)
    clock.advance(QUIET)
    assert (waiting.take(), waiting.take()) == (A, B)
    waiting.add(A)  # while somebody works on it
    waiting.add(B)
    clock.advance(QUIET)
    waiting.done(B, again=False)
    assert waiting.take() == B
    waiting.done(A, again=True)
    assert waiting.take() == A
    assert len(waiting) == 0
    waiting.close()
    assert waiting.take() is None


def test_a_thread_waits_for_a_ring_and_a_little_longer() -> None:
    waiting, taken = Waiting(), list[Path | None]()
    thread = threading.Thread(target=lambda: taken.append(waiting.take()))
    thread.start()
    waiting.add(A)
    thread.join()
    assert taken == [A]


def test_mailboxes_are_kept(clock: ManualClock, waiting: Waiting, path: Path, tmp_path: Path) -> None:
    keeper = Keeper(waiting, MailboxPool(), lambda _seconds: None, attachments=True)
    damaged = tmp_path / "damaged" / "exmdb" / "exchange.sqlite3"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"no database" * 100)
    for each in (path, tmp_path / "nobody", tmp_path / "damaged"):
        waiting.add(each)
    clock.advance(QUIET)
    while len(waiting):
        taken = waiting.take()
        assert taken is not None
        assert not keeper.turn(taken)
        waiting.done(taken, again=False)
    assert is_current(path)
    waiting.close()
    keeper.run()


def test_a_busy_mailbox_is_tried_again(clock: ManualClock, waiting: Waiting, path: Path) -> None:
    pauses: list[float] = []
    pool = MailboxPool(options=Options(busy_timeout=0.01))
    keeper = Keeper(waiting, pool, pauses.append, attachments=False)
    waiting.add(path)
    clock.advance(QUIET)
    assert waiting.take() == path
    with Mailbox.open(path) as other, other.file.write(durable=False):
        assert keeper.turn(path)
    assert pauses == [1.0]
    assert not keeper.turn(path)
    pool.close()


def test_texts_wait_until_nobody_writes(clock: ManualClock, waiting: Waiting, path: Path) -> None:
    pool = MailboxPool()
    keeper = Keeper(waiting, pool, lambda _seconds: None, attachments=False)

    def turn() -> bool:
        assert waiting.take() == path
        more = keeper.turn(path)
        waiting.done(path, again=more)
        return more

    waiting.add(path)
    clock.advance(SOON)
    assert turn()
    clock.advance(QUIET - 1.0)
    waiting.add(path)  # somebody goes on writing
    clock.advance(SOON)
    assert turn()
    assert not is_current(path)
    clock.advance(QUIET)
    assert not turn()
    assert is_current(path)
    assert len(waiting) == 0
    pool.close()


def test_texts_do_not_wait_for_ever(clock: ManualClock, waiting: Waiting, path: Path) -> None:
    pauses: list[float] = []
    pool = MailboxPool()
    keeper = Keeper(waiting, pool, pauses.append, attachments=False, clock=clock)
    with Mailbox.open(path) as box:
        box.append(INBOX, [NewMail(b"Subject: b\r\n\r\nneedle\r\n")] * (BATCH * STEPS))
    seconds = 0.0
    while seconds < LONG:
        waiting.add(path)
        clock.advance(1.0)
        seconds += 1.0
        assert waiting.take() == path
        more = keeper.turn(path)
        waiting.done(path, again=more)
    assert pauses == [0.0] * STEPS  # it took a turn of steps, each with a pause for those who write
    while waiting.take() == path and (more := keeper.turn(path)):
        waiting.done(path, again=more)
    assert is_current(path)
    pool.close()


def test_search_folders_do_not_wait(clock: ManualClock, waiting: Waiting, path: Path) -> None:
    pool = MailboxPool()
    keeper = Keeper(waiting, pool, lambda _seconds: None, attachments=False)
    with Mailbox.open(path) as box:
        session = StoreSession.of(box, Actor("alice@example.test"))
        made = hierarchy.create(
            box.file, FINDER, "found", container_class="", kind=FolderKind.SEARCH
        ).folder_id
        session.set_search_criteria(made, Exist(tags.PidTagSubject), (INBOX,), SearchFlag.BACKGROUND)
        waiting.add(path)
        clock.advance(SOON)
        assert waiting.take() == path
        assert keeper.turn(path)
        assert box.folder(made).total == 1
        assert not box.is_derived_current()
    pool.close()
