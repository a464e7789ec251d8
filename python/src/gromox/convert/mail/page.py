"""Charsets of mail and code pages of MAPI."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from gromox.mime import charset

UTF_8: Final = 65001
US_ASCII: Final = 20127


class Page(NamedTuple):
    """A code page that texts are stored and sent in."""

    number: int
    name: str  #: as Content-Type says it
    codec: str  #: strict: what it refuses is not in the charset


#: Pages that are written; all other texts go as UTF-8. Their codecs must read back with charset.decode what
#: they write.
_PAGES: Final = (
    Page(UTF_8, "utf-8", "utf-8"),
    Page(US_ASCII, "us-ascii", "ascii"),
    Page(28591, "iso-8859-1", "latin-1"),
    Page(28592, "iso-8859-2", "iso8859-2"),
    Page(28593, "iso-8859-3", "iso8859-3"),
    Page(28594, "iso-8859-4", "iso8859-4"),
    Page(28595, "iso-8859-5", "iso8859-5"),
    Page(28596, "iso-8859-6", "iso8859-6"),
    Page(28597, "iso-8859-7", "iso8859-7"),
    Page(28598, "iso-8859-8", "iso8859-8"),
    Page(28603, "iso-8859-13", "iso8859-13"),
    Page(28605, "iso-8859-15", "iso8859-15"),
    Page(1250, "windows-1250", "cp1250"),
    Page(1251, "windows-1251", "cp1251"),
    Page(1252, "windows-1252", "cp1252"),
    Page(1253, "windows-1253", "cp1253"),
    Page(1254, "windows-1254", "cp1254"),
    Page(1255, "windows-1255", "cp1255"),
    Page(1256, "windows-1256", "cp1256"),
    Page(1257, "windows-1257", "cp1257"),
    Page(1258, "windows-1258", "cp1258"),
    Page(874, "windows-874", "cp874"),
    Page(866, "cp866", "cp866"),
    Page(20866, "koi8-r", "koi8-r"),
    Page(21866, "koi8-u", "koi8-u"),
    Page(932, "shift_jis", "cp932"),
    Page(51932, "euc-jp", "euc_jp"),
    Page(936, "gb2312", "gb18030"),
    Page(54936, "gb18030", "gb18030"),
    Page(949, "ks_c_5601-1987", "cp949"),
    Page(950, "big5", "cp950"),
)
_BY_NUMBER: Final = {page.number: page for page in _PAGES}
#: The spelling of a page counts more than its codec: gb2312 and gb18030 share one.
_BY_NAME: Final = {page.name: page for page in _PAGES}
_BY_CODEC: Final = {page.codec: page for page in reversed(_PAGES)} | {"iso8859-9": _BY_NUMBER[1254]}
_META: Final = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_HEAD: Final = 4096
_HIGH_CONTROLS: Final = re.compile(rb"[\x80-\x9f]")


def page_of_number(number: int) -> Page:
    """Return the page to write for a PidTagInternetCodepage; UTF-8 for all that is not written."""
    return _BY_NUMBER.get(number, _PAGES[0])


@lru_cache(maxsize=256)
def page_of_name(name: str) -> Page | None:
    """Return the page a charset name stands for, if texts are kept in it."""
    lower = name.strip().lower()
    if lower in _BY_NAME:
        return _BY_NAME[lower]
    codec = charset.codec_of(lower)
    if codec is None:
        return _BY_NUMBER[US_ASCII] if lower in ("ascii", "ansi_x3.4-1968", "646", "us") else None
    return _BY_CODEC.get(codec)


class Text(NamedTuple):
    """A text and the page its octets are in."""

    text: str
    octets: bytes
    page: Page


def read_text(octets: bytes, name: str, *, is_html: bool = False) -> Text:
    """Return octets of a text part as text, and in a page that PidTagInternetCodepage can name.

    The octets stay as they are if their charset is what the part says; else they become UTF-8.
    """
    page = page_of_name(name) if name else None
    if octets.isascii():
        if page is not None:
            return Text(octets.decode("ascii"), octets, page)
        if not name or charset.codec_of(name) is None:
            return Text(octets.decode("ascii"), octets, _BY_NUMBER[US_ASCII])
    if page is not None and page.number == US_ASCII:
        name, page = "", None  # it lies
    if page is None and is_html and not name:
        stated = _META.search(octets[:_HEAD])
        if stated is not None:
            name = stated[1].decode("ascii")
            page = page_of_name(name)
    if page is not None:
        if page.number == 28591 and _HIGH_CONTROLS.search(octets):  # noqa: PLR2004 - it means windows-1252
            page = _BY_NUMBER[1252]
        try:
            return Text(octets.decode(page.codec), octets, page)
        except UnicodeDecodeError:
            pass
    text = charset.decode(octets, name)
    return Text(text, text.encode("utf-8", "replace"), _PAGES[0])


def encode(text: str, page: Page) -> tuple[bytes, Page]:
    """Return a text in a page, or in UTF-8 if the page lacks some of it."""
    try:
        octets = text.encode(page.codec)
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace"), _PAGES[0]
    return octets, page
