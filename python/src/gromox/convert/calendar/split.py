"""Large calendar files in pieces: one UID after the other, so that memory holds the octets and one item."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gromox.ical.component import Component
from gromox.ical.reader import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.ical.limits import Limits

#: Smaller files are read at once.
_LARGE: Final = 1 << 20
_MARK: Final = re.compile(rb"^(BEGIN|END):([A-Za-z-]+)[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_UID: Final = re.compile(rb"^UID[^:\r\n]*:([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)", re.MULTILINE | re.IGNORECASE)
_ITEMS: Final = frozenset([b"VEVENT", b"VTODO", b"VJOURNAL"])


def split_calendar(octets: bytes, limits: Limits) -> Iterator[Component]:
    """Go through VCALENDAR components that together hold what a file holds.

    Items of one UID come together; the properties of the calendar and its zones come with each.

    Raises:
        ParseError: there is no component at all, or a bound is exceeded.
    """
    pieces = _pieces(octets) if len(octets) >= _LARGE else None
    if pieces is None:
        for root in read(octets, limits):
            yield root if root.name == "VCALENDAR" else Component("VCALENDAR", [], [root])
        return
    frame, groups = pieces
    calendar = read(frame, limits)[0]
    for spans in groups:
        body = b"\r\n".join(octets[start:end] for start, end in spans)
        found = read(b"BEGIN:VCALENDAR\r\n" + body + b"\r\nEND:VCALENDAR\r\n", limits)[0]
        yield Component("VCALENDAR", calendar.properties, [*calendar.components, *found.components])


def _pieces(octets: bytes) -> tuple[bytes, list[list[tuple[int, int]]]] | None:
    """Return what is around the items, and the spans of items by their UIDs.

    None: the file is not one calendar whose components all end, or not in an encoding like ASCII.
    """
    if octets.lstrip(b"\xef\xbb\xbf \t\r\n")[:15].upper() != b"BEGIN:VCALENDAR":
        return None
    if re.search(rb"^VERSION:1\.0", octets[:4096], re.MULTILINE) is not None:
        return None
    groups: dict[object, list[tuple[int, int]]] = {}
    frame: list[bytes] = []
    stack: list[bytes] = []
    at = start = 0
    for found in _MARK.finditer(octets):
        name = found[2].upper()
        if found[1].upper() == b"BEGIN":
            if len(stack) == 1 and name in _ITEMS:
                frame.append(octets[at : found.start()])
                start = found.start()
            stack.append(name)
        elif not stack or stack.pop() != name:
            return None
        elif len(stack) == 1 and name in _ITEMS:
            at = found.end()
            uid = _UID.search(octets, start, at)
            key: object = (name, re.sub(rb"\r?\n[ \t]", b"", uid[1]).strip()) if uid is not None else start
            groups.setdefault(key, []).append((start, at))
        elif not stack and octets[found.end() :].strip():
            return None
    if stack:
        return None
    frame.append(octets[at:])
    return b"".join(frame), list(groups.values())
