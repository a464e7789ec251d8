"""What POP3 needs of the rest of the product; the daemon puts it together."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003 - the dataclass below is inspected
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gromox.base.clock import SYSTEM_CLOCK, Clock
from gromox.pop3.logintimes import LoginTimes

if TYPE_CHECKING:
    from gromox.base.settings import Settings
    from gromox.directory.auth import Authenticator
    from gromox.directory.resolve import Resolver
    from gromox.store.pool import MailboxPool


@dataclass(frozen=True, slots=True)
class Pop3Services:
    """Shared by all connections of one event loop."""

    authenticator: Authenticator
    resolver: Resolver  #: finds the other mailbox of a ``user!mailbox`` login
    mailboxes: MailboxPool  #: of the thread that runs the loop
    settings: Settings  #: of ``gromox.pop3.settings.PROGRAM``
    host: str  #: our name in the greeting
    #: Holds back the answer to a failed login (``time.sleep``), in the thread that verified it.
    pause: Callable[[float], None]
    tls: bool = False  #: a certificate is loaded: STLS is possible
    clock: Clock = SYSTEM_CLOCK
    login_times: LoginTimes = field(init=False, repr=False)  #: for LOGIN-DELAY

    def __post_init__(self) -> None:
        """Remember logins together."""
        object.__setattr__(self, "login_times", LoginTimes(self.clock))
