"""Values of properties as the stream has them: wide counts, texts in UTF-8.

Spec: reference/system/store.md section 9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.mapi import propvalue
from gromox.mapi.plainvalue import MAX_VALUES
from gromox.mapi.proptypes import MULTI_VALUE, PropType

if TYPE_CHECKING:
    from gromox.codec.packed import Reader, Writer
    from gromox.mapi.propvalue import PropValue, Scalar

_TEXTS: Final = PropType.STRING | MULTI_VALUE
_SURROGATES: Final = range(0xD800, 0xE000)


def read_value(r: Reader, kind: int) -> PropValue:
    """Read one value of a type.

    Raises:
        ParseError: the type is unknown, a count is too large, or the buffer ends too early.
    """
    if kind == PropType.STRING:
        return read_text(r)
    if kind != _TEXTS:
        return propvalue.unpack_value(r, kind)
    at = r.offset
    count = r.u32()
    # Each text takes at least its NUL.
    if count > MAX_VALUES or count > r.remaining:
        raise ParseError(f"at most {min(MAX_VALUES, r.remaining)} texts instead of {count}", at)
    return tuple(read_text(r) for _ in range(count))


def write_value(w: Writer, kind: int, value: PropValue) -> None:
    """Write one value of a type.

    Raises:
        ValueError: the type is unknown or the value does not fit it.
    """
    if kind == PropType.STRING:
        write_text(w, value if isinstance(value, str) else _misfit(value))
    elif kind == _TEXTS:
        if not isinstance(value, tuple) or len(value) > MAX_VALUES:
            raise ValueError(f"several texts are a tuple of at most {MAX_VALUES}")
        w.u32(len(value))
        for each in value:
            write_text(w, each if isinstance(each, str) else _misfit(each))
    else:
        propvalue.pack_value(w, kind, value)


def read_text(r: Reader) -> str:
    """Read UTF-8 up to a NUL; octets that are none become U+FFFD."""
    return r.string8().decode("utf-8", "replace")


def write_text(w: Writer, text: str) -> None:
    """Write UTF-8 and a NUL; halves of surrogate pairs become U+FFFD."""
    try:
        octets = text.encode("utf-8")
    except UnicodeEncodeError:
        octets = "".join("\ufffd" if ord(one) in _SURROGATES else one for one in text).encode("utf-8")
    w.string8(octets)


def _misfit(value: Scalar | PropValue) -> str:
    raise ValueError(f"a value of type {type(value).__name__} stands where text belongs")
