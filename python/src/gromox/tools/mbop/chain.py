"""Several commands in one line: ``( command args ) ( command args )``.

Spec: reference/system/cli.md, "gromox-mbop", chaining.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base.errors import GromoxError

if TYPE_CHECKING:
    from collections.abc import Sequence

OPEN: Final = "("
CLOSE: Final = ")"


class UsageError(GromoxError):
    """The command line is wrong; the text says what is expected."""


def split(words: Sequence[str]) -> list[list[str]]:
    """Return the commands of a line, each with its arguments; a line without parentheses is one command.

    Raises:
        UsageError: parentheses do not match, or one pair holds nothing.
    """
    if not words:
        raise UsageError("expected a command; gromox-mbop -? lists them")
    if words[0] != OPEN:
        return [list(words)]
    commands: list[list[str]] = []
    current: list[str] | None = None
    for word in words:
        if word == OPEN and current is None:
            current = []
        elif word == CLOSE and current is not None:
            if not current:
                raise UsageError("expected a command between ( and )")
            commands.append(current)
            current = None
        elif word == OPEN:
            raise UsageError("a ( stands inside of another; close the first one with a word )")
        elif current is None:
            raise UsageError(f"expected ( before '{word}'; each command of a chain stands in its own pair")
        else:
            current.append(word)
    if current is not None:
        raise UsageError("expected a word ) at the end; in a shell parentheses are quoted: \\( ... \\)")
    return commands
