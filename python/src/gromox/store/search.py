"""What can be searched for: the expression tree that IMAP SEARCH and its like are turned into.

Spec:
    RFC 9051 6.4.4. Texts match as substrings, upper and lower case being the same (Unicode casefolding).
    Days are days since 1970-01-01 in the zone of the date itself: IMAP disregards time and zone.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from gromox.mapi.restriction import Restriction
    from gromox.store.uidset import UidSet


class Field(enum.Enum):
    """Header fields whose decoded text is kept ready for searches."""

    SUBJECT = "subject"
    FROM = "senders"
    TO = "recipients"
    CC = "copies"
    BCC = "blind_copies"


class Comparison(enum.Enum):
    """How a day is compared: BEFORE, ON, SINCE."""

    BEFORE = "<"
    ON = "="
    SINCE = ">="


@dataclass(frozen=True, slots=True)
class All:
    """Every message."""


@dataclass(frozen=True, slots=True)
class And:
    """Messages that match all terms."""

    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Messages that match any term."""

    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Messages that do not match."""

    term: Expression


@dataclass(frozen=True, slots=True)
class Flagged:
    r"""Messages with ``flags & mask == value``: UNSEEN is ``Flagged(Flag.SEEN, 0)``."""

    mask: int
    value: int


@dataclass(frozen=True, slots=True)
class HasKeyword:
    """Messages with a keyword."""

    name: str


@dataclass(frozen=True, slots=True)
class TextIn:
    """Messages whose decoded field contains a text."""

    field: Field
    needle: str


@dataclass(frozen=True, slots=True)
class Header:
    """Messages that have a header field whose decoded value contains a text (an empty one.

    That have the field).
    """

    name: str
    needle: str


@dataclass(frozen=True, slots=True)
class Body:
    """Messages whose decoded text parts contain a text."""

    needle: str


@dataclass(frozen=True, slots=True)
class Text:
    """Messages whose header or text parts contain a text."""

    needle: str


@dataclass(frozen=True, slots=True)
class Larger:
    """Messages of more than so many octets."""

    size: int


@dataclass(frozen=True, slots=True)
class Smaller:
    """Messages of fewer than so many octets."""

    size: int


@dataclass(frozen=True, slots=True)
class InternalDay:
    """Messages by the day they arrived."""

    comparison: Comparison
    day: int


@dataclass(frozen=True, slots=True)
class ArrivedBefore:
    """Messages whose internal date is not later than a moment in Unix seconds (RFC 5032)."""

    moment: float


@dataclass(frozen=True, slots=True)
class SentDay:
    """Messages by the day in their Date field; those without a date do not match."""

    comparison: Comparison
    day: int


@dataclass(frozen=True, slots=True)
class Uids:
    """Messages with these UIDs (sequence numbers are resolved by the caller)."""

    uids: UidSet


@dataclass(frozen=True, slots=True)
class Modseq:
    """Messages with at least this modseq (RFC 7162 3.1.5)."""

    least: int


@dataclass(frozen=True, slots=True)
class Recent:
    r"""Messages that are ``\Recent`` for the caller: UIDs from its watermark on."""

    first_uid: int


@dataclass(frozen=True, slots=True)
class Where:
    """Messages whose row fulfils a condition in SQL (:mod:`gromox.store.match.sql`)."""

    condition: str
    parameters: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class MayHold:
    """Messages that the full-text index does not exclude: it never says no where a text is there."""

    needle: str


@dataclass(frozen=True, slots=True)
class Matching:
    """Messages whose properties fulfil a restriction ([MS-OXCDATA] 2.12)."""

    restriction: Restriction
    username: str = ""
    """Whose read states count in public stores."""


Expression: TypeAlias = (
    All
    | And
    | Or
    | Not
    | Flagged
    | HasKeyword
    | TextIn
    | Header
    | Body
    | Text
    | Larger
    | Smaller
    | InternalDay
    | ArrivedBefore
    | SentDay
    | Uids
    | Modseq
    | Recent
    | Where
    | MayHold
    | Matching
)
