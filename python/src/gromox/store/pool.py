"""Open mailboxes of one thread, kept for the next request."""

from __future__ import annotations

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

    def get(self, path: Path) -> Mailbox:
        """Return the mailbox, opened if need be.

        Raises:
            StoreError: as :meth:`Mailbox.open`.
        """
        entry = self._open.get(path)
        if entry is not None and entry[0].is_poisoned:
            self.discard(path)
            entry = None
        if entry is None:
            more = {} if self._ring is None else {"ring": self._ring}
            mailbox = Mailbox.open(path, clock=self._clock, ids=self._ids, options=self._options, **more)
        else:
            mailbox = entry[0]
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
        entry = self._open.pop(path, None)
        if entry is not None:
            entry[0].close()

    def mailboxes(self) -> list[Mailbox]:
        """Return the open mailboxes, for checkpoints."""
        return [mailbox for mailbox, _ in self._open.values()]

    def close_idle(self) -> int:
        """Close what nobody used for a while; returns how many."""
        limit = self._clock.monotonic() - self._idle
        stale = [path for path, (_, used) in self._open.items() if used <= limit and path not in self._holds]
        for path in stale:
            self.discard(path)
        return len(stale)

    def close(self) -> None:
        """Close all."""
        self._holds.clear()
        for path in list(self._open):
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
