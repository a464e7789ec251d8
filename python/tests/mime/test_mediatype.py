"""Content-Type and Content-Disposition; more odd forms stand in the corpus."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.mime.limits import Limits
from gromox.mime.mediatype import (
    decode_extended,
    parse_disposition,
    parse_media_type,
    parse_parameters,
    strip_comments,
)


def test_the_example_of_rfc_2231_4_1() -> None:
    media = parse_media_type(
        b" application/x-stuff\r\n title*0*=us-ascii'en'This%20is%20even%20more%20\r\n"
        b' ;title*1*=%2A%2A%2Afun%2A%2A%2A%20\r\n ;title*2="isn\'t it!"'
    )

    assert media is not None
    assert media.parameter("title") is None  # the first semicolon is missing: no piece 0, no value

    media = parse_media_type(
        b"application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20;"
        b' title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2="isn\'t it!"'
    )
    assert media is not None
    assert media.parameter("title") == "This is even more ***fun*** isn't it!"


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        (b"a/b", ()),
        (b"A/B ; C = d", ((b"c", b"d"),)),
        (b'a/b; c="d;e"; f=g', ((b"c", b"d;e"), (b"f", b"g"))),
        (b'a/b; c="\\"d\\\\"', ((b"c", b'"d\\'),)),
        (b'a/b; c="d\\', ((b"c", b"d\\"),)),
        (b"a/b; c=d; C=e", ((b"c", b"d"),)),
        (b"a/b; c (x) = (y) d (z)", ((b"c", b"d"),)),
        (b"a/b; c*0=d; c*1=e; c*3=lost", ((b"c", b"de"),)),
        (b"a/b; c*1=e", ()),
        (b"a/b; c*0*=d%20; c*1=e", ((b"c*", b"utf-8''d%20e"),)),
        (b"a/b; c*0*=iso-8859-1'de'%E4; c*1*=%F6", ((b"c*", b"utf-8'de'%C3%A4%C3%B6"),)),
        (b"a/b; c*=x'y; c=z", ((b"c*", b"x'y"), (b"c", b"z"))),
    ],
)
def test_parameters_as_bodystructure_shows_them(value: bytes, raw: tuple[tuple[bytes, bytes], ...]) -> None:
    media = parse_media_type(value)

    assert media is not None
    assert media.raw == raw


def test_extended_values_win_and_are_decoded() -> None:
    disposition = parse_disposition(b"attachment; filename=\"a.txt\"; filename*=UTF-8''%C3%A4.txt")

    assert disposition is not None
    assert disposition.type == "attachment"
    assert disposition.parameter("FileName") == "\u00e4.txt"
    assert disposition.parameter("size") is None
    assert decode_extended(b"no%20quotes") == "no quotes"
    media = parse_media_type(b'a/b; name="=?utf-8?q?=C3=A4?="')
    assert media is not None
    assert media.parameter("name") == "\u00e4"


def test_what_has_no_type_is_none() -> None:
    assert parse_media_type(b"text") is None
    assert parse_media_type(b"") is None
    assert parse_disposition(b"; filename=x") is None


def test_the_number_and_size_of_parameters_are_bounded() -> None:
    many = b"".join(b"; p%d=x" % number for number in range(1000))

    assert len(parse_parameters(many, 0)) == 100
    few = Limits(value_octets=13)
    media = parse_media_type(b"a/b; c=d; e=f; g=h", few)
    assert media is not None
    assert len(media.raw) == 2


@pytest.mark.parametrize(
    ("value", "rest"),
    [
        (b"a (b (c) d) e", b"a   e"),
        (b'"(a)" b', b'"(a)" b'),
        (b'"\\"(a)" (b)', b'"\\"(a)"  '),
        (b"a (b \\) c", b"a "),
        (b"a ) b", b"a ) b"),
        (b'(") a', b"  a"),
    ],
)
def test_comments_go(value: bytes, rest: bytes) -> None:
    assert strip_comments(value) == rest


@given(st.text("ab;=*01'\"\\ ()/%\r\n\u00e9", max_size=60))
def test_any_text_is_read(text: str) -> None:
    media = parse_media_type(b"a/b" + text.encode())
    parse_disposition(text.encode())

    assert media is not None
    for name, _ in media.raw:
        media.parameter(name.rstrip(b"*").decode("latin-1"))
