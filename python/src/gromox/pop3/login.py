"""Logging in: what USER and PASS and all mechanisms of AUTH end with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gromox.base.secret import Secret
from gromox.directory.auth import split_impersonation
from gromox.directory.errors import AuthError, AuthReason, DirectoryError
from gromox.directory.resolve import Mailbox as Owner
from gromox.directory.status import Privilege
from gromox.pop3 import replies
from gromox.pop3.answers import REFUSALS, answer_to
from gromox.pop3.dispatch import Ask, Follow, Then
from gromox.pop3.maildrop import InUseError, Maildrop, MaildropLock
from gromox.pop3.session import Session, State
from gromox.pop3.settings import POP3_AUTH_TIMES, POP3_FORCE_TLS, POP3_LOGIN_DELAY
from gromox.store.errors import DeniedError, StoreError
from gromox.store.permission import Right

if TYPE_CHECKING:
    from pathlib import Path

    from gromox.base.wire import Outcome
    from gromox.directory.auth import Account
    from gromox.pop3.dispatch import Result


@dataclass(frozen=True, slots=True)
class Entrance:
    """Who logged in, and the mailbox to open."""

    account: Account
    maildir: Path
    shared: bool


def may_log_in(session: Session) -> bool:
    """Tell whether passwords may come over this connection."""
    return session.peer.tls or not session.services.settings[POP3_FORCE_TLS]


def log_in(session: Session, login: str, password: Secret) -> Result:
    """Verify name and password: at once if they were verified a moment ago, else away from the loop."""
    services, peer = session.services, session.peer
    user, other = split_impersonation(login)
    if other is None:
        account = services.authenticator.cached(user, password, Privilege.IMAP_POP3)
        if account is not None:
            return _enter(session, login, Entrance(account, account.maildir, shared=False))

    def verify() -> Entrance:
        try:
            account = services.authenticator.authenticate(user, password, Privilege.IMAP_POP3, peer=peer)
            return _entrance(session, account, other)
        except AuthError as error:
            # Whoever is blocked or guesses waits, in this thread; others do not.
            if error.reason in (AuthReason.UNKNOWN_OR_WRONG_PASSWORD, AuthReason.BLOCKED):
                services.pause(services.authenticator.policy.fail_delay)
            raise

    return Ask(verify, lambda outcome: _verified(session, login, outcome))


def _entrance(session: Session, account: Account, other: str | None) -> Entrance:
    """Return what to open; runs in a thread, since the other mailbox has to be looked up."""
    if other is None or other == account.username:
        return Entrance(account, account.maildir, shared=False)
    owner = session.services.resolver.recipient(other)
    if not isinstance(owner, Owner):
        raise AuthError(AuthReason.UNKNOWN_OR_WRONG_PASSWORD, detail=f"no mailbox of {other}")
    return Entrance(account, owner.maildir, shared=True)


def _verified(session: Session, login: str, outcome: Outcome) -> Result:
    error = outcome.error
    if isinstance(error, DirectoryError) and not isinstance(error, AuthError):
        error = AuthError(AuthReason.UNAVAILABLE, detail=str(error))
    if isinstance(error, AuthError):
        return _refuse(session, login, error)
    if error is not None:
        raise error
    if not isinstance(outcome.value, Entrance):
        raise TypeError("the outcome of a login is an Entrance")
    return _enter(session, login, outcome.value)


def _refuse(session: Session, login: str, error: AuthError) -> Result:
    session.log.auth_rejected("login", address=session.peer.address, user=login, reason=str(error))
    session.user = ""
    session.failures += error.reason is not AuthReason.UNAVAILABLE
    if session.failures >= session.services.settings[POP3_AUTH_TIMES]:
        return Follow(replies.TOO_MANY_FAILURES, Then.CLOSE)
    return REFUSALS[error.reason]


def _enter(session: Session, login: str, entrance: Entrance) -> Result:
    """Take the maildrop and go over to the transaction state. RFC 1939 section 4."""
    services = session.services
    session.user = ""
    delay = services.settings[POP3_LOGIN_DELAY]
    if not services.login_times.allows(entrance.account.username, delay):
        return replies.TOO_SOON
    try:
        _open(session, entrance)
    except InUseError:
        return replies.IN_USE
    except (StoreError, OSError) as error:
        session.release()
        if isinstance(error, DeniedError):
            return _refuse(session, login, AuthError(AuthReason.NO_PRIVILEGE, detail=str(error)))
        session.log.warning(
            "mailbox cannot be opened", user=login, mailbox=str(entrance.maildir), reason=error
        )
        return answer_to(error) if isinstance(error, StoreError) else replies.INTERNAL_ERROR
    session.account = entrance.account
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
        session.lock = MaildropLock(mailbox.path)
        session.maildrop = Maildrop(mailbox)
    finally:
        if session.maildrop is None:
            pool.release(entrance.maildir)


def secret_of(octets: bytes) -> Secret:
    """Return a password as the client sent it; what is not UTF-8 is nobody's password."""
    return Secret(octets.decode("utf-8", "replace"))
