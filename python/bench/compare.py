"""Ours and Dovecot side by side: the ratio table of the performance goals.

    python bench/compare.py [--messages 10000] [--rounds 3] [--only append,lmtp] [--drivers ../shared/bench]

Both servers stay up for the whole run (but for what is measured cold) and take turns test by test: what else
the machine does hits both. Of each figure the best of the rounds counts. Measuring begins when both are at
rest: the mailboxes are filled, and our full-text index is complete. The table goes to the screen,
``bench/results.json`` and, with ``--record``, ``docs/performance.md``; that of some rows (``--only``) goes to
the screen alone.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from drivers import HERE, Drivers
from goals import ALICE, BOB, BOX, ROWS, UNITS
from own_server import OwnServer
from peer_dovecot import Dovecot
from servers import leave_on_signals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from goals import Row

REPOSITORY: Final = HERE.parent.parent
#: Octets of a message in the large inbox.
SMALL: Final = 1024
#: Further folders in ALICE's mailbox. POP3 retrieves from the beginning of the inbox: always the same mails,
#: whatever was delivered there meanwhile.
BOXES: Final = ("INBOX:1000:10240", "Bench10k:1000:10240", "Bench10M:4:10000000")


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the outcome; ``ratio`` is ours to the peer's, the way round of the goal."""

    metric: str
    unit: str
    ours: float
    peer: float
    ratio: float
    goal: str
    met: bool | None


def populate(drivers: Drivers, ours: OwnServer, peer: Dovecot, messages: int, large: int) -> None:
    """Fill the mailboxes that the tests read, and wait until both servers are at rest."""
    begun = time.monotonic()
    for target in (ours.target, peer.target):
        drivers.populate(target, ALICE, f"{BOX}:{messages}:2048", *BOXES)
        drivers.populate(target, BOB, f"INBOX:{large}:{SMALL}")
    ours.rest()
    peer.restart()  # from now on it syncs
    os.sync()
    print(f"mailboxes filled in {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)


def measure(
    drivers: Drivers, ours: OwnServer, peer: Dovecot, rows: Sequence[Row], rounds: int
) -> list[Result]:
    """Take the figures of some rows from one run, on both servers in turns, and compare the best."""
    run = rows[0].run
    best: dict[tuple[Row, bool], float] = {}
    for _ in range(1 if run.once else rounds):
        for server in (ours, peer):
            if run.cold:
                server.restart()
            ours.rest()  # or the index of what the last test brought is measured with this one
            target = ours.workers if run.workers and server is ours else server.target
            figures = drivers.run(target, run)
            for row in rows:
                figure = figures[row.figure]
                pick, key = min if row.less_is_better else max, (row, server is ours)
                best[key] = pick(best.get(key, figure), figure)
    return [_compared(row, best[row, True], best[row, False]) for row in rows]


def _compared(row: Row, ours: float, peer: float) -> Result:
    ratio = ours / peer if peer else float("inf")
    unit = UNITS[row.figure.rpartition(".")[2]]
    if row.goal is None:
        return Result(row.metric, unit, ours, peer, round(ratio, 3), "", None)
    met = ratio <= row.goal if row.less_is_better else ratio >= row.goal
    sign = "<=" if row.less_is_better else ">="
    return Result(row.metric, unit, ours, peer, round(ratio, 3), f"{sign} {row.goal:g}", met)


def table(results: Sequence[Result]) -> str:
    """Return the results as a Markdown table."""
    lines = ["| metric | ours | Dovecot | ratio | goal | met |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {r.metric} | {r.ours:.4g} {r.unit} | {r.peer:.4g} {r.unit} | {r.ratio:.2f} | {r.goal} "
        f"| {MET[r.met]} |"
        for r in results
    ]
    return "\n".join(lines)


MET: Final = {True: "yes", False: "no", None: ""}


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


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=10_000, help="messages in the folder of most tests")
    parser.add_argument("--large", type=int, default=100_000, help="messages in the large inbox")
    parser.add_argument("--rounds", type=int, default=3, help="turns each server gets for a test")
    parser.add_argument("--only", default="", help="comma-separated parts of metric names")
    parser.add_argument("--drivers", type=Path, default=REPOSITORY.parent / "shared" / "bench")
    work = Path("/var/tmp")  # noqa: S108 - a new directory is made in it, on a disk, unlike /tmp
    parser.add_argument("--directory", type=Path, default=work, help="where to work (default: %(default)s)")
    parser.add_argument("--record", action="store_true", help="write the table into docs/performance.md")
    options = parser.parse_args()
    if not (options.drivers / "imapbench.py").exists():
        parser.error(f"no load drivers in {options.drivers}; name their folder with --drivers")
    if options.only and options.record:
        parser.error("--record wants all rows, --only prints some")
    return options


def main() -> int:
    """Run the comparison."""
    options = _options()
    wanted = [part.strip().lower() for part in options.only.split(",") if part.strip()]
    rows = [row for row in ROWS if not wanted or any(part in row.metric.lower() for part in wanted)]
    drivers = Drivers(options.drivers)
    results: list[Result] = []
    leave_on_signals()
    with ExitStack() as stack:  # each server is stopped, whatever becomes of the other
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=options.directory, prefix="bench-")))
        root.chmod(0o755)
        ours = OwnServer(root / "ours")
        peer = Dovecot(root / "dovecot", ours.passwords, ours.certificate)
        stack.callback(peer.stop)
        stack.callback(ours.stop)
        ours.start()
        peer.start(quickly=True)
        populate(drivers, ours, peer, options.messages, options.large)
        for _, group in groupby(rows, key=lambda row: row.run):
            results += (measured := measure(drivers, ours, peer, list(group), options.rounds))
            print("\n".join(table(measured).splitlines()[2:]), flush=True)
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
