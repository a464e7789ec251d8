"""Parts to attachments: names, contents, what a page shows.

Spec: [MS-OXCMAIL] 2.2.3.4, [MS-OXCMSG] 2.2.2; RFC 2183, RFC 2231, RFC 2392, RFC 2557, RFC 1740.

Files of the Macintosh keep their data fork as content, which every client can open; the other part of
multipart/appledouble is PidNameAttachmentMacInfo. (The document's MacBinary stream would hold both.)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote_to_bytes

from gromox.convert.mail.slices import part_octets, read_octets
from gromox.convert.mail.value import clean_text, read_date
from gromox.mapi import named, tags
from gromox.mapi.message import Attachment, AttachMethod
from gromox.mime.header import iter_fields

if TYPE_CHECKING:
    from gromox.convert.mail.content import Item
    from gromox.mapi.message import PropertyBag
    from gromox.mime.part import Part

NOT_RENDERED: Final = 0xFFFF_FFFF
RENDERED_IN_BODY: Final = 4  #: PidTagAttachFlags, [MS-OXCMSG] 2.2.2.18
_LONGEST_NAME: Final = 240
_LONGEST_MAC_INFO: Final = 8 << 20
_UNSAFE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
_CID: Final = re.compile(rb"cid:([^\"'\s>)]{1,1000})", re.IGNORECASE)
_ADDRESS: Final = re.compile(
    rb"(?:src|href|background)[ \t\r\n]{0,20}=[ \t\r\n]{0,20}[\"']?([^\"'\s>]{1,2000})", re.IGNORECASE
)
#: Names for parts that have none.
_EXTENSIONS: Final = {
    "text/plain": "txt",
    "text/html": "html",
    "text/calendar": "ics",
    "text/vcard": "vcf",
    "text/x-vcard": "vcf",
    "text/csv": "csv",
    "text/enriched": "txt",
    "text/rfc822-headers": "txt",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/svg+xml": "svg",
    "image/tiff": "tif",
    "image/bmp": "bmp",
    "application/pdf": "pdf",
    "application/zip": "zip",
    "application/rtf": "rtf",
    "application/xml": "xml",
    "application/pgp-signature": "asc",
    "application/pgp-keys": "asc",
    "application/pkcs7-signature": "p7s",
    "application/pkcs7-mime": "p7m",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "message/rfc822": "eml",
    "message/global": "eml",
}


def clean_file_name(name: str) -> str:
    """Return the last component of a name without what could mislead a reader or a file system."""
    name = _UNSAFE.sub("", name)
    name = name[max(name.rfind("/"), name.rfind("\\")) + 1 :].strip(" .")
    if len(name) > _LONGEST_NAME:
        stem, dot, extension = name.rpartition(".")
        if dot and len(extension) <= 20:  # noqa: PLR2004 - longer is no extension
            name = stem[: _LONGEST_NAME - len(extension) - 1].rstrip(" .") + dot + extension
        else:
            name = name[:_LONGEST_NAME].rstrip(" .")
    return name


class Shown:
    """What a page refers to: parts by Content-ID (RFC 2392) or by Content-Location (RFC 2557)."""

    __slots__ = ("_addresses", "_cids", "_html")

    def __init__(self, html: bytes | None) -> None:
        """Look at a page when asked."""
        self._html = html
        self._cids: set[bytes] | None = None
        self._addresses: set[bytes] | None = None

    def is_inline(self, content_id: bytes, location: bytes, *, is_related: bool) -> bool:
        """Whether the page shows it, or lies beside it in a multipart/related."""
        if self._html is None or not (content_id or location):
            return False
        return is_related or self.is_shown(content_id, location)

    def is_shown(self, content_id: bytes, location: bytes) -> bool:
        """Whether the page refers to it."""
        if self._html is None:
            return False
        if content_id:
            if self._cids is None:
                self._cids = {unquote_to_bytes(each) for each in _CID.findall(self._html)}
            if content_id in self._cids:
                return True
        if not location:
            return False
        if self._addresses is None:
            self._addresses = {each.replace(b"&amp;", b"&") for each in _ADDRESS.findall(self._html)}
        return location in self._addresses


def attachment_of(item: Item, octets: bytes, *, number: int, shown: Shown) -> Attachment:
    """Return a part as attachment by value; the caller makes messages of those that hold one."""
    part = item.part
    data = part
    bag_of_mac: tuple[str, bytes] | None = None
    if part.media.subtype == "appledouble" and len(part.children) > 1:
        info, data = part.children[0], part.children[1]
        resource = part_octets(octets, info.body_start, info.body_end, info.encoding)
        bag_of_mac = (_mime_tag(data), read_octets(resource, _LONGEST_MAC_INFO))
    attachment = Attachment()
    bag = attachment.properties
    bag[tags.PidTagAttachNumber] = number
    bag[tags.PidTagAttachMethod] = AttachMethod.BY_VALUE
    bag[tags.PidTagRenderingPosition] = NOT_RENDERED
    bag[tags.PidTagAttachMimeTag] = _mime_tag(data)
    if bag_of_mac is not None:
        bag[named.PidNameAttachmentMacContentType], bag[named.PidNameAttachmentMacInfo] = bag_of_mac
    _names(bag, part, data, number)
    _references(bag, part, is_related=item.is_related, shown=shown)
    _disposition_dates(bag, part)
    if data.media.type == "text" and b"content-type" in data.fields and data.charset:
        bag[tags.PidTagTextAttachmentCharset] = data.charset[:64]
    header = octets[part.header_start : part.body_start]
    if b"x-payload" in header.lower():
        _payload(bag, header)
    attachment.data = part_octets(octets, data.body_start, data.body_end, data.encoding)
    if data.media.subtype == "external-body":
        _external(bag, attachment, data)
    return attachment


def _mime_tag(part: Part) -> str:
    if part.media.type == "multipart":  # its parts were not found; it may not stand for one
        return "application/octet-stream"
    return f"{part.media.type}/{part.media.subtype}"[:128]


def _names(bag: PropertyBag, part: Part, data: Part, number: int) -> None:
    name = clean_file_name(part.filename or data.filename)
    tag = bag.text(tags.PidTagAttachMimeTag)
    if not name:
        name = f"ATT{number + 1:05}.{_EXTENSIONS.get(tag, 'dat')}"
    description = part.fields.get(b"content-description")
    set_name(bag, name)
    bag[tags.PidTagDisplayName] = (
        clean_text(part.text(b"content-description") or b"")[:512] if description else ""
    ) or name


def set_name(bag: PropertyBag, name: str) -> None:
    """Set the names of a file, [MS-OXCMSG] 2.2.2.10 to 2.2.2.12."""
    bag[tags.PidTagAttachLongFilename] = name
    bag[tags.PidTagAttachFilename] = name
    _, dot, extension = name.rpartition(".")
    if dot:
        bag[tags.PidTagAttachExtension] = dot + extension


def _references(bag: PropertyBag, part: Part, *, is_related: bool, shown: Shown) -> None:
    content_id = (part.content_id or b"").strip(b"<> \t")
    # A long address is folded, or in encoded-words; its page has it in one piece: RFC 2557 4.4.
    address = "".join(clean_text(part.location).split())[:900] if part.location else ""
    location = address.encode("utf-8", "replace")
    if content_id:
        bag[tags.PidTagAttachContentId] = clean_text(content_id)[:900]
    if address:
        bag[tags.PidTagAttachContentLocation] = address
    if shown.is_inline(content_id, location, is_related=is_related):
        bag[tags.PidTagAttachFlags] = RENDERED_IN_BODY
        if shown.is_shown(content_id, location):
            bag[tags.PidTagAttachmentHidden] = True


def _disposition_dates(bag: PropertyBag, part: Part) -> None:
    disposition = part.disposition
    if disposition is None:
        return
    for name, tag in (
        ("creation-date", tags.PidTagCreationTime),
        ("modification-date", tags.PidTagLastModificationTime),
    ):
        value = disposition.parameter(name)
        moment = read_date(value.encode("ascii", "replace")) if value else None
        if moment:
            bag[tag] = moment


def _payload(bag: PropertyBag, header: bytes) -> None:
    """[MS-OXCMAIL] 2.2.3.4: what shows it is told by these fields."""
    for found in iter_fields(header):
        name = found.name.lower()
        if name == b"x-payload-class":
            bag[tags.PidTagAttachPayloadClass] = clean_text(found.value)[:255]
        elif name == b"x-payload-provider-guid":
            bag[tags.PidTagAttachPayloadProviderGuidString] = clean_text(found.value)[:64]


def _external(bag: PropertyBag, attachment: Attachment, part: Part) -> None:
    """message/external-body, RFC 2046 5.2.3 and RFC 2017: what can be said as an address is one."""
    access = (part.media.parameter("access-type") or "").lower()
    address = ""
    if access == "url":
        address = "".join((part.media.parameter("url") or "").split())
    elif access in ("ftp", "anon-ftp"):
        site, directory = part.media.parameter("site") or "", part.media.parameter("directory") or ""
        name = part.media.parameter("name") or ""
        if site and name:
            path = "/".join(piece for piece in (directory.strip("/"), name) if piece)
            address = f"ftp://{site}/{quote(path)}"
    address = _UNSAFE.sub("", address)
    if address:
        bag[tags.PidTagAttachMethod] = AttachMethod.BY_WEB_REFERENCE
        bag[tags.PidTagAttachLongPathname] = address[:2000]
        attachment.data = None
