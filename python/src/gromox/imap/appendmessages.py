"""Messages that APPEND and REPLACE bring: their grammar, and how they are put together.

RFC 4466 section 2.5 and 6 (append-message), RFC 3502 (several of them), RFC 3516 (literal8), RFC 6855
section 4 (UTF8), RFC 4469 (CATENATE).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final, TypeAlias

from gromox.base.value import value
from gromox.imap.errors import BadCommandError, CommandError
from gromox.imap.flagnames import split_flags
from gromox.imap.imapurl import MAX_URL, MessageUrl, parse_url
from gromox.imap.replies import Wait
from gromox.imap.sections import Large, locate
from gromox.imap.tree import tree_of
from gromox.imap.urlreading import with_reader
from gromox.mime.reencode import without_binary
from gromox.store.content import INLINE_LIMIT, StagedContent
from gromox.store.errors import DeniedError, MessageGoneError, NotFoundError
from gromox.store.flags import NO_FLAGS, Flag
from gromox.store.model import NewMail

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gromox.base.wire import Outcome
    from gromox.imap.parser import Parser
    from gromox.imap.replies import Reply, Result, Together
    from gromox.imap.session import Session
    from gromox.imap.urlreading import UrlReader
    from gromox.store.mailbox import Mailbox

#: Messages of one APPEND, and parts of one CATENATE.
MAX_MESSAGES: Final = 200
MAX_PARTS: Final = 200


@dataclass(frozen=True, slots=True)
class Reference:
    """A part of CATENATE that lies on the server: the URL as it was written."""

    url: bytes


#: What a message is put together from.
Source: TypeAlias = bytes | Reference


@value
class Message:
    """One message to add."""

    sources: tuple[Source, ...]
    flags: Flag = NO_FLAGS
    keywords: frozenset[str] = frozenset()
    internal_date: float | None = None
    zone: int = 0


def parse_messages(p: Parser, *, limit: int = MAX_MESSAGES) -> tuple[Message, ...]:
    """``1*append-message``, RFC 3502 section 7."""
    messages = [parse_message(p)]
    while not p.at_end() and p.accept(b" "):
        # IMAPClient 3 writes two blanks before each literal but the first: tests/system/test_imap_writing.py.
        p.accept(b" ")
        if p.at_end():  # a blank at the end of the line
            break
        if len(messages) >= limit:
            raise BadCommandError(f"at most {limit} messages at once")
        messages.append(_message(p))
    p.end()
    return tuple(messages)


def parse_message(p: Parser) -> Message:
    """``SP [flag-list SP] [date-time SP] append-data``."""
    p.space()
    return _message(p)


def _message(p: Parser) -> Message:
    flags, keywords = NO_FLAGS, frozenset[str]()
    if p.peek(b"("):
        flags, keywords = split_flags(p.flag_list())
        p.space()
    date: float | None = None
    zone = 0
    if p.peek(b'"'):
        date, zone = p.date_time()
        p.space()
    return Message(_data(p), flags, keywords, date, zone)


def _data(p: Parser) -> tuple[Source, ...]:
    """append-data = literal / literal8 / utf8-literal / "CATENATE" SP "(" cat-part *(SP cat-part) ")"."""
    if p.accept_word(b"CATENATE "):
        parts: list[Source] = []
        p.parenthesised(lambda: parts.append(_cat_part(p)), limit=MAX_PARTS)
        if not parts:
            raise BadCommandError("CATENATE needs at least one part")
        return tuple(parts)
    return (_utf8(p) if p.accept_word(b"UTF8 ") else _literal(p),)


def _cat_part(p: Parser) -> Source:
    """cat-part = "TEXT" SP literal / "URL" SP astring / utf8-literal."""
    if p.accept_word(b"TEXT "):
        return _literal(p)
    if p.accept_word(b"URL "):
        return Reference(p.astring())
    if p.accept_word(b"UTF8 "):
        return _utf8(p)
    raise BadCommandError("a part is TEXT, URL or UTF8")


def _utf8(p: Parser) -> bytes:
    """utf8-literal = "UTF8" SP "(" literal8 ")"."""
    p.expect(b"(")
    octets = _literal(p)
    p.expect(b")")
    return octets


def _literal(p: Parser) -> bytes:
    if not (p.peek(b"{") or p.peek(b"~")):
        raise BadCommandError("expected the message as a literal")
    return p.message_literal()


# -- putting together


def add(
    session: Session,
    mailbox: Mailbox,
    messages: Sequence[Message],
    store: Callable[[list[NewMail]], Reply | Together | Wait],
) -> Result:
    """Put messages for a mailbox together and hand them to ``store``.

    Large ones are read and written away from the loop.

    Spec:
        RFC 4469 section 4 (BADURL, TOOBIG), RFC 7889 section 4 (TOOBIG), RFC 3516 4.4 (UNKNOWN-CTE); RFC 4467
        for URLs that are signed.
    """
    sources = chain.from_iterable([message.sources for message in messages])
    urls = [source.url for source in sources if isinstance(source, Reference)]
    return with_reader(session, urls, lambda reader: _add(session, mailbox, messages, store, reader))


def _add(
    session: Session,
    mailbox: Mailbox,
    messages: Sequence[Message],
    store: Callable[[list[NewMail]], Reply | Together | Wait],
    reader: UrlReader,
) -> Result:
    gathered = [_gathered(session, reader, message) for message in messages]
    if all(_size(parts) <= INLINE_LIMIT for parts in gathered):
        return store([_mail(*each, None) for each in zip(messages, map(_joined, gathered), strict=True)])

    def write() -> list[tuple[bytes, StagedContent | None]]:
        return [_staged(mailbox, _joined(parts)) for parts in gathered]

    def written(outcome: Outcome) -> Reply | Together | Wait:
        if outcome.error is not None:
            raise outcome.error
        staged: list[tuple[bytes, StagedContent | None]] = outcome.value  # type: ignore[assignment]  # of write
        return store([_mail(message, *each) for message, each in zip(messages, staged, strict=True)])

    return Wait(write, written)


def _staged(mailbox: Mailbox, octets: bytes) -> tuple[bytes, StagedContent | None]:
    return octets, mailbox.stage(octets)


def _mail(message: Message, octets: bytes, staged: StagedContent | None) -> NewMail:
    return NewMail(
        octets, message.flags, message.keywords, message.internal_date, message.zone, staged=staged
    )


def _size(parts: Sequence[bytes | Large]) -> int:
    return sum([len(part) if isinstance(part, bytes) else part.length for part in parts])


def _gathered(session: Session, reader: UrlReader, message: Message) -> list[bytes | Large]:
    """Return what a message consists of, bounded before anything large is read."""
    limit = session.policy.max_mail
    parts: list[bytes | Large] = []
    size = 0
    for source in message.sources:
        part = _resolved(session, reader, source.url) if isinstance(source, Reference) else source
        size += len(part) if isinstance(part, bytes) else part.length
        if size > limit:
            raise CommandError("the message is too large", "TOOBIG")
        parts.append(part)
    if not size:
        raise CommandError("an empty message is not kept", "CANNOT")
    return parts


def _joined(parts: Sequence[bytes | Large]) -> bytes:
    """Return the octets of a message, its binary parts in base64."""
    octets = (
        parts[0]
        if len(parts) == 1 and isinstance(parts[0], bytes)
        else b"".join(
            [
                part if isinstance(part, bytes) else part.content.read(part.offset, part.length)
                for part in parts
            ]
        )
    )
    text = without_binary(octets)
    if text is None:
        raise CommandError("NUL stands where no transfer encoding reaches", "UNKNOWN-CTE")
    return text


def _resolved(session: Session, reader: UrlReader, octets: bytes) -> bytes | Large:
    """Return what a URL names.

    Spec:
        RFC 4469 section 3: messages and parts of this session's mailboxes, and what signed URLs (RFC 4467)
        give; all others are BADURL.
    """
    url = parse_url(octets)
    found: bytes | Large | None = None
    try:
        if url is None:
            with reader.opened(octets) as spot:
                if spot is not None:
                    found = locate(spot.mailbox, spot.folder_id, spot.url.uid, spot.url.section)
        elif url.host is None:
            mailbox, folder_id = folder_of(session, url)
            found = locate(mailbox, folder_id, url.uid, url.section)
    except (NotFoundError, MessageGoneError, DeniedError):
        found = None
    if found is None:
        raise CommandError("there is no such message or part", bad_url(octets))
    return found


def folder_of(session: Session, url: MessageUrl) -> tuple[Mailbox, int]:
    """Return the folder of a URL's mailbox, and in which mailbox it lies.

    Raises:
        NotFoundError: there is none, it is not the one of that UIDVALIDITY, or the message is not in it.
    """
    if not url.mailbox:
        if session.selected is None:
            raise NotFoundError("no mailbox is selected")
        mailbox, folder_id = session.selected.mailbox, session.selected.folder_id
    else:
        place = session.locate(url.mailbox)
        mailbox = place.mailbox
        folder_id = tree_of(mailbox).selectable(place.name).folder_id
    if url.uid_validity not in (None, mailbox.folder(folder_id).uid_validity):
        raise NotFoundError("the mailbox was made anew")
    if url.mailbox and mailbox.view(folder_id).place_of_uid(url.uid) is None:
        raise NotFoundError("the message was removed")
    return mailbox, folder_id


def bad_url(octets: bytes) -> str:
    """Return the response code for a URL that means nothing here. RFC 4469 section 5, url-resp-text."""
    shown = octets[:MAX_URL].decode("latin-1")
    return "BADURL " + "".join(
        c if c.isascii() and c.isprintable() and c not in "]\\" else "?" for c in shown
    )
