from __future__ import annotations

import pytest

from gromox.base.errors import ParseError
from gromox.convert.richtext import token as module
from gromox.convert.richtext.token import Kind, Token, looks_like_rtf, tokens


def words(rtf: bytes) -> list[Token]:
    return list(tokens(b"{\\rtf1" + rtf))[2:]


def test_all_kinds_of_tokens() -> None:
    assert words(b"\\b0 x\\'e4\\~{}\r\n\0y") == [
        (Kind.WORD, "b", 0, b""),
        (Kind.TEXT, "", None, b"x"),
        (Kind.OCTET, "", None, b"\xe4"),
        (Kind.SYMBOL, "~", None, b""),
        (Kind.OPEN, "", None, b""),
        (Kind.CLOSE, "", None, b""),
        (Kind.TEXT, "", None, b"y"),
    ]


@pytest.mark.parametrize(
    ("rtf", "expected"),
    [
        (b"\\u-10179 ", [Token(Kind.WORD, "u", -10179)]),
        (b"\\bin3 a}bc", [Token(Kind.BINARY, octets=b"a}b"), Token(Kind.TEXT, octets=b"c")]),
        (b"\\bin-3 a", [Token(Kind.BINARY), Token(Kind.TEXT, octets=b"a")]),
        (b"\\bin99 a", [Token(Kind.BINARY, octets=b"a")]),
        (b"\\\n", [Token(Kind.WORD, "par")]),
        (b"\\\t", [Token(Kind.WORD, "tab")]),
        (b"\\'zz", [Token(Kind.TEXT, octets=b"zz")]),
        (b"\\", []),
        (b"\\fs99999999999999 ", [Token(Kind.WORD, "fs", 2**31 - 1)]),
        (b"\\" + b"x" * 100, [Token(Kind.WORD, "x" * 100)]),
    ],
)
def test_edges(rtf: bytes, expected: list[Token]) -> None:
    assert words(rtf) == expected


def test_only_rtf_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert looks_like_rtf(b"\xef\xbb\xbf \r\n{\\rtf1")
    with pytest.raises(ParseError, match="begins with"):
        tokens(b"<html>")
    monkeypatch.setattr(module, "MAX_SIZE", 10)
    with pytest.raises(ParseError, match="at most 10"):
        tokens(b"{\\rtf1 hello world}")
