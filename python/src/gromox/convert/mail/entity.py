"""The entities of a mail that is written: headers ready, contents still where they are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gromox.convert.mail import transfer
from gromox.convert.mail.fold import fold, structured
from gromox.mapi.message import InMemory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.mapi.message import Octets

_PIECE: Final = 64 * 1024


@dataclass(slots=True)
class Entity:
    """One entity.

    ``fields`` are its header fields, without those that follow from its content. A leaf has ``content``, a
    multipart ``children``, a message part ``message``; one that is written as it stands has all of its
    header in ``content`` (``is_verbatim``).
    """

    fields: bytes = b""
    content: Octets | None = None
    encoding: str = ""
    children: list[Entity] = field(default_factory=list)
    subtype: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    message: Entity | None = None
    is_verbatim: bool = False
    is_eight_bit: bool = False


class Boundaries:
    """Boundaries that follow from what is written: the same mail has the same ones."""

    def __init__(self, given: str) -> None:
        """Take the first part of all boundaries, or empty to derive it."""
        self._given, self._count = given, 0
        self._hash = hashlib.blake2b(digest_size=15)

    def add(self, octets: bytes) -> None:
        """Let octets of the mail go into the boundaries."""
        self._hash.update(octets)

    def next(self) -> str:
        """Return a boundary; "=_" stands in no base64 and in no quoted-printable text."""
        self._count += 1
        return f"{self._given or '=_' + self._hash.hexdigest()}_{self._count}"


def multipart(subtype: str, children: list[Entity], *parameters: tuple[str, str]) -> Entity:
    """Return a multipart."""
    return Entity(
        children=children,
        subtype=subtype,
        parameters=parameters,
        is_eight_bit=any(child.is_eight_bit for child in children),
    )


def text_leaf(fields: bytes, octets: bytes, boundaries: Boundaries) -> Entity:
    """Return a text whose lines end with CRLF in the encoding it needs."""
    boundaries.add(fields)
    boundaries.add(octets)
    encoding = transfer.encoding_of_text(octets)
    if encoding == transfer.QUOTED_PRINTABLE:
        octets = transfer.quoted_printable(octets)
    return Entity(fields, InMemory(octets), encoding)


def write(entity: Entity, boundaries: Boundaries) -> Iterator[bytes]:
    """Go through the octets of an entity in bounded pieces; small ones are put together."""
    pending: list[bytes] = []
    size = 0
    for piece in _pieces(entity, boundaries):
        pending.append(piece)
        size += len(piece)
        if size >= _PIECE:
            yield b"".join(pending)
            pending, size = [], 0
    if pending:
        yield b"".join(pending)


def _pieces(entity: Entity, boundaries: Boundaries) -> Iterator[bytes]:
    yield entity.fields
    if entity.is_verbatim:
        if entity.content is not None:
            yield from entity.content.chunks()
    elif entity.message is not None:
        yield _encoding_field(entity) + b"\r\n"
        yield from _pieces(entity.message, boundaries)
    elif entity.subtype:
        boundary = boundaries.next()
        value = structured(f"multipart/{entity.subtype}", [*entity.parameters, ("boundary", boundary)])
        yield fold(b"Content-Type: ", value) + _encoding_field(entity) + b"\r\n"
        mark = b"--" + boundary.encode("ascii", "replace")
        for child in entity.children:
            yield mark + b"\r\n"
            yield from _pieces(child, boundaries)
            yield b"\r\n"
        yield mark + b"--\r\n"
    else:
        yield b"Content-Transfer-Encoding: %b\r\n\r\n" % entity.encoding.encode("ascii")
        if entity.content is not None:
            yield from (
                transfer.base64_lines(entity.content)
                if entity.encoding == transfer.BASE64
                else entity.content.chunks()
            )


def _encoding_field(entity: Entity) -> bytes:
    return b"Content-Transfer-Encoding: 8bit\r\n" if entity.is_eight_bit else b""
