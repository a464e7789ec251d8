"""Our server as ``make run`` starts it, in a directory of its own; beside it gromox-imap as hosts have it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from drivers import Target
from servers import answers, end

from gromox.store.mailbox import Mailbox

#: ``make run PORT_BASE=…``: IMAP is at 143 above it, and so on.
PORT_BASE: Final = 22000
#: Where workers listen, and how many there are.
WORKERS_PORT: Final = PORT_BASE + 144
WORKERS: Final = 2


class OwnServer:
    """One running gromox-server."""

    def __init__(self, home: Path) -> None:
        """Keep everything in ``home``; :meth:`start` makes it."""
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None
        self._workers: subprocess.Popen[bytes] | None = None
        #: By login name; known once it was started.
        self.passwords: dict[str, str] = {}

    @property
    def certificate(self) -> Path:
        """The certificate of its TLS ports; the key lies beside it."""
        return self._home / "tls" / "server.pem"

    @property
    def target(self) -> Target:
        """Where it is."""
        if self._process is None:
            raise RuntimeError("the server is not running")
        ports = [PORT_BASE + port for port in (143, 993, 110, 24)]
        return Target(*ports, pid=self._process.pid, passwords=self.passwords)

    @property
    def workers(self) -> Target:
        """gromox-imap with its workers, on the same mailboxes; started when first asked for."""
        if self._workers is None:
            self._workers = self._start_workers()
            answers(WORKERS_PORT)
        return replace(self.target, imap=WORKERS_PORT, pid=self._workers.pid)

    def _start_workers(self) -> subprocess.Popen[bytes]:
        etc = self._home / "etc"
        own = f"daemons_workers = {WORKERS}\nimap_listen = 127.0.0.1:{WORKERS_PORT}\nimap_listen_tls =\n"
        own += f"imap_metrics_socket = {self._home}/run/workers.metrics.sock\n"
        file = self._home / "workers.cfg"
        file.write_text((etc / "gromox.cfg").read_text() + (etc / "imap.cfg").read_text() + own)
        command = [sys.executable, "-m", "gromox.daemons.imap", "-c", str(file)]
        with (self._home.parent / "workers.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log)

    def start(self) -> None:
        """Start and wait until it answers."""
        command = [sys.executable, "-m", "gromox.daemons.all_in_one"]
        command += ["--home", str(self._home), "--port-base", str(PORT_BASE)]
        with (self._home.parent / "ours.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        target = self.target
        for port in (target.imap, target.pop3, target.lmtp):
            answers(port)
        entries = json.loads((self._home / "credentials.json").read_text())
        self.passwords.update({entry["user"]: entry["password"] for entry in entries})

    def restart(self) -> None:
        """Start it anew on the same mailboxes."""
        self.stop()
        self.start()

    def rest(self, *, seconds: float = 900.0) -> None:
        """Return when nothing is left to do in the background: the full-text indexes are complete.

        Raises:
            TimeoutError: they were not within ``seconds``.
        """
        end = time.monotonic() + seconds
        for database in (self._home / "user").rglob("exchange.sqlite3"):
            with Mailbox.open(database.parent.parent) as mailbox:
                while not mailbox.is_derived_current():
                    if time.monotonic() > end:
                        raise TimeoutError("the full-text index is not complete")
                    time.sleep(0.5)

    def stop(self) -> None:
        """Stop it, and its workers."""
        processes, self._process, self._workers = (self._workers, self._process), None, None
        for process in processes:
            if process is not None:
                end(process, seconds=120)
