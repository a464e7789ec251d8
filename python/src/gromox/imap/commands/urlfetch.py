"""URLFETCH: what signed URLs name. RFC 4467, RFC 5524 (URLAUTH=BINARY)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.base.log import get_logger
from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError, CommandError
from gromox.imap.fetchitems import Binary, Text
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.partstructure import part_structure
from gromox.imap.replies import Reply, Stream
from gromox.imap.sections import ENCODINGS, Large, locate, streamed
from gromox.imap.serialize import string
from gromox.imap.urlreading import with_reader
from gromox.mime import find_part, unpack_parts
from gromox.store.errors import MessageGoneError, StoreError
from gromox.store.model import Columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gromox.base.wire import Piece
    from gromox.imap.fetchitems import Section
    from gromox.imap.parser import Parser
    from gromox.imap.replies import Result
    from gromox.imap.session import Session
    from gromox.imap.urlreading import Spot, UrlReader

log = get_logger("imap")

#: URLs of one command.
MAX_URLS: Final = 200
#: url-fetch-param, RFC 5524 section 5.
PARAMETERS: Final = frozenset({b"BODY", b"BINARY", b"BODYPARTSTRUCTURE"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A URL, and what of it; without parameters the answer is that of RFC 4467."""

    url: bytes
    parameters: tuple[bytes, ...] = ()


def parse_urlfetch(p: Parser) -> tuple[Wanted, ...]:
    """``URLFETCH 1*(SP url-fetch-arg)``, RFC 5524 section 5."""
    wanted: list[Wanted] = []
    while not wanted or not p.at_end():
        if len(wanted) >= MAX_URLS:
            raise BadCommandError(f"at most {MAX_URLS} URLs at once")
        p.space()
        wanted.append(_extended(p) if p.peek(b"(") else Wanted(p.astring()))
    return tuple(wanted)


def _extended(p: Parser) -> Wanted:
    """url-fetch-ext = "(" url-full *(SP url-fetch-param) ")", each parameter once."""
    p.expect(b"(")
    url = p.astring()
    parameters: list[bytes] = []
    while not p.accept(b")"):
        p.space()
        word = p.word()
        if word not in PARAMETERS or word in parameters:
            raise BadCommandError("no such URLFETCH parameter, or twice the same")
        parameters.append(word)
    if {b"BODY", b"BINARY"} <= set(parameters):
        raise BadCommandError("BODY and BINARY exclude each other")
    return Wanted(url, tuple(parameters))


@command("URLFETCH", AUTHENTICATED, parse_urlfetch, secret=True)
def urlfetch(session: Session, args: tuple[Wanted, ...]) -> Result:
    r"""Tell what signed URLs name, with the rights of the users who signed them.

    Spec:
        RFC 4467 section 7 (URLFETCH) and 8: NIL for whatever is not good; a section that is not there is
        empty. RFC 5524 section 3. ``\Seen`` is left alone: the mailbox need not be that of the session.

    Returns:
        One URLFETCH line for each URL, in the order of the command.
    """

    def answer(reader: UrlReader) -> Result:
        def steps() -> Iterator[Sequence[Piece]]:
            for each in args:
                with reader.opened(each.url) as spot:
                    yield from streamed([], _line(each, spot))

        return Stream(steps(), lambda: Reply("URLFETCH completed"))

    return with_reader(session, [each.url for each in args], answer)


def _line(wanted: Wanted, spot: Spot | None) -> list[bytes | Large]:
    """Return the line of a URL; in parts if some of it is large."""
    head = b"* URLFETCH " + string(wanted.url)
    if spot is None:
        return [head, b" NIL\r\n"]
    try:
        told = _metadata(wanted, spot) if wanted.parameters else _data(_octets(spot, spot.url.section) or b"")
    except (StoreError, CommandError) as error:
        log.info("message of a URL", mailbox=spot.mailbox.path, uid=spot.url.uid, reason=error)
        return [head, b" NIL\r\n"]
    return [head, b" ", *(told or [b"NIL"]), b"\r\n"]


def _metadata(wanted: Wanted, spot: Spot) -> list[bytes | Large]:
    """Return url-metadata: what was asked for, in that order. RFC 5524 section 3.2."""
    section = spot.url.section
    is_binary = b"BINARY" in wanted.parameters
    try:
        found = _octets(spot, _decoded(section) if is_binary else section)
    except CommandError:  # UNKNOWN-CTE
        found = None
    out: list[bytes | Large] = []
    for name in wanted.parameters:
        if name == b"BODYPARTSTRUCTURE":
            structure = _structure(spot, found if is_binary else None)
            data: list[bytes | Large] = [structure] if structure else []
        elif found is None:
            data = [b"NIL"] if is_binary else [b'""']
        else:
            data = _data(found, is_binary=is_binary)
        if data:
            out += [b" (" if out else b"(", name, b" ", *data, b")"]
    return out


def _decoded(section: Section) -> Section:
    """Return what is to be read instead of a section, to get it out of its transfer encoding."""
    if section.text is not Text.ALL or not section.path:
        return section  # headers, and messages as a whole, have none
    return Binary(section.label, section.path, partial=section.partial, peek=True)


def _octets(spot: Spot, section: Section) -> bytes | Large | None:
    return locate(spot.mailbox, spot.folder_id, spot.url.uid, section)


def _data(found: bytes | Large, *, is_binary: bool = False) -> list[bytes | Large]:
    """Return an nstring or, for what may hold NUL, a literal8."""
    if isinstance(found, Large):
        # Whether it holds NUL is not known before it was read: literal8 may hold anything.
        return [(b"~{%d}\r\n" if is_binary else b"{%d}\r\n") % found.length, found]
    if is_binary and b"\0" in found:
        return [b"~{%d}\r\n%b" % (len(found), found)]
    return [b"{%d}\r\n%b" % (len(found), found)]


def _structure(spot: Spot, decoded: bytes | Large | None) -> bytes:
    """Return BODYSTRUCTURE of the part; empty for what is no part.

    Spec:
        RFC 5524 3.2: it tells of the data as they are sent, so what was decoded has no encoding.
    """
    section = spot.url.section
    if section.text is not Text.ALL:
        return b""
    rows = spot.mailbox.fetch(spot.folder_id, [spot.url.uid], Columns.PARTS | Columns.BODYSTRUCTURE)
    row = next(iter(rows), None)
    if row is None:
        raise MessageGoneError("there is no message with that UID")
    part = find_part(unpack_parts(row.parts), section.path)
    if not section.path or part is None or decoded is None or part.encoding not in ENCODINGS:
        return part_structure(row.bodystructure, section.path)
    if isinstance(decoded, Large):
        return part_structure(row.bodystructure, section.path, (decoded.length, part.lines))
    return part_structure(row.bodystructure, section.path, (len(decoded), decoded.count(b"\n")))
