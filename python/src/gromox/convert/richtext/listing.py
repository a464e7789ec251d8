r"""Tables of lists: which kind of list a paragraph's ``\ls`` and ``\ilvl`` mean.

Spec: RTF 1.9.1, "List Tables".
"""

from __future__ import annotations

from typing import Final

from gromox.convert.richtext.model import ListKind

MAX_LEVEL: Final = 8
_MAX_LISTS: Final = 10_000
_BULLET: Final = 23  #: \levelnfc of a bullet
_NO_NUMBER: Final = 255  #: \levelnfc of an item without any mark


class ListTables:
    """Formats by list and level."""

    def __init__(self) -> None:
        self._levels: list[int] = []
        self._id = 0
        self._lists: dict[int, list[int]] = {}
        self._overrides: dict[int, list[int]] = {}

    def list_word(self, name: str, number: int | None) -> None:
        """Take a word of the list table."""
        if name == "list":
            self._levels = []
        elif name == "levelnfc" and len(self._levels) <= MAX_LEVEL:
            self._levels.append(number or 0)
        elif name == "listid" and len(self._lists) < _MAX_LISTS:
            self._lists[number or 0] = self._levels

    def override_word(self, name: str, number: int | None) -> None:
        """Take a word of the list override table, which is what paragraphs refer to."""
        if name == "listid":
            self._id = number or 0
        elif name == "ls" and len(self._overrides) < _MAX_LISTS:
            self._overrides[number or 0] = self._lists.get(self._id, [])

    def kind(self, number: int, level: int) -> ListKind:
        """Return what a paragraph of this list and level is; one of an unknown list has a bullet."""
        if not number:
            return ListKind.NONE
        formats = self._overrides.get(number, [])
        number_format = formats[level] if level < len(formats) else _BULLET
        if number_format == _NO_NUMBER:
            return ListKind.NONE
        return ListKind.BULLETS if number_format == _BULLET else ListKind.NUMBERS
