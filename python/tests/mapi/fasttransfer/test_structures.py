"""Structures in values of FastTransfer streams: vectors, truncations, round trips, bounds."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader
from gromox.mapi.fasttransfer.structures import (
    MAX_GROUP_TAGS,
    MAX_SERVERS,
    ExtendedErrorInfo,
    FolderReplicaInfo,
    GroupTag,
    ProgressInformation,
    PropertyGroupInfo,
)
from gromox.mapi.objectid import GlobalId
from gromox.mapi.propname import PropertyName

GUID = UUID("00112233-4455-6677-8899-aabbccddeeff")
GUID_LE = "33221100554477668899aabbccddeeff"
ID = GlobalId(GUID, 0x1234)
VECTORS: dict[str, tuple[object, str]] = {
    "groups": (
        PropertyGroupInfo(
            7,
            (
                (GroupTag(0x0037001F),),
                (
                    GroupTag(0x8001001F, PropertyName(GUID, 0x8208)),
                    GroupTag(0x8002001F, PropertyName(GUID, "AB")),
                ),
            ),
        ),
        (
            f"07000000 00000000 02000000 01000000 1f003700 02000000 1f000180 {GUID_LE} 00000000 08820000"
            f" 1f000280 {GUID_LE} 01000000 04000000 41004200"
        ),
    ),
    "replicas": (
        FolderReplicaInfo(ID, (b"/o=a", b"/o=b"), 1),
        f"00000000 00000000 {GUID_LE} 000000001234 0000 02000000 01000000 2f6f3d6100 2f6f3d6200",
    ),
    "error": (
        ExtendedErrorInfo(0x8004010F, ID, None, b"\xbe\xef"),
        f"0000 0000 0f010480 {GUID_LE} 000000001234 0000 {'00' * 22} 0000 {'00' * 24} 02000000 58000000 beef",
    ),
    "error without more": (
        ExtendedErrorInfo(5),
        f"0000 0000 05000000 {'00' * 22} 0000 {'00' * 22} 0000 {'00' * 24} 00000000 00000000",
    ),
}


@pytest.mark.requirement("MS-OXCFXICS", 242)
@pytest.mark.requirement("MS-OXCFXICS", 3081)
@pytest.mark.requirement("MS-OXCFXICS", 3082)
@pytest.mark.requirement("MS-OXCFXICS", 294)
@pytest.mark.requirement("MS-OXCFXICS", 300)
@pytest.mark.requirement("MS-OXCFXICS", 317)
@pytest.mark.requirement("MS-OXCFXICS", 318)
@pytest.mark.parametrize("name", VECTORS)
def test_vectors(name: str) -> None:
    value, text = VECTORS[name]
    assert isinstance(value, PropertyGroupInfo | FolderReplicaInfo | ExtendedErrorInfo)
    octets = bytes.fromhex(text.replace(" ", ""))
    assert value.octets() == octets
    read: Callable[[bytes], object] = type(value).from_octets
    assert read(octets) == value
    for size in range(len(octets)):
        with pytest.raises(ParseError):
            read(octets[:size])


def test_progress() -> None:
    octets = bytes.fromhex("00000000 02000000 0001000000000000 03000000 00000000 0002000000000000")
    value = ProgressInformation(
        fai_message_count=2,
        fai_message_total_size=256,
        normal_message_count=3,
        normal_message_total_size=512,
    )
    assert value.encode() == octets
    assert ProgressInformation.decode(Reader(octets)) == value


@pytest.mark.requirement("MS-OXCFXICS", 245)
@pytest.mark.requirement("MS-OXCFXICS", 250)
@pytest.mark.requirement("MS-OXCFXICS", 3085)
@pytest.mark.requirement("MS-OXCFXICS", 3087)
def test_counts_are_bounded() -> None:
    for groups in ((), ((),)):
        with pytest.raises(ValueError, match="groups"):
            PropertyGroupInfo(1, groups).octets()
    for text in ("01000000 00000000 00000000", "01000000 00000000 01000000 00000000"):
        with pytest.raises(ParseError):
            PropertyGroupInfo.from_octets(bytes.fromhex(text.replace(" ", "")))
    many = PropertyGroupInfo(1, ((GroupTag(0x0037001F),) * MAX_GROUP_TAGS,))
    assert PropertyGroupInfo.from_octets(many.octets()) == many
    more = PropertyGroupInfo(1, ((GroupTag(0x0037001F),) * (MAX_GROUP_TAGS + 1),))
    with pytest.raises(ParseError):
        PropertyGroupInfo.from_octets(more.octets())
    with pytest.raises(ValueError, match="name"):
        PropertyGroupInfo(1, ((GroupTag(0x8001001F),),)).octets()
    for servers, cheap in (((), 0), ((b"a",), 2)):
        with pytest.raises(ValueError, match="server"):
            FolderReplicaInfo(ID, servers, cheap).octets()
    crowd = FolderReplicaInfo(ID, (b"a",) * (MAX_SERVERS + 1))
    with pytest.raises(ParseError):
        FolderReplicaInfo.from_octets(crowd.octets())
    octets = bytearray(ExtendedErrorInfo(5, aux=b"xx").octets())
    for offset in (0, 89, 200):
        octets[84:88] = offset.to_bytes(4, "little")
        with pytest.raises(ParseError):
            ExtendedErrorInfo.from_octets(bytes(octets))
