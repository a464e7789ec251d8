"""Strings of IMAP, RFC 9051 4.3 and 9: quoted where that is possible, else literal."""

from __future__ import annotations

import re
from typing import Final

from gromox.mime import charset

#: What a quoted string of IMAP4rev1 cannot hold as it stands.
_find_special: Final = re.compile(rb'[\x00\r\n"\\\x80-\xff]').search
_BREAKS: Final = re.compile(rb"\r*\n[ \t]*|\r+")
#: Longer ones are literals: line buffers of clients are bounded, RFC 2683 3.2.1.5.
_LONGEST_QUOTED: Final = 1000


def is_plain(value: bytes) -> bool:
    """Tell whether octets can stand between quotes as they are; so can then all that is cut out of them."""
    return len(value) <= _LONGEST_QUOTED and _find_special(value) is None


def string(value: bytes) -> bytes:
    """Return the octets as an IMAP string that every client can read.

    Text of 8 bits (RFC 6532 headers) goes as it is into a literal, which both IMAP4rev1 and rev2 allow; what
    is not UTF-8 is converted. NUL, which no string can carry, becomes "?", and line breaks become a blank.
    """
    if len(value) <= _LONGEST_QUOTED and _find_special(value) is None:
        return b'"%b"' % value
    if b"\x00" in value:
        value = value.replace(b"\x00", b"?")
    if b"\r" in value or b"\n" in value:
        value = _BREAKS.sub(b" ", value)
    if not value.isascii():
        value = charset.decode(value, "utf-8").encode("utf-8", "replace")
    elif len(value) <= _LONGEST_QUOTED:
        return b'"%b"' % value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return b"{%d}\r\n%b" % (len(value), value)


def pair(first: bytes, second: bytes) -> bytes:
    """Return two strings with a blank between them; most are short and plain, and looked at together."""
    if is_plain(first + second):
        return b'"%b" "%b"' % (first, second)
    return b"%b %b" % (string(first), string(second))


def nstring(value: bytes | None) -> bytes:
    """Return the octets as a string, or NIL for None."""
    return b"NIL" if value is None else string(value)
