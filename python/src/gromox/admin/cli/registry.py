"""Which commands there are; a new one is a module of ``commands`` and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.admin.cli.commands import completion, config, domain, passwd, shell, taginfo, user, version

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.admin.cli.command import Commands

COMMANDS: Final[tuple[Callable[[Commands], None], ...]] = (
    completion.register,
    config.register,
    domain.register,
    passwd.register,
    shell.register,
    taginfo.register,
    user.register,
    version.register,
)
