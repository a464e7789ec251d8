"""Workers take turns; removed files are closed by another thread."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from gromox.delivery.closer import _MAX_WAITING, Closer
from gromox.delivery.turn import Turn
from tests.support.server import PATIENCE


def is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def test_who_steps_aside_lets_the_next_one_work() -> None:
    turn, order = Turn(), list[str]()
    done = threading.Event()

    def follow() -> None:
        with turn:
            order.append("follower")
        done.set()

    follower = threading.Thread(target=follow)
    with turn:
        follower.start()
        order.append("leader")
        with turn.aside():
            assert done.wait(PATIENCE)
            order.append("leader aside")
        order.append("leader again")
    follower.join()

    assert order == ["leader", "follower", "leader aside", "leader again"]


def test_who_has_no_turn_steps_aside_without_effect() -> None:
    turn = Turn()
    with turn.aside():
        pass
    with turn:
        pass


def test_an_error_aside_gives_the_turn_back() -> None:
    turn = Turn()
    with turn:
        with pytest.raises(OSError, match="relay"), turn.aside():
            raise OSError("relay")
        assert not turn._lock.acquire(blocking=False)


def test_descriptors_are_closed_by_and_by(tmp_path: Path) -> None:
    closer = Closer()
    fds = [os.open(tmp_path, os.O_RDONLY) for _ in range(10)]
    for fd in fds:
        closer.close_soon(fd)
    assert all(map(is_open, fds))
    closer.go()
    closer.go()
    closer.stop()

    assert not any(map(is_open, fds))


def test_no_more_than_some_descriptors_wait(tmp_path: Path) -> None:
    closer = Closer()
    for _ in range(_MAX_WAITING):
        closer.close_soon(os.dup(2))
    fd = os.open(tmp_path, os.O_RDONLY)
    closer.close_soon(fd)
    assert not is_open(fd)
    closer.stop()
