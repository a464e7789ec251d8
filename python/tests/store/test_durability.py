from __future__ import annotations

import errno
import os
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gromox.store import durability, errors
from gromox.store.create import create_private
from gromox.store.database import translated
from gromox.store.durability import Wal, wal_of
from gromox.store.mailbox import Mailbox
from gromox.store.mailbox_file import Options
from gromox.store.pool import MailboxPool
from tests.store.sample import mail
from tests.support.server import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

INBOX = 13


@pytest.fixture
def syncs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    done: list[int] = []
    real: Callable[[int], None] = os.fdatasync

    def counted(fd: int) -> None:
        done.append(fd)
        real(fd)

    monkeypatch.setattr(os, "fdatasync", counted)
    return done


def test_one_sync_for_many(mailbox: Mailbox, syncs: list[int]) -> None:
    for _ in range(5):
        mailbox.append(INBOX, [mail()])
    assert mailbox.needs_sync
    mailbox.sync()
    mailbox.sync()
    assert len(syncs) == 1
    assert not mailbox.needs_sync


def test_connections_of_a_process_share_syncs(mailbox: Mailbox, path: Path, syncs: list[int]) -> None:
    with Mailbox.open(path) as other:
        mailbox.append(INBOX, [mail()])
        other.append(INBOX, [mail()])
        mailbox.sync()
        assert not other.needs_sync
        assert len(syncs) == 1


def test_news_of_others_are_durable_before_they_are_told(mailbox: Mailbox, path: Path) -> None:
    mailbox.view(INBOX)
    mailbox.sync()
    with Mailbox.open(path) as other:
        other.append(INBOX, [mail()])
        assert not mailbox.needs_sync
        mailbox.view(INBOX)
        assert [mailbox.needs_sync] == [True]
        mailbox.sync()


def test_who_settled_need_not_wait_at_the_first_look(mailbox: Mailbox, path: Path, syncs: list[int]) -> None:
    mailbox.append(INBOX, [mail()])
    with Mailbox.open(path) as other:
        other.settle()
        assert len(syncs) == 1
        other.view(INBOX)
        assert [other.needs_sync, mailbox.needs_sync] == [False, False]
        mailbox.append(INBOX, [mail()])
        other.view(INBOX)
        assert [other.needs_sync] == [True]


def test_an_empty_log_is_not_synced(path: Path, syncs: list[int]) -> None:
    with create_private(path, owner="alice", user_id=1) as mailbox:
        mailbox.append(INBOX, [mail()])
    syncs.clear()  # the last one copied the log and removed it
    with Mailbox.open(path) as mailbox:
        mailbox.view(INBOX)
        assert [mailbox.needs_sync] == [True]
        mailbox.sync()
        assert [mailbox.needs_sync, syncs] == [False, []]
        mailbox.append(INBOX, [mail()])
        mailbox.sync()
        assert len(syncs) == 1


def test_callers_that_arrive_during_a_sync_share_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x-wal").write_bytes(bytes(32))
    wal = Wal(tmp_path / "x")
    started, go_on = threading.Event(), threading.Event()
    runs = []

    def slow(fd: int) -> None:
        runs.append(fd)
        started.set()
        assert go_on.wait(PATIENCE)

    monkeypatch.setattr(os, "fdatasync", slow)
    first = threading.Thread(target=wal.sync, args=(wal.wrote(),))
    first.start()
    assert started.wait(PATIENCE)
    tickets = [wal.wrote() for _ in range(5)]
    rest = [threading.Thread(target=wal.sync, args=(ticket,)) for ticket in tickets]
    for thread in rest:
        thread.start()
    assert wal.synced == 0
    go_on.set()
    for thread in [first, *rest]:
        thread.join(PATIENCE)
    assert len(runs) == 2
    assert wal.synced == tickets[-1]


def test_a_failed_sync_poisons_until_reopened(
    mailbox: Mailbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = MailboxPool()
    box = pool.get(path)
    box.append(INBOX, [mail()])

    def broken(_fd: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", broken)
        with pytest.raises(errors.CorruptError):
            box.sync()
    with pytest.raises(errors.CorruptError):
        box.sync()  # a second, working fdatasync proves nothing
    with pytest.raises(errors.CorruptError):
        box.append(INBOX, [mail()])
    with pytest.raises(errors.CorruptError):
        mailbox.append(INBOX, [mail()])
    again = pool.get(path)
    assert again is not box
    again.append(INBOX, [mail()])
    again.sync()
    assert again.folder(INBOX).total == 2
    pool.close()
    assert wal_of(path / "exmdb" / "exchange.sqlite3").poisoned is False


def test_the_log_may_vanish_and_come_back(mailbox: Mailbox, path: Path) -> None:
    mailbox.append(INBOX, [mail()])
    mailbox.sync()
    assert mailbox.checkpoint()
    log = path / "exmdb" / "exchange.sqlite3-wal"
    size = log.stat().st_size
    mailbox.append(INBOX, [mail()])
    assert log.stat().st_size == size  # used again from its start, not grown
    mailbox.sync()
    wal = Wal(path / "exmdb" / "nothing")
    wal.sync(wal.wrote())


def test_a_long_log_is_begun_anew(mailbox: Mailbox, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durability, "LONG", 60)
    log = path / "exmdb" / "exchange.sqlite3-wal"
    sizes = []
    for _ in range(60):  # some hundred frames
        mailbox.append(INBOX, [mail()])
        mailbox.sync_and_tidy()
        sizes.append(log.stat().st_size)
    assert max(sizes) < 100 * 4120
    assert sizes[30] == sizes[-1]
    with Mailbox.open(path) as other:
        assert other.view(INBOX).total == 60
        assert not other.check()


def test_a_long_log_is_begun_anew_though_mail_comes_while_it_is_copied(
    mailbox: Mailbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durability, "LONG", 60)
    log = path / "exmdb" / "exchange.sqlite3-wal"
    copied = 0
    for _ in range(60):
        mailbox.append(INBOX, [mail()])
        left = mailbox.sync()
        if left is not None:
            copied += 1
            copying = threading.Thread(target=left)
            copying.start()
            mailbox.append(INBOX, [mail()])
            copying.join(PATIENCE)
    assert copied > 3
    # How far it grows before it is begun anew depends on who is quicker; that it is begun anew does not.
    written = (60 + copied) * 15 * 4120  # a mail is more frames than that
    assert log.stat().st_size < written / 2
    with Mailbox.open(path) as other:
        assert other.view(INBOX).total == 60 + copied


def test_a_closed_mailbox_is_not_copied_any_more(
    mailbox: Mailbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durability, "LONG", 1)
    log = path / "exmdb" / "exchange.sqlite3-wal"
    mailbox.append(INBOX, [mail()])
    with Mailbox.open(path) as other:
        other.append(INBOX, [mail()])
        left = other.sync()
    assert left is not None
    before = log.read_bytes()
    left()
    mailbox.append(INBOX, [mail()])
    assert log.read_bytes().startswith(before[:4096])  # not begun anew


def test_a_log_that_somebody_reads_is_copied_no_more_often(
    mailbox: Mailbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durability, "LONG", 60)
    mailbox.append(INBOX, [mail()])
    mailbox.sync()
    reader = sqlite3.connect(path / "exmdb" / "exchange.sqlite3", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM messages").fetchone()
    log = path / "exmdb" / "exchange.sqlite3-wal"
    wal = wal_of(path / "exmdb" / "exchange.sqlite3")
    before = log.stat().st_size // 4120
    told = 0
    for _ in range(60):
        mailbox.append(INBOX, [mail()])
        wal.sync(wal.wrote())
        told += wal.take_long()
    frames = log.stat().st_size // 4120 - before
    reader.close()
    assert frames > 300
    assert frames // 60 - 1 <= told <= frames // 60 + 1
    mailbox.sync()
    assert mailbox.checkpoint()
    size = log.stat().st_size
    mailbox.append(INBOX, [mail()])
    wal.sync(wal.wrote())
    assert not wal.take_long()  # frames of the former round do not count
    assert log.stat().st_size == size


def test_what_was_synced_is_acknowledged_though_the_log_cannot_be_copied(
    mailbox: Mailbox, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durability, "LONG", 1)
    database = path / "exmdb" / "exchange.sqlite3"
    mailbox.append(INBOX, [mail()])
    away = database.rename(path / "away")
    left = mailbox.sync()
    assert not mailbox.needs_sync
    assert left is not None
    left()
    away.rename(database)
    assert mailbox.view(INBOX).total == 1


def test_checkpoint_from_another_thread(mailbox: Mailbox) -> None:
    results: list[bool] = []
    mailbox.append(INBOX, [mail()])
    thread = threading.Thread(target=lambda: results.append(mailbox.checkpoint()))
    thread.start()
    thread.join(PATIENCE)
    assert results == [True]


def test_a_locked_mailbox_is_busy_for_a_bounded_time(mailbox: Mailbox, path: Path) -> None:
    with Mailbox.open(path, options=Options(busy_timeout=0.05)) as other:
        view = other.view(INBOX)
        mailbox._file.execute("BEGIN IMMEDIATE")
        with pytest.raises(errors.BusyError):
            other.append(INBOX, [mail()])
        assert other.view(INBOX) is view
        mailbox._file.execute("ROLLBACK")
        other.append(INBOX, [mail()])


def test_a_full_disk_refuses_and_recovers(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox.append(INBOX, [mail()])
    file = mailbox._file
    (pages,) = file.execute("PRAGMA page_count").fetchone()
    file.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(errors.NoSpaceError):
        mailbox.append(INBOX, [mail(size=60_000)])
    assert mailbox.folder(INBOX).total == 1
    file.execute("PRAGMA max_page_count = 1000000")
    mailbox.append(INBOX, [mail(size=60_000)])

    def full(_fd: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(errors.NoSpaceError):
            mailbox.append(INBOX, [mail(size=100_000)])
    assert not list((mailbox.path / "cid").rglob(".new-*"))
    mailbox.append(INBOX, [mail(size=100_000)])
    assert mailbox.view(INBOX).total == 3


def test_translation() -> None:
    assert isinstance(translated(OSError(errno.EDQUOT, "x")), errors.NoSpaceError)
    assert isinstance(translated(sqlite3.DatabaseError("x")), errors.CorruptError)
