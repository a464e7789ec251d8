"""Which commands may be run: programs of the product, split into words, never handed to a shell."""

from __future__ import annotations

import re
import shlex
from pathlib import PurePosixPath
from typing import Final

from gromox.base import paths
from gromox.base.errors import GromoxError

MAX_COMMAND: Final = 1024  #: octets
_MAX_WORDS: Final = 64
_TOOL: Final = re.compile(r"gromox-[a-z0-9-]{1,40}")
_TOOL_FOLDERS: Final = frozenset({"/usr/sbin", "/usr/bin"})


class CommandError(GromoxError):
    """The command is none that may be run."""


def words_of(command: str) -> list[str]:
    """Return a command as words.

    Raises:
        CommandError: it is none of ours, or cannot be read.
    """
    if len(command.encode()) > MAX_COMMAND or not command.isprintable():
        raise CommandError(f"a command has at most {MAX_COMMAND} printable characters")
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise CommandError(f"a quotation in the command does not end: {error}") from error
    if not 1 <= len(words) <= _MAX_WORDS:
        raise CommandError(f"a command has 1 to {_MAX_WORDS} words")
    if not is_ours(words[0]):
        raise CommandError("only gromox-* programs in /usr/sbin, and those in /usr/libexec/gromox, are run")
    return words


def is_ours(program: str) -> bool:
    """Tell whether a path names a program of the product."""
    path = PurePosixPath(program)
    folder, name = str(path.parent), path.name
    if ".." in path.parts or not path.is_absolute():
        return False
    return folder == str(paths.LIBEXEC) or (folder in _TOOL_FOLDERS and _TOOL.fullmatch(name) is not None)
