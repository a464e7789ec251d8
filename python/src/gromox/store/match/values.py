"""Comparison of property values, as restrictions and sort orders want it.

Spec:
    [MS-OXCDATA] 2.12.4 (content), 2.12.5 (relational operators), 2.12.8 (sizes), 2.11.1 (types).

Decision: texts are compared without regard to case, as clients expect of ``RelOp`` and of sorted columns;
[MS-OXCDATA] leaves it open. PtypString8 values are read as UTF-8, or as ISO 8859-1 where they are no UTF-8.
"""

from __future__ import annotations

import operator
import re
import unicodedata
from typing import TYPE_CHECKING, Final
from uuid import UUID

from gromox.mapi.proptypes import MULTI_VALUE, WIDTHS, PropType
from gromox.mapi.restriction import FuzzyHigh, FuzzyLow, RelOp

if TYPE_CHECKING:
    from collections.abc import Callable

MULTI_VALUE_INSTANCE: Final = 0x2000
"""Bit of a column's type that asks for a row for each value, [MS-OXCDATA] 2.11.1.3."""

MAX_TEXT: Final = 1 << 20
"""Characters of a value that are looked at."""

_SIGNED: Final = {PropType.INTEGER16: 16, PropType.INTEGER32: 32, PropType.INTEGER64: 64}
_TEXTS: Final = (PropType.STRING, PropType.STRING8)
_WORD: Final = re.compile(r"\w+")
_LOW_MASK: Final = 0x0F

COMPARISONS: Final[dict[RelOp, Callable[[object, object], bool]]] = {
    RelOp.LESS_THAN: operator.lt,  # type: ignore[dict-item] # keys of one rank
    RelOp.LESS_THAN_OR_EQUAL: operator.le,  # type: ignore[dict-item] # keys of one rank
    RelOp.GREATER_THAN: operator.gt,  # type: ignore[dict-item] # keys of one rank
    RelOp.GREATER_THAN_OR_EQUAL: operator.ge,  # type: ignore[dict-item] # keys of one rank
    RelOp.EQUAL: operator.eq,
    RelOp.NOT_EQUAL: operator.ne,
}


def base_type(tag: int) -> int:
    """Return the type of a single value under this tag."""
    return tag & 0xFFFF & ~(MULTI_VALUE | MULTI_VALUE_INSTANCE)


def text_of(value: object) -> str | None:
    """Return a text value as ``str``; None: it is no text."""
    if isinstance(value, str):
        return value[:MAX_TEXT]
    if isinstance(value, bytes):
        octets = value[:MAX_TEXT]
        try:
            return octets.decode()
        except UnicodeDecodeError:
            return octets.decode("latin-1")
    return None


def comparable(kind: int, value: object) -> tuple[int, object] | None:
    """Return (rank, key) of a single value: keys of one rank can be ordered; None: it cannot be compared."""
    if kind in _TEXTS:
        text = text_of(value)
        return None if text is None else (2, text.casefold())
    if isinstance(value, (int, float)):
        bits = _SIGNED.get(PropType(kind)) if kind in _KINDS else None
        if bits and isinstance(value, int) and value >> (bits - 1) & 1 and value > 0:
            value -= 1 << bits
        return 0, value
    if isinstance(value, str):
        return 2, value[:MAX_TEXT].casefold()
    if isinstance(value, bytes):
        return 1, value
    if isinstance(value, UUID):
        return 3, value.bytes_le
    return None


_KINDS: Final = frozenset(int(kind) for kind in PropType)


def compare(rel_op: RelOp, kind: int, value: object, other_kind: int, other: object) -> bool:
    """Compare a value of an object with another one.

    Of several values one has to fit ([MS-OXCDATA] 2.12.5); for NOT_EQUAL none may be equal. Several values
    on both sides are compared as a whole, for equality only.
    """
    test = COMPARISONS.get(rel_op)
    if test is None:
        return False
    if isinstance(value, tuple):
        if isinstance(other, tuple):
            left = [comparable(kind, each) for each in value]
            right = [comparable(other_kind, each) for each in other]
            return rel_op in (RelOp.EQUAL, RelOp.NOT_EQUAL) and test(left, right)
        if rel_op is RelOp.NOT_EQUAL:
            return not any(_single(operator.eq, kind, each, other_kind, other) for each in value)
        return any(_single(test, kind, each, other_kind, other) for each in value)
    if isinstance(other, tuple):
        return rel_op is RelOp.NOT_EQUAL
    return _single(test, kind, value, other_kind, other)


def _single(
    test: Callable[[object, object], bool], kind: int, value: object, other_kind: int, other: object
) -> bool:
    left, right = comparable(kind, value), comparable(other_kind, other)
    if left is None or right is None or left[0] != right[0]:
        return test is operator.ne
    return test(left[1], right[1])


def sort_key(kind: int, value: object) -> tuple[int, object]:
    """Return what rows are ordered by; values that are missing come first ([MS-OXCTABL] 2.2.2.3)."""
    if isinstance(value, tuple):
        value = value[0] if value else None
    if value is None:
        return (-1, 0)
    return comparable(kind, value) or (-1, 0)


def folder_of_text(high: FuzzyHigh) -> Callable[[str], str]:
    """Return what makes texts alike that differ only in ways that do not count."""
    if high & FuzzyHigh.LOOSE:
        return lambda text: _without_marks(unicodedata.normalize("NFKC", text).casefold())
    if high & FuzzyHigh.IGNORE_NON_SPACE:
        if high & FuzzyHigh.IGNORE_CASE:
            return lambda text: _without_marks(text.casefold())
        return _without_marks
    if high & FuzzyHigh.IGNORE_CASE:
        return str.casefold
    return lambda text: text


def _without_marks(text: str) -> str:
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFD", text)
    return "".join([each for each in decomposed if unicodedata.category(each) != "Mn"])


def text_matcher(needle: str, low: FuzzyLow, high: FuzzyHigh) -> Callable[[str], bool]:
    """Return a test of texts by fuzzy level, [MS-OXCDATA] 2.12.4.1."""
    fold = folder_of_text(high)
    wanted = fold(needle)
    if low & FuzzyLow.PHRASE_MATCH:
        words = _WORD.findall(wanted)
        phrase = f" {' '.join(words)} "
        return lambda text: bool(words) and phrase in f" {' '.join(_WORD.findall(fold(text)))} "
    if low & FuzzyLow.PREFIX_ON_ANY_WORD:
        beginning = re.compile(r"(?<!\w)" + re.escape(wanted))
        return lambda text: beginning.search(fold(text)) is not None
    kind = int(low) & _LOW_MASK
    if kind == FuzzyLow.SUBSTRING:
        return lambda text: wanted in fold(text)
    if kind == FuzzyLow.PREFIX:
        return lambda text: fold(text).startswith(wanted)
    return lambda text: fold(text) == wanted


def octets_matcher(needle: bytes, low: FuzzyLow) -> Callable[[bytes], bool]:
    """Return a test of octets: how much of a value has to match."""
    kind = int(low) & _LOW_MASK
    if kind == FuzzyLow.SUBSTRING:
        return lambda octets: needle in octets
    if kind == FuzzyLow.PREFIX:
        return lambda octets: octets.startswith(needle)
    return lambda octets: octets == needle


def size_of(kind: int, value: object) -> int:
    """Return the octets of a value as it stands on the wire, [MS-OXCDATA] 2.12.8 and 2.11.2."""
    if isinstance(value, tuple):
        return sum(size_of(kind, each) for each in value)
    if isinstance(value, str):
        return 2 * len(value) + 2 * sum(each > "\uffff" for each in value) + 2
    if isinstance(value, bytes):
        return len(value) + (kind == PropType.STRING8)
    return WIDTHS.get(kind, 0)
