"""What POP3 needs of the rest of the product; the daemon puts it together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gromox.base.clock import SYSTEM_CLOCK, Clock
from gromox.pop3.logintimes import LoginTimes

if TYPE_CHECKING:
    from gromox.base.settings import Settings
    from gromox.directory.doorkeeper import Doorkeeper
    from gromox.store.pool import MailboxPool


@dataclass(frozen=True, slots=True)
class Pop3Services:
    """Shared by all connections of one event loop."""

    doorkeeper: Doorkeeper
    mailboxes: MailboxPool  #: of the thread that runs the loop
    settings: Settings  #: of ``gromox.pop3.settings.PROGRAM``
    host: str  #: our name in the greeting
    tls: bool = False  #: a certificate is loaded: STLS is possible
    clock: Clock = SYSTEM_CLOCK
    login_times: LoginTimes = field(init=False, repr=False)  #: for LOGIN-DELAY

    def __post_init__(self) -> None:
        """Remember logins together."""
        object.__setattr__(self, "login_times", LoginTimes(self.clock))
