"""Octets of a file become logical lines of text.

What is mended here: byte order marks, UTF-16, line breaks of every system, folds within a UTF-8 sequence,
soft breaks of QUOTED-PRINTABLE, lines that are not UTF-8, control characters.

A fold is a line break and one blank, in vCard 2.1 too: its text says that the blank belongs to the value, but
the programs that write it fold like all others.
"""

from __future__ import annotations

import re
from typing import Final

_ODD_BREAK: Final = re.compile(rb"\r+\n?")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_HEAD: Final = re.compile(rb'[^\s:;"]*+(;(?:[^:"]++|"[^"]*+")*+):')
_QUOTED_TEXT: Final = re.compile(rb'"[^"]*"')
_QUOTED_PRINTABLE: Final = re.compile(rb";[ \t]*(?:ENCODING=)?QUOTED-PRINTABLE[ \t]*(?:;|\Z)", re.IGNORECASE)
_CHARSET: Final = re.compile(rb";[ \t]*CHARSET=([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_HEAD_PIECES: Final = 50  #: physical lines in which the end of the parameters is looked for
_COMPONENT: Final = re.compile(rb"(?:BEGIN|END):", re.IGNORECASE)


def logical_lines(octets: bytes) -> list[str]:
    """Return the lines of a file, unfolded and decoded; some may be empty."""
    octets = _without_mark(octets)
    if b"\r" in octets:
        octets = octets.replace(b"\r\n", b"\n")
        if b"\r" in octets:
            octets = _ODD_BREAK.sub(b"\n", octets)
    unfolded = octets.replace(b"\n ", b"").replace(b"\n\t", b"")
    # A fold may part the very word.
    if b"QUOTED" in unfolded.upper():
        unfolded = b"\n".join(_unfold_quoted(octets.split(b"\n")))
    try:
        text = unfolded.decode("utf-8")
    except UnicodeDecodeError:
        text = "\n".join(_decode_line(line) for line in unfolded.split(b"\n"))
    return without_controls(text).split("\n")


def without_controls(text: str) -> str:
    """Return the text without control characters other than tabs and line feeds."""
    return _CONTROL.sub("", text) if _CONTROL.search(text) else text


def decode(octets: bytes, charset: str) -> str:
    """Return octets as text of a charset; what is not such text is taken for UTF-8 or Latin."""
    for name in (charset, "utf-8"):
        try:
            return octets.decode(name)
        except (LookupError, ValueError):
            # Unknown, no text encoding at all ("hex"), or not of it.
            continue
    singles = (octets[at : at + 1] for at in range(len(octets)))
    return "".join(single.decode("cp1252", "ignore") or chr(single[0]) for single in singles)


def _without_mark(octets: bytes) -> bytes:
    if octets.startswith(b"\xef\xbb\xbf"):
        return octets[3:]
    if octets[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return octets.decode("utf-16", "replace").encode("utf-8")
    return octets


def _decode_line(line: bytes) -> str:
    head = _HEAD.match(line)
    charset = _CHARSET.search(head[1]) if head else None
    return decode(line, charset[1].decode("ascii") if charset else "utf-8").replace("\n", "")


def _is_quoted(line: bytes) -> bool:
    head = _HEAD.match(line)
    return head is not None and _QUOTED_PRINTABLE.search(_QUOTED_TEXT.sub(b"", head[1])) is not None


def _unfold_quoted(physical: list[bytes]) -> list[bytes]:
    """Join folded lines, and lines of QUOTED-PRINTABLE values that end with an equals sign."""
    logical: list[bytes] = []
    pieces: list[bytes] = []
    quoted = False
    for line in physical:
        if quoted and (last := pieces[-1].rstrip(b" \t")).endswith(b"=") and not _COMPONENT.match(line):
            pieces[-1] = last[:-1]
            pieces.append(line)
        elif line[:1] in (b" ", b"\t") and pieces:
            pieces.append(line[1:])
            if not quoted and len(pieces) <= _HEAD_PIECES:
                quoted = _is_quoted(b"".join(pieces))
        else:
            if pieces:
                logical.append(b"".join(pieces))
            pieces, quoted = [line], _is_quoted(line)
    logical.append(b"".join(pieces))
    return logical
