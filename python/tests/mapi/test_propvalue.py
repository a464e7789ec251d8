from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, TruncatedError, Writer
from gromox.mapi import plainvalue, propvalue
from gromox.mapi.proptypes import MULTI_VALUE, PropType
from gromox.mapi.restriction import And, Exist
from gromox.mapi.ruleaction import Action, ActionType, RuleAction
from gromox.mapi.propvalue import (
    PropValue,
    pack_properties,
    pack_value,
    unpack_properties,
    unpack_value,
)

GUID = UUID("00062004-0000-0000-c000-000000000046")

# Assembled by hand from the layouts of [MS-OXCDATA] 2.11.1 and 2.11.2.
VECTORS: list[tuple[PropType, PropValue, str]] = [
    (PropType.NULL, None, ""),
    (PropType.INTEGER16, 0x1234, "3412"),
    (PropType.INTEGER32, 0xFFFFFFFE, "feffffff"),
    (PropType.FLOATING32, 1.5, "0000c03f"),
    (PropType.FLOATING64, -2.5, "00000000000004c0"),
    (PropType.CURRENCY, -10000, "f0d8ffffffffffff"),
    (PropType.FLOATING_TIME, 2.0, "0000000000000040"),
    (PropType.ERROR_CODE, 0x8004010F, "0f010480"),
    (PropType.BOOLEAN, True, "01"),
    (PropType.OBJECT, b"ab", "020000006162"),
    (PropType.INTEGER64, 2**64 - 1, "ffffffffffffffff"),
    (PropType.STRING8, b"ab", "616200"),
    (PropType.STRING, "aé", "6100e9000000"),
    (PropType.TIME, 0x01D9A1B2C3D4E5F6, "f6e5d4c3b2a1d901"),
    (PropType.GUID, GUID, "0420060000000000c000000000000046"),
    (PropType.SERVER_ID, b"\x01ab", "0300016162"),
    (PropType.RESTRICTION, Exist(0x0037001F), "08 1f003700"),
    (
        PropType.RULE_ACTION,
        RuleAction((Action(ActionType.DELETE, flags=3),)),
        "0100 09000000 0a 00000000 03000000",
    ),
    (PropType.BINARY, b"\x00\x01", "020000000001"),
    (PropType.MULTIPLE_INTEGER16, (1, 2), "0200000001000200"),
    (PropType.MULTIPLE_INTEGER32, (1,), "0100000001000000"),
    (PropType.MULTIPLE_FLOATING32, (1.5,), "010000000000c03f"),
    (PropType.MULTIPLE_FLOATING64, (-2.5,), "0100000000000000000004c0"),
    (PropType.MULTIPLE_CURRENCY, (1,), "010000000100000000000000"),
    (PropType.MULTIPLE_FLOATING_TIME, (2.0,), "010000000000000000000040"),
    (PropType.MULTIPLE_INTEGER64, (1,), "010000000100000000000000"),
    (PropType.MULTIPLE_STRING8, (b"a", b""), "02000000610000"),
    (PropType.MULTIPLE_STRING, ("a",), "0100000061000000"),
    (PropType.MULTIPLE_TIME, (1,), "010000000100000000000000"),
    (PropType.MULTIPLE_GUID, (GUID,), "010000000420060000000000c000000000000046"),
    (PropType.MULTIPLE_BINARY, (b"ab", b""), "0200000002000000616200000000"),
]


def packed(kind: int, value: PropValue, *, wide: bool = True) -> bytes:
    w = Writer()
    pack_value(w, kind, value, wide=wide)
    return w.octets()


@pytest.mark.parametrize(("kind", "value", "octets"), VECTORS)
def test_every_type_is_read_and_written(kind: PropType, value: PropValue, octets: str) -> None:
    r = Reader(bytes.fromhex(octets))
    assert unpack_value(r, kind) == value
    r.end()
    assert packed(kind, value) == bytes.fromhex(octets)


def test_no_type_is_without_a_vector() -> None:
    assert {kind for kind, _, _ in VECTORS} == set(PropType) - {PropType.UNSPECIFIED}


@pytest.mark.parametrize(("kind", "octets"), [(kind, octets) for kind, _, octets in VECTORS if octets])
def test_a_short_value_is_an_error_at_every_length(kind: PropType, octets: str) -> None:
    whole = bytes.fromhex(octets)
    for size in range(len(whole)):
        with pytest.raises(ParseError):
            unpack_value(Reader(whole[:size]), kind)


def test_counts_of_octets_have_16_bits_in_the_narrow_form() -> None:
    assert packed(PropType.BINARY, b"ab", wide=False) == b"\x02\x00ab"
    assert unpack_value(Reader(b"\x02\x00ab"), PropType.BINARY, wide=False) == b"ab"
    with pytest.raises(ValueError, match="as many as the count can tell"):
        packed(PropType.BINARY, bytes(0x10000), wide=False)


def test_a_negative_number_comes_back_unsigned() -> None:
    assert unpack_value(Reader(packed(PropType.INTEGER32, -1)), PropType.INTEGER32) == 0xFFFFFFFF


@pytest.mark.parametrize("kind", [PropType.UNSPECIFIED, 0x1001, 0x100B, 0x7777])
def test_an_unknown_type_is_refused(kind: int) -> None:
    with pytest.raises(ParseError, match="known property type"):
        unpack_value(Reader(b"\0" * 20), kind)
    with pytest.raises(ValueError, match="not a type"):
        packed(kind, 0)


def test_a_count_larger_than_the_buffer_is_refused_before_any_work() -> None:
    with pytest.raises(ParseError, match="at most 4 values"):
        unpack_value(Reader(b"\xff\xff\xff\xff" + b"abcd"), PropType.MULTIPLE_INTEGER32)


def test_the_number_of_values_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plainvalue, "MAX_VALUES", 2)
    three = packed(PropType.MULTIPLE_INTEGER16, (1, 2))[4:] + b"\x03\x00"
    with pytest.raises(ParseError, match="at most 2 values instead of 3"):
        unpack_value(Reader(b"\x03\x00\x00\x00" + three), PropType.MULTIPLE_INTEGER16)
    with pytest.raises(ValueError, match="at most 2 values"):
        packed(PropType.MULTIPLE_INTEGER16, (1, 2, 3))


def test_the_number_of_properties_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(propvalue, "MAX_PROPERTIES", 1)
    with pytest.raises(ValueError, match="at most 1 properties"):
        pack_properties({0x00010003: 1, 0x00020003: 2})


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (PropType.NULL, 1),
        (PropType.INTEGER16, 0x10000),
        (PropType.INTEGER16, -0x8001),
        (PropType.INTEGER32, "1"),
        (PropType.FLOATING32, "1"),
        (PropType.FLOATING32, 1e300),
        (PropType.FLOATING64, b"1"),
        (PropType.CURRENCY, 1 << 63),
        (PropType.STRING8, "a"),
        (PropType.STRING, b"a"),
        (PropType.GUID, b"a"),
        (PropType.BINARY, "a"),
        (PropType.MULTIPLE_INTEGER32, 1),
        (PropType.MULTIPLE_STRING, (b"a",)),
    ],
)
def test_a_value_that_does_not_fit_is_refused(kind: PropType, value: PropValue) -> None:
    with pytest.raises(ValueError, match=r"stands where|is a tuple"):
        packed(kind, value)


def test_a_blob_keeps_the_order_of_its_properties() -> None:
    blob = pack_properties({0x3001001F: "x", 0x0E080003: 7})
    assert blob == bytes.fromhex("0200 1f000130 78000000 0300080e 07000000")
    assert list(unpack_properties(blob).items()) == [(0x3001001F, "x"), (0x0E080003, 7)]


def test_something_behind_the_end_of_a_blob_is_an_error() -> None:
    with pytest.raises(ParseError, match="1 octets are left"):
        unpack_properties(b"\0\0\0")
    with pytest.raises(TruncatedError):
        unpack_properties(b"\1\0")


def values_of(kind: int) -> st.SearchStrategy[PropValue]:
    text = st.text(st.characters(exclude_characters="\0", codec=None), max_size=20)
    octets = st.binary(max_size=40)
    scalars: dict[int, st.SearchStrategy[PropValue]] = {
        PropType.NULL: st.none(),
        PropType.INTEGER16: st.integers(0, 2**16 - 1),
        PropType.INTEGER32: st.integers(0, 2**32 - 1),
        PropType.ERROR_CODE: st.integers(0, 2**32 - 1),
        PropType.INTEGER64: st.integers(0, 2**64 - 1),
        PropType.TIME: st.integers(0, 2**64 - 1),
        PropType.CURRENCY: st.integers(-(2**63), 2**63 - 1),
        PropType.FLOATING32: st.floats(width=32, allow_nan=False),
        PropType.FLOATING64: st.floats(allow_nan=False),
        PropType.FLOATING_TIME: st.floats(allow_nan=False),
        PropType.BOOLEAN: st.booleans(),
        PropType.STRING8: octets.map(lambda value: value.replace(b"\0", b"")),
        PropType.STRING: text,
        PropType.GUID: st.uuids(),
        PropType.RESTRICTION: st.sampled_from([Exist(0x0037001F), And((Exist(0x0037001F),) * 2)]),
        PropType.RULE_ACTION: st.just(RuleAction((Action(ActionType.DEFER_ACTION, b"ab", 1, 2),))),
    }
    if kind & MULTI_VALUE:
        element = scalars.get(kind & ~MULTI_VALUE, octets)
        return st.lists(element, max_size=4).map(tuple)  # type: ignore[arg-type] # elements are scalars
    return scalars.get(kind, octets)


KINDS = sorted(int(kind) for kind in PropType if kind)


@st.composite
def property_values(draw: st.DrawFn) -> dict[int, PropValue]:
    tags = draw(st.lists(st.tuples(st.integers(0, 0xFFFF), st.sampled_from(KINDS)), max_size=6, unique=True))
    return {prop_id << 16 | kind: draw(values_of(kind)) for prop_id, kind in tags}


@given(property_values(), st.booleans())
def test_what_is_written_is_read_back(values: dict[int, PropValue], wide: bool) -> None:
    assert unpack_properties(pack_properties(values, wide=wide), wide=wide) == values


@given(st.binary(max_size=200))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    try:
        values = unpack_properties(octets)
    except ParseError:
        return
    assert len(values) <= 0xFFFF
