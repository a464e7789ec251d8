from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.mapi import changelist
from gromox.mapi.changelist import PredecessorChangeList, Relation, Xid
from gromox.mapi.objectid import GlobalId
from tests.mapi.mutation import mutations

# In wire order SERVER comes first; as numbers of their text CLIENT would.
SERVER = UUID("02000000-0000-0000-0000-000000000000")
CLIENT = UUID("01000003-0000-0000-0000-000000000000")


def server(number: int) -> Xid:
    return Xid.of(GlobalId(SERVER, number))


def client(number: int) -> Xid:
    return Xid(CLIENT, number.to_bytes(4, "big"))


OCTETS = bytes.fromhex(
    "16 00000002000000000000000000000000 000000000005 14 03000001000000000000000000000000 00000007"
)


@pytest.mark.requirement("MS-OXCFXICS", "R153")
@pytest.mark.requirement("MS-OXCFXICS", "R155")
@pytest.mark.requirement("MS-OXCFXICS", "R165")
@pytest.mark.requirement("MS-OXCFXICS", "R169")
@pytest.mark.requirement("MS-OXCFXICS", "R171")
def test_a_list_is_read_and_written_in_order() -> None:
    changes = PredecessorChangeList.of(client(7), server(5))
    assert changes.octets() == OCTETS
    assert PredecessorChangeList.from_octets(OCTETS) == changes
    assert PredecessorChangeList.from_octets(OCTETS[23:] + OCTETS[:23]) == changes
    assert PredecessorChangeList.from_octets(b"") == PredecessorChangeList()


def test_a_short_list_is_an_error_at_every_length_but_between_entries() -> None:
    for size in range(1, len(OCTETS)):
        if size != 23:
            with pytest.raises(ParseError):
                PredecessorChangeList.from_octets(OCTETS[:size])


@pytest.mark.requirement("MS-OXCFXICS", "R157")
@pytest.mark.parametrize("size", [0, 15, 16, 25, 255])
def test_the_size_of_an_xid_is_bounded(size: int) -> None:
    with pytest.raises(ParseError, match=f"17 to 24 octets of an XID instead of {size}"):
        PredecessorChangeList.from_octets(bytes((size,)) + bytes(size))
    with pytest.raises(ParseError, match=f"17 to 24 octets of an XID instead of {size}"):
        Xid.from_octets(bytes(size))
    with pytest.raises(ValueError, match="1 to 8 octets"):
        _ = Xid(SERVER, bytes(9)).octets


def test_the_number_of_entries_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changelist, "MAX_XIDS", 2)
    PredecessorChangeList.from_octets(OCTETS)
    with pytest.raises(ParseError, match="at most 2 entries"):
        PredecessorChangeList.from_octets(OCTETS + OCTETS)


@pytest.mark.requirement("MS-OXCFXICS", "R1783")
@pytest.mark.requirement("MS-OXCFXICS", "R1788")
@pytest.mark.requirement("MS-OXCFXICS", "R1791")
@pytest.mark.requirement("MS-OXCFXICS", "R1792")
@pytest.mark.requirement("MS-OXCFXICS", "R1793")
@pytest.mark.requirement("MS-OXCFXICS", "R1798")
@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((server(1),), (server(1),), Relation.EQUAL),
        ((server(2),), (server(1),), Relation.NEWER),
        ((server(1), client(1)), (server(1),), Relation.NEWER),
        ((server(1),), (server(1), client(1)), Relation.OLDER),
        ((server(256),), (server(255),), Relation.NEWER),
        # The figure of [MS-OXCFXICS] 3.1.5.6.1: neither saw the other's second change.
        ((server(2), client(1)), (server(1), client(2)), Relation.CONFLICT),
        ((), (), Relation.EQUAL),
        ((server(1),), (), Relation.NEWER),
    ],
)
def test_versions_are_compared(a: tuple[Xid, ...], b: tuple[Xid, ...], expected: Relation) -> None:
    first, second = PredecessorChangeList.of(*a), PredecessorChangeList.of(*b)
    assert first.relation(second) is expected
    opposite = {Relation.NEWER: Relation.OLDER, Relation.OLDER: Relation.NEWER}
    assert second.relation(first) is opposite.get(expected, expected)


@pytest.mark.requirement("MS-OXCFXICS", "R2737")
def test_local_ids_of_different_lengths_are_a_conflict() -> None:
    first = PredecessorChangeList.of(Xid(SERVER, b"\x01\x02"))
    assert first.relation(PredecessorChangeList.of(Xid(SERVER, b"\x01"))) is Relation.CONFLICT


def test_the_latest_change_of_a_name_space_counts() -> None:
    assert PredecessorChangeList.of(server(1), server(300), server(2)).xids == (server(300),)
    assert PredecessorChangeList.of(server(1)).with_change(server(2)).xids == (server(2),)


@pytest.mark.requirement("MS-OXCFXICS", "R2310")
@pytest.mark.requirement("MS-OXCFXICS", "R2312")
def test_foreign_identifiers_are_no_global_ids() -> None:
    assert client(1).global_id is None
    assert server(9).global_id == GlobalId(SERVER, 9)
    assert Xid.from_octets(server(9).octets) == server(9)


XIDS = st.builds(server, st.integers(1, 4)) | st.builds(client, st.integers(1, 4))
LISTS = st.lists(XIDS, max_size=5).map(lambda xids: PredecessorChangeList.of(*xids))


@given(LISTS, LISTS)
def test_merging_includes_both_and_nothing_else(a: PredecessorChangeList, b: PredecessorChangeList) -> None:
    merged = a.merged(b)
    assert merged.includes(a)
    assert merged.includes(b)
    assert set(merged.xids) <= {*a.xids, *b.xids}
    assert merged == b.merged(a)
    assert PredecessorChangeList.from_octets(merged.octets()) == merged


@given(st.binary(max_size=60))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    try:
        changes = PredecessorChangeList.from_octets(octets)
    except ParseError:
        return
    assert PredecessorChangeList.from_octets(changes.octets()) == changes


def test_damaged_lists_are_read_or_refused() -> None:
    for octets in mutations(OCTETS, 1000, seed=9):
        try:
            PredecessorChangeList.from_octets(octets)
        except ParseError:
            continue
