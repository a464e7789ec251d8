"""Restrictions evaluated on the properties of one object. Pure.

A restriction is compiled once into nested functions and then asked of many objects. What an object has is
asked through two functions: one gives the value of a property (None: it has none), one the recipients or
attachments, each as such a pair again.

Spec:
    [MS-OXCDATA] 2.12. Where the document leaves the result open, a property that is not there makes a
    condition false, but for NOT_EQUAL: what is not there is not equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, TypeAlias

from gromox.mapi.restriction import (
    And,
    Annotation,
    BitMapRelOp,
    BitMask,
    Comment,
    CompareProperties,
    Content,
    Count,
    Exist,
    Not,
    Or,
    Property,
    RelOp,
    Restriction,
    Size,
    SubObject,
)
from gromox.mapi.restrictioncodec import MAX_DEPTH, MAX_PARTS
from gromox.store.errors import LimitError
from gromox.store.match import values

Getter: TypeAlias = Callable[[int], object]
"""Gives the value of a property by its tag, or None."""
Parts: TypeAlias = Callable[[int], Iterable[Getter]]
"""Gives the recipients or attachments of a message, by the tag that names them."""
Predicate: TypeAlias = Callable[[Getter, Parts], bool]


class Needs(NamedTuple):
    """Which properties a restriction looks at."""

    tags: frozenset[int]
    """Of the object itself."""
    parts: dict[int, frozenset[int]]
    """Of its recipients and attachments, by the tag that names them."""


def no_parts(_tag: int) -> Iterable[Getter]:
    """Say that an object has neither recipients nor attachments."""
    return ()


def matches(restriction: Restriction, getter: Getter, parts: Parts = no_parts) -> bool:
    """Tell whether an object fulfils a restriction; for many objects, compile it once (:func:`predicate`).

    Raises:
        LimitError: it nests too deeply or has too many parts.
    """
    return predicate(restriction)(getter, parts)


def predicate(restriction: Restriction) -> Predicate:
    """Return a restriction as a function of what gives the properties and what gives the parts.

    Raises:
        LimitError: it nests too deeply or has too many parts.
    """
    return _Compiler().compile(restriction, 1)


def needs(restriction: Restriction, depth: int = 1) -> Needs:
    """Return the properties that have to be known to evaluate a restriction.

    Raises:
        LimitError: it nests too deeply.
    """
    tags: set[int] = set()
    parts: dict[int, frozenset[int]] = {}
    waiting: list[tuple[Restriction, int]] = [(restriction, depth)]
    while waiting:
        each, at = waiting.pop()
        if at > MAX_DEPTH:
            raise LimitError(f"conditions nest at most {MAX_DEPTH} deep")
        match each:
            case And(terms) | Or(terms):
                waiting += [(term, at + 1) for term in terms]
            case Not(term) | Count(part=term):
                waiting.append((term, at + 1))
            case Comment(part=term) | Annotation(part=term):
                if term is not None:
                    waiting.append((term, at + 1))
            case SubObject(tag, term):
                inner = needs(term, at + 1)
                parts[tag] = parts.get(tag, frozenset()) | inner.tags
            case CompareProperties(_, tag, other):
                tags |= {tag, other}
            case _:
                tags.add(each.tag)
    return Needs(frozenset(tags), parts)


class _Compiler:
    """Makes functions of restrictions, counting their parts."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = MAX_PARTS

    def compile(self, restriction: Restriction, depth: int) -> Predicate:
        """Return the function of one restriction."""
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            raise LimitError(f"conditions nest at most {MAX_DEPTH} deep and have at most {MAX_PARTS} parts")
        match restriction:
            case And(terms):
                return _all([self.compile(term, depth + 1) for term in terms])
            case Or(terms):
                return _any([self.compile(term, depth + 1) for term in terms])
            case Not(term):
                inner = self.compile(term, depth + 1)
                return lambda get, parts: not inner(get, parts)
            case Comment(part=term) | Annotation(part=term):
                return _true if term is None else self.compile(term, depth + 1)
            case Count(part=term):
                # How many results there are to be is the business of who collects them.
                return self.compile(term, depth + 1)
            case SubObject(tag, term):
                return _sub_object(tag, self.compile(term, depth + 1))
            case _:
                return _leaf(restriction)


def _true(_get: Getter, _parts: Parts) -> bool:
    return True


def _all(terms: list[Predicate]) -> Predicate:
    return lambda get, parts: all(term(get, parts) for term in terms)


def _any(terms: list[Predicate]) -> Predicate:
    return lambda get, parts: any(term(get, parts) for term in terms)


def _sub_object(tag: int, inner: Predicate) -> Predicate:
    return lambda _get, parts: any(inner(getter, no_parts) for getter in parts(tag))


def _leaf(restriction: Restriction) -> Predicate:
    match restriction:
        case Content():
            return _content(restriction)
        case Property():
            return _property(restriction)
        case CompareProperties():
            return _compare(restriction)
        case BitMask():
            return _bit_mask(restriction)
        case Size():
            return _size(restriction)
        case Exist(tag):
            return lambda get, _: get(tag) is not None
        case _:
            raise TypeError(restriction)


def _content(restriction: Content) -> Predicate:
    """[MS-OXCDATA] 2.12.4: of several values one has to match; of several wanted ones too."""
    tag = restriction.tag
    wanted = restriction.value if isinstance(restriction.value, tuple) else (restriction.value,)
    kind = values.base_type(tag)
    if kind in _TEXT_TYPES or values.base_type(restriction.value_tag) in _TEXT_TYPES:
        texts = [text for each in wanted if (text := values.text_of(each)) is not None]
        tests = [values.text_matcher(text, restriction.low, restriction.high) for text in texts]

        def holds_text(get: Getter, _parts: Parts) -> bool:
            value = get(tag)
            for each in value if isinstance(value, tuple) else (value,):
                text = values.text_of(each)
                if text is not None and any(test(text) for test in tests):
                    return True
            return False

        return holds_text
    octets_tests = [
        values.octets_matcher(each, restriction.low) for each in wanted if isinstance(each, bytes)
    ]

    def holds_octets(get: Getter, _parts: Parts) -> bool:
        value = get(tag)
        return any(
            isinstance(each, bytes) and any(test(each) for test in octets_tests)
            for each in (value if isinstance(value, tuple) else (value,))
        )

    return holds_octets


def _property(restriction: Property) -> Predicate:
    """[MS-OXCDATA] 2.12.5. MATCHES_EXPRESSION and MEMBER_OF_DL are for others than mailboxes: false."""
    tag, rel_op, value = restriction.tag, restriction.rel_op, restriction.value
    kind, other_kind = values.base_type(tag), values.base_type(restriction.value_tag)
    absent = rel_op is RelOp.NOT_EQUAL

    def compares(get: Getter, _parts: Parts) -> bool:
        held = get(tag)
        return absent if held is None else values.compare(rel_op, kind, held, other_kind, value)

    return compares


def _compare(restriction: CompareProperties) -> Predicate:
    """[MS-OXCDATA] 2.12.6: both properties have to be there."""
    rel_op, tag, other = restriction.rel_op, restriction.tag, restriction.other_tag
    kind, other_kind = values.base_type(tag), values.base_type(other)

    def compares(get: Getter, _parts: Parts) -> bool:
        left, right = get(tag), get(other)
        if left is None or right is None:
            return False
        return values.compare(rel_op, kind, left, other_kind, right)

    return compares


def _bit_mask(restriction: BitMask) -> Predicate:
    """[MS-OXCDATA] 2.12.7."""
    tag, mask = restriction.tag, restriction.mask
    wants_zero = restriction.rel_op is BitMapRelOp.EQUAL_TO_ZERO

    def masks(get: Getter, _parts: Parts) -> bool:
        held = get(tag)
        return isinstance(held, int) and (held & mask == 0) is wants_zero

    return masks


def _size(restriction: Size) -> Predicate:
    """[MS-OXCDATA] 2.12.8."""
    tag, rel_op, size = restriction.tag, restriction.rel_op, restriction.size
    kind = values.base_type(tag)
    test = values.COMPARISONS.get(rel_op)

    def compares(get: Getter, _parts: Parts) -> bool:
        held = get(tag)
        return held is not None and test is not None and test(values.size_of(kind, held), size)

    return compares


_TEXT_TYPES: Final = (0x1E, 0x1F)
