"""What POP3 needs of the rest of the product; the daemon puts it together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gromox.base.clock import SYSTEM_CLOCK, Clock
from gromox.base.common_settings import USER_CONTEXT_NUM
from gromox.base.hosts import TrustedHosts
from gromox.base.neighbours import Neighbours, Tally
from gromox.pop3.listings import Listings
from gromox.pop3.logintimes import LoginTimes
from gromox.pop3.settings import POP3_TRUSTED_HOSTS

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
    neighbours: Neighbours = field(default_factory=Neighbours, repr=False)  #: other processes like this one
    trusted: TrustedHosts = field(init=False, repr=False)  #: who may say for whom they are there
    login_times: LoginTimes = field(init=False, repr=False)  #: for LOGIN-DELAY
    sessions: Tally = field(init=False, repr=False)  #: how many sessions each user has
    listings: Listings = field(init=False, repr=False, default_factory=Listings)  #: what was listed before

    def __post_init__(self) -> None:
        """Remember logins together."""
        object.__setattr__(self, "trusted", TrustedHosts(self.settings[POP3_TRUSTED_HOSTS]))
        object.__setattr__(self, "login_times", LoginTimes(self.clock, self.neighbours))
        most = self.settings[USER_CONTEXT_NUM]
        object.__setattr__(self, "sessions", Tally(self.neighbours, "pop3 user", most))
