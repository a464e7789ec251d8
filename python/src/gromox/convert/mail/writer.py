"""Message to RFC 5322, [MS-OXCMAIL] 2.1."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gromox.convert.bodies import bodies_of, html_property
from gromox.convert.html_text import text_of_html
from gromox.convert.mail import transfer
from gromox.convert.mail.attachment import RENDERED_IN_BODY
from gromox.convert.mail.entity import Boundaries, Entity, multipart, text_leaf, write
from gromox.convert.mail.fold import field, fold, structured
from gromox.convert.mail.headerout import header_block
from gromox.convert.mail.messageclass import SIGNED, SMIME
from gromox.convert.mail.options import BodyMode, Options
from gromox.convert.mail.page import encode, page_of_number
from gromox.convert.mail.reportout import (
    action_of_class,
    delivery_status,
    disposition_notification,
    is_receipt,
)
from gromox.convert.mail.slices import read_octets
from gromox.convert.mail.value import date_text
from gromox.mapi import named, tags
from gromox.mapi.message import MAX_EMBEDDING_DEPTH, Attachment, AttachMethod, InMemory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.mapi.message import Message, Octets, PropertyBag

_MIME_TAG: Final = re.compile(r"([!#$%&'*+.^_`{|}~0-9A-Za-z-]+)/([!#$%&'*+.^_`{|}~0-9A-Za-z-]+)\Z")
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`{|}~0-9A-Za-z-]+\Z")
_METHOD: Final = re.compile(rb"^METHOD:([A-Za-z0-9-]{1,32})\s*$", re.MULTILINE | re.IGNORECASE)
_NOT_ID: Final = re.compile(r"[\x00-\x1f\x7f<>]+")
_EXCEPTION: Final = 0x2  #: PidTagAttachmentFlags
_SNIFFED: Final = 1 << 20  #: octets of a text attachment that may decide about its encoding
_TYPES: Final = {
    ".txt": "text/plain",
    ".html": "text/html",
    ".htm": "text/html",
    ".csv": "text/csv",
    ".ics": "text/calendar",
    ".vcf": "text/vcard",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".svg": "image/svg+xml",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
}


def mail_from_message(message: Message, *, options: Options | None = None) -> Iterator[bytes]:
    """Go through the octets of a message as mail, in pieces of some 100 kB.

    The same message and options give the same octets. Lines end with CRLF and have at most 998 octets, except
    within S/MIME and PGP, which go out as they came in.

    Spec:
        [MS-OXCMAIL] 2.1.
    """
    chosen = options or Options()
    boundaries = Boundaries(chosen.boundary)
    root = _Writer(chosen, boundaries).message(message, 0)
    return write(root, boundaries)


def octets_from_message(message: Message, *, options: Options | None = None) -> bytes:
    """Return a message as mail, all of it in memory."""
    return b"".join(mail_from_message(message, options=options))


class _Writer:
    """Plans the entities; nothing large is read before it is written."""

    def __init__(self, options: Options, boundaries: Boundaries) -> None:
        self._options, self._boundaries = options, boundaries

    def message(self, message: Message, depth: int) -> Entity:
        header = header_block(message, self._options) + b"MIME-Version: 1.0\r\n"
        self._boundaries.add(header)
        entity = self._opaque(message) or self._tnef(message) or self._structure(message, depth)
        entity.fields = header + entity.fields
        if not header.isascii():
            entity.is_eight_bit = entity.is_eight_bit or depth > 0
        return entity

    def _opaque(self, message: Message) -> Entity | None:
        """S/MIME and PGP/MIME as they came, [MS-OXCMAIL] 2.1.3.5 and [MS-OXOSMIME] 2.1.3."""
        message_class = message.properties.text(tags.PidTagMessageClass).lower()
        if not message_class.endswith((".smime", ".multipartsigned")) or len(message.attachments) != 1:
            return None
        attachment = message.attachments[0]
        if attachment.data is None:
            return None
        start = read_octets(attachment.data, 64)
        tag = attachment.properties.text(tags.PidTagAttachMimeTag).lower()
        if tag.startswith("multipart/") or message_class.endswith(SIGNED.rpartition(".")[2].lower()):
            if not start.lower().startswith(b"content-"):
                return None
            is_eight_bit = not all(chunk.isascii() for chunk in attachment.data.chunks())
            return Entity(content=attachment.data, is_verbatim=True, is_eight_bit=is_eight_bit)
        stated = message.properties.text(named.PidNameContentType)
        if not stated.lower().startswith("application/"):
            stated = f"application/pkcs7-mime; smime-type=enveloped-data; name={SMIME[-5:].lower()}.p7m"
        name = attachment.properties.text(tags.PidTagAttachLongFilename) or "smime.p7m"
        fields = fold(b"Content-Type: ", " ".join(stated.split()).encode("utf-8", "replace")) + fold(
            b"Content-Disposition: ", structured("attachment", [("filename", name)])
        )
        return Entity(fields, attachment.data, transfer.BASE64)

    def _tnef(self, message: Message) -> Entity | None:
        hook = self._options.hooks.tnef
        octets = hook(message) if hook is not None and self._options.is_tnef else None
        if octets is None:
            return None
        text = message.properties.text(tags.PidTagBody) or bodies_of(message.properties).text
        fields = _content_type("application/ms-tnef", [("name", "winmail.dat")]) + fold(
            b"Content-Disposition: ", structured("attachment", [("filename", "winmail.dat")])
        )
        leaf = Entity(fields, InMemory(octets), transfer.BASE64)
        return multipart("mixed", [self._plain(message.properties, text), leaf])

    def _structure(self, message: Message, depth: int) -> Entity:
        """The skeletons of [MS-OXCMAIL] 2.1.3.3 and 2.1.3.4; reports of 2.1.3.6."""
        message_class = message.properties.text(tags.PidTagMessageClass)
        body, rest = self._body(message, depth)
        action = action_of_class(message_class)
        is_report = bool(action) or is_receipt(message_class)
        if is_report and body is None:
            body = self._plain(message.properties, "")
        parts = [part for each in rest if (part := self._attachment(each, depth)) is not None]
        if is_report and body is not None:
            kind = "delivery-status" if action else "disposition-notification"
            octets = (
                delivery_status(message, action, self._options)
                if action
                else disposition_notification(message, self._options)
            )
            tag = f"message/{kind}" if octets.isascii() else f"message/global-{kind}"
            self._boundaries.add(octets)
            encoding = transfer.SEVEN_BIT if octets.isascii() else transfer.EIGHT_BIT
            status = Entity(
                _content_type(tag, []), InMemory(octets), encoding, is_eight_bit=not octets.isascii()
            )
            return multipart("report", [body, status, *parts], ("report-type", kind))
        if parts:
            return multipart("mixed", [*([body] if body else []), *parts])
        return body or self._plain(message.properties, "")

    def _body(self, message: Message, depth: int) -> tuple[Entity | None, list[Attachment]]:
        """Return the body with what it shows, and the attachments that stand beside it."""
        bag, mode = message.properties, self._options.body
        text: str | None = bag.typed(tags.PidTagBody, str)
        has_html = bool(bag.typed(tags.PidTagHtml, bytes) or bag.text(tags.PidTagBodyHtml))
        pictures: list[Entity] = []
        markup: str | None = None
        if not has_html and not text and tags.PidTagRtfCompressed in bag:
            bodies = bodies_of(bag)
            text, markup, has_html = bodies.text.replace("\n", "\r\n"), bodies.html, bool(bodies.html)
            pictures = [
                _picture(picture.content_id, picture.content_type, picture.octets)
                for picture in bodies.pictures
            ]
        if has_html and (mode is BodyMode.PLAIN or (mode is BodyMode.BOTH and text is None)) and not text:
            text = text_of_html(markup if markup is not None else html_property(bag)).replace("\n", "\r\n")
        if mode is BodyMode.PLAIN or (not has_html and text is not None):
            has_html = False
        elif mode is BodyMode.HTML and has_html:
            text = None
        alternatives = [] if text is None else [self._plain(bag, text)]
        # Changed instances of a meeting stand in its calendar.
        rest = [each for each in message.attachments if not _is_instance(each)]
        if has_html:
            page = self._html(bag, markup)
            shown = [each for each in rest if _is_shown(each)]
            rest = [each for each in rest if not _is_shown(each)]
            inline = [part for each in shown if (part := self._attachment(each, depth, is_inline=True))]
            if inline or pictures:
                page = multipart("related", [page, *pictures, *inline], ("type", "text/html"))
            alternatives.append(page)
        calendar = self._calendar(message)
        if calendar is not None:
            alternatives.append(calendar)
        if len(alternatives) > 1:
            return multipart("alternative", alternatives), rest
        return (alternatives[0] if alternatives else None), rest

    def _plain(self, bag: PropertyBag, text: str) -> Entity:
        octets, page = encode(_ended(text), page_of_number(bag.number(tags.PidTagInternetCodepage)))
        return text_leaf(_content_type("text/plain", [("charset", page.name)]), octets, self._boundaries)

    def _html(self, bag: PropertyBag, markup: str | None) -> Entity:
        page = page_of_number(bag.number(tags.PidTagInternetCodepage))
        octets = _page_octets(bag) if markup is None else b""
        if not octets or page.number != bag.number(tags.PidTagInternetCodepage):
            octets, page = encode(markup if markup is not None else html_property(bag), page)
        if octets.count(b"\n") != octets.count(b"\r\n") or octets.count(b"\r") != octets.count(b"\n"):
            octets = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
        if not octets.endswith(b"\r\n"):
            octets += b"\r\n"
        return text_leaf(_content_type("text/html", [("charset", page.name)]), octets, self._boundaries)

    def _calendar(self, message: Message) -> Entity | None:
        hook = self._options.hooks.calendar
        part = hook(message) if hook is not None else None
        if part is None:
            return None
        parameters = [("charset", part.charset or "utf-8")]
        if part.method:
            parameters.append(("method", part.method))
        return text_leaf(_content_type("text/calendar", parameters), part.octets, self._boundaries)

    def _attachment(self, attachment: Attachment, depth: int, *, is_inline: bool = False) -> Entity | None:
        bag = attachment.properties
        tag = _mime_tag(attachment)
        if attachment.embedded is not None:
            if depth >= MAX_EMBEDDING_DEPTH:
                return None
            if not tag.startswith("message/"):
                tag = "message/rfc822"
            fields = _content_type(tag, []) + _part_fields(bag, is_inline=is_inline)
            self._boundaries.add(fields)
            inner = self.message(attachment.embedded, depth + 1)
            return Entity(fields, message=inner, is_eight_bit=inner.is_eight_bit)
        if bag.number(tags.PidTagAttachMethod) == AttachMethod.BY_WEB_REFERENCE and attachment.data is None:
            return self._reference(bag)
        content = attachment.data if attachment.data is not None else InMemory(b"")
        data = self._leaf(tag, bag, content, is_inline=is_inline)
        info = bag.typed(named.PidNameAttachmentMacInfo, bytes)
        if info is None:
            return data
        head = Entity(_content_type("application/applefile", []), InMemory(info), transfer.BASE64)
        return multipart("appledouble", [head, data])

    def _leaf(self, tag: str, bag: PropertyBag, content: Octets, *, is_inline: bool) -> Entity:
        name = _file_name(bag)
        parameters = [("name", name)] if name else []
        is_text = tag.startswith("text/")
        encoding = transfer.BASE64
        if is_text:
            charset = bag.text(tags.PidTagTextAttachmentCharset)
            if charset and _TOKEN.match(charset):
                parameters.insert(0, ("charset", charset))
            octets = read_octets(content, _SNIFFED + 1)
            method = _METHOD.search(octets) if tag == "text/calendar" else None
            if method is not None:
                parameters.append(("method", method[1].decode("ascii")))
            if len(octets) <= _SNIFFED:
                fields = _content_type(tag, parameters) + _part_fields(bag, is_inline=is_inline)
                return text_leaf(fields, octets, self._boundaries)
        is_eight_bit = False
        if tag.startswith("message/"):
            # RFC 2046 5.2 allows no other encodings; what does not fit is no message for transports.
            if transfer.is_seven_bit(content):
                encoding = transfer.SEVEN_BIT
            elif tag in ("message/rfc822", "message/global"):
                encoding, is_eight_bit = transfer.EIGHT_BIT, True
        fields = _content_type(tag, parameters) + _part_fields(bag, is_inline=is_inline)
        self._boundaries.add(fields)
        return Entity(fields, content, encoding, is_eight_bit=is_eight_bit)

    def _reference(self, bag: PropertyBag) -> Entity:
        """RFC 2017 3: an attachment that lies elsewhere."""
        url = _NOT_ID.sub("", bag.text(tags.PidTagAttachLongPathname))
        fields = _content_type("message/external-body", [("access-type", "URL"), ("URL", url)])
        phantom = b"Content-Type: application/octet-stream\r\n\r\n"
        fields += _part_fields(bag, is_inline=False)
        self._boundaries.add(fields)
        return Entity(fields, InMemory(phantom), transfer.SEVEN_BIT)


def _page_octets(bag: PropertyBag) -> bytes:
    return bag.typed(tags.PidTagHtml, bytes, b"")


def _content_type(tag: str, parameters: list[tuple[str, str]]) -> bytes:
    return fold(b"Content-Type: ", structured(tag, parameters))


def _mime_tag(attachment: Attachment) -> str:
    bag = attachment.properties
    tag = bag.text(tags.PidTagAttachMimeTag).strip().lower()
    if bag.get(named.PidNameAttachmentMacInfo) is not None:
        tag = bag.text(named.PidNameAttachmentMacContentType).strip().lower() or tag
    if not _MIME_TAG.match(tag) or tag.startswith("multipart/"):
        name = _file_name(bag).lower()
        tag = _TYPES.get(name[name.rfind(".") :] if "." in name else "", "application/octet-stream")
    return tag


def _file_name(bag: PropertyBag) -> str:
    return bag.text(tags.PidTagAttachLongFilename) or bag.text(tags.PidTagAttachFilename)


def _is_shown(attachment: Attachment) -> bool:
    bag = attachment.properties
    return bool(
        bag.number(tags.PidTagAttachFlags) & RENDERED_IN_BODY or bag.get(tags.PidTagAttachmentHidden)
    ) and bool(bag.text(tags.PidTagAttachContentId) or bag.text(tags.PidTagAttachContentLocation))


def _is_instance(attachment: Attachment) -> bool:
    """Whether it is a changed instance of a meeting, [MS-OXOCAL] 2.2.10.1.2."""
    return bool(attachment.properties.number(tags.PidTagAttachmentFlags) & _EXCEPTION)


def _part_fields(bag: PropertyBag, *, is_inline: bool) -> bytes:
    """Content-Description, Content-Disposition and what pages refer to, [MS-OXCMAIL] 2.1.3.4.1."""
    name = _file_name(bag)
    out = []
    description = bag.text(tags.PidTagDisplayName)
    if description and name and description != name:
        out.append(field("Content-Description", description))
    parameters = [("filename", name)] if name else []
    for parameter, tag in (
        ("creation-date", tags.PidTagCreationTime),
        ("modification-date", tags.PidTagLastModificationTime),
    ):
        ticks = bag.number(tag)
        if ticks > 0:
            parameters.append((parameter, date_text(ticks).decode("ascii")))
    out.append(
        fold(b"Content-Disposition: ", structured("inline" if is_inline else "attachment", parameters))
    )
    content_id = _NOT_ID.sub("", bag.text(tags.PidTagAttachContentId))
    if content_id:
        out.append(field("Content-ID", f"<{content_id}>".encode("utf-8", "replace")))
    location = "".join(bag.text(tags.PidTagAttachContentLocation).split())
    if location:
        out.append(field("Content-Location", location))
    for header, tag in (
        ("X-Payload-Class", tags.PidTagAttachPayloadClass),
        ("X-Payload-Provider-Guid", tags.PidTagAttachPayloadProviderGuidString),
    ):
        if bag.text(tag):
            out.append(field(header, bag.text(tag)))
    return b"".join(out)


def _picture(content_id: str, content_type: str, octets: bytes) -> Entity:
    fields = _content_type(content_type, []) + b"Content-Disposition: inline\r\n"
    fields += field("Content-ID", f"<{content_id}>".encode("utf-8", "replace"))
    return Entity(fields, InMemory(octets), transfer.BASE64)


def _ended(text: str) -> str:
    """A text whose lines end with CRLF; mail ends its last line."""
    breaks = text.count("\r\n")
    if text.count("\n") != breaks or text.count("\r") != breaks:
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    return text if not text or text.endswith("\n") else text + "\r\n"
