"""Mailboxes that a batch has written to and that have to become durable before anything is forgotten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from gromox.base.log import get_logger
from gromox.store.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from gromox.store.mailbox import Mailbox
    from gromox.store.pool import MailboxPool

_log = get_logger("delivery")
#: So many mailboxes are kept open for one sync at most.
_MAX_OPEN: Final = 200
#: Syncs that run at once: the file system makes one of several that it gets together.
_THREADS: Final = 8


class Touched:
    """Belongs to one worker, as does its pool."""

    def __init__(self, pool: MailboxPool) -> None:
        """Take mailboxes from ``pool``."""
        self._pool = pool
        self._held: dict[Path, Mailbox] = {}
        self._threads: ThreadPoolExecutor | None = None
        self.failed: set[Path] = set()  #: what could not be made durable since :meth:`begin`
        self._stale: set[Path] = set()  #: whose log has grown since the last checkpoint

    def begin(self) -> None:
        """Begin a batch."""
        self.failed.clear()

    def get(self, path: Path) -> Mailbox:
        """Return a mailbox to write to; it stays open until it is synced. Raises StoreError."""
        mailbox = self._held.get(path)
        if mailbox is not None and not mailbox.is_poisoned:
            return mailbox
        if len(self._held) >= _MAX_OPEN:
            self.sync()
        mailbox = self._pool.get(path) if path in self._held else self._pool.hold(path)
        self._held[path] = mailbox
        return mailbox

    def sync(self) -> None:
        """Make everything durable; what cannot be is in :attr:`failed` afterwards."""
        waiting = [(path, mailbox) for path, mailbox in self._held.items() if mailbox.needs_sync]
        if len(waiting) > 1:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="delivery-sync")
            results = list(self._threads.map(_sync, waiting))
        else:
            results = [_sync(each) for each in waiting]
        self.failed.update(path for path in results if path is not None)
        self._stale.update(path for path, _ in waiting)
        for path in self._held:
            self._pool.release(path)
        self._held.clear()

    def rest(self) -> None:
        """Use an idle moment: copy logs into their databases, close what nobody needs."""
        for path in self._stale:
            try:
                self._pool.get(path).checkpoint()
            except StoreError as error:
                _log.warning("checkpoint failed", mailbox=str(path), reason=error)
        self._stale.clear()
        self._pool.close_idle()

    def close(self) -> None:
        """Close the mailboxes."""
        if self._threads is not None:
            self._threads.shutdown()
            self._threads = None
        self._held.clear()
        self._pool.close()


def _sync(each: tuple[Path, Mailbox]) -> Path | None:
    """Sync one mailbox; return its path when that failed."""
    path, mailbox = each
    try:
        mailbox.sync_and_tidy()
    except (StoreError, OSError) as error:
        _log.error("mailbox cannot be made durable", mailbox=str(path), reason=error)
        return path
    return None
