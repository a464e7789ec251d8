from __future__ import annotations

import pytest

from gromox.convert.textcodec import codec_of_page, decode_page, encode_page


@pytest.mark.parametrize(
    ("page", "octets", "text"),
    [
        (1252, b"\x80\xe4", "\u20acä"),
        (1252, b"\x81\x80", "\x81\u20ac"),
        (0, b"\xe4", "ä"),
        (932, b"\x93\xfa", "\u65e5"),
        (936, b"\xc4\xe3", "\u4f60"),
        (949, b"\xb0\xa1", "\uac00"),
        (950, b"\xa4\xa4", "\u4e2d"),
        (1251, b"\xcf", "\u041f"),
        (1255, b"\xe0", "\u05d0"),
        (874, b"\xa1", "\u0e01"),
        (65001, b"\xc3\xa4\xff", "ä\ufffd"),
        (65000, b"+2D0-", "\ufffd"),
        (1200, b"a\0", "a"),
        (28592, b"\xb1", "\u0105"),
        (28597, b"\xe1", "\u03b1"),
        (437, b"\x84", "ä"),
        (99999, b"\xe4", "ä"),
    ],
)
def test_octets_are_decoded(page: int, octets: bytes, text: str) -> None:
    assert decode_page(octets, page) == text


def test_what_a_page_lacks_becomes_a_question_mark() -> None:
    assert encode_page("ä\u65e5", 1252) == b"\xe4?"
    assert codec_of_page(50220) == "iso2022_jp_ext"
