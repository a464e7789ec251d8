"""The daemons of an embedded home, each in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

from gromox.daemons.embedded import Embedded
from tests.support.server import HOST, SOURCE, Process, eventually, free_port

#: Module of each daemon and the file with its own settings.
FILES = {
    "event": "event.cfg",
    "imap": "imap.cfg",
    "pop3": "pop3.cfg",
    "delivery_queue": "smtp.cfg",
    "delivery": "delivery.cfg",
    "istore": "exmdb_provider.cfg",
    "zcore": "zcore.cfg",
    "timer": "timer.cfg",
    "midb": "midb.cfg",
}
TITLES = {"delivery_queue": "delivery-queue"}


@dataclass
class Daemons:
    """A home and its daemons; ports are fixed for the life of the object."""

    home: Path
    settings: str = ""  #: more lines for every daemon; they win
    imap_port: int = field(default_factory=free_port)
    pop3_port: int = field(default_factory=free_port)
    lmtp_port: int = field(default_factory=free_port)
    exmdb_port: int = field(default_factory=free_port)
    midb_port: int = field(default_factory=free_port)
    timer_port: int = field(default_factory=free_port)
    processes: dict[str, Process] = field(default_factory=dict)
    source: Path = SOURCE  #: where the code is

    def create(self) -> None:
        """Make users, stores and configuration; the sample mails are not wanted here."""
        embedded = Embedded(self.home)
        embedded.create()
        for mail in (self.home / "queue" / "mess").iterdir():
            mail.unlink()
        shared = (embedded.etc / "gromox.cfg").read_text()
        (embedded.etc / "gromox.cfg").write_text(shared + self.settings)
        for name, file in FILES.items():
            own = (embedded.etc / file).read_text()
            listens = (
                f"imap_listen = [{HOST}]:{self.imap_port}\npop3_listen = [{HOST}]:{self.pop3_port}\n"
                f"lda_listen = [{HOST}]:{self.lmtp_port}\ncontext_num = 5000\n"
                "imap_listen_tls =\npop3_listen_tls =\n"
                f"exmdb_listen = [{HOST}]:{self.exmdb_port}\nmidb_listen = [{HOST}]:{self.midb_port}\n"
                f"timer_listen_port = {self.timer_port}\n"
            )
            (embedded.etc / f"only-{name}.cfg").write_text(shared + own + listens + self.settings)

    def start(self, *names: str) -> None:
        """Start these daemons and wait until each is ready."""
        for name in names:
            process = self.processes.get(name)
            if process is None:
                config = self.home / "etc" / f"only-{name}.cfg"
                title = f"gromox-{TITLES.get(name, name)}"
                process = self.processes[name] = Process(
                    [sys.executable, "-m", f"gromox.daemons.{name}", "-c", str(config)],
                    f"{title}: ready",
                    source=self.source,
                )
            process.launch()
        for name in names:
            self.processes[name].wait()

    def stop(self) -> None:
        """Stop what runs; all of it, also if one fails."""
        failed = [
            process
            for process in self.processes.values()
            if process.process is not None and process.process.poll() is None and process.stop() != 0
        ]
        assert not failed, "".join(line for process in failed for line in process.lines[-30:])

    def workers(self, name: str) -> list[int]:
        """Return the children of a parent."""
        pid = self.processes[name].pid
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def sessions(self, name: str) -> dict[int, int]:
        """Return how many connections each worker has."""
        process, found, asked = self.processes[name], dict[int, int](), set[int]()
        since = len(process.lines)

        def all_told() -> bool:
            alive = set(self.workers(name))
            if not alive <= asked:  # also those that were started since the parent was asked
                asked.update(alive)
                os.kill(process.pid, signal.SIGUSR1)
            for line in process.lines[since:]:
                told = re.search(r"worker process=(\d+) state=\w+ generation=\d+ connections=(\d+)", line)
                if told:
                    found[int(told[1])] = int(told[2])
            return alive <= found.keys()

        eventually(all_told, what="the dump of the parent")
        return found

    def log(self) -> str:
        """Return what all wrote."""
        return "".join(line for process in self.processes.values() for line in process.lines)
