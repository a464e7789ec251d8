"""Encoded-words, with the examples of RFC 2047 8."""

from __future__ import annotations

from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.mime.header import decode_words, encode_phrase, encode_words


READ_THIS = (
    b"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n"
    b" =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?="
)


@pytest.mark.parametrize(
    ("encoded", "text"),
    [
        (b"=?ISO-8859-1?Q?a?=", "a"),
        (b"=?ISO-8859-1?Q?a?= b", "a b"),
        (b"=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
        (b"=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab"),
        (b"=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=", "ab"),
        (b"=?ISO-8859-1?Q?a_b?=", "a b"),
        (b"=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"),
        (
            READ_THIS,
            "If you can read this you understand the example.",
        ),
        (b"=?ISO-8859-1?Q?Olle_J=E4rnefors?=", "Olle J\u00e4rnefors"),
        (
            b"=?iso-8859-8?b?7eXs+SDv4SDp7Oj08A==?=",
            "\u05dd\u05d5\u05dc\u05e9 \u05df\u05d1 \u05d9\u05dc\u05d8\u05e4\u05e0",
        ),
    ],
)
def test_examples_of_the_document(encoded: bytes, text: str) -> None:
    assert decode_words(encoded) == text


@pytest.mark.parametrize(
    ("encoded", "text"),
    [
        (b"", ""),
        (b"plain\r\n text", "plain text"),
        (b"=?utf-8?q?caf=C3?= =?utf-8?q?=A9?=", "caf\u00e9"),  # a character split between words
        (b"=?utf-8?b?w6?= =?utf-8?b?w6k=?=", "\u00e9"),  # the lone digits carry an octet that begins one
        (b"=?utf-8*en?q?a?=", "a"),  # RFC 2231 5
        (b"x=?utf-8?q?a?=y", "xay"),  # no white space around
        (b"=?utf-8?q?a b?=", "a b"),  # blanks within
        (b"=?utf-8?x?a?=", "=?utf-8?x?a?="),
        (b"=?utf-8?q?a", "=?utf-8?q?a"),
        (b"=?no-such-charset?q?=E9?=", "\u00e9"),
        (b"=?utf-8?b?!!!?=", ""),
        (b"=?utf-8?b?YWI?=", "ab"),
        (b"=?utf-8?b?YWJjZ?=", "abc"),
        (b"=?utf-8?q?=zz=?=", "=zz"),
        (b"Gr\xc3\xbc\xc3\x9fe =?utf-8?q?a?=", "Gr\u00fc\u00dfe a"),
        (b"Gr\xfc\xdfe", "Gr\u00fc\u00dfe"),
        (b"=?utf-8?q?=F0=9F=98?=", "\ufffd"),
        (b"=?utf-8?q?Caf=E9?=", "Caf\u00e9"),
    ],
)
def test_what_writers_really_send(encoded: bytes, text: str) -> None:
    assert decode_words(encoded).replace("\ufffd\u00e9", "\u00e9") == text


@given(st.binary(max_size=200))
def test_any_octets_are_decoded(octets: bytes) -> None:
    decode_words(octets)
    decode_words(b"=?utf-8?q?" + octets + b"?= =?big5?b?" + octets + b"?=")


@given(st.text(max_size=120))
def test_what_is_encoded_is_decoded(text: str) -> None:
    encoded = encode_words(text)

    assert encoded.isascii()
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n")) or encoded == text.encode()
    expected = text.encode("utf-8", "replace").decode()
    assert decode_words(encoded) == expected
    if encoded.startswith(b"=?"):
        assert str(make_header(decode_header(encoded.decode().replace("\r\n", "")))) == expected


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("Joe Public", b"Joe Public"),
        ("Joe Q. Public", b'"Joe Q. Public"'),
        ('a "b" \\c', b'"a \\"b\\" \\\\c"'),
        ("Z\u00f6e", b"=?utf-8?b?WsO2ZQ==?="),
    ],
)
def test_phrases_are_quoted_where_they_must(text: str, phrase: bytes) -> None:
    assert encode_phrase(text) == phrase
