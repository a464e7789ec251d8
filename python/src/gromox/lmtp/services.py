"""What the intake needs of the rest of the product; the daemon puts it together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from gromox.base.clock import SYSTEM_CLOCK, Clock
from gromox.base.hosts import TrustedHosts
from gromox.lmtp.recipients import RecipientChecks
from gromox.lmtp.settings import LDA_TRUSTED_HOSTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.base.settings import Settings
    from gromox.directory.resolve import Resolver


class Draft(Protocol):
    """A mail on its way into the spool."""

    @property
    def mail_id(self) -> str:
        """The name of the mail in logs and in the queue."""
        ...

    def write(self, octets: bytes) -> None:
        """Add to the mail. Raises NoSpaceError or OSError; then the draft is gone."""
        ...

    def finish(self) -> None:
        """Say that the mail is complete. Raises NoSpaceError or OSError; then the draft is gone."""
        ...

    def abandon(self) -> None:
        """Forget the mail, unless it is already in the spool."""
        ...


class Spool(Protocol):
    """Where mails go: ``gromox.delivery.spool.Spool``."""

    @property
    def needs_sync(self) -> bool:
        """Tell whether some finished mail is not durable."""
        ...

    def sync(self) -> None:
        """Make all finished mails durable. Raises NoSpaceError or OSError."""
        ...

    def begin(
        self,
        *,
        sender: str,
        recipients: Sequence[str],
        client: str = "",
        protocol: str = "LOCAL",
        options: Sequence[str] = (),
        origin: str = "",
    ) -> Draft:
        """Begin a mail."""
        ...


@dataclass(frozen=True, slots=True)
class LmtpServices:
    """Shared by all connections of a process."""

    spool: Spool
    resolver: Resolver
    settings: Settings  #: of ``gromox.lmtp.settings.PROGRAM``
    host: str  #: our name in greetings and Received fields
    tls: bool = False  #: a certificate is loaded: STARTTLS is possible
    clock: Clock = SYSTEM_CLOCK
    trusted: TrustedHosts = field(init=False, repr=False)  #: who may say for whom they are there
    checks: RecipientChecks = field(init=False, repr=False)  #: what all connections know of recipients

    def __post_init__(self) -> None:
        """Share what is learnt of recipients."""
        object.__setattr__(self, "trusted", TrustedHosts(self.settings[LDA_TRUSTED_HOSTS]))
        object.__setattr__(self, "checks", RecipientChecks(self.resolver, self.clock))
