"""Sequence sets, RFC 3501 section 9."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.imap import sequence
from gromox.imap.errors import BadCommandError
from gromox.imap.parser import Parser
import itertools


def resolved(text: bytes, largest: int = 15) -> sequence.Ranges:
    p = Parser(text)
    numbers = p.sequence_set()
    p.end()
    return numbers.resolve(largest)


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        # The examples of the rule in RFC 3501 section 9.
        (b"2,4:7,9,12:*", ((2, 2), (4, 7), (9, 9), (12, 15))),
        (b"*:4,5:7", ((4, 15),)),
        (b"3291:*", ((15, 3291),)),
        (b"*", ((15, 15),)),
        (b"1,2,3", ((1, 3),)),
        (b"7:4", ((4, 7),)),
        (b"4294967295", ((4294967295, 4294967295),)),
    ],
)
def test_examples(text: bytes, ranges: sequence.Ranges) -> None:
    assert resolved(text) == ranges


@pytest.mark.parametrize(
    "text",
    [b"", b"0", b"1:", b":1", b"1,", b"a", b"4294967296", b"1:0", b"1::2", b"9" * 5000, b"-1", b"1:2:3"],
)
def test_what_is_no_set_is_refused(text: bytes) -> None:
    with pytest.raises(BadCommandError):
        resolved(text)


def test_too_many_ranges_are_refused() -> None:
    with pytest.raises(BadCommandError):
        resolved(b",".join(b"%d" % (2 * n + 1) for n in range(sequence.MAX_RANGES + 1)))


numbers = st.integers(1, 60)


@given(st.sets(numbers, min_size=1))
def test_what_is_written_is_read_back(members: set[int]) -> None:
    ranges = sequence.ranges_of(sorted(members))

    assert {n for low, high in ranges for n in range(low, high + 1)} == members
    assert resolved(sequence.render(ranges)) == ranges


@given(st.lists(st.tuples(numbers, numbers), max_size=8))
def test_merging_keeps_the_members(pairs: list[tuple[int, int]]) -> None:
    ordered = [(min(pair), max(pair)) for pair in pairs]
    out = sequence.merged(ordered)

    assert {n for low, high in out for n in range(low, high + 1)} == {
        n for low, high in ordered for n in range(low, high + 1)
    }
    assert all(before[1] + 1 < after[0] for before, after in itertools.pairwise(out))
