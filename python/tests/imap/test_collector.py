"""Lines and literals, however they are cut; RFC 3501 section 4.3, RFC 7888."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.imap.collector import MAX_LINE, Collector, Continue, Event, Refused, Whole
import itertools

LIMIT = 1000


def collector() -> Collector:
    return Collector(lambda _text: LIMIT)


def events(*chunks: bytes) -> list[Event]:
    gathered = collector()
    out: list[Event] = []
    for chunk in chunks:
        gathered.feed(chunk)
        while (event := gathered.command()) is not None:
            out.append(event)
    return out


def test_lines_end_with_crlf_or_lf() -> None:
    assert events(b"a noop\r\nb noop\nc") == [Whole(b"a noop"), Whole(b"b noop")]


def test_a_synchronizing_literal_waits_for_leave() -> None:
    assert events(b"a login {2}\r\n", b"me {2}\r\n", b"pw\r\n") == [
        Continue(),
        Continue(),
        Whole(b"a login {2}\r\n {2}\r\n", (b"me", b"pw")),
    ]


def test_a_non_synchronizing_literal_does_not() -> None:
    assert events(b"a x {2+}\r\nme {0+}\r\n\r\nb noop\r\n") == [
        Whole(b"a x {2+}\r\n {0+}\r\n", (b"me", b"")),
        Whole(b"b noop"),
    ]


STREAM = (
    b"a x {3+}\r\nab\n {0}\r\n y\r\nb noop\r\nc append z {1001+}\r\n"
    + b"q" * 1001
    + b" {4+}\r\nNOOP\r\nd noop\n"
)
EXPECTED = [
    Continue(),
    Whole(b"a x {3+}\r\n {0}\r\n y", (b"ab\n", b"")),
    Whole(b"b noop"),
    Refused(b"c append z {1001+}\r\n", "the literal is too large"),
    Whole(b"d noop"),
]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_how_it_is_cut_does_not_matter(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(STREAM)]
    chunks = [STREAM[a:b] for a, b in itertools.pairwise(places)]

    assert events(*chunks) == EXPECTED


def test_octet_by_octet() -> None:
    assert events(*(STREAM[i : i + 1] for i in range(len(STREAM)))) == EXPECTED


def test_a_refused_synchronizing_literal_ends_the_command() -> None:
    assert events(b"a x {1001}\r\nb noop\r\n") == [
        Refused(b"a x {1001}\r\n", "the literal is too large"),
        Whole(b"b noop"),
    ]


def test_literals_count_together() -> None:
    assert events(b"a x {600+}\r\n" + b"q" * 600 + b" {600+}\r\n" + b"q" * 600 + b"\r\n")[0] == Refused(
        b"a x {600+}\r\n {600+}\r\n", "the literal is too large"
    )


def test_an_absurd_literal_is_not_even_skipped() -> None:
    (event,) = events(b"a x {99999999999999999999+}\r\n")

    assert isinstance(event, Refused)
    assert event.fatal


@pytest.mark.parametrize("step", [1000, 65_535, 200_000])
def test_a_long_line_is_refused_once_and_skipped(step: int) -> None:
    octets = b"a " + b"x" * (3 * MAX_LINE) + b"\r\nb noop\r\n"
    gathered = collector()
    found: list[Event] = []
    held = 0
    for at in range(0, len(octets), step):
        gathered.feed(octets[at : at + step])
        while (event := gathered.command()) is not None:
            found.append(event)
        held = max(held, gathered.pending())

    assert [type(event) for event in found] == [Refused, Whole]
    assert held <= 2 * MAX_LINE + step


def test_memory_is_bounded_by_the_limit() -> None:
    gathered = collector()
    for _ in range(1000):
        gathered.feed(b"a x {900+}\r\n" + b"q" * 899)
        gathered.command()
        assert gathered.pending() < 3000
        gathered.feed(b"q\r\n")
        assert isinstance(gathered.command(), Whole)
    gathered.feed(b"a x {900}\r\n")
    gathered.command()
    gathered.reset()

    assert gathered.pending() == 0
