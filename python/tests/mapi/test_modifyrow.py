from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, Writer
from gromox.mapi.modifyrow import MAX_VALUES, Change, ModifyRow
from gromox.mapi.restriction import Exist
from gromox.mapi.ruleaction import Action, ActionType, RuleAction

# A rule and a permission, assembled by hand from [MS-OXORULE] 2.2.1.3 and [MS-OXCPERM] 2.2.2.1.1.
VECTORS: list[tuple[ModifyRow, str]] = [
    (
        ModifyRow(
            Change.ADD,
            (
                (0x66760003, 10),
                (0x667900FD, Exist(0x0037001F)),
                (0x668000FE, RuleAction((Action(ActionType.DELETE),))),
            ),
        ),
        "01 0300 03007666 0a000000 fd007966 081f003700 fe008066 0100 0900 0a 0000000000000000",
    ),
    (
        ModifyRow(Change.MODIFY, ((0x66710014, 7), (0x66730003, 0x5FB))),
        "02 0200 14007166 0700000000000000 03007366 fb050000",
    ),
    (ModifyRow(Change.REMOVE, ((0x66740014, 7),)), "04 0100 14007466 0700000000000000"),
]


def packed(row: ModifyRow, *, wide: bool = False) -> bytes:
    w = Writer()
    row.write(w, wide=wide)
    return w.octets()


def unpacked(octets: bytes, *, wide: bool = False) -> ModifyRow:
    r = Reader(octets)
    row = ModifyRow.decode(r, wide=wide)
    r.end()
    return row


@pytest.mark.requirement("MS-OXORULE", "R33")
@pytest.mark.requirement("MS-OXORULE", "R35")
@pytest.mark.requirement("MS-OXORULE", "R38")
@pytest.mark.requirement("MS-OXORULE", "R41")
@pytest.mark.requirement("MS-OXORULE", "R728")
@pytest.mark.requirement("MS-OXORULE", "R729")
@pytest.mark.requirement("MS-OXORULE", "R730")
@pytest.mark.parametrize(("row", "octets"), VECTORS)
def test_rows_are_read_and_written(row: ModifyRow, octets: str) -> None:
    whole = bytes.fromhex(octets)
    assert unpacked(whole) == row
    assert packed(row) == whole
    assert unpacked(packed(row, wide=True), wide=True) == row
    for size in range(len(whole)):
        with pytest.raises(ParseError):
            unpacked(whole[:size])


@pytest.mark.requirement("MS-OXORULE", "R36")
@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        ("00 0100 03007666 0a000000", "1, 2 or 4"),
        ("03 0100 03007666 0a000000", "1, 2 or 4"),
        ("01 0000", "1 to 256 values of a row instead of 0"),
        ("01 ffff", "1 to 256 values of a row instead of 65535"),
    ],
)
def test_what_is_no_row_is_refused(octets: str, expected: str) -> None:
    with pytest.raises(ParseError, match=expected):
        unpacked(bytes.fromhex(octets))


@pytest.mark.parametrize("count", [0, MAX_VALUES + 1])
def test_nothing_is_written_that_would_not_be_read(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 256 values"):
        packed(ModifyRow(Change.ADD, ((0x66760003, 1),) * count))


@given(st.binary(max_size=60))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    try:
        row = unpacked(octets)
    except ParseError:
        return
    # By repr, as a floating number that is none is not equal to itself.
    assert repr(unpacked(packed(row))) == repr(row)
