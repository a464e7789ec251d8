"""Multi-line answers: RFC 1939 section 3 (byte-stuffing) and TOP."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gromox.pop3.stuffing import DotEncoder, top, whole

CONTENT = st.text("\r\n.x", max_size=60).map(str.encode)


def cut(octets: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(octets) + 1) for place in places), len(octets)]
    return [octets[a:b] for a, b in pairwise(edges)]


def unstuffed(answer: bytes) -> bytes:
    """Read an answer as a client does."""
    lines = answer.split(b"\r\n")
    assert lines[-2:] == [b".", b""]
    assert b"." not in lines[:-2]
    return b"\r\n".join(line.removeprefix(b".") for line in lines[:-2]) + b"\r\n"


def as_lines(content: bytes) -> bytes:
    """Return what a client has to see: all line ends are CR LF, and there is one at the end."""
    text = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return text if text.endswith(b"\r\n") else text.removesuffix(b"\r") + b"\r\n"


@given(CONTENT.filter(bool))
def test_a_client_reads_what_is_there(content: bytes) -> None:
    assert unstuffed(whole(b"", content)) == as_lines(content)


@given(CONTENT, st.lists(st.integers(0, 100), max_size=8))
def test_the_answer_does_not_depend_on_the_cuts(content: bytes, places: list[int]) -> None:
    encoder = DotEncoder()
    answer = b"".join(map(encoder.feed, cut(content, places))) + encoder.finish()

    assert answer == whole(b"", content)


def test_the_empty_mail() -> None:
    assert whole(b"", b"") == b".\r\n"


@given(st.integers(0, 5), st.lists(st.integers(0, 100), max_size=5), st.sampled_from([b"\r\n", b"\n"]))
def test_top_is_the_header_and_some_lines(lines: int, places: list[int], end: bytes) -> None:
    mail = end.join([b"Subject: x", b"To: y", b"", b"one", b".two", b"three", b""])
    expected = end.join([b"Subject: x", b"To: y", b"", *[b"one", b".two", b"three"][:lines], b""])

    assert b"".join(top(cut(mail, places), lines)) == expected


@given(CONTENT, st.lists(st.integers(0, 100), max_size=5))
def test_top_of_anything_is_its_beginning(content: bytes, places: list[int]) -> None:
    assert content.startswith(b"".join(top(cut(content, places), 2)))
