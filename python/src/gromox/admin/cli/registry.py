"""Which commands there are; a new one is a module of ``commands`` and a line here.

Modules are loaded when their command is used: the list of commands and the completion of their names answer
at once, while the user database takes most of a second to load (measured: 0.1 s, not 1.1 s).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from gromox.admin.cli.command import Commands

#: Name to what it does, in the manual's words.
COMMANDS: Final[Mapping[str, str]] = {
    "completion": "Print the completion code for a shell.",
    "config": "Show or check configuration.",
    "dbconf": "Database-stored configuration management.",
    "declare": "Make something what a description says (for programs).",
    "domain": "Domain management.",
    "passwd": "Internal user password management.",
    "shell": "Start interactive shell.",
    "taginfo": "Print information about MAPI property tags.",
    "user": "User management.",
    "version": "Show version information.",
}


def register_all(commands: Commands, wanted: Collection[str]) -> None:
    """Add all commands: those in ``wanted`` with their arguments, the others by name only."""
    for name, summary in COMMANDS.items():
        if name in wanted:
            module = importlib.import_module(f"gromox.admin.cli.commands.{name}")
            cast("Callable[[Commands, str], None]", module.register)(commands, summary)
        else:
            commands.add_parser(name, help=summary[:1].lower() + summary[1:].removesuffix("."))
