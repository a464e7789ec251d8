"""From a message to a stream."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final
from uuid import UUID

from gromox.codec.packed import Writer
from gromox.convert.textcodec import WINDOWS_1252, encode_page
from gromox.convert.tnef.attribute import Attribute
from gromox.convert.tnef.legacy import NOT_RENDERED, message_attributes, rendering_octets
from gromox.convert.tnef.property import write_properties
from gromox.convert.tnef.reader import LEVEL_ATTACHMENT, LEVEL_MESSAGE, SIGNATURE
from gromox.mapi import tags
from gromox.mapi.guids import IID_IMessage
from gromox.mapi.message import MAX_EMBEDDING_DEPTH, AttachMethod, InMemory, PropertyBag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.mapi.message import Attachment, Message, Octets

_VERSION: Final = 0x00010000
_HEADER: Final = struct.Struct("<IH")
_FRAME: Final = struct.Struct("<BII")
_IID_STORAGE: Final = UUID("0000000b-0000-0000-c000-000000000046")


def write_tnef(message: Message, *, code_page: int = WINDOWS_1252, key: int = 1) -> bytes:
    """Return the stream of a message; the arguments are those of :func:`tnef_chunks`."""
    return b"".join(tnef_chunks(message, code_page=code_page, key=key))


def tnef_chunks(message: Message, *, code_page: int = WINDOWS_1252, key: int = 1) -> Iterator[bytes]:
    """Write the stream of a message piece by piece, so that a large attachment need not be in memory.

    Properties of types that TNEF does not know (those of ROP buffers) and numbers of named properties
    without their name are left out.

    Spec: [MS-OXTNEF] 2.1.3 (layout), 2.2 (writing).

    Args:
        message: what to write.
        code_page: for the older attributes; all that is in them is in the properties too, as Unicode.
        key: identifies the stream among the attachments of a mail, never 0.

    Raises:
        ValueError: a value does not fit its type, or messages nest too deep.
    """
    yield from _stream(message, code_page, key, 0)


def _stream(message: Message, code_page: int, key: int, depth: int) -> Iterator[bytes]:
    if depth > MAX_EMBEDDING_DEPTH:
        raise ValueError(f"messages nest at most {MAX_EMBEDDING_DEPTH} deep")
    yield _HEADER.pack(SIGNATURE, key & 0xFFFF)
    yield _attribute(LEVEL_MESSAGE, Attribute.TNEF_VERSION, _VERSION.to_bytes(4, "little"))
    yield _attribute(LEVEL_MESSAGE, Attribute.OEM_CODEPAGE, struct.pack("<II", code_page, 0))
    for attribute, octets in message_attributes(message.properties, code_page):
        yield _attribute(LEVEL_MESSAGE, attribute, octets)
    if message.recipients:
        w = Writer()
        w.u32(len(message.recipients))
        for recipient in message.recipients:
            write_properties(w, recipient.properties)
        yield _attribute(LEVEL_MESSAGE, Attribute.RECIPIENT_TABLE, w.octets())
    w = Writer()
    write_properties(w, message.properties)
    yield _attribute(LEVEL_MESSAGE, Attribute.MAPI_PROPERTIES, w.octets())
    for attachment in message.attachments:
        yield from _attachment(attachment, code_page, depth)


def _attribute(level: int, attribute: Attribute, octets: bytes) -> bytes:
    frame = _FRAME.pack(level, attribute, len(octets))
    return frame + octets + (sum(octets) & 0xFFFF).to_bytes(2, "little")


def _attachment(attachment: Attachment, code_page: int, depth: int) -> Iterator[bytes]:
    bag = attachment.properties
    is_ole = bag.number(tags.PidTagAttachMethod) == AttachMethod.OLE
    position = bag.number(tags.PidTagRenderingPosition, NOT_RENDERED)
    rendered = rendering_octets(is_ole=is_ole, position=position)
    yield _attribute(LEVEL_ATTACHMENT, Attribute.ATTACH_RENDER_DATA, rendered)
    has_octets = attachment.embedded is None and attachment.data is not None and not is_ole
    if has_octets and attachment.data is not None:
        yield from _data(attachment.data)
    name = bag.text(tags.PidTagAttachFilename) or bag.text(tags.PidTagAttachLongFilename)
    if name:
        title = encode_page(name, code_page) + b"\0"
        yield _attribute(LEVEL_ATTACHMENT, Attribute.ATTACH_TITLE, title)
    properties = PropertyBag(dict(bag))
    properties.pop(tags.PidTagAttachDataBinary, None)
    if attachment.embedded is not None:
        inner = b"".join(_stream(attachment.embedded, code_page, 1, depth + 1))
        properties[tags.PidTagAttachDataObject] = IID_IMessage.bytes_le + inner
    elif is_ole and attachment.data is not None:
        octets = b"".join(attachment.data.chunks())
        properties[tags.PidTagAttachDataObject] = _IID_STORAGE.bytes_le + octets
    w = Writer()
    write_properties(w, properties)
    yield _attribute(LEVEL_ATTACHMENT, Attribute.ATTACHMENT, w.octets())


def _data(data: Octets) -> Iterator[bytes]:
    if isinstance(data, InMemory):
        yield _attribute(LEVEL_ATTACHMENT, Attribute.ATTACH_DATA, data.octets)
        return
    yield _FRAME.pack(LEVEL_ATTACHMENT, Attribute.ATTACH_DATA, data.size)
    checksum = 0
    for chunk in data.chunks():
        checksum += sum(chunk)
        yield chunk
    yield (checksum & 0xFFFF).to_bytes(2, "little")
