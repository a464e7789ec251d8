"""Restrictions: the conditions of searches, tables, rules and synchronisation, as values.

Their octets are the business of :mod:`gromox.mapi.restrictioncodec`.

Spec:
    [MS-OXCDATA] 2.12. Values inside are plain ones (:mod:`gromox.mapi.plainvalue`); one that has a
    restriction for a value is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import TYPE_CHECKING, Final, TypeAlias, Union

if TYPE_CHECKING:
    from gromox.mapi.plainvalue import PlainValue


class RelOp(IntEnum):
    """Relational operators, [MS-OXCDATA] 2.12.5.1."""

    LESS_THAN = 0x00
    LESS_THAN_OR_EQUAL = 0x01
    GREATER_THAN = 0x02
    GREATER_THAN_OR_EQUAL = 0x03
    EQUAL = 0x04
    NOT_EQUAL = 0x05
    MATCHES_EXPRESSION = 0x06
    MEMBER_OF_DL = 0x64


class BitMapRelOp(IntEnum):
    """Whether the masked bits are all zero or not, [MS-OXCDATA] 2.12.7.1."""

    EQUAL_TO_ZERO = 0x00
    NOT_EQUAL_TO_ZERO = 0x01


class FuzzyLow(IntFlag):
    """How much of a value matches, [MS-OXCDATA] 2.12.4.1; the low four bits are an enumeration."""

    FULL_STRING = 0x0000
    SUBSTRING = 0x0001
    PREFIX = 0x0002
    PREFIX_ON_ANY_WORD = 0x0010
    PHRASE_MATCH = 0x0020


class FuzzyHigh(IntFlag):
    """What differences do not count, [MS-OXCDATA] 2.12.4.1."""

    EXACT = 0x0000
    IGNORE_CASE = 0x0001
    IGNORE_NON_SPACE = 0x0002
    LOOSE = 0x0004


@dataclass(frozen=True, slots=True)
class And:
    """All parts are true, [MS-OXCDATA] 2.12.1; without parts it is true."""

    parts: tuple[Restriction, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part is true, [MS-OXCDATA] 2.12.2."""

    parts: tuple[Restriction, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part is not true, [MS-OXCDATA] 2.12.3."""

    part: Restriction


@dataclass(frozen=True, slots=True)
class Content:
    """A text or binary property holds the value, [MS-OXCDATA] 2.12.4."""

    tag: int
    value_tag: int
    value: PlainValue
    low: FuzzyLow = FuzzyLow.FULL_STRING
    high: FuzzyHigh = FuzzyHigh.EXACT


@dataclass(frozen=True, slots=True)
class Property:
    """A property compared with a value, [MS-OXCDATA] 2.12.5."""

    rel_op: RelOp
    tag: int
    value_tag: int
    value: PlainValue


@dataclass(frozen=True, slots=True)
class CompareProperties:
    """Two properties of one object compared, [MS-OXCDATA] 2.12.6."""

    rel_op: RelOp
    tag: int
    other_tag: int


@dataclass(frozen=True, slots=True)
class BitMask:
    """Bits of a number, [MS-OXCDATA] 2.12.7."""

    rel_op: BitMapRelOp
    tag: int
    mask: int


@dataclass(frozen=True, slots=True)
class Size:
    """The octets of a value compared with a number, [MS-OXCDATA] 2.12.8."""

    rel_op: RelOp
    tag: int
    size: int


@dataclass(frozen=True, slots=True)
class Exist:
    """The object has the property, [MS-OXCDATA] 2.12.9."""

    tag: int


@dataclass(frozen=True, slots=True)
class SubObject:
    """True of at least one recipient or attachment (``tag``), [MS-OXCDATA] 2.12.10."""

    tag: int
    part: Restriction


@dataclass(frozen=True, slots=True)
class Comment:
    """A client's notes beside a restriction, [MS-OXCDATA] 2.12.11; true if there is no part."""

    values: tuple[tuple[int, PlainValue], ...]
    part: Restriction | None


@dataclass(frozen=True, slots=True)
class Annotation:
    """A Comment by another number."""

    values: tuple[tuple[int, PlainValue], ...]
    part: Restriction | None


@dataclass(frozen=True, slots=True)
class Count:
    """At most so many results, [MS-OXCDATA] 2.12.12."""

    count: int
    part: Restriction


Restriction: TypeAlias = Union[  # noqa: UP007 - classes above name it before it exists
    And,
    Or,
    Not,
    Content,
    Property,
    CompareProperties,
    BitMask,
    Size,
    Exist,
    SubObject,
    Comment,
    Annotation,
    Count,
]
#: For isinstance().
KINDS: Final = (
    And,
    Or,
    Not,
    Content,
    Property,
    CompareProperties,
    BitMask,
    Size,
    Exist,
    SubObject,
    Comment,
    Annotation,
    Count,
)
