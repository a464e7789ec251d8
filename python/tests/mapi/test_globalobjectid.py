"""Global object ids: layout of [MS-OXOCAL] 2.2.1.27, UIDs of [MS-OXCICAL] 2.1.3.1.1.20.26."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.mapi import globalobjectid
from gromox.mapi.globalobjectid import ARRAY_ID, GlobalObjectId
from tests.mapi.mutation import mutations

# Assembled by hand from the field table.
OCTETS = bytes.fromhex(
    "040000008200e00074c5b7101a82e008"  # Byte Array ID
    "07d7"  # YH, YL
    "04"  # M
    "10"  # D
    "0047b7e55b6bc701"  # Creation Time
    "0000000000000000"  # X
    "10000000"  # Size
    "c3a4d94c5c8f4c46aabf9b5a0a1c2d3e"  # Data
)


def test_every_field_is_at_its_place() -> None:
    found = GlobalObjectId.from_octets(OCTETS)
    assert (found.year, found.month, found.day) == (2007, 4, 16)
    assert found.creation_time == 0x01C76B5BE5B74700
    assert found.array_id == ARRAY_ID
    assert found.octets() == OCTETS
    clean = found.clean()
    assert clean.octets()[16:20] == bytes(4)
    assert clean.of_instance(date(2007, 4, 16)) == found


def test_the_uid_of_an_id_is_its_hexadecimal_form_without_the_date() -> None:
    found = GlobalObjectId.from_octets(OCTETS)
    assert found.uid == found.clean().octets().hex().upper()
    assert GlobalObjectId.of_uid(found.uid) == found.clean()
    assert GlobalObjectId.of_uid(found.uid.lower()) == found.clean()


def test_other_uids_are_wrapped() -> None:
    found = GlobalObjectId.of_uid("a@b.example")
    assert found.data == b"vCal-Uid\x01\0\0\0a@b.example\0"
    assert found.uid == "a@b.example"
    assert GlobalObjectId.from_octets(found.octets()) == found


@pytest.mark.parametrize("uid", [ARRAY_ID.hex(), ARRAY_ID.hex() + "zz", OCTETS.hex()[:-2]])
def test_what_only_begins_like_an_id_is_wrapped(uid: str) -> None:
    assert GlobalObjectId.of_uid(uid).uid == uid


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60))
def test_each_uid_comes_back(uid: str) -> None:
    assert GlobalObjectId.from_octets(GlobalObjectId.of_uid(uid).octets()).uid == uid


@given(
    st.builds(
        GlobalObjectId,
        st.binary(max_size=40),
        st.integers(0, 9999),
        st.integers(0, 12),
        st.integers(0, 31),
        st.integers(0, 2**64 - 1),
        st.binary(min_size=8, max_size=8),
        st.binary(min_size=16, max_size=16),
    )
)
def test_what_is_written_is_read_back(value: GlobalObjectId) -> None:
    assert GlobalObjectId.from_octets(value.octets()) == value


@pytest.mark.parametrize("size", range(len(OCTETS)))
def test_every_truncation_is_an_error(size: int) -> None:
    with pytest.raises(ParseError):
        GlobalObjectId.from_octets(OCTETS[:size])


def test_longer_or_damaged_ids_are_errors_or_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ParseError):
        GlobalObjectId.from_octets(OCTETS + b"\0")
    for octets in mutations(OCTETS, 500, 3):
        try:
            found = GlobalObjectId.from_octets(octets)
        except ParseError:
            continue
        assert found.octets() == octets
    monkeypatch.setattr(globalobjectid, "MAX_DATA", 15)
    with pytest.raises(ParseError, match="at most 15 octets"):
        GlobalObjectId.from_octets(OCTETS)
