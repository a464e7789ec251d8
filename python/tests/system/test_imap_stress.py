"""Fifty mail programs on five mailboxes: none is told anything wrong, nothing is lost, nothing leaks.

A short run is one of the tests. ``STRESS_SECONDS`` makes it as long as wanted (``STRESS_SECONDS=36000
make test ARGS=tests/system/test_imap_stress.py``), ``STRESS_SEED`` other, ``STRESS_CLIENTS`` larger.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gromox.store.mailbox import Mailbox
from tests.support.imapledger import Account, Box
from tests.support.imapstress import Stress
from tests.support.server import HOST, GromoxServer, eventually
from tests.system.conftest import ALICE, BOB

SECONDS = float(os.environ.get("STRESS_SECONDS", "20"))
SEED = int(os.environ.get("STRESS_SEED", "20261129"))
CLIENTS = int(os.environ.get("STRESS_CLIENTS", "50"))
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
    """Return the resident memory of a process in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1])


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


@pytest.mark.slow
@pytest.mark.timeout(SECONDS * 1.5 + 240)
def test_everybody_at_once(home: Path, measured: Callable[[str], None]) -> None:
    server = GromoxServer(home)
    server.start()
    at_rest = open_files(server.pid)
    sizes = [memory(server.pid)]
    files = [at_rest]

    def at_pause(_time: float) -> None:
        sizes.append(memory(server.pid))
        files.append(open_files(server.pid))

    stress = Stress(
        HOST,
        server.port("imap"),
        [Account(user, server.password(user), names, GUESTS[user]) for user, names in MAILBOXES.items()],
        clients=CLIENTS,
        seconds=SECONDS,
        seed=SEED,
        at_pause=at_pause,
    )
    try:
        asyncio.run(stress.run())
    except BaseExceptionGroup as group:
        server.kill()
        # One tells of its trouble, the others were only cancelled.
        raise AssertionError(f"seed {SEED}: {group.exceptions[0]}") from group
    except BaseException:
        server.kill()
        raise
    # Mailboxes stay open for a while, with what SQLite and their locks need; connections do not.
    eventually(lambda: open_files(server.pid) <= at_rest + 40, what="files closed")
    assert levels_off(sizes, slack=8192), sizes
    assert levels_off(files, slack=CLIENTS), files
    at_end = open_files(server.pid)
    assert server.stop() == 0
    log = "".join(server.lines)
    assert "traceback" not in log.lower(), log[-5000:]
    assert check_stores(home) == []
    figures = stress.figures
    measured(
        f"stress: {CLIENTS} clients, {SECONDS:.0f} s, {figures.commands.total()} commands,"
        f" {figures.sessions} sessions, {figures.pauses} comparisons,"
        f" {figures.woken} woken from IDLE or by NOTIFY,"
        f" {figures.notified} comparisons of what NOTIFY told, {len(stress.ledger.tokens)} messages made;"
        f" RSS in MiB {course([size >> 10 for size in sizes])}; files {course([*files, at_end])};"
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
