"""One pass over the octets of a message that finds its parts.

The pass goes forward only. It looks at line starts that begin with two hyphens (``bytes.find``), compares
them with the boundaries of the multiparts that are open, and reads a header after each delimiter. Every octet
is searched a fixed number of times whatever the message holds: the next blank line is remembered (a thousand
parts without one share a search), lines are counted cumulatively, and the open multiparts are found in a
dictionary.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

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
_LONGEST_CACHED: Final = 32
_LONGEST_REPEATED: Final = 160

_DASHES: Final = b"\n--"
_COMMON_HEADER: Final = 4096
#: The header of most parts and its blank line; none of its lines can be a delimiter.
_PART_HEADER: Final = re.compile(rb"(?:[^ \t\r\n:-][^\n:]*+:[^\n]*+\n(?:[ \t][^\n]*+\n)*+)*+\r?\n")
_BLANK: Final = (b" ", b"\t")

#: Encodings that leave the octets of an embedded message in place, RFC 2045 6.2.
_IDENTITY: Final = frozenset(["7bit", "8bit", "binary"])
_CONTAINERS: Final = frozenset(["multipart", "message"])

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
        # What makes a mail more than plain for a store.
        b"content-class",
        b"thread-topic",
        b"thread-index",
        b"disposition-notification-to",
    ]
)

_FIRST_LETTERS: Final = b"".join(sorted({name[:1] + name[:1].upper() for name in MESSAGE_FIELDS}))
#: Name and value of a field that may be wanted. First letters, and the beginnings of names that headers are
#: full of, keep most others out: half of the time. One octet in front of all: memchr speed. Nothing is given
#: back: no octet is tried twice.
_FIELD: Final = re.compile(
    rb"\n(?=[%b])(?!Re(?![FfPp])|X-(?![Pp])|DKIM-|Deliv|MIME-)" % _FIRST_LETTERS
    + rb"([^ \t\n:]++)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)"
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


class _Scanner:
    """The parts that are open, innermost last, and what was found out about the octets so far.

    Plain lists and tuples, and few calls: made of small values and methods it took twice the time.
    """

    __slots__ = (
        "_blank_end",
        "_blank_start",
        "_boundaries",
        "_crlf_blank",
        "_limits",
        "_lines",
        "_lines_at",
        "_mark",
        "_octets",
        "_open",
        "_own",
        "_parts",
        "_reach",
        "_size",
    )

    def __init__(self, octets: bytes, limits: Limits) -> None:
        self._octets, self._limits, self._size = octets, limits, len(octets)
        self._open: list[Part] = []  # lines: so far, less than nothing by those before its body
        self._boundaries: dict[bytes, int] = {}  # the level of the multipart that has it
        self._own: dict[
            int, tuple[bytes, int | None]
        ] = {}  # by level; and the level that had the same before
        self._reach = 0  # octets of the longest line that may be a delimiter
        self._mark = _DASHES  # how each delimiter line begins, with the line break before it
        self._parts = 0
        self._lines = self._lines_at = 0
        self._blank_start = self._blank_end = self._crlf_blank = -1

    def run(self) -> Part:
        position = self._begin(0, None)
        opened, octets = self._open, self._octets
        root = opened[0]
        while self._boundaries:
            found = self._delimiter(position, self._size)
            if found is None:
                break
            level, start, position, closes = found
            end = start - 1
            if end and octets[end - 1] == _CR:
                end -= 1
            self._close(level + 1, end)
            if closes:
                self._forget_boundary(level)
            else:
                position = self._begin(position, opened[level])
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
                self._remark()
            else:
                part = self._read_header(position, default, wanted)
            self._parts += 1
            if outer is not None:
                outer.message = part
            elif multipart is not None:
                multipart.children.append(part)
            kind = part.media.type
            has_boundary = kind in _CONTAINERS and self._frame(part)
            self._open.append(part)
            part.lines = -self._lines_to(part.body_start)
            # Asked again: what nests too deep is a container no more.
            if kind != "message" or part.media.type != kind or part.media.subtype not in MESSAGE_SUBTYPES:
                return part.body_start if has_boundary or self._boundaries else self._size
            outer, position, default, wanted = part, part.body_start, TEXT, MESSAGE_FIELDS
            if part.encoding not in _IDENTITY:
                # The message cannot be seen in these octets: it is one text without header.
                inner = Part(position, position, self._size, lines=part.lines)
                part.message = inner
                self._parts += 1
                self._open.append(inner)
                return position

    def _frame(self, part: Part) -> bool:
        """Tell whether a multipart or message about to be opened has a boundary of its own, and mind it."""
        level = len(self._open)
        if level >= self._limits.depth:
            part.media = OPAQUE
        elif part.media.type == "multipart":
            boundary = _boundary(part.media)
            if boundary is not None:
                self._own[level] = boundary, self._boundaries.get(boundary)
                self._boundaries[boundary] = level
                self._reach = max(self._reach, len(boundary) + _PADDING)
                self._remark()
                return True
            part.media = TEXT
        return False

    def _close(self, level: int, end: int) -> None:
        """End the entities from this level on; their end is never before their beginning."""
        opened = self._open
        for at in range(len(opened) - 1, level - 1, -1):
            part = opened.pop()
            if at in self._own:
                self._forget_boundary(at)
            if not part.children and part.media.type == "multipart":
                part.media = TEXT
            end = max(end, part.body_start)
            part.body_end = end
            part.lines += self._lines_to(end)

    def _forget_boundary(self, level: int) -> None:
        """Take the boundary of a multipart out of the comparison; a second time does nothing."""
        boundary, shadowed = self._own.pop(level)
        if self._boundaries.get(boundary) == level:
            if shadowed is None:
                del self._boundaries[boundary]
            else:
                self._boundaries[boundary] = shadowed
            self._remark()

    def _remark(self) -> None:
        """See by what delimiter lines are found, now that the boundaries are others.

        Most mails have one at a time. To look for all of it takes a third of the time: the longer it is, the
        more octets are passed over at once.
        """
        self._mark = _DASHES + next(iter(self._boundaries)) if len(self._boundaries) == 1 else _DASHES

    def _lines_to(self, offset: int) -> int:
        """Return the number of line ends before an offset; offsets never go back."""
        if offset > self._lines_at:
            self._lines += self._octets.count(b"\n", self._lines_at, offset)
            self._lines_at = offset
        return self._lines

    def _delimiter(self, position: int, limit: int) -> tuple[int, int, int, bool] | None:
        """Return the first delimiter line that starts between two offsets; the first starts a line.

        Returns:
            The index of its multipart among the open entities, where the line begins, where it ends with its
            break, and whether it closes the multipart.
        """
        octets, boundaries, mark, reach = self._octets, self._boundaries, self._mark, self._reach
        at, limit = position - 1 if position else 0, limit + len(mark) - 1
        while True:
            at = octets.find(mark, at, limit)
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
                return level, start, min(stop + 1, self._size), False
            if text.endswith(b"--") and (level := boundaries.get(text[:-2])) is not None:
                return level, start, min(stop + 1, self._size), True
            at = stop

    def _body_start(self, position: int) -> int:
        """Return the offset after the blank line that ends the header at this offset."""
        octets = self._octets
        if self._boundaries:
            header = _PART_HEADER.match(octets, position, position + _COMMON_HEADER)
            if header is not None:
                return header.end()
        if octets.startswith((b"\r\n", b"\n"), position):
            end = position + (2 if octets[position] == _CR else 1)
        else:
            if position > self._blank_start:
                self._find_blank(position)
            end = self._blank_end
        # A part may lack its blank line, and its body; the next delimiter ends it all the same.
        if self._boundaries and octets.find(self._mark, position - 1, end) >= 0:
            early = self._delimiter(position, end)
            if early is not None and early[1] < end:
                return early[1]
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
        repeats = len(block) <= _LONGEST_REPEATED and wanted is CONTENT_FIELDS and limits is DEFAULT
        if repeats and b"name" not in block and b"oundary" not in block:
            fields, media, encoding = repeated_header(block)
        else:
            fields, media, encoding = _header(block, wanted, limits)
        return Part(position, body_start, self._size, 0, media or default, encoding, fields)


_Header = tuple[dict[bytes, bytes], MediaType | None, str]


def _header(block: bytes, wanted: frozenset[bytes], limits: Limits) -> _Header:
    """Return the fields of an entity, its type if it has that field, and its transfer encoding."""
    few = len(block) < limits.fields or block.count(b"\n") < limits.fields
    if few and not block.startswith(_BLANK):
        fields = common_fields(block, wanted)
    else:
        fields = any_fields(block, wanted, limits.fields)
    media: MediaType | None = None
    encoding = "7bit"
    value = fields.get(b"content-type")
    if value is not None:
        media = parse_media_type(value, limits) or TEXT
    value = fields.get(b"content-transfer-encoding")
    if value is not None:
        encoding = _cached_encoding(value) if len(value) <= _LONGEST_CACHED else _encoding(value)
    return fields, media, encoding


@lru_cache(maxsize=128)
def repeated_header(block: bytes) -> _Header:
    """Do the same for a part: most texts have one of a few headers. The fields are shared, never changed."""
    return _header(block, CONTENT_FIELDS, DEFAULT)


def any_fields(block: bytes, wanted: frozenset[bytes], limit: int) -> dict[bytes, bytes]:
    """Return the raw values of the wanted fields among the first of a header block, by lower-case name."""
    fields: dict[bytes, bytes] = {}
    lists: dict[bytes, list[bytes]] = {}
    pieces = FIELD_END.split(block, limit)
    if len(pieces) > limit:
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
    return fields


def common_fields(block: bytes, wanted: frozenset[bytes]) -> dict[bytes, bytes]:
    """Do the same for a block that begins with no blank and has few fields, in half of the time."""
    found = _FIELD.findall(b"\n" + block)
    fields = {name.lower(): value for name, value in found}
    if len(fields) < len(found):  # some name twice
        return any_fields(block, wanted, len(block))
    return fields if fields.keys() <= wanted else {name: fields[name] for name in fields if name in wanted}


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


@lru_cache(maxsize=64)
def _cached_encoding(value: bytes) -> str:
    return _encoding(value)
