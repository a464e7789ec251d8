"""RFC 5322 to message, [MS-OXCMAIL] 2.2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.convert.mail.address import Book
from gromox.convert.mail.attachment import RENDERED_IN_BODY, Shown, attachment_of, clean_file_name, set_name
from gromox.convert.mail.content import Body, Content, Item, body_of, content_of
from gromox.convert.mail.envelope import read_envelope
from gromox.convert.mail.headertable import DEFAULTS
from gromox.convert.mail.hooks import CalendarPart, ReaderHooks
from gromox.convert.mail.limits import DEFAULT, Limits
from gromox.convert.mail.messageclass import NOTE, REPORT, SIGNED, SMIME
from gromox.convert.mail.page import US_ASCII
from gromox.convert.mail.report import read_delivery_status, read_disposition
from gromox.convert.mail.slices import Joined, PartOctets, part_octets, read_octets
from gromox.convert.mail.value import clean_text, filetime
from gromox.mapi import named, tags
from gromox.mapi.message import Attachment, AttachMethod, InMemory, Message
from gromox.mime import charset
from gromox.mime.header import iter_fields, select_fields
from gromox.mime.scan import scan

if TYPE_CHECKING:
    from gromox.convert.mail.hooks import Resolver
    from gromox.mapi.message import PropertyKey
    from gromox.mime.message import Message as ScannedMail
    from gromox.mime.part import Part

_TEXT, _HTML = 1, 3  #: PidTagNativeBody
#: PidTagMessageFlags, [MS-OXCMSG] 2.2.1.6
_HAS_ATTACH, _READ_NOTICE, _UNREAD_NOTICE, _INTERNET = 0x10, 0x100, 0x200, 0x2000
_ENTITY_FIELDS: Final = (
    b"content-type",
    b"content-transfer-encoding",
    b"content-disposition",
    b"content-description",
)
_PKCS7: Final = frozenset(["pkcs7-mime", "x-pkcs7-mime"])
_TNEF: Final = frozenset(["ms-tnef", "vnd.ms-tnef"])
_IDENTITY: Final = frozenset(["7bit", "8bit", "binary"])
#: Charsets that say nothing of octets beyond ASCII.
_NOT_OF_HEADERS: Final = frozenset(["utf-8", "ascii", "utf-7"])
_BODIES: Final = (tags.PidTagBody, tags.PidTagHtml, tags.PidTagRtfCompressed, tags.PidTagBodyHtml)


def message_from_mail(
    octets: bytes,
    scanned: ScannedMail | None = None,
    *,
    limits: Limits = DEFAULT,
    resolver: Resolver | None = None,
    hooks: ReaderHooks | None = None,
    received: float | None = None,
    is_trusted: bool = True,
) -> Message:
    """Return the message that a mail is; any octets make one, and nothing is raised.

    Spec:
        [MS-OXCMAIL] 2.2.

    Args:
        octets: the mail; attachments refer to it and are decoded when they are read.
        scanned: its scan, if there is one already.
        limits: what lies beyond is left out or stays octets.
        resolver: SMTP address to entry of the address book.
        hooks: readers of calendar parts and of winmail.dat.
        received: Unix seconds of its delivery; None: it is not told.
        is_trusted: whether X-MS-Exchange-Organization fields of the mail count.
    """
    mail = scanned if scanned is not None else scan(octets)
    reader = _Reader(limits, Book(resolver), hooks or ReaderHooks(), is_trusted=is_trusted)
    message = reader.message(octets, mail.root, 0)
    moment = filetime(received) if received is not None else None
    if moment:
        message.properties[tags.PidTagMessageDeliveryTime] = moment
    return message


class _Reader:
    __slots__ = ("_book", "_hooks", "_is_trusted", "_limits", "_messages")

    def __init__(self, limits: Limits, book: Book, hooks: ReaderHooks, *, is_trusted: bool) -> None:
        self._limits, self._book, self._hooks, self._is_trusted = limits, book, hooks, is_trusted
        self._messages = 0

    def message(self, octets: bytes, root: Part, depth: int) -> Message:
        """Return the message of an entity that is one."""
        message = Message()
        block = octets[root.header_start : root.body_start]
        if not block.isascii():
            block = _in_utf_8(block, root)
        own = read_envelope(message, block, book=self._book, limits=self._limits, is_trusted=self._is_trusted)
        if _is_opaque(root):
            self._opaque(message, octets, root)
        elif root.media.subtype == "report" and root.children:
            self._report(message, octets, root, depth)
        else:
            self._content(message, octets, content_of([root], self._limits), depth)
        _flags(message, wants_receipt=b"disposition-notification-to" in own)
        return message

    def _content(self, message: Message, octets: bytes, content: Content, depth: int) -> None:
        items = self._without_tnef(message, octets, content.items)
        body = body_of(content.sections, octets)
        if len(items) == len(content.items) or not any(tag in message.properties for tag in _BODIES):
            _set_body(message, body)
        shown = Shown(body.html)
        for item in items:
            if len(message.attachments) >= self._limits.attachments:
                break
            if self._hooks.calendar is None or not self._calendar(message, octets, item.part):
                message.attachments.append(
                    self._attachment(octets, item, len(message.attachments), shown, depth)
                )
        _order(message.attachments)
        if message.attachments and all(
            each.properties.get(tags.PidTagAttachmentHidden) for each in message.attachments
        ):
            message.properties[named.PidLidSmartNoAttach] = True

    def _attachment(self, octets: bytes, item: Item, number: int, shown: Shown, depth: int) -> Attachment:
        attachment = attachment_of(item, octets, number=number, shown=shown)
        part = item.part
        if part.message is None or depth >= self._limits.depth or self._messages >= self._limits.messages:
            return attachment
        self._messages += 1
        if part.encoding in _IDENTITY:
            embedded = self.message(octets, part.message, depth + 1)
        else:
            # RFC 2046 5.2.1 forbids it; the message is not where the scan could see it.
            inner = read_octets(
                PartOctets(octets, part.body_start, part.body_end, part.encoding), self._limits.hook_octets
            )
            embedded = self.message(inner, scan(inner).root, depth + 1)
        bag = attachment.properties
        bag[tags.PidTagAttachMethod] = AttachMethod.EMBEDDED
        attachment.data, attachment.embedded = None, embedded
        if not clean_file_name(part.filename):
            for tag in (
                tags.PidTagAttachLongFilename,
                tags.PidTagAttachFilename,
                tags.PidTagAttachExtension,
            ):
                bag.pop(tag, None)
            if not part.fields.get(b"content-description"):
                bag[tags.PidTagDisplayName] = embedded.properties.text(tags.PidTagSubject)[:512]
        return attachment

    def _calendar(self, message: Message, octets: bytes, part: Part) -> bool:
        read = self._hooks.calendar
        if read is None or (part.media.type, part.media.subtype) != ("text", "calendar"):
            return False
        data = read_octets(
            part_octets(octets, part.body_start, part.body_end, part.encoding), self._limits.hook_octets
        )
        return read(CalendarPart(data, part.charset, part.media.parameter("method") or ""), message)

    def _without_tnef(self, message: Message, octets: bytes, items: list[Item]) -> list[Item]:
        """Merge winmail.dat into the message if it can be read."""
        if self._hooks.tnef is None:
            return items
        for number, item in enumerate(items):
            part = item.part
            if part.media.type == "application" and (
                part.media.subtype in _TNEF or part.filename.lower() == "winmail.dat"
            ):
                data = part_octets(octets, part.body_start, part.body_end, part.encoding)
                try:
                    inner = self._hooks.tnef(read_octets(data, self._limits.hook_octets))
                except ParseError:
                    continue
                _merge(message, inner)
                return items[:number] + items[number + 1 :]
        return items

    def _opaque(self, message: Message, octets: bytes, root: Part) -> None:
        """S/MIME and PGP/MIME: one attachment that holds it as it came, [MS-OXOSMIME] 2.1.3 and 2.2.1."""
        bag = message.properties
        attachment = Attachment()
        part = attachment.properties
        part[tags.PidTagAttachNumber] = 0
        part[tags.PidTagAttachMethod] = AttachMethod.BY_VALUE
        part[tags.PidTagRenderingPosition] = 0xFFFF_FFFF
        name = clean_file_name(root.filename) or "smime.p7m"
        set_name(part, name)
        part[tags.PidTagDisplayName] = name
        part[tags.PidTagAttachMimeTag] = f"{root.media.type}/{root.media.subtype}"
        if root.media.type == "multipart":
            block = octets[root.header_start : root.body_start]
            fields = select_fields(block, _ENTITY_FIELDS)
            if not fields.endswith((b"\n\n", b"\n\r\n")):
                fields += b"\r\n"
            body = PartOctets(octets, root.body_start, root.body_end, "")
            attachment.data = Joined([InMemory(fields), body])
            is_signed = root.media.subtype == "signed"
            bag[tags.PidTagMessageClass] = SIGNED if is_signed else SMIME
            first = content_of(root.children[:1], self._limits) if is_signed else Content()
            _set_body(message, body_of(first.sections, octets))
        else:
            attachment.data = part_octets(octets, root.body_start, root.body_end, root.encoding)
            bag[tags.PidTagMessageClass] = SMIME
            stated = root.text(b"content-type")
            if stated:
                bag[named.PidNameContentType] = clean_text(stated)[:900]
        message.attachments.append(attachment)

    def _report(self, message: Message, octets: bytes, root: Part, depth: int) -> None:
        suffix = ""
        rest: list[Part] = []
        for part in root.children:
            if suffix or part.media.type != "message":
                rest.append(part)
                continue
            data = part_octets(octets, part.body_start, part.body_end, part.encoding)
            text = read_octets(data, self._limits.hook_octets)
            if part.media.subtype in ("delivery-status", "global-delivery-status"):
                suffix = read_delivery_status(message, text, book=self._book, limits=self._limits)
            elif part.media.subtype in ("disposition-notification", "global-disposition-notification"):
                suffix = read_disposition(message, text)
            else:
                rest.append(part)
        bag = message.properties
        self._content(message, octets, content_of(rest, self._limits), depth)
        if not suffix:
            return
        bag[tags.PidTagMessageClass] = REPORT + NOTE + suffix
        when = bag.get(tags.PidTagClientSubmitTime)
        if when is not None:
            bag[tags.PidTagReportTime] = when
        for part in rest:
            if part.message is not None or part.media.subtype in ("rfc822-headers", "global-headers"):
                self._original(message, octets, part)
                break

    def _original(self, message: Message, octets: bytes, part: Part) -> None:
        """What the report says of the mail it is about, [MS-OXOMSG] 2.2.2."""
        start = part.message.header_start if part.message is not None else part.body_start
        data = read_octets(
            part_octets(octets, start, part.body_end, part.encoding), self._limits.header_value
        )
        bag = message.properties
        for found in iter_fields(data.partition(b"\r\n\r\n")[0]):
            name = found.name.lower()
            if name == b"subject" and tags.PidTagOriginalSubject not in bag:
                bag[tags.PidTagOriginalSubject] = clean_text(found.value)
            elif name == b"message-id" and tags.PidTagOriginalMessageId not in bag:
                bag[tags.PidTagOriginalMessageId] = clean_text(found.value)[:900]


def _in_utf_8(block: bytes, root: Part) -> bytes:
    """Return a header with octets beyond ASCII as UTF-8: if it is not, in the charset that its texts name.

    RFC 6532 has UTF-8 there. Programs that knew neither it nor RFC 2047 wrote what their texts are in.
    """
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return block
    for part in root.walk():
        name = part.charset if part.media.type == "text" and b"content-type" in part.fields else ""
        codec = charset.codec_of(name) if name else None
        if codec is None or codec in _NOT_OF_HEADERS:
            continue
        try:
            return block.decode(codec).encode("utf-8")
        except UnicodeError:
            continue
    return block


def _flags(message: Message, *, wants_receipt: bool) -> None:
    flags = _INTERNET
    if message.attachments:
        flags |= _HAS_ATTACH
    if wants_receipt:
        flags |= _READ_NOTICE | _UNREAD_NOTICE
    message.properties[tags.PidTagMessageFlags] = flags


def _order(attachments: list[Attachment]) -> None:
    """What the page shows comes first, as it does in the mail that is written from it."""
    attachments.sort(key=lambda each: not each.properties.number(tags.PidTagAttachFlags) & RENDERED_IN_BODY)
    for number, attachment in enumerate(attachments):
        attachment.properties[tags.PidTagAttachNumber] = number


def _is_opaque(root: Part) -> bool:
    media = root.media
    if media.type == "multipart":
        return media.subtype in ("signed", "encrypted") and bool(root.children)
    if media.type != "application":
        return False
    return media.subtype in _PKCS7 or (
        media.subtype == "octet-stream" and root.filename.lower().endswith((".p7m", ".p7s", ".p7z"))
    )


def _set_body(message: Message, body: Body) -> None:
    bag = message.properties
    if body.text is not None:
        bag[tags.PidTagBody] = body.text
        bag[tags.PidTagNativeBody] = _TEXT
    if body.html is not None:
        bag[tags.PidTagHtml] = body.html
        bag[tags.PidTagNativeBody] = _HTML
    bag[tags.PidTagInternetCodepage] = body.page if body.text or body.html else US_ASCII


def _merge(message: Message, inner: Message) -> None:
    """Take what TNEF tells: all but what the header told already, [MS-OXCMAIL] 2.2.3.5."""
    bag = message.properties
    held: set[object] = {_identity(key) for key in bag if key not in DEFAULTS}
    held.discard(_identity(tags.PidTagMessageClass))
    for key, value in inner.properties.items():
        if _identity(key) not in held:
            bag[key] = value
    if not message.recipients:
        message.recipients = list(inner.recipients)
    for attachment in inner.attachments:
        attachment.properties[tags.PidTagAttachNumber] = len(message.attachments)
        message.attachments.append(attachment)


def _identity(key: PropertyKey) -> object:
    return key >> 16 if isinstance(key, int) else (key.guid, key.which)
