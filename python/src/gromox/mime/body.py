"""Bodies: out of their transfer encoding, and as text. Tolerant, linear, never raising."""

from __future__ import annotations

import binascii
import html
import re
from typing import TYPE_CHECKING, Final

from gromox.mime import charset
from gromox.mime.words import base64_octets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.mime.part import Part

_UU_NAMES: Final = frozenset(["x-uuencode", "uuencode", "x-uue", "uue"])
_UU_BEGIN: Final = re.compile(rb"^begin(?:-base64)? [0-7]{3,4}[^\n]*\n", re.MULTILINE)
_BLANKS: Final = re.compile(r"[ \t\r\f\v\u00a0]+")
_BLANK_LINES: Final = re.compile(r" ?\n[ \n]*")
_TAG: Final = re.compile(r"/?([A-Za-z][A-Za-z0-9]{0,15})")
_PAGES: Final = frozenset(["html", "xhtml", "xml", "richtext", "enriched"])
#: Tags whose content is never text for a reader.
_HIDDEN: Final = frozenset(["script", "style", "head", "title", "template", "noscript", "object"])
_LINE_TAG_NAMES: Final = (
    "address article aside blockquote br center dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 header "
    "hr li main nav ol p pre section table td th tr ul"
)
_LINE_TAGS: Final = frozenset(_LINE_TAG_NAMES.split())


def decoded(part: Part, octets: bytes, *, limit: int | None = None) -> bytes:
    """Return the body of a part out of its Content-Transfer-Encoding.

    Spec:
        RFC 2045 6. Junk in base64 is skipped, bad quoted-printable stays, an unknown encoding is none.

    Args:
        part: a leaf; of a multipart or message, the body as it stands.
        octets: those that were scanned.
        limit: how many encoded octets to look at; None: all.
    """
    end = part.body_end if limit is None else min(part.body_end, part.body_start + limit)
    return decode_encoding(octets[part.body_start : end], part.encoding)


def decode_encoding(body: bytes, encoding: str) -> bytes:
    """Return octets out of a transfer encoding given by its lower-case name."""
    if encoding == "base64":
        return base64_octets(body)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if encoding in _UU_NAMES:
        return _uudecoded(body)
    return body


def _uudecoded(body: bytes) -> bytes:
    begin = _UU_BEGIN.search(body)
    out: list[bytes] = []
    for line in body[begin.end() if begin else 0 :].split(b"\n"):
        text = line.rstrip(b"\r")
        if text == b"end":
            break
        try:
            out.append(binascii.a2b_uu(text) if text else b"")
        except binascii.Error:
            # Some writers pad a line with too much, others cut blanks off its end.
            length = ((text[0] - 32) & 63) * 4
            try:
                out.append(binascii.a2b_uu(text[: (length + 2) // 3 + 1]))
            except binascii.Error:
                continue
    return b"".join(out)


def text_of(part: Part, octets: bytes, *, limit: int | None = None, enough: int | None = None) -> str:
    """Return the text of a text part with LF line ends; HTML roughly without its tags.

    Meant for previews and search, not for display.

    Args:
        part: a leaf.
        octets: those that were scanned.
        limit: how many encoded octets to look at; None: all.
        enough: how many characters, without white space in front, are enough; None: all.
    """
    text = charset.decode(decoded(part, octets, limit=limit), part.charset)
    if part.media.subtype in _PAGES:
        return plain_from_html(text, enough)
    if enough is not None:
        text = text.lstrip()[: 2 * enough]  # half of it goes with the line breaks at most
    return text.replace("\r\n", "\n")


def plain_from_html(markup: str, enough: int | None = None) -> str:
    """Return roughly what a reader of the page would see. One pass, whatever is unclosed.

    Args:
        markup: a page.
        enough: how many characters are enough; None: all. A preview shows a hundredth of most pages.
    """
    if enough is None:
        return _tidied("".join(_visible(markup)))
    pieces: list[str] = []
    size, look = 0, enough
    for piece in _visible(markup):
        pieces.append(piece)
        size += len(piece)
        if size >= look:
            seen = "".join(pieces)
            cut = seen.rfind("&")  # a character reference may go on behind a tag
            text = _tidied(seen if cut < 0 else seen[:cut])
            if len(text) >= enough:
                return text
            look = 2 * size
    return _tidied("".join(pieces))


def _visible(markup: str) -> Iterator[str]:
    """Yield what stands outside of tags, and line breaks for those that make one."""
    position, size = 0, len(markup)
    while position < size:
        opening = markup.find("<", position)
        if opening < 0:
            yield markup[position:]
            break
        yield markup[position:opening]
        if markup.startswith("<!--", opening):
            end = markup.find("-->", opening + 4)
            position = size if end < 0 else end + 3
            continue
        tag = _TAG.match(markup, opening + 1)
        if tag is None and not markup.startswith(("<!", "<?"), opening):
            yield "<"  # a bare sign in the text
            position = opening + 1
            continue
        end = markup.find(">", opening)
        if end < 0:
            break  # an unfinished tag hides the rest
        position = end + 1
        if tag is None:
            continue
        name = tag[1].lower()
        if name in _LINE_TAGS:
            yield "\n"
        elif name in _HIDDEN and tag[0][0] != "/":
            position = _end_of_hidden(markup, name, position)


def _tidied(text: str) -> str:
    """Return text with its character references read and its white space collapsed."""
    text = html.unescape(_BLANKS.sub(" ", text.replace("\r\n", "\n")))
    return _BLANK_LINES.sub("\n", _BLANKS.sub(" ", text)).strip()


def _end_of_hidden(markup: str, name: str, position: int) -> int:
    """Return the offset after the end tag; without one the rest is hidden (and searched for only once)."""
    found = _HIDDEN_ENDS[name].search(markup, position)
    return found.end() if found else len(markup)


_HIDDEN_ENDS: Final = {name: re.compile(rf"</{name}\b[^>]*>?", re.IGNORECASE) for name in _HIDDEN}
