"""Which names has a property tag, and which tag has a name? For people; programs use ``tags``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from gromox.mapi.errortable import TABLE as ERRORS
from gromox.mapi.proptypes import PropType
from gromox.mapi.tagtable import TABLE as TAGS


@dataclass(frozen=True, slots=True)
class TagNames:
    """A tag (type 0 where no source tells it), its canonical name, if any, and others such as ``PR_…``."""

    tag: int
    canonical: str
    others: tuple[str, ...]

    @property
    def prop_id(self) -> int:
        """The high 16 bits."""
        return self.tag >> 16

    @property
    def type(self) -> int:
        """The low 16 bits."""
        return self.tag & 0xFFFF

    @property
    def type_name(self) -> str:
        """The type's name in [MS-OXCDATA] 2.11.1 without ``Ptyp``, or its number."""
        return type_name(self.type)

    @property
    def names(self) -> tuple[str, ...]:
        """All names, the canonical one first."""
        return (self.canonical, *self.others) if self.canonical else self.others


def by_tag(tag: int) -> TagNames | None:
    """Return what is known of exactly this tag."""
    return _by_tag().get(tag)


def by_id(prop_id: int) -> tuple[TagNames, ...]:
    """Return all known tags with this identifier (the high 16 bits), in the order of their types."""
    return tuple(_by_id().get(prop_id, ()))


def by_name(name: str) -> tuple[TagNames, ...]:
    """Return the tags with this name (``PidTag…``, ``PR_…``, ``ptag…``), whatever its case."""
    return tuple(_by_name().get(name.lower(), ()))


def type_name(number: int) -> str:
    """Return the name of a property type, or its number in hexadecimal."""
    try:
        return PropType(number).name.replace("_", " ").title().replace(" ", "")
    except ValueError:
        return f"0x{number:04x}"


def error_names(code: int) -> tuple[str, ...]:
    """Return the names of an error code: that of [MS-OXCDATA] 2.4 and the ``MAPI_E_…`` symbol."""
    return _errors().get(code, ())


@cache
def _by_tag() -> dict[int, TagNames]:
    found = {}
    for line in TAGS.splitlines():
        tag, canonical, *others = line.split(" ")
        found[int(tag, 16)] = TagNames(int(tag, 16), canonical, tuple(others))
    return found


@cache
def _by_id() -> dict[int, list[TagNames]]:
    found: dict[int, list[TagNames]] = {}
    for entry in _by_tag().values():
        found.setdefault(entry.prop_id, []).append(entry)
    return found


@cache
def _by_name() -> dict[str, list[TagNames]]:
    found: dict[str, list[TagNames]] = {}
    for entry in _by_tag().values():
        for name in dict.fromkeys(word.lower() for word in entry.names):
            found.setdefault(name, []).append(entry)
    return found


@cache
def _errors() -> dict[int, tuple[str, ...]]:
    lines = (line.split(" ") for line in ERRORS.splitlines())
    return {int(code, 16): tuple(names) for code, *names in lines}
