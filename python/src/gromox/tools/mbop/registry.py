"""The commands there are.

Spec: reference/system/cli.md, "gromox-mbop".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.tools.mbop.commands import (
    address,
    content,
    database,
    freebusy,
    identity,
    mailbox,
    message,
    sending,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.tools.mbop.command import Command

COMMANDS: Final[Mapping[str, Command]] = {
    command.name: command
    for command in sorted(
        (
            *address.COMMANDS,
            *content.COMMANDS,
            *database.COMMANDS,
            *freebusy.COMMANDS,
            *identity.COMMANDS,
            *mailbox.COMMANDS,
            *message.COMMANDS,
            *sending.COMMANDS,
        ),
        key=lambda command: command.name,
    )
}
