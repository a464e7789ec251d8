from __future__ import annotations

import tracemalloc
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader
from gromox.mapi import globset
from gromox.mapi import idset as module
from gromox.mapi.globset import decode_globset, encode_globset
from gromox.mapi.idset import (
    IdSet,
    replguid_idset_from_octets,
    replguid_idset_octets,
    replid_idset_from_octets,
    replid_idset_octets,
)
from gromox.mapi.objectid import MAX_COUNTER
from gromox.mapi.rangeset import RangeSet
from tests.mapi.mutation import mutations

BASE = 0x0000_0001_2300

# Assembled by hand from [MS-OXCFXICS] 2.2.2.6.1 to 2.2.2.6.5, in the form that the encoder chooses.
VECTORS: list[tuple[list[tuple[int, int]], str]] = [
    ([], "00"),
    ([(1, 1)], "06 000000000001 00"),
    ([(MAX_COUNTER, MAX_COUNTER)], "06 ffffffffffff 00"),
    # A range: what both ends share is pushed first.
    ([(BASE + 1, BASE + 0x20)], "05 0000000123 52 01 20 50 00"),
    ([(0, MAX_COUNTER)], "52 000000000000 ffffffffffff 00"),
    ([(1, 0x10000)], "03 000000 52 000001 010000 50 00"),
    # Single counters of one group: the last octet pushed completes each.
    ([(BASE + 1, BASE + 1), (BASE + 0x20, BASE + 0x20)], "05 0000000123 01 01 01 20 50 00"),
    # Within nine values: 3 and, by bits 0, 2 and 7 of the mask, 4, 6 and 11.
    ([(BASE + 3, BASE + 4), (BASE + 6, BASE + 6), (BASE + 11, BASE + 11)], "05 0000000123 42 03 85 50 00"),
    # All three commands on one stack.
    (
        [(BASE, BASE), (BASE + 2, BASE + 2), (BASE + 0x40, BASE + 0x80), (BASE + 0xFF, BASE + 0xFF)],
        "05 0000000123 42 00 02 52 40 80 01 ff 50 00",
    ),
    # Two groups under a common start: one more Push, and each Pop takes one back.
    (
        [(BASE + n, BASE + n) for n in (0, 9, 32, 0x100, 0x110, 0x120, 0x130)],
        "04 00000001 01 23 01 00 01 09 01 20 50 01 24 01 00 01 10 01 20 01 30 50 50 00",
    ),
]


def decoded(octets: bytes) -> RangeSet:
    r = Reader(octets)
    counters = decode_globset(r)
    r.end()
    return counters


@pytest.mark.requirement("MS-OXCFXICS", "R1981")
@pytest.mark.requirement("MS-OXCFXICS", "R3376")
@pytest.mark.requirement("MS-OXCFXICS", "R202")
@pytest.mark.requirement("MS-OXCFXICS", "R207")
@pytest.mark.requirement("MS-OXCFXICS", "R208")
@pytest.mark.requirement("MS-OXCFXICS", "R213")
@pytest.mark.requirement("MS-OXCFXICS", "R216")
@pytest.mark.requirement("MS-OXCFXICS", "R1960")
@pytest.mark.requirement("MS-OXCFXICS", "R1973")
@pytest.mark.requirement("MS-OXCFXICS", "R1974")
@pytest.mark.requirement("MS-OXCFXICS", "R1978")
@pytest.mark.requirement("MS-OXCFXICS", "R1980")
@pytest.mark.requirement("MS-OXCFXICS", "R1982")
@pytest.mark.requirement("MS-OXCFXICS", "R1987")
@pytest.mark.requirement("MS-OXCFXICS", "R1989")
@pytest.mark.requirement("MS-OXCFXICS", "R2007")
@pytest.mark.requirement("MS-OXCFXICS", "R2009")
@pytest.mark.requirement("MS-OXCFXICS", "R2012")
@pytest.mark.requirement("MS-OXCFXICS", "R2014")
@pytest.mark.requirement("MS-OXCFXICS", "R2661")
@pytest.mark.requirement("MS-OXCFXICS", "R3065")
@pytest.mark.requirement("MS-OXCFXICS", "R3068")
@pytest.mark.requirement("MS-OXCFXICS", "R3071")
@pytest.mark.requirement("MS-OXCFXICS", "R3074")
@pytest.mark.requirement("MS-OXCFXICS", "R3077")
@pytest.mark.parametrize(("ranges", "octets"), VECTORS)
def test_sets_are_read_and_written(ranges: list[tuple[int, int]], octets: str) -> None:
    assert encode_globset(RangeSet(ranges)).hex() == bytes.fromhex(octets).hex()
    assert list(decoded(bytes.fromhex(octets)).ranges()) == ranges


@pytest.mark.parametrize(("_ranges", "octets"), VECTORS)
def test_a_short_set_is_an_error_at_every_length(_ranges: list[tuple[int, int]], octets: str) -> None:
    whole = bytes.fromhex(octets)
    for size in range(len(whole)):
        with pytest.raises(ParseError):
            decoded(whole[:size])


@pytest.mark.parametrize(
    ("octets", "ranges"),
    [
        # Pushes of several steps, as other encoders make them; a Pop takes back one of them.
        ("02 0000 03 000123 01 07 50 50 00", [(BASE + 7, BASE + 7)]),
        ("02 0000 04 00012305 04 00012309 50 00", [(BASE + 5, BASE + 5), (BASE + 9, BASE + 9)]),
        # Out of order, twice, overlapping.
        ("05 0000000123 01 09 01 05 52 06 08 01 09 50 00", [(BASE + 5, BASE + 9)]),
        # A mask without bits tells of its starting value.
        ("05 0000000123 42 ff 00 50 00", [(BASE + 0xFF, BASE + 0xFF)]),
    ],
)
def test_sets_of_other_encoders_are_read(octets: str, ranges: list[tuple[int, int]]) -> None:
    assert list(decoded(bytes.fromhex(octets)).ranges()) == ranges


@pytest.mark.requirement("MS-OXCFXICS", "R214")
@pytest.mark.requirement("MS-OXCFXICS", "R217")
@pytest.mark.requirement("MS-OXCFXICS", "R1966")
@pytest.mark.requirement("MS-OXCFXICS", "R1970")
@pytest.mark.requirement("MS-OXCFXICS", "R1992")
@pytest.mark.requirement("MS-OXCFXICS", "R2002")
@pytest.mark.requirement("MS-OXCFXICS", "R2003")
@pytest.mark.requirement("MS-OXCFXICS", "R3391")
@pytest.mark.requirement("MS-OXCFXICS", "R3393")
@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        ("50 00", "0x50 after 0 common octets"),
        ("42 00 01 00", "0x42 after 0 common octets"),
        ("04 00000001 42 00 01 50 00", "0x42 after 4 common octets"),
        ("05 0000000123 00", "0x00 after 5 common octets"),
        ("05 0000000123 02 0102 50 00", "0x02 after 5 common octets"),
        ("07 00000000000000 00", "0x07 after 0 common octets"),
        ("ff 00", "0xff after 0 common octets"),
        ("05 0000000123 52 09 08 50 00", "a low value that is not above the high one"),
        ("05 0000000123 42 fc 08 50 00", "a bitmask that does not reach beyond 255"),
    ],
)
def test_what_is_no_set_is_refused(octets: str, expected: str) -> None:
    with pytest.raises(ParseError, match=expected):
        decoded(bytes.fromhex(octets))


def test_the_number_of_ranges_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(globset, "MAX_RANGES", 3)
    decoded(bytes.fromhex("05 0000000123 01 01 01 03 01 05 50 00"))
    with pytest.raises(ParseError, match="at most 3 ranges"):
        decoded(bytes.fromhex("05 0000000123 01 01 01 03 01 05 01 07 50 00"))


def test_hostile_octets_take_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(globset, "MAX_RANGES", 1 << 15)
    octets = bytes.fromhex("05 0000000123") + bytes.fromhex("42 01 aa") * 300_000
    tracemalloc.start()
    try:
        with pytest.raises(ParseError, match="at most 32768 ranges"):
            decoded(octets)
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()


COUNTERS = st.integers(0, MAX_COUNTER) | st.integers(BASE, BASE + 0x300) | st.integers(0, 0x20000)
RANGES = st.lists(st.tuples(COUNTERS, st.integers(0, 40) | st.integers(0, 0x20000)), max_size=12).map(
    lambda drawn: RangeSet((low, min(low + size, MAX_COUNTER)) for low, size in drawn)
)


@given(RANGES | st.sets(st.integers(BASE, BASE + 0x280)).map(RangeSet.of))
def test_what_is_written_is_read_back(counters: RangeSet) -> None:
    octets = encode_globset(counters)
    assert decoded(octets) == counters
    # Never longer than each range by itself, but for what 3.1.5.4.3.1.4 wants pushed.
    assert len(octets) <= 1 + sum(7 if low == high else 14 for low, high in counters.ranges())


@given(st.binary(max_size=60))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    try:
        counters = decode_globset(Reader(octets))
    except ParseError:
        return
    assert decoded(encode_globset(counters)) == counters


def test_damaged_sets_are_read_or_refused() -> None:
    whole = encode_globset(RangeSet([each for ranges, _ in VECTORS[:3] + VECTORS[5:] for each in ranges]))
    for octets in mutations(whole, 2000, seed=11):
        try:
            decoded(octets)
        except ParseError:
            continue


def test_scattered_ids_take_few_octets() -> None:
    every_other = RangeSet.of(range(0x10000, 0x12000, 2))
    # 4096 ids: a bitmask for five of them, and the stack for each 256 values.
    assert len(encode_globset(every_other)) < 4096


FIRST = UUID("02000000-0000-0000-0000-000000000000")
SECOND = UUID("01000003-0000-0000-0000-000000000000")


@pytest.mark.requirement("MS-OXCFXICS", "R1934")
@pytest.mark.requirement("MS-OXCFXICS", "R1935")
@pytest.mark.requirement("MS-OXCFXICS", "R182")
@pytest.mark.requirement("MS-OXCFXICS", "R183")
def test_a_set_by_replid() -> None:
    ids = IdSet({5: RangeSet([(1, 1)]), 1: RangeSet([(2, 2)]), 9: RangeSet()})
    octets = bytes.fromhex("0100 06 000000000002 00 0500 06 000000000001 00")
    assert replid_idset_octets(ids) == octets
    assert replid_idset_from_octets(octets) == ids
    assert replid_idset_from_octets(octets + octets) == ids
    assert replid_idset_from_octets(b"") == IdSet()
    for size in range(1, len(octets)):
        if size != 10:
            with pytest.raises(ParseError):
                replid_idset_from_octets(octets[:size])


@pytest.mark.requirement("MS-OXCFXICS", "R186")
@pytest.mark.requirement("MS-OXCFXICS", "R187")
@pytest.mark.requirement("MS-OXCFXICS", "R191")
def test_a_set_by_replguid_is_sorted_by_octets() -> None:
    ids = IdSet({SECOND: RangeSet([(1, 1)]), FIRST: RangeSet([(2, 2)])})
    octets = FIRST.bytes_le + bytes.fromhex("06 000000000002 00")
    octets += SECOND.bytes_le + bytes.fromhex("06 000000000001 00")
    assert replguid_idset_octets(ids) == octets
    assert replguid_idset_from_octets(octets) == ids
    for size in range(1, len(octets)):
        if size != 24:
            with pytest.raises(ParseError):
                replguid_idset_from_octets(octets[:size])


def test_one_form_turns_into_the_other() -> None:
    ids = IdSet({1: RangeSet([(1, 9)]), 5: RangeSet([(20, 29)])})
    by_guid = ids.rekeyed({1: FIRST, 5: SECOND}.__getitem__)
    assert by_guid == IdSet({FIRST: RangeSet([(1, 9)]), SECOND: RangeSet([(20, 29)])})
    assert by_guid.rekeyed(lambda _: 1) == IdSet({1: RangeSet([(1, 9), (20, 29)])})
    with pytest.raises(KeyError):
        ids.rekeyed({1: FIRST}.__getitem__)


def test_a_set_of_several_replicas_is_changed() -> None:
    ids: IdSet[int] = IdSet()
    ids.add(1, 5)
    ids.add(1, 6, 9)
    ids.add(2, 1)
    other = ids.copy()
    ids.remove(2, 1)
    ids.remove(3, 1)
    assert ids.replicas() == (1,)
    assert list(ids) == [(1, counter) for counter in range(5, 10)]
    assert (1, 5) in ids
    assert (2, 5) not in ids
    assert len(ids) == 5
    assert len(other) == 6
    assert other - ids == IdSet({2: RangeSet([(1, 1)])})
    assert other & ids == ids
    assert other | ids == other
    assert ids.issubset(other)
    assert not other.issubset(ids)
    assert bool(ids)
    assert not IdSet[int]()
    ids.counters(1).add(100)
    assert (1, 100) not in ids


def test_the_number_of_replicas_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    octets = replid_idset_octets(IdSet({key: RangeSet([(1, 1)]) for key in range(3)}))
    monkeypatch.setattr(module, "MAX_REPLICAS", 2)
    with pytest.raises(ParseError, match="at most 2 replicas"):
        replid_idset_from_octets(octets)
    monkeypatch.setattr(module, "MAX_REPLICAS", 3)
    monkeypatch.setattr(module, "MAX_RANGES", 2)
    with pytest.raises(ParseError, match="and 2 ranges"):
        replid_idset_from_octets(octets)
