"""What a FastTransfer stream consists of: markers, property values, and large values in parts.

Spec:
    [MS-OXCFXICS] 2.2.4.1 (lexical structure), 2.2.4.1.1 (types), 2.2.4.1.1.1 (code page property types).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from gromox.mapi import tags
from gromox.mapi.fasttransfer.markers import Marker
from gromox.mapi.proptypes import MULTI_VALUE, WIDTHS, PropType

if TYPE_CHECKING:
    from gromox.mapi.plainvalue import PlainValue
    from gromox.mapi.propname import PropertyName

FIRST_NAMED: Final = 0x8000
"""Identifiers from here on belong to named properties, and a name follows."""
CODE_PAGE: Final = 0x8000
"""The bit of types that name a code page."""
UNICODE_PAGE: Final = 1200
FIXED_SIZES: Final = {
    kind: 2 if kind == PropType.BOOLEAN else octets
    for kind, octets in WIDTHS.items()
    if kind != PropType.ERROR_CODE
}
"""Octets of a fixedSizeValue; truth values have two here ([MS-OXCFXICS] 2.2.4.1.3)."""
VARIABLE: Final = frozenset(
    {PropType.STRING, PropType.STRING8, PropType.SERVER_ID, PropType.BINARY, PropType.OBJECT}
)
MAX_VALUE: Final = (1 << 31) - 1
"""Octets of one value."""
MAX_WHOLE: Final = 64 << 10
"""Octets of a value that is handed on in one; larger ones come in parts."""
MAX_MULTIPLE: Final = 4 << 20
"""Octets that all values of a property with several come to."""


class PropertyLexeme(NamedTuple):
    """A property with its value."""

    tag: int
    name: PropertyName | None
    """Of a named property, whose identifier means nothing here."""
    value: PlainValue


class LargeBegin(NamedTuple):
    """A value begins that is handed on in parts: octets as they stand in the stream."""

    tag: int
    name: PropertyName | None
    size: int


class LargePart(NamedTuple):
    """Octets of the value that has begun."""

    octets: bytes


class LargeEnd(NamedTuple):
    """The value is complete."""


Lexeme: TypeAlias = Marker | PropertyLexeme | LargeBegin | LargePart | LargeEnd


def wire_type(tag: int) -> int:
    """Return the type by which a value is written.

    The set of given ids goes by the type of a number, but is octets ([MS-OXCFXICS] 3.1.5.2.1).
    """
    return int(PropType.BINARY) if tag == tags.PidTagIdsetGiven else tag & 0xFFFF


def code_page_of(kind: int) -> int | None:
    """Return the code page that a type names; None: it names none."""
    return kind & ~CODE_PAGE if kind & CODE_PAGE else None


def is_variable(kind: int) -> bool:
    """Tell whether values of a type have a length before them."""
    return kind in VARIABLE or bool(kind & CODE_PAGE)


def is_multiple(kind: int) -> bool:
    """Tell whether a property of a type has several values."""
    base = kind & ~MULTI_VALUE
    return bool(kind & MULTI_VALUE) and not kind & CODE_PAGE and (base in FIXED_SIZES or base in VARIABLE)
