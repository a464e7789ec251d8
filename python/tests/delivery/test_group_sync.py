"""Durability of a group of files: together when that is quick, else one by one."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gromox.base.clock import ManualClock
from gromox.delivery.group_sync import PAUSE, SLOW, GroupSync, system_syncfs


class Disk:
    """A syncfs that takes as long, and ends, as it is told."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock, self.calls = clock, 0
        self.seconds, self.error = 0.001, 0

    def syncfs(self, fd: int) -> None:
        os.fstat(fd)
        self.calls += 1
        self.clock.advance(self.seconds)
        if self.error:
            raise OSError(self.error, os.strerror(self.error))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def disk(clock: ManualClock) -> Disk:
    return Disk(clock)


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[int]:
    fd = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    yield fd
    os.close(fd)


def broken_file() -> int:
    """Return a descriptor of which fsync says that it cannot."""
    reading, writing = os.pipe()
    os.close(writing)
    return reading


def test_the_system_can_do_it(directory: int) -> None:
    syncfs = system_syncfs()
    if syncfs is None:
        pytest.skip("this kernel reports no errors by syncfs")
    syncfs(directory)
    with pytest.raises(OSError, match="Bad file descriptor"):
        syncfs(-1)


def test_a_group_is_synced_by_one_call(directory: int, clock: ManualClock, disk: Disk) -> None:
    GroupSync(directory, clock=clock, syncfs=disk.syncfs).sync([-1, -1])  # no descriptor is touched

    assert disk.calls == 1


def test_where_others_write_much_files_are_synced_by_themselves_for_a_while(
    directory: int, clock: ManualClock, disk: Disk
) -> None:
    group = GroupSync(directory, clock=clock, syncfs=disk.syncfs)
    disk.seconds = 2 * SLOW
    for _ in range(3):
        group.sync([])
    assert disk.calls == 1

    clock.advance(PAUSE + 1)
    group.sync([])
    assert disk.calls == 2


def test_after_an_error_of_the_file_system_our_files_decide(
    directory: int, clock: ManualClock, disk: Disk, tmp_path: Path
) -> None:
    group = GroupSync(directory, clock=clock, syncfs=disk.syncfs)
    disk.error = errno.EIO
    with (tmp_path / "ours").open("wb") as ours:
        group.sync([ours.fileno()])
    broken = broken_file()
    with pytest.raises(OSError):  # noqa: PT011 - whatever the system says
        group.sync([broken])
    os.close(broken)


def test_without_it_files_are_synced_by_themselves(directory: int) -> None:
    with pytest.raises(OSError, match="Bad file descriptor"):
        GroupSync(directory, syncfs=None).sync([-1])
