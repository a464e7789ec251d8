"""Transparency of DATA: RFC 5321 4.5.2."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.lmtp.dotted import DotDecoder, encode

#: Texts made of what matters.
CONTENT = st.text("\r\n.x", max_size=60).map(str.encode)


def decode(chunks: list[bytes]) -> tuple[bytes, bytes | None]:
    """Return the mail and what follows its end."""
    decoder, mail = DotDecoder(), b""
    for number, chunk in enumerate(chunks):
        content, rest = decoder.feed(chunk)
        mail += content
        if rest is not None:
            return mail, chunk[rest:] + b"".join(chunks[number + 1 :])
    return mail, None


def cut(octets: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(octets) + 1) for place in places), len(octets)]
    return [octets[a:b] for a, b in pairwise(edges)]


@given(CONTENT, st.lists(st.integers(0, 200), max_size=8), CONTENT)
def test_what_is_stuffed_comes_back_however_it_is_cut(content: bytes, places: list[int], rest: bytes) -> None:
    expected = content if not content or content.endswith(b"\r\n") else content + b"\r\n"

    assert decode(cut(encode(content) + rest, places)) == (expected, rest)


@given(CONTENT, st.lists(st.integers(0, 200), max_size=8))
def test_the_answer_does_not_depend_on_the_cuts(octets: bytes, places: list[int]) -> None:
    assert decode(cut(octets, places))[1] == decode([octets])[1]
    if decode([octets])[1] is not None:
        assert decode(cut(octets, places)) == decode([octets])


@pytest.mark.parametrize(
    "trick",
    [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\r.\r\n", b"\r\n\x00.\r\n", b"\n\n.\r\n"],
)
def test_what_only_looks_like_an_end_is_content(trick: bytes) -> None:
    """Mails are smuggled where two systems disagree about the end."""
    content = b"Subject: x\r\n\r\ntext" + trick + b"MAIL FROM:<mallory@example.com>\r\n"
    mail, rest = decode([content + b".\r\n"])

    assert rest == b""
    assert b"MAIL FROM:<mallory@example.com>\r\n" in mail


def test_a_dot_at_the_begin_of_a_line_goes_even_alone() -> None:
    assert decode([b".x\r\n..\r\n.\r\n"]) == (b"x\r\n.\r\n", b"")


def test_the_empty_mail() -> None:
    assert decode([b".\r\n"]) == (b"", b"")
