"""Charsets of mail: any name, any octets, always text.

Names are looked up in a table of our own, never in the registry of codecs: some of those transform, run long
on hostile input or raise at use.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

#: Octets that the guess looks at. It reads what no sender declared; a few lines decide as well as all.
_SAMPLE: Final = 4096
#: Below this, statistics say nothing.
_SAMPLE_LEAST: Final = 48
_ASCII: Final = bytes(range(128))
#: The beginning of a UTF-8 character that lacks its end.
_CUT: Final = re.compile(rb"[\xe0-\xf4][\x80-\xbf]{1,2}\Z")
_NOT_ALNUM: Final = re.compile(r"[^a-z0-9]")

#: Key: the name in lower case without anything but letters and digits. Supersets stand for their subsets
#: (windows-1252 for ISO 8859-1, GB 18030 for GB 2312, code page 949 for KS C 5601), as senders mean them.
_CODECS: Final[dict[str, str]] = {
    "utf8": "utf-8",
    "utf": "utf-8",
    "unicode11utf8": "utf-8",
    "xunicode20utf8": "utf-8",
    "utf7": "utf-7",
    "unicode11utf7": "utf-7",
    "unicode20utf7": "utf-7",
    "xunicode20utf7": "utf-7",
    "csunicode11utf7": "utf-7",
    "utf16": "utf-16",
    "utf16le": "utf-16-le",
    "utf16be": "utf-16-be",
    "unicode": "utf-16",
    "ucs2": "utf-16",
    "iso10646ucs2": "utf-16",
    "utf32": "utf-32",
    "utf32le": "utf-32-le",
    "utf32be": "utf-32-be",
    "latin1": "cp1252",
    "l1": "cp1252",
    "iso88591": "cp1252",
    "iso885911987": "cp1252",
    "cp819": "cp1252",
    "ansi": "cp1252",
    "xansi": "cp1252",
    "iso88598i": "iso8859-8",
    "iso88598e": "iso8859-8",
    "iso88596i": "iso8859-6",
    "iso88596e": "iso8859-6",
    "latin2": "iso8859-2",
    "latin3": "iso8859-3",
    "latin4": "iso8859-4",
    "latin5": "cp1254",
    "iso88599": "cp1254",
    "latin6": "iso8859-10",
    "latin9": "iso8859-15",
    "cyrillic": "iso8859-5",
    "greek": "iso8859-7",
    "hebrew": "iso8859-8",
    "arabic": "iso8859-6",
    "iso885911": "cp874",
    "tis620": "cp874",
    "windows874": "cp874",
    "dos874": "cp874",
    "koi8": "koi8-r",
    "koi8r": "koi8-r",
    "cskoi8r": "koi8-r",
    "koi8u": "koi8-u",
    "koi8ru": "koi8-u",
    "koi8t": "koi8-t",
    "gb2312": "gb18030",
    "gb231280": "gb18030",
    "csgb2312": "gb18030",
    "xgb2312": "gb18030",
    "eucgb2312cn": "gb18030",
    "euccn": "gb18030",
    "xeuccn": "gb18030",
    "chinese": "gb18030",
    "gbk": "gb18030",
    "xgbk": "gb18030",
    "cp936": "gb18030",
    "windows936": "gb18030",
    "gb18030": "gb18030",
    "hz": "hz",
    "hzgb2312": "hz",
    "iso2022cn": "gb18030",
    "big5": "cp950",
    "csbig5": "cp950",
    "xxbig5": "cp950",
    "cnbig5": "cp950",
    "big5hkscs": "big5hkscs",
    "xbig5": "cp950",
    "euctw": "cp950",
    "shiftjis": "cp932",
    "sjis": "cp932",
    "xsjis": "cp932",
    "mskanji": "cp932",
    "csshiftjis": "cp932",
    "windows31j": "cp932",
    "xmscp932": "cp932",
    "shiftjis2004": "shift_jis_2004",
    "eucjp": "euc_jp",
    "xeucjp": "euc_jp",
    "xeuc": "euc_jp",
    "ujis": "euc_jp",
    "cseucpkdfmtjapanese": "euc_jp",
    "iso2022jp": "iso2022_jp_ext",
    "csiso2022jp": "iso2022_jp_ext",
    "iso2022jp1": "iso2022_jp_1",
    "iso2022jp2": "iso2022_jp_2",
    "iso2022jp3": "iso2022_jp_3",
    "iso2022jp2004": "iso2022_jp_2004",
    "iso2022jpms": "iso2022_jp_ext",
    "jis": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "cp50222": "iso2022_jp_ext",
    "xwindowsiso2022jp": "iso2022_jp_ext",
    "ksc5601": "cp949",
    "ksc56011987": "cp949",
    "ksc56011989": "cp949",
    "ksc5601992": "cp949",
    "csksc56011987": "cp949",
    "isoir149": "cp949",
    "korean": "cp949",
    "euckr": "cp949",
    "cseuckr": "cp949",
    "xeuckr": "cp949",
    "uhc": "cp949",
    "xwindows949": "cp949",
    "iso2022kr": "iso2022_kr",
    "csiso2022kr": "iso2022_kr",
    "johab": "johab",
    "macintosh": "mac-roman",
    "mac": "mac-roman",
    "xmac": "mac-roman",
    "csmacintosh": "mac-roman",
    "xmacroman": "mac-roman",
    "macroman": "mac-roman",
    "xmaccyrillic": "mac-cyrillic",
    "xmacukrainian": "mac-cyrillic",
    "xmacgreek": "mac-greek",
    "xmacturkish": "mac-turkish",
    "xmaciceland": "mac-iceland",
    "xmacce": "mac-latin2",
    "xmaccentraleurroman": "mac-latin2",
    "xmacjapanese": "cp932",
    "xmackorean": "cp949",
    "xmacchinesesimp": "gb18030",
    "xmacchinesetrad": "cp950",
    "viscii": "cp1258",
    "hproman8": "hp-roman8",
    "ptcp154": "ptcp154",
    "kz1048": "kz1048",
}
_EBCDIC: Final = ("037", "273", "424", "500", "1026", "1140")
#: Pages that have the same number in Windows, IBM and Python names.
_PAGES: Final = (
    "037 273 424 437 500 720 737 775 850 852 855 857 858 860 861 862 863 864 865 866 869 874 875 932 949 950 "
    "1006 1026 1125 1140 1250 1251 1252 1253 1254 1255 1256 1257 1258"
)
#: Codecs in which ASCII octets need not be ASCII text.
_NOT_ASCII: Final = ("utf-7", "utf-16", "utf-32", "hz", "iso2022", *("cp" + page for page in _EBCDIC))


def _table() -> dict[str, str]:
    table = {f"iso8859{number}": f"iso8859-{number}" for number in (*range(2, 11), *range(13, 17))}
    for page in _PAGES.split():
        for prefix in ("cp", "windows", "xcp", "ibm", "xwindows", "win", "dos", "ms"):
            table[prefix + page] = "cp" + page
    # The table by hand knows better where both name one.
    return table | _CODECS


_TABLE: Final = _table()


def codec_of(name: str) -> str | None:
    """Return the Python codec for a charset name of mail, or None if there is none or it says nothing."""
    return _codec_of(name[:64])


# Mail uses a handful of names.
@lru_cache(maxsize=128)
def _codec_of(name: str) -> str | None:
    return _TABLE.get(_NOT_ALNUM.sub("", name.lower()))


def decode(octets: bytes, name: str) -> str:
    """Return the text of these octets; what cannot be decoded becomes U+FFFD.

    Args:
        octets: any octets.
        name: the charset as a message gives it; an unknown or silent one is guessed.
    """
    codec = codec_of(name)
    if octets.isascii() and (codec is None or not codec.startswith(_NOT_ASCII)):
        return octets.decode("ascii")
    if codec is None:
        return guess(octets)
    text = octets.decode(codec, "replace")
    if codec == "utf-7":
        # The only codec of the table that lets halves of surrogate pairs through.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if codec == "utf-8" and "\ufffd" in text[:_SAMPLE]:
        # Text of an older program with the wrong label, unless most of it is UTF-8 all the same or it was
        # only cut off within its last character.
        sample = text[:_SAMPLE]
        is_cut = text.find("\ufffd") == len(text) - 1 and _CUT.search(octets[-3:]) is not None
        if sample.count("\ufffd") * 2 > sum(map(_is_high, sample)) and not is_cut:
            return guess(octets)
    return text


def _is_high(character: str) -> bool:
    return character > "\x7f"


def guess(octets: bytes) -> str:
    """Return the text of octets whose charset nobody told: UTF-8, else the likeliest, else windows-1252."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        pass
    sample = octets[:_SAMPLE]
    # Few octets beyond ASCII: a western language. Statistics are for the scripts that have little else.
    if len(sample) >= _SAMPLE_LEAST and len(sample.translate(None, _ASCII)) * 4 >= len(sample):
        # Costs 50 ms and some megabytes to load; few messages need it.
        from charset_normalizer import from_bytes  # noqa: PLC0415

        best = from_bytes(sample, steps=4, chunk_size=512).best()
        codec = codec_of(best.encoding) if best is not None else None
        if codec is not None and codec not in ("utf-8", "utf-16", "utf-32", "utf-7"):
            return octets.decode(codec, "replace")
    return octets.decode("cp1252", "replace")
