"""Bodies out of their encodings, and as text."""

from __future__ import annotations

import base64
import binascii
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.mime import scan
from gromox.mime.body import decode_encoding, decoded, plain_from_html, text_of


@given(st.binary(max_size=200))
def test_what_is_encoded_is_decoded(octets: bytes) -> None:
    uu = b"begin 644 x\n" + b"".join(
        binascii.b2a_uu(octets[start : start + 45]) for start in range(0, len(octets), 45)
    )

    assert decode_encoding(base64.encodebytes(octets), "base64") == octets
    assert decode_encoding(quopri.encodestring(octets, quotetabs=True), "quoted-printable") == octets
    assert decode_encoding(uu + b"`\nend\n", "x-uuencode") == octets
    assert decode_encoding(octets, "8bit") == octets


@given(st.binary(max_size=200), st.sampled_from(["base64", "quoted-printable", "x-uue", "x-nobody"]))
def test_any_octets_in_any_encoding(octets: bytes, encoding: str) -> None:
    decode_encoding(octets, encoding)


@pytest.mark.parametrize(
    ("body", "octets"),
    [
        (b"YW Jj\r\n--junk!", b"abc\x8e\xe9\xe4"),
        (b"YWI", b"ab"),
        (b"YWJjZ", b"abc"),
        (b"YQ", b"a"),
        (b"Y", b""),
        (b"", b""),
    ],
)
def test_damaged_base64(body: bytes, octets: bytes) -> None:
    assert decode_encoding(body, "base64") == octets


def test_odd_uuencoded_lines() -> None:
    line = binascii.b2a_uu(b"abc").rstrip()

    assert decode_encoding(line + b"extra\r\n" + line + b"\nend\nrest", "uuencode") == b"abcabc"
    assert decode_encoding(b"\xff\xff\xff\n" + line, "uuencode") == b"abc"
    assert decode_encoding(line + b"\n\n" + line, "uuencode") == b"abcabc"


def test_parts_are_decoded_up_to_a_limit() -> None:
    octets = b"Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: base64\n\n5OT85A==\n"
    part = scan(octets).root

    assert decoded(part, octets) == b"\xe4\xe4\xfc\xe4"
    assert decoded(part, octets, limit=4) == b"\xe4\xe4\xfc"
    assert text_of(part, octets) == "\u00e4\u00e4\u00fc\u00e4"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("", ""),
        ("a<b>c</b>d", "acd"),
        ("<p>a</p><p>b<br/>c", "a\nb\nc"),
        ("a&nbsp;&amp;&lt;b", "a &<b"),
        ("<html><head><title>t</title></head><header>h</header>x", "h\nx"),
        ("<style>p {}</style>a<SCRIPT>if (1 < 2)</ScRiPt >b", "ab"),
        ("a<script>never closed <p>", "a"),
        ("a<!-- <b> -->c<!-- open", "ac"),
        ("1 < 2 <3", "1 < 2 <3"),
        ("a<b unfinished", "a"),
        ("<!DOCTYPE html><?xml?>a", "a"),
        ("  a \r\n\r\n\t b  ", "a\nb"),
    ],
)
def test_text_of_a_page(markup: str, text: str) -> None:
    assert plain_from_html(markup) == text


@given(st.text("<>/!-&;ascript \n", max_size=60))
def test_any_markup_is_read(markup: str) -> None:
    plain_from_html(markup)


def test_line_ends_of_text_are_bare() -> None:
    octets = b"\r\na\r\nb\r\n"

    assert text_of(scan(octets).root, octets) == "a\nb\n"
    page = b"Content-Type: text/html\r\n\r\n<p>a"
    assert text_of(scan(page).root, page) == "a"
