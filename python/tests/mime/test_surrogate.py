from __future__ import annotations

import pytest

from gromox.mime.header import iter_fields
from gromox.mime.surrogate import ascii_header
from gromox.mime.words import decode_words

BLOCK = (
    b"Received: from m\xc3\xbcller.example by mx.example.test\r\n"
    b"From: J\xc3\xbcrgen M\xc3\xbcller <jm@example.test>\r\n"
    b'To: "Doe, J." <j.doe@example.test>,\r\n'
    b" \xe7\x94\xb2 <\xe7\x94\xb2@\xe4\xbe\x8b.test>, x@example.test\r\n"
    b"Cc: plain@example.test\r\n"
    b"Subject: Gr\xc3\xbc\xc3\x9fe\r\n aus K\xc3\xb6ln\r\n"
    b'Content-Type: text/plain; name="\xc3\xbc.txt"\r\n'
    b"X-Old: caf\xe9\r\n"
    b"\r\n"
)


def test_every_field_is_in_ascii_and_says_the_same() -> None:
    made = ascii_header(BLOCK)
    assert made.isascii()
    assert made.endswith(b"\r\n\r\n")
    fields = {field.name: field.value for field in iter_fields(made)}
    assert decode_words(fields[b"From"]) == "Jürgen Müller <jm@example.test>"
    assert decode_words(fields[b"Subject"]) == "Grüße aus Köln"
    assert decode_words(fields[b"X-Old"]) == "café"
    assert fields[b"Cc"] == b"plain@example.test"
    # RFC 6858 section 3.1.
    to = fields[b"To"]
    assert b'"Doe, J." <j.doe@example.test>' in to
    assert b"<invalid@internationalized-address.invalid>" in to
    assert to.endswith(b"<x@example.test>")
    assert [field.name for field in iter_fields(made)] == [field.name for field in iter_fields(BLOCK)]


def test_what_is_ascii_stays_octet_for_octet() -> None:
    block = b"Subject:  odd\r\n\tfolding \r\nno field\r\n\r\n"
    assert ascii_header(block) is block


@pytest.mark.parametrize("size", range(len(BLOCK)))
def test_every_cut(size: int) -> None:
    assert ascii_header(BLOCK[:size]).isascii()


def test_lines_that_are_no_field() -> None:
    assert ascii_header(b"\xff\xfe\r\nSubject: \xc3\xbc\r\n\r\n").startswith(b"??\r\nSubject: =?utf-8?")
