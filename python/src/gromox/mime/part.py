"""The tree of the entities of a message, and where their octets lie."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from gromox.mime.header import unfold
from gromox.mime.mediatype import (
    MESSAGE,
    TEXT,
    Disposition,
    MediaType,
    parse_disposition,
    strip_comments,
    text_of_parameter,
)
from gromox.mime.words import decode_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Subtypes of message whose body is a message of its own: RFC 2046 5.2.1, RFC 6532 3.7.
MESSAGE_SUBTYPES: Final = frozenset(["rfc822", "global"])
_LANGUAGES: Final = 100


# Unfrozen with slots: one is made for each entity of each delivered mail, and its end is known only later.
@dataclass(slots=True, eq=False)
class Part:
    """One entity: ``octets[header_start:body_start]`` is its header with the blank line, then its body.

    ``body_end`` is exclusive and lies before the line break that belongs to the following boundary.
    ``fields`` holds the raw values of the fields that matter, by lower-case name; parts with equal headers
    share it, and nobody changes it. A multipart has ``children``; a message/rfc822 or message/global has
    ``message``, the embedded one.
    """

    header_start: int
    body_start: int
    body_end: int
    lines: int = 0
    media: MediaType = TEXT
    encoding: str = "7bit"
    fields: dict[bytes, bytes] = field(default_factory=dict)
    children: list[Part] = field(default_factory=list)
    message: Part | None = None

    @property
    def size(self) -> int:
        """Octets of the body as it stands."""
        return self.body_end - self.body_start

    @property
    def media_type(self) -> str:
        """The type, in lower case."""
        return self.media.type

    @property
    def subtype(self) -> str:
        """The subtype, in lower case."""
        return self.media.subtype

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the Content-Type, decoded."""
        names = (name.rstrip(b"*").decode("ascii", "replace") for name, _ in self.media.raw)
        return {name: self.media.parameter(name) or "" for name in names}

    @property
    def charset(self) -> str:
        """The charset parameter, or empty."""
        return text_of_parameter(self.media.raw, b"charset", b"charset*") or ""

    @property
    def disposition(self) -> Disposition | None:
        """The Content-Disposition, if there is a valid one."""
        value = self.fields.get(b"content-disposition")
        return None if value is None else parse_disposition(value)

    @property
    def filename(self) -> str:
        """The name to save the body under: RFC 2183 2.3, else the old name parameter, else empty."""
        disposition = self.disposition
        name = None
        if disposition is not None:
            name = text_of_parameter(disposition.raw, b"filename", b"filename*")
        return name or text_of_parameter(self.media.raw, b"name", b"name*") or ""

    @property
    def content_id(self) -> bytes | None:
        """The Content-ID as written, RFC 2045 7."""
        return self.text(b"content-id")

    @property
    def description(self) -> str | None:
        """The Content-Description, decoded, RFC 2045 8."""
        value = self.fields.get(b"content-description")
        return None if value is None else decode_words(unfold(value))

    @property
    def md5(self) -> bytes | None:
        """The Content-MD5, RFC 1864."""
        return self.text(b"content-md5")

    @property
    def location(self) -> bytes | None:
        """The Content-Location, RFC 2557 4."""
        value = self.text(b"content-location")
        # Long ones are folded without meaning the white space: RFC 2557 4.4.
        return None if value is None else value.replace(b" ", b"").replace(b"\t", b"")

    @property
    def languages(self) -> tuple[bytes, ...]:
        """The tags of Content-Language, RFC 3282."""
        value = self.text(b"content-language")
        if value is None:
            return ()
        tags = strip_comments(value).split(b",", _LANGUAGES)[:_LANGUAGES]
        return tuple(stripped for tag in tags if (stripped := tag.strip()))

    def text(self, name: bytes) -> bytes | None:
        """Return a kept field unfolded, or None; name in lower case."""
        value = self.fields.get(name)
        if value is None:
            return None
        return unfold(value) if b"\n" in value else value.strip(b" \t\r")

    @property
    def is_multipart(self) -> bool:
        """Whether it has children of its own."""
        return bool(self.children)

    def walk(self) -> Iterator[Part]:
        """Yield this part and all below, in the order of their octets."""
        todo = [self]
        while todo:
            part = todo.pop()
            yield part
            if part.message is not None:
                todo.append(part.message)
            todo.extend(reversed(part.children))


class Specifier(Enum):
    """The last word of a section, RFC 9051 6.4.5.1; HEADER.FIELDS is a selection from HEADER."""

    BODY = ""
    MIME = "MIME"
    HEADER = "HEADER"
    TEXT = "TEXT"


def find_part(root: Part, path: Sequence[int]) -> Part | None:
    """Return the part with this number, or None.

    Spec:
        RFC 9051 6.4.5.1: a message that is no multipart has itself as part 1; below a message part the
        numbers count in the embedded message.

    Args:
        root: the part of a whole message.
        path: numbers from 1; empty for the message itself.
    """
    part, container = root, root
    for depth, number in enumerate(path):
        if depth:
            inner = part if part.children else part.message
            if inner is None:
                return None
            container = inner
        if 0 < number <= len(container.children):
            part = container.children[number - 1]
        elif number == 1:  # and no children: the only part of a message that is no multipart
            part = container
        else:
            return None
    return part


def section(root: Part, path: Sequence[int], specifier: Specifier = Specifier.BODY) -> tuple[int, int] | None:
    """Return offset and length of what BODY[...] names, or None if the message has no such section.

    Spec:
        RFC 9051 6.4.5.1: MIME needs a part number; HEADER and TEXT with one need a message part.

    Args:
        root: the part of a whole message, of a scan or unpacked.
        path: part numbers; empty for the message itself.
        specifier: which of its octets.
    """
    part: Part | None = find_part(root, path)
    if part is None:
        return None
    if specifier is Specifier.MIME:
        return (part.header_start, part.body_start - part.header_start) if path else None
    if specifier is Specifier.BODY:
        start = part.body_start if path else part.header_start
        return start, part.body_end - start
    message = part.message if path else part
    if message is None:
        return None
    if specifier is Specifier.HEADER:
        return message.header_start, message.body_start - message.header_start
    return message.body_start, message.size


__all__ = ["MESSAGE", "MESSAGE_SUBTYPES", "Part", "Specifier", "find_part", "section"]
