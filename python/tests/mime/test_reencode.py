"""Binary parts in base64, the rest as it stands."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from gromox.mime import scan
from gromox.mime.body import decoded
from gromox.mime.reencode import without_binary

BINARY = b"\x00\x01\xff\r\nx\x00"
MESSAGE = (
    b"Subject: s\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    b"preamble\r\n--b\r\nContent-Type: image/x\r\ncontent-transfer-encoding:\r\n binary\r\nX-Other: y\r\n\r\n"
    + BINARY
    + b"\r\n--b\r\n\r\nplain\r\n--b\r\n"
    b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\na\x00b\r\n--b--\r\n"
)


def test_what_has_no_nul_is_the_same_object() -> None:
    octets = b"Content-Transfer-Encoding: binary\r\n\r\n\xff\r\n"

    assert without_binary(octets) is octets


def test_parts_are_encoded_and_everything_else_stays() -> None:
    text = without_binary(MESSAGE)

    assert text is not None
    first, second, third = scan(text).root.children
    assert decoded(first, text) == BINARY
    assert text[first.header_start : first.body_start] == (
        b"Content-Type: image/x\r\nContent-Transfer-Encoding: base64\r\nX-Other: y\r\n\r\n"
    )
    assert text[second.body_start : second.body_end] == b"plain"
    assert third.encoding == "8bit"
    assert third.message is not None
    assert decoded(third.message, text) == b"a\x00b"
    assert b"preamble\r\n--b\r\n" in text
    assert b"\0" not in text


def test_nul_elsewhere_is_refused() -> None:
    assert without_binary(b"Subject: \x00\r\n\r\nx\r\n") is None
    assert without_binary(b"Content-Transfer-Encoding: base64\r\n\r\nAA\x00A\r\n") is None
    assert without_binary(MESSAGE.replace(b"preamble", b"pre\x00")) is None


@given(st.binary(max_size=300))
def test_nothing_is_lost(body: bytes) -> None:
    octets = b"Content-Type: application/x\r\n\r\n" + body + b"\0"

    text = without_binary(octets)

    assert text is not None
    root = scan(text).root
    assert base64.b64decode(text[root.body_start :]) == body + b"\0"


@given(st.binary(max_size=400))
def test_whatever_comes_in_nothing_is_raised(octets: bytes) -> None:
    text = without_binary(octets)

    assert text is None or b"\0" not in text
