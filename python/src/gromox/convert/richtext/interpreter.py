r"""What every reader of RTF does alike: groups, fonts, code pages, ``\u``, destinations to skip.

A reader derives from :class:`Interpreter` and gets the text as text, and the words that mean something to it.

Spec: RTF 1.9.1, "Unicode RTF", "Font Table", "Character Set", "Destinations".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gromox.base.errors import ParseError
from gromox.convert.richtext.charset import CODE_PAGES
from gromox.convert.richtext.token import Kind, Token, tokens
from gromox.convert.textcodec import WINDOWS_1252, decode_page

#: Groups in groups. Programs write some dozen.
MAX_DEPTH: Final = 1000
_MAX_FONTS: Final = 10_000
_MAX_FONT_NAME: Final = 100

#: Words that are characters.
CHARACTERS: Final[dict[str, str]] = {
    "tab": "\t",
    "lquote": "\u2018",
    "rquote": "\u2019",
    "ldblquote": "\u201c",
    "rdblquote": "\u201d",
    "bullet": "\u2022",
    "endash": "\u2013",
    "emdash": "\u2014",
    "enspace": "\u2002",
    "emspace": "\u2003",
    "qmspace": "\u2005",
    "zwj": "\u200d",
    "zwnj": "\u200c",
    "ltrmark": "\u200e",
    "rtlmark": "\u200f",
    "zwbo": "\u200b",
    "zwnbo": "\u2060",
}
#: Symbols that are characters.
SYMBOLS: Final[dict[str, str]] = {
    "\\": "\\",
    "{": "{",
    "}": "}",
    "~": "\u00a0",
    "_": "\u2011",
    "-": "\u00ad",
}
#: Destinations that hold no text of the document though they do not say so with ``\*``.
_SKIPPED_TEXT: Final = (
    "stylesheet info header headerl headerr headerf footer footerl footerr footerf pict nonshppict object "
    "listtable listoverridetable revtbl filetbl rsidtbl template private xe tc tcn rxe txe bkmkstart "
    "bkmkend ftnsep "
    "ftnsepc ftncn aftnsep aftnsepc aftncn annotation atnid atnauthor title subject author manager "
    "company operator category keywords comment doccomm hlinkbase mmath themedata colorschememapping "
    "datastore latentstyles pgdsctbl xmlnstbl wgrffmtfilter fldinst pntxta pntxtb"
)
SKIPPED: Final = frozenset(_SKIPPED_TEXT.split())
_PAGES: Final = {"ansi": WINDOWS_1252, "mac": 10000, "pc": 437, "pca": 850}
_HIGH: Final = 0xD800
_LOW: Final = 0xDC00


@dataclass(frozen=True, slots=True)
class Font:
    """An entry of the font table."""

    name: str = ""
    charset: int = 0
    page: int | None = None  #: what ``\\cpg`` says


class State:
    """What a group inherits and its end restores. Unfrozen slots: copied at every brace."""

    __slots__ = ("destination", "font", "hidden", "skipping", "unicode_skip")

    def __init__(self) -> None:
        self.destination = ""
        self.font: int | None = None
        self.hidden = False  #: readers of capsules: between \htmlrtf and \htmlrtf0
        self.skipping = False
        self.unicode_skip = 1

    def child(self) -> State:
        """Return a copy."""
        other = type(self).__new__(type(self))
        for name in State.__slots__:
            setattr(other, name, getattr(self, name))
        return other


class Interpreter:
    """Goes through a document once."""

    def __init__(self, octets: bytes) -> None:
        self._tokens = tokens(octets)
        self.state = self.initial_state()
        self.stack: list[State] = []
        self.fonts: dict[int, Font] = {}
        self.default_font = 0
        self.page = WINDOWS_1252
        self._octets = bytearray()
        self._units: list[int] = []
        self._to_skip = 0
        self._is_ignorable = False
        self._font_number = 0
        self._font_name = ""
        self._font_charset = 0
        self._font_page: int | None = None
        self._is_ended = False

    # What a reader says of itself -------------------------------------------------------------------
    def initial_state(self) -> State:
        """Return the state before the first group."""
        return State()

    def text(self, text: str) -> None:
        """Take text; ``self.state`` is the one it was written in."""

    def word(self, name: str, number: int | None) -> None:
        """Take a word that is not the interpreter's own."""

    def destination(self, name: str, *, ignorable: bool) -> bool:
        """Tell whether the group that begins with this word is read by this reader, and prepare for it."""
        del ignorable, name
        return False

    def closed(self, inner: State) -> None:
        """Take the end of a group; ``self.state`` is the outer one again."""

    def binary(self, octets: bytes) -> None:
        """Take binary data."""

    # The run ---------------------------------------------------------------------------------------
    def run(self) -> None:
        """Read the document.

        Raises:
            ParseError: groups nest too deep.
        """
        for token in self._tokens:
            self._take(token)
            if self._is_ended:
                break
        self.flush()

    def _take(self, token: Token) -> None:
        kind = token.kind
        if kind is Kind.TEXT or kind is Kind.OCTET:
            self._is_ignorable = False
            self._take_octets(token.octets)
        elif kind is Kind.WORD:
            self._take_word(token.name, token.number)
        elif kind is Kind.OPEN:
            self._open()
        elif kind is Kind.CLOSE:
            self._close()
        elif kind is Kind.SYMBOL:
            self._take_symbol(token.name)
        elif not self.state.skipping:
            self.binary(token.octets)

    def _open(self) -> None:
        self.flush()
        self._to_skip = 0
        if len(self.stack) >= MAX_DEPTH:
            raise ParseError(f"at most {MAX_DEPTH} groups in groups", 0)
        self.stack.append(self.state)
        self.state = self.state.child()
        self._is_ignorable = False

    def _close(self) -> None:
        self.flush()
        self._to_skip = 0
        self._is_ignorable = False
        if not self.stack:
            return  # a brace too many
        inner, self.state = self.state, self.stack.pop()
        if not self.stack:
            # What stands behind the document's own group is no part of it.
            self._is_ended = True
        if not inner.skipping:
            if inner.destination == "fonttbl" and self.state.destination == "fonttbl":
                self._end_font()
            self.closed(inner)

    def _take_octets(self, octets: bytes) -> None:
        if self._to_skip:
            skipped = min(self._to_skip, len(octets))
            self._to_skip -= skipped
            octets = octets[skipped:]
        if octets and not self.state.skipping:
            if self._units:
                self.flush()
            self._octets += octets

    def _take_symbol(self, name: str) -> None:
        if name == "*":
            self._is_ignorable = True
            return
        self._is_ignorable = False
        if self._to_skip:
            self._to_skip -= 1
            return
        character = SYMBOLS.get(name)
        if character is not None and not self.state.skipping:
            if character in "\\{}":
                # Also the second octet of a character of two.
                self._take_octets(character.encode())
            else:
                self.character(character)

    def character(self, character: str) -> None:
        """Take a character that a word or symbol stands for."""
        self.flush()
        self.text(character)

    def _take_word(self, name: str, number: int | None) -> None:
        ignorable, self._is_ignorable = self._is_ignorable, False
        state = self.state
        if state.skipping:
            return
        if name == "u":
            self._take_unicode(number or 0)
            return
        if self._to_skip and name in CHARACTERS:
            self._to_skip -= 1
            return
        self.flush()
        self._to_skip = 0
        if ignorable or name in SKIPPED:
            state.destination = name
            state.skipping = not self.destination(name, ignorable=ignorable)
        elif name in CHARACTERS:
            self.character(CHARACTERS[name])
        elif name == "uc":
            state.unicode_skip = min(max(number or 0, 0), 64)
        elif state.destination == "fonttbl":
            self._font_word(name, number)
        elif name == "f":
            state.font = number
            self.word(name, number)
        elif not self._header_word(name, number):
            self.word(name, number)

    def _take_unicode(self, number: int) -> None:
        if self._octets:
            self.flush()
        self._to_skip = self.state.unicode_skip
        if 0x10000 <= number <= 0x10FFFF:  # noqa: PLR2004 - written by some programs though 16 bits are meant
            self._units += ((number - 0x10000 >> 10) + _HIGH, (number & 0x3FF) + _LOW)
            return
        self._units.append(number & 0xFFFF)

    def _header_word(self, name: str, number: int | None) -> bool:
        """Take a word of the document's header; tell whether it was one."""
        if name == "fonttbl":
            self.state.destination = name
        elif name == "ansicpg":
            self.page = number or self.page
        elif name == "deff":
            self.default_font = number or 0
        elif name in _PAGES and len(self.stack) == 1:
            self.page = _PAGES[name]
        else:
            return False
        return True

    def _font_word(self, name: str, number: int | None) -> None:
        if name == "f":
            self._end_font()
            self._font_number = number or 0
        elif name == "fcharset":
            self._font_charset = number or 0
        elif name == "cpg":
            self._font_page = number

    def _font_text(self, text: str) -> None:
        name, semicolon, rest = text.partition(";")
        self._font_name = (self._font_name + name)[:_MAX_FONT_NAME]
        if semicolon:
            self._end_font()
            self._font_name = rest[:_MAX_FONT_NAME]

    def _end_font(self) -> None:
        name = self._font_name.strip()
        if name and len(self.fonts) < _MAX_FONTS:
            self.fonts[self._font_number] = Font(name, self._font_charset, self._font_page)
        if name:
            self._font_name, self._font_charset, self._font_page = "", 0, None

    # Text ------------------------------------------------------------------------------------------
    def font(self) -> Font | None:
        """Return the font in force."""
        number = self.state.font
        return self.fonts.get(self.default_font if number is None else number)

    def page_in_force(self) -> int:
        """Return the code page of octets here: that of the font, else that of the document."""
        font = self.font()
        if font is None:
            return self.page
        if font.page:
            return font.page
        return CODE_PAGES.get(font.charset, self.page)

    def decode(self, octets: bytes) -> str:
        """Return the text of octets here."""
        return decode_page(octets, self.page_in_force())

    def flush(self) -> None:
        """Hand on what was collected."""
        if self._octets:
            octets = bytes(self._octets)
            self._octets.clear()
            if self.state.destination == "fonttbl":
                self._font_text(decode_page(octets, CODE_PAGES.get(self._font_charset, self.page)))
                return
            self.text(self.decode(octets))
        if self._units:
            raw = b"".join(unit.to_bytes(2, "little") for unit in self._units)
            text = raw.decode("utf-16-le", "replace")
            self._units.clear()
            if self.state.destination == "fonttbl":
                self._font_text(text)
            else:
                self.text(text)
