"""Running the load drivers, and what their figures come to."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from goals import Run

#: What a driver says of one test.
Figures: TypeAlias = "dict[str, Any]"

HERE: Final = Path(__file__).resolve().parent
#: Messages of one run over LMTP.
DELIVERED: Final = "2000"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a server is and how its processes are found: figures are of the process and all below it."""

    imap: int
    imaps: int
    pop3: int
    lmtp: int
    pid: int
    passwords: Mapping[str, str]


class Drivers:
    """Runs the neutral load drivers of a folder, and our own."""

    def __init__(self, folder: Path) -> None:
        """Use the drivers in ``folder``."""
        self._folder = folder

    def run(self, target: Target, run: Run) -> Figures:
        """Return the figures of a run; of one with several tests, each name begins with that of its test."""
        options = [*run.options, "--server-pid", str(target.pid)]
        login = ["--user", run.user, "--password", target.passwords[run.user], *options]
        if run.driver == "lmtp":
            many = ["--rcpt", run.user, "--n", DELIVERED, "--conns", run.test]
            return self._one("lmtpbench.py", ["--port", str(target.lmtp), *many, *options])
        if run.driver == "pop3":
            tests = self._figures(self._folder / "pop3bench.py", ["--port", str(target.pop3), *login])
            return {f"{test['test']}.{key}": value for test in tests for key, value in _derived(test).items()}
        if run.driver == "active":
            box = ["--drivers", str(self._folder), "--box", run.test]
            return self._figures(HERE / "active.py", ["--port", str(target.imap), *box, *login])[0]
        tls = run.driver == "imaps"
        port = ["--tls", "--port", str(target.imaps)] if tls else ["--port", str(target.imap)]
        return self._one("imapbench.py", [*port, *login, run.test])

    def _one(self, driver: str, arguments: Sequence[str]) -> Figures:
        return _derived(self._figures(self._folder / driver, arguments)[0])

    def populate(self, target: Target, user: str, *boxes: str) -> None:
        """Fill mailboxes, each given as name:messages:octets."""
        login = ["--port", str(target.imap), "--user", user, "--password", target.passwords[user]]
        self._figures(self._folder / "imapbench.py", [*login, *(f"populate:{box}" for box in boxes)])

    def _figures(self, driver: Path, arguments: Sequence[str]) -> list[Figures]:
        done = subprocess.run([sys.executable, str(driver), *arguments], capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{driver.name} {arguments}: {done.stderr.decode()[-400:]}")
        results: list[Figures] = json.loads(done.stdout)["results"]
        for result in results:
            if "error" in result:
                raise RuntimeError(f"{driver.name} {result['test']}: {result['error']}")
        return results


def _derived(result: Figures) -> Figures:
    """Add the figures that the drivers leave to the reader; of processor time, what it counts in is 10 ms."""
    if result.get("p50_ms"):
        result["p50_ops_s"] = 1000.0 / result["p50_ms"]
    if result.get("n") and result.get("server_cpu_s") is not None:
        result["cpu_us"] = result["server_cpu_s"] * 1e6 / result["n"]
    return result
