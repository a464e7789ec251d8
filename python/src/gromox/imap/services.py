"""What IMAP needs of the rest of the product; the daemon puts it together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gromox.base.clock import SYSTEM_CLOCK, Clock
from gromox.base.neighbours import Neighbours, Tally

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gromox.directory.doorkeeper import Doorkeeper
    from gromox.imap.neighbours import Surroundings
    from gromox.imap.settings import Policy
    from gromox.store.mailbox import Mailbox


def _leave_open(_path: Path) -> None:
    """Do nothing: for pools that never close a mailbox."""


def _is_open(_path: Path) -> bool:
    """Have mailboxes opened by the thread that runs the loop."""
    return True


def _prepare(_path: Path, _look: Callable[[Mailbox], object]) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Services:
    """Shared by all connections of one event loop.

    ``open_mailbox`` gives the mailbox of the thread that runs the loop and keeps it open until
    ``close_mailbox`` (``MailboxPool.hold`` and ``release``). One for which ``is_open`` says no is opened by
    ``prepare_mailbox`` in another thread before (``MailboxPool.prepare``). ``policy`` is
    ``Policy.of(settings)`` with the settings of ``gromox.imap.settings.PROGRAM``; its ``starttls`` has to be
    False where no certificate is loaded. ``surroundings`` finds mailboxes of others; None: there are none.
    """

    doorkeeper: Doorkeeper
    open_mailbox: Callable[[Path], Mailbox]
    policy: Policy
    clock: Clock = SYSTEM_CLOCK
    close_mailbox: Callable[[Path], None] = _leave_open
    is_open: Callable[[Path], bool] = _is_open
    prepare_mailbox: Callable[[Path, Callable[[Mailbox], object]], None] = _prepare
    surroundings: Surroundings | None = None
    sessions: Tally = field(default_factory=lambda: Tally(Neighbours(), "user"))
    """How many sessions each user has."""
