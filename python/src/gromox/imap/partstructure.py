"""BODYSTRUCTURE of one part, cut out of that of the message. RFC 9051 7.5.2, RFC 5524 3.2.

What is ready of a message is the structure of the whole; its parts are found in there by the parentheses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_TOKEN: Final = re.compile(
    rb' *(?:(\()|(\))|\{([0-9]{1,10})\}\r\n|"(?:[^"\\]++|\\.)*+"|[^() "{]++)', re.DOTALL
)
#: Places in a body that has no parts of its own: body-fld-enc, body-fld-octets, body-fld-lines of text.
_TYPE, _ENCODING, _OCTETS, _LINES = 0, 5, 6, 7
#: Places of the envelope and the body of the message in a part that is one.
_ENVELOPE, _BODY = 7, 8


@dataclass(slots=True)
class _Span:
    """A value: where it stands, and if it is a list what is in it."""

    start: int
    end: int = 0
    members: list[_Span] = field(default_factory=list)


def part_structure(structure: bytes, path: Sequence[int], decoded: tuple[int, int] | None = None) -> bytes:
    """Return the structure of a part; empty if there is no such part.

    Args:
        structure: BODYSTRUCTURE of the message.
        path: the numbers of the part.
        decoded: octets and lines of the data if they are sent without transfer encoding.
    """
    span = _find(structure, _read(structure), path)
    if span is None:
        return b""
    text = structure[span.start : span.end]
    if decoded is None or _parts(structure, span) or _is_message(structure, span):
        return text
    values = [b'"binary"', b"%d" % decoded[0]]
    last = _OCTETS
    if structure[span.members[_TYPE].start : span.members[_TYPE].end].lower() == b'"text"':
        values.append(b"%d" % decoded[1])
        last = _LINES
    head = structure[span.start : span.members[_ENCODING].start]
    return head + b" ".join(values) + structure[span.members[last].end : span.end]


def _read(structure: bytes) -> _Span:
    """Return the outermost list with all that is in it."""
    top = _Span(0)
    stack = [top]
    at = 0
    while (match := _TOKEN.match(structure, at)) is not None:
        at = match.end()
        if match[1]:
            inner = _Span(at - 1)
            stack[-1].members.append(inner)
            stack.append(inner)
        elif match[2]:
            stack.pop().end = at
        else:
            start = match.end() - len(match[0].lstrip(b" "))
            at += int(match[3] or 0)
            stack[-1].members.append(_Span(start, at))
    return top.members[0]


def _find(structure: bytes, root: _Span, path: Sequence[int]) -> _Span | None:
    """Follow the numbers of a part, as ``gromox.mime.find_part`` does. RFC 9051 6.4.5.1."""
    part = container = root
    for depth, number in enumerate(path):
        if depth and not _parts(structure, part):
            if not _is_message(structure, part):
                return None
            container = part.members[_BODY]
        else:
            container = part
        parts = _parts(structure, container)
        if 0 < number <= len(parts):
            part = parts[number - 1]
        elif number == 1:
            part = container
        else:
            return None
    return part


def _parts(structure: bytes, span: _Span) -> list[_Span]:
    """Return the parts of a multipart: the lists with which it begins."""
    return list(takewhile(lambda each: structure.startswith(b"(", each.start), span.members))


def _is_message(structure: bytes, span: _Span) -> bool:
    """Tell whether a part is a message: an envelope and a body stand in it."""
    members = span.members
    return (
        len(members) > _BODY
        and structure[members[_TYPE].start : members[_TYPE].end].lower() == b'"message"'
        and all(structure.startswith(b"(", each.start) for each in members[_ENVELOPE : _BODY + 1])
    )
