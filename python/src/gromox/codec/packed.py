"""Little-endian structures: declared once, read and written from one declaration.

Nothing here knows a protocol and nothing here does I/O. A structure is a dataclass derived from
:class:`Packed` whose annotated fields stand in wire order. Neighbouring fields of fixed size are read with
one ``struct`` call; that makes a seven-field request cost about what one hand-written ``unpack`` does.
"""

from __future__ import annotations

import struct
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Self, get_type_hints

from gromox.base.errors import ParseError

if TYPE_CHECKING:
    from collections.abc import Callable

#: The longest text that :meth:`Reader.string8` and :meth:`Reader.string16` look for the end of.
MAX_TEXT: Final = 64 << 20


class TruncatedError(ParseError):
    """The buffer ended inside a field."""

    def __init__(self, need: int, have: int, offset: int) -> None:
        """Record how many octets were wanted, how many were left, and where."""
        self.need, self.have, self.offset = need, have, offset
        super().__init__(f"{need} octets (there are {have})", offset)


class Reader:
    """A cursor over one received buffer."""

    __slots__ = ("_buf", "_size", "offset")

    def __init__(self, buf: bytes | bytearray | memoryview) -> None:
        """Start at the first octet of ``buf``, which is not copied if it is ``bytes``."""
        # Slicing and unpacking bytes is faster than memoryview; received buffers are bytes nearly always.
        self._buf = buf if isinstance(buf, bytes) else bytes(buf)
        self._size = len(self._buf)
        self.offset = 0

    @property
    def remaining(self) -> int:
        """How many octets are left."""
        return self._size - self.offset

    def take(self, size: int) -> bytes:
        """Return the next ``size`` octets and move past them."""
        start = self.offset
        end = start + size
        if end > self._size or size < 0:
            raise TruncatedError(size, self._size - start, start)
        self.offset = end
        return self._buf[start:end]

    def rest(self) -> bytes:
        """Return all octets that are left."""
        return self.take(self._size - self.offset)

    def unpack(self, form: struct.Struct) -> tuple[Any, ...]:
        """Return what a precompiled ``struct`` reads here and move past it."""
        start = self.offset
        end = start + form.size
        if end > self._size:
            raise TruncatedError(form.size, self._size - start, start)
        self.offset = end
        return form.unpack_from(self._buf, start)

    def u8(self) -> int:
        """Return an unsigned octet."""
        start = self.offset
        if start >= self._size:
            raise TruncatedError(1, 0, start)
        self.offset = start + 1
        return self._buf[start]

    def u16(self) -> int:
        """Return an unsigned number of two octets."""
        return int(self.unpack(_U16)[0])

    def u32(self) -> int:
        """Return an unsigned number of four octets."""
        return int(self.unpack(_U32)[0])

    def u64(self) -> int:
        """Return an unsigned number of eight octets."""
        return int(self.unpack(_U64)[0])

    def i16(self) -> int:
        """Return a signed number of two octets."""
        return int(self.unpack(_I16)[0])

    def i32(self) -> int:
        """Return a signed number of four octets."""
        return int(self.unpack(_I32)[0])

    def i64(self) -> int:
        """Return a signed number of eight octets."""
        return int(self.unpack(_I64)[0])

    def f32(self) -> float:
        """Return a floating number of four octets."""
        return float(self.unpack(_F32)[0])

    def f64(self) -> float:
        """Return a floating number of eight octets."""
        return float(self.unpack(_F64)[0])

    def guid(self) -> uuid.UUID:
        """Return a GUID, [MS-DTYP] 2.3.4.2."""
        return uuid.UUID(bytes_le=self.take(16))

    def string8(self) -> bytes:
        """Return octets up to a NUL, without it."""
        start = self.offset
        end = self._buf.find(b"\0", start, start + MAX_TEXT)
        if end < 0:
            raise TruncatedError(self._size - start + 1, self._size - start, start)
        self.offset = end + 1
        return self._buf[start:end]

    def string16(self) -> str:
        """Return UTF-16 text up to a NUL character, without it; lone surrogates are kept."""
        start = end = self.offset
        while True:
            end = self._buf.find(b"\0\0", end, start + MAX_TEXT)
            if end < 0:
                raise TruncatedError(self._size - start + 2, self._size - start, start)
            if not (end - start) % 2:
                break
            end += 1  # the high octet of one character and the low octet of the next
        self.offset = end + 2
        return self._buf[start:end].decode("utf-16-le", "surrogatepass")

    def end(self) -> None:
        """Make sure that nothing is left.

        Raises:
            ParseError: something is.
        """
        if self.offset != self._size:
            raise ParseError(f"the end ({self._size - self.offset} octets are left)", self.offset)


class Writer:
    """Collects octets."""

    __slots__ = ("_out",)

    def __init__(self) -> None:
        self._out = bytearray()

    def __len__(self) -> int:
        """Return how many octets were written."""
        return len(self._out)

    def octets(self) -> bytes:
        """Return what was written."""
        return bytes(self._out)

    def raw(self, octets: bytes | bytearray | memoryview) -> None:
        """Write octets as they are."""
        self._out += octets

    def pack(self, form: struct.Struct, *values: object) -> None:
        """Write values with a precompiled ``struct``."""
        self._out += form.pack(*values)

    def u8(self, value: int) -> None:
        """Write an unsigned octet."""
        self._out += _U8.pack(value)

    def u16(self, value: int) -> None:
        """Write an unsigned number of two octets."""
        self._out += _U16.pack(value)

    def u32(self, value: int) -> None:
        """Write an unsigned number of four octets."""
        self._out += _U32.pack(value)

    def u64(self, value: int) -> None:
        """Write an unsigned number of eight octets."""
        self._out += _U64.pack(value)

    def i16(self, value: int) -> None:
        """Write a signed number of two octets."""
        self._out += _I16.pack(value)

    def i32(self, value: int) -> None:
        """Write a signed number of four octets."""
        self._out += _I32.pack(value)

    def i64(self, value: int) -> None:
        """Write a signed number of eight octets."""
        self._out += _I64.pack(value)

    def f32(self, value: float) -> None:
        """Write a floating number of four octets."""
        self._out += _F32.pack(value)

    def f64(self, value: float) -> None:
        """Write a floating number of eight octets."""
        self._out += _F64.pack(value)

    def guid(self, value: uuid.UUID) -> None:
        """Write a GUID, [MS-DTYP] 2.3.4.2."""
        self._out += value.bytes_le

    def string8(self, value: bytes) -> None:
        """Write octets and a NUL; the octets end at their first NUL."""
        self._out += value.partition(b"\0")[0] + b"\0"

    def string16(self, value: str) -> None:
        """Write UTF-16 text and a NUL character; the text ends at its first NUL."""
        self._out += value.partition("\0")[0].encode("utf-16-le", "surrogatepass") + b"\0\0"


_U8: Final = struct.Struct("<B")
_U16: Final = struct.Struct("<H")
_U32: Final = struct.Struct("<I")
_U64: Final = struct.Struct("<Q")
_I16: Final = struct.Struct("<h")
_I32: Final = struct.Struct("<i")
_I64: Final = struct.Struct("<q")
_F32: Final = struct.Struct("<f")
_F64: Final = struct.Struct("<d")


@dataclass(frozen=True, slots=True)
class Fixed:
    """A field of fixed size: its ``struct`` code."""

    code: str


@dataclass(frozen=True, slots=True)
class Field:
    """How a field of varying size is read from, and written to, the wire."""

    read: Callable[[Reader], Any]
    write: Callable[[Writer, Any], None]


U8 = Annotated[int, Fixed("B")]
U16 = Annotated[int, Fixed("H")]
U32 = Annotated[int, Fixed("I")]
U64 = Annotated[int, Fixed("Q")]
I16 = Annotated[int, Fixed("h")]
I32 = Annotated[int, Fixed("i")]
I64 = Annotated[int, Fixed("q")]
F32 = Annotated[float, Fixed("f")]
F64 = Annotated[float, Fixed("d")]
Bool8 = Annotated[bool, Fixed("?")]
Guid = Annotated[uuid.UUID, Field(Reader.guid, Writer.guid)]
String8 = Annotated[bytes, Field(Reader.string8, Writer.string8)]
String16 = Annotated[str, Field(Reader.string16, Writer.string16)]


def _counted(read_count: Callable[[Reader], int], write_count: Callable[[Writer, int], None]) -> Field:
    def write(w: Writer, value: bytes) -> None:
        write_count(w, len(value))
        w.raw(value)

    return Field(lambda r: r.take(read_count(r)), write)


Octets16 = Annotated[bytes, _counted(Reader.u16, Writer.u16)]
Octets32 = Annotated[bytes, _counted(Reader.u32, Writer.u32)]


@dataclass(frozen=True, slots=True)
class _Run:
    """Neighbouring fields of fixed size."""

    form: struct.Struct
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Single:
    """A field of varying size."""

    field: Field
    name: str


_LAYOUTS: Final[dict[type, tuple[_Run | _Single, ...]]] = {}


def _layout(cls: type) -> tuple[_Run | _Single, ...]:
    """Return how a structure is read, worked out once per class."""
    known = _LAYOUTS.get(cls)
    if known is not None:
        return known
    steps: list[_Run | _Single] = []
    codes = ""
    names: tuple[str, ...] = ()
    for name, hint in get_type_hints(cls, include_extras=True).items():
        marks = [mark for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, (Fixed, Field))]
        if not marks:
            continue
        if isinstance(marks[0], Fixed):
            codes, names = codes + marks[0].code, (*names, name)
            continue
        if codes:
            steps.append(_Run(struct.Struct(f"<{codes}"), names))
            codes, names = "", ()
        steps.append(_Single(marks[0], name))
    if codes:
        steps.append(_Run(struct.Struct(f"<{codes}"), names))
    _LAYOUTS[cls] = tuple(steps)
    return _LAYOUTS[cls]


class Packed:
    """Base of every declared structure."""

    __slots__ = ()

    @classmethod
    def decode(cls, r: Reader) -> Self:
        """Read one structure.

        Raises:
            TruncatedError: the buffer ends inside a field.
        """
        values: list[Any] = []
        for step in _layout(cls):
            if isinstance(step, _Run):
                values += r.unpack(step.form)
            else:
                values.append(step.field.read(r))
        return cls(*values)

    def write(self, w: Writer) -> None:
        """Append the wire form to ``w``."""
        for step in _layout(type(self)):
            if isinstance(step, _Run):
                w.pack(step.form, *[getattr(self, name) for name in step.names])
            else:
                step.field.write(w, getattr(self, step.name))

    def encode(self) -> bytes:
        """Return the wire form."""
        w = Writer()
        self.write(w)
        return w.octets()
