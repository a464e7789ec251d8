"""Code pages by number: from octets to text and back, never raising.

Windows and MAPI name code pages by number, mail by text; the codecs are those of :mod:`gromox.mime.charset`.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from gromox.mime.charset import codec_of

WINDOWS_1252: Final = 1252
UTF_8: Final = 65001
UTF_16: Final = 1200

#: Numbers whose codec does not follow from the number itself; superset codecs as mail means them.
_CODECS: Final[dict[int, str]] = {
    0: "cp1252",
    1: "cp850",
    2: "mac-roman",
    3: "cp1252",
    42: "latin-1",
    708: "iso8859-6",
    936: "gb18030",
    1200: "utf-16-le",
    1201: "utf-16-be",
    1361: "johab",
    10000: "mac-roman",
    10001: "cp932",
    10002: "cp950",
    10003: "cp949",
    10004: "mac-arabic",
    10005: "iso8859-8",
    10006: "mac-greek",
    10007: "mac-cyrillic",
    10008: "gb18030",
    10010: "mac-romanian",
    10017: "mac-cyrillic",
    10021: "cp874",
    10029: "mac-latin2",
    10079: "mac-iceland",
    10081: "mac-turkish",
    10082: "mac-croatian",
    12000: "utf-32-le",
    12001: "utf-32-be",
    20127: "cp1252",
    20866: "koi8-r",
    20932: "euc_jp",
    20936: "gb18030",
    20949: "cp949",
    21866: "koi8-u",
    28591: "cp1252",
    28598: "iso8859-8",
    38598: "iso8859-8",
    28599: "cp1254",
    28601: "cp874",
    28603: "iso8859-13",
    28605: "iso8859-15",
    50220: "iso2022_jp_ext",
    50221: "iso2022_jp_ext",
    50222: "iso2022_jp_ext",
    50225: "iso2022_kr",
    50227: "gb18030",
    51932: "euc_jp",
    51936: "gb18030",
    51949: "cp949",
    51950: "cp950",
    52936: "hz",
    54936: "gb18030",
    65000: "utf-7",
    65001: "utf-8",
}
_ISO_8859: Final = range(28592, 28598)


@cache
def codec_of_page(page: int) -> str:
    """Return the Python codec of a code page; windows-1252 for one that nobody knows."""
    if page in _CODECS:
        return _CODECS[page]
    if page in _ISO_8859:
        return f"iso8859-{page - _ISO_8859.start + 2}"
    return codec_of(f"cp{page}") or "cp1252"


def decode_page(octets: bytes, page: int) -> str:
    """Return the text of octets in a code page; what cannot be decoded becomes U+FFFD.

    The five octets that windows-1252 leaves open are taken as the C1 controls of the same number, as
    Windows does.
    """
    codec = codec_of_page(page)
    if codec == "cp1252":
        try:
            return octets.decode("cp1252")
        except UnicodeDecodeError:
            return octets.decode("latin-1").translate(_C1_AS_1252)
    text = octets.decode(codec, "replace")
    if codec == "utf-7":
        # The only codec here that lets halves of surrogate pairs through.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def encode_page(text: str, page: int) -> bytes:
    """Return text in a code page; what the page lacks becomes a question mark."""
    return text.encode(codec_of_page(page), "replace")


def _c1_as_1252() -> dict[int, str]:
    table: dict[int, str] = {}
    for octet in range(0x80, 0xA0):
        text = bytes((octet,)).decode("cp1252", "ignore")
        if text:
            table[octet] = text
    return table


_C1_AS_1252: Final = _c1_as_1252()
