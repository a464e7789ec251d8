"""Lines of the protocol on port 5555, and the words in them.

Spec: reference/system/protocols.md section 15: words separated by blanks, folder names in base64.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.store.flags import Flag

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_LINE: Final = 64 << 10
MAX_WORDS: Final = 4096

#: Letters of flags: answered, deleted, flagged, seen, unsent, forwarded.
LETTERS: Final = {
    Flag.ANSWERED: "A",
    Flag.DELETED: "D",
    Flag.FLAGGED: "F",
    Flag.SEEN: "S",
    Flag.DRAFT: "U",
    Flag.FORWARDED: "W",
}

FLAGS: Final = {letter: flag for flag, letter in LETTERS.items()}
RECENT: Final = "R"


def words_of(line: bytes) -> list[str]:
    """Return the words of a line. Raises ParseError."""
    try:
        words = line.decode("ascii").split(" ")
    except UnicodeDecodeError as error:
        raise ParseError("ASCII", error.start) from error
    if len(words) > MAX_WORDS:
        raise ParseError(f"at most {MAX_WORDS} words", 0)
    return words


def name_of(word: str) -> list[str]:
    """Return a folder path out of base64. Raises ParseError."""
    try:
        return b64decode(word, validate=True).decode().split("/")
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise ParseError("a folder name in base64", 0) from error


def word_of(path: Sequence[str]) -> str:
    """Return a folder path in base64."""
    return b64encode("/".join(path).encode()).decode()


def letters_of(flags: int, *, is_recent: bool = False) -> str:
    """Return flags as letters between parentheses."""
    letters = [letter for flag, letter in LETTERS.items() if flags & flag]
    return f"({''.join(sorted([*letters, *RECENT * is_recent]))})"


def flags_of(word: str) -> Flag:
    """Return the flags that letters name, with or without parentheses. Raises ParseError."""
    found = Flag(0)
    for letter in word.strip("()").upper().replace(RECENT, ""):
        if letter not in FLAGS:
            raise ParseError("letters of flags", 0)
        found |= FLAGS[letter]
    return found
