"""The commands of POP3."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

import gromox
from gromox.base.hosts import originator
from gromox.base.secret import Secret
from gromox.directory.mechanism import offered
from gromox.pop3 import replies, stuffing
from gromox.pop3.answers import answer_to
from gromox.pop3.dispatch import Follow, Lines, Result, Steps, Then, command
from gromox.pop3.login import log_in, may_log_in
from gromox.pop3.maildrop import STEP
from gromox.pop3.session import Session, State
from gromox.pop3.settings import ENABLE_CAPA_IMPLEMENTATION, POP3_LOGIN_DELAY, POP3_SUPPORT_TLS
from gromox.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gromox.pop3.maildrop import Maildrop
    from gromox.pop3.replies import Reply
    from gromox.store.content import Content

_MAX_DIGITS: Final = 10
#: Words of XCLIENT.
_MAX_ATTRIBUTES: Final = 20
#: A mail up to this size is answered in one go.
_AT_ONCE: Final = 256 << 10

_AUTHORIZATION, _TRANSACTION = State.AUTHORIZATION, State.TRANSACTION


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else None


def tls_offered(session: Session) -> bool:
    """Tell whether this connection may go over to TLS."""
    services = session.services
    return services.tls and services.settings[POP3_SUPPORT_TLS] and not session.peer.tls


@command("CAPA", _AUTHORIZATION, _TRANSACTION)
def capa(session: Session, text: str) -> Result:
    """Tell what the server can do. RFC 2449 section 5, RFC 2595 section 4, RFC 5034 section 3."""
    _ = text
    settings = session.services.settings
    delay = int(settings[POP3_LOGIN_DELAY])
    fresh = session.state is _AUTHORIZATION
    mechanisms = " ".join(offered(session.services.doorkeeper, session.peer))
    lines = [
        "TOP",
        "UIDL",
        "RESP-CODES",
        "AUTH-RESP-CODE",
        "PIPELINING",
        "EXPIRE NEVER",
        *((f"LOGIN-DELAY {delay}",) if delay else ()),
        *(("USER", f"SASL {mechanisms}") if may_log_in(session) else ()),
        *(("STLS",) if fresh and tls_offered(session) else ()),
        "UTF8 USER",
        "LANG",
        *((f"IMPLEMENTATION gromox-{gromox.__version__}",) if settings[ENABLE_CAPA_IMPLEMENTATION] else ()),
    ]
    listing = "".join(f"{line}\r\n" for line in lines).encode()
    return Lines(replies.LISTING.encode() + listing + replies.END)


@command("STLS", _AUTHORIZATION)
def stls(session: Session, text: str) -> Result:
    """Go over to TLS. RFC 2595 section 4."""
    if text:
        return replies.BAD_ARGUMENT
    if session.utf8:
        return replies.NO_TLS_AFTER_UTF8
    return Follow(replies.START_TLS, Then.TLS) if tls_offered(session) else replies.NO_TLS


@command("XCLIENT", _AUTHORIZATION)
def xclient(session: Session, text: str) -> Result:
    """Take the address of who stands behind a trusted client, for the log and for counting failed logins.

    The arguments are those of Postfix's SMTP command of that name: ``ADDR=`` and ``PORT=``; the others that
    POP3 proxies send (``SESSION=``, ``TTL=``, ``FORWARD=``) mean nothing here.
    """
    if session.peer.address not in session.services.trusted:
        return replies.NOT_BELIEVED
    pairs = [word.upper().partition("=") for word in text.split()]
    if len(pairs) > _MAX_ATTRIBUTES or not all(sign for _, sign, _ in pairs):
        return replies.BAD_ARGUMENT
    told = {name: value for name, _, value in pairs}
    try:
        session.peer = originator(
            session.peer, told.get("ADDR", "").removeprefix("IPV6:"), told.get("PORT", "0")
        )
    except ValueError:
        return replies.BAD_ARGUMENT
    return replies.BELIEVED


@command("UTF8", _AUTHORIZATION)
def utf8(session: Session, text: str) -> Result:
    """Let header fields be UTF-8. RFC 6856 section 2.1."""
    if text:
        return replies.BAD_ARGUMENT
    session.utf8 = True
    return replies.UTF8


@command("LANG", _AUTHORIZATION, _TRANSACTION)
def lang(session: Session, text: str) -> Result:
    """Choose the language of answers, of which there is one. RFC 6856 section 3.2, RFC 4647 section 3.4."""
    _ = session
    if not text:
        return Lines(replies.LISTING.encode() + b"en English\r\n" + replies.END)
    is_ours = text == "*" or text.lower().split("-")[0] == "en"
    return replies.ok("en the language is English") if is_ours else replies.NO_SUCH_LANGUAGE


@command("USER", _AUTHORIZATION)
def user(session: Session, text: str) -> Result:
    """Name the user. RFC 1939 section 7; whether there is one is not told."""
    if not may_log_in(session):
        return replies.TLS_FIRST
    if not text.strip():
        return replies.BAD_ARGUMENT
    session.user = text.strip()
    return replies.SEND_PASSWORD


@command("PASS", _AUTHORIZATION)
def pass_(session: Session, text: str) -> Result:
    """Give the password, which may contain spaces. RFC 1939 section 7."""
    if not session.user:
        return replies.USER_FIRST
    return log_in(session, session.user, Secret(text))


@command("APOP", _AUTHORIZATION)
def apop(session: Session, text: str) -> Result:
    """Refuse: it needs passwords in clear. RFC 1939 section 7, optional."""
    _ = session, text
    return replies.NO_APOP


@command("STAT", _TRANSACTION)
def stat(session: Session, text: str) -> Result:
    """Tell the number of messages and their octets. RFC 1939 section 5."""
    if text:
        return replies.BAD_ARGUMENT
    count, octets = session.here.totals()
    return replies.ok(f"{count} {octets}")


@command("LIST", _TRANSACTION)
def list_(session: Session, text: str) -> Result:
    """List sizes. RFC 1939 section 5."""
    if text:
        return _one(session, text, lambda number: str(session.here.size(number)))
    count, octets = session.here.totals()
    return _listing(replies.ok(f"{count} messages ({octets} octets)"), session.here.scan_listing(), count)


@command("UIDL", _TRANSACTION)
def uidl(session: Session, text: str) -> Result:
    """List unique-ids. RFC 1939 section 7."""
    if text:
        return _one(session, text, session.here.unique_id)
    return _listing(replies.LISTING, session.here.unique_id_listing(), len(session.here))


def _one(session: Session, text: str, tell: Callable[[int], str]) -> Reply:
    number = _number(text)
    if number is None:
        return replies.BAD_ARGUMENT
    return replies.ok(f"{number} {tell(number)}") if session.here.has(number) else replies.NO_SUCH_MESSAGE


def _listing(first: Reply, parts: Iterator[bytes], count: int) -> Result:
    if count <= STEP:
        return Lines(b"".join([first.encode(), *parts, replies.END]))
    return Steps([part] for part in chain([first.encode()], parts, [replies.END]))


@command("RETR", _TRANSACTION)
def retr(session: Session, text: str) -> Result:
    """Send a message. RFC 1939 section 5."""
    number = _number(text)
    if number is None:
        return replies.BAD_ARGUMENT
    if not session.here.has(number):
        return replies.NO_SUCH_MESSAGE
    ahead = session.here.read_ahead(number)
    if ahead is not None:
        return Lines(stuffing.whole(b"+OK %d octets\r\n" % len(ahead), _understood(session, ahead)))
    content = session.here.content(number)
    first = replies.ok(f"{content.size} octets").encode()
    if content.size <= _AT_ONCE:
        return Lines(stuffing.whole(first, _understood(session, content.octets())))
    return _content(first, content, _chunks(session, content))


def _understood(session: Session, octets: bytes) -> bytes:
    """Return a whole mail as the client understands it."""
    return octets if session.utf8 or octets.isascii() else b"".join(stuffing.in_ascii([octets]))


def _chunks(session: Session, content: Content) -> Iterator[bytes]:
    """Return a mail as the client understands it."""
    return content.chunks() if session.utf8 else stuffing.in_ascii(content.chunks())


@command("TOP", _TRANSACTION)
def top(session: Session, text: str) -> Result:
    """Send the header and some lines of a message. RFC 1939 section 7."""
    words = text.split()
    numbers = [_number(word) for word in words]
    number, lines = numbers if len(numbers) == 2 else (None, None)  # noqa: PLR2004 - both are mandatory
    if number is None or lines is None:
        return replies.BAD_ARGUMENT
    if not session.here.has(number):
        return replies.NO_SUCH_MESSAGE
    content = session.here.content(number)
    return _content(
        replies.ok("the top follows").encode(), content, stuffing.top(_chunks(session, content), lines)
    )


def _content(first: bytes, content: Content, chunks: Iterator[bytes]) -> Result:
    """Return the answer with a content; that it can be read is made sure before it begins."""
    beginning = next(chunks, b"")

    def steps() -> Iterator[Sequence[bytes]]:
        encoder = stuffing.DotEncoder()
        try:
            yield [first, encoder.feed(beginning)]
            for chunk in chunks:
                yield [encoder.feed(chunk)]
            yield [encoder.finish()]
        finally:
            content.close()

    return Steps(steps())


@command("DELE", _TRANSACTION)
def dele(session: Session, text: str) -> Result:
    """Mark a message for removal. RFC 1939 section 5."""
    number = _number(text)
    if number is None:
        return replies.BAD_ARGUMENT
    if not session.here.has(number):
        return replies.NO_SUCH_MESSAGE
    session.here.delete(number)
    return replies.DELETED


@command("RSET", _TRANSACTION)
def rset(session: Session, text: str) -> Result:
    """Take all marks away. RFC 1939 section 5."""
    if text:
        return replies.BAD_ARGUMENT
    session.here.reset()
    count, octets = session.here.totals()
    return replies.ok(f"{count} messages ({octets} octets)")


@command("NOOP", _TRANSACTION)
def noop(session: Session, text: str) -> Result:
    """Do nothing. RFC 1939 section 5."""
    _ = session
    return replies.BAD_ARGUMENT if text else replies.NOTHING


@command("QUIT", _AUTHORIZATION, _TRANSACTION)
def quit_(session: Session, text: str) -> Result:
    """Remove what is marked, and end. RFC 1939 section 6: only QUIT leads to the update state."""
    _ = text
    if session.state is _AUTHORIZATION:
        return Follow(replies.GOODBYE, Then.CLOSE)
    session.state = State.UPDATE
    maildrop = session.here
    if maildrop.marked:
        return _update(session, maildrop)
    return _goodbye(session, 0)


def _update(session: Session, maildrop: Maildrop) -> Result:
    """Remove, many messages in steps, so that others are served; the last word waits until it is durable."""
    removed = 0
    failed: StoreError | None = None

    def steps() -> Iterator[Sequence[bytes]]:
        nonlocal removed, failed
        try:
            for count in maildrop.remove_marked():
                removed += count
                yield ()
        except StoreError as error:
            failed = error

    def done() -> Result:
        if removed:
            session.depends = maildrop.mailbox
        if failed is None:
            return _goodbye(session, removed)
        session.log.warning(
            "messages not removed", mailbox=str(maildrop.mailbox.path), removed=removed, reason=failed
        )
        return Follow(answer_to(failed), Then.CLOSE)

    if maildrop.marked > STEP:
        return Steps(steps(), done)
    for _ in steps():
        pass
    return done()


def _goodbye(session: Session, removed: int) -> Result:
    if session.lock is not None:
        session.lock.release()  # the next session need not wait until this connection is closed
    session.log.info("logged out", removed=removed)
    maildrop = session.here
    return Follow(replies.ok(f"goodbye, {len(maildrop) - maildrop.marked} messages left"), Then.CLOSE)
