from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, Writer
from gromox.mapi import entryid
from gromox.mapi.entryid import (
    PUBLIC_PROVIDER,
    AddressBookEntryId,
    AddressBookType,
    EntryId,
    FolderEntryId,
    MessageEntryId,
    ObjectType,
    OneOffEntryId,
    OneOffFlag,
    StoreEntryId,
    parse_entry_id,
)
from gromox.mapi.objectid import MAX_COUNTER, GlobalId, ShortId, counter_octets
from tests.mapi.mutation import mutations

DATABASE = UUID(bytes_le=bytes.fromhex("c1f54ed028c6e54fbfb688aca28186db"))
MAILBOX = UUID("11223344-5566-7788-99aa-bbccddeeff00")
FOLDER = GlobalId(DATABASE, 0x00012A862202)
POST = GlobalId(DATABASE, 0x00012A8638D7)

# The public folder and the post in it are from Microsoft's support pages, the others assembled by hand from
# the layouts of [MS-OXCDATA] 2.2.4 and 2.2.5.
VECTORS: list[tuple[EntryId, str]] = [
    (
        FolderEntryId(PUBLIC_PROVIDER, ObjectType.PUBLIC_FOLDER, FOLDER),
        "00000000 1a447390aa6611cd9bc800aa002fc45a 0300 c1f54ed028c6e54fbfb688aca28186db 00012a862202 0000",
    ),
    (
        MessageEntryId(
            PUBLIC_PROVIDER, ObjectType.PUBLIC_MESSAGE, FOLDER, GlobalId(DATABASE, 0x00012A8638D7)
        ),
        (
            "00000000 1a447390aa6611cd9bc800aa002fc45a 0900"
            "c1f54ed028c6e54fbfb688aca28186db 00012a862202 0000"
            "c1f54ed028c6e54fbfb688aca28186db 00012a8638d7 0000"
        ),
    ),
    (
        FolderEntryId(MAILBOX, ObjectType.PRIVATE_FOLDER, GlobalId(DATABASE, 0x0D)),
        "00000000 443322116655887799aabbccddeeff00 0100 c1f54ed028c6e54fbfb688aca28186db 00000000000d 0000",
    ),
    (
        StoreEntryId(b"srv", b"/o=x/cn=bob"),
        (
            "00000000 38a1bb1005e5101aa1bb08002b2a56c2 00 00 454d534d44422e444c4c00000000 00000000"
            "1b55fa20aa6611cd9bc800aa002fc45a 0c000000 73727600 2f6f3d782f636e3d626f6200"
        ),
    ),
    (
        StoreEntryId(b"srv", None),
        (
            "00000000 38a1bb1005e5101aa1bb08002b2a56c2 00 00 454d534d44422e444c4c00000000 00000000"
            "1c830210aa6611cd9bc800aa002fc45a 06000000 73727600"
        ),
    ),
    (
        AddressBookEntryId(AddressBookType.DISTRIBUTION_LIST, b"/o=x"),
        "00000000 dca740c8c042101ab4b908002b2fe182 01000000 01000000 2f6f3d7800",
    ),
    (
        OneOffEntryId("Bö", "SMTP", "b@x"),
        (
            "00000000 812b1fa4bea310199d6e00dd010f5402 0000 0190 4200f6000000"
            "53004d00540050000000 6200400078000000"
        ),
    ),
    (
        OneOffEntryId(b"B", b"SMTP", b"b@x", OneOffFlag(0x0006)),
        "00000000 812b1fa4bea310199d6e00dd010f5402 0000 0600 4200 534d545000 62407800",
    ),
]


@pytest.mark.requirement("MS-OXCDATA", "R2225")
@pytest.mark.requirement("MS-OXCDATA", "R2226")
@pytest.mark.requirement("MS-OXCDATA", "R2229")
@pytest.mark.requirement("MS-OXCDATA", "R2231")
@pytest.mark.requirement("MS-OXCDATA", "R2236")
@pytest.mark.requirement("MS-OXCDATA", "R2239")
@pytest.mark.requirement("MS-OXCDATA", "R2243")
@pytest.mark.requirement("MS-OXCDATA", "R2246")
@pytest.mark.requirement("MS-OXCDATA", "R2250")
@pytest.mark.requirement("MS-OXCDATA", "R2251")
@pytest.mark.requirement("MS-OXCDATA", "R2253")
@pytest.mark.requirement("MS-OXCDATA", "R2256")
@pytest.mark.requirement("MS-OXCDATA", "R2260")
@pytest.mark.requirement("MS-OXCDATA", "R2265")
@pytest.mark.requirement("MS-OXCDATA", "R2320")
@pytest.mark.requirement("MS-OXCDATA", "R2321")
@pytest.mark.requirement("MS-OXCDATA", "R2323")
@pytest.mark.parametrize(("entry_id", "octets"), VECTORS)
def test_entry_ids_are_read_and_written(entry_id: EntryId, octets: str) -> None:
    whole = bytes.fromhex(octets)
    assert entry_id.octets() == whole
    assert parse_entry_id(whole) == entry_id
    assert type(entry_id).from_octets(whole) == entry_id


@pytest.mark.parametrize(("entry_id", "octets"), VECTORS)
def test_a_short_entry_id_is_an_error_at_every_length(entry_id: EntryId, octets: str) -> None:
    whole = bytes.fromhex(octets)
    for size in range(len(whole)):
        with pytest.raises(ParseError):
            type(entry_id).from_octets(whole[:size])
        with pytest.raises(ParseError):
            parse_entry_id(whole[:size])


@pytest.mark.parametrize(
    ("number", "at", "octet", "expected"),
    [
        (0, 20, 9, "the type of a folder"),
        (0, 20, 2, "a type of store objects"),
        (1, 20, 3, "the type of a message"),
        (3, 20, 1, "version 0 of a store entry id"),
        (3, 23, 0x20, "version 0 of a store entry id"),
        (3, 40, 0, "the provider of private or of public stores"),
        (5, 20, 2, "version 1 of an address-book entry id"),
        (5, 24, 9, "a type of address-book objects"),
        (6, 20, 1, "version 0 of a one-off"),
    ],
)
def test_what_is_no_entry_id_is_refused(number: int, at: int, octet: int, expected: str) -> None:
    entry_id, octets = VECTORS[number]
    damaged = bytearray.fromhex(octets)
    damaged[at] = octet
    with pytest.raises(ParseError, match=expected):
        type(entry_id).from_octets(bytes(damaged))


def test_an_entry_id_of_another_provider_is_refused() -> None:
    with pytest.raises(ParseError, match="provider c840a7dc"):
        AddressBookEntryId.from_octets(bytes.fromhex(VECTORS[6][1]))
    with pytest.raises(ParseError, match="the end"):
        AddressBookEntryId.from_octets(bytes.fromhex(VECTORS[5][1] + "00"))


def test_the_size_is_bounded() -> None:
    long = AddressBookEntryId(AddressBookType.LOCAL_MAIL_USER, b"x" * entryid.MAX_ENTRY_ID).octets()
    with pytest.raises(ParseError, match="at most 4096 octets"):
        parse_entry_id(long)


def test_the_library_of_a_store_entry_id_may_be_in_lower_case() -> None:
    entry_id, octets = VECTORS[3]
    lower = bytes.fromhex(octets.replace("454d534d44422e444c4c", b"emsmdb.dll".hex()))
    assert parse_entry_id(lower) == entry_id


def test_what_newer_clients_append_to_a_store_entry_id_is_kept() -> None:
    octets = StoreEntryId(b"srv", b"/o=x", b"\x01\x02").octets()
    assert StoreEntryId.from_octets(octets).rest == b"\x01\x02"


def test_texts_of_the_wrong_sort_are_refused() -> None:
    with pytest.raises(ValueError, match="str if it is Unicode"):
        OneOffEntryId(b"a", "SMTP", "b").octets()
    with pytest.raises(ValueError, match="str if it is Unicode"):
        OneOffEntryId("a", "SMTP", "b", OneOffFlag(0)).octets()


def test_damaged_entry_ids_are_read_or_refused() -> None:
    for entry_id, _ in VECTORS:
        for octets in mutations(entry_id.octets(), 300, seed=7):
            try:
                parse_entry_id(octets).octets()
            except ParseError:
                continue


@pytest.mark.requirement("MS-OXCFXICS", "R3053")
@pytest.mark.requirement("MS-OXCFXICS", "R3054")
def test_short_ids_stand_in_numbers() -> None:
    # Replica 1, counter 0x0D: octets 01 00 00 00 00 00 00 0d.
    assert ShortId(1, 0x0D).number == 0x0D00000000000001
    assert ShortId.from_number(0x0D00000000000001) == (1, 0x0D)
    assert ShortId.from_number(-1) == (0xFFFF, MAX_COUNTER)
    for wrong in (ShortId(0x10000, 1), ShortId(1, MAX_COUNTER + 1), ShortId(-1, 1), ShortId(1, -1)):
        with pytest.raises(ValueError, match="has"):
            _ = wrong.number


@given(st.integers(0, 0xFFFF), st.integers(0, MAX_COUNTER))
def test_short_ids_come_back(replica_id: int, counter: int) -> None:
    assert ShortId.from_number(ShortId(replica_id, counter).number) == (replica_id, counter)


@pytest.mark.requirement("MS-OXCFXICS", "R3059")
@pytest.mark.requirement("MS-OXCFXICS", "R3061")
def test_global_ids_are_source_keys() -> None:
    assert FOLDER.octets == bytes.fromhex("c1f54ed028c6e54fbfb688aca28186db 00012a862202")
    assert GlobalId.from_octets(FOLDER.octets) == FOLDER
    assert counter_octets(MAX_COUNTER) == b"\xff" * 6
    with pytest.raises(ParseError, match="22 octets of a global id instead of 21"):
        GlobalId.from_octets(FOLDER.octets[:-1])


def test_long_term_ids_are_padded() -> None:
    w = Writer()
    FOLDER.write_long_term(w)
    assert w.octets() == FOLDER.octets + b"\0\0"
    assert GlobalId.decode_long_term(Reader(FOLDER.octets + b"\1\2")) == FOLDER
    for size in range(24):
        with pytest.raises(ParseError):
            GlobalId.decode_long_term(Reader(w.octets()[:size]))
