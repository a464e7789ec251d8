"""The spool: what goes in becomes durable and visible whole, survives crashes, and can be moved by hand."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import gromox
import pytest

from gromox.base.clock import ManualClock
from gromox.base.ids import SeededIds
from gromox.delivery.bell import Bell
from gromox.delivery.queue import Queue, entries
from gromox.delivery.spool import Draft, Spool
from gromox.delivery.spool_file import State
from gromox.store.errors import NoSpaceError
from tests.support.server import PATIENCE

#: For programs of our own that a test starts.
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(gromox.__file__).parent.parent)}
MAIL = b"Subject: one\r\n\r\ntext\r\n"


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "queue", clock=ManualClock(), ids=SeededIds())


def put(spool: Spool, mail: bytes = MAIL, recipients: tuple[str, ...] = ("alice@example.test",)) -> str:
    draft = spool.begin(sender="bob@example.com", recipients=recipients, protocol="LMTP")
    draft.write(mail)
    draft.finish()
    spool.sync()
    return draft.mail_id


def close_under(draft: Draft) -> None:
    """Take the file away from a draft, so that its sync fails as on a broken disk."""
    os.close(draft._fd)


def names(spool: Spool, queue: str = "mess") -> list[str]:
    return sorted(path.name for path in (spool.path / queue).iterdir())


def test_a_mail_shows_when_it_is_durable(spool: Spool) -> None:
    draft = spool.begin(sender="", recipients=["alice@example.test"])
    draft.write(MAIL[:5])
    draft.write(MAIL[5:])
    assert names(spool) == []
    draft.finish()
    assert names(spool) == [f".{draft.mail_id}"]
    assert Queue(spool.path).take(9) == []
    assert spool.needs_sync

    spool.sync()

    assert names(spool) == [draft.mail_id]
    (item,) = Queue(spool.path).take(9)
    assert item.octets() == MAIL
    assert item.envelope.pending == ("alice@example.test",)
    item.remove()
    assert names(spool) == []


def test_a_large_mail_is_written_while_it_comes_in(spool: Spool) -> None:
    draft = spool.begin(sender="bob@example.com", recipients=["a@example.test"])
    block = b"x" * 100_000
    for _ in range(20):
        draft.write(block)
    assert (spool.path / "mess" / f".{draft.mail_id}").stat().st_size > 1_500_000
    draft.finish()
    spool.sync()

    (item,) = Queue(spool.path).take(1)
    assert item.octets() == block * 20
    item.release()


def test_one_sync_takes_all_that_wait(spool: Spool) -> None:
    drafts = [spool.begin(sender="", recipients=["a@example.test"]) for _ in range(5)]
    for draft in drafts:
        draft.write(MAIL)
        draft.finish()

    spool.sync()

    assert names(spool) == sorted(d.mail_id for d in drafts)
    assert not spool.needs_sync


def test_many_threads_share_syncs(spool: Spool) -> None:
    threads = [threading.Thread(target=lambda: [put(spool) for _ in range(20)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(names(spool)) == 160
    assert len({e.mail_id for e in entries(spool.path)}) == 160


def test_a_group_that_cannot_be_synced_shows_nothing_until_its_owners_give_up(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "queue", ids=SeededIds(), syncfs=None)  # syncfs looks at no descriptors
    drafts = [spool.begin(sender="", recipients=["a@example.test"]) for _ in range(2)]
    for draft in drafts:
        draft.write(MAIL)
        draft.finish()
    close_under(drafts[0])
    with pytest.raises(OSError, match="Bad file descriptor"):
        spool.sync()
    with pytest.raises(OSError, match="Bad file descriptor"):
        spool.sync()

    drafts[1].abandon()
    drafts[0]._fd = os.open(spool.path / "mess" / f".{drafts[0].mail_id}", os.O_RDONLY)
    drafts[0].abandon()

    assert names(spool) == []
    assert not spool.needs_sync
    put(spool)


@pytest.mark.parametrize("size", [10, 1_000_000])
def test_an_abandoned_draft_leaves_nothing(spool: Spool, size: int) -> None:
    for finished in (False, True):
        draft = spool.begin(sender="", recipients=["a@example.test"])
        draft.write(b"x" * size)
        if finished:
            draft.finish()
        draft.abandon()

    put(spool)
    assert len(names(spool)) == 1


def test_a_claimed_mail_is_not_claimed_twice(spool: Spool) -> None:
    put(spool)
    (item,) = Queue(spool.path).take(9)

    assert Queue(spool.path).take(9) == []
    item.release()
    assert len(Queue(spool.path).take(9)) == 1


def test_state_is_kept_in_the_file(spool: Spool) -> None:
    mail_id = put(spool, recipients=("a@example.test", "b@example.test", "c@example.test"))
    clock = ManualClock()
    (item,) = Queue(spool.path, clock=clock).take(1)
    item.mark(["b@example.test"], State.DELIVERED)
    item.note(tries=1, next_try=clock.now() + 180, error="451 4.3.0 not now")
    item.move("cache")

    (entry,) = entries(spool.path)
    assert (entry.queue, entry.mail_id, entry.path.name) == ("cache", mail_id, mail_id)
    assert entry.envelope.pending == ("a@example.test", "c@example.test")
    assert (entry.envelope.tries, entry.envelope.last_error) == (1, "451 4.3.0 not now")
    queue = Queue(spool.path, clock=clock)
    assert queue.due(9) == []
    clock.advance(180)
    (item,) = queue.due(9)
    assert item.octets() == MAIL
    item.remove()


def test_an_operator_may_move_mails_under_any_name(spool: Spool) -> None:
    """The loop of the manual, "Mail requeueing"."""
    sent = {put(spool), put(spool)}
    queue = Queue(spool.path)
    for item in queue.take(9):
        item.note(tries=30, next_try=9e9, error="550 5.1.1 no such user")
        item.move("save")
    assert names(spool) == []

    loop = 'j=0; for i in save/*; do mv "$i" "mess/0$j"; j=$(($j+1)); done'
    subprocess.run(["sh", "-c", loop], cwd=spool.path, check=True)

    items = queue.take(9)
    assert {item.mail_id for item in items} == sent
    assert [item.envelope.tries for item in items] == [0, 0]
    for item in items:
        item.remove()


def test_what_is_no_mail_is_moved_aside(spool: Spool) -> None:
    mess = spool.path / "mess"
    (mess / "letter").write_bytes(b"Subject: an eml file\r\n\r\n")
    (mess / "empty").touch()
    (mess / "folder").mkdir()
    (mess / "pipe").symlink_to("/dev/null")
    put(spool)
    whole = mess / names(spool)[0]
    (mess / "torn").write_bytes(whole.read_bytes()[:-1])
    (spool.path / "save" / "letter").write_bytes(b"already here")
    clock = ManualClock((mess / "torn").stat().st_mtime)
    queue = Queue(spool.path, clock=clock)

    (item,) = queue.take(9)  # what may still be on its way in is left alone
    item.remove()
    assert names(spool) == ["empty", "letter", "torn"]
    clock.advance(61)
    assert queue.take(9) == []

    assert names(spool) == []
    assert names(spool, "save") == ["empty", "folder", "letter", "letter.1", "pipe", "torn"]


def test_a_name_that_is_taken_is_not_replaced(spool: Spool) -> None:
    mail_id = put(spool)
    shutil.copy(spool.path / "mess" / mail_id, spool.path / "save" / mail_id)
    (item,) = Queue(spool.path).take(1)
    item.move("save")

    assert names(spool, "save") == [mail_id, f"{mail_id}.1"]


def test_the_bell_wakes_however_deep_the_spool_lies(tmp_path: Path) -> None:
    spool = Spool(tmp_path / ("d" * 120) / "queue")
    put(spool)  # nobody listens: no error
    bell = Bell(spool.path)
    assert not bell.wait(0)
    put(spool)
    put(spool)
    assert bell.wait(PATIENCE)
    assert not bell.wait(0)
    second = Bell(spool.path)
    bell.close()
    bell.ring()
    assert second.wait(PATIENCE)
    second.close()
    assert not (spool.path / "token.ipc").exists()


def test_a_complete_mail_of_a_dead_writer_is_recovered(spool: Spool) -> None:
    mail_id = put(spool)
    mess = spool.path / "mess"
    whole = (mess / mail_id).read_bytes()
    (mess / mail_id).rename(mess / f".{mail_id}")
    (mess / ".torn").write_bytes(whole[:-1])
    (mess / ".begun").write_bytes(b"")
    (mess / ".cut").write_bytes(whole[:7])
    (mess / ".other").write_bytes(b"not ours")
    living = spool.begin(sender="", recipients=["a@example.test"])
    living.write(MAIL)
    living.finish()
    clock = ManualClock((mess / ".other").stat().st_mtime)
    queue = Queue(spool.path, clock=clock)

    assert queue.recover() == 1
    assert names(spool) == sorted([f".{living.mail_id}", ".begun", ".cut", ".other", ".torn", mail_id])
    clock.advance(3601)
    assert queue.recover() == 0
    assert names(spool) == sorted([f".{living.mail_id}", ".other", mail_id])
    living.abandon()


WRITER = """
import sys
from collections.abc import Iterator
from pathlib import Path
from gromox.delivery.spool import Spool
spool = Spool(Path(sys.argv[1]))
while True:
    draft = spool.begin(sender="", recipients=["a@example.test"])
    draft.write(b"x" * 300_000)
    draft.finish()
    spool.sync()
    print(draft.mail_id, flush=True)
"""


def test_killing_the_writer_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    acknowledged: set[str] = set()
    for lines in (1, 3, 7, 12, 20):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
        ) as writer:
            assert writer.stdout is not None
            for _ in range(lines):
                acknowledged.add(writer.stdout.readline().strip())
            writer.send_signal(signal.SIGKILL)
            acknowledged |= {line.strip() for line in writer.stdout if line.endswith("\n")}
    queue = Queue(tmp_path)
    queue.recover()
    items = queue.take(1000)
    found = {item.mail_id for item in items}

    assert acknowledged <= found
    assert all(item.octets() == b"x" * 300_000 for item in items)
    for item in items:
        item.remove()


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    place = tmp_path / "tiny"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a full disk cannot be had: mount says {mounted.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("size", [200_000, 900_000])
def test_a_full_disk_refuses_and_room_helps(tiny_disk: Path, size: int) -> None:
    spool = Spool(tiny_disk / "queue", ids=SeededIds())
    put(spool, b"x" * 300_000)
    with pytest.raises(NoSpaceError):
        put(spool, b"y" * size * 9)
    with pytest.raises(NoSpaceError):
        [put(spool, b"y" * size) for _ in range(9)]
    assert not [name for name in names(spool) if name.startswith(".")]

    queue = Queue(spool.path)
    for item in queue.take(9):  # noting a failure and moving need no room
        item.note(tries=1, next_try=0.0, error="452 4.3.1 no space")
        item.move("cache")
    for item in queue.due(9):
        item.remove()
    assert put(spool, b"y" * size)
    spool.close()
