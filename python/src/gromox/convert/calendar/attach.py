"""ATTACH and attachments, [MS-OXCICAL] 2.1.3.1.1.20.1, RFC 8607 4.1 (FILENAME)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.convert.mail.attachment import clean_file_name, set_name
from gromox.ical.property import Property
from gromox.ical.value import parse_binary
from gromox.mapi import tags
from gromox.mapi.message import Attachment, AttachMethod, InMemory

if TYPE_CHECKING:
    from gromox.convert.calendar.limits import Limits
    from gromox.ical.component import Component
    from gromox.mapi.message import Message

#: PidTagAttachmentFlags of an exception, [MS-OXOCAL] 2.2.10.1.2.
EXCEPTION: Final = 0x2
_NOT_RENDERED: Final = 0xFFFF_FFFF
_LONGEST_URI: Final = 8192


def put_attachments(message: Message, component: Component, limits: Limits) -> None:
    """Make attachments of ATTACH properties: octets that stand there, and references to others.

    ``cid:`` refers to another part of a mail; it is kept but is no attachment.
    """
    for one in component.all("ATTACH")[: limits.attachments]:
        attachment = _attachment(one, limits)
        if attachment is None:
            continue
        attachment.properties[tags.PidTagAttachNumber] = len(message.attachments)
        message.attachments.append(attachment)


def _attachment(one: Property, limits: Limits) -> Attachment | None:
    attachment = Attachment()
    bag = attachment.properties
    is_binary = (one.parameter("VALUE") or "").upper() == "BINARY" or (
        (one.parameter("ENCODING") or "").upper() in ("BASE64", "B")
    )
    if is_binary:
        if len(one.value) // 4 * 3 > limits.attachment_octets:
            return None
        try:
            attachment.data = InMemory(parse_binary(one.value))
        except ParseError:
            return None
        bag[tags.PidTagAttachMethod] = AttachMethod.BY_VALUE
    else:
        uri = one.value.strip()
        if not uri or len(uri) > _LONGEST_URI or uri[:4].lower() == "cid:" or not uri.isprintable():
            return None
        bag[tags.PidTagAttachMethod] = AttachMethod.BY_WEB_REFERENCE
        bag[tags.PidTagAttachLongPathname] = uri
    bag[tags.PidTagRenderingPosition] = _NOT_RENDERED
    name = clean_file_name(one.parameter("FILENAME") or one.parameter("X-FILENAME") or "")
    if name:
        set_name(bag, name)
        bag[tags.PidTagDisplayName] = name
    kind = (one.parameter("FMTTYPE") or "").strip()
    if kind:
        bag[tags.PidTagAttachMimeTag] = kind
    return attachment


def attach_properties(message: Message) -> list[Property]:
    """Return the ATTACH properties of attachments; exceptions and hidden pictures are none."""
    found = []
    for attachment in message.attachments:
        bag = attachment.properties
        if attachment.embedded is not None or bag.number(tags.PidTagAttachmentFlags) & EXCEPTION:
            continue
        parameters: list[tuple[str, tuple[str, ...]]] = []
        kind = bag.text(tags.PidTagAttachMimeTag)
        if kind:
            parameters.append(("FMTTYPE", (kind,)))
        name = bag.text(tags.PidTagAttachLongFilename) or bag.text(tags.PidTagAttachFilename)
        file_name = [("X-FILENAME", (name,))] if name else []
        if attachment.data is not None:
            octets = b"".join(attachment.data.chunks())
            parameters += [("ENCODING", ("BASE64",)), ("VALUE", ("BINARY",)), *file_name]
            found.append(Property("ATTACH", base64.b64encode(octets).decode("ascii"), tuple(parameters)))
        elif bag.number(tags.PidTagAttachMethod) == AttachMethod.BY_WEB_REFERENCE:
            uri = bag.text(tags.PidTagAttachLongPathname)
            if uri:
                found.append(Property("ATTACH", uri, (*parameters, *file_name)))
    return found
