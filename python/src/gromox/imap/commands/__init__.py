"""One module per command or inseparable pair; importing them fills ``gromox.imap.dispatch.COMMANDS``."""

from __future__ import annotations

from importlib import import_module
from typing import Final

MODULES: Final = (
    "acl",
    "append",
    "authenticate",
    "cancelupdate",
    "capability",
    "close",
    "compress",
    "copy",
    "create",
    "delete",
    "enable",
    "esearch",
    "expunge",
    "fetch",
    "identify",
    "idle",
    "jmapaccess",
    "language",
    "list",
    "login",
    "logout",
    "metadata",
    "namespace",
    "noop",
    "notify",
    "quota",
    "rename",
    "replace",
    "search",
    "select",
    "sort",
    "starttls",
    "status",
    "store",
    "subscribe",
    "thread",
    "unauthenticate",
    "urlauth",
    "urlfetch",
)


def load() -> None:
    """Enter all commands in the table."""
    for name in MODULES:
        import_module(f"gromox.imap.commands.{name}")
