"""The commands there are, and those that later releases bring.

Spec: reference/system/cli.md, "gromox-mbop".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.tools.mbop.commands import database, identity, message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.tools.mbop.command import Command

COMMANDS: Final[Mapping[str, Command]] = {
    command.name: command
    for command in sorted(
        (*database.COMMANDS, *identity.COMMANDS, *message.COMMANDS), key=lambda command: command.name
    )
}

#: Known from the manual page, but what they work on is not part of this release.
LATER: Final = frozenset(
    {
        *("cgkreset", "clear-photo", "get-photo", "set-photo", "clear-profile", "clear-rwz", "set-locale"),
        *("freeze", "thaw", "get-freebusy", "exaddrxlat", "zaddrxlat"),
        *("get-websettings", "get-websettings-persistent", "get-websettings-recipients"),
        *("set-websettings", "set-websettings-persistent", "set-websettings-recipients"),
    }
)
