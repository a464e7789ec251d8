"""Lines of the protocol: octets to words and back."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, unquote

from gromox.base.errors import ParseError

#: Octets of a line at most, its end included.
LONGEST_LINE: Final = 4096
#: Words of a line at most.
MOST_WORDS: Final = 4
#: Stands for every folder of a mailbox.
ANY_FOLDER: Final = "*"
#: Stands for every mailbox; together with ANY_FOLDER only.
ANY_MAILBOX: Final = "*"

TRUE: Final = b"TRUE\r\n"
FALSE: Final = b"FALSE\r\n"

#: How many words follow each event's name.
EVENTS: Final = {"FOLDER-TOUCH": 2, "MESSAGE-UFLAG": 3, "MESSAGE-EXPUNGE": 3}

_KEPT: Final = "/@.:+=,-_~!*'()[]{}<>|&;?#$^"


class LineBuffer:
    """Cuts what arrives into lines."""

    __slots__ = ("_octets",)

    def __init__(self) -> None:
        self._octets = b""

    def feed(self, octets: bytes) -> list[list[str]]:
        """Return the words of each line that became complete. Raises ParseError for an endless line."""
        *lines, self._octets = (self._octets + octets).split(b"\n")
        if len(self._octets) > LONGEST_LINE:
            raise ParseError("the end of the line", LONGEST_LINE)
        return [_words(line) for line in lines]


def line_of(*words: str) -> bytes:
    """Return a line of these words."""
    return " ".join(quote(word, safe=_KEPT) for word in words).encode() + b"\r\n"


def _words(line: bytes) -> list[str]:
    if len(line) > LONGEST_LINE:
        raise ParseError("the end of the line", LONGEST_LINE)
    return [unquote(word) for word in line.decode("utf-8", "replace").split()[: MOST_WORDS + 1]]
