"""HTML as readable text: quoting, lists, links, tables, preformatted parts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from gromox.convert.html_token import VOID, HtmlToken, html_tokens

_MAX_QUOTES: Final = 40
_MAX_LISTS: Final = 20
_BLANKS: Final = re.compile(r"[ \t\r\n\f]+")
_HIDING: Final = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all)", re.IGNORECASE
)
_HIDDEN: Final = frozenset(
    ["head", "script", "style", "template", "title", "object", "applet", "datalist", "noframes", "iframe"]
)
#: Elements that stand apart by a blank line, and those that only begin a line.
_PARAGRAPHS: Final = frozenset(
    [
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "pre",
        "ul",
        "ol",
        "dl",
        "table",
        "figure",
        "fieldset",
    ]
)
_LINES: Final = frozenset(
    [
        "div",
        "section",
        "article",
        "aside",
        "header",
        "footer",
        "nav",
        "main",
        "address",
        "form",
        "center",
        "tr",
        "li",
        "dt",
        "dd",
        "caption",
        "thead",
        "tbody",
        "tfoot",
        "details",
        "summary",
        "figcaption",
        "option",
        "legend",
        "body",
        "html",
    ]
)
#: A hidden element of these ends where the next one begins.
_IMPLICIT: Final = frozenset(["p", "li", "td", "th", "tr", "option", "dt", "dd"])
_LISTS: Final = frozenset(["ul", "ol"])
_ROWS: Final = frozenset(["tr", "table", "thead", "tbody", "tfoot", "caption"])
_RULE: Final = "-" * 40
_BULLETS: Final = ("\u2022", "\u25e6", "\u25aa")


def text_of_html(markup: str) -> str:
    """Return what a reader of the page sees, as text whose lines end with LF.

    A quotation gets ``> `` before each line, an item its bullet or number; a link is followed by its address
    unless the text is the address; cells of a row stand on one line with tabs between them. Lines are not
    wrapped.
    """
    writer = _Writer()
    for token in html_tokens(markup):
        writer.take(token)
    return writer.finish()


@dataclass(slots=True)
class _List:
    """A list that is open."""

    is_numbered: bool
    number: int


@dataclass(slots=True)
class _Writer:
    """Takes tokens, gives lines."""

    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    quotes: int = 0
    last_quotes: int = 0
    lists: list[_List] = field(default_factory=list)
    marker: str = ""
    preformatted: int = 0
    wants_blank: bool = False
    ends_with_space: bool = True
    hidden_by: str = ""
    hidden_depth: int = 0
    link: str | None = None
    link_start: int = 0
    cell_pending: bool = False  #: a cell begins; what stood before it in its row needs a tab
    is_in_cell: bool = False
    is_deferred: bool = False  #: a paragraph ended in a cell: the line ends unless the next cell follows

    def take(self, token: HtmlToken) -> None:
        """Take one token."""
        if self.hidden_by:
            self._take_hidden(token)
        elif not token.name:
            self._text(token.text)
        elif token.closing:
            self._end(token.name)
        elif _is_hidden(token):
            self.hidden_by, self.hidden_depth = token.name, 1
        else:
            self._start(token)

    def _take_hidden(self, token: HtmlToken) -> None:
        if token.name != self.hidden_by:
            return
        if not token.closing and token.name in _IMPLICIT:
            self.hidden_by = ""
            self.take(token)
            return
        self.hidden_depth += -1 if token.closing else 1
        if not self.hidden_depth:
            self.hidden_by = ""

    # Text ------------------------------------------------------------------------------------------
    def _text(self, text: str) -> None:
        if self.preformatted:
            first, *rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            self._add(first)
            for line in rest:
                self._break(is_forced=True)
                self._add(line)
            return
        text = _BLANKS.sub(" ", text)
        if self.ends_with_space:
            text = text.removeprefix(" ")
        self._add(text)

    def _add(self, text: str) -> None:
        if not text:
            return
        if self.is_deferred and text.strip():
            self._break()
        if self.cell_pending:
            self.cell_pending = False
            if self.line:
                self.line.append("\t")
        self.line.append(text)
        self.ends_with_space = text.endswith((" ", "\n"))

    def _break(self, *, is_forced: bool = False) -> None:
        """End the line; an empty one only if it was asked for."""
        self.cell_pending = self.is_deferred = False
        text = "".join(self.line)
        text = (text if self.preformatted else text.strip(" ")).replace("\u00a0", " ")
        self.ends_with_space = True
        self.line = []
        if not text.strip() and not is_forced:
            return
        prefix = "> " * self.quotes
        if self.wants_blank:
            self.wants_blank = False
            if self.lines and self.lines[-1].strip("> "):
                # Between two depths the blank line belongs to the outer one.
                self.lines.append(("> " * min(self.quotes, self.last_quotes)).rstrip())
        self.last_quotes = self.quotes
        if self.lists and (text or self.marker):
            prefix += "  " * (len(self.lists) - 1) + (self.marker or "  ")
            self.marker = ""
        self.lines.append((prefix + text).rstrip())

    # Tags ------------------------------------------------------------------------------------------
    def _start(self, token: HtmlToken) -> None:
        name = token.name
        if name in ("td", "th"):
            self._start_cell()
        elif name in _PARAGRAPHS or name in _LINES:
            self._start_block(name)
        if name == "br":
            self._break(is_forced=True)
        elif name == "hr":
            self._break()
            self._add(_RULE)
            self._break()
        elif name == "img":
            self._text(token.attribute("alt") or "")
        elif name == "q":
            self._add("\u201c")
        elif name == "a":
            self._end_link()
            self.link, self.link_start = token.attribute("href"), len(self.line)
        else:
            self._start_nesting(token)

    def _start_cell(self) -> None:
        if self.is_deferred:
            self.is_deferred = self.wants_blank = False
        self.cell_pending = self.is_in_cell = True

    def _start_block(self, name: str) -> None:
        if name in _ROWS:
            self.is_in_cell = False
        elif self.cell_pending:
            return  # the cell itself begins
        # An item that has nothing but its mark is shown when the next one begins.
        self._break(is_forced=bool(self.marker) and name == "li")
        if not self.marker:
            self.wants_blank |= name in _PARAGRAPHS and not (name in _LISTS and bool(self.lists))

    def _start_nesting(self, token: HtmlToken) -> None:
        name = token.name
        if name == "blockquote":
            self.quotes = min(self.quotes + 1, _MAX_QUOTES)
        elif name == "pre":
            self.preformatted += 1
        elif name in _LISTS and len(self.lists) < _MAX_LISTS:
            self.lists.append(_List(name == "ol", _number(token.attribute("start"), 1)))
        elif name == "li" and self.lists:
            listing = self.lists[-1]
            if listing.is_numbered:
                number = _number(token.attribute("value"), listing.number)
                self.marker, listing.number = f"{number}. ", number + 1
            else:
                self.marker = _BULLETS[(len(self.lists) - 1) % len(_BULLETS)] + " "

    def _end(self, name: str) -> None:
        if name == "a":
            self._end_link()
        elif name == "q":
            self._add("\u201d")
        if name in _PARAGRAPHS or name in _LINES:
            self._end_block(name)
        if name == "blockquote":
            self.quotes = max(self.quotes - 1, 0)
        elif name == "pre":
            self.preformatted = max(self.preformatted - 1, 0)
        elif name in _LISTS and self.lists:
            self.lists.pop()
        elif name == "li":
            self.marker = ""

    def _end_block(self, name: str) -> None:
        if name in _ROWS:
            self.is_in_cell = False
        if self.is_in_cell and self.line:
            self.is_deferred = True
        else:
            self._break(is_forced=bool(self.marker) and name in {"li", *_LISTS})
        self.wants_blank |= name in _PARAGRAPHS and not (name in _LISTS and len(self.lists) > 1)

    def _end_link(self) -> None:
        link, self.link = self.link, None
        if not link or link.startswith(("#", "javascript:", "data:", "cid:")):
            return
        shown = "".join(self.line[self.link_start :]).strip()
        address = link.strip().removeprefix("mailto:")
        bare = address.removeprefix("https://").removeprefix("http://").rstrip("/")
        if shown and bare and bare not in shown:
            self._add(f"{'' if self.ends_with_space else ' '}<{address}>")

    def finish(self) -> str:
        """End the last line; return all."""
        self._break()
        while self.lines and not self.lines[-1].strip("> "):
            self.lines.pop()
        return "\n".join(self.lines) + "\n" if self.lines else ""


def _is_hidden(token: HtmlToken) -> bool:
    if token.name in VOID:
        return False
    if token.name in _HIDDEN:
        return True
    if "hid" not in token.attributes.lower() and "none" not in token.attributes.lower():
        return False
    return token.attribute("hidden") is not None or _HIDING.search(token.attribute("style") or "") is not None


def _number(text: str | None, default: int) -> int:
    digits = (text or "").strip()[:9]
    return int(digits) if digits.isascii() and digits.isdigit() else default
