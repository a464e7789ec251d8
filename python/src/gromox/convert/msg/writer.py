"""From a message to a file."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final
from uuid import UUID

from gromox.base.errors import ParseError
from gromox.codec.packed import Writer
from gromox.convert.cfb import Storage, Stream, looks_like_cfb, read_cfb, write_cfb
from gromox.convert.msg.layout import (
    ATTACHMENT,
    ELEMENTS,
    EMBEDDED_MARK,
    ENTRY,
    FIRST_NAMED,
    FIXED,
    MULTIPLE_STREAMS,
    OBJECT_SIZE,
    PROPERTIES,
    READABLE_WRITABLE,
    RECIPIENT,
    STORAGE_MARK,
    STREAMS,
    value_name,
)
from gromox.convert.msg.names import NameWriter
from gromox.mapi import tags
from gromox.mapi.message import MAX_EMBEDDING_DEPTH, AttachMethod, PropertyBag, PropertyKey, type_of
from gromox.mapi.propname import NamedProperty
from gromox.mapi.proptypes import MULTI_VALUE, PropType
from gromox.mapi.propvalue import PropValue, pack_value

if TYPE_CHECKING:
    from gromox.mapi.message import Attachment, Message

#: PidTagStoreSupportMask: texts are Unicode, [MS-OXMSG] 2.1.1.1.
_STORE_UNICODE: Final = 0x00040000
_TOP: Final = struct.Struct("<8x4I8x")
_EMBEDDED: Final = struct.Struct("<8x4I")
_PART: Final = bytes(8)
#: CLSID of a message in a file, which tells Explorer whose it is.
_CLSID: Final = UUID("00020d0b-0000-0000-c000-000000000046")


def write_msg(message: Message) -> bytes:
    """Return the file of a message.

    Properties of types that a file does not know and numbers of named properties without their name are left
    out.

    Spec: [MS-OXMSG] 2; texts are Unicode.

    Raises:
        ValueError: a value does not fit its type, or messages nest too deep.
    """
    names = NameWriter()
    root = _message(message, names, 0)
    root.children.append(names.storage())
    root.clsid = _CLSID
    return write_cfb(root)


def _message(message: Message, names: NameWriter, depth: int) -> Storage:
    if depth > MAX_EMBEDDING_DEPTH:
        raise ValueError(f"messages nest at most {MAX_EMBEDDING_DEPTH} deep")
    bag = PropertyBag(dict(message.properties))
    # That of the store it comes from says nothing here; ours stands last, wherever that stood.
    bag.pop(tags.PidTagStoreSupportMask, None)
    bag[tags.PidTagStoreSupportMask] = _STORE_UNICODE
    counts = (len(message.recipients), len(message.attachments))
    header = (_EMBEDDED if depth else _TOP).pack(*counts, *counts)
    storage = Storage()
    for number, recipient in enumerate(message.recipients):
        child = Storage(f"{RECIPIENT}{number:08X}")
        _add_properties(child, recipient.properties, names, _PART)
        storage.children.append(child)
    for number, attachment in enumerate(message.attachments):
        storage.children.append(_attachment(attachment, number, names, depth))
    _add_properties(storage, bag, names, header)
    return storage


def _attachment(attachment: Attachment, number: int, names: NameWriter, depth: int) -> Storage:
    storage = Storage(f"{ATTACHMENT}{number:08X}")
    bag = PropertyBag(dict(attachment.properties))
    bag.pop(tags.PidTagAttachDataBinary, None)
    extra = b""
    if attachment.embedded is not None:
        inner = _message(attachment.embedded, names, depth + 1)
        extra = _object(storage, inner, EMBEDDED_MARK)
    elif attachment.data is not None:
        octets = b"".join(attachment.data.chunks())
        inner_file = None
        if bag.number(tags.PidTagAttachMethod) == AttachMethod.OLE:
            inner_file = _compound(octets)
        if inner_file is not None:
            extra = _object(storage, inner_file, STORAGE_MARK)
        else:
            bag[tags.PidTagAttachDataBinary] = octets
    _add_properties(storage, bag, names, _PART, extra)
    return storage


def _object(storage: Storage, inner: Storage, mark: int) -> bytes:
    """Put a storage in; return its entry."""
    inner.name = value_name(tags.PidTagAttachDataObject)
    storage.children.append(inner)
    size = struct.pack("<II", OBJECT_SIZE, mark)
    return ENTRY.pack(tags.PidTagAttachDataObject, READABLE_WRITABLE, size)


def _compound(octets: bytes) -> Storage | None:
    """Return the storages of an OLE object; None if it is no compound file after all."""
    if not looks_like_cfb(octets):
        return None
    try:
        return read_cfb(octets)
    except ParseError:
        return None


def _add_properties(
    storage: Storage, bag: PropertyBag, names: NameWriter, header: bytes, extra: bytes = b""
) -> None:
    entries = [header]
    for key, value in bag.items():
        kind = type_of(key)
        tag = _tag(key, kind, names)
        if tag is not None:
            entries.append(ENTRY.pack(tag, READABLE_WRITABLE, _add_value(storage, tag, value)))
    storage.children.append(Stream(PROPERTIES, b"".join([*entries, extra])))


def _tag(key: PropertyKey, kind: int, names: NameWriter) -> int | None:
    """Return the tag that a property has in the file; None if it can have none."""
    base = kind & ~MULTI_VALUE
    is_multiple = bool(kind & MULTI_VALUE) and (base in ELEMENTS or base in MULTIPLE_STREAMS)
    if kind not in FIXED and kind not in STREAMS and not is_multiple:
        return None
    if isinstance(key, NamedProperty):
        return names.identifier(key) << 16 | kind
    return key if key >> 16 < FIRST_NAMED else None


def _add_value(storage: Storage, tag: int, value: PropValue) -> bytes:
    """Put a value into its streams; return the octets of its entry."""
    kind = tag & 0xFFFF
    base = kind & ~MULTI_VALUE
    if kind in FIXED:
        w = Writer()
        pack_value(w, kind, value)
        return w.octets().ljust(8, b"\0")
    if kind in STREAMS:
        octets = _octets(kind, value)
        storage.children.append(Stream(value_name(tag), octets))
        return _size(len(octets) + _terminator(kind))
    if not isinstance(value, tuple):
        raise ValueError(f"a value of type 0x{kind:04x} is a tuple")  # noqa: TRY004 - as pack_value does
    pieces = [_octets(base, each) for each in value]
    if base in ELEMENTS:
        stream = b"".join(pieces)
    elif base == PropType.BINARY:
        stream = b"".join(struct.pack("<II", len(piece), 0) for piece in pieces)
    else:
        stream = b"".join(struct.pack("<I", len(piece) + _terminator(base)) for piece in pieces)
    storage.children.append(Stream(value_name(tag), stream))
    if base not in ELEMENTS:
        storage.children += [Stream(value_name(tag, at), piece) for at, piece in enumerate(pieces)]
    return _size(len(stream))


def _octets(kind: int, value: PropValue) -> bytes:
    if kind == PropType.STRING and isinstance(value, str):
        return value.partition("\0")[0].encode("utf-16-le", "surrogatepass")
    if kind == PropType.STRING8 and isinstance(value, bytes):
        return value.partition(b"\0")[0]
    if kind == PropType.BINARY and isinstance(value, bytes):
        return value
    if kind not in ELEMENTS:
        raise ValueError(f"a value of type {type(value).__name__} does not fit 0x{kind:04x}")
    w = Writer()
    pack_value(w, kind, value)
    return w.octets()


def _terminator(kind: int) -> int:
    """Return how much larger a text is said to be than its stream is, 2.4.2.2."""
    return {PropType.STRING: 2, PropType.STRING8: 1}.get(PropType(kind), 0)


def _size(size: int) -> bytes:
    return struct.pack("<II", size, 0)
