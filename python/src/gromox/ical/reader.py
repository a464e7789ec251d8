"""Octets of a calendar or address book become components.

Reads iCalendar 2.0 (RFC 5545), vCalendar 1.0, vCard 4.0 (RFC 6350), 3.0 (RFC 2426) and 2.1 alike; an END that
is missing or stray, a value that goes on in the next line without a fold, and parameters without a name are
mended.
"""

from __future__ import annotations

import quopri
import re
from typing import Final

from gromox.base.errors import ParseError
from gromox.ical.component import Component
from gromox.ical.limits import DEFAULT, Limits
from gromox.ical.property import Property
from gromox.ical.text import caret_decode
from gromox.ical.unfold import decode, logical_lines, without_controls

#: name, parameters, value; quotes of parameters are closed. Possessive: each character is looked at once.
_LINE: Final = re.compile(r'([^\s:;"=,]++)(;(?:[^:"]++|"[^"]*+")*+)?+:')
#: The same where a quote is not closed, or blanks surround the name.
_ODD_LINE: Final = re.compile(r'([^\s:;"=,]++)[ \t]*+(;[^:]*+)?+:')
_PARAMETER: Final = re.compile(r';((?:[^;"]++|"[^"]*+")*+)')
_PARAMETER_VALUE: Final = re.compile(r'((?:[^,"]++|"[^"]*+")*+)(?:,|\Z)')
_NOT_IN_NAMES: Final = re.compile(r'[\s:;"=,]')
_BREAK: Final = re.compile(r"\r+\n?|\n")
_QUOTED_PRINTABLE: Final = frozenset(["QUOTED-PRINTABLE", "Q"])
_BASE64: Final = frozenset(["BASE64", "B"])
#: Values that vCard 2.1 writes without the name of their parameter; all else is a type.
_NAME_OF_VALUE: Final = {
    **dict.fromkeys(["7BIT", "8BIT", "QUOTED-PRINTABLE", "BASE64"], "ENCODING"),
    **dict.fromkeys(["INLINE", "URL", "CONTENT-ID", "CID"], "VALUE"),
}
_CACHED: Final = 1000

_Parameters = tuple[tuple[str, tuple[str, ...]], ...]


def read(octets: bytes, limits: Limits = DEFAULT) -> list[Component]:
    """Return the components on the outermost level of a file.

    Raises:
        ParseError: there is none, or a bound is exceeded.
    """
    if len(octets) > limits.octets:
        raise ParseError(f"a file of at most {limits.octets} octets", limits.octets)
    lines = logical_lines(octets)
    if len(lines) > limits.properties:
        raise ParseError(f"at most {limits.properties} lines", limits.properties)
    builder = _Builder(limits)
    for line in lines:
        if line:
            builder.take(line)
    return builder.finish()


def read_property(line: str) -> Property:
    """Return one unfolded content line as a property.

    Raises:
        ParseError: it has no name or no colon.
    """
    found = _parse(without_controls(line.replace("\n", "")), {}, DEFAULT)
    if found is None:
        raise ParseError("a name, parameters and a colon")
    return found


class _Builder:
    """The components that are open, and the property whose value may go on."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._roots: list[Component] = []
        self._open: list[Component] = []
        self._count = 0
        self._tail: list[str] = []  # lines that continue the last property without being folded
        self._cache: dict[str, _Parameters] = {}

    def take(self, line: str) -> None:
        found = _parse(line, self._cache, self._limits)
        if found is None:
            if self._open and self._open[-1].properties:
                self._tail.append(line)
            return
        if self._tail:
            self._add_tail()
        if found.name == "BEGIN":
            self._begin(_NOT_IN_NAMES.sub("", found.value).upper())
        elif found.name == "END":
            self._end(_NOT_IN_NAMES.sub("", found.value).upper())
        elif self._open:
            self._open[-1].properties.append(found)

    def finish(self) -> list[Component]:
        if self._tail:
            self._add_tail()
        if not self._roots:
            raise ParseError("BEGIN")
        return self._roots

    def _begin(self, name: str) -> None:
        if not name:
            return
        self._count += 1
        if self._count > self._limits.components:
            raise ParseError(f"at most {self._limits.components} components")
        if len(self._open) >= self._limits.depth:
            raise ParseError(f"components in each other at most {self._limits.depth} deep")
        component = Component(name)
        (self._open[-1].components if self._open else self._roots).append(component)
        self._open.append(component)

    def _end(self, name: str) -> None:
        # An END that is missing ends with the END of what is around; one of nothing open means nothing.
        for at in range(len(self._open) - 1, -1, -1):
            if self._open[at].name == name:
                del self._open[at:]
                return

    def _add_tail(self) -> None:
        """Join lines that were broken without a fold; those of text were line breaks of the text."""
        properties = self._open[-1].properties
        last = properties[-1]
        is_base64 = (last.parameter("ENCODING") or "").upper() in _BASE64
        value = "".join("".join(self._tail).split()) if is_base64 else "\\n" + "\\n".join(self._tail)
        properties[-1] = last._replace(value=last.value + value)
        self._tail = []


def _parse(line: str, cache: dict[str, _Parameters], limits: Limits) -> Property | None:
    found = _LINE.match(line) or _ODD_LINE.match(line)
    if found is None:
        return None
    name, text = found.groups()
    value = line[found.end() :]
    group = ""
    if "." in name:
        head, _, rest = name.partition(".")
        if head and rest:
            group, name = head, rest
    if not text:
        return Property(name.upper(), value, (), group)
    parameters = cache.get(text)
    if parameters is None:
        parameters = _parameters(text, limits)
        if len(cache) < _CACHED:
            cache[text] = parameters
    made = Property(name.upper(), value, parameters, group)
    # All that is encoded or of a charset has one of these; most lines have none.
    if any(key in ("ENCODING", "CHARSET") for key, _ in parameters):
        return _decoded(made)
    return made


def _parameters(text: str, limits: Limits) -> _Parameters:
    closed = text.count('"') % 2 == 0
    pieces = _PARAMETER.findall(text) if closed and '"' in text else text[1:].split(";")
    if len(pieces) > limits.parameters:
        raise ParseError(f"at most {limits.parameters} parameters")
    out: list[tuple[str, tuple[str, ...]]] = []
    for piece in pieces:
        key, equals, value = piece.partition("=")
        if not equals:
            bare = piece.strip()
            if bare:
                out.append((_NAME_OF_VALUE.get(bare.upper(), "TYPE"), (caret_decode(bare.replace('"', "")),)))
            continue
        key = _NOT_IN_NAMES.sub("", key).upper()
        if key:
            out.append((key, _parameter_values(value, closed=closed)))
    return tuple(out)


def _parameter_values(text: str, *, closed: bool) -> tuple[str, ...]:
    if '"' not in text or not closed:
        return tuple(map(caret_decode, text.split(",")))
    # The last match is the empty one at the end, unless the text ends with a comma.
    values = _PARAMETER_VALUE.findall(text)
    if values[-1] == "" and not text.endswith(","):
        values.pop()
    return tuple(caret_decode(value.replace('"', "")) for value in values)


def _decoded(made: Property) -> Property:
    # Of several encodings QUOTED-PRINTABLE is the one that shaped the lines.
    encodings = {value.strip().upper() for value in made.parameter_values("ENCODING")}
    dropped = {"CHARSET"}
    if encodings & _QUOTED_PRINTABLE:
        octets = quopri.decodestring(made.value.encode("utf-8"))
        text = _BREAK.sub(r"\\n", decode(octets, made.parameter("CHARSET") or "utf-8"))
        made = made._replace(value=without_controls(text))
        dropped.add("ENCODING")
    elif encodings & _BASE64:
        return made._replace(value="".join(made.value.split()))
    return made._replace(parameters=tuple(pair for pair in made.parameters if pair[0] not in dropped))
