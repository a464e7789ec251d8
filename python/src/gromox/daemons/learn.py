"""gromox-learn: tells the spam filter what users move into and out of the junk folder."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from gromox.base.log import get_logger
from gromox.base.settings import Endpoint
from gromox.daemons.frame import Daemon, run
from gromox.daemons.home import Home
from gromox.learn import settings as declared
from gromox.learn.controller import Controller
from gromox.learn.teacher import Teacher

if TYPE_CHECKING:
    from gromox.base.settings import Settings
    from gromox.serve.server import Server

_log = get_logger("learn")


class Lessons:
    """The teacher's thread, as a part of the server."""

    def __init__(self, server: Server, teacher: Teacher) -> None:
        """Have ``teacher`` hear of every mailbox."""
        self._server, self._teacher = server, teacher
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="learn")

    def start(self) -> None:
        """Begin."""
        self._server.doorbell.overhear(self._teacher.touched)
        self._thread.start()

    def stop(self) -> None:
        """End after the message under way."""
        self._stopped.set()
        self._teacher.stop()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._teacher.run()
            except Exception as error:  # noqa: BLE001 - a daemon's main: the next mailbox may do
                _log.exception("learning failed", error)
                self._stopped.wait(1.0)


def add_learn(home: Home, settings: Settings) -> None:
    """Teach the filter that the settings name."""
    controller = Controller(
        Endpoint(settings[declared.LEARN_HOST], settings[declared.LEARN_PORT]),
        settings[declared.LEARN_PASSWORD],
        settings[declared.LEARN_TIMEOUT],
    )
    teacher = Teacher(home.pool(), controller, max_size=settings[declared.LEARN_MAX_SIZE])
    home.server.add(Lessons(home.server, teacher))


def build(server: Server, settings: Settings) -> None:
    """Wire the daemon."""
    home = Home(server, settings, name="learn")
    add_learn(home, settings)
    home.join_event()


DAEMON = Daemon(declared.PROGRAM, declared.LOG_FILE, declared.LOG_LEVEL, build)


def main() -> int:
    """Run gromox-learn."""
    return run(DAEMON)


if __name__ == "__main__":
    sys.exit(main())
