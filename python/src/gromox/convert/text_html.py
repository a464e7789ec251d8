"""Text as HTML: paragraphs, quotations, links."""

from __future__ import annotations

import html
import re
from typing import Final

from gromox.convert.text_flow import TextLine, text_lines, unflow

_HEAD: Final = (
    '<html>\r\n<head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\r\n'
    "</head>\r\n<body>\r\n"
)
_TAIL: Final = "</body>\r\n</html>\r\n"
_QUOTE: Final = (
    '<blockquote type="cite" style="margin:0 0 0 .8ex;border-left:1px #ccc solid;padding-left:1ex">\r\n'
)
_LINK: Final = re.compile(
    r"""(?:https?://|ftp://|www\.(?=[^\s.]))[^\s<>"\u201c\u201d]{2,2000}"""
    r"""|(?<![\w.@+-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}(?![\w@])""",
)
#: What ends a sentence rather than an address.
_TRAILING: Final = ".,;:!?'*_"
_PAIRS: Final = {")": "(", "]": "[", "}": "{"}


def html_of_text(text: str, *, is_flowed: bool = False, del_sp: bool = False) -> str:
    """Return a page that shows the text.

    Args:
        text: lines may end with CRLF or LF.
        is_flowed: the parameter format=flowed of RFC 3676.
        del_sp: its parameter DelSp.
    """
    lines = unflow(text, del_sp=del_sp) if is_flowed else text_lines(text)
    out: list[str] = []
    quotes = 0
    paragraph: list[str] = []
    for line in (*lines, TextLine(0, "")):
        if paragraph and (line.quotes != quotes or not line.text.strip()):
            out.append(_paragraph(paragraph))
            paragraph = []
        while quotes < line.quotes:
            out.append(_QUOTE)
            quotes += 1
        while quotes > line.quotes:
            out.append("</blockquote>\r\n")
            quotes -= 1
        if line.text.strip():
            paragraph.append(_marked_up(line.text))
    return _HEAD + "".join(out) + _TAIL


def _paragraph(lines: list[str]) -> str:
    return "<p>" + "<br>\r\n".join(lines) + "</p>\r\n"


def _marked_up(line: str) -> str:
    out: list[str] = []
    position = 0
    for found in _LINK.finditer(line):
        address = _without_end(found[0])
        out.append(_escaped(line[position : found.start()]))
        position = found.start() + len(address)
        out.append(f'<a href="{html.escape(_target(address))}">{_escaped(address)}</a>')
    out.append(_escaped(line[position:]))
    return "".join(out)


def _without_end(address: str) -> str:
    """Cut off what belongs to the sentence around an address."""
    end = len(address)
    while end > 1:
        last = address[end - 1]
        opening = _PAIRS.get(last)
        is_unpaired = opening is not None and address.count(last, 0, end) > address.count(opening, 0, end)
        if last not in _TRAILING and not is_unpaired:
            break
        end -= 1
    return address[:end]


def _target(address: str) -> str:
    if "://" in address:
        return address
    return f"http://{address}" if address.startswith("www.") else f"mailto:{address}"


def _escaped(text: str) -> str:
    text = html.escape(text, quote=False).replace("\t", "        ")
    if text.startswith(" "):
        text = "&nbsp;" + text[1:]
    return text.replace("  ", " &nbsp;")
