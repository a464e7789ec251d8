"""What is measured, by which driver, and what ratio to the peer is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ALICE: Final = "alice@example.test"
#: Has the mailbox with a large inbox.
BOB: Final = "bob@example.test"
#: The folder that most tests of IMAP read, in ALICE's mailbox.
BOX: Final = "Bench"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a driver, from which several figures may be taken."""

    driver: str
    """imap, imaps, pop3, lmtp, or active (``bench/active.py``)."""
    test: str
    user: str = ALICE
    options: tuple[str, ...] = ()
    once: bool = False
    """Measured in one turn only."""
    cold: bool = False
    """The server is started anew before it; what the kernel knows of its files stays."""
    workers: bool = False
    """Our side is gromox-imap with two workers, as on hosts of two processors."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the goals."""

    metric: str
    run: Run
    figure: str
    goal: float | None = None
    """None: there is none, the figure is for the record."""
    less_is_better: bool = False
    """A time, memory or processor time: the ratio is ours to the peer's and has to be at most the goal."""


UNITS: Final = {
    "ops_s": "1/s",
    "msgs_s": "1/s",
    "p50_ops_s": "1/s",
    "MB_s": "MB/s",
    "kib_per_conn": "KiB",
    "p50_ms": "ms",
    "max_ms": "ms",
    "cpu_us": "us",
}


def _imap(metric: str, test: str, figure: str, goal: float | None = None) -> Row:
    return Row(metric, Run("imap", test), figure, goal)


def _cpu(metric: str, run: Run, goal: float | None = None) -> Row:
    return Row(f"CPU: {metric}", run, "cpu_us", goal, less_is_better=True)


_COLD: Final = ("--n-select", "1")
#: A tenth of a millisecond, once in a session: the median of 20 depends on what the machine does meanwhile.
_MANY: Final = ("--n-select", "100")
# Memory that was taken once is there already the next time: a fresh server, and one turn.
_IDLE: Final = Run("imap", "idle:1000", once=True, cold=True)
_ACTIVE: Final = Run("active", BOX, once=True, cold=True)
_MIXED: Final = Run("imap", f"mixed:{BOX}:10:5")
_LMTP: Final = Run("lmtp", "10")
_POP3: Final = Run("pop3", "")
_LARGE_POP3: Final = Run("pop3", "", BOB, ("--sessions", "5", "--retr", "500"))


def _by_workers(metric: str, test: str, figure: str) -> Row:
    return Row(f"{metric}, two workers", Run("imap", test, workers=True), figure)


#: The goals of the performance design that the foundation covers, and a few figures beside them.
ROWS: Final = (
    # Processor time comes from the same runs as the rates: only where one has many operations.
    _imap("NOOP round trip", "noop", "ops_s", 0.9),
    _cpu("NOOP", Run("imap", "noop")),
    _imap("LOGIN, warm cache", "login", "ops_s", 2),
    _imap("LOGIN, 20 connections", "login20", "ops_s", 2),
    Row("SELECT of 10k, warm", Run("imap", f"select:{BOX}", options=_MANY), "p50_ops_s", 3),
    Row("SELECT of 10k, cold", Run("imap", f"select:{BOX}", options=_COLD, cold=True), "p50_ops_s", 1),
    Row("SELECT of 100k, warm", Run("imap", "select:INBOX", BOB, _MANY), "p50_ops_s", 3),
    Row("SELECT of 100k, cold", Run("imap", "select:INBOX", BOB, _COLD, cold=True), "p50_ops_s", 1),
    _imap("FETCH FLAGS 1:*", f"flags:{BOX}", "p50_ops_s", 5),
    _imap("FETCH ENVELOPE of 1000", f"envelope:{BOX}:1000", "p50_ops_s", 3),
    _imap("FETCH BODYSTRUCTURE of 1000", f"bodystructure:{BOX}:1000", "p50_ops_s", 1.3),
    _imap("FETCH HEADER.FIELDS of 1000", f"hdrfields:{BOX}:1000", "p50_ops_s", 1.2),
    _imap("bodies, 10 kB each", "bodies:Bench10k:1000", "p50_ops_s", 1.2),
    _imap("bodies, 10 MB each", "bodies:Bench10M:4", "p50_ops_s", 2),
    Row("bodies, 10 kB each, TLS", Run("imaps", "bodies:Bench10k:1000"), "MB_s"),
    Row("bodies, 10 MB each, TLS", Run("imaps", "bodies:Bench10M:4"), "MB_s"),
    _imap("SEARCH header", f"search_header:{BOX}", "p50_ops_s", 10),
    _imap("SEARCH flags", f"search_unseen:{BOX}", "p50_ops_s", 1),
    _imap("SEARCH text", f"search_text:{BOX}", "p50_ops_s", 20),
    _imap("STORE one flag", f"store1:{BOX}", "p50_ops_s", 1),
    _cpu("STORE one flag", Run("imap", f"store1:{BOX}")),
    _imap("STORE 1:*", f"storeall:{BOX}", "p50_ops_s", 5),
    _imap("APPEND, 1 connection", "append1", "msgs_s", 1.5),
    _cpu("APPEND, 1 connection", Run("imap", "append1")),
    _imap("APPEND, 20 connections", "append20", "msgs_s", 2),
    _cpu("APPEND, 20 connections", Run("imap", "append20")),
    Row("LMTP delivery, 1 connection", Run("lmtp", "1"), "msgs_s", 2),
    Row("LMTP delivery, 10 connections", _LMTP, "msgs_s", 2),
    _cpu("LMTP delivery, 10 connections", _LMTP, 0.35),
    Row("IDLE, memory per connection", _IDLE, "kib_per_conn", 0.1, True),
    Row("IDLE, time to notify all of 1000", _IDLE, "max_ms", 1, True),
    Row("active, memory per connection", _ACTIVE, "kib_per_conn", 0.1, True),
    Row("mixed client load, rate", _MIXED, "ops_s", 1.5),
    _cpu("mixed client load", _MIXED, 0.5),
    _by_workers("LOGIN, warm cache", "login", "ops_s"),
    _by_workers("LOGIN, 20 connections", "login20", "ops_s"),
    _by_workers("APPEND, 20 connections", "append20", "msgs_s"),
    _by_workers("mixed client load, rate", f"mixed:{BOX}:10:5", "ops_s"),
    _cpu("mixed client load, two workers", Run("imap", f"mixed:{BOX}:10:5", workers=True)),
    Row("POP3 UIDL", _POP3, "uidl.p50_ops_s", 2),
    Row("POP3 RETR", _POP3, "retr.p50_ops_s", 1),
    Row("CPU: POP3 RETR", _POP3, "retr.cpu_us", less_is_better=True),
    Row("POP3 of 100k, login and STAT", _LARGE_POP3, "login_stat_quit.p50_ops_s", 1),
    Row("POP3 of 100k, LIST", _LARGE_POP3, "list.p50_ops_s", 1),
    Row("POP3 of 100k, UIDL", _LARGE_POP3, "uidl.p50_ops_s", 2),
    Row("POP3 of 100k, RETR", _LARGE_POP3, "retr.p50_ops_s", 1),
)
