r"""Putting HTML and text into RTF so that both kinds of readers are served.

Who takes the HTML out gets exactly what was put in. Who shows the RTF sees paragraphs, emphasis, lists and
links without most of the looks: that is what the words between ``\htmlrtf`` and ``\htmlrtf0`` are for.

Spec: [MS-OXRTFEX] 2.1.3.1.4 (fragments), 2.1.3.2 (HTML), 2.1.3.3 (text).
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Final

_HEADER: Final = (
    rb"{\rtf1\ansi\ansicpg1252%b\deff0" + b"\r\n"
    rb"{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fmodern Courier New;}}" + b"\r\n"
    rb"{\colortbl\red0\green0\blue0;\red5\green99\blue193;}" + b"\r\n"
    rb"\uc1\pard\plain\deftab360\f0\fs24 "
)
#: One tag, comment or declaration; whatever does not end takes the rest, as in browsers.
_MARKUP: Final = re.compile(
    r"""<!--.*?(?:-->|\Z)|<[A-Za-z/!?](?>=\s*+(?:"[^"]*+"|'[^']*+')|[^>])*+(?:>|\Z)""", re.DOTALL
)
_TAG_NAME: Final = re.compile(r"</?([A-Za-z][A-Za-z0-9:]{0,15})")
_REFERENCE: Final = re.compile(r"&(?:#[0-9]{1,8}|#[xX][0-9A-Fa-f]{1,8}|[A-Za-z][A-Za-z0-9]{1,31});?")
_BLANKS: Final = re.compile(r"[ \t\r\n\f]+")
_PIECES: Final = re.compile(r"&[A-Za-z#][A-Za-z0-9#]{0,32};?|[ \t\r\n\f]{2,}|[\t\r\n\f]")
_NOT_PLAIN: Final = re.compile(r"[^ -\[\]-z|~]|\\")
#: Elements whose content is not text for a reader.
_OPAQUE: Final = frozenset(["script", "style", "title", "textarea", "xmp", "noscript", "template"])

# Parts of the parameter of \*\htmltag, [MS-OXRTFEX] 2.1.3.1.4.1: where it stands, and what it is.
_IN_HEAD: Final = 0x01
_IN_HTML: Final = 0x02
_OUT_HTML: Final = 0x03
_IN_PARAGRAPH: Final = 0x04
_CLOSING: Final = 0x08
_TYPES: Final[dict[str, int]] = {
    "html": 0x10,
    "head": 0x20,
    "body": 0x30,
    "p": 0x40,
    "div": 0x60,
    "br": 0x70,
    "pre": 0x80,
    "font": 0x90,
    "span": 0x90,
    "b": 0x90,
    "i": 0x90,
    "u": 0x90,
    "a": 0x90,
    "h1": 0xA0,
    "h2": 0xA0,
    "h3": 0xA0,
    "h4": 0xA0,
    "h5": 0xA0,
    "h6": 0xA0,
    "title": 0xB0,
}
_UNKNOWN: Final = 0xF0
_TEXT_TYPE: Final = 0x50
_PLACES: Final = {"html": _OUT_HTML, "head": _IN_HTML, "body": _IN_HTML}

_BLOCKS: Final = frozenset(
    [
        "p",
        "div",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "blockquote",
        "pre",
        "table",
        "tr",
        "address",
        "center",
        "dl",
        "dt",
        "dd",
        "form",
        "hr",
        "section",
    ]
)
#: What a tag switches in the RTF, and what its end tag does.
_SWITCHES: Final[dict[str, tuple[bytes, bytes]]] = {
    **dict.fromkeys(("b", "strong", "th"), (rb"\b ", rb"\b0 ")),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), (rb"\b ", rb"\b0 ")),
    **dict.fromkeys(("i", "em", "cite"), (rb"\i ", rb"\i0 ")),
    **dict.fromkeys(("u", "ins"), (rb"\ul ", rb"\ulnone ")),
    **dict.fromkeys(("s", "strike", "del"), (rb"\strike ", rb"\strike0 ")),
    **dict.fromkeys(("pre", "code", "tt"), (rb"\f1 ", rb"\f0 ")),
    "a": (rb"\cf1\ul ", rb"\cf0\ulnone "),
    "sup": (rb"\super ", rb"\nosupersub "),
    "sub": (rb"\sub ", rb"\nosupersub "),
}
_CELLS: Final = frozenset(["td", "th"])


def _escaped(text: str, *, lines: bytes | None = None) -> bytes:
    """Return text in RTF. ``lines`` stands for every CRLF; None writes line ends as octets."""

    def escape(found: re.Match[str]) -> str:
        character = found[0]
        if character in "\\{}":
            return "\\" + character
        if character == "\t":
            return "\\tab "
        if character < "\x80":
            return f"\\'{ord(character):02x}"
        units = character.encode("utf-16-le", "surrogatepass")
        # Signed 16 bits, and what a reader without Unicode shows instead.
        return "".join(
            f"\\u{int.from_bytes(units[at : at + 2], 'little', signed=True)}?"
            for at in range(0, len(units), 2)
        )

    if lines is None or "\n" not in text:
        return _NOT_PLAIN.sub(escape, text).encode("ascii")
    return lines.join(_NOT_PLAIN.sub(escape, line).encode("ascii") for line in text.split("\r\n"))


def encapsulate_text(text: str) -> bytes:
    r"""Return RTF that text readers take apart again.

    Spec: [MS-OXRTFEX] 2.1.3.3: every kind of line end becomes ``\par``, which comes back as CRLF.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    return _HEADER % rb"\fromtext" + _escaped(lines, lines=b"\\par\r\n") + b"}\r\n"


def encapsulate_html(markup: str) -> bytes:
    """Return RTF from which :func:`~gromox.convert.richtext.capsule.open_capsule` gives back this HTML.

    Exactly so: line ends, letter case and mistakes included. The RTF is ASCII.
    """
    maker = _Maker()
    position = 0
    for found in _markups(markup):
        maker.add_text(markup[position : found[0]])
        maker.add_markup(markup[found[0] : found[1]])
        position = found[1]
    maker.add_text(markup[position:])
    return _HEADER % rb"\fromhtml1" + b"{\\*\\htmltag64}" + b"".join(maker.out) + b"}\r\n"


def _markups(markup: str) -> list[tuple[int, int]]:
    """Return where tags stand; what an opaque element holds belongs to its tag."""
    places: list[tuple[int, int]] = []
    ends: dict[str, bool] = {}
    found = _MARKUP.search(markup)
    while found is not None:
        start, end = found.span()
        name = _TAG_NAME.match(found[0])
        element = name[1].lower() if name and not found[0].startswith("</") else ""
        if element in _OPAQUE and ends.get(element, True):
            closing = re.compile(rf"</{element}", re.IGNORECASE).search(markup, end)
            ends[element] = closing is not None  # looked for in vain only once
            end = closing.start() if closing else end
        places.append((start, end))
        found = _MARKUP.search(markup, end)
    return places


@dataclass(slots=True)
class _Maker:
    """Collects the body of the document."""

    out: list[bytes] = field(default_factory=list)
    place: int = 0  #: in the head or body
    is_fresh: bool = True  #: the RTF stands at the beginning of a line
    preformatted: int = 0

    def add_markup(self, text: str) -> None:
        name_found = _TAG_NAME.match(text)
        name = name_found[1].lower() if name_found else ""
        closing = text.startswith("</")
        number = _TYPES.get(name, _UNKNOWN) | _PLACES.get(name, self.place) | (_CLOSING if closing else 0)
        if not self.is_fresh and name not in _BLOCKS:
            number |= _IN_PARAGRAPH
        self._add_fragment(number, text)
        if name == "head":
            self.place = 0 if closing else _IN_HEAD
        elif name == "pre":
            self.preformatted = max(self.preformatted + (-1 if closing else 1), 0)
        self._add_looks(name, closing=closing)

    def _add_fragment(self, number: int, text: str) -> None:
        self.out.append(b"{\\*\\htmltag%d %b}" % (number, _escaped(text, lines=b"\\par ")))

    def _add_looks(self, name: str, *, closing: bool) -> None:
        shown = b""
        if name == "br":
            shown = b"\\line\r\n"
        elif name in _BLOCKS and not self.is_fresh:
            shown = b"\\par\r\n"
        elif name in _CELLS and closing:
            shown = b"\\tab "
        if name in _BLOCKS:
            self.is_fresh = True
        shown += _SWITCHES.get(name, (b"", b""))[closing]
        if name == "li" and not closing:
            shown += b"\\bullet\\tab "
        if shown:
            self._add_hidden(shown)

    def _add_hidden(self, rtf: bytes) -> None:
        self.out.append(b"\\htmlrtf " + rtf + b"\\htmlrtf0 ")

    def add_text(self, text: str) -> None:
        """Add what stands between tags; references and blanks that do not show go into fragments."""
        if not text:
            return
        if self.place:
            self._add_fragment(_TEXT_TYPE | self.place, text)
            return
        position = 0
        for found in _PIECES.finditer(text):
            self._add_plain(text[position : found.start()])
            position = found.end()
            self._add_fragment(_TEXT_TYPE | _IN_PARAGRAPH, found[0])
            self._add_shown(found[0])
        self._add_plain(text[position:])

    def _add_plain(self, text: str) -> None:
        if text:
            self.out.append(_escaped(text))
            self.is_fresh = False

    def _add_shown(self, piece: str) -> None:
        """Show a reader of RTF what a reference or blanks stand for."""
        if _REFERENCE.fullmatch(piece):
            self._add_hidden(_escaped(html.unescape(piece).replace("\u00a0", " ")))
            self.is_fresh = False
        elif self.preformatted:
            self._add_hidden(_escaped(piece.replace("\r\n", "\n").replace("\n", "\r\n"), lines=b"\\line "))
        elif _BLANKS.fullmatch(piece) and not self.is_fresh:
            self._add_hidden(b" ")
