"""One pass over the octets of a message that finds its parts.

The pass goes forward only. It looks at line starts that begin with two hyphens (``bytes.find``), compares
them with the boundaries of the multiparts that are open, and reads a header after each delimiter. Every octet
is searched a fixed number of times whatever the message holds: the next blank line is remembered (a thousand
parts without one share a search), lines are counted cumulatively, and the open multiparts are found in a
dictionary.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from gromox.mime.header import FIELD_END, unfold
from gromox.mime.limits import DEFAULT, Limits
from gromox.mime.mediatype import MESSAGE, OPAQUE, TEXT, MediaType, parse_media_type, strip_comments
from gromox.mime.message import Message
from gromox.mime.part import MESSAGE_SUBTYPES, Part

_CR: Final = 0x0D
#: Octets of white space after a boundary that are still taken for transport padding, RFC 2046 5.1.1.
_PADDING: Final = 256
#: Longer boundaries are no boundaries; RFC 2046 5.1.1 allows 70.
_LONGEST_BOUNDARY: Final = 1000

#: Encodings that leave the octets of an embedded message in place, RFC 2045 6.2.
_IDENTITY: Final = frozenset(["7bit", "8bit", "binary"])

CONTENT_FIELDS: Final = frozenset(
    b"content-" + name
    for name in (
        b"type",
        b"transfer-encoding",
        b"id",
        b"description",
        b"disposition",
        b"language",
        b"location",
        b"md5",
    )
)
#: Of these several are one list; of all others the first counts. RFC 5322 3.6 allows one each.
LIST_FIELDS: Final = frozenset([b"to", b"cc", b"bcc"])
MESSAGE_FIELDS: Final = CONTENT_FIELDS | frozenset(
    [
        b"date",
        b"subject",
        b"from",
        b"sender",
        b"reply-to",
        b"to",
        b"cc",
        b"bcc",
        b"in-reply-to",
        b"message-id",
        b"references",
        # [MS-OXCMAIL] 2.2.3.2.4 and following: what lists of messages show.
        b"importance",
        b"priority",
        b"x-priority",
        b"sensitivity",
    ]
)


def scan(octets: bytes, limits: Limits = DEFAULT) -> Message:
    """Return the structure of a message, whatever its octets are.

    Spec:
        RFC 5322, RFC 2045, RFC 2046 5.1 and 5.2.1. Boundaries are compared with whole lines (less white space
        at the end), not with their beginnings, because nested boundaries are often prefixes of each other.
        A multipart without boundary or without parts is text/plain (RFC 2045 5.2).

    Args:
        octets: the message, lines ended by CRLF or LF.
        limits: bounds beyond which the rest is one opaque part.
    """
    return Message(octets, _Scanner(octets, limits).run())


class _Open(NamedTuple):
    """An entity whose end is not known yet."""

    part: Part
    lines_before: int
    boundary: bytes | None
    shadowed: int | None  # the level that had the same boundary before


class _Delimiter(NamedTuple):
    level: int  # index of the multipart among the open entities
    start: int  # of the line
    end: int  # of the line with its break
    closes: bool


class _Scanner:
    __slots__ = (
        "_blank_end",
        "_blank_start",
        "_boundaries",
        "_crlf_blank",
        "_limits",
        "_lines",
        "_lines_at",
        "_longest",
        "_octets",
        "_open",
        "_parts",
        "_size",
    )

    def __init__(self, octets: bytes, limits: Limits) -> None:
        self._octets, self._limits, self._size = octets, limits, len(octets)
        self._open: list[_Open] = []
        self._boundaries: dict[bytes, int] = {}
        self._longest = 0
        self._parts = 0
        self._lines = self._lines_at = 0
        self._blank_start = self._blank_end = self._crlf_blank = -1

    def run(self) -> Part:
        position = self._begin(0, None)
        root = self._open[0].part
        while self._boundaries:
            found = self._delimiter(position, self._size)
            if found is None:
                break
            octets, end = self._octets, found.start - 1
            if end and octets[end - 1] == _CR:
                end -= 1
            self._close(found.level + 1, end)
            if found.closes:
                self._forget_boundary(found.level)
                position = found.end
            else:
                position = self._begin(found.end, self._open[found.level].part)
        self._close(0, self._size)
        return root

    def _begin(self, position: int, multipart: Part | None) -> int:
        """Open the entity at this offset, and those that its body begins with; return where to go on."""
        default, wanted = TEXT, CONTENT_FIELDS
        if multipart is None:
            wanted = MESSAGE_FIELDS
        elif multipart.media.subtype == "digest":
            default = MESSAGE
        outer: Part | None = None
        while True:
            if self._parts >= self._limits.parts:
                part = Part(position, position, self._size, media=OPAQUE)
                self._boundaries.clear()
            else:
                part = self._read_header(position, default, wanted)
            self._parts += 1
            if outer is not None:
                outer.message = part
            elif multipart is not None:
                multipart.children.append(part)
            boundary = self._enter(part)
            if part.media.type != "message" or part.media.subtype not in MESSAGE_SUBTYPES:
                return part.body_start if boundary or self._boundaries else self._size
            outer, position, default, wanted = part, part.body_start, TEXT, MESSAGE_FIELDS
            if part.encoding not in _IDENTITY:
                # The message cannot be seen in these octets: it is one text without header.
                inner = Part(position, position, self._size)
                part.message = inner
                self._parts += 1
                self._enter(inner)
                return position

    def _enter(self, part: Part) -> bytes | None:
        """Put an entity on the stack; return its boundary if it has one of its own."""
        boundary: bytes | None = None
        shadowed: int | None = None
        level = len(self._open)
        media = part.media
        if level >= self._limits.depth and media.type in ("multipart", "message"):
            part.media = OPAQUE
        elif media.type == "multipart":
            boundary = _boundary(media)
            if boundary is None:
                part.media = TEXT
            else:
                shadowed = self._boundaries.get(boundary)
                self._boundaries[boundary] = level
                self._longest = max(self._longest, len(boundary))
        self._open.append(_Open(part, self._lines_to(part.body_start), boundary, shadowed))
        return boundary

    def _close(self, level: int, end: int) -> None:
        """End the entities from this level on; their end is never before their beginning."""
        while len(self._open) > level:
            part, lines_before, boundary, _ = self._open[-1]
            if boundary is not None:
                self._forget_boundary(len(self._open) - 1)
                if not part.children:
                    part.media = TEXT
            self._open.pop()
            end = max(end, part.body_start)
            part.body_end = end
            part.lines = self._lines_to(end) - lines_before

    def _forget_boundary(self, level: int) -> None:
        """Take the boundary of a multipart out of the comparison; a second time does nothing."""
        boundary, shadowed = self._open[level].boundary, self._open[level].shadowed
        if boundary is not None and self._boundaries.get(boundary) == level:
            if shadowed is None:
                del self._boundaries[boundary]
            else:
                self._boundaries[boundary] = shadowed

    def _lines_to(self, offset: int) -> int:
        """Return the number of line ends before an offset; offsets never go back."""
        if offset > self._lines_at:
            self._lines += self._octets.count(b"\n", self._lines_at, offset)
            self._lines_at = offset
        return self._lines

    def _delimiter(self, position: int, limit: int) -> _Delimiter | None:
        """Return the first delimiter line that starts between two offsets; the first starts a line."""
        octets, boundaries = self._octets, self._boundaries
        reach = self._longest + _PADDING
        at = max(position - 1, 0)
        while True:
            at = octets.find(b"\n--", at, limit + 2)
            if at < 0:
                return None
            start = at + 1
            stop = octets.find(b"\n", start + 2, start + reach)
            if stop < 0:
                if start + reach < self._size:  # too long a line
                    at = start + 1
                    continue
                stop = self._size
            text = octets[start + 2 : stop].rstrip(b" \t\r")
            level = boundaries.get(text)
            if level is not None:
                return _Delimiter(level, start, min(stop + 1, self._size), closes=False)
            if text.endswith(b"--") and (level := boundaries.get(text[:-2])) is not None:
                return _Delimiter(level, start, min(stop + 1, self._size), closes=True)
            at = stop

    def _body_start(self, position: int) -> int:
        """Return the offset after the blank line that ends the header at this offset."""
        octets = self._octets
        if octets.startswith((b"\r\n", b"\n"), position):
            end = position + (2 if octets[position] == _CR else 1)
        else:
            if position > self._blank_start:
                self._find_blank(position)
            end = self._blank_end
        if self._boundaries:
            # A part may lack its blank line, and its body; the next delimiter ends it all the same.
            early = self._delimiter(position, end)
            if early is not None and early.start < end:
                return early.start
        return end

    def _find_blank(self, position: int) -> None:
        """Remember the first blank line from an offset on; no octet is searched twice for the same."""
        octets, size = self._octets, self._size
        if position > self._crlf_blank:
            found = octets.find(b"\n\r\n", position)
            self._crlf_blank = size if found < 0 else found
        start = octets.find(b"\n\n", position, self._crlf_blank + 1)
        if start >= 0:
            self._blank_start, self._blank_end = start, start + 2
        else:
            self._blank_start, self._blank_end = self._crlf_blank, min(self._crlf_blank + 3, size)

    def _read_header(self, position: int, default: MediaType, wanted: frozenset[bytes]) -> Part:
        limits = self._limits
        body_start = self._body_start(position)
        block = self._octets[position : min(body_start, position + limits.header_octets)]
        fields: dict[bytes, bytes] = {}
        lists: dict[bytes, list[bytes]] = {}
        pieces = FIELD_END.split(block, limits.fields)
        if len(pieces) > limits.fields:
            pieces.pop()  # the rest in one piece
        for piece in pieces:
            name, colon, value = piece.partition(b":")
            name = name.strip(b" \t").lower()
            if name in wanted and colon:
                if name not in fields:
                    fields[name] = value
                elif name in LIST_FIELDS:
                    lists.setdefault(name, [fields[name]]).append(value)
        for name, values in lists.items():
            fields[name] = b",".join(values)
        media = default
        content_type = fields.get(b"content-type")
        if content_type is not None:
            media = parse_media_type(content_type, limits) or TEXT
        part = Part(position, body_start, self._size, 0, media, "7bit", fields)
        encoding = fields.get(b"content-transfer-encoding")
        if encoding is not None:
            part.encoding = _encoding(encoding)
        return part


def _boundary(media: MediaType) -> bytes | None:
    """Return the boundary of a multipart as its delimiter lines show it, or None."""
    for name, value in media.raw:
        if name == b"boundary":
            text = value.rstrip(b" \t\r")
            return text if 0 < len(text) <= _LONGEST_BOUNDARY and b"\n" not in text else None
    extended = media.parameter("boundary")
    return extended.encode("utf-8", "replace")[:_LONGEST_BOUNDARY] if extended else None


def _encoding(value: bytes) -> str:
    text = unfold(value[:_LONGEST_BOUNDARY])
    if b"(" in text:
        text = strip_comments(text)
    # Seen in the wild: "base64;" and quotes around the token.
    return text.partition(b";")[0].strip(b" \t\"'").lower().decode("ascii", "replace") or "7bit"
