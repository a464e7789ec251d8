from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.mapi import conversation
from gromox.mapi.conversation import ConversationIndex, ResponseLevel

GUID = UUID("814696a6-37e9-2446-a365-74d21f90b594")
START = 0x01DA71727C810000
DAY = 24 * 3600 * 10_000_000

# As an Exchange server of today wrote it, with the reserved octet and coarse codes.
SERVER = bytes.fromhex(
    "0101da71727c814696a637e92446a36574d21f90b594"
    "b12e05c500 800003d080 8000007900 8000019680 800001d500 80043bdf00 8000043980"
)


def test_an_index_with_the_reserved_octet_is_read_and_written() -> None:
    index = ConversationIndex.from_octets(SERVER)
    assert index.reserved
    assert index.conversation == GUID
    assert index.time == 0x01DA71727C000000
    assert index.levels[1] == ResponseLevel(0x800003D0, 0x80)
    assert index.levels[1].delta == 0x3D0 << 23
    assert index.octets() == SERVER


def test_an_index_starts_with_six_octets_of_the_time() -> None:
    index = ConversationIndex.start(START + 0x1234, GUID)
    octets = bytes.fromhex("01da71727c81 814696a637e92446a36574d21f90b594")
    assert index.octets() == octets
    assert ConversationIndex.from_octets(octets) == index
    assert index.time == START


def test_a_reply_tells_the_time_since_the_start() -> None:
    index = ConversationIndex.start(START, GUID)
    reply = index.child(START + 3 * DAY, 0x5A)
    # Three days are 2,592,000,000,000 units; without their 18 low bits 9,887,695.
    assert reply.octets() == index.octets() + bytes.fromhex("0096dfcf 5a")
    assert 0 <= 3 * DAY - reply.levels[0].delta < 1 << 18
    late = reply.child(START + 2000 * DAY, 0x1FF)
    code = 2000 * DAY >> 23 | 0x80000000
    assert late.octets() == reply.octets() + code.to_bytes(4, "big") + b"\xff"
    assert 0 <= 2000 * DAY - late.levels[1].delta < 1 << 23


def test_a_reply_before_the_start_counts_as_one_at_the_start() -> None:
    assert ConversationIndex.start(START, GUID).child(0, 1).levels == (ResponseLevel(0, 1),)


def test_a_long_thread_stops_growing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "MAX_LEVELS", 2)
    index = ConversationIndex.start(START, GUID)
    for _ in range(5):
        index = index.child(START + DAY, 0)
    assert len(index.levels) == 2
    with pytest.raises(ParseError, match="22 octets and 5 for each reply"):
        ConversationIndex.from_octets(index.octets() + bytes(5))


def test_other_sizes_are_refused() -> None:
    for size in range(len(SERVER)):
        if size < 22 or (size - 22) % 5:
            with pytest.raises(ParseError, match="22 octets and 5 for each reply"):
                ConversationIndex.from_octets(SERVER[:size])
        else:
            ConversationIndex.from_octets(SERVER[:size])
    with pytest.raises(ParseError, match="01 as the first octet"):
        ConversationIndex.from_octets(b"\2" + SERVER[1:])


def test_a_time_that_cannot_be_told_is_refused() -> None:
    with pytest.raises(ValueError, match="1829"):
        ConversationIndex.start(0, GUID).octets()


@given(st.binary(min_size=21, max_size=21), st.lists(st.binary(min_size=5, max_size=5), max_size=4))
def test_any_index_comes_back_octet_for_octet(header: bytes, levels: list[bytes]) -> None:
    octets = b"\x01" + header + b"".join(levels)
    assert ConversationIndex.from_octets(octets).octets() == octets
