r"""TEXT values: escapes, lists and structures; RFC 5545 3.3.11, RFC 6350 3.4 and 4.1, RFC 6868.

Reading is lenient: a backslash before anything but ``\ ; , : " n N`` stands for itself, so that paths of
Windows survive; a backslash that ends a value too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ESCAPED: Final = re.compile(r'\\([\\;,:"nN])')
_PLAIN_OF: Final = {"n": "\n", "N": "\n"}
_SPECIAL: Final = re.compile(r"\r\n|[\\;,\r\n]")
_ESCAPE_OF: Final = {"\\": r"\\", ";": r"\;", ",": r"\,", "\n": r"\n", "\r": r"\n", "\r\n": r"\n"}
_CARET: Final = re.compile(r"\^([n'^])")
_CARET_PLAIN: Final = {"n": "\n", "'": '"', "^": "^"}
_CARET_SPECIAL: Final = re.compile(r'\r\n|[\^"\r\n]')
_CARET_OF: Final = {"^": "^^", '"': "^'", "\n": "^n", "\r": "^n", "\r\n": "^n"}
#: Runs without separator: whole escapes, or anything but a backslash and the separator.
_PIECES: Final = {mark: re.compile(rf"(?:\\.|[^\\{mark}]++|\\\Z)*+", re.DOTALL) for mark in ",;"}


def escape(text: str) -> str:
    """Return the text as it stands in a TEXT value; each kind of line break becomes the one there is."""
    return _SPECIAL.sub(lambda found: _ESCAPE_OF[found[0]], text)


def unescape(value: str) -> str:
    """Return the text that a TEXT value stands for."""
    if "\\" not in value:
        return value
    return _ESCAPED.sub(lambda found: _PLAIN_OF.get(found[1], found[1]), value)


def split(value: str, mark: str = ",") -> list[str]:
    """Return the pieces between separators that are not escaped; the pieces stay escaped."""
    if "\\" not in value:
        return value.split(mark)
    pieces, position = [], 0
    pattern = _PIECES[mark]
    while True:
        found = pattern.match(value, position)
        end = found.end() if found else position
        pieces.append(value[position:end])
        if end >= len(value):
            return pieces
        position = end + 1


def text_list(value: str) -> list[str]:
    """Return the texts of a list such as CATEGORIES; empty ones are left out."""
    return [text for piece in split(value) if (text := unescape(piece).strip())]


def structure(value: str, *, lists: bool = True) -> list[list[str]]:
    """Return the components of a structured value such as N, each a list of texts.

    Args:
        value: the value as it stands.
        lists: whether commas part the texts of a component; they do not in vCard 2.1.
    """
    if not lists:
        return [[unescape(piece)] for piece in split(value, ";")]
    return [[unescape(text) for text in split(piece)] for piece in split(value, ";")]


def format_text_list(texts: Iterable[str]) -> str:
    """Return the value of a list of texts."""
    return ",".join(map(escape, texts))


def format_structure(components: Iterable[Sequence[str]]) -> str:
    """Return the value of a structure: components of texts."""
    return ";".join(format_text_list(component) for component in components)


def caret_decode(value: str) -> str:
    """Undo the encoding of parameter values of RFC 6868; other carets stay."""
    return _CARET.sub(lambda found: _CARET_PLAIN[found[1]], value) if "^" in value else value


def caret_encode(value: str) -> str:
    """Encode what no parameter value can hold, RFC 6868."""
    return _CARET_SPECIAL.sub(lambda found: _CARET_OF[found[0]], value)
