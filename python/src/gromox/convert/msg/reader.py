"""From a file to a message."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader
from gromox.convert.cfb import Storage, read_cfb, write_cfb
from gromox.convert.msg.layout import (
    ATTACHMENT,
    ELEMENTS,
    EMBEDDED_HEADER,
    ENTRY,
    FIRST_NAMED,
    FIXED,
    MULTIPLE_STREAMS,
    PART_HEADER,
    PROPERTIES,
    RECIPIENT,
    STREAMS,
    TOP_HEADER,
    value_name,
)
from gromox.convert.msg.names import NameReader
from gromox.convert.textcodec import WINDOWS_1252, decode_page
from gromox.mapi import tags
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
from gromox.mapi.proptypes import MULTI_VALUE, PropType
from gromox.mapi.propvalue import MAX_VALUES, PropValue, Scalar, unpack_value

_TO_UNICODE: Final = PropType.STRING - PropType.STRING8


def read_msg(octets: bytes) -> Message:
    """Read a file. Properties whose stream or name is missing are passed over.

    PidTagStoreSupportMask only tells in which form the file's texts are, and is left out.

    Spec: [MS-OXMSG] 2.

    Raises:
        ParseError: it is no compound file, or one that holds no message.
    """
    root = read_cfb(octets)
    if root.stream(PROPERTIES) is None:
        raise ParseError(f"a stream {PROPERTIES}", 0)
    return _FileReader(NameReader(root)).message(root, TOP_HEADER, 0)


class _FileReader:
    """Reads messages with the names of one file."""

    def __init__(self, names: NameReader) -> None:
        self._names = names

    def message(self, storage: Storage, header: int, depth: int) -> Message:
        page = _code_page(storage, header)
        bag = self._properties(storage, header, page)
        bag.pop(tags.PidTagStoreSupportMask, None)
        message = Message(bag)
        for child in _numbered(storage, RECIPIENT):
            message.recipients.append(Recipient(self._properties(child, PART_HEADER, page)))
        for child in _numbered(storage, ATTACHMENT):
            message.attachments.append(self._attachment(child, page, depth))
        return message

    def _attachment(self, storage: Storage, page: int, depth: int) -> Attachment:
        bag = self._properties(storage, PART_HEADER, page)
        attachment = Attachment(bag)
        inner = storage.storage(value_name(tags.PidTagAttachDataObject))
        data = bag.typed(tags.PidTagAttachDataBinary, bytes)
        if data is not None:
            del bag[tags.PidTagAttachDataBinary]
        if inner is None:
            octets = storage.stream(value_name(tags.PidTagAttachDataObject)) if data is None else data
            attachment.data = None if octets is None else InMemory(octets)
        elif inner.stream(PROPERTIES) is not None and depth < MAX_EMBEDDING_DEPTH:
            attachment.embedded = self.message(inner, EMBEDDED_HEADER, depth + 1)
            bag.setdefault(tags.PidTagAttachMethod, AttachMethod.EMBEDDED)
        else:
            # An OLE object, as a compound file of its own.
            attachment.data = InMemory(write_cfb(Storage("", inner.children, inner.clsid)))
        return attachment

    def _properties(self, storage: Storage, header: int, page: int) -> PropertyBag:
        bag = PropertyBag()
        for tag, value in _entries(storage, header):
            kind = tag & 0xFFFF
            try:
                read = _value(storage, tag, value, page)
                if read is None:
                    continue
                if kind & ~MULTI_VALUE == PropType.STRING8:
                    kind += _TO_UNICODE
                identifier = tag >> 16
                if identifier >= FIRST_NAMED:
                    bag[NamedProperty(*self._names.name(identifier), kind)] = read
                else:
                    bag[identifier << 16 | kind] = read
            except ParseError:
                continue
        return bag


def _entries(storage: Storage, header: int) -> list[tuple[int, bytes]]:
    octets = storage.stream(PROPERTIES) or b""
    end = len(octets) - ENTRY.size + 1
    found = [ENTRY.unpack_from(octets, at) for at in range(header, end, ENTRY.size)]
    return [(tag, value) for tag, _, value in found]


def _code_page(storage: Storage, header: int) -> int:
    numbers = {tag: int.from_bytes(value[:4], "little") for tag, value in _entries(storage, header)}
    return numbers.get(tags.PidTagMessageCodepage) or numbers.get(tags.PidTagInternetCodepage) or WINDOWS_1252


def _numbered(storage: Storage, prefix: str) -> list[Storage]:
    """Return the recipients or attachments in their order."""
    found = [
        child
        for child in storage.children
        if isinstance(child, Storage) and child.name.lower().startswith(prefix)
    ]
    return sorted(found, key=lambda child: (len(child.name), child.name.upper()))


def _value(storage: Storage, tag: int, value: bytes, page: int) -> PropValue:
    """Return a value; None if there is none, or the type is none of a file.

    Raises:
        ParseError: its octets are too few.
    """
    kind = tag & 0xFFFF
    base = kind & ~MULTI_VALUE
    if kind in FIXED:
        return unpack_value(Reader(value), kind)
    if kind in STREAMS:
        octets = storage.stream(value_name(tag))
        return None if octets is None else _scalar(octets, kind, page)
    if not kind & MULTI_VALUE:
        return None
    octets = storage.stream(value_name(tag))
    if octets is None:
        return None
    if base in ELEMENTS:
        r = Reader(octets)
        found: list[Scalar] = []
        while r.remaining >= ELEMENTS[base]:
            each = unpack_value(r, base)
            found += [each] if isinstance(each, (int, float, UUID)) else []
        return tuple(found)
    if base not in MULTIPLE_STREAMS:
        return None
    # Lengths of octets have another four octets behind them.
    count = len(octets) // (8 if base == PropType.BINARY else 4)
    if count > MAX_VALUES or count > len(storage.children):
        raise ParseError(f"{count} values", 0)
    streams = (storage.stream(value_name(tag, index)) for index in range(count))
    return tuple(_scalar(each, base, page) for each in streams if each is not None)


def _scalar(octets: bytes, kind: int, page: int) -> Scalar:
    if kind == PropType.STRING:
        return octets[: len(octets) & ~1].decode("utf-16-le", "surrogatepass").partition("\0")[0]
    if kind == PropType.STRING8:
        return decode_page(octets.partition(b"\0")[0], page)
    if kind == PropType.GUID:
        return Reader(octets).guid()
    return octets
