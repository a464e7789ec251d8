"""HTML in tokens, as lenient as browsers: for conversions that look at tags in their order.

Not a parser of the document tree: who shows a page to a browser uses :mod:`gromox.convert.html_sanitize`.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_TAG: Final = re.compile(
    r"""<(/?)([A-Za-z][^\s/>]{0,63})((?>=\s*+(?:"[^"]*+"|'[^']*+')|[^>])*+)(>|\Z)""", re.DOTALL
)
_ATTRIBUTE: Final = re.compile(r"""([^\s=>/"'][^\s=>/]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]*)))?""")
_MAX_ATTRIBUTES: Final = 100
#: Elements whose content is not markup.
_OPAQUE: Final = frozenset(["script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes"])
VOID: Final = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)


class HtmlToken(NamedTuple):
    """A text (no name), a start tag, or an end tag. Text is out of its references."""

    text: str = ""
    name: str = ""
    closing: bool = False
    attributes: str = ""

    def attribute(self, wanted: str) -> str | None:
        """Return the value of an attribute, out of its references; None if it is not there."""
        for number, found in enumerate(_ATTRIBUTE.finditer(self.attributes)):
            if number >= _MAX_ATTRIBUTES:
                break
            if found[1].lower() == wanted:
                return html.unescape(found[2] or found[3] or found[4] or "")
        return None


def html_tokens(markup: str) -> Iterator[HtmlToken]:
    """Go through a page. Comments, declarations and processing instructions are passed over."""
    position, size = 0, len(markup)
    no_end: set[str] = set()
    while position < size:
        opening = markup.find("<", position)
        if opening < 0:
            yield HtmlToken(html.unescape(markup[position:]))
            return
        if opening > position:
            yield HtmlToken(html.unescape(markup[position:opening]))
        tag = _TAG.match(markup, opening)
        if tag is None:
            if markup.startswith(("<!", "<?", "</"), opening):
                position = _end_of_declaration(markup, opening)
            else:
                yield HtmlToken("<")
                position = opening + 1
            continue
        position = tag.end()
        name = tag[2].lower()
        closing = bool(tag[1])
        yield HtmlToken("", name, closing, tag[3])
        if name in _OPAQUE and not closing and name not in no_end:
            end = re.compile(rf"</{name}\b", re.IGNORECASE).search(markup, position)
            if end is None:
                no_end.add(name)  # looked for in vain only once
            else:
                text = markup[position : end.start()]
                yield HtmlToken(html.unescape(text) if name == "textarea" else text)
                position = end.start()


def _end_of_declaration(markup: str, opening: int) -> int:
    if markup.startswith("<!--", opening):
        end = markup.find("-->", opening + 2)
        return len(markup) if end < 0 else end + 3
    end = markup.find(">", opening)
    return len(markup) if end < 0 else end + 1
