from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader
from gromox.mapi import restrictioncodec as module
from gromox.mapi.plainvalue import PlainValue
from gromox.mapi.restriction import (
    KINDS,
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
from gromox.mapi.restrictioncodec import (
    MAX_DEPTH,
    restriction_from_octets,
    restriction_octets,
    unpack_restriction,
)
from tests.mapi.mutation import mutations

SUBJECT = 0x0037001F
SIZE = 0x0E080003
RECIPIENTS = 0x0E12000D
HAS = Exist(SUBJECT)

# Assembled by hand from the layouts of [MS-OXCDATA] 2.12.1 to 2.12.12; the first form is narrow, the second
# wide (None: the same).
VECTORS: list[tuple[Restriction, str, str | None]] = [
    (And((HAS, HAS)), "00 0200 081f003700 081f003700", "00 02000000 081f003700 081f003700"),
    (And(()), "00 0000", "00 00000000"),
    (Or((HAS,)), "01 0100 081f003700", "01 01000000 081f003700"),
    (Not(HAS), "02 081f003700", None),
    (
        Content(SUBJECT, SUBJECT, "ab", FuzzyLow.SUBSTRING, FuzzyHigh.IGNORE_CASE | FuzzyHigh.LOOSE),
        "03 0100 0500 1f003700 1f003700 610062000000",
        None,
    ),
    (
        Content(0x0FF60102, 0x0FF60102, b"\x01\x02", FuzzyLow.PREFIX),
        "03 0200 0000 0201f60f 0201f60f 0200 0102",
        "03 0200 0000 0201f60f 0201f60f 02000000 0102",
    ),
    (
        Content(SUBJECT, SUBJECT, "", FuzzyLow.FULL_STRING, FuzzyHigh.IGNORE_NON_SPACE),
        "03 0000 0200 1f003700 1f003700 0000",
        None,
    ),
    (Property(RelOp.GREATER_THAN_OR_EQUAL, SIZE, SIZE, 1024), "04 03 0300080e 0300080e 00040000", None),
    (
        Property(RelOp.MEMBER_OF_DL, 0x0C190102, 0x0C190102, b"d"),
        "04 64 0201190c 0201190c 0100 64",
        "04 64 0201190c 0201190c 01000000 64",
    ),
    (
        CompareProperties(RelOp.NOT_EQUAL, 0x0C190102, 0x00410102),
        "05 05 0201190c 02014100",
        None,
    ),
    (BitMask(BitMapRelOp.NOT_EQUAL_TO_ZERO, 0x0E070003, 1), "06 01 0300070e 01000000", None),
    (Size(RelOp.LESS_THAN, SUBJECT, 100), "07 00 1f003700 64000000", None),
    (HAS, "08 1f003700", None),
    (SubObject(RECIPIENTS, HAS), "09 0d00120e 081f003700", None),
    (Comment(((0x66010003, 7),), HAS), "0a 01 03000166 07000000 01 081f003700", None),
    (Comment((), None), "0a 00 00", None),
    (Count(50, HAS), "0b 32000000 081f003700", None),
    (Annotation(((0x66010003, 7),), HAS), "0c 01 03000166 07000000 01 081f003700", None),
]


@pytest.mark.requirement("MS-OXCDATA", "R510")
@pytest.mark.parametrize(("restriction", "narrow", "wide"), VECTORS)
def test_every_kind_is_read_and_written_in_both_forms(
    restriction: Restriction, narrow: str, wide: str | None
) -> None:
    for form, octets in ((False, bytes.fromhex(narrow)), (True, bytes.fromhex(wide or narrow))):
        assert restriction_from_octets(octets, wide=form) == restriction
        assert restriction_octets(restriction, wide=form) == octets


def test_no_kind_is_without_a_vector() -> None:
    assert {type(restriction) for restriction, _, _ in VECTORS} == set(KINDS)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize(("restriction", "_narrow", "_wide"), VECTORS)
def test_a_short_restriction_is_an_error_at_every_length(
    restriction: Restriction, _narrow: str, _wide: str | None, wide: bool
) -> None:
    whole = restriction_octets(restriction, wide=wide)
    for size in range(len(whole)):
        with pytest.raises(ParseError):
            restriction_from_octets(whole[:size], wide=wide)


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        ("0d", "a kind of restriction instead of 0x0d"),
        ("04 07 0300080e 0300080e 00040000", "a relational operator"),
        ("04 63 0300080e 0300080e 00040000", "a relational operator"),
        ("06 02 0300070e 01000000", "0 or 1 for the comparison of a bit mask"),
        ("03 0300 0000 1f003700 1f003700 0000", "a fuzzy level"),
        ("00 ffff 08", "at most 1 parts of a restriction instead of 65535"),
        ("08 1f003700 00", "the end"),
        ("04 04 fd007966 fd007966 081f003700", "a known property type instead of 0x00fd"),
        ("0a 01 fe008066 0100", "a known property type instead of 0x00fe"),
    ],
)
def test_what_is_no_restriction_is_refused(octets: str, expected: str) -> None:
    with pytest.raises(ParseError, match=expected):
        restriction_from_octets(bytes.fromhex(octets))


def deep(levels: int) -> Restriction:
    restriction: Restriction = HAS
    for _ in range(levels - 1):
        restriction = Not(restriction)
    return restriction


@pytest.mark.parametrize(
    "opening", ["02", "000100", "010100", "090d00120e", "0b01000000", "0a0001", "0c0001"], ids=str
)
def test_the_depth_is_bounded_whatever_nests(opening: str) -> None:
    octets = bytes.fromhex(opening) * (MAX_DEPTH - 1) + restriction_octets(HAS)
    restriction_from_octets(octets)
    with pytest.raises(ParseError, match=f"at most {MAX_DEPTH} deep"):
        restriction_from_octets(bytes.fromhex(opening) * 100_000)
    with pytest.raises(ParseError, match=f"at most {MAX_DEPTH} deep"):
        restriction_from_octets(bytes.fromhex(opening) + octets)


def test_nothing_is_written_that_would_not_be_read() -> None:
    assert restriction_from_octets(restriction_octets(deep(MAX_DEPTH))) == deep(MAX_DEPTH)
    with pytest.raises(ValueError, match="deep"):
        restriction_octets(deep(MAX_DEPTH + 1))
    with pytest.raises(ValueError, match="65536 parts"):
        restriction_octets(And((HAS,) * 65536))
    with pytest.raises(ValueError, match="255 values"):
        restriction_octets(Comment(((0x66010003, 7),) * 256, None))


def test_the_number_of_parts_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    octets = restriction_octets(And((HAS,) * 3))
    monkeypatch.setattr(module, "MAX_PARTS", 4)
    restriction_from_octets(octets)
    monkeypatch.setattr(module, "MAX_PARTS", 3)
    with pytest.raises(ParseError, match="at most 3 parts"):
        restriction_from_octets(octets)
    with pytest.raises(ValueError, match="4 parts"):
        restriction_octets(And((HAS,) * 4), wide=True)


def test_unknown_modifiers_of_a_fuzzy_level_are_kept() -> None:
    octets = bytes.fromhex("03 3180 0800 1f003700 1f003700 0000")
    assert restriction_octets(restriction_from_octets(octets)) == octets


TAGS = st.integers(0, 0xFFFFFFFF)
NUMBERS = st.integers(0, 0xFFFFFFFF)
TEXTS = st.text(st.characters(exclude_characters="\0", codec=None), max_size=8)
TAGGED: st.SearchStrategy[tuple[int, PlainValue]] = st.one_of(
    st.tuples(st.just(SUBJECT), TEXTS),
    st.tuples(st.just(SIZE), NUMBERS),
    st.tuples(st.just(0x0FF60102), st.binary(max_size=8)),
    st.tuples(st.just(0x8001101F), st.lists(TEXTS, max_size=3).map(tuple)),
)
LEAVES: st.SearchStrategy[Restriction] = st.one_of(
    st.builds(Exist, TAGS),
    st.builds(
        lambda tag, tagged, low, high: Content(tag, tagged[0], tagged[1], FuzzyLow(low), FuzzyHigh(high)),
        TAGS,
        TAGGED,
        st.sampled_from([0, 1, 2, 0x11, 0x22]),
        st.integers(0, 7),
    ),
    st.builds(lambda op, tag, tagged: Property(op, tag, *tagged), st.sampled_from(RelOp), TAGS, TAGGED),
    st.builds(CompareProperties, st.sampled_from(RelOp), TAGS, TAGS),
    st.builds(BitMask, st.sampled_from(BitMapRelOp), TAGS, NUMBERS),
    st.builds(Size, st.sampled_from(RelOp), TAGS, NUMBERS),
)


def _nested(inner: st.SearchStrategy[Restriction]) -> st.SearchStrategy[Restriction]:
    several = st.lists(inner, max_size=3).map(tuple)
    values = st.lists(TAGGED, max_size=3).map(tuple)
    return st.one_of(
        st.builds(And, several),
        st.builds(Or, several),
        st.builds(Not, inner),
        st.builds(SubObject, TAGS, inner),
        st.builds(Comment, values, st.none() | inner),
        st.builds(Annotation, values, st.none() | inner),
        st.builds(Count, NUMBERS, inner),
    )


RESTRICTIONS = st.recursive(LEAVES, _nested, max_leaves=10)


@given(RESTRICTIONS, st.booleans())
def test_what_is_written_is_read_back(restriction: Restriction, wide: bool) -> None:
    assert restriction_from_octets(restriction_octets(restriction, wide=wide), wide=wide) == restriction


@given(st.binary(max_size=100), st.booleans())
def test_any_octets_are_read_or_refused(octets: bytes, wide: bool) -> None:
    try:
        restriction = unpack_restriction(Reader(octets), wide=wide)
    except ParseError:
        return
    again = restriction_from_octets(restriction_octets(restriction, wide=wide), wide=wide)
    # By repr, as a floating number that is none is not equal to itself.
    assert repr(again) == repr(restriction)


def test_damaged_restrictions_are_read_or_refused() -> None:
    whole = restriction_octets(And(tuple(restriction for restriction, _, _ in VECTORS)))
    for octets in mutations(whole, 2000, seed=1):
        try:
            restriction_from_octets(octets)
        except ParseError:
            continue
