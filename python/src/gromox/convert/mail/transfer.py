"""Transfer encodings: which one a content needs, and the content in it, piece by piece.

Spec: RFC 2045 6; RFC 5321 4.5.3.1.6 (998 octets of a line).
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.mapi.message import Octets

SEVEN_BIT: Final = "7bit"
EIGHT_BIT: Final = "8bit"
QUOTED_PRINTABLE: Final = "quoted-printable"
BASE64: Final = "base64"
_LONGEST_LINE: Final = 990
_LINE: Final = 57  #: octets of a base64 line of 76
_BLOCK: Final = _LINE * 4096


def encoding_of_text(octets: bytes) -> str:
    """Return the encoding for a text whose lines end with CRLF.

    As it stands if every transport can take it; quoted-printable as long as it is shorter than base64.
    """
    breaks = octets.count(b"\r\n")
    if octets.count(b"\n") != breaks or octets.count(b"\r") != breaks:
        return BASE64  # quoted-printable would need every line break escaped
    if octets.isascii() and b"\0" not in octets and max(map(len, octets.split(b"\r\n"))) <= _LONGEST_LINE:
        return SEVEN_BIT
    # Most texts have few octets that need three; what has many is unreadable either way.
    high = len(octets) - len(octets.translate(None, _HIGH)) + octets.count(b"=")
    return QUOTED_PRINTABLE if high * 6 <= len(octets) else BASE64


_HIGH: Final = bytes(range(128, 256)) + b"\0"


def quoted_printable(octets: bytes) -> bytes:
    """Return a text whose lines end with CRLF in quoted-printable."""
    encoded = binascii.b2a_qp(octets, istext=True)
    return encoded.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def base64_lines(content: Octets) -> Iterator[bytes]:
    """Go through a content in base64, in pieces of whole lines of 76 octets."""
    rest = b""
    for chunk in content.chunks():
        octets = rest + chunk if rest else chunk
        whole = len(octets) // _LINE * _LINE
        for at in range(0, whole, _BLOCK):
            yield _lines(octets[at : min(at + _BLOCK, whole)])
        rest = octets[whole:]
    if rest:
        yield _lines(rest)


def _lines(octets: bytes) -> bytes:
    text = binascii.b2a_base64(octets, newline=False)
    lines = [text[at : at + 76] for at in range(0, len(text), 76)]
    lines.append(b"")
    return b"\r\n".join(lines)


def is_seven_bit(content: Octets) -> bool:
    """Whether a content can be sent as it stands: lines end with CRLF and are short enough, all is ASCII."""
    line = 0
    for chunk in content.chunks():
        if not chunk.isascii() or b"\0" in chunk or chunk.count(b"\n") != chunk.count(b"\r"):
            return False
        lines = chunk.split(b"\n")
        if line + len(lines[0]) > _LONGEST_LINE or max(map(len, lines)) > _LONGEST_LINE:
            return False
        line = len(lines[-1]) + (line if len(lines) == 1 else 0)
    return True
