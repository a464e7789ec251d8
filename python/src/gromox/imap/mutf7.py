"""Mailbox names on the wire: modified UTF-7. RFC 3501 section 5.1.3."""

from __future__ import annotations

import binascii
import re

from gromox.base.errors import ParseError

_PRINTABLE = frozenset(range(0x20, 0x7F))
_RUN = re.compile(r"[\x20-\x7e]+|[^\x20-\x7e]+")


def encode(name: str) -> bytes:
    """Return ``name`` in modified UTF-7.

    Spec:
        RFC 3501 5.1.3: printable US-ASCII stands for itself but "&", which is "&-"; all else is UTF-16BE in
        base64 with "," for "/" and without padding, between "&" and "-".
    """
    if name.isascii() and name.isprintable():
        return name.encode("ascii").replace(b"&", b"&-")
    return b"".join(_encoded_run(run) for run in _RUN.findall(name))


def _encoded_run(run: str) -> bytes:
    if ord(run[0]) in _PRINTABLE:
        return run.encode("ascii").replace(b"&", b"&-")
    packed = binascii.b2a_base64(run.encode("utf-16-be"), newline=False)
    return b"&" + packed.rstrip(b"=").replace(b"/", b",") + b"-"


def decode(octets: bytes) -> str:
    """Return the name that ``octets`` stand for.

    Spec:
        RFC 3501 5.1.3. Refused as not being in the one permitted form: unterminated or adjoining shifts,
        printable US-ASCII inside base64, bits left over, single surrogates, control and 8-bit octets outside.

    Raises:
        ParseError: it is not modified UTF-7.
    """
    if b"&" not in octets:
        return _plain(octets, 0)
    parts: list[str] = []
    at = 0
    while (shift := octets.find(b"&", at)) >= 0:
        parts.append(_plain(octets[at:shift], at))
        end = octets.find(b"-", shift)
        if end < 0:
            raise ParseError("'-' that ends the shift", len(octets))
        parts.append("&" if end == shift + 1 else _unpacked(octets[shift + 1 : end], shift))
        at = end + 1
        if end > shift + 1 and octets[at : at + 1] == b"&" and octets[at + 1 : at + 2] != b"-":
            raise ParseError("no shift directly after a shift", at)
    parts.append(_plain(octets[at:], at))
    return "".join(parts)


def _plain(octets: bytes, position: int) -> str:
    if not _PRINTABLE.issuperset(octets):
        raise ParseError("printable US-ASCII", position)
    return octets.decode("ascii")


def _unpacked(packed: bytes, position: int) -> str:
    if b"/" in packed or b"=" in packed:
        raise ParseError("modified base64", position)
    try:
        units = binascii.a2b_base64(packed.replace(b",", b"/") + b"=" * (-len(packed) % 4), strict_mode=True)
        run = units.decode("utf-16-be")
    except (ValueError, UnicodeDecodeError):
        raise ParseError("UTF-16BE in modified base64", position) from None
    if any(ord(c) in _PRINTABLE for c in run) or encode(run) != b"&" + packed + b"-":
        raise ParseError("the shortest modified UTF-7", position)
    return run
