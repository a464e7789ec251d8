"""Reading descriptions: each value of the kind that is expected, and errors that name the field."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from gromox.admin.service.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

MOST_ITEMS: Final = 1000  #: of one list or map
LONGEST: Final = 65_536  #: characters of one text


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done (or would be): ``before`` and ``after`` are None where there is nothing."""

    before: dict[str, Json] | None
    after: dict[str, Json] | None
    details: dict[str, Json] = field(default_factory=dict)
    forced: bool = False  #: something changed that is not shown, a password for instance

    @property
    def changed(self) -> bool:
        """Tell whether there is a difference."""
        return self.forced or self.before != self.after

    def answer(self) -> dict[str, Json]:
        """Return it as it is written out."""
        return {"changed": self.changed, "before": self.before, "after": self.after, **self.details}


class Description:
    """The fields of one description; at the end :meth:`finish` refuses what nobody asked for."""

    def __init__(self, fields: Mapping[str, Json]) -> None:
        """Read ``fields``; those that are null count as not there."""
        self._left = {name: value for name, value in fields.items() if value is not None}

    def text(self, name: str) -> str | None:
        """Return a text, None if it is not there.

        Raises:
            InputError: it is no text, or too long.
        """
        value = self._left.pop(name, None)
        if value is None:
            return None
        if not isinstance(value, str) or len(value) > LONGEST:
            raise InputError(f"{name}: expected a text of at most {LONGEST} characters")
        return value

    def required(self, name: str) -> str:
        """Return a text that has to be there and not empty."""
        value = self.text(name)
        if not value:
            raise InputError(f"{name} is missing")
        return value

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        """Return one of some words."""
        value = self.text(name) or default
        if value not in choices:
            raise InputError(f"{name} '{value[:50]}': expected one of {', '.join(choices)}")
        return value

    def number(self, name: str) -> int | None:
        """Return a whole number of at least 0, None if it is not there."""
        value = self._left.pop(name, None)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
            raise InputError(f"{name}: expected a number of at least 0")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """Return yes or no."""
        value = self._left.pop(name, default)
        if not isinstance(value, bool):
            raise InputError(f"{name}: expected true or false")
        return value

    def texts(self, name: str) -> list[str] | None:
        """Return a list of texts, None if it is not there."""
        value = self._left.pop(name, None)
        if value is None:
            return None
        if not isinstance(value, list) or len(value) > MOST_ITEMS:
            raise InputError(f"{name}: expected a list of at most {MOST_ITEMS} texts")
        found = [one for one in value if isinstance(one, str)]
        if len(found) != len(value):
            raise InputError(f"{name}: expected a list of texts")
        return found

    def table(self, name: str) -> dict[str, Json] | None:
        """Return a map, None if it is not there."""
        value = self._left.pop(name, None)
        if value is not None and (not isinstance(value, dict) or len(value) > MOST_ITEMS):
            raise InputError(f"{name}: expected a map of at most {MOST_ITEMS} entries")
        return value

    def part(self, name: str) -> Description | None:
        """Return a description inside this one, None if it is not there."""
        found = self.table(name)
        return None if found is None else Description(found)

    def finish(self) -> None:
        """Refuse fields that were not asked for: a typing error must not be a change that does not happen.

        Raises:
            InputError: there are some.
        """
        if self._left:
            raise InputError(f"no such field: {', '.join(sorted(self._left))[:200]}")
