"""Lists of properties in a stream: those of the message, of a recipient, of an attachment.

Spec: [MS-OXTNEF] 2.1.3.4. All values begin at a multiple of four octets; each one is filled up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from gromox.base.errors import ParseError
from gromox.convert.textcodec import decode_page
from gromox.mapi.message import PropertyBag, PropertyKey, type_of
from gromox.mapi.propname import NamedProperty
from gromox.mapi.proptypes import MULTI_VALUE, WIDTHS, PropType
from gromox.mapi.propvalue import MAX_VALUES, PropValue, Scalar, pack_value, unpack_value

if TYPE_CHECKING:
    from gromox.codec.packed import Reader, Writer

FIRST_NAMED: Final = 0x8000  #: identifiers from here on have a name
MAX_PROPERTIES: Final = 0x10000  #: of one list
_KIND_NUMBER: Final = 0
_KIND_NAME: Final = 1
_MAX_NAME: Final = 1 << 16
_ALIGNMENT: Final = 4

#: Types whose value does not tell its size by itself.
_VARIABLE: Final = frozenset([PropType.STRING8, PropType.STRING, PropType.BINARY, PropType.OBJECT])
_NOTHING: Final = frozenset([PropType.UNSPECIFIED, PropType.NULL])
_MULTIPLE: Final = frozenset(int(kind) for kind in PropType if kind & MULTI_VALUE)


def read_properties(r: Reader, code_page: int) -> PropertyBag:
    """Read a list. PtypString8 becomes PtypString; PtypObject keeps its interface identifier in front.

    Raises:
        ParseError: the list does not follow its layout.
    """
    at = r.offset
    count = r.u32()
    # The smallest property takes four octets.
    if count > MAX_PROPERTIES or count * _ALIGNMENT > r.remaining:
        raise ParseError(f"at most {min(MAX_PROPERTIES, r.remaining // _ALIGNMENT)} properties", at)
    bag = PropertyBag()
    for _ in range(count):
        kind = r.u16()
        identifier = r.u16()
        name = _read_name(r) if identifier >= FIRST_NAMED else None
        value = _read_value(r, kind, code_page)
        if kind & ~MULTI_VALUE == PropType.STRING8:
            kind += PropType.STRING - PropType.STRING8
        if kind not in _NOTHING:
            bag[NamedProperty(*name, kind) if name else identifier << 16 | kind] = value
    return bag


def _read_name(r: Reader) -> tuple[UUID, int | str]:
    guid = r.guid()
    at = r.offset
    kind = r.u32()
    if kind == _KIND_NUMBER:
        return guid, r.u32()
    if kind != _KIND_NAME:
        raise ParseError("a kind of property name (0 or 1)", at)
    size = r.u32()
    if size > _MAX_NAME:
        raise ParseError(f"a property name of at most {_MAX_NAME} octets", at)
    octets = r.take(size)
    _read_padding(r, size)
    return guid, octets[: size & ~1].decode("utf-16-le", "replace").partition("\0")[0]


def _read_padding(r: Reader, size: int) -> None:
    # The last value of some writers lacks it.
    r.take(min(-size % _ALIGNMENT, r.remaining))


def _read_value(r: Reader, kind: int, code_page: int) -> PropValue:
    base = kind & ~MULTI_VALUE
    if kind in _NOTHING:
        return None
    if kind in WIDTHS:
        return _read_fixed(r, kind)
    if kind not in _VARIABLE and kind not in _MULTIPLE:
        raise ParseError(f"a property type of TNEF instead of 0x{kind:04x}", r.offset)
    at = r.offset
    count = r.u32()
    if count > MAX_VALUES or count * 2 > r.remaining:
        raise ParseError(f"at most {min(MAX_VALUES, r.remaining // 2)} values", at)
    if base in WIDTHS:
        return tuple(_read_fixed(r, base) for _ in range(count))
    values = tuple(_read_variable(r, base, code_page) for _ in range(count))
    if kind & MULTI_VALUE:
        return values
    if not values:
        return "" if base in (PropType.STRING, PropType.STRING8) else b""
    return values[0]


def _read_fixed(r: Reader, kind: int) -> Scalar:
    start = r.offset
    value: Scalar
    if kind == PropType.BOOLEAN:
        value = r.u16() != 0
    else:
        read = unpack_value(r, kind)
        value = read if isinstance(read, (int, float, UUID)) else None
    _read_padding(r, r.offset - start)
    return value


def _read_variable(r: Reader, kind: int, code_page: int) -> str | bytes:
    size = r.u32()
    octets = r.take(size)
    _read_padding(r, size)
    if kind == PropType.STRING:
        return octets[: size & ~1].decode("utf-16-le", "surrogatepass").partition("\0")[0]
    if kind == PropType.STRING8:
        return decode_page(octets.partition(b"\0")[0], code_page)
    return octets


def is_writable(key: PropertyKey) -> bool:
    """Tell whether a list can hold this: not the types of ROP buffers, no number without its name."""
    kind = type_of(key)
    if not isinstance(key, NamedProperty) and key >> 16 >= FIRST_NAMED:
        return False
    return kind in _VARIABLE or kind in WIDTHS or kind in _MULTIPLE


def write_properties(w: Writer, bag: PropertyBag) -> None:
    """Write a list of what can be written.

    Raises:
        ValueError: a value does not fit its type.
    """
    keys = [key for key in bag if is_writable(key)][:MAX_PROPERTIES]
    w.u32(len(keys))
    named = FIRST_NAMED
    for key in keys:
        w.u16(type_of(key))
        if isinstance(key, NamedProperty):
            # Only the name counts; the identifiers need to differ within the list.
            w.u16(min(named, 0xFFFE))
            named += 1
            _write_name(w, key)
        else:
            w.u16(key >> 16)
        _write_value(w, type_of(key), bag[key])


def _write_name(w: Writer, name: NamedProperty) -> None:
    w.guid(name.guid)
    if isinstance(name.which, int):
        w.u32(_KIND_NUMBER)
        w.u32(name.which)
        return
    octets = name.which.encode("utf-16-le", "surrogatepass") + b"\0\0"
    w.u32(_KIND_NAME)
    w.u32(len(octets))
    w.raw(octets + bytes(-len(octets) % _ALIGNMENT))


def _write_value(w: Writer, kind: int, value: PropValue) -> None:
    base = kind & ~MULTI_VALUE
    if kind in WIDTHS:
        _write_fixed(w, kind, value)
        return
    values = value if kind & MULTI_VALUE else (value,)
    if not isinstance(values, tuple):
        raise ValueError(f"0x{kind:04x} is a tuple")  # noqa: TRY004 - as pack_value does
    w.u32(len(values))
    for each in values:
        if base in WIDTHS:
            _write_fixed(w, base, each)
        else:
            _write_variable(w, base, each)


def _write_fixed(w: Writer, kind: int, value: PropValue) -> None:
    start = len(w)
    if kind == PropType.BOOLEAN:
        w.u16(1 if value else 0)
    else:
        pack_value(w, kind, value)
    w.raw(bytes((start - len(w)) % _ALIGNMENT))


def _write_variable(w: Writer, kind: int, value: PropValue) -> None:
    if kind == PropType.STRING and isinstance(value, str):
        octets = value.partition("\0")[0].encode("utf-16-le", "surrogatepass") + b"\0\0"
    elif kind == PropType.STRING8 and isinstance(value, bytes):
        octets = value.partition(b"\0")[0] + b"\0"
    elif kind in (PropType.BINARY, PropType.OBJECT) and isinstance(value, bytes):
        octets = value
    else:
        raise ValueError(f"a value of type {type(value).__name__} does not fit 0x{kind:04x}")
    w.u32(len(octets))
    w.raw(octets + bytes(-len(octets) % _ALIGNMENT))
