"""A gromox-server as a process of its own, for tests over sockets."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gromox.daemons import all_in_one

SOURCE = Path(__file__).parents[2] / "src"
HOST = "127.0.0.1"


def _share(ports: range) -> range:
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return ports[number * len(ports) // count : (number + 1) * len(ports) // count]


#: Seconds that a start may take, the making of the demo included.
START_LIMIT = 240.0
#: Seconds for everything else that another process or thread does in its own time. A machine may be slow, and
#: have more to do than this test; who waits for what happens does not wait so long.
PATIENCE = 60.0
OFFSETS = {"lmtp": 24, "smtp": 25, "pop3": 110, "imap": 143, "imaps": 993, "pop3s": 995}
#: Below the ports of outgoing connections: what is free here stays free until we take it. Processes of
#: tests that run side by side (pytest-xdist: gw0, gw1...) have a share each.
PORTS = _share(range(20_000, 32_768))
#: The ports that were given, each with a socket whose name tells so to other runs of tests on this machine.
_given: dict[int, int] = {}


def environment(source: Path = SOURCE) -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(source), os.environ.get("PYTHONPATH")]))
    return os.environ | {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


def free_port_base() -> int:
    """Return a base for which all ports of a gromox-server are free."""
    offsets = [offset for port_offsets in all_in_one.PORTS.values() for offset in port_offsets]
    while True:
        base = PORTS.start + secrets.randbelow(len(PORTS) - max(offsets))
        if all(_take(base + offset) for offset in offsets):
            return base


def free_port() -> int:
    """Return a port that nothing listens on, another one with each call."""
    while True:
        port = PORTS.start + secrets.randbelow(len(PORTS))
        if _take(port):
            return port


def _take(port: int) -> bool:
    if port in _given or not _reserve(port):
        return False
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((HOST, port))
        except OSError:
            return False
    return True


def _reserve(port: int) -> bool:
    """Claim a port until this process ends, whether or not something listens on it."""
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0gromox-tests-port-{port}")
    except OSError:
        claim.close()
        return False
    _given[port] = claim.detach()
    return True


@dataclass
class Process:
    """A daemon in a process; what it writes is collected."""

    command: Sequence[str]
    ready_line: str
    lines: list[str] = field(default_factory=list)
    source: Path = SOURCE  #: where the code is
    process: subprocess.Popen[str] | None = None
    _ready: threading.Event = field(default_factory=threading.Event)
    _reader: threading.Thread | None = None

    def start(self) -> None:
        """Start and wait until it says that it is ready."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start."""
        self._ready.clear()
        self.process = subprocess.Popen(
            self.command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(self.source),
        )
        self._reader = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self._reader.start()

    def wait(self) -> None:
        """Wait until it says that it is ready."""
        assert self.process is not None
        ready = self._ready.wait(START_LIMIT) and self.process.poll() is None
        if not ready:
            self.kill()
            raise AssertionError(f"not ready, or ended: {''.join(self.lines[-50:])}")

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def hear(self, words: str, *, since: int = 0, limit: float = PATIENCE) -> str:
        """Wait for a line with these words after the first ``since`` ones; return it.

        What a process says proves nothing but what it did before.
        """
        found: list[str] = []

        def is_said() -> bool:
            found.extend(line for line in self.lines[since:] if words in line)
            return bool(found)

        eventually(is_said, limit=limit, what=lambda: f"{words}: {''.join(self.lines[since:][-50:])}")
        return found[0]

    def kill(self) -> None:
        """Kill it as a crash would."""
        assert self.process is not None
        self.process.kill()
        self._wait()

    def stop(self) -> int:
        """Stop it as Ctrl-C does; return its exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self._wait()

    def _wait(self) -> int:
        assert self.process is not None
        assert self._reader is not None
        status = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.lines.append(line)
            if self.ready_line in line:
                self._ready.set()
        self._ready.set()


class GromoxServer(Process):
    """gromox-server in a directory of its own."""

    def __init__(self, home: Path, *, base: int | None = None, arguments: Sequence[str] = ()) -> None:
        self.home, self.base = home, base or free_port_base()
        super().__init__(
            [
                sys.executable, "-m", "gromox.daemons.all_in_one",
                "--home", str(home), "--port-base", str(self.base), "--address", HOST, *arguments,
            ],
            "Ready.",
        )  # fmt: skip

    def port(self, name: str) -> int:
        return self.base + OFFSETS[name]

    @property
    def certificate(self) -> Path:
        return self.home / "tls" / "server.pem"

    def start_settled(self) -> None:
        """Start, and settle."""
        self.start()
        self.settle()

    def settle(self) -> None:
        """Wait until the sample mails have arrived, which are in the queue at the first start."""
        folders = [self.home / "queue" / name for name in ("mess", "cache")]
        eventually(lambda: not any(list(folder.iterdir()) for folder in folders), what="the sample mails")

    def password(self, user: str) -> str:
        entries: list[dict[str, str]] = json.loads((self.home / "credentials.json").read_text())
        return next(entry["password"] for entry in entries if entry["user"] == user)


def eventually(
    condition: Callable[[], object], *, limit: float = PATIENCE, what: str | Callable[[], str] = ""
) -> None:
    """Wait until ``condition()`` is true; for what another process does in its own time."""
    deadline = time.monotonic() + limit
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"never happened: {what() if callable(what) else what}"
        pause.wait(0.02)
