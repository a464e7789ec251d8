"""The commands of LMTP and SMTP but for the content of mails."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gromox.base.hosts import originator
from gromox.lmtp import parser, replies
from gromox.lmtp.answers import answer_to
from gromox.lmtp.dispatch import Ask, Follow, Result, Take, Then, command
from gromox.lmtp.replies import Reply
from gromox.lmtp.session import Session, State, Transaction
from gromox.lmtp.settings import (
    COMMAND_PROTOCOL,
    MAIL_MAX_LENGTH,
    MAX_RECIPIENTS,
    SMTP_SUPPORT_PIPELINE,
    SMTP_SUPPORT_STARTTLS,
)

if TYPE_CHECKING:
    from gromox.base.wire import Outcome

#: What the greeting calls the protocols.
_SPOKEN: Final = {"both": "ESMTP LMTP", "smtp": "ESMTP", "lmtp": "LMTP"}
_GREETED: Final = frozenset({State.READY, State.MAIL, State.RCPT, State.CHUNKS})


def starttls_offered(session: Session) -> bool:
    """Tell whether this connection may go over to TLS."""
    services = session.services
    return services.tls and services.settings[SMTP_SUPPORT_STARTTLS] and not session.peer.tls


def extensions(session: Session) -> tuple[str, ...]:
    """Return what EHLO and LHLO announce."""
    services, settings = session.services, session.services.settings
    return (
        *(("PIPELINING",) if settings[SMTP_SUPPORT_PIPELINE] else ()),
        f"SIZE {settings[MAIL_MAX_LENGTH]}",
        "8BITMIME",
        "SMTPUTF8",
        "ENHANCEDSTATUSCODES",
        "CHUNKING",
        *(("STARTTLS",) if starttls_offered(session) else ()),
        *(("XCLIENT ADDR PORT",) if session.peer.address in services.trusted else ()),
        "HELP",
    )


def greeting(session: Session) -> Reply:
    """Return what is said first. RFC 5321 4.2."""
    services = session.services
    return Reply(220, "", f"{services.host} {_SPOKEN[services.settings[COMMAND_PROTOCOL]]} ready")


def _greet(session: Session, text: str, *, lmtp: bool, extended: bool) -> Result:
    spoken = session.services.settings[COMMAND_PROTOCOL]
    if spoken != "both" and lmtp is not (spoken == "lmtp"):
        return replies.UNKNOWN_COMMAND  # RFC 2033 4.1: to EHLO and HELO an LMTP server says 500
    session.hello = parser.parse_hello(text)
    session.lmtp, session.extended = lmtp, extended
    session.reset()
    session.state = State.READY
    return Reply(250, "", session.services.host, extensions(session) if extended else ())


@command("HELO", without_tls=True)
def helo(session: Session, text: str) -> Result:
    """Begin SMTP without extensions. RFC 5321 4.1.1.1."""
    return _greet(session, text, lmtp=False, extended=False)


@command("EHLO", without_tls=True)
def ehlo(session: Session, text: str) -> Result:
    """Begin SMTP with extensions. RFC 5321 4.1.1.1."""
    return _greet(session, text, lmtp=False, extended=True)


@command("LHLO", without_tls=True)
def lhlo(session: Session, text: str) -> Result:
    """Begin LMTP. RFC 2033 4.1."""
    return _greet(session, text, lmtp=True, extended=True)


@command("STARTTLS", states=_GREETED, without_tls=True)
def starttls(session: Session, text: str) -> Result:
    """Go over to TLS. RFC 3207 section 4."""
    parser.parse_nothing(text)
    if session.peer.tls:
        return replies.ALREADY_TLS
    if not starttls_offered(session):
        return replies.NOT_IMPLEMENTED
    session.reset()
    return Follow(replies.START_TLS, Then.TLS)


@command("XCLIENT", without_tls=True)
def xclient(session: Session, text: str) -> Result:
    """Take the address of who stands behind a trusted client; the session begins anew with its greeting.

    Spec:
        The command of Postfix (its XCLIENT_README): ``ADDR=``, also with ``IPV6:`` before it, and ``PORT=``;
        what has no value, and other attributes, were not announced.
    """
    if session.peer.address not in session.services.trusted:
        return replies.NOT_BELIEVED
    if session.transaction is not None:
        return replies.NOT_WITHIN_MAIL
    told = parser.parse_attributes(text)
    try:
        session.peer = originator(session.peer, told["ADDR"].removeprefix("IPV6:"), told.get("PORT", "0"))
    except ValueError:
        return replies.BAD_ARGUMENT
    session.log.info("client named", peer=session.peer.address)
    session.state, session.hello = State.CONNECTED, ""
    return greeting(session)


@command("MAIL", states=_GREETED)
def mail(session: Session, text: str) -> Result:
    """Begin a mail with its sender. RFC 5321 4.1.1.2."""
    if session.transaction is not None:
        return replies.NESTED_MAIL
    given = parser.parse_mail(text, session.services.settings[MAIL_MAX_LENGTH])
    session.transaction = Transaction(given.sender, given.options)
    session.state = State.MAIL
    return replies.SENDER_OK


@command("RCPT", states=frozenset({State.MAIL, State.RCPT}), refusal=replies.MAIL_FIRST)
def rcpt(session: Session, text: str) -> Result:
    """Add a recipient. RFC 5321 4.1.1.3."""
    transaction = session.transaction
    if transaction is None:
        return replies.MAIL_FIRST
    address = parser.parse_rcpt(text, session.services.host, utf8="SMTPUTF8" in transaction.options)
    if len(transaction.recipients) >= session.services.settings[MAX_RECIPIENTS]:
        return replies.TOO_MANY_RECIPIENTS
    checks = session.checks
    reply = checks.remembered(address)
    if reply is not None:
        return _enter_recipient(session, address, reply)

    def answer(outcome: Outcome) -> Reply:
        if isinstance(outcome.value, Reply):
            return _enter_recipient(session, address, outcome.value)
        error = outcome.error or TypeError("no answer")
        known = answer_to(error)
        if known is None:
            session.log.exception("recipient check failed", error, recipient=address)
            return replies.INTERNAL_ERROR
        session.log.warning("recipient cannot be checked", recipient=address, reason=error)
        return known

    return Ask(lambda: checks.look_up(address), answer)


def _enter_recipient(session: Session, address: str, reply: Reply) -> Reply:
    if reply is not replies.RECIPIENT_OK:
        session.strangers += 1
        session.log.info("recipient refused", recipient=address, code=reply.code, reason=reply.text)
        return reply
    session.strangers = 0
    session.checks.accept(address)
    if session.transaction is not None:
        # The same one twice is answered twice in LMTP (RFC 2033 4.2) and delivered once.
        session.transaction.recipients.append(address)
        session.state = State.RCPT
    return reply


@command("DATA", states=_GREETED)
def data(session: Session, text: str) -> Result:
    """Ask for the content. RFC 5321 4.1.1.4."""
    parser.parse_nothing(text)
    if session.state is State.CHUNKS:
        return replies.DATA_AND_BDAT
    if session.state is State.RCPT:
        return Follow(replies.START_MAIL, Then.DATA)
    return replies.NO_RECIPIENTS if session.transaction is not None else replies.MAIL_FIRST


@command("BDAT", without_tls=True)
def bdat(session: Session, text: str) -> Result:
    """Take a chunk of content. RFC 3030 section 2; whether it is welcome is told after it."""
    _ = session
    chunk = parser.parse_chunk(text)
    return Take(chunk.size, chunk.last)


@command("RSET", without_tls=True)
def rset(session: Session, text: str) -> Result:
    """Forget the mail that was begun. RFC 5321 4.1.1.5."""
    parser.parse_nothing(text)
    session.reset()
    return replies.OK


@command("NOOP", without_tls=True)
def noop(session: Session, text: str) -> Result:
    """Do nothing. RFC 5321 4.1.1.9; an argument is ignored."""
    _ = session, text
    return replies.OK


@command("HELP", without_tls=True)
def help_(session: Session, text: str) -> Result:
    """Name the commands. RFC 5321 4.1.1.8."""
    _ = session, text
    return replies.HELP


@command("VRFY")
def vrfy(session: Session, text: str) -> Result:
    """Tell nothing of an address. RFC 5321 3.5.3 and 7.3."""
    _ = session
    return replies.CANNOT_VERIFY if text.strip() else replies.BAD_ARGUMENT


@command("EXPN", "ETRN", "AUTH")
def not_implemented(session: Session, text: str) -> Result:
    """Refuse what is not for this service."""
    _ = session, text
    return replies.NOT_IMPLEMENTED


@command("QUIT", without_tls=True)
def quit_(session: Session, text: str) -> Result:
    """End the connection. RFC 5321 4.1.1.10."""
    _ = text
    session.reset()
    return Follow(replace(replies.GOODBYE, text=f"{session.services.host} closing"), Then.CLOSE)
