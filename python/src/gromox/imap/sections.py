"""Which octets a section of a message is: as they stand, selected, or out of their transfer encoding."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gromox.imap.errors import CommandError, TruncatedAnswerError
from gromox.imap.fetchitems import Binary, Section, Text
from gromox.mime import Specifier, find_part, section, unpack_parts
from gromox.mime.body import decode_encoding
from gromox.mime.header import select_fields
from gromox.store.errors import MessageGoneError
from gromox.store.model import Columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gromox.base.wire import Piece
    from gromox.store.content import Content
    from gromox.store.mailbox import Mailbox

#: Contents above this are not put together with the line they stand in.
STREAMED: Final = 128 << 10

_SPECIFIERS: Final = {
    Text.ALL: Specifier.BODY,
    Text.HEADER: Specifier.HEADER,
    Text.FIELDS: Specifier.HEADER,
    Text.FIELDS_NOT: Specifier.HEADER,
    Text.TEXT: Specifier.TEXT,
    Text.MIME: Specifier.MIME,
}
#: What a body can be without being encoded, and what we know how to decode. RFC 2045 section 6.
_IDENTITIES: Final = frozenset({"7bit", "8bit", "binary"})
ENCODINGS: Final = frozenset({"base64", "quoted-printable", "x-uuencode"})
_BARE_LF: Final = re.compile(rb"(?<!\r)\n")


class Large:
    """A section that is too large to be put together: a stretch of a content."""

    __slots__ = ("content", "length", "offset")

    def __init__(self, content: Content, offset: int, length: int) -> None:
        self.content, self.offset, self.length = content, offset, length


def octets_of(content: Content, parts: bytes, item: Section) -> bytes | Large | None:
    """Return what a section of a message is; None: there is no such section.

    Args:
        content: the octets of the message.
        parts: its packed parts; not looked at for the message as a whole.
        item: which section.

    Raises:
        CommandError: UNKNOWN-CTE.
        MessageGoneError: the octets are not there any more.
    """
    if isinstance(item, Binary):
        return _decoded(content, parts, item)
    offset, length = 0, content.size
    if item.path or item.text is not Text.ALL:
        found = section(unpack_parts(parts), item.path, _SPECIFIERS[item.text])
        if found is None:
            return None
        offset, length = found
    if item.fields:
        header = content.read(offset, length)
        return cut(select_fields(header, item.fields, invert=item.text is Text.FIELDS_NOT), item.partial)
    return _stretch(content, offset, length, item.partial)


def _stretch(content: Content, offset: int, length: int, partial: tuple[int, int] | None) -> bytes | Large:
    if partial is not None:
        skipped = min(partial[0], length)
        offset, length = offset + skipped, min(partial[1], length - skipped)
    if length > STREAMED:
        # Once its size is announced, a message has to be sent to its end.
        if content.path is not None and not content.path.is_file():
            raise MessageGoneError("the file with the message is not there")
        return Large(content, offset, length)
    octets = content.read(offset, length)
    content.close()
    return octets


def _decoded(content: Content, parts: bytes, item: Binary) -> bytes | Large | None:
    """Return a part out of its transfer encoding.

    Spec:
        RFC 9051 7.5.2, RFC 3516 4.3: text has CRLF at the ends of its lines; what cannot be decoded is
        UNKNOWN-CTE. What has parts or a message in it, and the message as a whole, carry no encoding of their
        own (RFC 2045 6.4).
    """
    if not item.path:
        return _stretch(content, 0, content.size, item.partial)
    part = find_part(unpack_parts(parts), item.path)
    if part is None:
        return None
    if part.children or part.message is not None or part.encoding in _IDENTITIES:
        return _stretch(content, part.body_start, part.size, item.partial)
    if part.encoding not in ENCODINGS:
        raise CommandError("the transfer encoding of the part is not known here", "UNKNOWN-CTE")
    octets = decode_encoding(content.read(part.body_start, part.size), part.encoding)
    content.close()
    if part.media.type == "text":
        octets = _BARE_LF.sub(b"\r\n", octets)
    return cut(octets, item.partial)


def cut(octets: bytes, partial: tuple[int, int] | None) -> bytes:
    """Return the part of a section that ``<offset.length>`` asks for."""
    return octets if partial is None else octets[partial[0] : partial[0] + partial[1]]


def locate(mailbox: Mailbox, folder_id: int, uid: int, item: Section) -> bytes | Large | None:
    r"""Return a section of a message that need not be in the selected mailbox; ``\Seen`` is left alone.

    Raises:
        MessageGoneError: there is no such message.
    """
    for row in mailbox.fetch(folder_id, [uid], Columns.PARTS):
        return octets_of(mailbox.content(folder_id, uid), row.parts, item)
    raise MessageGoneError("there is no message with that UID")


def streamed(before: list[Piece], line: Sequence[bytes | Large]) -> Iterator[Sequence[Piece]]:
    """Yield a line with large sections piece by piece.

    Raises:
        TruncatedAnswerError: a section could not be read to the end that was announced.
    """
    out = before
    for part in line:
        if isinstance(part, bytes):
            out.append(part)
            continue
        try:
            for piece in part.content.pieces(part.offset, part.length):
                out.append(piece)
                yield out
                out = []
        except Exception as error:
            raise TruncatedAnswerError("a message could not be read to its end") from error
        finally:
            part.content.close()
    yield out
