"""One connection's state: who is there, and the mail that is being handed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gromox.base.log import Logger
    from gromox.base.wire import Peer
    from gromox.lmtp.dotted import DotDecoder
    from gromox.lmtp.recipients import RecipientChecks
    from gromox.lmtp.replies import Reply
    from gromox.lmtp.services import Draft, LmtpServices
    from gromox.lmtp.trace import HopCounter


class State(Enum):
    """How far a client is, RFC 5321 4.1.4."""

    CONNECTED = auto()  #: no hello yet
    READY = auto()
    MAIL = auto()  #: a sender
    RCPT = auto()  #: a sender and recipients
    CHUNKS = auto()  #: BDAT has begun


@dataclass(slots=True)
class Transfer:
    """The content of a mail on its way in."""

    draft: Draft | None  #: None: it is received, but not kept
    decoder: DotDecoder
    hops: HopCounter
    size: int = 0
    failure: Reply | None = None  #: what to answer at the end instead of OK


@dataclass(slots=True)
class Transaction:
    """What MAIL and RCPT said."""

    sender: str
    options: tuple[str, ...]
    recipients: list[str] = field(default_factory=list)
    transfer: Transfer | None = None


@dataclass(slots=True)
class Session:
    """A connection."""

    services: LmtpServices
    checks: RecipientChecks
    peer: Peer
    log: Logger
    state: State = State.CONNECTED
    lmtp: bool = False
    extended: bool = False  #: EHLO or LHLO, not HELO
    hello: str = ""
    transaction: Transaction | None = None
    errors: int = 0  #: commands that broke the protocol
    strangers: int = 0  #: recipients refused since the last accepted one

    def reset(self) -> None:
        """Forget the mail that is being handed in."""
        if self.transaction is not None:
            transfer, self.transaction = self.transaction.transfer, None
            if transfer is not None and transfer.draft is not None:
                transfer.draft.abandon()
        if self.state is not State.CONNECTED:
            self.state = State.READY
