"""Header blocks and subsets of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.mime.header import Field, iter_fields, select_fields, unfold

BLOCK = (
    b"From mbox Thu Jan  1\r\n"
    b"From: a@example.org\r\n"
    b"Subject: one\r\n two\r\n\tthree\r\n"
    b"TO : b@example.org\r\n"
    b"no colon here\r\n"
    b"X-Empty:\r\n"
    b"subject: again\r\n"
    b"\r\n"
)


def test_fields_are_unfolded_and_keep_their_places() -> None:
    fields = list(iter_fields(BLOCK))

    assert [(field.name, field.value) for field in fields] == [
        (b"From", b"a@example.org"),
        (b"Subject", b"one two\tthree"),
        (b"TO", b"b@example.org"),
        (b"X-Empty", b""),
        (b"subject", b"again"),
    ]
    assert BLOCK[fields[1].start : fields[1].end] == b"Subject: one\r\n two\r\n\tthree\r\n"


def test_bare_line_feeds_and_a_missing_end() -> None:
    assert list(iter_fields(b"A: 1\n 2\nB: 3")) == [Field(b"A", b"1 2", 0, 8), Field(b"B", b"3", 8, 12)]
    assert list(iter_fields(b"")) == []
    assert list(iter_fields(b" continues: nothing\n x\n")) == [Field(b"continues", b"nothing x", 0, 23)]
    assert list(iter_fields(b"folded\n name: x\n")) == []


def test_unfolding_takes_line_breaks_only() -> None:
    assert unfold(b" a \r\n  b\r\n") == b"a   b"


def test_a_selection_is_octet_for_octet_and_ends_with_the_blank_line() -> None:
    assert select_fields(BLOCK, [b"SUBJECT", b"to"]) == (
        b"Subject: one\r\n two\r\n\tthree\r\nTO : b@example.org\r\nsubject: again\r\n\r\n"
    )
    assert select_fields(BLOCK, [b"absent"]) == b"\r\n"
    assert select_fields(BLOCK, [b"subject", b"to", b"from"], invert=True) == (
        b"From mbox Thu Jan  1\r\nno colon here\r\nX-Empty:\r\n\r\n"
    )
    assert select_fields(BLOCK, [], invert=True) == BLOCK


@pytest.mark.parametrize(
    ("block", "selected", "others"),
    [
        (b"", b"", b""),
        (b"\r\n", b"\r\n", b"\r\n"),
        (b"\n", b"\n", b"\n"),
        (b"A: 1\n\n", b"A: 1\n\n", b"\n"),
        (b"A: 1\r\n", b"A: 1\r\n", b""),
        (b"A: 1", b"A: 1", b""),
        (b"A: 1\nB: 2", b"A: 1\n", b"B: 2"),
        (b"B: 2\nA: 1", b"A: 1", b"B: 2\n"),
        (b"B: 2\r\nA: 1\r\n\r\n", b"A: 1\r\n\r\n", b"B: 2\r\n\r\n"),
    ],
)
def test_blocks_without_their_end(block: bytes, selected: bytes, others: bytes) -> None:
    assert select_fields(block, [b"a"]) == selected
    assert select_fields(block, [b"a"], invert=True) == others


@given(
    st.lists(st.sampled_from([b"A: 1\r\n", b"b : 2\n", b"junk\n", b"A: x\r\n y\r\n", b"C:\n"]), max_size=8)
)
def test_a_large_block_is_selected_like_a_small_one(lines: list[bytes]) -> None:
    small = b"".join(lines) + b"\r\n"
    filler = b"X-Filler: " + b"x" * (1 << 20) + b"\n"

    assert select_fields(filler + small, [b"a", b"c"]) == select_fields(small, [b"a", b"c"])
    assert select_fields(filler + small, [b"a"], invert=True) == filler + select_fields(
        small, [b"a"], invert=True
    )
