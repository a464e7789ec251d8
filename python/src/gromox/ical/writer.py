"""Components become octets: folded at 75 octets, never within a character; RFC 5545 3.1, RFC 6350 3.2.

What is written is read back as it was. vCard 2.1 and vCalendar 1.0 have QUOTED-PRINTABLE for what is not
ASCII.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gromox.ical.text import caret_encode
from gromox.ical.unfold import without_controls

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gromox.ical.component import Component
    from gromox.ical.property import Property

_LINE_OCTETS: Final = 75
_CONTINUATION: Final = range(0x80, 0xC0)
_NAME: Final = re.compile(r'[^\s:;"=,]+')
_BREAK: Final = re.compile(r"\r+\n?|\n")
_QUOTED: Final = re.compile(r"[;:,]")
_PLAIN: Final = frozenset(
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-_.,;/()\\\"'@!?*&#%"
)
_QUOTED_OCTETS: Final = [
    "=0D=0A" if octet == ord("\n") else chr(octet) if octet in _PLAIN else f"={octet:02X}"
    for octet in range(256)
]
#: Up to 72 characters, no encoded octet torn.
_QUOTED_LINE: Final = re.compile(r"(?:=..|[^=]){1,24}")
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_BASE64: Final = frozenset(["BASE64", "B"])


def write(*components: Component) -> bytes:
    """Return the octets of a file that holds these components.

    Raises:
        ValueError: a name contains what no name can.
    """
    lines: list[str | bytes] = []
    for component in components:
        _write_component(component, lines, legacy=component.is_legacy)
    lines.append("")
    return b"\r\n".join(line if isinstance(line, bytes) else fold(line) for line in lines)


def _write_component(component: Component, lines: list[str | bytes], *, legacy: bool) -> None:
    _check(component.name)
    lines.append(f"BEGIN:{component.name}")
    for one in component.properties:
        if legacy:
            lines += _legacy_lines(one)
        else:
            lines.append(format_property(one))
    for inner in component.components:
        _write_component(inner, lines, legacy=legacy or inner.is_legacy)
    lines.append(f"END:{component.name}")


def format_property(one: Property) -> str:
    """Return a property as one line that is not folded."""
    value = one.value
    # A line break in a value would begin a property of its own.
    if "\n" in value or "\r" in value:
        value = _BREAK.sub(r"\\n", value)
    return without_controls(f"{_head(one)}:{value}")


def fold(line: str) -> bytes:
    """Return a line as octets, with a break after at most each 75."""
    octets = line.encode("utf-8", "replace")
    size = len(octets)
    if size <= _LINE_OCTETS:
        return octets
    pieces, position, end = [], 0, _LINE_OCTETS
    while end < size:
        while octets[end] in _CONTINUATION:
            end -= 1
        pieces.append(octets[position:end])
        # The blank counts as one of the octets.
        position, end = end, end + _LINE_OCTETS - 1
    pieces.append(octets[position:])
    return b"\r\n ".join(pieces)


def _check(name: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"{name!r} is no name of a property, parameter or component")


def _head(one: Property) -> str:
    _check(one.name)
    head = one.name
    if one.group:
        _check(one.group)
        head = f"{one.group}.{head}"
    if one.parameters:
        head += "".join(_format_parameter(key, values) for key, values in one.parameters)
    return head


def _format_parameter(key: str, values: Iterable[str]) -> str:
    _check(key)
    return f";{key}=" + ",".join(
        f'"{text}"' if _QUOTED.search(text) else text for text in map(caret_encode, values)
    )


def _legacy_lines(one: Property) -> Iterable[str | bytes]:
    if (one.parameter("ENCODING") or "").upper() in _BASE64:
        # An empty line tells readers of vCard 2.1 that the value is over.
        return format_property(one), ""
    if one.parameter("ENCODING") is not None:
        # Some encoding that is not known here: the value is kept as it came.
        return (format_property(one),)
    value = _ESCAPE.sub(lambda found: "\n" if found[1] == "n" else found[0], one.value)
    if value.isascii() and "\n" not in value and "\r" not in value:
        return (format_property(one),)
    head = _head(one) + ";CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:"
    octets = without_controls(_BREAK.sub("\n", value)).encode("utf-8", "replace")
    # Blanks and colons are encoded too: neither a trimmed line nor one that looks like END: can go wrong.
    quoted = "".join(_QUOTED_OCTETS[octet] for octet in octets)
    lines = "=\r\n".join(["", *_QUOTED_LINE.findall(quoted)]).encode()
    return (fold(without_controls(head)) + lines,)
