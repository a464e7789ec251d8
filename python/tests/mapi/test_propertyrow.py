from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, TruncatedError, Writer
from gromox.mapi import propertyrow
from gromox.mapi.propertyrow import (
    Cell,
    Row,
    RowError,
    TypedValue,
    column_type,
    pack_row,
    pack_tags,
    unpack_row,
    unpack_tags,
)
from gromox.mapi.proptypes import PropType
from gromox.mapi.rowcodec import RowCodec, row_codec
from tests.mapi.mutation import mutations
from tests.mapi.test_propvalue import KINDS, VECTORS, values_of

SUBJECT = 0x0037001F
SIZE = 0x0E080003
UNSPECIFIED = 0x00370000

# Assembled by hand from the layouts of [MS-OXCDATA] 2.8.1.1, 2.8.1.2, 2.11.3, 2.11.5 and 2.11.6.
ROWS: list[tuple[tuple[int, ...], Row, str]] = [
    ((SUBJECT, SIZE), ("a", 7), "00 61000000 07000000"),
    ((SUBJECT, SIZE), ("a", None), "01 00 61000000 01"),
    ((SUBJECT, SIZE), (RowError(0x8004010F), 7), "01 0a 0f010480 00 07000000"),
    ((UNSPECIFIED, SIZE), (TypedValue(0x001F, "a"), 7), "00 1f00 61000000 07000000"),
    ((UNSPECIFIED, SIZE), (TypedValue(0x001F, "a"), None), "01 1f00 00 61000000 01"),
    ((UNSPECIFIED, SIZE), (None, 7), "01 0000 01 00 07000000"),
    ((UNSPECIFIED, SIZE), (RowError(0x8007000E), 7), "01 0a00 0a 0e000780 00 07000000"),
    ((0x8001301F, SIZE), ("a", 7), "00 61000000 07000000"),
    ((0x8001101F,), (("a", ""),), "00 02000000 61000000 0000"),
    ((0x00010001, SIZE), (None, 7), "00 07000000"),
    ((0x00010001, SIZE), (None, None), "01 00 01"),
    ((), (), "00"),
]


def packed(columns: Sequence[int], cells: Sequence[Cell], *, wide: bool = False) -> bytes:
    w = Writer()
    pack_row(w, columns, cells, wide=wide)
    return w.octets()


def unpacked(columns: Sequence[int], octets: bytes, *, wide: bool = False) -> Row:
    r = Reader(octets)
    row = unpack_row(r, columns, wide=wide)
    r.end()
    return row


def made(columns: tuple[int, ...], *, wide: bool = False) -> RowCodec:
    codec = RowCodec(columns, wide=wide)
    codec.make()
    return codec


@pytest.mark.requirement("MS-OXCDATA", "R64")
@pytest.mark.requirement("MS-OXCDATA", "R73")
@pytest.mark.requirement("MS-OXCDATA", "R75")
@pytest.mark.requirement("MS-OXCDATA", "R77")
@pytest.mark.requirement("MS-OXCDATA", "R79")
@pytest.mark.requirement("MS-OXCDATA", "R81")
@pytest.mark.requirement("MS-OXCDATA", "R475")
@pytest.mark.requirement("MS-OXCDATA", "R476")
@pytest.mark.requirement("MS-OXCDATA", "R479")
@pytest.mark.parametrize(("columns", "cells", "octets"), ROWS)
def test_rows_are_read_and_written(columns: tuple[int, ...], cells: Row, octets: str) -> None:
    whole = bytes.fromhex(octets)
    assert unpacked(columns, whole) == cells
    assert packed(columns, cells) == whole
    assert made(columns).pack(cells) == whole
    assert made(columns).unpack(b"xx" + whole + b"yy", 2) == (cells, 2 + len(whole))


@pytest.mark.parametrize(("columns", "_cells", "octets"), ROWS)
def test_a_short_row_is_an_error_at_every_length(columns: tuple[int, ...], _cells: Row, octets: str) -> None:
    whole = bytes.fromhex(octets)
    codec = made(columns)
    for size in range(len(whole)):
        with pytest.raises(ParseError):
            unpacked(columns, whole[:size])
        with pytest.raises(ParseError):
            codec.unpack(whole[:size])


@pytest.mark.parametrize("octets", ["02 61000000 07000000", "01 02 61000000 01", "01 0b 61000000 01"])
def test_unknown_flags_are_refused(octets: str) -> None:
    for read in (lambda whole: unpacked((SUBJECT, SIZE), whole), made((SUBJECT, SIZE)).unpack):
        with pytest.raises(ParseError, match="as the flag of a"):
            read(bytes.fromhex(octets))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("a",), "has as many cells, not 1"),
        (("a", 1, 2), "has as many cells, not 3"),
        ((7, 7), "stands where text belongs"),
        (("a", "b"), "stands where a number"),
        (("a", 1 << 32), "stands where a number"),
        (("a", TypedValue(3, 7)), "a value with a type stands in a column of type 0x0003"),
        (("a", RowError(1 << 32)), "does not fit type 0x0003"),
    ],
)
def test_cells_that_do_not_fit_are_refused(cells: Row, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        packed((SUBJECT, SIZE), cells)
    with pytest.raises(ValueError, match=expected):
        made((SUBJECT, SIZE)).pack(cells)


def test_a_column_of_instances_holds_one_value() -> None:
    assert column_type(0x8001301F) == PropType.STRING
    assert column_type(0x8001101F) == PropType.MULTIPLE_STRING


def test_all_types_go_through_the_generated_codec() -> None:
    columns = tuple(number << 16 | kind for number, (kind, _, _) in enumerate(VECTORS, 1))
    row: Row = tuple(value for _, value, _ in VECTORS)
    for wide in (False, True):
        codec = made(columns, wide=wide)
        assert codec.pack(row) == packed(columns, row, wide=wide)
        assert codec.unpack(codec.pack(row))[0] == row


def test_a_codec_is_generated_after_some_rows_and_kept() -> None:
    codec = row_codec((SUBJECT, SIZE, 0x0FF60102))
    assert row_codec((SUBJECT, SIZE, 0x0FF60102)) is codec
    assert codec._standard is None
    rows = {codec.pack(("a", 7, b"x")) for _ in range(100)}
    assert rows == {bytes.fromhex("00 61000000 07000000 0100 78")}
    assert codec._standard is not None


def test_only_codecs_of_tables_are_kept() -> None:
    many = (SIZE,) * 257
    assert row_codec(many) is not row_codec(many)
    assert row_codec(many[:256]) is row_codec(many[:256])
    assert row_codec((SIZE,), wide=True) is not row_codec((SIZE,))


def test_columns_that_cannot_be_generated_never_are() -> None:
    for columns in ((UNSPECIFIED,), (0x8001101F,), (), (SIZE,) * 257):
        codec = made(columns)
        assert codec._standard is None


@pytest.mark.parametrize("cell", ["a\0b", "\0"])
def test_a_text_ends_at_its_first_nul_in_both(cell: str) -> None:
    assert made((SUBJECT,)).pack((cell,)) == packed((SUBJECT,), (cell,))
    octets = cell.encode()
    assert made((0x0037001E,)).pack((octets,)) == packed((0x0037001E,), (octets,))
    assert made((0x0037001E, SIZE)).pack((octets, None)) == packed((0x0037001E, SIZE), (octets, None))


def test_octets_longer_than_their_count_are_refused_in_both() -> None:
    with pytest.raises(ValueError, match="as many as the count can tell"):
        made((0x0FF60102,)).pack((bytes(65536),))
    assert len(made((0x0FF60102,), wide=True).pack((bytes(65536),))) == 65541


def test_a_row_starts_within_the_buffer() -> None:
    with pytest.raises(ParseError, match="within the buffer"):
        made((SIZE,)).unpack(b"", 1)
    with pytest.raises(TruncatedError):
        made((SIZE,)).unpack(b"", 0)


@st.composite
def rows(draw: st.DrawFn) -> tuple[tuple[int, ...], Row]:
    kinds = draw(st.lists(st.sampled_from(KINDS), max_size=8))
    cells = tuple(
        draw(st.one_of(values_of(kind), st.none(), st.builds(RowError, st.integers(0, 2**32 - 1))))
        for kind in kinds
    )
    return tuple(number << 16 | kind for number, kind in enumerate(kinds, 1)), cells


@given(rows(), st.booleans())
def test_the_generated_codec_does_what_the_specification_does(
    row: tuple[tuple[int, ...], Row], wide: bool
) -> None:
    columns, cells = row
    octets = packed(columns, cells, wide=wide)
    codec = made(columns, wide=wide)
    assert codec.pack(cells) == octets
    assert unpacked(columns, octets, wide=wide) == cells
    assert codec.unpack(octets) == (cells, len(octets))


FAST = tuple(
    number << 16 | kind
    for number, kind in enumerate((0x1F, 3, 0x102, 0x48, 0x1E, 0xB, 0x40, 0xFB, 5, 0x1F, 0x14), 1)
)
FAST_ROW: Row = ("ab", 1, b"cd", UUID(int=5), b"e", True, 9, b"s", 1.5, "", 3)


def check_alike(octets: bytes) -> None:
    codec = made(FAST)
    r = Reader(octets)
    try:
        expected = unpack_row(r, FAST)
    except ParseError:
        with pytest.raises(ParseError):
            codec.unpack(octets)
        return
    # By repr, as what is no number is not equal to itself.
    assert repr(codec.unpack(octets)) == repr((expected, r.offset))


def test_damaged_rows_are_read_alike_or_refused_by_both() -> None:
    for damaged in mutations(made(FAST).pack(FAST_ROW), 1000, seed=3):
        check_alike(damaged)


@given(st.binary(max_size=80))
def test_any_octets_are_read_alike(octets: bytes) -> None:
    check_alike(octets)


@pytest.mark.requirement("MS-OXCDATA", "R181")
@pytest.mark.requirement("MS-OXCDATA", "R182")
def test_tags_are_counted_in_two_octets(monkeypatch: pytest.MonkeyPatch) -> None:
    w = Writer()
    pack_tags(w, (SUBJECT, SIZE))
    octets = bytes.fromhex("0200 1f003700 0300080e")
    assert w.octets() == octets
    assert unpack_tags(Reader(octets)) == (SUBJECT, SIZE)
    assert unpack_tags(Reader(b"\0\0")) == ()
    for size in range(len(octets)):
        with pytest.raises(ParseError):
            unpack_tags(Reader(octets[:size]))
    monkeypatch.setattr(propertyrow, "MAX_COLUMNS", 1)
    with pytest.raises(ValueError, match="at most 1 tags"):
        pack_tags(w, (SUBJECT, SIZE))
