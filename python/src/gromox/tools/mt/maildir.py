"""Maildir and Maildir++ folders: one file a mail, flags in its name, sub-folders that begin with a dot.

Spec: the forms of qmail's maildir(5) and of Courier's Maildir++; names of folders are modified UTF-7.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.errors import ParseError
from gromox.imap.mutf7 import decode as decode_name
from gromox.store.flags import Flag

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LETTERS: Final = {
    "R": Flag.ANSWERED,
    "F": Flag.FLAGGED,
    "T": Flag.DELETED,
    "S": Flag.SEEN,
    "D": Flag.DRAFT,
    "P": Flag.FORWARDED,
}
_INFO: Final = re.compile(r"[:;!]2,([A-Za-z]*)\Z")
MAX_DEPTH: Final = 30


class MaildirFile(NamedTuple):
    """A mail."""

    path: Path
    flags: Flag


def is_maildir(path: Path) -> bool:
    """Tell whether a folder is one."""
    return (path / "cur").is_dir() or (path / "new").is_dir()


def folders_of(path: Path) -> list[tuple[tuple[str, ...], Path]]:
    """Return the folders of a Maildir++: its own mails first (the empty path), then those below by name."""
    found: list[tuple[tuple[str, ...], Path]] = [((), path)]
    for child in sorted(path.iterdir()):
        if child.name.startswith(".") and child.name not in (".", "..") and is_maildir(child):
            parts = tuple(_name(part) for part in child.name[1:].split(".") if part)
            if 0 < len(parts) <= MAX_DEPTH:
                found.append((parts, child))
    return sorted(found, key=lambda pair: pair[0])


def _name(part: str) -> str:
    try:
        return decode_name(os.fsencode(part))
    except ParseError:
        return part


def mails_of(path: Path) -> Iterator[MaildirFile]:
    """Go through the mails of one folder, in the order of their names, which is that of their arrival."""
    for sub in ("cur", "new"):
        folder = path / sub
        if not folder.is_dir():
            continue
        for file in sorted(folder.iterdir()):
            if not file.name.startswith(".") and file.is_file():
                yield MaildirFile(file, flags_of_name(file.name) if sub == "cur" else Flag(0))


def flags_of_name(name: str) -> Flag:
    """Return what the end of a file's name says."""
    found = _INFO.search(name)
    flags = Flag(0)
    for letter in found[1] if found else "":
        flags |= _LETTERS.get(letter, Flag(0))
    return flags


def info_of_flags(flags: Flag) -> str:
    """Return the end of a file's name that says these flags."""
    return ":2," + "".join(sorted(letter for letter, flag in _LETTERS.items() if flags & flag))
