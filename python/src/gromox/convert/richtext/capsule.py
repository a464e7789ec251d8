r"""HTML and text inside RTF: taken out exactly, and put in so that it comes out exactly.

Spec:
    [MS-OXRTFEX] 2.1.3.1 (FROMHTML, FROMTEXT, HTMLTAG, MHTMLTAG, HTMLRTF), 2.1.3.2 and 2.1.3.3 (putting in),
    2.2.3 (recognising and taking out).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from gromox.convert.richtext.encapsulate import encapsulate_html, encapsulate_text
from gromox.convert.richtext.interpreter import Interpreter
from gromox.convert.richtext.token import Kind, tokens

__all__ = ["Capsule", "CapsuleKind", "encapsulate_html", "encapsulate_text", "kind_of", "open_capsule"]

#: How far the mark of a capsule is looked for, [MS-OXRTFEX] 2.2.3.1.
_FIRST_TOKENS: Final = 10
#: Line ends of what comes out.
_LINE_WORDS: Final = frozenset(["par", "line"])
#: Characters that are references when they stand as words in HTML, [MS-OXRTFEX] 2.1.3.1.4.2 and 2.2.3.2.
_REFERENCES: Final[dict[str, str]] = {
    "\u2018": "&lsquo;",
    "\u2019": "&rsquo;",
    "\u201c": "&ldquo;",
    "\u201d": "&rdquo;",
    "\u2022": "&bull;",
    "\u2013": "&ndash;",
    "\u2014": "&mdash;",
    "\u2002": "&ensp;",
    "\u2003": "&emsp;",
    "\u00a0": "&nbsp;",
    "\u00ad": "&shy;",
    "\u200d": "&zwj;",
    "\u200c": "&zwnj;",
    "\u200e": "&lrm;",
    "\u200f": "&rlm;",
}


class CapsuleKind(Enum):
    """What RTF was made of."""

    NONE = "rtf"  #: it is a document of its own
    HTML = "html"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Capsule:
    """What was inside; ``content`` is empty for RTF that is no capsule. Lines end as the maker had them."""

    kind: CapsuleKind
    content: str = ""
    code_page: int = 1252  #: what the capsule's octets were in


def kind_of(rtf: bytes) -> CapsuleKind:
    """Tell what a document was made of, by its first few tokens.

    Spec: [MS-OXRTFEX] 2.2.3.1.

    Raises:
        ParseError: the octets do not begin like RTF.
    """
    for number, token in enumerate(tokens(rtf)):
        if number >= _FIRST_TOKENS or token.kind not in (Kind.OPEN, Kind.CLOSE, Kind.WORD, Kind.SYMBOL):
            break
        if token.kind is Kind.WORD and token.name == "fromhtml":
            # \fromhtml0 says that it is not; versions above 1 were never defined but mean the same.
            return CapsuleKind.NONE if token.number == 0 else CapsuleKind.HTML
        if token.kind is Kind.WORD and token.name == "fromtext":
            return CapsuleKind.TEXT
    return CapsuleKind.NONE


def open_capsule(rtf: bytes) -> Capsule:
    """Return what a document was made of.

    Spec: [MS-OXRTFEX] 2.2.3.2 (HTML) and 2.2.3.3 (text).

    Raises:
        ParseError: the octets are no RTF, or its groups nest too deep.
    """
    kind = kind_of(rtf)
    if kind is CapsuleKind.NONE:
        return Capsule(kind)
    reader = _HtmlReader(rtf) if kind is CapsuleKind.HTML else _TextReader(rtf)
    reader.run()
    return Capsule(kind, "".join(reader.out), reader.page)


class _TextReader(Interpreter):
    """Takes out text: all that is text, and the words that stand for text."""

    def __init__(self, octets: bytes) -> None:
        super().__init__(octets)
        self.out: list[str] = []

    def text(self, text: str) -> None:
        if not self.state.hidden and self.state.destination != "colortbl":
            self.out.append(text)

    def word(self, name: str, number: int | None) -> None:
        del number
        if name == "colortbl":
            self.state.destination = name
        elif name in _LINE_WORDS:
            self.text("\r\n")
        elif name == "plain":
            self.state.font = None


class _HtmlReader(_TextReader):
    """Takes out HTML: the tags, and the text that is not there for readers of RTF alone."""

    def word(self, name: str, number: int | None) -> None:
        if name == "htmlrtf":
            self.state.hidden = number != 0
        elif name == "htmltag":  # without its \*, some programs
            self.state.destination = name
        else:
            super().word(name, number)

    def destination(self, name: str, *, ignorable: bool) -> bool:
        del ignorable
        return name == "htmltag"  # and not \*\mhtmltag: rewritten links that nobody needs

    def page_in_force(self) -> int:
        return self.page if self.state.destination == "htmltag" else super().page_in_force()

    def character(self, character: str) -> None:
        self.flush()
        if self.state.destination == "htmltag" or character == "\t":
            self.text(character)
        else:
            self.text(_REFERENCES.get(character, character))
