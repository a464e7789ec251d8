"""gromox-midb: keeps full-text indexes and search folders current."""

from __future__ import annotations

import os
import sys
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gromox.base import metrics
from gromox.base.errors import GromoxError
from gromox.base.hosts import HostsAllow
from gromox.base.log import get_logger
from gromox.daemons.frame import Daemon, listen, run
from gromox.daemons.home import Home
from gromox.directory import domain, user
from gromox.directory.errors import DirectoryError
from gromox.midb import settings as declared
from gromox.midb.keeper import Keeper, Waiting
from gromox.midb.question import Services
from gromox.midb.session import MidbCore
from gromox.serve.engine import Service
from gromox.serve.limits import Limits

if TYPE_CHECKING:
    from gromox.base.settings import Settings
    from gromox.serve.doorbell import Watching
    from gromox.serve.server import Server

_log = get_logger(__name__)


class HostsError(GromoxError):
    """midb_hosts_allow is not a list of addresses."""


class Keepers:
    """Threads that work on mailboxes, and the watch over all of them; start and stop with the server."""

    def __init__(self, home: Home, settings: Settings) -> None:
        """Prepare."""
        self._home = home
        self._interval = settings[declared.MIDB_RELOAD_INTERVAL]
        self.waiting = Waiting()
        self._stop = threading.Event()
        self._watchings: dict[Path, Watching] = {}
        count = min(settings[declared.MIDB_THREADS_NUM], os.cpu_count() or 1)
        attachments = settings[declared.MIDB_INDEX_ATTACHMENTS]
        self._threads = [
            threading.Thread(target=self._keep, args=(attachments,), name="midb") for _ in range(count)
        ]

    def knows(self, path: Path) -> bool:
        """Tell whether a directory is that of a mailbox."""
        return path in self._watchings

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()
        self._look_at_all()

    def stop(self) -> None:
        """End after the steps that are under way."""
        self._stop.set()
        self.waiting.close()
        for thread in self._threads:
            thread.join()

    def look(self) -> None:
        """Set the figure of what waits."""
        metrics.KEEPING.cell()[0] = len(self.waiting)

    def dump(self) -> None:
        """Write what waits to the log."""
        _log.notice("mailboxes", watched=len(self._watchings), waiting=len(self.waiting))

    def _keep(self, attachments: bool) -> None:  # noqa: FBT001 - argument of a thread
        keeper = Keeper(self.waiting, self._home.pool(), self._stop.wait, attachments=attachments)
        while not self._stop.is_set():
            try:
                keeper.run()
            except Exception as error:  # noqa: BLE001 - a daemon's main: other mailboxes must be kept
                _log.exception("keeper failed", error)
                self._stop.wait(1.0)

    def _look_at_all(self) -> None:
        """Watch every mailbox there is, and look at each once."""
        if self._stop.is_set():
            return
        try:
            paths = _paths(self._home)
        except DirectoryError as error:
            _log.warning("user database does not answer", reason=error)
            paths = set(self._watchings)
        for path in paths:
            if path not in self._watchings:
                self._watchings[path] = self._home.server.doorbell.watch(
                    path, partial(self.waiting.add, path)
                )
            self.waiting.add(path)
        for gone in set(self._watchings) - paths:
            self._watchings.pop(gone).cancel()
        self._home.server.loop.call_later(self._interval, self._look_at_all)


def _paths(home: Home) -> set[Path]:
    """Return the directories of all mailboxes that lie on this machine."""
    users = [found.maildir for found in user.list_all(home.directory)]
    domains = [found.homedir for found in domain.list_all(home.directory)]
    return {Path(path) for path in (*users, *domains) if path and Path(path).is_dir()}


def add_midb(home: Home, settings: Settings) -> None:
    """Keep mailboxes, and answer questions about them."""
    try:
        allowed = HostsAllow(settings[declared.MIDB_HOSTS_ALLOW] or ("::1", "127.0.0.1"))
    except ValueError as error:
        raise HostsError(
            f"midb_hosts_allow: {error}; write addresses or networks, separated by blanks"
        ) from error
    keepers = Keepers(home, settings)
    home.server.add(keepers)
    metrics.before_reading(keepers.look)
    home.server.on_dump(keepers.dump)
    services = Services(
        mailbox=home.mailboxes.get,
        is_ours=keepers.knows,
        look_at=keepers.waiting.add,
        unload=lambda _path: home.mailboxes.close_idle(),
        allowed=allowed.__contains__,
    )
    service = Service("midb", lambda: MidbCore(services), Limits(), refusal=b"FALSE 12\r\n")
    listen(home.server, service, settings[declared.MIDB_LISTEN], ())


def build(server: Server, settings: Settings) -> None:
    """Wire the daemon."""
    home = Home(server, settings, name="midb")
    home.join_event()
    add_midb(home, settings)


DAEMON = Daemon(
    declared.PROGRAM,
    declared.LOG_FILE,
    declared.LOG_LEVEL,
    build,
    declared.FD_LIMIT,
    metrics=declared.METRICS_SOCKET,
)


def main() -> int:
    """Run gromox-midb."""
    return run(DAEMON)


if __name__ == "__main__":
    sys.exit(main())
