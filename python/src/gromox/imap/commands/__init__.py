"""One module per command or inseparable pair; importing them fills ``gromox.imap.dispatch.COMMANDS``."""

from __future__ import annotations

from importlib import import_module
from typing import Final

MODULES: Final = (
    "acl",
    "append",
    "authenticate",
    "capability",
    "close",
    "compress",
    "copy",
    "create",
    "delete",
    "enable",
    "expunge",
    "fetch",
    "identify",
    "idle",
    "list",
    "login",
    "logout",
    "namespace",
    "noop",
    "rename",
    "replace",
    "search",
    "select",
    "starttls",
    "status",
    "store",
    "subscribe",
)


def load() -> None:
    """Enter all commands in the table."""
    for name in MODULES:
        import_module(f"gromox.imap.commands.{name}")
