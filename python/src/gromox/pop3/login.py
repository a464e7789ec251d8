"""Logging in: what USER and PASS and all mechanisms of AUTH end with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.directory.doorkeeper import Entrance
from gromox.directory.errors import AuthError, AuthReason
from gromox.pop3 import replies
from gromox.pop3.answers import REFUSALS, answer_to
from gromox.pop3.dispatch import Ask, Follow, Then
from gromox.pop3.maildrop import InUseError, Maildrop, MaildropLock
from gromox.pop3.session import Session, State
from gromox.pop3.settings import POP3_AUTH_TIMES, POP3_FORCE_TLS, POP3_LOGIN_DELAY, POP3_SHARED_MAILDROP
from gromox.store.builtin import INBOX
from gromox.store.errors import DeniedError, StoreError
from gromox.store.permission import Right

if TYPE_CHECKING:
    from gromox.base.secret import Secret
    from gromox.base.wire import Outcome
    from gromox.pop3.dispatch import Result
    from gromox.store.mailbox import Mailbox


def may_log_in(session: Session) -> bool:
    """Tell whether passwords may come over this connection."""
    return session.peer.tls or not session.services.settings[POP3_FORCE_TLS]


def log_in(session: Session, login: str, password: Secret) -> Result:
    """Verify name and password: at once if they were verified a moment ago, else away from the loop."""
    doorkeeper, peer = session.services.doorkeeper, session.peer
    entrance = doorkeeper.recall(login, password)
    if entrance is not None:
        return enter(session, login, entrance)
    return Ask(
        lambda: doorkeeper.verify(login, password, peer), lambda outcome: _verified(session, login, outcome)
    )


def _verified(session: Session, login: str, outcome: Outcome) -> Result:
    error = outcome.error
    if isinstance(error, AuthError):
        return refuse(session, login, error)
    if error is not None:
        raise error
    if not isinstance(outcome.value, Entrance):
        raise TypeError("the outcome of a login is an Entrance")
    return enter(session, login, outcome.value)


def refuse(session: Session, login: str, error: AuthError) -> Result:
    """Answer a failed login; after too many the connection ends."""
    session.log.auth_rejected("login", address=session.peer.address, user=login, reason=str(error))
    session.user = ""
    session.failures += error.reason is not AuthReason.UNAVAILABLE
    if session.failures >= session.services.settings[POP3_AUTH_TIMES]:
        return Follow(replies.TOO_MANY_FAILURES, Then.CLOSE)
    return REFUSALS[error.reason]


def enter(session: Session, login: str, entrance: Entrance) -> Result:
    """Take the maildrop; what has to be read from the file of the mailbox first is read in a thread."""
    pool = session.services.mailboxes
    if pool.is_open(entrance.maildir):
        return _enter(session, login, entrance)
    return Ask(
        lambda: pool.prepare(entrance.maildir, _look_over),
        # Why it could not be opened is found once more, by who has the words for it.
        lambda _: _enter(session, login, entrance),
    )


def _look_over(mailbox: Mailbox) -> None:
    """Read what a maildrop consists of. Raises StoreError."""
    mailbox.settle()
    mailbox.shown_size(INBOX)
    mailbox.view(INBOX)


def _enter(session: Session, login: str, entrance: Entrance) -> Result:
    """Go over to the transaction state. RFC 1939 section 4."""
    services = session.services
    session.user = ""
    delay = services.settings[POP3_LOGIN_DELAY]
    if not services.login_times.allows(entrance.account.username, delay):
        return replies.TOO_SOON
    user = entrance.account.username
    if not services.sessions.take(user):
        session.log.notice("too many sessions", user=user, peer=session.peer.address)
        return replies.TOO_MANY_SESSIONS
    session.account = entrance.account
    try:
        _open(session, entrance)
    except InUseError:
        session.release()
        return replies.IN_USE
    except (StoreError, OSError) as error:
        session.release()
        if isinstance(error, DeniedError):
            return refuse(session, login, AuthError(AuthReason.NO_PRIVILEGE, detail=str(error)))
        session.log.warning(
            "mailbox cannot be opened", user=login, mailbox=str(entrance.maildir), reason=error
        )
        return answer_to(error) if isinstance(error, StoreError) else replies.INTERNAL_ERROR
    session.state = State.TRANSACTION
    count, octets = session.here.totals()
    session.log.info("logged in", user=login, messages=count, octets=octets, peer=session.peer.address)
    return replies.ok(f"{count} messages ({octets} octets)")


def _open(session: Session, entrance: Entrance) -> None:
    pool = session.services.mailboxes
    mailbox = pool.hold(entrance.maildir)
    try:
        if entrance.shared and not mailbox.rights(entrance.account.username) & Right.STORE_OWNER:
            raise DeniedError(
                f"{entrance.account.username} is not an owner of the mailbox of {mailbox.owner}"
            )
        if not session.services.settings[POP3_SHARED_MAILDROP]:
            session.lock = MaildropLock(mailbox.path)
        session.maildrop = Maildrop(mailbox, session.services.listings)
    finally:
        if session.maildrop is None:
            pool.release(entrance.maildir)
