"""Several processes on one mailbox, some of them killed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.create import create_private
from gromox.store.mailbox import Mailbox
from gromox.store.model import Columns
from gromox.store.uidset import UidSet
from gromox.store.view import diff

INBOX, TRASH = 13, 11
WORKER = Path(__file__).with_name("worker.py")
SOURCE = Path(__file__).parents[2] / "src"


def start(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    command = [sys.executable, str(WORKER), str(path), name, str(count)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def subjects(box: Mailbox) -> Counter[str]:
    found: Counter[str] = Counter()
    for folder in (INBOX, TRASH):
        for row in box.fetch(folder, box.view(folder).uids(), Columns.HEADER):
            found[row.header.decode().removeprefix("Subject: ").strip()] += 1
            assert box.content(folder, row.uid).size == row.size
    return found


def test_writers_in_three_processes_and_a_watcher_here(path: Path) -> None:
    create_private(path, owner="a", user_id=1).close()
    with Mailbox.open(path) as box:
        workers = [start(path, name, 40) for name in ("x", "y", "z")]
        view = box.view(INBOX)
        known = {uid: view.flags_of(uid) for uid in view.uids()}
        number = box.change_number()
        while any(worker.poll() is None for worker in workers):
            new = box.view(INBOX)
            change = diff(view, new)
            for uid in change.vanished_uids:
                del known[uid]
            for uid in [*change.changed_uids, *change.appended_uids]:
                known[uid] = new.flags_of(uid)
            view = new
            if view.total:
                box.set_flags(INBOX, UidSet.of([view.uid_at(1)]), FlagChange(FlagOperation.ADD, Flag.DRAFT))
                new = box.view(INBOX)
                known |= {uid: new.flags_of(uid) for uid in diff(view, new).changed_uids}
                for uid in diff(view, new).vanished_uids:
                    del known[uid]
                known |= {uid: new.flags_of(uid) for uid in diff(view, new).appended_uids}
                view = new
            assert known == {uid: view.flags_of(uid) for uid in view.uids()}
            assert box.change_number() >= number
            number = box.change_number()
        lines = [line for worker in workers for line in worker.communicate()[0].split()]
        assert [worker.returncode for worker in workers] == [0, 0, 0]
        assert len(lines) == 120
        assert subjects(box) == Counter(lines)
        assert box.check() == []


@pytest.mark.slow
def test_what_was_acknowledged_survives_kill(path: Path) -> None:
    create_private(path, owner="a", user_id=1).close()
    source = random.Random(5)  # noqa: S311 - repeatable
    promised: list[str] = []
    for round_number in range(8):
        workers = [start(path, f"{name}{round_number}", 10_000) for name in "ab"]
        for worker in workers:
            assert worker.stdout is not None
            promised += [worker.stdout.readline().strip() for _ in range(source.randrange(1, 25))]
        for worker in workers:
            worker.kill()
        for worker in workers:
            promised += worker.communicate()[0].split("\n")[:-1]  # an unfinished line is no promise
    with Mailbox.open(path) as box:
        assert box.check() == []
        found = subjects(box)
        assert all(found[token] == 1 for token in promised)
        assert max(found.values()) == 1
        assert len(found) <= len(promised) + 16
        box.purge_datafiles()
        assert box.check() == []
