"""Octets of plain values: what every schema is put together from."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias
from uuid import UUID

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader

if TYPE_CHECKING:
    from enum import Enum

#: How deep values stand within each other: restrictions nest 64 deep, messages 30 with two
#: levels each; a hundred take about six hundred calls of the interpreter's thousand.
MAX_DEPTH: Final = 100
#: Values in one message: what it takes in memory is bounded by this, whatever its octets say.
MAX_ITEMS: Final = 2_000_000
_MAX_NUMBER: Final = 17
_FALSE: Final = 0xFE
_TRUE: Final = 0xFF
_FLOAT: Final = struct.Struct("<d")
_COUNT: Final = struct.Struct("<I")
_PACKED: Final = 1
_SIGNED64: Final = 8

Write: TypeAlias = Callable[[bytearray, object], None]


class ValueReader(Reader):
    """A reader that knows how much may still be made of the message."""

    __slots__ = ("_left", "depth")

    def __init__(self, buf: bytes) -> None:
        """Start at the first octet of a whole message."""
        super().__init__(buf)
        self._left = MAX_ITEMS
        self.depth = 0

    def count(self, each: int = 1) -> int:
        """Return a number of values of at least ``each`` octets, all of which can be there.

        Raises:
            ParseError: there are more than the message has octets, or than one message may have.
        """
        at = self.offset
        count = self.u32()
        self._left -= count
        if count * each > self.remaining or self._left < 0:
            raise ParseError(f"at most {MAX_ITEMS} values, and no more than there are octets", at)
        return count

    def enter(self) -> None:
        """Go one level deeper. Raises ParseError."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ParseError(f"values at most {MAX_DEPTH} deep", self.offset)


Read: TypeAlias = Callable[[ValueReader], object]


@dataclass(frozen=True, slots=True)
class Form:
    """How values of one type are written and read, and the text that tells forms apart."""

    text: str
    write: Write
    read: Read


def misfit(value: object, wanted: str) -> TypeError:
    """Return the error of a value that its declaration does not allow: a mistake of the caller's program."""
    return TypeError(f"a value of type {type(value).__name__} stands where {wanted} is declared")


def write_count(out: bytearray, count: int) -> None:
    """Write a number of values or octets."""
    out += _COUNT.pack(count)


def _write_none(out: bytearray, value: object) -> None:
    if value is not None:
        raise misfit(value, "None")
    out.append(0)


def _read_none(r: ValueReader) -> None:
    r.u8()


def _write_bool(out: bytearray, value: object) -> None:
    out.append(1 if value else 0)


def _read_bool(r: ValueReader) -> bool:
    return r.u8() != 0


def write_int(out: bytearray, value: object) -> None:
    """Write a number; a truth value stays one."""
    if value is True or value is False:
        out.append(_TRUE if value else _FALSE)
        return
    if not isinstance(value, int):
        raise misfit(value, "a number")
    size = (value.bit_length() + 8) >> 3
    if size > _MAX_NUMBER:
        raise misfit(value, "a number of 128 bits")
    out.append(size)
    out += value.to_bytes(size, "little", signed=True)


def read_int(r: ValueReader) -> int:
    """Read what :func:`write_int` wrote."""
    at = r.offset
    size = r.u8()
    if size <= _MAX_NUMBER:
        return int.from_bytes(r.take(size), "little", signed=True)
    if size < _FALSE:
        raise ParseError("a number of at most 128 bits", at)
    return size == _TRUE


def _write_float(out: bytearray, value: object) -> None:
    if not isinstance(value, (int, float)):
        raise misfit(value, "a floating number")
    out += _FLOAT.pack(value)


def _read_float(r: ValueReader) -> float:
    return r.f64()


def write_octets(out: bytearray, value: object) -> None:
    """Write octets with their count."""
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise misfit(value, "octets")
    out += _COUNT.pack(len(value))
    out += value


def read_octets(r: ValueReader) -> bytes:
    """Read octets."""
    return r.take(r.u32())


def _write_text(out: bytearray, value: object) -> None:
    if not isinstance(value, str):
        raise misfit(value, "text")
    octets = value.encode("utf-8", "surrogatepass")
    out += _COUNT.pack(len(octets))
    out += octets


def _read_text(r: ValueReader) -> str:
    at = r.offset
    try:
        return r.take(r.u32()).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise ParseError("text in UTF-8", at) from None


def _write_uuid(out: bytearray, value: object) -> None:
    if not isinstance(value, UUID):
        raise misfit(value, "a GUID")
    out += value.bytes_le


def _read_uuid(r: ValueReader) -> UUID:
    return r.guid()


INT: Final = Form("int", write_int, read_int)
OCTETS: Final = Form("bytes", write_octets, read_octets)
PLAIN: Final[dict[object, Form]] = {
    type(None): Form("None", _write_none, _read_none),
    None: Form("None", _write_none, _read_none),
    bool: Form("bool", _write_bool, _read_bool),
    int: INT,
    float: Form("float", _write_float, _read_float),
    str: Form("str", _write_text, _read_text),
    bytes: OCTETS,
    UUID: Form("guid", _write_uuid, _read_uuid),
}


def enumeration(kind: type[Enum]) -> Form:
    """Return the form of an enumeration: numbers by value, others by name."""
    members = kind.__members__
    if issubclass(kind, int):

        def read_value(r: ValueReader) -> object:
            at = r.offset
            number = read_int(r)
            try:
                return kind(number)
            except ValueError:
                raise ParseError(f"a value of {kind.__name__}", at) from None

        def write_value(out: bytearray, value: object) -> None:
            write_int(out, int(value) if isinstance(value, int) else value)

        return Form(f"enum {kind.__name__}", write_value, read_value)

    def write_name(out: bytearray, value: object) -> None:
        if not isinstance(value, kind):
            raise misfit(value, kind.__name__)
        _write_text(out, value.name)

    def read_name(r: ValueReader) -> object:
        at = r.offset
        found = members.get(_read_text(r))
        if found is None:
            raise ParseError(f"a name of {kind.__name__}", at)
        return found

    return Form(f"enum {kind.__name__} {' '.join(members)}", write_name, read_name)


def numbers(make: Callable[[array[int]], object]) -> Form:
    """Return the form of many numbers, eight octets each where they fit; ``make`` gets them as an array."""

    def write(out: bytearray, value: object) -> None:
        if not hasattr(value, "__iter__"):
            raise misfit(value, "numbers")
        given = value if hasattr(value, "__len__") else list(value)
        write_count(out, len(given))
        try:
            packed = array("q", given if type(given) is not array else given.tolist())
        except OverflowError:
            out.append(0)
            for each in given:
                write_int(out, each)
        except TypeError:
            raise misfit(value, "numbers") from None
        else:
            out.append(_PACKED)
            out += packed.tobytes()

    def read(r: ValueReader) -> object:
        count = r.count()
        packed: array[int] = array("q")
        if r.u8() == _PACKED:
            packed.frombytes(r.take(count * _SIGNED64))
            return make(packed)
        # Beyond 63 bits: property values, not identifiers.
        wide = [read_int(r) for _ in range(count)]
        try:
            return make(array("Q", wide))
        except (OverflowError, TypeError):
            raise ParseError("numbers of 64 bits", r.offset) from None

    return Form("numbers", write, read)
