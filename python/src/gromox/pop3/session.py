"""One connection's state."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gromox.base.log import Logger
    from gromox.base.wire import Peer
    from gromox.directory.auth import Account
    from gromox.pop3.maildrop import Maildrop, MaildropLock
    from gromox.pop3.services import Pop3Services
    from gromox.store.mailbox import Mailbox


class State(Enum):
    """Where a session is, RFC 1939 section 3."""

    AUTHORIZATION = auto()
    TRANSACTION = auto()
    UPDATE = auto()


@dataclass(slots=True)
class Session:
    """A connection."""

    services: Pop3Services
    peer: Peer
    log: Logger
    state: State = State.AUTHORIZATION
    user: str = ""  #: what USER said
    utf8: bool = False  #: header fields may come as UTF-8. RFC 6856 section 2
    failures: int = 0
    account: Account | None = None
    maildrop: Maildrop | None = None
    lock: MaildropLock | None = None
    depends: Mailbox | None = None  #: this round's answer has to wait until it is durable

    @property
    def here(self) -> Maildrop:
        """The maildrop; only in the transaction state."""
        if self.maildrop is None:
            raise RuntimeError("a command of the transaction state before login")
        return self.maildrop

    def release(self) -> None:
        """Let go of the mailbox and of the lock on it."""
        if self.lock is not None:
            self.lock.release()
            self.lock = None
        if self.maildrop is not None:
            self.services.mailboxes.release(self.maildrop.mailbox.path)
            self.maildrop = None
        if self.account is not None:
            self.services.sessions.give_back(self.account.username)
            self.account = None
