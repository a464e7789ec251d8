"""A real MariaDB server for tests: private data directory, Unix socket only, started in about a second.

with MariaDb.started(directory) as server:
    server.new_database() -> URL of an empty database
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pymysql

if TYPE_CHECKING:
    from collections.abc import Iterator

_START_SECONDS = 120.0
_STOP_SECONDS = 60.0
_FAST = (
    "--no-defaults",
    "--skip-networking",
    "--skip-log-bin",
    "--skip-name-resolve",
    "--innodb-flush-log-at-trx-commit=2",  # survives kill(), not a power failure
    "--innodb-buffer-pool-size=32M",
    "--innodb-log-file-size=8M",
    "--performance-schema=OFF",
    "--character-set-server=utf8mb4",
    "--collation-server=utf8mb4_general_ci",
)


def missing() -> str:
    """Return why no server can be started here; empty: one can."""
    if _program("mariadbd") is None or _program("mariadb-install-db") is None:
        return "mariadbd is not installed: apt-get install -y --no-install-recommends mariadb-server"
    if os.geteuid() == 0:
        try:
            pwd.getpwnam("mysql")
        except KeyError:
            return "running as root, and there is no user mysql for the server to become"
    return ""


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class MariaDb:
    """A server that can be started, stopped politely, and killed."""

    def __init__(self, folder: Path) -> None:
        """Keep everything below ``folder``."""
        self.folder = folder
        self.data = folder / "data"
        self.socket = folder / "s"
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0

    @classmethod
    @contextmanager
    def started(cls) -> Iterator[Self]:
        """Lend a running server; nothing of it is left afterwards."""
        # Not pytest's folder: the path of a Unix socket has at most 107 octets, and mysql must be able to
        # enter it.
        folder = Path(tempfile.mkdtemp(prefix="mdb"))
        server = cls(folder)
        try:
            server.install()
            server.start()
            yield server
        finally:
            server.kill()
            shutil.rmtree(folder, ignore_errors=True)

    def install(self) -> None:
        """Make the data directory."""
        self.data.mkdir()
        arguments = [_program("mariadb-install-db") or "", "--no-defaults", f"--datadir={self.data}"]
        arguments += ["--auth-root-authentication-method=normal", "--skip-test-db", *self._user()]
        if os.geteuid() == 0:
            for path in (self.folder, self.data):
                shutil.chown(path, "mysql", "mysql")
        done = subprocess.run(arguments, capture_output=True, check=False, timeout=300)
        if done.returncode:
            raise RuntimeError(
                f"mariadb-install-db failed: {done.stdout.decode()[-2000:]}{done.stderr.decode()[-2000:]}"
            )

    def start(self) -> None:
        """Start the server and wait until it answers."""
        log = self.folder / "log"
        arguments = [_program("mariadbd") or "", *_FAST, f"--datadir={self.data}", f"--socket={self.socket}"]
        arguments += [f"--pid-file={self.folder}/pid", f"--tmpdir={self.folder}", *self._user()]
        with log.open("ab") as output:
            self._process = subprocess.Popen(arguments, stdout=output, stderr=output, start_new_session=True)
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            if self._answers():
                return
            time.sleep(0.05)  # the server has no other way of saying that it is ready
        raise RuntimeError(f"mariadbd did not start: {log.read_text()[-2000:]}")

    def stop(self) -> None:
        """Ask the server to shut down and wait for it."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the server without a word, as kill -9 does."""
        self._end(signal.SIGKILL)

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        return f"mysql+pymysql://root@/{database}?unix_socket={self.socket}"

    def new_database(self) -> str:
        """Make an empty database; return its URL."""
        self._databases += 1
        name = f"test{self._databases}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def execute(self, statement: str, database: str | None = None) -> tuple[tuple[object, ...], ...]:
        """Run a statement as root; return its rows."""
        connection = pymysql.connect(
            unix_socket=str(self.socket), user="root", database=database, autocommit=True, charset="utf8mb4"
        )
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return tuple(cursor.fetchall())
        finally:
            connection.close()

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as trial:
            try:
                trial.connect(str(self.socket))
            except OSError:
                return False
        pymysql.connect(unix_socket=str(self.socket), user="root").close()
        return True

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        self._process.wait(_STOP_SECONDS)
        self._process = None

    @staticmethod
    def _user() -> list[str]:
        return ["--user=mysql"] if os.geteuid() == 0 else []
