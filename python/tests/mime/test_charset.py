"""Charsets by all their names."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.mime import charset

NAMES = sorted(charset._TABLE)


@pytest.mark.parametrize(
    ("name", "octets", "text"),
    [
        ("utf-8", "\u00e4".encode(), "\u00e4"),
        ("UTF8", "\u00e4".encode(), "\u00e4"),
        ("us-ascii", b"a", "a"),
        ("us-ascii", "\u00e4".encode(), "\u00e4"),
        ("iso-8859-1", b"\x80\xe4", "\u20ac\u00e4"),  # windows-1252 in truth
        ("ISO_8859-15", b"\xa4", "\u20ac"),
        ("windows-1251", b"\xe6", "\u0436"),
        ("cp-1251", b"\xe6", "\u0436"),
        ("koi8-r", b"\xc1", "\u0430"),
        ("gb2312", "\u4e02".encode("gbk"), "\u4e02"),
        ("ks_c_5601-1987", "\ub620".encode("cp949"), "\ub620"),
        ("x-sjis", "\u2460".encode("cp932"), "\u2460"),
        ("iso-2022-jp", "\u65e5\u672c".encode("iso2022_jp"), "\u65e5\u672c"),
        ("iso-2022-jp", b"\x1b(I1\x1b(B", "\uff71"),
        ("big5", "\u4e2d".encode("big5"), "\u4e2d"),
        ("unicode-1-1-utf-7", b"Hi Mom -+Jjo--!", "Hi Mom -\u263a-!"),
        ("utf-7", b"+2AA-a+2D3eAA-", "\ufffda\U0001f600"),
        ("x-mac-roman", b"\x8a", "\u00e4"),
        ("x-mac-cyrillic", b"\x80", "\u0410"),
        ("iso-8859-8-i", b"\xe0", "\u05d0"),
        ("tis-620", b"\xa1", "\u0e01"),
        ("utf-16", b"\xff\xfea\x00", "a"),
        ("ibm037", b"\x81", "a"),
        ("hz-gb-2312", b"~{<:Ky~}", "\u5df1\u6240"),
        ("rot13", b"abc", "abc"),
        ("unicode_escape", b"\\u0041", "\\u0041"),
        ("", b"\xfc", "\u00fc"),
        ("utf-8", b"Gr\xfc\xdfe", "Gr\u00fc\u00dfe"),
        (
            "utf-8",
            "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4".encode() + b"\xff",
            "\u00e4" * 8 + "\ufffd",
        ),
    ],
)
def test_names_of_charsets(name: str, octets: bytes, text: str) -> None:
    assert charset.decode(octets, name) == text


@pytest.mark.parametrize("name", NAMES)
def test_every_name_has_a_codec_that_never_raises(name: str) -> None:
    assert codecs.lookup(charset._TABLE[name])
    for octets in (b"", b"\xff\x00\x80", b"\x1b$B\xff", bytes(range(256)), b"+\xff~{\x80"):
        charset.decode(octets, name).encode("utf-8")


@given(st.binary(max_size=100), st.one_of(st.text(max_size=20), st.sampled_from(NAMES)))
def test_any_octets_in_any_charset_are_text(octets: bytes, name: str) -> None:
    charset.decode(octets, name).encode("utf-8")


def test_a_script_of_its_own_is_guessed() -> None:
    text = (
        "\u0421\u044a\u0435\u0448\u044c \u0436\u0435 \u0435\u0449\u0451 \u044d\u0442\u0438\u0445 "
        "\u043c\u044f\u0433\u043a\u0438\u0445 \u0431\u0443\u043b\u043e\u043a. " * 5
    )

    assert charset.guess(text.encode("koi8-r")) == text


def test_a_hopeless_guess_is_western() -> None:
    assert len(charset.guess(bytes(range(128, 256)) * 2)) > 0
