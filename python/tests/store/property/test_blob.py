"""Packed properties: one value is found without the others, and damage is told."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.mapi.propvalue import PropValue
from gromox.store.errors import CorruptError, InvalidValueError, LimitError
from gromox.store.property import blob
from gromox.store.property.blob import Packed, pack

VALUES: dict[int, PropValue] = {
    0x00170003: 2,
    0x0037001F: "Grüße",
    0x300B0102: b"key",
    0x80010048: uuid.UUID(int=7),
    0x8002101F: ("a", "b"),
    0x0E69000B: True,
}

SCALARS = st.one_of(
    st.tuples(st.just(0x0003), st.integers(0, 2**32 - 1)),
    st.tuples(st.just(0x0014), st.integers(0, 2**64 - 1)),
    st.tuples(st.just(0x001F), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))),
    st.tuples(st.just(0x0102), st.binary(max_size=300)),
    st.tuples(st.just(0x1102), st.lists(st.binary(max_size=9), max_size=4).map(tuple)),
)
BAGS = st.dictionaries(st.integers(1, 0xFFFE), SCALARS, max_size=30).map(
    lambda found: {propid << 16 | kind: value for propid, (kind, value) in found.items()}
)


def test_values_come_back() -> None:
    assert Packed(pack(VALUES)).values() == dict(sorted(VALUES.items()))


def test_one_value_is_found_alone() -> None:
    packed = Packed(pack(VALUES))

    assert packed.get(0x300B0102) == b"key"
    assert packed.get(0x300B001F) is None
    assert packed.tag_of(0x8002) == 0x8002101F
    assert packed.tag_of(0x8003) is None


def test_nothing_is_no_blob() -> None:
    assert pack({}) is None
    assert Packed(None).values() == {}


@given(BAGS)
def test_what_is_packed_is_unpacked(values: dict[int, object]) -> None:
    assert Packed(pack(values)).values() == values  # type: ignore[arg-type] # made to fit


def test_every_truncation_is_damage() -> None:
    octets = pack(VALUES)
    assert octets is not None
    for size in range(1, len(octets)):
        with pytest.raises(CorruptError):
            Packed(octets[:size]).values()


def test_bounds() -> None:
    with pytest.raises(LimitError):
        pack({propid << 16 | 3: 1 for propid in range(1, blob.MAX_PROPERTIES + 2)})
    with pytest.raises(LimitError):
        pack({0x10000102: bytes(blob.MAX_SIZE)})
    pack({propid << 16 | 3: 1 for propid in range(1, blob.MAX_PROPERTIES + 1)})


def test_a_value_of_another_type_is_refused() -> None:
    with pytest.raises(InvalidValueError):
        pack({0x0037001F: 5})
