"""Components: properties, and components within."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.ical.property import Property


# Unfrozen: the reader fills them line by line, and converters build them step by step.
@dataclass(slots=True)
class Component:
    """What stands between BEGIN and END; properties and components keep their order, known or not."""

    name: str
    properties: list[Property] = field(default_factory=list)
    components: list[Component] = field(default_factory=list)

    def first(self, name: str) -> Property | None:
        """Return the first property of a name, or None."""
        for candidate in self.properties:
            if candidate.name == name:
                return candidate
        return None

    def all(self, *names: str) -> list[Property]:
        """Return the properties of these names in the order of the file."""
        return [candidate for candidate in self.properties if candidate.name in names]

    def text(self, name: str) -> str:
        """Return the text of the first property of a name; empty if there is none."""
        found = self.first(name)
        return found.text if found else ""

    def children(self, *names: str) -> list[Component]:
        """Return the components of these names directly within."""
        return [candidate for candidate in self.components if candidate.name in names]

    def walk(self) -> Iterator[Component]:
        """Iterate over this component and all within, outer ones first."""
        pending = [self]
        while pending:
            component = pending.pop()
            yield component
            pending += reversed(component.components)

    @property
    def is_legacy(self) -> bool:
        """Whether it is a vCard 2.1 or a vCalendar 1.0, where lines are encoded and escaped otherwise."""
        version = self.first("VERSION")
        return version is not None and is_legacy_version(self.name, version.value)


def is_legacy_version(name: str, version: str) -> bool:
    """Tell whether a VERSION within a component of this name is one from before iCalendar and vCard 3.0."""
    return (name, version.strip()) in {("VCARD", "2.1"), ("VCALENDAR", "1.0")}
