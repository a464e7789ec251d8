"""Looks at mailboxes that changed, and teaches the filter what was moved."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from gromox.base.clock import SYSTEM_CLOCK
from gromox.base.log import get_logger
from gromox.learn.controller import ControllerAwayError, LearnRefusedError
from gromox.learn.lesson import lesson_of
from gromox.store.errors import MessageGoneError, StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from gromox.base.clock import Clock
    from gromox.learn.controller import Controller
    from gromox.learn.lesson import Lesson
    from gromox.store.mailbox import Mailbox
    from gromox.store.moves import Moved
    from gromox.store.pool import MailboxPool

_log = get_logger("learn")

#: Mailboxes that wait for a look; more changes than that at once are not looked at.
MOST_WAITING: Final = 10_000
#: Mailboxes of which it is remembered how far they were looked at; others are looked at by time.
MOST_REMEMBERED: Final = 100_000
#: Transactions that are looked at in one go, and messages that are taught of each.
MOST_MOVES: Final = 100
#: Seconds without a change after which mailboxes that nobody used are closed.
HOUSEKEEPING: Final = 60.0
#: Seconds without a look after the controller did not answer.
PAUSE: Final = 30.0


class Teacher:
    """Has a thread of its own; :meth:`touched` may be called from any."""

    def __init__(
        self, mailboxes: MailboxPool, controller: Controller, *, max_size: int, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        """Teach ``controller`` messages of up to ``max_size`` octets that are moved from now on."""
        self._mailboxes, self._controller, self._max_size = mailboxes, controller, max_size
        self._started = clock.now()
        self._waiting: OrderedDict[Path, None] = OrderedDict()
        self._seen: OrderedDict[Path, int] = OrderedDict()
        self._lock = threading.Lock()
        self._bell, self._stop = threading.Event(), threading.Event()
        self._dropped = 0

    def touched(self, mailbox: Path) -> None:
        """Say that ``mailbox`` changed; never blocks."""
        with self._lock:
            if len(self._waiting) >= MOST_WAITING and mailbox not in self._waiting:
                self._dropped += 1
                if self._dropped.bit_count() == 1:  # 1, 2, 4, 8, ...
                    _log.warning("changes not looked at", dropped=self._dropped)
                return
            self._waiting[mailbox] = None
        self._bell.set()

    def run(self) -> None:
        """Teach until :meth:`stop`."""
        while not self._stop.is_set():
            if not self.look():
                if not self._bell.wait(HOUSEKEEPING):
                    self._mailboxes.close_idle()
                self._bell.clear()
        self._mailboxes.close()

    def stop(self) -> None:
        """End after the message that is being taught."""
        self._stop.set()
        self._bell.set()

    def look(self) -> bool:
        """Look at the mailbox that waits longest; return False if none does."""
        with self._lock:
            if not self._waiting:
                return False
            path, _ = self._waiting.popitem(last=False)
        try:
            self._look_at(path)
        except ControllerAwayError as error:
            _log.warning("spam filter away", reason=error, pause=PAUSE)
            self.touched(path)
            self._stop.wait(PAUSE)
        except StoreError as error:
            _log.info("mailbox not looked at", mailbox=path, reason=error)
        return True

    def _look_at(self, path: Path) -> None:
        mailbox = self._mailboxes.get(path)
        if mailbox.is_public:
            return
        found = mailbox.moved_since(self._seen.get(path, 0), not_before=self._started, limit=MOST_MOVES)
        for moved in found.moves:
            lesson = lesson_of(moved)
            if lesson is not None:
                self._teach(mailbox, moved, lesson)
        self._seen[path] = found.seen
        self._seen.move_to_end(path)
        if len(self._seen) > MOST_REMEMBERED:
            self._seen.popitem(last=False)
        if found.more:
            self.touched(path)

    def _teach(self, mailbox: Mailbox, moved: Moved, lesson: Lesson) -> None:
        for uid in moved.uids:
            if self._stop.is_set():
                return
            try:
                content = mailbox.content(moved.target_id, uid)
                if content.size > self._max_size:
                    continue
                news = self._controller.teach(lesson, content.octets(), user=mailbox.owner)
            except MessageGoneError:
                continue
            except LearnRefusedError as error:
                _log.warning("not learned", lesson=lesson.value, mailbox=mailbox.owner, reason=error)
            else:
                _log.info("learned", lesson=lesson.value, mailbox=mailbox.owner, uid=uid, news=news)
