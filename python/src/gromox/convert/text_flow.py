"""format=flowed: lines that were wrapped for transport become paragraphs again.

Spec: RFC 3676 4 (reading), 4.2 (wrapping), 4.3 (signatures), 4.4 (space-stuffing), 4.5 (quoting).
"""

from __future__ import annotations

from typing import Final, NamedTuple

MAX_QUOTES: Final = 40
_SIGNATURE: Final = "-- "


class TextLine(NamedTuple):
    """A line and how deep it is quoted."""

    quotes: int
    text: str


def split_quotes(line: str, *, is_flowed: bool = False) -> TextLine:
    """Return how often a line is quoted, and the rest of it.

    Only flowed text says exactly what is a quote mark (RFC 3676 4.5); elsewhere blanks may stand between.
    """
    quotes, at = 0, 0
    while at < len(line) and quotes < MAX_QUOTES:
        if line[at] == ">":
            quotes += 1
            at += 1
        elif not is_flowed and line[at] == " " and line[at + 1 : at + 2] == ">" and quotes:
            at += 1
        else:
            break
    if quotes and line[at : at + 1] == " ":
        at += 1  # stuffing, or what looks like it
    elif is_flowed and not quotes and line[:1] == " ":
        at = 1
    return TextLine(quotes, line[at:])


def text_lines(text: str) -> list[TextLine]:
    """Return the lines of text that is not flowed."""
    return [split_quotes(line) for line in _lines(text)]


def unflow(text: str, *, del_sp: bool = False) -> list[TextLine]:
    """Return the paragraphs of flowed text, each as one line.

    Args:
        text: out of its transfer encoding; lines may end with CRLF or LF.
        del_sp: the parameter DelSp: the blank at the end of a flowed line was no part of the text.
    """
    out: list[TextLine] = []
    pieces: list[str] = []
    quotes = 0
    is_open = False
    for raw in _lines(text):
        line = split_quotes(raw, is_flowed=True)
        # RFC 3676 4.5: a flowed line whose next has another depth is a fixed one; 4.3: so is a signature.
        if is_open and (line.quotes != quotes or line.text == _SIGNATURE):
            out.append(TextLine(quotes, "".join(pieces)))
            pieces = []
        quotes = line.quotes
        is_open = line.text.endswith(" ") and line.text != _SIGNATURE
        pieces.append(line.text[:-1] if is_open and del_sp else line.text)
        if not is_open:
            out.append(TextLine(quotes, "".join(pieces)))
            pieces = []
    if pieces:
        out.append(TextLine(quotes, "".join(pieces)))
    return out


def _lines(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines[:-1] if not lines[-1] else lines
