"""Plain property values in octets: all types but those that hold a structure of their own.

Restrictions and rule actions hold plain values only, so no structure nests by way of a value in it; what all
other code reads and writes is :mod:`gromox.mapi.propvalue`, which knows both.

Spec:
    [MS-OXCDATA] 2.11.1 for the types and 2.11.2 for the values. Counts of octets are 32 bits in the wide form
    (the default: mailboxes and store RPC) and 16 bits in the narrow one (ROP buffers); counts of values are
    32 bits.

Values in Python: numbers as unsigned ``int`` (negative ones are accepted and come back unsigned), but
PtypCurrency signed; times as FILETIME (100 ns since 1601); PtypString8 as ``bytes``, whose code page the
property does not tell; PtypObject and PtypServerId as the octets of their structure; several values as a
tuple.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias
from uuid import UUID

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, Writer
from gromox.mapi.proptypes import MULTI_VALUE, PropType

Scalar: TypeAlias = int | float | str | bytes | UUID | None
PlainValue: TypeAlias = Scalar | tuple[Scalar, ...]

MAX_VALUES: Final = 1 << 20  #: of one multi-value property

Read: TypeAlias = Callable[[Reader, bool], Scalar]
Write: TypeAlias = Callable[[Writer, object, bool], None]


def unpack_value(r: Reader, kind: int, *, wide: bool = True) -> PlainValue:
    """Read one value of type ``kind``.

    Raises:
        ParseError: the type is unknown, a count is too large, or the buffer ends too early.
    """
    pair = SCALARS.get(kind)
    if pair is not None:
        return pair[0](r, wide)
    element = SCALARS.get(kind & ~MULTI_VALUE) if kind in _MULTIPLE else None
    if element is None:
        raise ParseError(f"a known property type instead of 0x{kind:04x}", r.offset)
    at = r.offset
    count = r.u32()
    # Each value takes at least one octet, so a count beyond what is left is a lie told to make us work.
    if count > MAX_VALUES or count > r.remaining:
        raise ParseError(f"at most {min(MAX_VALUES, r.remaining)} values instead of {count}", at)
    read = element[0]
    return tuple(read(r, wide) for _ in range(count))


def pack_value(w: Writer, kind: int, value: object, *, wide: bool = True) -> None:
    """Write one value of type ``kind``.

    Raises:
        ValueError: the type is unknown or the value does not fit its type or count.
    """
    pair = SCALARS.get(kind)
    if pair is not None:
        pair[1](w, value, wide)
        return
    if kind not in _MULTIPLE:
        raise ValueError(f"0x{kind:04x} is not a type of property values")
    if not isinstance(value, tuple) or len(value) > MAX_VALUES:
        raise ValueError(f"a value of type 0x{kind:04x} is a tuple of at most {MAX_VALUES} values")
    write = SCALARS[kind & ~MULTI_VALUE][1]
    w.u32(len(value))
    for each in value:
        write(w, each, wide)


def unpack_tagged(r: Reader, *, wide: bool = True) -> tuple[int, PlainValue]:
    """Read a tag and its value; raises what :func:`unpack_value` does."""
    tag = r.u32()
    return tag, unpack_value(r, tag & 0xFFFF, wide=wide)


def pack_tagged(w: Writer, tag: int, value: PlainValue, *, wide: bool = True) -> None:
    """Write a tag and its value; raises what :func:`pack_value` does."""
    w.u32(tag)
    pack_value(w, tag & 0xFFFF, value, wide=wide)


def misfit(value: object, wanted: str) -> ValueError:
    """Return the error of a value of the wrong type or size."""
    return ValueError(f"a value of type {type(value).__name__} stands where {wanted} belongs")


def _number(octets: int) -> tuple[Read, Write]:
    mask = (1 << 8 * octets) - 1

    def read(r: Reader, _wide: bool) -> int:
        return int.from_bytes(r.take(octets), "little")

    def write(w: Writer, value: object, _wide: bool) -> None:
        if not isinstance(value, int) or not -(mask >> 1) - 1 <= value <= mask:
            raise misfit(value, f"a number of {8 * octets} bits")
        w.raw((value & mask).to_bytes(octets, "little"))

    return read, write


def _read_currency(r: Reader, _wide: bool) -> int:
    return r.i64()


def _write_currency(w: Writer, value: object, _wide: bool) -> None:
    if not isinstance(value, int) or not -(1 << 63) <= value < 1 << 63:
        raise misfit(value, "a signed number of 64 bits")
    w.i64(value)


def _read_boolean(r: Reader, _wide: bool) -> bool:
    return r.u8() != 0


def _write_boolean(w: Writer, value: object, _wide: bool) -> None:
    w.u8(1 if value else 0)


def _read_float32(r: Reader, _wide: bool) -> float:
    return r.f32()


def _write_float32(w: Writer, value: object, _wide: bool) -> None:
    if not isinstance(value, (int, float)):
        raise misfit(value, "a floating number")
    try:
        w.f32(value)
    except OverflowError:
        raise misfit(value, "a floating number of 32 bits") from None


def _read_float64(r: Reader, _wide: bool) -> float:
    return r.f64()


def _write_float64(w: Writer, value: object, _wide: bool) -> None:
    if not isinstance(value, (int, float)):
        raise misfit(value, "a floating number")
    w.f64(value)


def _read_nothing(_r: Reader, _wide: bool) -> None:
    return None


def _write_nothing(_w: Writer, value: object, _wide: bool) -> None:
    if value is not None:
        raise misfit(value, "None")


def _read_octets(r: Reader, wide: bool) -> bytes:
    return r.take(r.u32() if wide else r.u16())


def _write_octets(w: Writer, value: object, wide: bool) -> None:
    if not isinstance(value, bytes) or len(value) > (0xFFFFFFFF if wide else 0xFFFF):
        raise misfit(value, "octets, as many as the count can tell")
    if wide:
        w.u32(len(value))
    else:
        w.u16(len(value))
    w.raw(value)


def _read_server_id(r: Reader, _wide: bool) -> bytes:
    return r.take(r.u16())


def _write_server_id(w: Writer, value: object, _wide: bool) -> None:
    _write_octets(w, value, False)


def _read_string8(r: Reader, _wide: bool) -> bytes:
    return r.string8()


def _write_string8(w: Writer, value: object, _wide: bool) -> None:
    if not isinstance(value, bytes):
        raise misfit(value, "octets")
    w.string8(value)


def _read_string(r: Reader, _wide: bool) -> str:
    return r.string16()


def _write_string(w: Writer, value: object, _wide: bool) -> None:
    if not isinstance(value, str):
        raise misfit(value, "text")
    w.string16(value)


def _read_guid(r: Reader, _wide: bool) -> UUID:
    return r.guid()


def _write_guid(w: Writer, value: object, _wide: bool) -> None:
    if not isinstance(value, UUID):
        raise misfit(value, "a GUID")
    w.guid(value)


SCALARS: Final[dict[int, tuple[Read, Write]]] = {
    PropType.NULL: (_read_nothing, _write_nothing),
    PropType.INTEGER16: _number(2),
    PropType.INTEGER32: _number(4),
    PropType.FLOATING32: (_read_float32, _write_float32),
    PropType.FLOATING64: (_read_float64, _write_float64),
    PropType.CURRENCY: (_read_currency, _write_currency),
    PropType.FLOATING_TIME: (_read_float64, _write_float64),
    PropType.ERROR_CODE: _number(4),
    PropType.BOOLEAN: (_read_boolean, _write_boolean),
    PropType.OBJECT: (_read_octets, _write_octets),
    PropType.INTEGER64: _number(8),
    PropType.STRING8: (_read_string8, _write_string8),
    PropType.STRING: (_read_string, _write_string),
    PropType.TIME: _number(8),
    PropType.GUID: (_read_guid, _write_guid),
    PropType.SERVER_ID: (_read_server_id, _write_server_id),
    PropType.BINARY: (_read_octets, _write_octets),
}
_MULTIPLE: Final = frozenset(int(kind) for kind in PropType if kind & MULTI_VALUE)
