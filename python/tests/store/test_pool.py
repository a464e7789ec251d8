from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gromox.base.clock import ManualClock
from gromox.store import errors
from gromox.store.create import create_private
from gromox.store.mailbox import Mailbox
from gromox.store.pool import MailboxPool
from tests.store.sample import mail


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / name for name in "abc"]
    for path in paths:
        create_private(path, owner=path.name, user_id=1).close()
    return paths


def test_mailboxes_are_shared_until_idle(paths: list[Path]) -> None:
    clock = ManualClock()
    rung: list[tuple[Path, int]] = []
    pool = MailboxPool(clock, ring=lambda path, cn: rung.append((path, cn)), idle=10)
    box = pool.get(paths[0])
    assert pool.get(paths[0]) is box
    box.append(13, [mail()])
    assert rung == [(paths[0], box.change_number())]
    clock.advance(6)
    pool.get(paths[1])
    held = pool.hold(paths[2])
    assert pool.hold(paths[2]) is held
    clock.advance(6)
    assert pool.close_idle() == 1
    assert len(pool) == 2
    clock.advance(60)
    pool.release(paths[2])
    assert pool.close_idle() == 1
    pool.release(paths[2])
    pool.release(paths[2])
    assert pool.close_idle() == 1
    assert len(pool.mailboxes()) == 0
    with pytest.raises(errors.NotFoundError):
        pool.get(paths[0].with_name("none"))
    pool.close()


def test_the_number_of_open_ones_is_bounded(paths: list[Path]) -> None:
    pool = MailboxPool(max_open=2)
    first = pool.hold(paths[0])
    for path in paths:
        pool.get(path)
    assert len(pool) == 2
    assert pool.get(paths[0]) is first
    pool.close()


def test_another_thread_opens_a_mailbox_for_the_pool(paths: list[Path]) -> None:
    clock = ManualClock()
    pool = MailboxPool(clock, idle=10)
    looked: list[Mailbox] = []
    thread = threading.Thread(target=pool.prepare, args=(paths[0], looked.append))
    thread.start()
    thread.join()
    assert pool.is_open(paths[0])
    assert not pool.is_open(paths[1])
    assert pool.hold(paths[0]) is looked[0]
    pool.prepare(paths[0], looked.append)  # there is nothing to do
    assert len(looked) == 1
    pool.close()


def test_what_was_prepared_for_nobody_is_closed(paths: list[Path]) -> None:
    clock = ManualClock()
    pool = MailboxPool(clock, idle=10)
    looked: list[Mailbox] = []
    pool.prepare(paths[0], looked.append)
    pool.prepare(paths[1], lambda _: pool.hold(paths[1]))  # somebody could not wait
    clock.advance(11)
    assert pool.close_idle() == 1
    assert not pool.is_open(paths[0])
    assert pool.is_open(paths[1])
    with pytest.raises(errors.StoreError):
        looked[0].change_number()
    pool.prepare(paths[2], looked.append)
    pool.close()
    with pytest.raises(errors.StoreError):
        looked[1].change_number()


def test_a_mailbox_that_is_discarded_while_it_is_prepared_is_not_used(paths: list[Path]) -> None:
    pool = MailboxPool(ManualClock())
    pool.prepare(paths[0], lambda _: pool.discard(paths[0]))
    assert not pool.is_open(paths[0])

    def fail(_: Mailbox) -> None:
        raise errors.BusyError("frozen")

    with pytest.raises(errors.BusyError):
        pool.prepare(paths[0], fail)
    with pytest.raises(errors.NotFoundError):
        pool.prepare(paths[0].with_name("none"), fail)
    assert not pool.is_open(paths[0])
    pool.close()
