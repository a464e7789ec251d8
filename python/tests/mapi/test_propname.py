from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, TruncatedError, Writer
from gromox.mapi.guids import PS_PUBLIC_STRINGS, PSETID_Address
from gromox.mapi.named import PidLidFileUnder, PidNameKeywords
from gromox.mapi.propname import PropertyName

# Kind, GUID, then LID or size and text: [MS-OXCDATA] 2.6.1.
LID = "00 0420060000000000c000000000000046 05800000"
NAME = "01 2903020000000000c000000000000046 06 610062000000"
NONE = "ff 2903020000000000c000000000000046"


def encoded(name: PropertyName) -> bytes:
    w = Writer()
    name.write(w)
    return w.octets()


@pytest.mark.parametrize(
    ("octets", "name"),
    [
        (LID, PropertyName(PSETID_Address, 0x8005)),
        (NAME, PropertyName(PS_PUBLIC_STRINGS, "ab")),
        (NONE, PropertyName(PS_PUBLIC_STRINGS, None)),
    ],
)
def test_the_three_kinds(octets: str, name: PropertyName) -> None:
    whole = bytes.fromhex(octets)
    assert PropertyName.decode(Reader(whole)) == name
    assert encoded(name) == whole
    for size in range(len(whole)):
        with pytest.raises(TruncatedError):
            PropertyName.decode(Reader(whole[:size]))


@pytest.mark.parametrize("octets", ["02 2903020000000000c000000000000046", NAME.replace("06 61", "05 61")])
def test_what_is_no_name_is_refused(octets: str) -> None:
    with pytest.raises(ParseError):
        PropertyName.decode(Reader(bytes.fromhex(octets)))


def test_a_long_name_is_refused() -> None:
    assert len(encoded(PropertyName(PSETID_Address, "x" * 126))) == 1 + 16 + 1 + 254
    with pytest.raises(ValueError, match="126"):
        encoded(PropertyName(PSETID_Address, "x" * 127))


def test_well_known_names() -> None:
    assert PidLidFileUnder.name == PropertyName(PSETID_Address, 0x8005)
    assert PidNameKeywords.name == PropertyName(PS_PUBLIC_STRINGS, "Keywords")


@given(
    st.builds(
        PropertyName,
        st.uuids(),
        st.none()
        | st.integers(0, 2**32 - 1)
        | st.text(st.characters(exclude_characters="\0", max_codepoint=0xFFFF), max_size=126),
    )
)
def test_what_is_written_is_read_back(name: PropertyName) -> None:
    assert PropertyName.decode(Reader(encoded(name))) == name
    assert isinstance(name.guid, UUID)
