"""LOGIN: name and password in clear; and what every way of logging in ends with. RFC 3501 section 6.2.3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.base.log import get_logger
from gromox.base.secret import Secret
from gromox.directory.doorkeeper import Entrance
from gromox.directory.errors import AuthError, AuthReason
from gromox.imap.answers import answer
from gromox.imap.capability import capabilities
from gromox.imap.commands.select import foretell
from gromox.imap.dispatch import command
from gromox.imap.errors import CommandError
from gromox.imap.machine import NOT_AUTHENTICATED, Event
from gromox.imap.replies import Capabilities, Goodbye, Next, Reply, Status, Wait
from gromox.imap.tree import Tree, names_of
from gromox.store.builtin import INBOX
from gromox.store.errors import NotFoundError
from gromox.store.guest import Guest
from gromox.store.permission import Right
from gromox.store.session.actor import Actor

if TYPE_CHECKING:
    from gromox.base.wire import Outcome
    from gromox.imap.parser import Parser
    from gromox.imap.replies import Result
    from gromox.imap.session import Session
    from gromox.store.mailbox import Mailbox

log = get_logger("imap")

#: Messages whose flags are read from the file at login, those of the inbox apart: 0.5 ms.
READ_AHEAD: Final = 20_000


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who wants to log in."""

    login: str
    password: Secret


def parse_login(p: Parser) -> Credentials:
    """``LOGIN SP userid SP password``, both astring."""
    p.space()
    login = p.astring()
    p.space()
    password = p.astring()
    p.end()
    return credentials(login, password)


def credentials(login: bytes, password: bytes) -> Credentials:
    """Return what the octets of a client stand for. What is not UTF-8 is nobody's password."""
    return Credentials(login.decode("utf-8", "replace"), Secret(password.decode("utf-8", "replace")))


@command("LOGIN", NOT_AUTHENTICATED, parse_login, secret=True)
def login(session: Session, given: Credentials) -> Result:
    """Log in.

    Spec:
        RFC 3501 6.2.3, 11.2 (LOGINDISABLED). Fact sheet protocols.md section 5: ``user!mailbox`` opens
        another mailbox for who has rights in it: all of it for its store owners, else the folders that are
        shared with the user.
    """
    refuse_in_clear(session)
    return log_in(session, given, "LOGIN")


def refuse_in_clear(session: Session) -> None:
    """Refuse passwords where TLS is asked for. RFC 5530, PRIVACYREQUIRED."""
    if not session.may_log_in():
        raise CommandError("begin TLS first", "PRIVACYREQUIRED")


def log_in(session: Session, given: Credentials, operation: str) -> Result:
    """Verify name and password: at once if they were verified a moment ago, else away from the loop."""
    doorkeeper, peer = session.services.doorkeeper, session.peer
    session.user = given.login
    entrance = doorkeeper.recall(given.login, given.password)
    if entrance is not None:
        return enter(session, entrance, operation)
    return Wait(
        lambda: doorkeeper.verify(given.login, given.password, peer),
        lambda outcome: _verified(session, outcome, operation),
    )


def _verified(session: Session, outcome: Outcome, operation: str) -> Result:
    error = outcome.error
    if isinstance(error, AuthError):
        return refused(session, error, operation)
    if error is not None:
        raise error
    if not isinstance(outcome.value, Entrance):
        raise TypeError("the outcome of a login is an Entrance")
    return enter(session, outcome.value, operation)


def enter(session: Session, entrance: Entrance, operation: str) -> Result:
    """Open the mailbox and be logged in; what has to be read from its file first is read in a thread."""
    services = session.services
    if services.is_open(entrance.maildir):
        return _enter(session, entrance, operation)
    tls, language = session.tls, session.language
    return Wait(
        lambda: services.prepare_mailbox(
            entrance.maildir, lambda mailbox: look_over(mailbox, tls=tls, language=language)
        ),
        # Why it could not be opened is found once more, by who has the words for it.
        lambda _: _enter(session, entrance, operation),
    )


def look_over(mailbox: Mailbox, *, tls: bool = False, language: str = "") -> None:
    """Read what clients ask for first: the names, the inbox, and some of the others. Raises StoreError."""
    mailbox.settle()
    left = READ_AHEAD
    for name in names_of(mailbox).names:
        if name.selectable and (name.folder.folder_id == INBOX or name.folder.total <= left):
            left -= name.folder.total
            foretell(mailbox, name.folder, tls=tls, language=language)


def _enter(session: Session, entrance: Entrance, operation: str) -> Reply:
    try:
        mailbox = session.services.open_mailbox(entrance.maildir)
    except NotFoundError:
        log.error(  # noqa: TRY400 - nothing failed here that a traceback explains
            "mailbox missing",
            connection=session.peer.connection_id,
            user=session.user,
            remedy="create it with gromox-mkprivate",
        )
        raise CommandError("the mailbox does not exist; ask the administrator", "UNAVAILABLE") from None
    account = entrance.account
    if entrance.shared and not _owns(entrance, mailbox):
        guest = Guest(mailbox, Actor(account.username, entrance.groups))
        if not Tree(guest).names:
            session.services.close_mailbox(entrance.maildir)
            reason = AuthError(AuthReason.NO_PRIVILEGE, detail="no right on any folder of the mailbox")
            return refused(session, reason, operation)
        mailbox = guest
    if not session.services.sessions.take(account.username):
        session.services.close_mailbox(entrance.maildir)
        log.notice("too many sessions", user=account.username, peer=session.peer.address)
        raise CommandError("too many sessions of that user; close some", "LIMIT")
    session.enter(account, mailbox)
    session.failed_logins = 0
    session.move(Event.LOGGED_IN)
    log.notice(
        "logged in", connection=session.peer.connection_id, user=session.user, peer=session.peer.address
    )
    words = capabilities(session)
    # Both as response code and as data of its own: some clients read one, some the other.
    return Reply("logged in", [Capabilities(words)], code=b"CAPABILITY " + words)


def _owns(entrance: Entrance, mailbox: Mailbox) -> bool:
    """Tell whether who logged in may do everything in the mailbox of somebody else."""
    groups = entrance.groups
    return bool(mailbox.rights(entrance.account.username, groups_of=lambda _: groups) & Right.STORE_OWNER)


def refused(session: Session, error: AuthError, operation: str) -> Reply:
    """Answer a failed login, and end the connection after too many."""
    log.auth_rejected(
        operation,
        address=session.peer.address,
        user=session.user,
        reason=error.detail or error.reason.value,
        connection=session.peer.connection_id,
    )
    said = answer(error)
    session.failed_logins += 1
    code = said.code.encode("ascii")
    if session.failed_logins < session.policy.login_attempts:
        return Reply(said.text, code=code, status=Status.NO)
    return Reply(said.text, [Goodbye("too many failed logins")], code=code, status=Status.NO, next=Next.CLOSE)
