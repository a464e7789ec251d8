"""From a stream to a message."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, TruncatedError
from gromox.convert.textcodec import WINDOWS_1252
from gromox.convert.tnef.attribute import Attribute
from gromox.convert.tnef.legacy import NOT_RENDERED, read_attribute, rendering
from gromox.convert.tnef.property import read_properties
from gromox.mapi import tags
from gromox.mapi.guids import IID_IMessage
from gromox.mapi.message import (
    MAX_EMBEDDING_DEPTH,
    Attachment,
    AttachMethod,
    InMemory,
    Message,
    PropertyBag,
    Recipient,
)
from gromox.mapi.propname import NamedProperty

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE: Final = 0x223E9F78
LEVEL_MESSAGE: Final = 1
LEVEL_ATTACHMENT: Final = 2
MAX_ATTRIBUTES: Final = 200_000
MAX_ATTACHMENTS: Final = 10_000
MAX_RECIPIENTS: Final = 100_000
_HEADER: Final = struct.Struct("<IH")
_FRAME: Final = struct.Struct("<BII")
_KNOWN: Final[dict[int, Attribute]] = {int(attribute): attribute for attribute in Attribute}
_IID_SIZE: Final = 16


class _Frame(NamedTuple):
    """Where an attribute stands."""

    level: int
    attribute: Attribute | None
    start: int
    end: int


@dataclass(slots=True)
class _Parts:
    """An attachment while it is read."""

    properties: PropertyBag = field(default_factory=PropertyBag)
    older: PropertyBag = field(default_factory=PropertyBag)
    data: bytes | None = None
    is_ole: bool = False
    position: int = NOT_RENDERED


def looks_like_tnef(octets: bytes) -> bool:
    """Tell whether a stream begins as one."""
    return octets[:4] == SIGNATURE.to_bytes(4, "little")


def read_tnef(octets: bytes, *, strict: bool = False) -> Message:
    """Read a stream.

    Spec: [MS-OXTNEF] 2.1.3 (layout), 2.3 (reading).

    Args:
        octets: the stream, from its signature on.
        strict: whether wrong checksums, cut off and malformed attributes are errors.

    Raises:
        ParseError: this is no such stream; when strict, something in it does not follow the document.
    """
    return _StreamReader(octets, strict=strict, depth=0).message()


class _StreamReader:
    """Reads one stream; messages in it have readers of their own."""

    def __init__(self, octets: bytes, *, strict: bool, depth: int) -> None:
        self._octets = octets
        self._strict = strict
        self._depth = depth
        self._code_page = WINDOWS_1252
        self._message = Message()
        self._older = PropertyBag()
        self._parts: list[_Parts] = []

    def message(self) -> Message:
        frames = list(self._frames())
        # Some writers put the code page behind texts.
        for frame in frames:
            if frame.attribute is Attribute.OEM_CODEPAGE and frame.end - frame.start >= 4:  # noqa: PLR2004
                self._code_page = int.from_bytes(self._octets[frame.start : frame.start + 4], "little")
                break
        for frame in frames:
            try:
                self._take(frame)
            except ParseError:
                if self._strict:
                    raise
        _fill(self._message.properties, self._older)
        self._message.attachments += [self._attachment(parts) for parts in self._parts]
        return self._message

    def _frames(self) -> Iterator[_Frame]:
        r = Reader(self._octets)
        signature, _ = r.unpack(_HEADER)
        if signature != SIGNATURE:
            raise ParseError(f"the signature of TNEF instead of 0x{signature:08x}", 0)
        for _ in range(MAX_ATTRIBUTES):
            if not r.remaining:
                return
            try:
                yield self._frame(r)
            except ParseError:
                if self._strict:
                    raise
                return
        if self._strict:
            raise ParseError(f"at most {MAX_ATTRIBUTES} attributes", r.offset)

    def _frame(self, r: Reader) -> _Frame:
        at = r.offset
        level, number, size = r.unpack(_FRAME)
        if level not in (LEVEL_MESSAGE, LEVEL_ATTACHMENT):
            raise ParseError("an attribute of a message or attachment", at)
        start = r.offset
        if size > r.remaining:
            raise TruncatedError(size, r.remaining, start)
        r.offset = start + size
        if self._strict:
            if r.u16() != sum(self._octets[start : r.offset - 2]) & 0xFFFF:
                raise ParseError("an attribute that agrees with its checksum", start)
        else:
            # Some writers compute it wrongly, or leave out the last one.
            r.offset += min(2, r.remaining)
        return _Frame(level, _KNOWN.get(number), start, start + size)

    def _take(self, frame: _Frame) -> None:
        attribute = frame.attribute
        if attribute is None:
            return
        octets = self._octets[frame.start : frame.end]
        if frame.level == LEVEL_ATTACHMENT:
            self._take_of_attachment(attribute, octets)
        elif attribute is Attribute.MAPI_PROPERTIES:
            _merge(self._message.properties, read_properties(Reader(octets), self._code_page))
        elif attribute is Attribute.RECIPIENT_TABLE:
            self._take_recipients(octets)
        else:
            read_attribute(self._older, attribute, octets, self._code_page)

    def _take_recipients(self, octets: bytes) -> None:
        r = Reader(octets)
        count = r.u32()
        if count > MAX_RECIPIENTS or count * 4 > r.remaining:
            raise ParseError(f"at most {min(MAX_RECIPIENTS, r.remaining // 4)} recipients", 0)
        for _ in range(count):
            self._message.recipients.append(Recipient(read_properties(r, self._code_page)))

    def _take_of_attachment(self, attribute: Attribute, octets: bytes) -> None:
        if attribute is Attribute.ATTACH_RENDER_DATA or not self._parts:
            if len(self._parts) >= MAX_ATTACHMENTS:
                raise ParseError(f"at most {MAX_ATTACHMENTS} attachments", 0)
            self._parts.append(_Parts())
        parts = self._parts[-1]
        if attribute is Attribute.ATTACH_RENDER_DATA:
            parts.is_ole, parts.position = rendering(octets)
        elif attribute is Attribute.ATTACH_DATA:
            parts.data = octets
        elif attribute is Attribute.ATTACHMENT:
            _merge(parts.properties, read_properties(Reader(octets), self._code_page))
        else:
            read_attribute(parts.older, attribute, octets, self._code_page)

    def _attachment(self, parts: _Parts) -> Attachment:
        bag = parts.properties
        attachment = Attachment(bag)
        octets = bag.typed(tags.PidTagAttachDataBinary, bytes)
        structure = bag.typed(tags.PidTagAttachDataObject, bytes)
        if structure is not None:
            del bag[tags.PidTagAttachDataObject]
            self._set_object(attachment, structure)
        else:
            if octets is not None:
                del bag[tags.PidTagAttachDataBinary]
            octets = octets if parts.data is None else parts.data
            attachment.data = None if octets is None else InMemory(octets)
        if tags.PidTagAttachLongFilename in bag:
            # The title is the long name or its short form.
            parts.older.pop(tags.PidTagAttachFilename, None)
        if parts.position != NOT_RENDERED:
            parts.older[tags.PidTagRenderingPosition] = parts.position
        if attachment.embedded is not None:
            parts.older[tags.PidTagAttachMethod] = AttachMethod.EMBEDDED
        elif attachment.data is not None:
            parts.older[tags.PidTagAttachMethod] = AttachMethod.OLE if parts.is_ole else AttachMethod.BY_VALUE
        _fill(bag, parts.older)
        return attachment

    def _set_object(self, attachment: Attachment, structure: bytes) -> None:
        """Put in a message or the storage of an OLE object, behind its interface identifier."""
        inner = structure[_IID_SIZE:]
        if structure[:_IID_SIZE] == IID_IMessage.bytes_le and self._depth < MAX_EMBEDDING_DEPTH:
            try:
                reader = _StreamReader(inner, strict=self._strict, depth=self._depth + 1)
                attachment.embedded = reader.message()
                return
            except ParseError:
                if self._strict:
                    raise
        attachment.data = InMemory(inner)


def _merge(bag: PropertyBag, more: PropertyBag) -> None:
    if not bag:
        # Keeps the order as it is.
        bag.update(more)
        return
    _fill(bag, more)


def _fill(bag: PropertyBag, more: PropertyBag) -> None:
    """Add the values of properties that ``bag`` does not have, whatever their types."""
    present = {key.name if isinstance(key, NamedProperty) else key >> 16 for key in bag}
    for key, value in more.items():
        if (key.name if isinstance(key, NamedProperty) else key >> 16) not in present:
            bag[key] = value
