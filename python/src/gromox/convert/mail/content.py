"""What of a mail is its body, and what is attached.

Spec: [MS-OXCMAIL] 2.2.3.3 (body), 2.2.3.4 (attachments), RFC 2046 5.1, RFC 2387 3.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.convert.html_text import text_of_html
from gromox.convert.mail.page import UTF_8, Text, page_of_number, read_text
from gromox.convert.text_html import html_of_text
from gromox.mime.body import decoded
from gromox.mime.charset import decode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gromox.convert.mail.limits import Limits
    from gromox.mime.part import Part

_BODY_TYPES: Final = frozenset(["plain", "html", "enriched", "richtext"])
_ENRICHED: Final = frozenset(["enriched", "richtext"])


class Item(NamedTuple):
    """A part that is no body."""

    part: Part
    is_related: bool  #: beside a page that may show it


@dataclass(slots=True)
class Section:
    """One text of the mail in the forms it came in."""

    plain: Part | None = None
    html: Part | None = None
    enriched: Part | None = None


@dataclass(slots=True)
class Content:
    """The texts in their order, and the rest in its order."""

    sections: list[Section] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Body:
    """The forms of the body that the mail has: None, if it lacks one."""

    text: str | None
    html: bytes | None
    page: int


def content_of(parts: Iterable[Part], limits: Limits) -> Content:
    """Return texts and attachments of some parts that follow each other."""
    content = Content()
    for part in parts:
        _collect(part, content, limits, is_related=False)
    return content


def _collect(part: Part, content: Content, limits: Limits, *, is_related: bool) -> None:
    if not part.children or (part.media.type, part.media.subtype) == ("multipart", "appledouble"):
        _leaf(part, content, limits, is_related=is_related)
    elif part.media.subtype == "alternative":
        _alternative(part, content, limits, is_related=is_related)
    elif part.media.subtype == "related":
        root = _related_root(part)
        _collect(root, content, limits, is_related=is_related)
        for child in part.children:
            if child is not root:
                _collect_items(child, content, limits)
    else:
        for child in part.children:
            _collect(child, content, limits, is_related=is_related)


def _collect_items(part: Part, content: Content, limits: Limits) -> None:
    """What stands beside the root of a multipart/related is never a body."""
    if part.children and part.media.subtype != "appledouble":
        for child in part.children:
            _collect_items(child, content, limits)
    else:
        content.items.append(Item(part, is_related=True))


def _leaf(part: Part, content: Content, limits: Limits, *, is_related: bool) -> None:
    is_first = not content.sections and not content.items
    if len(content.sections) < limits.text_parts and _is_body(part, limits, is_first=is_first):
        section = Section()
        if part.media.subtype == "html":
            section.html = part
        elif part.media.subtype in _ENRICHED:
            section.enriched = part
        else:
            section.plain = part
        content.sections.append(section)
    else:
        content.items.append(Item(part, is_related))


def _is_body(part: Part, limits: Limits, *, is_first: bool) -> bool:
    media = part.media
    if media.type != "text" or media.subtype not in _BODY_TYPES or part.size > limits.body_octets:
        return False
    disposition = part.disposition
    if disposition is not None and disposition.type == "attachment":
        return False
    return is_first or not part.filename


def _alternative(part: Part, content: Content, limits: Limits, *, is_related: bool) -> None:
    """Of each form the last is the best, RFC 2046 5.1.4; what is no text is attached."""
    chosen = Section()
    others: list[Section] = []
    for child in part.children:
        found = Content()
        _collect(child, found, limits, is_related=is_related)
        content.items += found.items
        for section in found.sections[:1]:
            chosen.plain = section.plain or chosen.plain
            chosen.html = section.html or chosen.html
            chosen.enriched = section.enriched or chosen.enriched
        others += found.sections[1:]
    if chosen.plain or chosen.html or chosen.enriched:
        content.sections.append(chosen)
    content.sections += others[: limits.text_parts]


def _related_root(part: Part) -> Part:
    """RFC 2387 3.2: the part that the start parameter names, else the first."""
    start = part.media.parameter("start")
    if start:
        wanted = start.strip("<> ").encode("utf-8", "replace")
        for child in part.children:
            if (child.content_id or b"").strip(b"<> ") == wanted:
                return child
    return part.children[0]


def body_of(sections: list[Section], octets: bytes) -> Body:
    """Return the body: a single text as it stands, several joined in their order."""
    if len(sections) == 1:
        return _single(sections[0], octets)
    texts: list[str] = []
    pages: list[str] = []
    has_html = any(section.html for section in sections)
    has_text = any(section.plain or section.enriched for section in sections)
    for section in sections:
        html = _html(section.html, octets).text if section.html else None
        text = _plain(section, octets)
        if text is None:
            text = text_of_html(html or "") if has_text else ""
        texts.append(_ended(_crlf(text)))
        if has_html:
            pages.append(_ended(_crlf(html if html is not None else html_of_text(text))))
    return Body(
        "".join(texts) if has_text else None,
        "".join(pages).encode("utf-8", "replace") if has_html else None,
        UTF_8,
    )


def _single(section: Section, octets: bytes) -> Body:
    if section.plain is not None:
        found = read_text(decoded(section.plain, octets), section.plain.charset)
        # Pages have ASCII in their lower half; octets are searched faster than characters.
        is_clean = _has_crlf_only(found.octets) and b"\0" not in found.octets
        text: str | None = found.text if is_clean else _crlf(found.text.replace("\0", ""))
        page = found.page.number
    else:
        stated = _plain(section, octets)
        text, page = None if stated is None else _crlf(stated), UTF_8
    if section.html is not None:
        html = _html(section.html, octets)
        return Body(text, _crlf_octets(html), html.page.number)
    return Body(text, None, page)


def _plain(section: Section, octets: bytes) -> str | None:
    if section.plain is not None:
        return read_text(decoded(section.plain, octets), section.plain.charset).text.replace("\0", "")
    if section.enriched is not None:
        markup = decode(decoded(section.enriched, octets), section.enriched.charset)
        return text_of_enriched(markup.replace("\0", ""))
    return None


def _html(part: Part, octets: bytes) -> Text:
    found = read_text(decoded(part, octets), _stated_charset(part), is_html=True)
    if b"\0" in found.octets:
        text = found.text.replace("\0", "")
        return Text(text, text.encode("utf-8", "replace"), page_of_number(UTF_8))
    return found


def _stated_charset(part: Part) -> str:
    """The charset of a page; us-ascii that nobody wrote says nothing."""
    return part.charset if b"content-type" in part.fields else ""


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\r\n"


def _crlf(text: str) -> str:
    breaks = text.count("\r\n")
    if text.count("\n") == breaks == text.count("\r"):
        return text
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


def _has_crlf_only(octets: bytes) -> bool:
    return octets.count(b"\r\n") == octets.count(b"\n") == octets.count(b"\r")


def _crlf_octets(html: Text) -> bytes:
    """Every page that texts are kept in has ASCII in its lower half."""
    octets = html.octets
    if _has_crlf_only(octets):
        return octets
    return octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def text_of_enriched(markup: str) -> str:
    """Return the text of text/enriched (RFC 1896) or text/richtext (RFC 1341) without its commands.

    A single line end is a blank, of several one goes; ``<<`` is a sign; parameters are not shown.
    """
    out: list[str] = []
    hidden = 0
    at, size = 0, len(markup)
    while at < size:
        opening = markup.find("<", at)
        if opening < 0:
            opening = size
        if not hidden:
            out.append(_enriched_lines(markup[at:opening]))
        if markup.startswith("<<", opening):
            out.append("" if hidden else "<")
            at = opening + 2
            continue
        end = markup.find(">", opening)
        if end < 0:
            break
        command = markup[opening + 1 : end].strip().lower()
        if command == "param":
            hidden += 1
        elif command == "/param":
            hidden = max(hidden - 1, 0)
        elif command in ("nl", "np", "paragraph"):
            out.append("\n")
        at = end + 1
    return "".join(out)


def _enriched_lines(text: str) -> str:
    lines = text.replace("\r\n", "\n")
    out: list[str] = []
    at = 0
    while (start := lines.find("\n", at)) >= 0:
        end = start
        while lines.startswith("\n", end):
            end += 1
        out += [lines[at:start], " " if end - start == 1 else "\n" * (end - start - 1)]
        at = end
    return "".join([*out, lines[at:]])
