"""The picture of a contact: PHOTO, and the attachment that Outlook shows.

Spec: [MS-OXVCARD] 2.1.3.1.4, [MS-OXOCNTC] 2.2.1.8.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.ical import Component, Property
from gromox.ical.vcard import read_card
from gromox.mapi import tags
from gromox.mapi.message import Attachment, AttachMethod, InMemory

if TYPE_CHECKING:
    from gromox.mapi.message import Message

#: A picture beyond stays out of cards: it is no portrait.
MAX_OCTETS: Final = 16 << 20
_SIGNATURES: Final = (
    (b"\xff\xd8\xff", "jpeg", ".jpg"),
    (b"\x89PNG\r\n", "png", ".png"),
    (b"GIF8", "gif", ".gif"),
    (b"BM", "bmp", ".bmp"),
    (b"RIFF", "webp", ".webp"),
)
_NAME: Final = "ContactPicture"


class Picture(NamedTuple):
    """A picture and the line it stood in."""

    line: Property
    attachment: Attachment


def picture_of(card: Component) -> Picture | None:
    """Return the first picture that stands in the card itself."""
    for line in card.all("PHOTO"):
        alone = Component("VCARD", [*card.all("VERSION"), line])
        for media in read_card(alone).photos:
            if media.octets and len(media.octets) <= MAX_OCTETS:
                return Picture(line, _attachment(media.octets, media.media_type))
    return None


def _attachment(octets: bytes, media_type: str) -> Attachment:
    kind, extension = _kind(octets, media_type)
    attachment = Attachment(data=InMemory(octets))
    bag = attachment.properties
    bag[tags.PidTagAttachNumber] = 0
    bag[tags.PidTagAttachMethod] = AttachMethod.BY_VALUE
    bag[tags.PidTagRenderingPosition] = 0xFFFF_FFFF
    bag[tags.PidTagAttachFilename] = bag[tags.PidTagAttachLongFilename] = f"{_NAME}{extension}"
    bag[tags.PidTagDisplayName] = f"{_NAME}{extension}"
    bag[tags.PidTagAttachExtension] = extension
    bag[tags.PidTagAttachMimeTag] = f"image/{kind}"
    bag[tags.PidTagAttachmentContactPhoto] = True
    return attachment


def _kind(octets: bytes, media_type: str) -> tuple[str, str]:
    """Return what the octets are, whatever the card calls them."""
    for signature, kind, extension in _SIGNATURES:
        if octets.startswith(signature):
            return kind, extension
    subtype = media_type.partition("/")[2]
    return (subtype if subtype.isalnum() else "jpeg"), ".jpg"


def photo_line(message: Message, version: str) -> Property | None:
    """Return the picture of a contact as a line; None if there is none."""
    for attachment in message.attachments:
        data = attachment.data
        if not attachment.properties.get(tags.PidTagAttachmentContactPhoto) or data is None:
            continue
        if not 0 < data.size <= MAX_OCTETS:
            continue
        octets = b"".join(data.chunks())
        kind, _ = _kind(octets, attachment.properties.text(tags.PidTagAttachMimeTag))
        return binary_line("PHOTO", octets, f"image/{kind}", version)
    return None


def binary_line(name: str, octets: bytes, media_type: str, version: str) -> Property:
    """Return octets as a line: a URI in vCard 4.0 (RFC 6350 6.2.4), base64 in those before."""
    text = base64.b64encode(octets).decode("ascii")
    if version == "4.0":
        return Property(name, f"data:{media_type};base64,{text}")
    kind = media_type.partition("/")[2].upper()
    encoding = "BASE64" if version == "2.1" else "b"
    return Property(name, text, (("ENCODING", (encoding,)), ("TYPE", (kind,))))
