"""Fifty mail programs on five mailboxes: none is told anything wrong, nothing is lost, nothing leaks.

Short runs are among the tests. ``STRESS_SECONDS`` makes them as long as wanted (``STRESS_SECONDS=36000
make test ARGS=tests/system/test_imap_stress.py``), ``STRESS_SEED`` other, ``STRESS_CLIENTS`` larger;
``STRESS_WORKERS`` says how many workers there are in each run (0 is gromox-server, all in one process), and
``STRESS_PATIENCE`` for how many seconds any answer may be waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gromox.daemons.embedded import Embedded
from gromox.store.mailbox import Mailbox
from tests.support.daemons import Daemons
from tests.support.imapledger import Account, Box
from tests.support.imapstress import Stress
from tests.support.imapwire import PATIENCE
from tests.support.server import HOST, GromoxServer, Process, eventually
from tests.system.conftest import ALICE, BOB

SECONDS = float(os.environ.get("STRESS_SECONDS", "15"))
SEED = int(os.environ.get("STRESS_SEED", "20261129"))
CLIENTS = int(os.environ.get("STRESS_CLIENTS", "50"))
WORKERS = [int(word) for word in os.environ.get("STRESS_WORKERS", "0 2").split()]
#: Comparisons after which former workers have ended.
SETTLED = 16
#: Comparisons after which memory can be judged.
LEVELLED = 7
MAILBOXES = {ALICE: (b"Stress1", b"Stress2", b"Stress/Deep"), BOB: (b"Stress1", b"INBOX/Stress2")}
#: Mailboxes of others, as guests name them.
GUESTS = {
    ALICE: (Box(b"Shared/bob/Stress1", (BOB, b"Stress1")),),
    BOB: (
        Box(b"Shared/alice/Stress1", (ALICE, b"Stress1")),
        Box(b"Shared/alice/Stress/Deep", (ALICE, b"Stress/Deep"), writable=False),
    ),
}


def memory(pid: int) -> int:
    """Return the resident memory of a process in KiB; 0 if it has just ended."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1])
    return 0


def files(pid: int) -> int:
    """Return how many files a process has open; 0 if it has just ended."""
    with contextlib.suppress(OSError):
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return 0


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@dataclass
class Stand:
    """The processes under stress."""

    home: Path
    port: int
    processes: list[Process]
    workers: int = 0

    @classmethod
    def start(cls, home: Path, workers: int) -> Stand:
        """Start gromox-server, or a gromox-imap of several processes and what it needs."""
        if not workers:
            server = GromoxServer(home)
            server.start()
            return cls(home, server.port("imap"), [server])
        daemons = Daemons(home, f"imap_workers = {workers}\nuser_context_num = 0\n")
        daemons.create()
        daemons.start("event", "imap")
        return cls(home, daemons.imap_port, list(daemons.processes.values()), workers)

    def password(self, user: str) -> str:
        return next(one.password for one in Embedded(self.home).credentials() if one.user == user).reveal()

    def pids(self) -> list[int]:
        """Return the processes and their workers."""
        return [pid for process in self.processes for pid in (process.pid, *children(process.pid))]

    def memory(self) -> int:
        """Return the resident memory of all in KiB."""
        return sum(memory(pid) for pid in self.pids())

    def files(self) -> int:
        return sum(files(pid) for pid in self.pids())

    def replace(self) -> None:
        """Have gromox-imap go over to new code while all work."""
        if self.workers:
            os.kill(self.processes[-1].pid, signal.SIGUSR2)

    def log(self) -> str:
        return "".join(line for process in self.processes for line in process.lines)

    def stop(self) -> list[int]:
        return [process.stop() for process in reversed(self.processes)]


@pytest.mark.slow
@pytest.mark.timeout(SECONDS * 1.5 + 2 * PATIENCE + 600)
@pytest.mark.parametrize("workers", WORKERS)
def test_everybody_at_once(home: Path, workers: int, measured: Callable[[str], None]) -> None:
    stand = Stand.start(home, workers)
    try:
        put_under_stress(stand, measured)
    except BaseException:
        for process in stand.processes:
            process.kill()
        raise
    assert stand.stop() == [0] * len(stand.processes)
    log = stand.log().lower()
    assert "traceback" not in log, log[-5000:]
    assert "worker ended" not in log, log[-5000:]
    assert check_stores(home) == []


def put_under_stress(stand: Stand, measured: Callable[[str], None]) -> None:
    sizes, counts = [stand.memory()], [stand.files()]

    def at_pause(time: float) -> None:
        if len(sizes) == 1:
            stand.replace()
        sizes.append(stand.memory())
        counts.append(stand.files())
        done = stress.figures.commands.total()
        sys.stdout.write(f"{time:.0f} s: {sizes[-1] >> 10} MiB, {counts[-1]} files, {done} commands\n")

    stress = Stress(
        HOST,
        stand.port,
        [Account(user, stand.password(user), names, GUESTS[user]) for user, names in MAILBOXES.items()],
        clients=CLIENTS,
        seconds=SECONDS,
        seed=SEED,
        at_pause=at_pause,
    )
    try:
        asyncio.run(stress.run())
    except BaseExceptionGroup as group:
        # One tells of its trouble, the others were only cancelled.
        raise AssertionError(f"seed {SEED}: {group.exceptions[0]}") from group
    if stand.workers:
        eventually(lambda: "reloaded generation=2" in stand.log(), limit=PATIENCE, what="the new code")
    # Mailboxes stay open for a while, with what SQLite and their locks need; connections do not.
    eventually(lambda: stand.files() <= max(counts) - CLIENTS * 3 // 4, what="files closed")
    # As long as former workers end with their sessions, there are two generations of them.
    if not stand.workers or len(sizes) > SETTLED:
        # How much a few comparisons have in common depends on how far the clients got in between.
        assert levels_off(sizes, slack=8192 if len(sizes) > LEVELLED else 65536), sizes
        assert levels_off(counts, slack=CLIENTS if len(sizes) > LEVELLED else 4 * CLIENTS), counts
    figures = stress.figures
    measured(
        f"stress: {CLIENTS} clients, {len(stand.pids())} processes, {SECONDS:.0f} s,"
        f" {figures.commands.total()} commands,"
        f" {figures.sessions} sessions, {figures.pauses} comparisons,"
        f" {figures.woken} woken from IDLE or by NOTIFY,"
        f" {figures.notified} comparisons of what NOTIFY told, {len(stress.ledger.tokens)} messages made;"
        f" RSS in MiB {course([size >> 10 for size in sizes])}; files {course([*counts, stand.files()])};"
        f" {dict(figures.commands)}"
    )


def levels_off(sizes: list[int], *, slack: int) -> bool:
    """Tell whether something stopped growing: the last quarter takes little more than the third one."""
    quarter = max(len(sizes) // 4, 1)
    third, last = sizes[-2 * quarter : -quarter], sizes[-quarter:]
    return not third or max(last) <= max(third) * 1.15 + slack


def course(sizes: list[int]) -> str:
    """Return about ten of the values, in order, with the first and the last."""
    step = max(len(sizes) // 10, 1)
    return " ".join(str(size) for size in [*sizes[:-1:step], sizes[-1]])


def check_stores(home: Path) -> list[object]:
    """Return what is wrong in the mailboxes."""
    found: list[object] = []
    databases = list(home.rglob("exchange.sqlite3"))
    assert databases
    for database in databases:
        with Mailbox.open(database.parents[1]) as mailbox:
            found += mailbox.check()
    return found
