"""RTF as a document: what a reader of it sees, as values.

Spec: RTF 1.9.1, "Contents of an RTF File": formatting of characters, paragraphs and tables, lists, fields,
pictures.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gromox.convert.richtext.builder import MAX_TABLE_DEPTH, Builder
from gromox.convert.richtext.charset import SYMBOL, decode_symbols
from gromox.convert.richtext.field import link_of
from gromox.convert.richtext.interpreter import Interpreter, State
from gromox.convert.richtext.listing import MAX_LEVEL, ListTables
from gromox.convert.richtext.model import (
    Align,
    Document,
    Layout,
    ListKind,
    Look,
    Picture,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Document", "Picture", "read_document"]

MAX_PICTURES: Final = 1000
_MAX_COLORS: Final = 10_000
#: Where symbol fonts lie in Unicode: the low octet is that of the font.
_SYMBOL_AREA: Final = re.compile("[\uf020-\uf0ff]")
_NOT_HEX: Final = re.compile(r"[^0-9A-Fa-f]+")
_PICTURE_TYPES: Final = {
    "pngblip": "image/png",
    "jpegblip": "image/jpeg",
    "emfblip": "image/x-emf",
    "wmetafile": "image/x-wmf",
    "dibitmap": "image/bmp",
    "wbitmap": "image/bmp",
    "macpict": "image/x-pict",
}
_UNDERLINES: Final = frozenset(
    [
        "ul",
        "uld",
        "uldash",
        "uldashd",
        "uldashdd",
        "uldb",
        "ulhwave",
        "ulldash",
        "ulth",
        "ulthd",
        "ulthdash",
        "ulthdashd",
        "ulthdashdd",
        "ulthldash",
        "ululdbwave",
        "ulw",
        "ulwave",
    ]
)
_ALIGNS: Final = {"ql": Align.LEFT, "qr": Align.RIGHT, "qc": Align.CENTER, "qj": Align.JUSTIFY}
_PARAGRAPH_ENDS: Final = frozenset(["par", "sect", "page", "column"])
_MARKERS: Final = frozenset(["listtext", "pntext"])
#: Destinations whose groups this reader goes into.
_READ: Final = frozenset(["pict", "shppict", "fldinst", "listtable", "listoverridetable", "pn", "object"])


def read_document(rtf: bytes, *, picture_domain: str = "rtf") -> Document:
    """Read a document.

    Args:
        rtf: the octets, out of their compression.
        picture_domain: the right part of the pictures' Content-IDs; the left parts are ``picture1`` ff.

    Raises:
        ParseError: the octets do not begin like RTF, or groups nest too deep.
    """
    reader = _Reader(rtf, picture_domain)
    reader.run()
    reader.end()
    return reader.document


@dataclass(slots=True)
class _Field:
    """A field while it is read."""

    instruction: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _PictureParts:
    """A picture while it is read."""

    content_type: str = ""
    digits: list[str] = field(default_factory=list)
    octets: bytes = b""
    width: int = 0
    height: int = 0


class _State(State):
    """With looks."""

    __slots__ = ("field", "layout", "look", "number")

    def __init__(self) -> None:
        super().__init__()
        self.look = Look()
        self.layout = Layout()
        self.field: _Field | None = None
        self.number = 0  #: of the list, \ls

    def child(self) -> _State:
        other = _State.__new__(_State)
        other.destination, other.font, other.hidden = self.destination, self.font, self.hidden
        other.skipping, other.unicode_skip = self.skipping, self.unicode_skip
        other.look, other.layout = self.look, self.layout
        other.field, other.number = self.field, self.number
        return other


class _Reader(Interpreter):
    """Makes the document."""

    state: _State

    def __init__(self, octets: bytes, picture_domain: str) -> None:
        super().__init__(octets)
        self.document = Document()
        self._domain = picture_domain
        self.builder = Builder()
        self._colors: list[int | None] = []
        self._color: dict[str, int] = {}
        self._picture: _PictureParts | None = None
        self.lists = ListTables()

    def initial_state(self) -> State:
        return _State()

    # Groups ----------------------------------------------------------------------------------------
    def destination(self, name: str, *, ignorable: bool) -> bool:
        del ignorable
        if name == "pict":
            self._picture = _PictureParts()
        return name in _READ or name in _MARKERS

    def closed(self, inner: State) -> None:
        if inner.destination == "pict" and self.state.destination != "pict":
            self._end_picture()

    def binary(self, octets: bytes) -> None:
        if self._picture is not None and self.state.destination == "pict":
            self._picture.octets += octets

    # Text ------------------------------------------------------------------------------------------
    def decode(self, octets: bytes) -> str:
        font = self.font()
        if font is not None and font.charset == SYMBOL and not octets.isascii():
            return decode_symbols(octets)
        return super().decode(octets)

    def text(self, text: str) -> None:
        take = _TEXT_OF.get(self.state.destination)
        if take is not None:
            take(self, text)
            return
        look = self.state.look
        if look.hidden:
            return
        text = _SYMBOL_AREA.sub(_symbol, text)
        font = self.font()
        if font is not None and font.name != look.font:
            look = look._replace(font=font.name)
        self.builder.add_text(text, look)

    def instruction_text(self, text: str) -> None:
        if self.state.field is not None:
            self.state.field.instruction.append(text)

    def picture_text(self, text: str) -> None:
        if self._picture is not None:
            self._picture.digits.append(text)

    def marker_text(self, text: str) -> None:
        self.builder.add_marker(text)

    def color_text(self, text: str) -> None:
        for _ in range(text.count(";")):
            if len(self._colors) < _MAX_COLORS:
                parts = self._color
                whole = parts.get("red", 0) << 16 | parts.get("green", 0) << 8 | parts.get("blue", 0)
                self._colors.append(whole if parts else None)
            self._color = {}

    def no_text(self, text: str) -> None:
        """Pass over what has no meaning where it stands."""

    # Words -----------------------------------------------------------------------------------------
    def word(self, name: str, number: int | None) -> None:
        state = self.state
        special = _WORDS_OF.get(state.destination)
        if special is not None:
            special(self, name, number)
            return
        act = _ACTS.get(name)
        if act is not None:
            act(self, number)
        elif name in _UNDERLINES:
            state.look = state.look._replace(underline=number != 0)
        elif name in _ALIGNS:
            state.layout = state.layout._replace(align=_ALIGNS[name])
        elif name in _PARAGRAPH_ENDS:
            self.end_paragraph()
        elif name in _MARKERS:
            state.destination = name
            self.builder.marker = ""
        elif name == "colortbl":
            state.destination, self._color = name, {}

    def picture_word(self, name: str, number: int | None) -> None:
        picture = self._picture
        if picture is None:
            return
        if name in _PICTURE_TYPES:
            picture.content_type = _PICTURE_TYPES[name]
        elif name == "picwgoal":
            picture.width = min(max(number or 0, 0), 1 << 16)
        elif name == "pichgoal":
            picture.height = min(max(number or 0, 0), 1 << 16)

    def color_word(self, name: str, number: int | None) -> None:
        if name in ("red", "green", "blue"):
            self._color[name] = min(max(number or 0, 0), 255)

    def old_list_word(self, name: str, _number: int | None) -> None:
        if name == "pnlvlblt":
            self._set_list(ListKind.BULLETS)
        elif name in ("pnlvlbody", "pnlvl"):
            self._set_list(ListKind.NUMBERS)

    def _set_list(self, kind: ListKind) -> None:
        r"""Make it an item: \*\pn stands in a group of its own but speaks of the paragraph around it."""
        for state in (self.state, *self.stack[-1:]):
            if isinstance(state, _State):
                state.layout = state.layout._replace(list_kind=kind)

    # Paragraphs, tables, pictures ------------------------------------------------------------------
    def set_look(self, **changes: object) -> None:
        self.state.look = self.state.look._replace(**changes)  # type: ignore[arg-type] # by the table below

    def set_layout(self, **changes: object) -> None:
        self.state.layout = self.state.layout._replace(**changes)  # type: ignore[arg-type] # by the table below

    def color(self, number: int | None) -> int | None:
        """Return a colour of the table."""
        return self._colors[number] if number is not None and 0 <= number < len(self._colors) else None

    def plain(self, _number: int | None) -> None:
        self.state.look = Look(link=self.state.look.link)
        self.state.font = None

    def pard(self, _number: int | None) -> None:
        self.state.layout, self.state.number = Layout(), 0

    def list_number(self, number: int | None) -> None:
        self.state.number = number or 0
        self.set_layout(list_kind=self.lists.kind(self.state.number, self.state.layout.list_level))

    def list_level(self, number: int | None) -> None:
        level = min(max(number or 0, 0), MAX_LEVEL)
        self.set_layout(list_level=level)
        if self.state.number:
            self.set_layout(list_kind=self.lists.kind(self.state.number, level))

    def begin_field(self, _number: int | None) -> None:
        self.state.field = _Field()

    def field_result(self, _number: int | None) -> None:
        if self.state.field is not None:
            link = link_of("".join(self.state.field.instruction))
            if link:
                self.set_look(link=link)

    def line(self, _number: int | None) -> None:
        self.text("\n")

    def end_paragraph(self) -> None:
        """End the paragraph where its layout says."""
        self.builder.end_paragraph(self.state.layout)

    def cell(self, least: int) -> None:
        """End a cell of a table at least this deep."""
        self.builder.end_cell(self.state.layout, nested=least > 1)

    def row(self, least: int) -> None:
        """End a row of a table at least this deep."""
        self.builder.end_row(self.state.layout, nested=least > 1)

    def _end_picture(self) -> None:
        parts, self._picture = self._picture, None
        if parts is None or len(self.document.pictures) >= MAX_PICTURES:
            return
        digits = _NOT_HEX.sub("", "".join(parts.digits))
        octets = bytes.fromhex(digits[: len(digits) & ~1]) + parts.octets
        if not octets or not parts.content_type:
            return
        number = len(self.document.pictures) + 1
        self.document.pictures.append(
            Picture(f"picture{number}@{self._domain}", parts.content_type, octets, parts.width, parts.height)
        )
        if not self.state.look.hidden:
            self.builder.add_picture(number, self.state.look)

    def end(self) -> None:
        """Close what is open."""
        self.document.blocks = self.builder.end(self.state.layout)


def _symbol(found: re.Match[str]) -> str:
    return decode_symbols(bytes((ord(found[0]) & 0xFF,)))


def _on(number: int | None) -> bool:
    return number != 0


_ACTS: Final[dict[str, Callable[[_Reader, int | None], None]]] = {
    "b": lambda r, n: r.set_look(bold=_on(n)),
    "i": lambda r, n: r.set_look(italic=_on(n)),
    "strike": lambda r, n: r.set_look(strike=_on(n)),
    "striked": lambda r, n: r.set_look(strike=_on(n)),
    "ulnone": lambda r, _: r.set_look(underline=False),
    "super": lambda r, n: r.set_look(raised=1 if _on(n) else 0),
    "sub": lambda r, n: r.set_look(raised=-1 if _on(n) else 0),
    "nosupersub": lambda r, _: r.set_look(raised=0),
    "fs": lambda r, n: r.set_look(size=min(max(n or 0, 0), 1000)),
    "cf": lambda r, n: r.set_look(color=r.color(n)),
    "cb": lambda r, n: r.set_look(background=r.color(n)),
    "chcbpat": lambda r, n: r.set_look(background=r.color(n)),
    "highlight": lambda r, n: r.set_look(background=r.color(n)),
    "v": lambda r, n: r.set_look(hidden=_on(n)),
    "deleted": lambda r, n: r.set_look(hidden=_on(n)),
    "plain": _Reader.plain,
    "pard": _Reader.pard,
    "li": lambda r, n: r.set_layout(left=min(max(n or 0, -20000), 20000)),
    "lin": lambda r, n: r.set_layout(left=min(max(n or 0, -20000), 20000)),
    "fi": lambda r, n: r.set_layout(first=min(max(n or 0, -20000), 20000)),
    "rtlpar": lambda r, _: r.set_layout(right_to_left=True),
    "ltrpar": lambda r, _: r.set_layout(right_to_left=False),
    "intbl": lambda r, _: r.set_layout(table_depth=max(r.state.layout.table_depth, 1)),
    "itap": lambda r, n: r.set_layout(table_depth=min(max(n or 0, 0), MAX_TABLE_DEPTH)),
    "ls": _Reader.list_number,
    "ilvl": _Reader.list_level,
    "cell": lambda r, _: r.cell(1),
    "row": lambda r, _: r.row(1),
    "nestcell": lambda r, _: r.cell(2),
    "nestrow": lambda r, _: r.row(2),
    "line": _Reader.line,
    "softline": _Reader.line,
    "lbr": _Reader.line,
    "field": _Reader.begin_field,
    "fldrslt": _Reader.field_result,
}
_WORDS_OF: Final[dict[str, Callable[[_Reader, str, int | None], None]]] = {
    "pict": _Reader.picture_word,
    "colortbl": _Reader.color_word,
    "listtable": lambda r, name, n: r.lists.list_word(name, n),
    "listoverridetable": lambda r, name, n: r.lists.override_word(name, n),
    "pn": _Reader.old_list_word,
}
_TEXT_OF: Final[dict[str, Callable[[_Reader, str], None]]] = {
    "pict": _Reader.picture_text,
    "fldinst": _Reader.instruction_text,
    "listtext": _Reader.marker_text,
    "pntext": _Reader.marker_text,
    "colortbl": _Reader.color_text,
    "listtable": _Reader.no_text,
    "listoverridetable": _Reader.no_text,
    "pn": _Reader.no_text,
}
