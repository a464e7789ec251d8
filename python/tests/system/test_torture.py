"""Ten processes on one mailbox, killed at random: nothing promised is lost, and every client can catch up."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter as Tally
from collections.abc import Callable
from pathlib import Path

import pytest

from gromox.store.create import create_private
from gromox.store.mailbox import Mailbox
from gromox.store.model import Columns
from gromox.store.session import SYSTEM, StoreSession
from tests.support.replica import Counter, Replica, truth

WORKERS = 10
SECONDS = float(os.environ.get("TORTURE_SECONDS", "60"))
FOLDERS = (13, 11)
WORKER = Path(__file__).parents[1] / "store" / "torture.py"
SOURCE = Path(__file__).parents[2] / "src"


class Team:
    """The processes; one that ended is started again under a new name."""

    def __init__(self, path: Path, until: float) -> None:
        self._path, self._until = path, until
        self._started = 0
        self.promised: list[str] = []
        self.kills = 0
        self.failures: list[str] = []
        self.processes = [self._start() for _ in range(WORKERS)]

    def _start(self) -> subprocess.Popen[str]:
        self._started += 1
        left = max(self._until - time.monotonic(), 1.0)
        return subprocess.Popen(
            [sys.executable, str(WORKER), str(self._path), f"w{self._started}", str(left)],
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def kill(self, number: int) -> None:
        """Kill one, once it has promised something again, and start another."""
        process = self.processes[number]
        assert process.stdout is not None
        self.promised += [line.strip() for line in [process.stdout.readline()] if line]
        process.kill()
        self._collect(process, killed=True)
        self.kills += 1
        self.processes[number] = self._start()

    def kill_until(self, end: float, chance: random.Random) -> None:
        """Kill one after the other."""
        while time.monotonic() < end:
            self.kill(chance.randrange(WORKERS))

    def finish(self) -> None:
        for process in self.processes:
            self._collect(process, killed=False)

    def _collect(self, process: subprocess.Popen[str], *, killed: bool) -> None:
        out, err = process.communicate(timeout=120)
        self.promised += out.split("\n")[:-1]  # an unfinished line is no promise
        if process.returncode != 0 and not (killed and process.returncode == -9):
            self.failures.append(err)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_everybody_at_once(tmp_path: Path, measured: Callable[[str], None]) -> None:
    path = tmp_path / "alice"
    create_private(path, owner="alice@example.test", user_id=7).close()
    chance = random.Random(20261128)  # noqa: S311 - the same kills in every run
    until = time.monotonic() + SECONDS
    team = Team(path, until)
    old: list[Replica | Counter] = []
    numbers: list[int] = []
    with Mailbox.open(path) as mailbox:
        session = StoreSession.of(mailbox, SYSTEM)
        clients: list[Replica | Counter] = [
            client for folder in FOLDERS for client in (Replica(folder), Counter(folder))
        ]
        killer = threading.Thread(target=team.kill_until, args=(until, chance))
        killer.start()
        while time.monotonic() < until:
            for client in clients:
                catch_up(client, session, stop_after=None if len(numbers) % 3 else 3)
                numbers.append(session.change_number())
            old += [client.copy() for client in clients]
        killer.join()
        team.finish()
        assert team.failures == []
        assert numbers == sorted(numbers)
        assert mailbox.check() == []
        clients += chance.sample(old, min(len(old), 60))
        for folder in FOLDERS:
            there = truth(mailbox, folder)
            newest = [client for client in clients if client.folder_id == folder]
            for client in newest:
                catch_up(client, session)
                known = client.messages if isinstance(client, Counter) else set(client.messages)
                assert known == set(truth(mailbox, folder))
                if isinstance(client, Replica):
                    assert client.messages == truth(mailbox, folder)
            assert set(truth(mailbox, folder)) == set(there)
        found = subjects(mailbox)
        assert [token for token in team.promised if not found[token]] == []
        mailbox.purge_datafiles()
        assert mailbox.check() == []
        total = mailbox.change_number()
    measured(
        f"torture: {WORKERS} processes, {SECONDS:.0f} s, {team.kills} killed, {len(team.promised)} deliveries"
        f" promised, {total} change numbers, {len(clients)} clients caught up"
    )


def catch_up(client: Replica | Counter, session: StoreSession, stop_after: int | None = None) -> None:
    if isinstance(client, Counter):
        client.catch_up(session, limit=500)
    else:
        client.synchronise(session, stop_after=stop_after, part_size=500)


def subjects(mailbox: Mailbox) -> Tally[str]:
    found: Tally[str] = Tally()
    for folder in FOLDERS:
        for row in mailbox.fetch(folder, mailbox.view(folder).uids(), Columns.HEADER):
            found[row.header.decode().removeprefix("Subject: ").split("\r\n", 1)[0].strip()] += 1
    return found
