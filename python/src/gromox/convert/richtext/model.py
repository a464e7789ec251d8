"""A document of RTF as values: paragraphs of runs, tables, pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, TypeAlias


class Align(Enum):
    """How lines of a paragraph stand; the values are those of style sheets."""

    NONE = ""
    LEFT = "left"
    RIGHT = "right"
    CENTER = "center"
    JUSTIFY = "justify"


class ListKind(Enum):
    """What stands before an item; the values are those of HTML's elements."""

    NONE = ""
    BULLETS = "ul"
    NUMBERS = "ol"


class Look(NamedTuple):
    """How characters look. A NamedTuple: compared and replaced for every word of formatting."""

    bold: bool = False
    italic: bool = False
    underline: bool = False
    strike: bool = False
    raised: int = 0  #: 1: superscript, -1: subscript
    font: str = ""
    size: int = 0  #: half points; 0: as the reader likes
    color: int | None = None  #: 0xRRGGBB
    background: int | None = None
    hidden: bool = False
    link: str = ""


class Layout(NamedTuple):
    """How a paragraph looks and where it belongs."""

    align: Align = Align.NONE
    left: int = 0  #: twips
    first: int = 0  #: twips, counted from ``left``
    right_to_left: bool = False
    table_depth: int = 0
    list_kind: ListKind = ListKind.NONE
    list_level: int = 0


class Run(NamedTuple):
    """Characters of one look; a line break is LF. ``picture`` counts from 1 and stands for no text."""

    text: str
    look: Look
    picture: int = 0


@dataclass(slots=True)
class Paragraph:
    """A paragraph; ``marker`` is the bullet or number that the writer put before it, as text."""

    layout: Layout
    runs: list[Run] = field(default_factory=list)
    marker: str = ""


@dataclass(slots=True)
class Table:
    """Rows of cells of blocks."""

    rows: list[list[list[Block]]] = field(default_factory=list)


Block: TypeAlias = Paragraph | Table


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the document, shown in HTML as ``cid:`` and its ``content_id``."""

    content_id: str
    content_type: str
    octets: bytes
    width: int = 0  #: twips; 0: as large as it is
    height: int = 0


@dataclass(slots=True)
class Document:
    """What a reader of RTF sees."""

    blocks: list[Block] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
