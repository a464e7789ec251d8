"""What is declared of a directive and of a program's settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from gromox.base import paths
from gromox.base.optionvalues import shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True, eq=False)
class Option(Generic[T_co]):
    """One directive.

    ``low`` and ``high`` clamp numbers (with a warning); ``choices`` are the accepted words, whatever their
    case; ``aliases`` are former names that still work (with a warning); ``general`` is a name under which one
    value can be given to several programs, and over which the own name wins.
    """

    name: str
    parse: Callable[[str], T_co]
    default: T_co
    help: str
    since: str = "1.0"
    unit: str = ""
    aliases: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    secret: bool = False
    reloadable: bool = False
    choices: tuple[str, ...] = ()
    general: str = ""

    def default_text(self) -> str:
        """Return the default as it would stand in a file; nothing of a secret."""
        return "" if self.secret else shown(self.parse, self.default)


@dataclass(frozen=True, slots=True)
class Program:
    """The settings of one daemon or tool; later ``files`` override earlier ones."""

    name: str
    title: str
    files: tuple[str, ...]
    options: tuple[Option[object], ...]
    description: str = ""

    def option(self, name: str) -> Option[object] | None:
        """Return the option of that name or former name, whatever its case."""
        wanted = name.lower()
        for option in self.options:
            if wanted == option.name or wanted in option.aliases or wanted == option.general:
                return option
        return None

    def default_search(self) -> tuple[Path, ...]:
        """Return where each file is looked for; the first hit wins."""
        return (paths.CONFIG / self.name, paths.CONFIG)
