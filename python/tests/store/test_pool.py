from __future__ import annotations

from pathlib import Path

import pytest

from gromox.base.clock import ManualClock
from gromox.store import errors
from gromox.store.create import create_private
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
