"""Restrictions as the expressions that searching.py carries out.

And, Or and Not are the same in both. What flags say becomes ``Flagged``, what columns say becomes ``Where``,
and everything else stays a restriction inside ``Matching``, which looks at the properties of those messages
that the cheaper terms have left over. A text looked for in bodies is first narrowed down by the full-text
index (``MayHold``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.mapi import tags
from gromox.mapi.restriction import (
    And,
    Annotation,
    BitMapRelOp,
    BitMask,
    Comment,
    Content,
    Count,
    FuzzyHigh,
    FuzzyLow,
    Not,
    Or,
    Property,
    RelOp,
    Restriction,
)
from gromox.store import search
from gromox.store.flags import Flag
from gromox.store.match import evaluate, sql

if TYPE_CHECKING:
    from gromox.store.search import Expression

#: Bits of PidTagMessageFlags that flags say, [MS-OXCMSG] 2.2.1.6.
_FLAGS: Final = {0x01: Flag.SEEN, 0x08: Flag.DRAFT}


def expression_of(restriction: Restriction, *, username: str = "", is_public: bool = False) -> Expression:
    """Return the expression that finds what fulfils a restriction among normal messages of a folder.

    Args:
        restriction: the condition.
        username: whose read states count in public stores.
        is_public: whether the mailbox is a public store, where flags do not say who has read what.

    Raises:
        LimitError: it nests too deeply or has too many parts.
    """
    evaluate.predicate(restriction)  # which refuses what is too large
    return _Bridge(username, is_public=is_public).expression(restriction)


class _Bridge:
    __slots__ = ("_is_public", "_username")

    def __init__(self, username: str, *, is_public: bool) -> None:
        self._username, self._is_public = username, is_public

    def expression(self, restriction: Restriction) -> Expression:
        """Return the expression of one restriction."""
        match restriction:
            case And(terms):
                return search.And(tuple(self.expression(term) for term in terms)) if terms else search.All()
            case Or(terms):
                return search.Or(tuple(self.expression(term) for term in terms))
            case Not(term):
                return search.Not(self.expression(term))
            case Comment(part=term) | Annotation(part=term):
                return search.All() if term is None else self.expression(term)
            case Count(part=term):
                return self.expression(term)
            case _:
                return self._leaf(restriction)

    def _leaf(self, restriction: Restriction) -> Expression:
        flagged = None if self._is_public else _flagged(restriction)
        if flagged is not None:
            return flagged
        compiled = sql.compiled(restriction)
        if compiled is not None:
            return search.Where(compiled.condition, compiled.parameters)
        exact = search.Matching(restriction, self._username)
        if (
            isinstance(restriction, Content)
            and restriction.tag == tags.PidTagBody
            and isinstance(restriction.value, str)
            and not restriction.high & (FuzzyHigh.LOOSE | FuzzyHigh.IGNORE_NON_SPACE)
            and not restriction.low & FuzzyLow.PHRASE_MATCH
        ):
            return search.And((search.MayHold(restriction.value), exact))
        return exact


def _flagged(restriction: Restriction) -> Expression | None:
    match restriction:
        case Property(RelOp.EQUAL | RelOp.NOT_EQUAL as rel_op, tags.PidTagRead, _, 0 | 1 as value):
            wanted = bool(value) is (rel_op is RelOp.EQUAL)
            return search.Flagged(Flag.SEEN, Flag.SEEN if wanted else 0)
        case BitMask(rel_op, tags.PidTagMessageFlags, mask) if mask in _FLAGS:
            flag = _FLAGS[mask]
            return search.Flagged(flag, 0 if rel_op is BitMapRelOp.EQUAL_TO_ZERO else flag)
        case Property(RelOp.EQUAL, tags.PidTagFlagStatus, _, 2):
            return search.Flagged(Flag.FLAGGED, Flag.FLAGGED)
        case _:
            return None
