"""Values of record entries as property values.

Spec: [MS-PST] 2.3.3 (property contexts), 2.3.3.4 (values of several), 2.5.3.1.1.1 (subjects).
"""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from uuid import UUID

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader
from gromox.convert.textcodec import decode_page
from gromox.mapi.plainvalue import unpack_value
from gromox.mapi.proptypes import MULTI_VALUE, WIDTHS, PropType

if TYPE_CHECKING:
    from gromox.mapi.propvalue import PropValue, Scalar

_MAX_VALUES: Final = 1 << 16
_PREFIX_MARK: Final = "\x01"


def value_of(kind: int, octets: bytes, page: int) -> PropValue | None:
    """Return a value; None if its type is none of properties that items have.

    Raises:
        ParseError: its octets are too few.
    """
    base = kind & ~MULTI_VALUE
    if not kind & MULTI_VALUE:
        return _scalar(base, octets, page)
    size = WIDTHS.get(base)
    if size is not None:
        return tuple(
            _scalar(base, octets[at : at + size], page) for at in range(0, len(octets) - size + 1, size)
        )
    if base not in (PropType.STRING, PropType.STRING8, PropType.BINARY):
        return None
    return tuple(_scalar(base, each, page) for each in _pieces(octets))


def _scalar(kind: int, octets: bytes, page: int) -> Scalar:
    if kind == PropType.STRING:
        return octets[: len(octets) & ~1].decode("utf-16-le", "surrogatepass").partition("\0")[0]
    if kind == PropType.STRING8:
        return decode_page(octets.partition(b"\0")[0], page)
    if kind == PropType.BOOLEAN:
        return any(octets[:2])
    if kind == PropType.GUID:
        if len(octets) < 16:  # noqa: PLR2004 - octets of a GUID
            raise ParseError("a GUID")
        return UUID(bytes_le=octets[:16])
    if kind == PropType.BINARY:
        return octets
    if kind in WIDTHS:
        found = unpack_value(Reader(octets), kind)
        return found if isinstance(found, (int, float)) else None
    return None


def _pieces(octets: bytes) -> list[bytes]:
    """Values of several: how many, where each begins, and all behind each other."""
    if len(octets) < 4:  # noqa: PLR2004 - octets of the count
        return []
    (count,) = struct.unpack_from("<I", octets)
    if count > _MAX_VALUES or 4 + 4 * count > len(octets):
        raise ParseError(f"at most {min(_MAX_VALUES, (len(octets) - 4) // 4)} values instead of {count}")
    starts = [*struct.unpack_from(f"<{count}I", octets, 4), len(octets)]
    return [octets[start:end] for start, end in pairwise(starts)]


def subject_of(text: str) -> str:
    """Return a subject without the two characters that tell how long its prefix is."""
    return text[2:] if text.startswith(_PREFIX_MARK) and len(text) > 1 else text
