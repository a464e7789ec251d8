"""What the delivery needs of the rest of the product; the daemon puts it together."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003 - the dataclass below is inspected
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gromox.base.clock import SYSTEM_CLOCK, Clock
from gromox.base.ids import SYSTEM_IDS, Ids
from gromox.delivery.memory import MemoryBudget
from gromox.delivery.settings import DEQUEUE_MAXIMUM_MEM
from gromox.delivery.turn import Turn

if TYPE_CHECKING:
    from gromox.base.settings import Settings
    from gromox.delivery.bell import Bell
    from gromox.delivery.relay import Relay
    from gromox.delivery.spool import Spool
    from gromox.directory.resolve import Resolver
    from gromox.store.pool import MailboxPool


@dataclass(frozen=True, slots=True)
class DeliveryServices:
    """Shared by all workers of a process."""

    spool: Spool
    resolver: Resolver
    #: Makes the pool of one worker, in the worker's thread; the mailboxes it opens ring the doorbell on
    #: commit.
    mailboxes: Callable[[], MailboxPool]
    settings: Settings  #: of ``gromox.delivery.settings.PROGRAM``
    host: str  #: our name in delivery reports
    bell: Bell | None = None  #: wakes idle workers; without it they look every few seconds
    relay: Relay | None = None  #: another way out than ``outgoing_smtp_url``
    clock: Clock = SYSTEM_CLOCK
    ids: Ids = SYSTEM_IDS
    turn: Turn = field(default_factory=Turn, repr=False)  #: whose turn it is to write to mailboxes
    memory: MemoryBudget = field(init=False, repr=False)  #: what all workers together may hold

    def __post_init__(self) -> None:
        """Share the bound of ``dequeue_maximum_mem``."""
        object.__setattr__(self, "memory", MemoryBudget(self.settings[DEQUEUE_MAXIMUM_MEM]))
