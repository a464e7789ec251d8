"""What mail programs call folders: the names of IMAP, one path for each. RFC 9051 section 5.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

SEPARATOR: Final = "/"
#: Shown for a separator that stands inside one folder's name.
SLASH: Final = "\N{DIVISION SLASH}"


def shown(name: str) -> str:
    """Return one part of a path for a folder's name."""
    if SEPARATOR in name:
        name = name.replace(SEPARATOR, SLASH)
    return (
        name
        if name.isprintable()
        else "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    )


def path_of(folders: Iterable[str], *, in_inbox: bool = False) -> str:
    """Return the path for the names of nested folders, the outermost first."""
    return SEPARATOR.join([*(("INBOX",) if in_inbox else ()), *map(shown, folders)])
