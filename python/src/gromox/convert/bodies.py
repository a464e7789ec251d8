"""Which body of a message is the one its author wrote, and the others made from it.

Spec: [MS-OXBBODY] 2.1.3 (best body), [MS-OXCMSG] 2.2.1.58 (body properties), [MS-OXRTFEX] (capsules).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from gromox.base.errors import ParseError
from gromox.convert import rtfcp
from gromox.convert.html_text import text_of_html
from gromox.convert.richtext import (
    CapsuleKind,
    Picture,
    encapsulate_html,
    encapsulate_text,
    html_of,
    open_capsule,
    read_document,
    text_of,
)
from gromox.convert.text_html import html_of_text
from gromox.convert.textcodec import UTF_8, decode_page
from gromox.mapi import tags
from gromox.mapi.message import PropertyBag
from gromox.mime import charset

_CHARSET: Final = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})", re.IGNORECASE
)
_HEAD: Final = 4096  #: octets in which a page tells its charset
_BODIES: Final = (tags.PidTagBody, tags.PidTagHtml, tags.PidTagBodyHtml, tags.PidTagRtfCompressed)


class BodyFormat(IntEnum):
    """Values of PidTagNativeBody, [MS-OXCMSG] 2.2.1.58.2."""

    UNDEFINED = 0
    TEXT = 1
    RTF = 2
    HTML = 3


@dataclass(frozen=True, slots=True)
class Bodies:
    """All three forms of one body.

    ``text`` has LF line ends; ``rtf`` is out of its compression; ``pictures`` are those inside of native RTF,
    which ``html`` shows by their Content-IDs.
    """

    native: BodyFormat
    text: str = ""
    html: str = ""
    rtf: bytes = b""
    pictures: tuple[Picture, ...] = ()


def native_format(bag: PropertyBag) -> BodyFormat:
    """Return the format of the body that counts.

    Spec:
        [MS-OXBBODY] 2.1.3.1. PidTagNativeBody decides, if that body is there. Else RTF that is in sync comes
        before the others, then HTML, then text; RTF that is not in sync only if there is nothing else.
    """
    has_text = bool(bag.text(tags.PidTagBody))
    has_html = bool(bag.typed(tags.PidTagHtml, bytes) or bag.text(tags.PidTagBodyHtml))
    has_rtf = bool(bag.typed(tags.PidTagRtfCompressed, bytes))
    present = {BodyFormat.TEXT: has_text, BodyFormat.RTF: has_rtf, BodyFormat.HTML: has_html}
    stated = bag.number(tags.PidTagNativeBody)
    if stated in (BodyFormat.TEXT, BodyFormat.RTF, BodyFormat.HTML) and present[BodyFormat(stated)]:
        return BodyFormat(stated)
    if has_rtf and (bag.number(tags.PidTagRtfInSync) or not (has_html or has_text)):
        return BodyFormat.RTF
    if has_html:
        return BodyFormat.HTML
    return BodyFormat.TEXT if has_text else BodyFormat.UNDEFINED


def html_property(bag: PropertyBag) -> str:
    """Return PidTagHtml (or PidTagBodyHtml) as text.

    PidTagInternetCodepage tells its code page, else the page itself, else its octets are looked at.
    """
    octets = bag.typed(tags.PidTagHtml, bytes)
    if not octets:
        return bag.text(tags.PidTagBodyHtml)
    page = bag.number(tags.PidTagInternetCodepage)
    if page == UTF_8 or not page:
        stated = _CHARSET.search(octets[:_HEAD])
        return charset.decode(octets, "utf-8" if page else stated[1].decode("ascii") if stated else "")
    return decode_page(octets, page)


def rtf_property(bag: PropertyBag) -> bytes:
    """Return PidTagRtfCompressed out of its compression; empty if there is none or it cannot be read."""
    octets = bag.typed(tags.PidTagRtfCompressed, bytes)
    if not octets:
        return b""
    try:
        return rtfcp.decompress(octets, verify=False)
    except ParseError:
        return b""


def bodies_of(bag: PropertyBag) -> Bodies:
    """Return all forms of the body, made from the one that counts; unreadable RTF gives way to the others."""
    native = native_format(bag)
    if native is BodyFormat.RTF:
        found = _from_rtf(rtf_property(bag))
        if found is not None:
            return found
        rest = PropertyBag(dict(bag))
        for tag in (tags.PidTagRtfCompressed, tags.PidTagNativeBody):
            rest.pop(tag, None)
        return bodies_of(rest)
    if native is BodyFormat.HTML:
        return from_html(html_property(bag))
    if native is BodyFormat.TEXT:
        return from_text(bag.text(tags.PidTagBody))
    return Bodies(native)


def from_text(text: str) -> Bodies:
    """Return all forms of a text."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return Bodies(BodyFormat.TEXT, lines, html_of_text(lines), encapsulate_text(lines))


def from_html(markup: str) -> Bodies:
    """Return all forms of a page."""
    return Bodies(BodyFormat.HTML, text_of_html(markup), markup, encapsulate_html(markup))


def _from_rtf(rtf: bytes) -> Bodies | None:
    """Return all forms of RTF, which may be a capsule; None if it cannot be read."""
    try:
        capsule = open_capsule(rtf)
        if capsule.kind is CapsuleKind.HTML:
            return Bodies(BodyFormat.HTML, text_of_html(capsule.content), capsule.content, rtf)
        if capsule.kind is CapsuleKind.TEXT:
            lines = capsule.content.replace("\r\n", "\n")
            return Bodies(BodyFormat.TEXT, lines, html_of_text(lines), rtf)
        document = read_document(rtf)
    except ParseError:
        return None
    return Bodies(BodyFormat.RTF, text_of(document), html_of(document), rtf, tuple(document.pictures))


def set_bodies(bag: PropertyBag, bodies: Bodies) -> None:
    """Put all forms into a bag, in place of those that are there: lines end with CRLF, HTML is UTF-8."""
    for tag in _BODIES:
        bag.pop(tag, None)
    bag[tags.PidTagNativeBody] = int(bodies.native)
    if bodies.native is BodyFormat.UNDEFINED:
        return
    bag[tags.PidTagBody] = bodies.text.replace("\n", "\r\n")
    bag[tags.PidTagHtml] = bodies.html.encode("utf-8", "replace")
    bag[tags.PidTagInternetCodepage] = UTF_8
    bag[tags.PidTagRtfCompressed] = rtfcp.compress(bodies.rtf)
    bag[tags.PidTagRtfInSync] = True
