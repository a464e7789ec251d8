from __future__ import annotations

import uuid
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.codec import packed
from gromox.codec.packed import (
    F32,
    F64,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    Bool8,
    Guid,
    Octets16,
    Octets32,
    Packed,
    Reader,
    String8,
    String16,
    TruncatedError,
    Writer,
)

GUID = uuid.UUID("00062004-0000-0000-c000-000000000046")


@dataclass(frozen=True, slots=True)
class Sample(Packed):
    """Every kind of field, runs of fixed size broken by others."""

    first: U8
    second: U16
    name: String16
    third: U32
    fourth: U64
    small: I16
    middle: I32
    large: I64
    single: F32
    double: F64
    on: Bool8
    guid: Guid
    octets: Octets16
    text: String8
    more: Octets32


SAMPLE = Sample(1, 2, "né", 3, 4, -1, -2, -3, 1.5, -2.5, True, GUID, b"ab", b"cd", b"e")
# Assembled by hand from the declaration.
SAMPLE_OCTETS = bytes.fromhex(
    "01 0200 6e00e9000000 03000000 0400000000000000 ffff feffffff fdffffffffffffff 0000c03f 00000000000004c0"
    "01 042006000000 0000 c000 000000000046 02006162 636400 0100000065"
)


def test_every_field_is_read_at_its_place() -> None:
    reader = Reader(SAMPLE_OCTETS)

    assert Sample.decode(reader) == SAMPLE
    reader.end()
    assert SAMPLE.encode() == SAMPLE_OCTETS


@pytest.mark.parametrize("size", range(len(SAMPLE_OCTETS)))
def test_a_short_buffer_is_an_error_at_every_length(size: int) -> None:
    with pytest.raises(TruncatedError):
        Sample.decode(Reader(SAMPLE_OCTETS[:size]))


def test_a_truncation_says_where_and_how_much() -> None:
    reader = Reader(memoryview(b"abc"))
    reader.take(2)

    with pytest.raises(TruncatedError) as caught:
        reader.u32()

    assert (caught.value.need, caught.value.have, caught.value.offset) == (4, 1, 2)
    assert isinstance(caught.value, ParseError)


def test_a_negative_size_is_refused() -> None:
    with pytest.raises(TruncatedError):
        Reader(b"abc").take(-1)


def test_what_is_left_is_told() -> None:
    reader = Reader(bytearray(b"abc"))
    assert reader.u8() == ord("a")
    assert reader.remaining == 2
    with pytest.raises(ParseError, match="2 octets are left"):
        reader.end()
    assert reader.rest() == b"bc"
    with pytest.raises(TruncatedError):
        reader.u8()


def test_a_text_without_end_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "MAX_TEXT", 4)

    with pytest.raises(TruncatedError):
        Reader(b"12345\0").string8()
    with pytest.raises(TruncatedError):
        Reader(b"1\x002\x003\x00\0\0").string16()


def test_a_nul_octet_across_two_characters_does_not_end_a_text() -> None:
    # 61 00  00 01  62 00: the high octet of the first and the low octet of the second are NUL.
    assert Reader("aĀb".encode("utf-16-le") + b"\0\0").string16() == "aĀb"


def test_a_written_text_ends_at_its_first_nul() -> None:
    w = Writer()
    w.string8(b"a\0b")
    w.string16("c\0d")
    assert w.octets() == b"a\0c\0\0\0"
    assert len(w) == 6


def unsigned(bits: int) -> st.SearchStrategy[int]:
    return st.integers(0, 2**bits - 1)


def signed(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


@given(
    st.builds(
        Sample,
        unsigned(8),
        unsigned(16),
        st.text(st.characters(exclude_characters="\0", codec=None)),
        unsigned(32),
        unsigned(64),
        signed(16),
        signed(32),
        signed(64),
        st.floats(width=32, allow_nan=False),
        st.floats(allow_nan=False),
        st.booleans(),
        st.uuids(),
        st.binary(max_size=300),
        st.binary(max_size=300).map(lambda octets: octets.replace(b"\0", b"")),
        st.binary(max_size=300),
    )
)
def test_what_is_written_is_read_back(sample: Sample) -> None:
    assert Sample.decode(Reader(sample.encode())) == sample


def test_fields_can_be_read_and_written_one_by_one() -> None:
    w = Writer()
    w.u8(1)
    w.u16(2)
    w.u32(3)
    w.u64(4)
    w.i16(-1)
    w.i32(-2)
    w.i64(-3)
    w.f32(0.5)
    w.f64(0.25)
    w.guid(GUID)
    r = Reader(w.octets())
    assert [r.u8(), r.u16(), r.u32(), r.u64(), r.i16(), r.i32(), r.i64()] == [1, 2, 3, 4, -1, -2, -3]
    assert (r.f32(), r.f64(), r.guid()) == (0.5, 0.25, GUID)
    r.end()


def test_only_marked_fields_are_on_the_wire() -> None:
    @dataclass
    class Local(Packed):
        first: U8
        note: str = ""

    assert Local.decode(Reader(b"\x05")) == Local(5)
