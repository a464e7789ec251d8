"""Restrictions compiled to SQL, where they ask for columns of ``messages`` only.

What comes out means exactly what evaluate.py says: each leaf is true or false, never NULL, and texts are
compared casefolded by the function ``gx_fold`` that every connection has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.mapi.proptypes import PropType
from gromox.mapi.restriction import (
    And,
    Annotation,
    BitMapRelOp,
    BitMask,
    Comment,
    Content,
    Count,
    Exist,
    FuzzyHigh,
    FuzzyLow,
    Not,
    Or,
    Property,
    RelOp,
    Restriction,
)
from gromox.mapi.sortorder import Order
from gromox.store.match import values
from gromox.store.property.column import BY_TAG, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.mapi.sortorder import SortOrder
    from gromox.store.property.column import Column

MAX_PARAMETERS: Final = 900
"""SQLite takes 32766; a condition of a thousand terms is evaluated as fast in Python."""
MAX_DEPTH: Final = 32
"""SQLite's own parser nests at most a thousand deep, in several levels for each of ours."""

_OPERATORS: Final = {
    RelOp.LESS_THAN: "<",
    RelOp.LESS_THAN_OR_EQUAL: "<=",
    RelOp.GREATER_THAN: ">",
    RelOp.GREATER_THAN_OR_EQUAL: ">=",
    RelOp.EQUAL: "=",
    RelOp.NOT_EQUAL: "<>",
}
_NUMBERS: Final = frozenset(
    {
        int(PropType.INTEGER16),
        int(PropType.INTEGER32),
        int(PropType.INTEGER64),
        int(PropType.TIME),
        int(PropType.BOOLEAN),
    }
)
_TEXTS: Final = frozenset({int(PropType.STRING)})


class Sql(NamedTuple):
    """A condition on a row of ``messages``."""

    condition: str
    parameters: tuple[object, ...] = ()


def compiled(restriction: Restriction, depth: int = 0) -> Sql | None:
    """Return a restriction as a condition; None: it asks for something that has no column."""
    if depth > MAX_DEPTH:
        return None
    match restriction:
        case And(terms):
            return _joined(terms, " AND ", "1", depth)
        case Or(terms):
            return _joined(terms, " OR ", "0", depth)
        case Not(term):
            inner = compiled(term, depth + 1)
            return None if inner is None else Sql(f"NOT {inner.condition}", inner.parameters)
        case Comment(part=term) | Annotation(part=term):
            return Sql("1") if term is None else compiled(term, depth + 1)
        case Count(part=term):
            return compiled(term, depth + 1)
        case Content() | Property() | BitMask() | Exist():
            column = BY_TAG.get(restriction.tag)
            return None if column is None else _leaf(restriction, column)
        case _:
            return None


def _joined(terms: Sequence[Restriction], word: str, empty: str, depth: int) -> Sql | None:
    parts = []
    parameters: list[object] = []
    for term in terms:
        part = compiled(term, depth + 1)
        if part is None or len(parameters) + len(part.parameters) > MAX_PARAMETERS:
            return None
        parts.append(part.condition)
        parameters += part.parameters
    return Sql(f"({word.join(parts)})" if parts else empty, tuple(parameters))


def _leaf(restriction: Content | Property | BitMask | Exist, column: Column) -> Sql | None:
    name = column.name
    exists = f"(length({name}) > 0)" if column.kind is Kind.TEXT else f"({name} IS NOT NULL)"
    match restriction:
        case Exist():
            return Sql(exists)
        case BitMask(rel_op, tag, mask):
            if values.base_type(tag) not in _NUMBERS:
                return None
            test = "=" if rel_op is BitMapRelOp.EQUAL_TO_ZERO else "<>"
            return Sql(f"({exists} AND ({name} & ?) {test} 0)", (mask,))
        case Property():
            return _property(restriction, name, exists)
        case Content():
            return _content(restriction, name, exists)


def _property(restriction: Property, name: str, exists: str) -> Sql | None:
    operator = _OPERATORS.get(restriction.rel_op)
    kind, value = values.base_type(restriction.tag), restriction.value
    key = (
        None
        if isinstance(value, tuple)
        else values.comparable(values.base_type(restriction.value_tag), value)
    )
    if operator is None or key is None:
        return None
    if kind in _NUMBERS and key[0] == 0 and isinstance(key[1], int) and abs(key[1]) < 1 << 62:
        compare = f"{name} {operator} ?"
    elif kind in _TEXTS and isinstance(key[1], str) and _is_askable(key[1]):
        compare = f"gx_fold({name}) {operator} ?"
    elif kind == PropType.BINARY and isinstance(key[1], bytes):
        compare = f"{name} {operator} ?"
    else:
        return None
    if restriction.rel_op is RelOp.NOT_EQUAL:
        return Sql(f"(NOT {exists} OR {compare})", (_plain(key[1]),))
    return Sql(f"({exists} AND {compare})", (_plain(key[1]),))


def _is_askable(text: str) -> bool:
    """Tell whether SQLite can be asked for a text: no NUL, which ends texts there, no lone surrogates."""
    return "\0" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def _plain(key: object) -> object:
    return int(key) if isinstance(key, bool) else key


def _content(restriction: Content, name: str, exists: str) -> Sql | None:
    text, low, high = restriction.value, restriction.low, restriction.high
    if values.base_type(restriction.tag) not in _TEXTS or not isinstance(text, str):
        return None
    if high & ~FuzzyHigh.IGNORE_CASE or low & ~(FuzzyLow.SUBSTRING | FuzzyLow.PREFIX):
        return None
    if not _is_askable(text):
        return None
    held, wanted = name, text
    if high & FuzzyHigh.IGNORE_CASE:
        held, wanted = f"gx_fold({name})", text.casefold()
    if low & FuzzyLow.SUBSTRING:
        return Sql(f"({exists} AND instr({held}, ?) > 0)", (wanted,))
    if low & FuzzyLow.PREFIX:
        return Sql(f"({exists} AND substr({held}, 1, {len(wanted)}) = ?)", (wanted,))
    return Sql(f"({exists} AND {held} = ?)", (wanted,))


def ordering(orders: Sequence[SortOrder]) -> str | None:
    """Return sort orders as they stand behind ORDER BY; None: one is by something that has no column."""
    terms = []
    for each in orders:
        column = BY_TAG.get(each.tag)
        kind = values.base_type(each.tag)
        if column is None or each.order is Order.MAXIMUM_CATEGORY:
            return None
        name = f"gx_fold({column.name})" if kind in _TEXTS else column.name
        terms.append(f"{name} DESC" if each.order is Order.DESCENDING else name)
    return ", ".join([*terms, "mid"])
