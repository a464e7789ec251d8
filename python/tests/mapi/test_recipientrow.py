from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, Writer
from gromox.mapi.recipientrow import (
    AddressKind,
    ListAddress,
    RecipientFlag,
    RecipientRow,
    X500Address,
)
from tests.mapi.mutation import mutations

COLUMNS = (0x0FFE0003, 0x3001001F)
UNICODE = RecipientFlag.UNICODE

# Assembled by hand from the layouts of [MS-OXCDATA] 2.8.3.1 and 2.8.3.2.
VECTORS: list[tuple[RecipientRow, str]] = [
    (RecipientRow(), "0002 0000 00"),
    (
        RecipientRow(
            AddressKind.SMTP,
            email_address="a",
            display_name="b",
            simple_display_name="c",
            transmittable_display_name="d",
            properties=(6, None),
        ),
        "3b06 61000000 62000000 63000000 64000000 0200 01 00 06000000 01",
    ),
    (
        RecipientRow(
            AddressKind.X500DN,
            UNICODE | RecipientFlag.SAME_TRANSMITTABLE_NAME,
            X500Address(b"bob", 7, 1),
            display_name="b",
            properties=(6,),
        ),
        "5102 07 01 626f6200 62000000 0100 00 06000000",
    ),
    (
        RecipientRow(
            AddressKind.PERSONAL_DISTRIBUTION_LIST_1,
            RecipientFlag.RESPONSIBLE | RecipientFlag.NO_RICH_TEXT,
            ListAddress(b"e", b"kk"),
            display_name=b"b",
        ),
        "9601 0100 65 0200 6b6b 6200 0000 00",
    ),
    (
        RecipientRow(address_type=b"X", email_address="a"),
        "0882 5800 61000000 0000 00",
    ),
]


def packed(row: RecipientRow) -> bytes:
    w = Writer()
    row.write(w, COLUMNS)
    return w.octets()


def unpacked(octets: bytes) -> RecipientRow:
    r = Reader(octets)
    row = RecipientRow.decode(r, COLUMNS)
    r.end()
    return row


@pytest.mark.requirement("MS-OXCDATA", "R105")
@pytest.mark.requirement("MS-OXCDATA", "R107")
@pytest.mark.requirement("MS-OXCDATA", "R111")
@pytest.mark.requirement("MS-OXCDATA", "R112")
@pytest.mark.requirement("MS-OXCDATA", "R113")
@pytest.mark.requirement("MS-OXCDATA", "R114")
@pytest.mark.requirement("MS-OXCDATA", "R115")
@pytest.mark.requirement("MS-OXCDATA", "R117")
@pytest.mark.requirement("MS-OXCDATA", "R121")
@pytest.mark.requirement("MS-OXCDATA", "R123")
@pytest.mark.requirement("MS-OXCDATA", "R142")
@pytest.mark.requirement("MS-OXCDATA", "R145")
@pytest.mark.requirement("MS-OXCDATA", "R150")
@pytest.mark.requirement("MS-OXCDATA", "R153")
@pytest.mark.requirement("MS-OXCDATA", "R158")
@pytest.mark.requirement("MS-OXCDATA", "R161")
@pytest.mark.requirement("MS-OXCDATA", "R162")
@pytest.mark.requirement("MS-OXCDATA", "R165")
@pytest.mark.requirement("MS-OXCDATA", "R169")
@pytest.mark.requirement("MS-OXCDATA", "R177")
@pytest.mark.parametrize(("row", "octets"), VECTORS)
def test_recipients_are_read_and_written(row: RecipientRow, octets: str) -> None:
    assert unpacked(bytes.fromhex(octets)) == row
    assert packed(row) == bytes.fromhex(octets)


@pytest.mark.parametrize(("_row", "octets"), VECTORS)
def test_a_short_recipient_is_an_error_at_every_length(_row: RecipientRow, octets: str) -> None:
    whole = bytes.fromhex(octets)
    for size in range(len(whole)):
        with pytest.raises(ParseError):
            unpacked(whole[:size])


@pytest.mark.requirement("MS-OXCDATA", "R120")
def test_reserved_bits_are_dropped() -> None:
    assert packed(unpacked(bytes.fromhex("007a 0000 00"))) == bytes.fromhex("0002 0000 00")


def test_more_properties_than_columns_are_refused() -> None:
    with pytest.raises(ParseError, match="at most 2 properties of a recipient instead of 3"):
        unpacked(bytes.fromhex("0002 0300 00"))
    with pytest.raises(ValueError, match="at most 2 properties"):
        packed(RecipientRow(properties=(1, "a", 2)))


@pytest.mark.parametrize(
    "row",
    [
        RecipientRow(AddressKind.X500DN),
        RecipientRow(AddressKind.SMTP, address=X500Address(b"")),
        RecipientRow(AddressKind.PERSONAL_DISTRIBUTION_LIST_2, address=X500Address(b"")),
        RecipientRow(AddressKind.SMTP, address_type=b"X"),
        RecipientRow(display_name=b"a"),
        RecipientRow(flags=RecipientFlag(0), display_name="a"),
    ],
)
def test_fields_that_do_not_fit_are_refused(row: RecipientRow) -> None:
    with pytest.raises(ValueError, match="recipient"):
        packed(row)


def test_damaged_recipients_are_read_or_refused() -> None:
    for row, _ in VECTORS:
        for octets in mutations(packed(row), 300, seed=5):
            try:
                unpacked(octets)
            except ParseError:
                continue


@given(st.binary(max_size=60))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    try:
        row = unpacked(octets)
    except ParseError:
        return
    assert unpacked(packed(row)) == row
