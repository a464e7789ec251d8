"""Values to pieces of a FastTransfer stream.

Spec:
    [MS-OXCFXICS] 2.2.4.1 (atoms), 2.2.4.1.3 (serialization), 3.2.5.12 and 2.2.4.3.20 (what is not written).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.codec.packed import Writer
from gromox.mapi import plainvalue
from gromox.mapi.fasttransfer.lexeme import (
    FIRST_NAMED,
    FIXED_SIZES,
    MAX_VALUE,
    VARIABLE,
    code_page_of,
    is_multiple,
    wire_type,
)
from gromox.mapi.proptypes import MULTI_VALUE, PropType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gromox.mapi.fasttransfer.markers import Marker
    from gromox.mapi.propname import PropertyName

_U32: Final = struct.Struct("<I")
_KIND_LID, _KIND_NAME = 0, 1


class Piece(NamedTuple):
    """Some octets of a stream."""

    octets: bytes
    is_divisible: bool = False
    """Whether a buffer may end within them: they are part of a varSizeValue."""


def marker(mark: Marker) -> Piece:
    """Return a marker."""
    return Piece(_U32.pack(mark))


def is_writable(tag: int) -> bool:
    """Tell whether properties of the type of a tag can stand in a stream."""
    kind = wire_type(tag)
    return kind in FIXED_SIZES or kind in VARIABLE or is_multiple(kind) or code_page_of(kind) is not None


def property_value(tag: int, value: object, name: PropertyName | None = None) -> Iterator[Piece]:
    """Give the pieces of a property with its value.

    Args:
        tag: its tag; a type that names a code page takes octets.
        value: the value, as :mod:`gromox.mapi.plainvalue` says.
        name: of a named property.

    Raises:
        ValueError: the type cannot stand in a stream, the value does not fit it, or a name is missing.
    """
    kind = wire_type(tag)
    head = definition(tag, name)
    if kind == PropType.BOOLEAN:
        yield Piece(head + (b"\1\0" if value else b"\0\0"))
    elif kind in FIXED_SIZES:
        yield Piece(head + _fixed(kind, value))
    elif is_multiple(kind):
        yield from _several(head, kind & ~MULTI_VALUE, value)
    else:
        octets = _variable(kind, value)
        yield Piece(head + _U32.pack(len(octets)))
        yield Piece(octets, is_divisible=True)


def large_value(
    tag: int, size: int, chunks: Iterable[bytes], name: PropertyName | None = None
) -> Iterator[Piece]:
    """Give the pieces of a value that is not in memory as a whole: octets as they stand in the stream.

    Raises:
        ValueError: it is too large, or the chunks come to another size.
    """
    if not 0 <= size <= MAX_VALUE:
        raise ValueError(f"a value has at most {MAX_VALUE} octets, not {size}")
    yield Piece(definition(tag, name) + _U32.pack(size))
    left = size
    for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            break
        yield Piece(chunk, is_divisible=True)
    if left:
        raise ValueError(f"the chunks of a value come to {size - left} octets instead of {size}")


def definition(tag: int, name: PropertyName | None) -> bytes:
    """Return a propDef. Raises ValueError: a name is missing, or out of place."""
    if (tag >> 16 >= FIRST_NAMED) != (name is not None):
        raise ValueError("named properties, and they alone, have a name")
    head = _U32.pack(tag)
    if name is None:
        return head
    if isinstance(name.which, int):
        return head + name.guid.bytes_le + bytes((_KIND_LID,)) + _U32.pack(name.which)
    if not name.which:
        raise ValueError("a named property has a number or a text")
    text = name.which.partition("\0")[0].encode("utf-16-le", "surrogatepass")
    return head + name.guid.bytes_le + bytes((_KIND_NAME,)) + text + b"\0\0"


def _fixed(kind: int, value: object) -> bytes:
    w = Writer()
    plainvalue.pack_value(w, kind, value)
    return w.octets()


def _several(head: bytes, kind: int, value: object) -> Iterator[Piece]:
    if not isinstance(value, tuple):
        raise plainvalue.misfit(value, "a tuple")
    yield Piece(head + _U32.pack(len(value)))
    for each in value:
        if kind in FIXED_SIZES:
            yield Piece(_fixed(kind, each))
        else:
            octets = _variable(kind, each)
            yield Piece(_U32.pack(len(octets)))
            yield Piece(octets, is_divisible=True)


def _variable(kind: int, value: object) -> bytes:
    """Return a varSizeValue; texts end with a NUL ([MS-OXCFXICS] 2.2.4.1.3)."""
    if kind == PropType.STRING:
        if not isinstance(value, str):
            raise plainvalue.misfit(value, "text")
        octets = value.encode("utf-16-le", "surrogatepass") + b"\0\0"
    elif not isinstance(value, bytes):
        raise plainvalue.misfit(value, "octets")
    elif kind == PropType.STRING8:
        octets = value + b"\0"
    elif code_page_of(kind) is not None or kind in VARIABLE:
        octets = value
    else:
        raise ValueError(f"values of type 0x{kind:04x} do not stand in a stream")
    if len(octets) > MAX_VALUE:
        raise ValueError(f"a value has at most {MAX_VALUE} octets")
    return octets
