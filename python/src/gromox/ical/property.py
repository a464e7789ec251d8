"""Properties: a name, parameters, and a value as it stands in the file."""

from __future__ import annotations

from typing import NamedTuple

from gromox.ical.text import unescape


# A NamedTuple: one is made for each line of each file, and frozen dataclasses cost three times as much.
class Property(NamedTuple):
    r"""One content line, RFC 5545 3.1 and RFC 6350 3.3.

    ``name`` and the names of parameters are in upper case; the values of parameters are decoded. ``value`` is
    still escaped (``\n``, ``\,``), but free of QUOTED-PRINTABLE.
    """

    name: str
    value: str
    parameters: tuple[tuple[str, tuple[str, ...]], ...] = ()
    group: str = ""

    def parameter(self, name: str) -> str | None:
        """Return the first value of a parameter, or None if there is no such parameter."""
        for key, values in self.parameters:
            if key == name:
                return values[0] if values else ""
        return None

    def parameter_values(self, name: str) -> list[str]:
        """Return all values of all parameters of a name."""
        return [value for key, values in self.parameters if key == name for value in values]

    @property
    def types(self) -> frozenset[str]:
        """The values of TYPE, in lower case; a quoted list counts as a list (``TYPE="home,work"``)."""
        return frozenset(
            part.strip().lower()
            for value in self.parameter_values("TYPE")
            for part in value.split(",")
            if part
        )

    @property
    def text(self) -> str:
        """The value, taken as one TEXT."""
        return unescape(self.value)

    def with_parameter(self, name: str, *values: str) -> Property:
        """Return the property with this parameter in place of those of its name (none without values)."""
        kept = tuple(pair for pair in self.parameters if pair[0] != name)
        return self._replace(parameters=(*kept, (name, values)) if values else kept)
