"""gromox-delivery: brings mail from the spool to mailboxes, lists and other systems."""

from __future__ import annotations

import os
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Final

from gromox.base import metrics
from gromox.base.clock import SYSTEM_CLOCK
from gromox.base.common_settings import RUNNING_IDENTITY
from gromox.base.errors import GromoxError
from gromox.base.log import get_logger
from gromox.daemons.delivery_queue import open_spool
from gromox.daemons.frame import Daemon, run
from gromox.daemons.home import Home
from gromox.delivery import bell as bells
from gromox.delivery import figures
from gromox.delivery import settings as declared
from gromox.delivery.services import DeliveryServices
from gromox.delivery.worker import DeliveryWorker
from gromox.serve.identity import give

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.base.settings import Settings
    from gromox.delivery.spool import Spool
    from gromox.serve.server import Server

_log = get_logger(__name__)
#: Seconds for which one thread may keep the interpreter from the others.
_SWITCH_INTERVAL: Final = 0.0005


class OptionError(GromoxError):
    """A directive of delivery.cfg cannot be understood."""


class Workers:
    """The threads that deliver; start and stop with the server."""

    def __init__(self, workers: Sequence[DeliveryWorker], bell: bells.Bell) -> None:
        """Deliver with ``workers``, woken by ``bell``."""
        self._bell, self._stop = bell, threading.Event()
        self._threads = [
            threading.Thread(target=self._deliver, args=(worker,), name="delivery") for worker in workers
        ]

    def start(self) -> None:
        """Begin to deliver."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End after the batches that are under way."""
        self._stop.set()
        for thread in self._threads:
            while thread.is_alive():
                self._bell.ring()  # one of those that wait hears it
                thread.join(0.05)
        self._bell.close()

    def _deliver(self, worker: DeliveryWorker) -> None:
        while not self._stop.is_set():
            try:
                worker.run(self._stop)
            except Exception as error:  # noqa: BLE001 - a daemon's main: mail must go on being delivered
                _log.exception("delivery worker failed", error)
                self._stop.wait(1.0)


def add_delivery(home: Home, settings: Settings, spool: Spool) -> None:
    """Deliver what comes into ``spool``."""
    bell = bells.Bell(spool.path)
    give(spool.path / bells.NAME, settings[RUNNING_IDENTITY])
    services = DeliveryServices(
        spool=spool, resolver=home.resolver, mailboxes=home.pool, settings=settings, host=home.host, bell=bell
    )
    # One delivers at a time, see gromox.delivery.turn; the others are for when it waits for other systems.
    count = min(settings[declared.WORK_THREADS_MAX], os.cpu_count() or 1)
    # So soon a waiting thread interrupts the delivery: in gromox-server connections are served beside
    # it, and with the default (5 ms) a client waited longer for the interpreter than for the disk.
    sys.setswitchinterval(_SWITCH_INTERVAL)
    try:
        workers = [DeliveryWorker(services) for _ in range(max(count, 1))]
    except ValueError as error:
        raise OptionError(f"delivery.cfg: {error}") from error
    home.server.add(Workers(workers, bell))


def build(server: Server, settings: Settings) -> None:
    """Wire the daemon."""
    home = Home(server, settings, name="delivery", delimiter=settings[declared.LDA_RECIPIENT_DELIMITER])
    home.join_event()
    spool = open_spool(settings[declared.DEQUEUE_PATH], settings)
    server.on_dump(partial(figures.dump, spool.path, SYSTEM_CLOCK))
    metrics.before_reading(partial(figures.look, spool.path, SYSTEM_CLOCK))
    add_delivery(home, settings, spool)


DAEMON = Daemon(
    declared.PROGRAM,
    declared.DELIVERY_LOG_FILE,
    declared.DELIVERY_LOG_LEVEL,
    build,
    declared.DELIVERY_FD_LIMIT,
    metrics=declared.DELIVERY_METRICS_SOCKET,
)


def main() -> int:
    """Run gromox-delivery."""
    return run(DAEMON)


if __name__ == "__main__":
    sys.exit(main())
