"""Our server as ``make run`` starts it, in a directory of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from ports import answers

#: ``make run PORT_BASE=…``: IMAP is at 143 above it, and so on.
PORT_BASE: Final = 22000


class OwnServer:
    """One running gromox-server."""

    def __init__(self, home: Path) -> None:
        """Keep everything in ``home``; :meth:`start` makes it."""
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None
        self.imap, self.pop3, self.lmtp = PORT_BASE + 143, PORT_BASE + 110, PORT_BASE + 24

    @property
    def pid(self) -> int:
        """The server's process."""
        if self._process is None:
            raise RuntimeError("the server is not running")
        return self._process.pid

    def start(self, user: str) -> str:
        """Start, wait until it answers, and return the password of ``user``, one of the demo's."""
        command = [sys.executable, "-m", "gromox.daemons.all_in_one"]
        command += ["--home", str(self._home), "--port-base", str(PORT_BASE)]
        with (self._home.parent / "ours.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        for port in (self.imap, self.pop3, self.lmtp):
            answers(port)
        for entry in json.loads((self._home / "credentials.json").read_text()):
            if entry["user"] == user:
                return str(entry["password"])
        raise LookupError(f"the demo has no user {user}")

    def stop(self) -> None:
        """Stop it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None
