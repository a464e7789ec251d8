"""Items of a file as messages."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Final
from uuid import UUID

from gromox.base.errors import ParseError
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
from gromox.tools.pff.library import Handle, PffError, call
from gromox.tools.pff.value import subject_of, value_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.mapi.message import PropertyKey

MAX_VALUE: Final = 256 << 20
MAX_ENTRIES: Final = 20_000
MAX_ATTACHMENTS: Final = 10_000
MAX_RECIPIENTS: Final = 100_000
_FIRST_NAMED: Final = 0x8000
_CHUNK: Final = 1 << 20
_NUMBER, _TEXT = ord("n"), ord("s")
_TO_UNICODE: Final = PropType.STRING - PropType.STRING8
#: What a file says of itself and of how it is laid out, not of the item: [MS-PST] 2.5.
_NOT_KEPT: Final = frozenset([0x0E20, 0x0FF7, 0x3FD9, 0x6635, 0x6636, 0x67F2, 0x67F3])
_CONTENTS: Final = frozenset([tags.PidTagAttachDataBinary >> 16])
_SUBJECTS: Final = (tags.PidTagSubject, tags.PidTagConversationTopic)


class Unreadable(list[str]):
    """What of an item could not be read."""


class ItemReader:
    """Reads items of one file."""

    def __init__(self, page: int) -> None:
        """Take the code page of texts that are not Unicode."""
        self._page = page

    def message(self, item: Handle, lost: Unreadable, depth: int = 0) -> Message:
        """Return a message with everything in it; ``lost`` is told what could not be read.

        Raises:
            PffError: nothing of it can be read.
        """
        message = Message(self.properties(item, lost))
        for tag in _SUBJECTS:
            text = message.properties.text(tag)
            if text:
                message.properties[tag] = subject_of(text)
        try:
            recipients = item.get("message_get_recipients", "item")
            if recipients is not None:
                message.recipients = [Recipient(bag) for bag in self._rows(recipients, lost)]
        except PffError as error:
            lost.append(f"recipients: {error}")
        message.attachments = list(self._attachments(item, lost, depth))
        return message

    def properties(self, item: Handle, lost: Unreadable) -> PropertyBag:
        """Return the properties of an item."""
        for bag in self._rows(item, lost):
            return bag
        return PropertyBag()

    def _rows(self, item: Handle, lost: Unreadable) -> Iterator[PropertyBag]:
        for number in range(min(item.number("item_get_number_of_record_sets"), MAX_RECIPIENTS)):
            row = item.get("item_get_record_set_by_index", "record_set", number)
            if row is not None:
                yield self._bag(row, lost)

    def _bag(self, row: Handle, lost: Unreadable) -> PropertyBag:
        bag = PropertyBag()
        for number in range(min(row.number("record_set_get_number_of_entries"), MAX_ENTRIES)):
            try:
                entry = row.get("record_set_get_entry_by_index", "record_entry", number)
                if entry is not None:
                    self._entry(entry, bag)
            except (PffError, ParseError) as error:
                lost.append(f"property {number}: {error}")
        return bag

    def _entry(self, entry: Handle, bag: PropertyBag) -> None:
        identifier = entry.number("record_entry_get_entry_type", ctypes.c_uint32)
        kind = entry.number("record_entry_get_value_type", ctypes.c_uint32)
        if not identifier or identifier in _NOT_KEPT or identifier in _CONTENTS or kind == PropType.OBJECT:
            return
        value = value_of(kind, _data(entry), self._page)
        if value is None:
            return
        if kind & ~MULTI_VALUE == PropType.STRING8:
            kind += _TO_UNICODE
        key = self._key(entry, identifier, kind)
        if key is not None:
            bag[key] = value

    def _key(self, entry: Handle, identifier: int, kind: int) -> PropertyKey | None:
        if identifier < _FIRST_NAMED:
            return identifier << 16 | kind
        name = entry.get("record_entry_get_name_to_id_map_entry", "name_to_id_map_entry")
        if name is None:
            return None
        guid = ctypes.create_string_buffer(16)
        call("name_to_id_map_entry_get_guid", name, guid, 16)
        which: int | str
        told = ctypes.c_uint8()
        call("name_to_id_map_entry_get_type", name, ctypes.byref(told))
        if told.value == _TEXT:
            size = ctypes.c_size_t()
            call("name_to_id_map_entry_get_utf8_string_size", name, ctypes.byref(size))
            text = ctypes.create_string_buffer(min(size.value, 1024) + 1)
            call("name_to_id_map_entry_get_utf8_string", name, text, len(text))
            which = text.value.decode("utf-8", "replace")
        else:
            which = name.number("name_to_id_map_entry_get_number", ctypes.c_uint32)
        return NamedProperty(UUID(bytes_le=guid.raw), which, kind)

    def _attachments(self, item: Handle, lost: Unreadable, depth: int) -> Iterator[Attachment]:
        try:
            count = min(item.number("message_get_number_of_attachments"), MAX_ATTACHMENTS)
        except PffError as error:
            lost.append(f"attachments: {error}")
            return
        for number in range(count):
            try:
                found = item.get("message_get_attachment", "item", number)
                if found is not None:
                    yield self._attachment(found, lost, depth)
            except PffError as error:
                lost.append(f"attachment {number + 1}: {error}")

    def _attachment(self, item: Handle, lost: Unreadable, depth: int) -> Attachment:
        attachment = Attachment(self.properties(item, lost))
        method = attachment.properties.number(tags.PidTagAttachMethod)
        if method == AttachMethod.EMBEDDED:
            inner = item.get("attachment_get_item", "item") if depth < MAX_EMBEDDING_DEPTH else None
            if inner is None:
                lost.append("a message within: it is not there, or too deep")
            else:
                attachment.embedded = self.message(inner, lost, depth + 1)
        elif method in (AttachMethod.BY_VALUE, AttachMethod.OLE, AttachMethod.NONE):
            size = ctypes.c_uint64()
            has_data = call("attachment_get_data_size", item, ctypes.byref(size))
            attachment.data = PffOctets(item, size.value) if has_data else InMemory(b"")
        return attachment


class PffOctets:
    """The content of an attachment, read when it is wanted; a piece that cannot be read is zero."""

    __slots__ = ("_item", "_size")

    def __init__(self, item: Handle, size: int) -> None:
        """Refer to an attachment."""
        self._item, self._size = item, size

    @property
    def size(self) -> int:
        """The number of octets."""
        return self._size

    def chunks(self) -> Iterator[bytes]:
        """Go through them; as many as ``size`` says, whatever the file holds."""
        call("attachment_data_seek_offset", self._item, 0, 0)
        left = self._size
        buffer = ctypes.create_string_buffer(min(_CHUNK, max(left, 1)))
        while left:
            count = call("attachment_data_read_buffer", self._item, buffer, min(left, len(buffer)))
            if not count:
                break
            left -= count
            yield buffer.raw[:count]
        while left:
            yield bytes(min(left, _CHUNK))
            left -= min(left, _CHUNK)


def _data(entry: Handle) -> bytes:
    size = ctypes.c_size_t()
    if not call("record_entry_get_data_size", entry, ctypes.byref(size)) or not size.value:
        return b""
    if size.value > MAX_VALUE:
        raise ParseError(f"a value of at most {MAX_VALUE} octets")
    buffer = ctypes.create_string_buffer(size.value)
    call("record_entry_get_data", entry, buffer, size.value)
    return buffer.raw
