"""Octets of a FastTransfer stream to lexemes, wherever they were cut.

Spec:
    [MS-OXCFXICS] 2.2.4.1 (lexical structure), 2.2.4.1.3: what is no NUL at the end of a text is not cut off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader
from gromox.mapi import plainvalue
from gromox.mapi.fasttransfer.lexeme import (
    FIRST_NAMED,
    FIXED_SIZES,
    MAX_MULTIPLE,
    MAX_VALUE,
    MAX_WHOLE,
    UNICODE_PAGE,
    LargeBegin,
    LargeEnd,
    LargePart,
    PropertyLexeme,
    code_page_of,
    is_multiple,
    is_variable,
    wire_type,
)
from gromox.mapi.fasttransfer.markers import Marker
from gromox.mapi.propname import PropertyName
from gromox.mapi.proptypes import MULTI_VALUE, PropType

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import TypeAlias

    from gromox.mapi.fasttransfer.lexeme import Lexeme
    from gromox.mapi.plainvalue import PlainValue, Scalar

    #: None: more octets are wanted.
    _Steps: TypeAlias = Generator[Lexeme | None, None, None]
    _Wait: TypeAlias = "Generator[None, None, bytes]"

MAX_NAME: Final = 512
"""Octets of the text of a property name."""
_MARKERS: Final = {int(mark): mark for mark in Marker}
_KIND_LID, _KIND_NAME = 0, 1


class Lexer:
    """Reads one stream; octets come in by pieces of any size."""

    __slots__ = ("_at", "_buffer", "_is_between", "_is_broken", "_steps", "offset")

    def __init__(self) -> None:
        """Begin."""
        self._buffer = bytearray()
        self._at = 0
        self._is_between, self._is_broken = True, False
        self._steps = self._run()
        self.offset = 0
        """Octets that were read."""

    def feed(self, octets: bytes) -> Iterator[Lexeme]:
        """Give what the octets complete.

        Raises:
            ParseError: they do not follow the grammar or exceed a bound; nothing more can be read.
        """
        if self._is_broken:
            raise ParseError("nothing behind a broken element", self.offset)
        del self._buffer[: self._at]
        self._at = 0
        self._buffer += octets
        self._is_broken = True
        for step in self._steps:
            if step is None:
                break
            yield step
        self._is_broken = False

    def end(self) -> None:
        """Make sure that the stream may end here.

        Raises:
            ParseError: it ends within an element.
        """
        if not self._is_between or len(self._buffer) > self._at:
            raise ParseError("the rest of a FastTransfer element", self.offset)

    def _run(self) -> _Steps:
        while True:
            self._is_between = True
            head = yield from self._take(4)
            self._is_between = False
            tag = int.from_bytes(head, "little")
            mark = _MARKERS.get(tag)
            if mark is not None:
                # Two markers look like properties; a property of their tag does not exist.
                yield mark
                continue
            name = (yield from self._name()) if tag >> 16 >= FIRST_NAMED else None
            kind = wire_type(tag)
            if kind in FIXED_SIZES:
                octets = yield from self._take(FIXED_SIZES[kind])
                yield PropertyLexeme(tag, name, _fixed(kind, octets))
            elif is_multiple(kind):
                value = yield from self._several(kind & ~MULTI_VALUE)
                yield PropertyLexeme(tag, name, value)
            elif is_variable(kind):
                yield from self._variable(tag, kind, name)
            else:
                raise ParseError(f"a type of FastTransfer streams instead of 0x{kind:04x}", self.offset - 4)

    def _take(self, size: int) -> _Wait:
        """Wait for some octets."""
        while len(self._buffer) - self._at < size:
            yield None
        octets = bytes(self._buffer[self._at : self._at + size])
        self._at += size
        self.offset += size
        return octets

    def _number(self) -> Generator[None, None, int]:
        octets = yield from self._take(4)
        return int.from_bytes(octets, "little")

    def _name(self) -> Generator[None, None, PropertyName]:
        head = yield from self._take(17)
        guid, kind = Reader(head).guid(), head[16]
        if kind == _KIND_LID:
            return PropertyName(guid, (yield from self._number()))
        if kind != _KIND_NAME:
            raise ParseError("a kind of property name (0 or 1)", self.offset - 1)
        text = bytearray()
        while (unit := (yield from self._take(2))) != b"\0\0":
            text += unit
            if len(text) > MAX_NAME:
                raise ParseError(f"at most {MAX_NAME} octets of a property name", self.offset)
        return PropertyName(guid, text.decode("utf-16-le", "surrogatepass"))

    def _variable(self, tag: int, kind: int, name: PropertyName | None) -> _Steps:
        size = yield from self._number()
        if size > MAX_VALUE:
            raise ParseError(f"at most {MAX_VALUE} octets of a value instead of {size}", self.offset - 4)
        if size <= MAX_WHOLE:
            octets = yield from self._take(size)
            if code_page_of(kind) == UNICODE_PAGE:
                tag, kind = tag & ~0xFFFF | PropType.STRING, int(PropType.STRING)
            yield PropertyLexeme(tag, name, _text_or_octets(kind, octets, self.offset))
            return
        yield LargeBegin(tag, name, size)
        while size:
            here = min(len(self._buffer) - self._at, size)
            if not here:
                yield None
                continue
            yield LargePart((yield from self._take(min(here, MAX_WHOLE))))
            size -= min(here, MAX_WHOLE)
        yield LargeEnd()

    def _several(self, kind: int) -> Generator[None, None, PlainValue]:
        count = yield from self._number()
        at = self.offset
        fixed = FIXED_SIZES.get(kind)
        if count * (fixed or 4) > MAX_MULTIPLE:
            raise ParseError(f"values of at most {MAX_MULTIPLE} octets instead of {count}", at)
        values: list[Scalar] = []
        total = 0
        for _ in range(count):
            if fixed is not None:
                values.append(_fixed(kind, (yield from self._take(fixed))))
                continue
            size = yield from self._number()
            total += size
            if total > MAX_MULTIPLE:
                raise ParseError(f"values of at most {MAX_MULTIPLE} octets", at)
            octets = yield from self._take(size)
            values.append(_text_or_octets(kind, octets, self.offset))
        return tuple(values)


def _fixed(kind: int, octets: bytes) -> Scalar:
    if kind == PropType.BOOLEAN:
        return any(octets)
    return plainvalue.SCALARS[kind][0](Reader(octets), True)


def _text_or_octets(kind: int, octets: bytes, offset: int) -> str | bytes:
    if kind == PropType.STRING:
        if len(octets) % 2:
            raise ParseError("an even number of octets of a text", offset)
        text = octets.decode("utf-16-le", "surrogatepass")
        return text.removesuffix("\0")
    if kind == PropType.STRING8:
        return octets.removesuffix(b"\0")
    return octets
