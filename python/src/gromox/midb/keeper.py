"""Which mailboxes are to be looked at, and the work itself: a few short steps each, in turn."""

from __future__ import annotations

import threading
from collections import OrderedDict
from time import monotonic
from typing import TYPE_CHECKING, Final

from gromox.base import metrics
from gromox.base.log import get_logger
from gromox.store.errors import BusyError, NotFoundError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gromox.store.mailbox import Mailbox
    from gromox.store.pool import MailboxPool

_log = get_logger(__name__)

STEPS: Final = 8
"""Steps of one mailbox before the next one gets its turn."""
PAUSE: Final = 1.0
"""Seconds that nothing is tried after a mailbox was busy."""


class Waiting:
    """Mailboxes that rang, each once, in order. Any thread."""

    def __init__(self) -> None:
        """Know of none."""
        self._paths: OrderedDict[Path, None] = OrderedDict()
        self._taken: set[Path] = set()
        self._condition = threading.Condition()
        self._is_closed = False

    def add(self, path: Path) -> None:
        """Say that a mailbox is to be looked at."""
        with self._condition:
            self._paths[path] = None
            self._condition.notify()

    def take(self) -> Path | None:
        """Return a mailbox that nobody works on; None: the end."""
        with self._condition:
            while True:
                if self._is_closed:
                    return None
                path = next((each for each in self._paths if each not in self._taken), None)
                if path is not None:
                    del self._paths[path]
                    self._taken.add(path)
                    return path
                self._condition.wait()

    def done(self, path: Path, *, again: bool) -> None:
        """Give a mailbox back, to be looked at again or not."""
        with self._condition:
            self._taken.discard(path)
            if again:
                self._paths[path] = None
            self._condition.notify_all()

    def close(self) -> None:
        """Have every :meth:`take` return None."""
        with self._condition:
            self._is_closed = True
            self._condition.notify_all()

    def __len__(self) -> int:
        """Return how many wait."""
        with self._condition:
            return len(self._paths)


class Keeper:
    """Works on mailboxes that wait, in one thread."""

    def __init__(
        self,
        waiting: Waiting,
        mailboxes: MailboxPool,
        pause: Callable[[float], object],
        *,
        attachments: bool,
    ) -> None:
        """Take from ``waiting``; ``pause`` waits a number of seconds, or until the daemon ends."""
        self._waiting, self._mailboxes, self._pause = waiting, mailboxes, pause
        self._attachments = attachments

    def run(self) -> None:
        """Work until there is nothing to wait for any more."""
        try:
            while (path := self._waiting.take()) is not None:
                self._waiting.done(path, again=self.turn(path))
                self._mailboxes.close_idle()
        finally:
            self._mailboxes.close()

    def turn(self, path: Path) -> bool:
        """Do a few steps of one mailbox; returns whether it is to be looked at again."""
        begun, result = monotonic(), "done"
        try:
            again = self._steps(self._mailboxes.get(path))
            result = "more" if again else "done"
        except NotFoundError:
            again = False  # it was not made yet, or is gone
        except BusyError:
            again, result = True, "busy"
            self._pause(PAUSE)
        except StoreError as error:
            again, result = False, "failed"
            _log.warning("mailbox left alone", mailbox=path, reason=error)
            self._mailboxes.discard(path)
        metrics.KEPT.observe(monotonic() - begun, result)
        return again

    def _steps(self, mailbox: Mailbox) -> bool:
        return all(mailbox.keep_derived(attachments=self._attachments) for _ in range(STEPS))
