"""The tree of parts in few octets, kept beside a message so that BODY[1.2] needs no new scan.

Layout: the version octet, then the root. A part is: one octet (low 4 bits the encoding, bit 4: has children,
bit 5: has a message, bit 6: is text), then as numbers of base 128 (low group first, high bit: more follows):
header start relative to the place where the part before or the one around it left off, header size, body
size, lines; if it has children their number and the children, or the message.
"""

from __future__ import annotations

from typing import Final

from gromox.base.errors import ParseError
from gromox.mime.limits import DEFAULT
from gromox.mime.mediatype import MESSAGE, OPAQUE, TEXT, MediaType
from gromox.mime.part import Part

_VERSION: Final = 1
_ENCODINGS: Final = ("7bit", "8bit", "binary", "base64", "quoted-printable", "x-uuencode")
_CODES: Final = {name: code for code, name in enumerate(_ENCODINGS)}
_OTHER: Final = 15
_CHILDREN, _MESSAGE, _TEXT = 0x10, 0x20, 0x40
_MULTIPART: Final = MediaType("multipart", "mixed", ())
#: Deeper trees than a scan makes are damaged: multiparts and messages, each with the entity inside.
_DEPTH: Final = 2 * DEFAULT.depth + 4
_LARGEST: Final = 1 << 62


def pack_parts(root: Part) -> bytes:
    """Return the offsets, sizes, line counts and encodings of a tree."""
    out = bytearray((_VERSION,))
    _pack(out, root, 0)
    return bytes(out)


def _pack(out: bytearray, part: Part, before: int) -> None:
    head = _CODES.get(part.encoding, _OTHER)
    if part.media.type == "text":
        head |= _TEXT
    children, message, body_start = part.children, part.message, part.body_start
    out.append(head | (_CHILDREN if children else _MESSAGE if message is not None else 0))
    start = part.header_start
    for number in (start - before, body_start - start, part.body_end - body_start, part.lines):
        # Nearly all have one or two octets: a third of the time.
        if number < 0x80:  # noqa: PLR2004
            out.append(number)
        elif number < 0x4000:  # noqa: PLR2004
            out.append(number & 0x7F | 0x80)
            out.append(number >> 7)
        else:
            _put(out, number)
    if children:
        _put(out, len(children))
        place = body_start
        for child in children:
            _pack(out, child, place)
            place = child.body_end
    elif message is not None:
        _pack(out, message, body_start)


def _put(out: bytearray, number: int) -> None:
    while number > 0x7F:  # noqa: PLR2004
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def unpack_parts(octets: bytes) -> Part:
    """Return the tree again; types are known only as far as sections need them.

    Raises:
        ParseError: the octets were not made by pack_parts, or are damaged.
    """
    if octets[:1] != bytes((_VERSION,)):
        raise ParseError(f"version {_VERSION} of packed parts")
    reader = _Reader(octets)
    root = reader.part(0, _LARGEST, 0)
    if reader.position != len(octets):
        raise ParseError("the end of packed parts", reader.position)
    return root


class _Reader:
    def __init__(self, octets: bytes) -> None:
        self._octets, self.position = octets, 1

    def _number(self) -> int:
        number = shift = 0
        octets = self._octets
        while self.position < len(octets) and shift < 63:  # noqa: PLR2004 - 62 bits are more than a file has
            octet = octets[self.position]
            self.position += 1
            number |= (octet & 0x7F) << shift
            if octet < 0x80:  # noqa: PLR2004
                return number
            shift += 7
        raise ParseError("a number of packed parts", self.position)

    def part(self, before: int, end: int, depth: int) -> Part:
        """Read the part at the current position; it lies between two offsets of the message."""
        if self.position >= len(self._octets) or depth > _DEPTH:
            raise ParseError("a packed part", self.position)
        head = self._octets[self.position]
        self.position += 1
        header_start = before + self._number()
        body_start = header_start + self._number()
        body_end = body_start + self._number()
        part = Part(header_start, body_start, body_end, self._number())
        code = head & 0x0F
        part.encoding = _ENCODINGS[code] if code < len(_ENCODINGS) else "x-unknown"
        if body_end > end or (head & _CHILDREN and head & _MESSAGE) or head & 0x80:
            raise ParseError("a packed part within the one around it", self.position)
        part.media = TEXT if head & _TEXT else OPAQUE
        if head & _CHILDREN:
            part.media = _MULTIPART
            count, place = self._number(), body_start
            if not 0 < count <= len(self._octets) - self.position:
                raise ParseError("a number of children", self.position)
            for _ in range(count):
                part.children.append(self.part(place, body_end, depth + 1))
                place = part.children[-1].body_end
        elif head & _MESSAGE:
            part.media = MESSAGE
            part.message = self.part(body_start, body_end, depth + 1)
        return part
