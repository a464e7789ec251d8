"""Choosing, filtering and ordering what a query shows.

Spec: reference/system/cli.md (``-f field=value``, ``-s field[,desc]``), admin-api.md "List conventions" (sets
``a,b,c``; ranges).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from gromox.admin.service.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Value: TypeAlias = "str | int | bool | list[str] | dict[str, str] | None"
T = TypeVar("T")


class Query(Generic[T]):
    """Attributes of one kind of object and what may be asked of them."""

    def __init__(self, attributes: Mapping[str, Callable[[T], Value]], default: Sequence[str]) -> None:
        """Know ``attributes``; ``default`` ones are shown when none is asked for."""
        self.attributes, self.default = attributes, tuple(default)

    def run(
        self,
        objects: Iterable[T],
        *,
        wanted: Sequence[str] = (),
        filters: Sequence[str] = (),
        sorts: Sequence[str] = (),
    ) -> tuple[tuple[str, ...], list[list[Value]]]:
        """Return the header and the rows.

        Raises:
            InputError: an attribute is not known, or a filter has no ``=``.
        """
        header = tuple(self._name(name) for name in wanted) or self.default
        conditions = [self._condition(text) for text in filters]
        found = [item for item in objects if all(condition(item) for condition in conditions)]
        for text in reversed(sorts):
            name, _, direction = text.partition(",")
            if direction.lower() not in {"", "asc", "desc"}:
                raise InputError(f"sort '{text}': after the comma stands asc or desc")
            value_of = self.attributes[self._name(name)]
            found.sort(key=lambda item: _rank(value_of(item)), reverse=direction.lower() == "desc")
        return header, [[self.attributes[name](item) for name in header] for item in found]

    def _name(self, text: str) -> str:
        """Return the attribute that ``text`` names, whatever its case."""
        for name in self.attributes:
            if name.casefold() == text.casefold():
                return name
        raise InputError(f"no attribute '{text}'; there are: {' '.join(self.attributes)}")

    def _condition(self, text: str) -> Callable[[T], bool]:
        name, equals, wanted = text.partition("=")
        if not equals:
            raise InputError(f"filter '{text}': expected ATTRIBUTE=VALUE")
        value_of = self.attributes[self._name(name)]
        alternatives = wanted.split(",")
        return lambda item: any(_matches(value_of(item), alternative) for alternative in alternatives)


def _matches(value: Value, wanted: str) -> bool:
    if isinstance(value, list):
        return any(_matches(item, wanted) for item in value) or (not value and not wanted)
    if isinstance(value, dict):
        return any(_matches(f"{key}={below}", wanted) for key, below in value.items())
    if isinstance(value, bool):
        return wanted.casefold() in ({"1", "true", "yes"} if value else {"0", "false", "no"})
    if isinstance(value, int):
        low, dots, high = wanted.partition("..")
        try:
            return (
                (not low or int(low) <= value) and (not high or value <= int(high))
                if dots
                else value == int(low)
            )
        except ValueError as error:
            raise InputError(f"'{wanted}' is no number and no range such as 1..5") from error
    return (value or "").casefold() == wanted.casefold()


def _rank(value: Value) -> tuple[int, int, str]:
    """Return what orders values of one attribute: nothing first, then numbers, then texts."""
    if value is None:
        return (0, 0, "")
    if isinstance(value, int):
        return (1, value, "")
    if isinstance(value, dict):
        return (2, 0, ",".join(value))
    return (2, 0, ",".join(value).casefold() if isinstance(value, list) else value.casefold())
