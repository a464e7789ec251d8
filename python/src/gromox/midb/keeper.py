"""Which mailboxes are to be looked at and when, and the work itself: a few short steps each, in turn.

Search folders are filled as soon as a mailbox rings: somebody waits for them. The full-text index can wait,
for what it does not know is searched without it: it is kept while nobody writes to the mailbox, or when it
has waited for long. Otherwise each new message would have its transaction of the index, and the next writer,
a loop with a thousand connections perhaps, would wait for it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final

from gromox.base import metrics
from gromox.base.clock import SYSTEM_CLOCK
from gromox.base.log import get_logger
from gromox.store.errors import BusyError, NotFoundError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gromox.base.clock import Clock
    from gromox.store.mailbox import Mailbox
    from gromox.store.pool import MailboxPool

_log = get_logger(__name__)

STEPS: Final = 8
"""Steps of one mailbox before the next one gets its turn."""
PAUSE: Final = 1.0
"""Seconds that nothing is tried after a mailbox was busy."""
SOON: Final = 0.2
"""Seconds from a ring to a look: a burst of changes is looked at once."""
QUIET: Final = 3.0
"""Seconds without a ring after which nobody is thought to write."""
LONG: Final = 60.0
"""Seconds after which a mailbox is indexed in spite of that; each step is followed by as long a pause."""


@dataclass(slots=True)
class _Wish:
    """What a mailbox waits for."""

    first: float
    """When the ring came since which it is not indexed."""
    last: float
    due: float


class Waiting:
    """Mailboxes that rang, each once, in order. Any thread."""

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        """Know of none."""
        self._clock = clock
        self._wishes: OrderedDict[Path, _Wish] = OrderedDict()
        self._taken: dict[Path, _Wish] = {}
        self._condition = threading.Condition()
        self._is_closed = False

    def add(self, path: Path) -> None:
        """Say that a mailbox is to be looked at."""
        with self._condition:
            now = self._clock.monotonic()
            wish = self._wishes.get(path)
            if wish is None:
                wish = self._wishes[path] = _Wish(now, now, float("inf"))
            wish.last = now
            if wish.due > now + SOON:  # else who waits would be woken for nothing, by each mail
                wish.due = now + SOON
                self._condition.notify()

    def take(self) -> Path | None:
        """Return a mailbox that is due and that nobody works on; None: the end."""
        with self._condition:
            while not self._is_closed:
                now = self._clock.monotonic()
                path = next((path for path, due in self._free() if due <= now), None)
                if path is not None:
                    self._taken[path] = self._wishes.pop(path)
                    return path
                next_due = min((due for _, due in self._free()), default=None)
                self._condition.wait(None if next_due is None else next_due - now)
            return None

    def _free(self) -> Iterator[tuple[Path, float]]:
        """Go through the mailboxes that nobody works on, and when each is due."""
        return ((path, wish.due) for path, wish in self._wishes.items() if path not in self._taken)

    def is_long(self, path: Path) -> bool:
        """Tell whether a mailbox that was taken has waited for the index for long."""
        with self._condition:
            return self._clock.monotonic() >= self._taken[path].first + LONG

    def is_quiet(self, path: Path) -> bool:
        """Tell whether nobody writes to a mailbox that was taken."""
        with self._condition:
            quiet = self._clock.monotonic() >= self._taken[path].last + QUIET
            return quiet and path not in self._wishes

    def done(self, path: Path, *, again: bool) -> None:
        """Give a mailbox back; ``again``: there is more to do, as soon as that is good."""
        with self._condition:
            wish, newer = self._taken.pop(path), self._wishes.get(path)
            if again:
                last = wish.last if newer is None else newer.last
                due = max(self._clock.monotonic(), min(last + QUIET, wish.first + LONG))
                if newer is not None:
                    due = min(due, newer.due)
                self._wishes[path] = _Wish(wish.first, last, due)
            self._condition.notify_all()

    def close(self) -> None:
        """Have every :meth:`take` return None."""
        with self._condition:
            self._is_closed = True
            self._condition.notify_all()

    def __len__(self) -> int:
        """Return how many wait."""
        with self._condition:
            return len(self._wishes)


class Keeper:
    """Works on mailboxes that wait, in one thread."""

    def __init__(
        self,
        waiting: Waiting,
        mailboxes: MailboxPool,
        pause: Callable[[float], object],
        *,
        attachments: bool,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """Take from ``waiting``; ``pause`` waits a number of seconds, or until the daemon ends."""
        self._waiting, self._mailboxes, self._pause = waiting, mailboxes, pause
        self._attachments, self._clock = attachments, clock

    def run(self) -> None:
        """Work until there is nothing to wait for any more."""
        try:
            while (path := self._waiting.take()) is not None:
                self._waiting.done(path, again=self.turn(path))
                self._mailboxes.close_idle()
        finally:
            self._mailboxes.close()

    def turn(self, path: Path) -> bool:
        """Do a few steps of a mailbox that was taken; returns whether there is more to do."""
        begun, result = monotonic(), "done"
        try:
            again = self._steps(path, self._mailboxes.get(path))
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

    def _steps(self, path: Path, mailbox: Mailbox) -> bool:
        for _ in range(STEPS):
            if mailbox.fill_searches():
                continue
            is_long = self._waiting.is_long(path)
            if not is_long and not self._waiting.is_quiet(path):
                return not mailbox.is_derived_current()
            begun = self._clock.monotonic()
            if not mailbox.index_texts(attachments=self._attachments):
                return False
            if is_long:  # those who write get their turn: SQLite does not see to it
                self._pause(self._clock.monotonic() - begun)
        return True
