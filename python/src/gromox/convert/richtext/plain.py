"""A document of RTF as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.convert.richtext.document import read_document
from gromox.convert.richtext.model import Block, Document, ListKind, Paragraph, Run, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

_BULLET: Final = "\u2022"
_INDENT: Final = "  "


def text_of(document: Document | bytes) -> str:
    """Return what a reader of the document would type: lines end with LF, cells are separated by tabs.

    Args:
        document: RTF, or what was read of it.

    Raises:
        ParseError: it is no RTF.
    """
    read = read_document(document) if isinstance(document, bytes) else document
    lines = _lines(read.blocks)
    return "\n".join(lines) + "\n" if lines else ""


def _lines(blocks: Sequence[Block]) -> list[str]:
    out: list[str] = []
    for block in blocks:
        if isinstance(block, Table):
            out += ["\t".join(" ".join(_lines(cell)).strip() for cell in row) for row in block.rows]
        else:
            out.append(_prefix(block) + _text(block.runs))
    return out


def _prefix(paragraph: Paragraph) -> str:
    layout = paragraph.layout
    if layout.list_kind is ListKind.NONE:
        return f"{paragraph.marker} " if paragraph.marker else ""
    marker = _BULLET if layout.list_kind is ListKind.BULLETS else paragraph.marker or "-"
    return f"{_INDENT * layout.list_level}{marker} "


def _text(runs: Sequence[Run]) -> str:
    out: list[str] = []
    link, linked = "", ""
    for run in (*runs, None):
        if link and (run is None or run.look.link != link):
            out.append(_target(link, linked))
            linked = ""
        if run is not None:
            link = run.look.link
            linked += run.text if link else ""
            out.append(run.text)
    return "".join(out)


def _target(link: str, shown: str) -> str:
    """Return where a link leads unless its text says so."""
    bare = link.removeprefix("mailto:")
    return "" if bare in shown or link.startswith("#") else f" <{bare}>"
