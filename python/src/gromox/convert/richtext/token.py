"""RTF in tokens: groups, control words, symbols, text.

Spec: RTF 1.9.1, "RTF Syntax" and "Conventions of an RTF Reader".
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.errors import ParseError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Larger documents are refused.
MAX_SIZE: Final = 128 << 20

_OPEN, _CLOSE, _BACKSLASH = b"{"[0], b"}"[0], b"\\"[0]
#: RTF words have at most 32 letters; what is longer is one word all the same, and an unknown one.
_WORD: Final = re.compile(rb"([A-Za-z]+)(-?[0-9]{1,10})?[0-9]* ?")
_HEX: Final = re.compile(rb"'([0-9A-Fa-f]{2})")
_TEXT: Final = re.compile(rb"[^\\{}\r\n\0]+")
_NOTHING: Final = re.compile(rb"[\r\n\0]+")
_LEAST, _MOST = -(1 << 31), (1 << 31) - 1


class Kind(IntEnum):
    """What a token is."""

    OPEN = 1  #: ``{``
    CLOSE = 2  #: ``}``
    WORD = 3  #: a control word, perhaps with a number
    SYMBOL = 4  #: a control symbol other than an octet in hexadecimal
    OCTET = 5  #: one octet of text, written in hexadecimal
    TEXT = 6  #: octets of text
    BINARY = 7  #: what follows ``\bin``


class Token(NamedTuple):
    """One token; a NamedTuple because a document has hundreds of thousands."""

    kind: Kind
    name: str = ""  #: of a word or symbol
    number: int | None = None
    octets: bytes = b""


_OPENED: Final = Token(Kind.OPEN)
_CLOSED: Final = Token(Kind.CLOSE)
_OCTETS: Final = tuple(Token(Kind.OCTET, octets=bytes((value,))) for value in range(256))


def looks_like_rtf(octets: bytes) -> bool:
    r"""Tell whether a document begins as one: ``{\rtf``."""
    return octets[:64].lstrip(b"\r\n\t \0\xef\xbb\xbf").startswith(rb"{\rtf")


def tokens(octets: bytes) -> Iterator[Token]:
    r"""Go through the tokens of a document.

    Line ends between tokens mean nothing, NUL neither; a backslash before a line end is ``\par``. A backslash
    that ends the document or stands before broken hexadecimal is passed over.

    Raises:
        ParseError: the octets do not begin like RTF, or there are too many.
    """
    if not looks_like_rtf(octets):
        raise ParseError(r"a document that begins with {\rtf", 0)
    if len(octets) > MAX_SIZE:
        raise ParseError(f"a document of at most {MAX_SIZE} octets", 0)
    return _scan(octets)


def _scan(octets: bytes) -> Iterator[Token]:
    at, size = octets.index(b"{"), len(octets)
    while at < size:
        octet = octets[at]
        if octet == _OPEN:
            at += 1
            yield _OPENED
        elif octet == _CLOSE:
            at += 1
            yield _CLOSED
        elif octet == _BACKSLASH:
            at, token = _control(octets, at + 1)
            if token is not None:
                yield token
        else:
            found = _TEXT.match(octets, at)
            if found is not None:
                yield Token(Kind.TEXT, octets=found[0])
            else:
                found = _NOTHING.match(octets, at)
            at = found.end() if found is not None else at + 1


def _control(octets: bytes, at: int) -> tuple[int, Token | None]:
    """Read what follows a backslash; return the offset behind it."""
    found = _WORD.match(octets, at)
    if found is not None:
        end = found.end()
        name = found[1].decode("ascii")
        number = None if found[2] is None else min(max(int(found[2]), _LEAST), _MOST)
        if name == "bin":
            length = max(number or 0, 0)
            return end + length, Token(Kind.BINARY, octets=octets[end : end + length])
        return end, Token(Kind.WORD, name, number)
    found = _HEX.match(octets, at)
    if found is not None:
        return found.end(), _OCTETS[int(found[1], 16)]
    symbol = octets[at : at + 1]
    if symbol in (b"\r", b"\n"):
        return at + 1, Token(Kind.WORD, "par")
    if symbol == b"\t":
        return at + 1, Token(Kind.WORD, "tab")
    if not symbol or symbol == b"'":
        return at + 1, None
    return at + 1, Token(Kind.SYMBOL, symbol.decode("latin-1"))
