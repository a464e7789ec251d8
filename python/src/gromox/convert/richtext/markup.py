"""A document of RTF as HTML."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final

from gromox.convert.richtext.document import read_document
from gromox.convert.richtext.model import (
    Align,
    Block,
    Document,
    ListKind,
    Look,
    Paragraph,
    Picture,
    Run,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_TWIPS_IN_POINT: Final = 20
_TWIPS_IN_PIXEL: Final = 15
_TAB: Final = "&nbsp;&nbsp;&nbsp; "
_NOT_FONT: Final = re.compile(r"[^\w .,()+-]")
#: Fonts whose octets were translated to Unicode; naming them would show something else.
_SYMBOL_FONTS: Final = frozenset(["symbol", "wingdings", "wingdings 2", "wingdings 3", "webdings"])
_HEAD: Final = (
    '<html>\r\n<head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\r\n'
    "</head>\r\n<body>\r\n"
)
_TAIL: Final = "</body>\r\n</html>\r\n"


def html_of(document: Document | bytes) -> str:
    """Return a page that shows the document; pictures are links to their Content-IDs.

    Args:
        document: RTF, or what was read of it.

    Raises:
        ParseError: it is no RTF.
    """
    read = read_document(document) if isinstance(document, bytes) else document
    return _HEAD + _Writer(read.pictures).blocks(read.blocks) + _TAIL


class _Writer:
    """Writes blocks."""

    def __init__(self, pictures: Sequence[Picture]) -> None:
        self._pictures = pictures

    def blocks(self, blocks: Sequence[Block]) -> str:
        out: list[str] = []
        open_lists: list[ListKind] = []
        for block in blocks:
            item = (
                block
                if isinstance(block, Paragraph) and block.layout.list_kind is not ListKind.NONE
                else None
            )
            _fit_lists(out, open_lists, item)
            if item is not None:
                out.append(f"<li{_style(item)}>{self._runs(item.runs)}</li>\r\n")
            elif isinstance(block, Table):
                out.append(self._table(block))
            else:
                out.append(f"<p{_style(block)}>{self._runs(block.runs) or '&nbsp;'}</p>\r\n")
        _fit_lists(out, open_lists, None)
        return "".join(out)

    def _table(self, table: Table) -> str:
        rows = "".join(
            f"<tr>{''.join(f'<td>{self._cell(cell)}</td>' for cell in row)}</tr>\r\n" for row in table.rows
        )
        return f'<table border="1" style="border-collapse:collapse">\r\n{rows}</table>\r\n'

    def _cell(self, blocks: Sequence[Block]) -> str:
        only = blocks[0] if len(blocks) == 1 else None
        if isinstance(only, Paragraph) and not _style(only, margin=""):
            return self._runs(only.runs) or "&nbsp;"
        return self.blocks(blocks)

    def _runs(self, runs: Sequence[Run]) -> str:
        out: list[str] = []
        link = ""
        for run in runs:
            if run.look.link != link:
                out.append("</a>" if link else "")
                link = run.look.link
                out.append(f'<a href="{html.escape(link)}">' if link else "")
            if run.picture:
                out.append(self._picture(self._pictures[run.picture - 1]))
            else:
                start, end = _tags(run.look)
                out.append(start + _escaped(run.text) + end)
        return "".join(out) + ("</a>" if link else "")

    def _picture(self, picture: Picture) -> str:
        width, height = picture.width // _TWIPS_IN_PIXEL, picture.height // _TWIPS_IN_PIXEL
        size = f' width="{width}" height="{height}"' if width and height else ""
        return f'<img src="cid:{html.escape(picture.content_id)}"{size} alt="">'


def _fit_lists(out: list[str], lists: list[ListKind], item: Paragraph | None) -> None:
    """Open and close lists so that an item of this level and kind (or no item) can follow."""
    wanted = item.layout.list_level + 1 if item is not None else 0
    kind = item.layout.list_kind if item is not None else ListKind.NONE
    while len(lists) > wanted or (lists and len(lists) == wanted and lists[-1] is not kind):
        out.append(f"</{lists.pop().value}>\r\n")
    while len(lists) < wanted:
        lists.append(kind)
        out.append(f"<{lists[-1].value}>\r\n")


def _style(paragraph: Paragraph, *, margin: str = "margin:0") -> str:
    layout = paragraph.layout
    styles = [margin] if margin else []
    if layout.align is not Align.NONE:
        styles.append(f"text-align:{layout.align.value}")
    if layout.list_kind is ListKind.NONE:
        side = "right" if layout.right_to_left else "left"
        if layout.left > 0:
            styles.append(f"margin-{side}:{layout.left / _TWIPS_IN_POINT:g}pt")
        if layout.first:
            styles.append(f"text-indent:{layout.first / _TWIPS_IN_POINT:g}pt")
    direction = ' dir="rtl"' if layout.right_to_left else ""
    return direction + (f' style="{";".join(styles)}"' if styles else "")


def _tags(look: Look) -> tuple[str, str]:
    styles: list[str] = []
    font = _NOT_FONT.sub("", look.font)
    if font and font.lower() not in _SYMBOL_FONTS:
        styles.append(f"font-family:'{font}'")
    if look.size:
        styles.append(f"font-size:{look.size / 2:g}pt")
    if look.color is not None:
        styles.append(f"color:#{look.color:06x}")
    if look.background is not None:
        styles.append(f"background-color:#{look.background:06x}")
    names = [
        name
        for name, is_set in (
            ("b", look.bold),
            ("i", look.italic),
            ("u", look.underline and not look.link),
            ("s", look.strike),
            ("sup", look.raised > 0),
            ("sub", look.raised < 0),
        )
        if is_set
    ]
    start = f'<span style="{";".join(styles)}">' if styles else ""
    end = "</span>" if styles else ""
    return start + "".join(f"<{name}>" for name in names), "".join(
        f"</{name}>" for name in reversed(names)
    ) + end


def _escaped(text: str) -> str:
    text = html.escape(text, quote=False).replace("\t", _TAB).replace("  ", "&nbsp; ")
    return text.replace("\n", "<br>\r\n")
