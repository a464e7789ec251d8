"""Open mailboxes of one thread, kept for the next request."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from gromox.base.clock import SYSTEM_CLOCK
from gromox.base.ids import SYSTEM_IDS
from gromox.store.mailbox import Mailbox
from gromox.store.mailbox_file import Options

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gromox.base.clock import Clock
    from gromox.base.ids import Ids

IDLE: Final = 300.0
MAX_OPEN: Final = 500


class MailboxPool:
    """Mailboxes by path. One pool a thread.

    A mailbox that :meth:`get` returned may be used until the pool is asked for others; sessions that keep one
    for longer say so by :meth:`hold` and :meth:`release`: a held mailbox is never closed.
    """

    def __init__(
        self,
        clock: Clock = SYSTEM_CLOCK,
        ids: Ids = SYSTEM_IDS,
        ring: Callable[[Path, int], None] | None = None,
        idle: float = IDLE,
        *,
        max_open: int = MAX_OPEN,
        options: Options = Options(),  # noqa: B008 - frozen
    ) -> None:
        """Keep at most ``max_open`` mailboxes, each for ``idle`` seconds after its last use."""
        self._clock = clock
        self._ids = ids
        self._ring = ring
        self._idle = idle
        self._max_open = max_open
        self._options = options
        self._open: OrderedDict[Path, tuple[Mailbox, float]] = OrderedDict()
        self._holds: dict[Path, int] = {}
        # Opened by other threads for this one; the lock is for them and for the number of discards.
        self._prepared: dict[Path, tuple[Mailbox, float]] = {}
        self._lock = threading.Lock()
        self._discards = 0

    def is_open(self, path: Path) -> bool:
        """Tell whether :meth:`get` need not open the mailbox."""
        return path in self._open or path in self._prepared

    def prepare(self, path: Path, look: Callable[[Mailbox], object]) -> None:
        """Open a mailbox for the next :meth:`get`, in any thread, so that the pool's own need not wait.

        Args:
            path: the mailbox directory.
            look: reads what will be asked for first.

        Raises:
            StoreError: it cannot be opened, or ``look`` raised it.
        """
        if self.is_open(path):
            return
        before = self._discards
        mailbox = self._opened(path)
        try:
            look(mailbox)
            with self._lock:
                # A mailbox that was discarded meanwhile may have another file now.
                if before == self._discards and not self.is_open(path):
                    self._prepared[path] = mailbox, self._clock.monotonic()
                    return
        except BaseException:
            mailbox.close()
            raise
        mailbox.close()

    def get(self, path: Path) -> Mailbox:
        """Return the mailbox, opened if need be.

        Raises:
            StoreError: as :meth:`Mailbox.open`.
        """
        entry = self._open.get(path)
        if entry is None:
            entry = self._prepared.pop(path, None)
        if entry is not None and entry[0].is_poisoned:
            self._open[path] = entry
            self.discard(path)
            entry = None
        mailbox = self._opened(path) if entry is None else entry[0]
        self._open[path] = (mailbox, self._clock.monotonic())
        self._open.move_to_end(path)
        if len(self._open) > self._max_open:
            self._close_oldest()
        return mailbox

    def hold(self, path: Path) -> Mailbox:
        """Return the mailbox and keep it open until :meth:`release`."""
        mailbox = self.get(path)
        self._holds[path] = self._holds.get(path, 0) + 1
        return mailbox

    def release(self, path: Path) -> None:
        """Undo one :meth:`hold`."""
        left = self._holds.get(path, 0) - 1
        if left > 0:
            self._holds[path] = left
        else:
            self._holds.pop(path, None)

    def discard(self, path: Path) -> None:
        """Close a mailbox at once, held or not.

        Its file is about to be replaced, or it is not to be trusted.
        """
        with self._lock:
            self._discards += 1
            prepared = self._prepared.pop(path, None)
        for entry in (self._open.pop(path, None), prepared):
            if entry is not None:
                entry[0].close()

    def _opened(self, path: Path) -> Mailbox:
        more = {} if self._ring is None else {"ring": self._ring}
        return Mailbox.open(path, clock=self._clock, ids=self._ids, options=self._options, **more)

    def mailboxes(self) -> list[Mailbox]:
        """Return the open mailboxes, for checkpoints."""
        return [mailbox for mailbox, _ in self._open.values()]

    def close_idle(self) -> int:
        """Close what nobody used for a while; returns how many."""
        limit = self._clock.monotonic() - self._idle
        stale = [path for path, (_, used) in self._open.items() if used <= limit and path not in self._holds]
        for path in stale:
            self.discard(path)
        forgotten = self._forgotten(limit)
        for mailbox in forgotten:
            mailbox.close()
        return len(stale) + len(forgotten)

    def _forgotten(self, limit: float) -> list[Mailbox]:
        """Return what was prepared for somebody who went away, or who found the mailbox open already."""
        with self._lock:
            paths = [
                path for path, (_, made) in self._prepared.items() if made <= limit or path in self._open
            ]
            return [self._prepared.pop(path)[0] for path in paths]

    def close(self) -> None:
        """Close all."""
        self._holds.clear()
        for path in [*self._open, *self._prepared]:
            self.discard(path)

    def _close_oldest(self) -> None:
        newest = next(reversed(self._open))
        for path in self._open:
            if path not in self._holds and path != newest:
                self.discard(path)
                return

    def __len__(self) -> int:
        """Return the number of open mailboxes."""
        return len(self._open)
