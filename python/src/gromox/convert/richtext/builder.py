"""Puts paragraphs, tables and pictures together in the order in which RTF tells of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from gromox.convert.richtext.model import Block, Layout, Look, Paragraph, Run, Table

#: Tables in cells of tables; deeper ones are read as if they stood in the last.
MAX_TABLE_DEPTH: Final = 8
_MAX_MARKER: Final = 32
#: Pieces of one look are joined while they are short, which keeps joining linear.
_JOINED: Final = 4096


@dataclass(slots=True)
class _Level:
    """The body, or a table while it is read."""

    rows: list[list[list[Block]]] = field(default_factory=list)
    cells: list[list[Block]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    def end_cell(self) -> None:
        """Close the cell."""
        self.cells.append(self.blocks)
        self.blocks = []

    def end_row(self) -> None:
        """Close the row."""
        if self.blocks:
            self.end_cell()
        if self.cells:
            self.rows.append(self.cells)
            self.cells = []


class Builder:
    """Collects runs into paragraphs, paragraphs into cells, cells into tables."""

    def __init__(self) -> None:
        self.marker = ""
        self._levels = [_Level()]
        self._runs: list[Run] = []

    def add_text(self, text: str, look: Look) -> None:
        """Add characters to the paragraph."""
        last = self._runs[-1] if self._runs else None
        if last is not None and last.look == look and not last.picture and len(last.text) < _JOINED:
            self._runs[-1] = Run(last.text + text, look)
        else:
            self._runs.append(Run(text, look))

    def add_picture(self, number: int, look: Look) -> None:
        """Add a picture to the paragraph."""
        self._runs.append(Run("", look, number))

    def add_marker(self, text: str) -> None:
        """Add to the bullet or number of the paragraph."""
        self.marker = (self.marker + text)[:_MAX_MARKER]

    def end_paragraph(self, layout: Layout, depth: int | None = None) -> None:
        """End the paragraph; it stands in a table of this depth, or where its layout says."""
        where = min(layout.table_depth if depth is None else depth, MAX_TABLE_DEPTH)
        self._level(where).blocks.append(Paragraph(layout, self._runs, self.marker.strip()))
        self._runs, self.marker = [], ""

    def end_cell(self, layout: Layout, *, nested: bool) -> None:
        """End a cell, and the paragraph in it."""
        depth = _depth(layout, nested=nested)
        if self._runs or not self._level(depth).blocks:
            self.end_paragraph(layout, depth)
        self._level(depth).end_cell()

    def end_row(self, layout: Layout, *, nested: bool) -> None:
        """End a row, and what is open in it."""
        depth = _depth(layout, nested=nested)
        if self._runs:
            self.end_paragraph(layout, depth)
        self._level(depth).end_row()

    def end(self, layout: Layout) -> list[Block]:
        """End all; return the body."""
        if self._runs:
            self.end_paragraph(layout)
        return self._level(0).blocks

    def _level(self, depth: int) -> _Level:
        """Return the body or table of this depth; deeper tables end, missing ones begin."""
        while len(self._levels) - 1 > depth:
            ended = self._levels.pop()
            ended.end_row()
            if ended.rows:
                self._levels[-1].blocks.append(Table(ended.rows))
        while len(self._levels) - 1 < depth:
            self._levels.append(_Level())
        return self._levels[-1]


def _depth(layout: Layout, *, nested: bool) -> int:
    return min(max(2, layout.table_depth), MAX_TABLE_DEPTH) if nested else 1
