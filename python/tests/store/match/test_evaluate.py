"""Restrictions on values in a dictionary."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.mapi import tags
from gromox.mapi.plainvalue import PlainValue
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
    FuzzyHigh,
    FuzzyLow,
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
from gromox.store.match.evaluate import Getter, matches, needs, predicate

SUBJECT, TO, FLAGS = tags.PidTagSubject, tags.PidTagDisplayTo, tags.PidTagMessageFlags
RECEIVED, SIZE, KEY = tags.PidTagMessageDeliveryTime, tags.PidTagMessageSize, tags.PidTagSearchKey
KEYWORDS, NUMBERS = 0x8001101F, 0x80021003
TRUE, FALSE = And(()), Or(())
NOTHING: dict[int, PlainValue] = {}

ITEM: dict[int, PlainValue] = {
    SUBJECT: "Straße nach Orléans",
    TO: "Bob; Carol",
    FLAGS: 0x11,
    RECEIVED: 133_000_000_000_000_000,
    SIZE: 0xFFFFFFFE,  # signed: -2
    KEY: b"\x01\x02\x03",
    KEYWORDS: ("Work", "urgent"),
    NUMBERS: (1, 5),
    0x0FFF0048: UUID(int=5),
    0x0037001E: "caf\u00e9".encode("latin-1"),
}


def holds(restriction: Restriction) -> bool:
    return matches(restriction, ITEM.get)


def content(value: str, low: FuzzyLow, high: FuzzyHigh = FuzzyHigh.EXACT, tag: int = SUBJECT) -> bool:
    return holds(Content(tag, tag & 0xFFFFEFFF, value, low, high))


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        ("Straße nach Orléans", FuzzyLow.FULL_STRING, FuzzyHigh.EXACT, True),
        ("straße nach orléans", FuzzyLow.FULL_STRING, FuzzyHigh.EXACT, False),
        ("STRASSE NACH ORLÉANS", FuzzyLow.FULL_STRING, FuzzyHigh.IGNORE_CASE, True),
        ("nach", FuzzyLow.SUBSTRING, FuzzyHigh.EXACT, True),
        ("NACH", FuzzyLow.SUBSTRING, FuzzyHigh.EXACT, False),
        ("Orleans", FuzzyLow.SUBSTRING, FuzzyHigh.EXACT, False),
        ("Orleans", FuzzyLow.SUBSTRING, FuzzyHigh.IGNORE_NON_SPACE, True),
        ("orleans", FuzzyLow.SUBSTRING, FuzzyHigh.IGNORE_NON_SPACE, False),
        ("orleans", FuzzyLow.SUBSTRING, FuzzyHigh.IGNORE_NON_SPACE | FuzzyHigh.IGNORE_CASE, True),
        ("ORLEANS", FuzzyLow.SUBSTRING, FuzzyHigh.LOOSE, True),
        ("Straße", FuzzyLow.PREFIX, FuzzyHigh.EXACT, True),
        ("nach", FuzzyLow.PREFIX, FuzzyHigh.EXACT, False),
        ("Orl", FuzzyLow.PREFIX_ON_ANY_WORD, FuzzyHigh.EXACT, True),
        ("ach", FuzzyLow.PREFIX_ON_ANY_WORD, FuzzyHigh.EXACT, False),
        ("nach orléans", FuzzyLow.PHRASE_MATCH, FuzzyHigh.IGNORE_CASE, True),
        ("ach Orléans", FuzzyLow.PHRASE_MATCH, FuzzyHigh.EXACT, False),
        ("", FuzzyLow.PHRASE_MATCH, FuzzyHigh.EXACT, False),
        ("", FuzzyLow.SUBSTRING, FuzzyHigh.EXACT, True),
    ],
)
def test_fuzzy_levels(value: str, low: FuzzyLow, high: FuzzyHigh, expected: bool) -> None:
    """[MS-OXCDATA] 2.12.4.1."""
    assert content(value, low, high) is expected


def test_content_of_several_values_octets_and_old_texts() -> None:
    assert content("work", FuzzyLow.FULL_STRING, FuzzyHigh.IGNORE_CASE, KEYWORDS)
    assert not content("worker", FuzzyLow.FULL_STRING, FuzzyHigh.IGNORE_CASE, KEYWORDS)
    assert holds(Content(KEY, KEY, b"\x02", FuzzyLow.SUBSTRING))
    assert holds(Content(KEY, KEY, b"\x01\x02", FuzzyLow.PREFIX))
    assert not holds(Content(KEY, KEY, b"\x01\x02", FuzzyLow.FULL_STRING))
    assert not holds(Content(KEY, SUBJECT, "\x02", FuzzyLow.FULL_STRING))
    assert holds(Content(0x0037001E, 0x0037001F, "caf\u00e9", FuzzyLow.FULL_STRING))
    assert not holds(Content(FLAGS, FLAGS, 17, FuzzyLow.FULL_STRING))
    assert not holds(Content(0x3001001F, 0x3001001F, "absent", FuzzyLow.SUBSTRING))


@pytest.mark.parametrize(
    ("rel_op", "tag", "value", "expected"),
    [
        (RelOp.EQUAL, SUBJECT, "STRASSE nach orléans", True),
        (RelOp.GREATER_THAN, SUBJECT, "Ab", True),
        (RelOp.LESS_THAN, SIZE, 0, True),  # numbers are signed
        (RelOp.EQUAL, SIZE, -2, True),
        (RelOp.GREATER_THAN_OR_EQUAL, RECEIVED, 133_000_000_000_000_000, True),
        (RelOp.LESS_THAN_OR_EQUAL, RECEIVED, 132_999_999_999_999_999, False),
        (RelOp.NOT_EQUAL, FLAGS, 0x11, False),
        (RelOp.EQUAL, FLAGS, "17", False),
        (RelOp.NOT_EQUAL, FLAGS, "17", True),
        (RelOp.LESS_THAN, KEY, b"\x01\x03", True),
        (RelOp.EQUAL, KEYWORDS, "URGENT", True),
        (RelOp.NOT_EQUAL, KEYWORDS, "urgent", False),
        (RelOp.NOT_EQUAL, KEYWORDS, "other", True),
        (RelOp.GREATER_THAN, NUMBERS, 4, True),
        (RelOp.EQUAL, NUMBERS, (1, 5), True),
        (RelOp.EQUAL, NUMBERS, (5, 1), False),
        (RelOp.NOT_EQUAL, NUMBERS, (5, 1), True),
        (RelOp.EQUAL, FLAGS, (17,), False),
        (RelOp.EQUAL, 0x0FFF0048, UUID(int=5), True),
        (RelOp.EQUAL, tags.PidTagImportance, 1, False),
        (RelOp.LESS_THAN, tags.PidTagImportance, 1, False),
        (RelOp.NOT_EQUAL, tags.PidTagImportance, 1, True),
        (RelOp.MATCHES_EXPRESSION, SUBJECT, ".*", False),
        (RelOp.MEMBER_OF_DL, KEY, b"\x01\x02\x03", False),
    ],
)
def test_relational_operators(rel_op: RelOp, tag: int, value: PlainValue, expected: bool) -> None:
    """[MS-OXCDATA] 2.12.5."""
    assert holds(Property(rel_op, tag, tag, value)) is expected


def test_properties_compared_with_each_other() -> None:
    """[MS-OXCDATA] 2.12.6."""
    assert holds(CompareProperties(RelOp.LESS_THAN, TO, SUBJECT))
    assert not holds(CompareProperties(RelOp.EQUAL, TO, SUBJECT))
    assert not holds(CompareProperties(RelOp.NOT_EQUAL, TO, tags.PidTagDisplayCc))


def test_bits_sizes_and_existence() -> None:
    """[MS-OXCDATA] 2.12.7 to 2.12.9."""
    assert holds(BitMask(BitMapRelOp.NOT_EQUAL_TO_ZERO, FLAGS, 0x10))
    assert holds(BitMask(BitMapRelOp.EQUAL_TO_ZERO, FLAGS, 0x20))
    assert not holds(BitMask(BitMapRelOp.EQUAL_TO_ZERO, FLAGS, 0x01))
    assert not holds(BitMask(BitMapRelOp.EQUAL_TO_ZERO, tags.PidTagImportance, 1))
    assert holds(Size(RelOp.EQUAL, TO, 2 * len("Bob; Carol") + 2))
    assert holds(Size(RelOp.EQUAL, KEY, 3))
    assert holds(Size(RelOp.EQUAL, NUMBERS, 8))
    assert holds(Size(RelOp.LESS_THAN, RECEIVED, 9))
    assert not holds(Size(RelOp.LESS_THAN, tags.PidTagImportance, 9))
    assert holds(Exist(KEY))
    assert not holds(Exist(tags.PidTagImportance))


def test_logic() -> None:
    """[MS-OXCDATA] 2.12.1 to 2.12.3, 2.12.11, 2.12.12."""
    assert holds(TRUE)
    assert not holds(FALSE)
    assert holds(And((TRUE, Not(FALSE))))
    assert not holds(And((TRUE, FALSE)))
    assert holds(Or((FALSE, TRUE)))
    assert holds(Comment((), None))
    assert not holds(Comment(((SUBJECT, "a note"),), FALSE))
    assert holds(Annotation((), TRUE))
    assert holds(Count(0, TRUE))


def test_recipients_and_attachments() -> None:
    """[MS-OXCDATA] 2.12.10: one of them fulfils all of the inner restriction."""
    people = [{0x3001001F: "Bob", 0x0C150003: 1}, {0x3001001F: "Carol", 0x0C150003: 2}]

    def parts(tag: int) -> Iterable[Getter]:
        return [each.get for each in people] if tag == tags.PidTagMessageRecipients else []

    def named(name: str, kind: int) -> Restriction:
        both = And(
            (
                Property(RelOp.EQUAL, 0x3001001F, 0x3001001F, name),
                Property(RelOp.EQUAL, 0x0C150003, 0x0C150003, kind),
            )
        )
        return SubObject(tags.PidTagMessageRecipients, both)

    assert matches(named("carol", 2), NOTHING.get, parts)
    assert not matches(named("Carol", 1), NOTHING.get, parts)
    assert not matches(SubObject(tags.PidTagMessageAttachments, TRUE), NOTHING.get, parts)
    assert not matches(named("Carol", 2), NOTHING.get)


def test_what_has_to_be_known() -> None:
    restriction = And(
        (
            Not(Exist(SUBJECT)),
            CompareProperties(RelOp.EQUAL, TO, FLAGS),
            Comment((), Count(1, Size(RelOp.EQUAL, KEY, 1))),
            SubObject(tags.PidTagMessageRecipients, Exist(0x3001001F)),
            Or((SubObject(tags.PidTagMessageRecipients, Exist(0x0C150003)),)),
        )
    )
    found = needs(restriction)
    assert found.tags == {SUBJECT, TO, FLAGS, KEY}
    assert found.parts == {tags.PidTagMessageRecipients: {0x3001001F, 0x0C150003}}


def nested(depth: int, *, inside: bool = False) -> Restriction:
    restriction: Restriction = TRUE
    for _ in range(depth - 1):
        restriction = SubObject(1, restriction) if inside else Not(restriction)
    return restriction


@pytest.mark.parametrize("inside", [False, True])
def test_depth_and_number_of_parts_are_bounded(inside: bool) -> None:
    predicate(nested(MAX_DEPTH, inside=inside))
    needs(nested(MAX_DEPTH, inside=inside))
    for refuse in (predicate, needs):
        with pytest.raises(LimitError):
            refuse(nested(MAX_DEPTH + 1, inside=inside))
    predicate(And((TRUE,) * (MAX_PARTS - 1)))
    with pytest.raises(LimitError):
        predicate(And((TRUE,) * MAX_PARTS))


VALUES = st.one_of(
    st.none(), st.integers(-(2**63), 2**63), st.floats(), st.text(), st.binary(), st.uuids(), st.booleans()
)
PLAIN = st.one_of(VALUES, st.lists(VALUES, max_size=3).map(tuple))
TAGS = st.sampled_from([*ITEM, 0x30010001, 0x3001000D, 0x0C150003, 0x300110FB, 0])
LEAVES: st.SearchStrategy[Restriction] = st.one_of(
    st.builds(
        Content, TAGS, TAGS, PLAIN, st.integers(0, 255).map(FuzzyLow), st.integers(0, 7).map(FuzzyHigh)
    ),
    st.builds(Property, st.sampled_from(RelOp), TAGS, TAGS, PLAIN),
    st.builds(CompareProperties, st.sampled_from(RelOp), TAGS, TAGS),
    st.builds(BitMask, st.sampled_from(BitMapRelOp), TAGS, st.integers(0, 2**32 - 1)),
    st.builds(Size, st.sampled_from(RelOp), TAGS, st.integers(0, 2**32 - 1)),
    st.builds(Exist, TAGS),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(And, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Not, inner),
        st.builds(Comment, st.just(()), st.one_of(st.none(), inner)),
        st.builds(Count, st.integers(0, 9), inner),
        st.builds(SubObject, TAGS, inner),
    ),
    max_leaves=12,
)


@given(TREES, st.dictionaries(TAGS, PLAIN))
def test_any_restriction_on_any_values_has_an_answer(
    restriction: Restriction, item: dict[int, PlainValue]
) -> None:
    def parts(_tag: int) -> Iterable[Getter]:
        return [item.get]

    assert matches(Not(restriction), item.get, parts) is not matches(restriction, item.get, parts)
    assert needs(restriction).tags <= {*ITEM, 0x30010001, 0x3001000D, 0x0C150003, 0x300110FB, 0}
