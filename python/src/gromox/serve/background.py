"""Housekeeping of the stores while nobody waits: checkpoints and closing, in a thread of its own."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from gromox.base.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable

_log = get_logger(__name__)


class Periodic:
    """A thread that does a piece of work again and again; an error is logged and does not end it."""

    def __init__(self, name: str, interval: float, work: Callable[[], None]) -> None:
        """Call ``work`` every ``interval`` seconds once started."""
        self._interval, self._work = interval, work
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after the work that runs."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._interval):
            try:
                self._work()
            except Exception as error:  # noqa: BLE001 - housekeeping must not end the daemon
                _log.exception("housekeeping failed", error, part=self._thread.name)
