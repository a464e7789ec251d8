"""Ours and Dovecot side by side: the ratio table of the performance goals.

    python bench/compare.py [--messages 20000] [--rounds 3] [--only append,lmtp] [--drivers ../shared/bench]

Both servers stay up for the whole run and take turns test by test: what else the machine does hits both.
Of each figure the best of the rounds counts. The table goes to the screen, ``bench/results.json`` and, with
``--record``, ``docs/performance.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from own_server import OwnServer
from peer_dovecot import Dovecot

if TYPE_CHECKING:
    from collections.abc import Sequence

#: What a driver says of one test.
Figures: TypeAlias = "dict[str, Any]"

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
USER = "alice@example.test"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the goals: which driver and test give which figure."""

    metric: str
    driver: str
    test: str
    figure: str
    goal: float
    #: True for a time, memory or CPU: there the ratio is ours to the peer's and has to be at most the goal.
    less_is_better: bool = False
    options: tuple[str, ...] = ()
    #: Measured in the first turn only: afterwards memory that was taken is still there.
    once: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the outcome; ``ratio`` is ours to the peer's, the way round of the goal."""

    metric: str
    unit: str
    ours: float
    peer: float
    ratio: float
    goal: str
    met: bool


def _rows(box: str) -> list[Row]:
    """Return the goals of the performance design that the foundation covers."""
    imap = "imapbench.py"
    lmtp = ("--conns",)
    return [
        Row("NOOP round trip", imap, "noop", "ops_s", 0.9),
        Row("LOGIN, warm cache", imap, "login", "ops_s", 2),
        Row("LOGIN, 20 connections", imap, "login20", "ops_s", 2),
        Row("SELECT, warm", imap, f"select:{box}", "p50_ops_s", 3),
        Row("FETCH FLAGS 1:*", imap, f"flags:{box}", "p50_ops_s", 5),
        Row("FETCH ENVELOPE of 1000", imap, f"envelope:{box}:1000", "p50_ops_s", 3),
        Row("FETCH BODYSTRUCTURE of 1000", imap, f"bodystructure:{box}:1000", "p50_ops_s", 1.3),
        Row("FETCH HEADER.FIELDS of 1000", imap, f"hdrfields:{box}:1000", "p50_ops_s", 1.2),
        Row("bodies, 10 kB each", imap, "bodies:Bench10k:1000", "p50_ops_s", 1.2),
        Row("bodies, 10 MB each", imap, "bodies:Bench10M:4", "p50_ops_s", 2),
        Row("SEARCH header", imap, f"search_header:{box}", "p50_ops_s", 10),
        Row("SEARCH flags", imap, f"search_unseen:{box}", "p50_ops_s", 1),
        Row("STORE one flag", imap, f"store1:{box}", "p50_ops_s", 1),
        Row("STORE 1:*", imap, f"storeall:{box}", "p50_ops_s", 5),
        Row("APPEND, 1 connection", imap, "append1", "msgs_s", 1.5),
        Row("APPEND, 20 connections", imap, "append20", "msgs_s", 2),
        Row("LMTP delivery, 1 connection", "lmtpbench.py", "1", "msgs_s", 2, options=lmtp),
        Row("LMTP delivery, 10 connections", "lmtpbench.py", "10", "msgs_s", 2, options=lmtp),
        Row("LMTP, CPU per message", "lmtpbench.py", "10", "server_cpu_us_per_msg", 0.35, True, lmtp),
        Row("IDLE, memory per connection", imap, "idle:1000", "kib_per_conn", 0.1, True, once=True),
        Row("IDLE, time to notify all of 1000", imap, "idle:1000", "max_ms", 1, True),
        Row("mixed client load, rate", imap, f"mixed:{box}:10:5", "ops_s", 1.5),
        Row("mixed client load, CPU per operation", imap, f"mixed:{box}:10:5", "cpu_us_per_op", 0.5, True),
        Row("POP3 UIDL", "pop3bench.py", "uidl", "p50_ops_s", 2),
        Row("POP3 RETR", "pop3bench.py", "retr", "p50_ops_s", 1),
    ]


UNITS = {
    "ops_s": "1/s",
    "msgs_s": "1/s",
    "p50_ops_s": "1/s",
    "kib_per_conn": "KiB",
    "max_ms": "ms",
    "server_cpu_us_per_msg": "us",
    "cpu_us_per_op": "us",
}


@dataclass(frozen=True, slots=True)
class Target:
    """Where a server is and how its processes are found."""

    name: str
    imap: int
    pop3: int
    lmtp: int
    pid: int
    password: str


class Drivers:
    """Runs the neutral load drivers and remembers what they said."""

    def __init__(self, folder: Path, messages: int) -> None:
        """Use the drivers in ``folder``; mailboxes hold ``messages`` messages."""
        self._folder, self._messages = folder, messages

    def imap(self, target: Target, *tests: str) -> list[Figures]:
        """Run IMAP tests and return their figures."""
        command = ["--port", str(target.imap), "--user", USER, "--password", target.password]
        return self._run("imapbench.py", [*command, "--server-pid", str(target.pid), *tests])

    def run(self, target: Target, row: Row) -> Figures:
        """Run the test of one row."""
        if row.driver == "imapbench.py":
            return self.imap(target, row.test)[0]
        if row.driver == "lmtpbench.py":
            arguments = ["--port", str(target.lmtp), "--rcpt", USER, "--n", "2000", "--conns", row.test]
            return self._run(row.driver, [*arguments, "--server-pid", str(target.pid)])[0]
        arguments = ["--port", str(target.pop3), "--user", USER, "--password", target.password]
        results = self._run(row.driver, [*arguments, "--server-pid", str(target.pid)])
        return next(result for result in results if result["test"] == row.test)

    def _run(self, driver: str, arguments: Sequence[str]) -> list[Figures]:
        done = subprocess.run(
            [sys.executable, str(self._folder / driver), *arguments], capture_output=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{driver} {arguments}: {done.stderr.decode()[-400:]}")
        results = json.loads(done.stdout)["results"]
        for result in results:
            if "error" in result:
                raise RuntimeError(f"{driver} {arguments[-1]}: {result['error']}")
        return [_with_derived(result) for result in results]


def _with_derived(result: Figures) -> Figures:
    """Add the figures that the drivers leave to the reader."""
    if result.get("p50_ms"):
        result["p50_ops_s"] = 1000.0 / result["p50_ms"]
    if result.get("ops_s") and result.get("server_cpu_s"):
        result["cpu_us_per_op"] = result["server_cpu_s"] * 1e6 / (result["ops_s"] * result["wall_s"])
    return result


def populate(drivers: Drivers, target: Target, box: str, messages: int) -> None:
    """Fill the mailboxes that the tests read."""
    drivers.imap(
        target,
        f"populate:{box}:{messages}:2048",
        "populate:Bench10k:1000:10240",
        "populate:Bench10M:4:10000000",
    )


def measure(drivers: Drivers, targets: Sequence[Target], row: Row, rounds: int) -> Result:
    """Run one row on both servers in turns and compare the best figures."""
    best: dict[str, float] = {}
    pick = min if row.less_is_better else max
    for _ in range(1 if row.once else rounds):
        for target in targets:
            figure = drivers.run(target, row)[row.figure]
            best[target.name] = pick(best.get(target.name, figure), figure)
    ours, peer = best["ours"], best["dovecot"]
    ratio = ours / peer if peer else float("inf")
    met = ratio <= row.goal if row.less_is_better else ratio >= row.goal
    sign = "<=" if row.less_is_better else ">="
    return Result(row.metric, UNITS[row.figure], ours, peer, round(ratio, 3), f"{sign} {row.goal:g}", met)


def table(results: Sequence[Result]) -> str:
    """Return the results as a Markdown table."""
    lines = ["| metric | ours | Dovecot | ratio | goal | met |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {r.metric} | {r.ours:.4g} {r.unit} | {r.peer:.4g} {r.unit} | {r.ratio:.2f} | {r.goal} "
        f"| {'yes' if r.met else 'no'} |"
        for r in results
    ]
    return "\n".join(lines)


def record(results: Sequence[Result], machine: str) -> None:
    """Put the table between the marks of ``docs/performance.md``."""
    page = REPOSITORY / "docs" / "performance.md"
    text = page.read_text()
    start, end = "<!-- results -->", "<!-- end of results -->"
    head, _, rest = text.partition(start)
    _, _, tail = rest.partition(end)
    page.write_text(f"{head}{start}\n\n{machine}\n\n{table(results)}\n\n{end}{tail}")


def machine_line() -> str:
    """Say when and on what this was measured."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    version = subprocess.run(["dovecot", "--version"], capture_output=True, check=False).stdout.decode()
    return (
        f"Measured {now}, {os.cpu_count()} cores, kernel {os.uname().release}, "
        f"Python {sys.version.split()[0]}, Dovecot {version.split(' ')[0]}."
    )


def main() -> int:
    """Run the comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=20000, help="messages in the large folder")
    parser.add_argument("--rounds", type=int, default=3, help="turns each server gets for a test")
    parser.add_argument("--only", default="", help="comma-separated parts of metric names")
    parser.add_argument("--drivers", type=Path, default=REPOSITORY.parent / "shared" / "bench")
    work = Path("/var/tmp")  # noqa: S108 - a new directory is made in it, on a disk, unlike /tmp
    parser.add_argument("--directory", type=Path, default=work, help="where to work (default: %(default)s)")
    parser.add_argument("--record", action="store_true", help="write the table into docs/performance.md")
    options = parser.parse_args()
    if not (options.drivers / "imapbench.py").exists():
        parser.error(f"no load drivers in {options.drivers}; name their folder with --drivers")
    box = "Bench"
    wanted = [part.strip().lower() for part in options.only.split(",") if part.strip()]
    rows = [row for row in _rows(box) if not wanted or any(part in row.metric.lower() for part in wanted)]
    with tempfile.TemporaryDirectory(dir=options.directory, prefix="bench-") as scratch:
        root = Path(scratch)
        root.chmod(0o755)
        ours = OwnServer(root / "ours")
        password = ours.start(USER)
        peer = Dovecot(root / "dovecot", [USER], password)
        peer.root.mkdir()
        peer.start()
        try:
            targets = [
                Target("ours", ours.imap, ours.pop3, ours.lmtp, ours.pid, password),
                Target("dovecot", peer.imap, peer.pop3, peer.lmtp, peer.pid, password),
            ]
            drivers = Drivers(options.drivers, options.messages)
            for target in targets:
                populate(drivers, target, box, options.messages)
            results = []
            for row in rows:
                results.append(measure(drivers, targets, row, options.rounds))
                print(table(results[-1:]).splitlines()[-1], flush=True)
        finally:
            ours.stop()
            peer.stop()
    print("\n" + table(results))
    if not wanted:
        (HERE / "results.json").write_text(
            json.dumps([asdict(result) for result in results], indent=1) + "\n"
        )
    if options.record:
        record(results, machine_line())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
