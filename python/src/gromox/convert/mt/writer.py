"""From values to octets: a stream is written piece by piece."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from gromox.codec.packed import Writer
from gromox.convert.mt.model import (
    FIRST_NAMED,
    MAGIC,
    FolderFrame,
    MessageFrame,
    ObjectType,
    Parent,
    Prologue,
)
from gromox.convert.mt.value import write_text, write_value
from gromox.mapi import tags
from gromox.mapi.message import AttachMethod
from gromox.mapi.propname import NamedProperty, PropertyName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.mapi.message import Attachment, Message, Octets, PropertyBag, PropertyKey

_LAST_NAMED: Final = 0xFFFE
_MOST: Final = 0xFFFF
#: Octets of a content that are written together with what stands around it.
_SMALL: Final = 64 * 1024


class MtWriter:
    """Writes one stream and remembers which names it has told."""

    def __init__(self, prologue: Prologue | None = None) -> None:
        """Begin a stream; the names of its prologue count as told."""
        self._prologue = prologue or Prologue()
        self._identifiers = {name: identifier for identifier, name in self._prologue.names.items()}
        self._next = max((FIRST_NAMED, *(number + 1 for number in self._prologue.names)))

    def prologue(self) -> bytes:
        """Return what stands before the frames."""
        folders, names, w = Writer(), Writer(), Writer()
        folders.u64(len(self._prologue.folders))
        for row in self._prologue.folders:
            folders.u64(row.source_id)
            folders.u8(row.create)
            folders.u64(row.target_id)
            write_text(folders, row.name)
        names.u64(len(self._prologue.names))
        for identifier, name in self._prologue.names.items():
            names.u32(identifier << 16)
            name.write(names)
        w.raw(MAGIC)
        w.u8(self._prologue.splice)
        w.u8(self._prologue.is_public)
        for part in (folders, names):
            w.u64(len(part))
            w.raw(part.octets())
        return w.octets()

    def folder(self, frame: FolderFrame) -> Iterator[bytes]:
        """Go through the octets of a folder, and of the names it needs.

        Raises:
            ValueError: a value does not fit its type.
        """
        body = _Body(self)
        with self._names_of(body):
            body.properties(frame.properties)
            body.w.u64(len(frame.permissions))
            for row in frame.permissions:
                body.w.u8(row.flags)
                body.properties(row.properties)
        yield from self._frame(ObjectType.FOLDER, frame.source_id, frame.parent, body)

    def message(self, frame: MessageFrame) -> Iterator[bytes]:
        """Go through the octets of a message, and of the names it needs; contents are never held as a whole.

        Raises:
            ValueError: a value does not fit its type, or there are too many of something.
        """
        body = _Body(self)
        with self._names_of(body):
            body.message(frame.message)
        # A mail with a NUL in it cannot stand there; its message says what it can.
        if frame.mail is not None and not any(b"\0" in chunk for chunk in frame.mail.chunks()):
            body.octets(frame.mail)
        body.w.u8(0)
        body.w.u8(0)
        yield from self._frame(ObjectType.MESSAGE, frame.source_id, frame.parent, body)

    @contextmanager
    def _names_of(self, body: _Body) -> Iterator[None]:
        """Names of an object that turns out not to fit are not told either."""
        try:
            yield
        except ValueError:
            for _, name in body.new_names:
                del self._identifiers[name]
            self._next -= len(body.new_names)
            raise

    def _frame(self, kind: ObjectType, source_id: int, parent: Parent, body: _Body) -> Iterator[bytes]:
        for identifier, name in body.new_names:
            inner = Writer()
            name.write(inner)
            yield _head(ObjectType.NAMED_PROPERTY, identifier << 16, Parent(0, 0), len(inner))
            yield inner.octets()
        pieces = body.pieces()
        yield _head(kind, source_id, parent, sum(len(p) if isinstance(p, bytes) else p.size for p in pieces))
        for piece in pieces:
            if isinstance(piece, bytes):
                yield piece
            else:
                yield from piece.chunks()

    def identifier(self, name: PropertyName) -> int | None:
        """Return the identifier of a name that is told already."""
        return self._identifiers.get(name)

    def new_identifier(self, name: PropertyName) -> int:
        """Give a name an identifier; its frame has to follow.

        Raises:
            ValueError: there is none left.
        """
        if self._next > _LAST_NAMED:
            raise ValueError(f"a stream has at most {_LAST_NAMED - FIRST_NAMED + 1} property names")
        self._identifiers[name] = self._next
        self._next += 1
        return self._next - 1


def _head(kind: ObjectType, source_id: int, parent: Parent, size: int) -> bytes:
    w = Writer()
    w.u64(24 + size)
    w.u32(kind)
    w.u64(source_id)
    w.u32(parent.type)
    w.u64(parent.source_id)
    return w.octets()


class _Body:
    """The body of a frame: octets, and contents that stand between them."""

    def __init__(self, stream: MtWriter) -> None:
        self.w = Writer()
        self.new_names: list[tuple[int, PropertyName]] = []
        self._stream = stream
        self._done: list[bytes | Octets] = []

    def pieces(self) -> list[bytes | Octets]:
        return [*self._done, self.w.octets()]

    def octets(self, content: Octets) -> None:
        """Put in octets without a count."""
        if content.size <= _SMALL:
            for chunk in content.chunks():
                self.w.raw(chunk)
            return
        self._done += [self.w.octets(), content]
        self.w = Writer()

    def properties(self, bag: PropertyBag, more: int = 0) -> None:
        """Write a counted array of tagged values; ``more`` of them follow."""
        if len(bag) + more > _MOST:
            raise ValueError(f"an object has at most {_MOST} properties")
        self.w.u16(len(bag) + more)
        for key, value in bag.items():
            tag = self._tag(key)
            self.w.u32(tag)
            write_value(self.w, tag & 0xFFFF, value)

    def _tag(self, key: PropertyKey) -> int:
        if not isinstance(key, NamedProperty):
            return key
        identifier = self._stream.identifier(key.name)
        if identifier is None:
            identifier = self._stream.new_identifier(key.name)
            self.new_names.append((identifier, key.name))
        return identifier << 16 | key.type

    def message(self, message: Message) -> None:
        self.properties(message.properties)
        self.w.u8(1)
        self.w.u32(len(message.recipients))
        for recipient in message.recipients:
            self.properties(recipient.properties)
        if len(message.attachments) > _MOST:
            raise ValueError(f"a message has at most {_MOST} attachments")
        self.w.u8(1)
        self.w.u16(len(message.attachments))
        for attachment in message.attachments:
            self._attachment(attachment)

    def _attachment(self, attachment: Attachment) -> None:
        data = attachment.data
        self.properties(attachment.properties, 0 if data is None else 1)
        if data is not None:
            is_object = attachment.properties.get(tags.PidTagAttachMethod) == AttachMethod.OLE
            self.w.u32(tags.PidTagAttachDataObject if is_object else tags.PidTagAttachDataBinary)
            if data.size >> 32:
                raise ValueError("an attachment has less than 4 GiB")
            self.w.u32(data.size)
            self.octets(data)
        self.w.u8(attachment.embedded is not None)
        if attachment.embedded is not None:
            self.message(attachment.embedded)
