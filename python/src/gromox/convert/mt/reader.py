"""From octets to values: the prologue, and frames one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, TruncatedError
from gromox.convert.mt.model import (
    FIRST_NAMED,
    MAGIC,
    FolderFrame,
    FolderRow,
    Frame,
    MessageFrame,
    NameFrame,
    ObjectType,
    Parent,
    PermissionRow,
    Prologue,
)
from gromox.convert.mt.value import read_text, read_value
from gromox.mapi import tags
from gromox.mapi.message import (
    MAX_EMBEDDING_DEPTH,
    Attachment,
    Message,
    Octets,
    PropertyBag,
    PropertyKey,
    Recipient,
)
from gromox.mapi.propname import NamedProperty, PropertyName
from gromox.mapi.proptypes import PropType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Octets of a frame's size, and of each size in the prologue.
SIZE: Final = 8
#: Magic, two flags, size of the folder map.
PROLOGUE_START: Final = len(MAGIC) + 2 + SIZE
#: Octets of each of both maps: a million folders or names.
MAX_MAP: Final = 256 << 20
MAX_FRAME: Final = 16 << 30
MAX_PERMISSIONS: Final = 100_000
_CHUNK: Final = 1 << 20
_CONTENTS: Final = frozenset([tags.PidTagAttachDataBinary, tags.PidTagAttachDataObject])


class FrameSource(Protocol):
    """Octets of a frame: ``bytes``, or a file that is mapped into memory."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def __getitem__(self, part: slice, /) -> bytes:
        """Some of them."""
        ...

    def find(self, wanted: bytes, start: int, end: int, /) -> int:
        """Where some octets stand, or -1."""
        ...


class FrameReader(Reader):
    """A cursor over a frame that is not copied, wherever it is."""

    __slots__ = ()

    def __init__(self, source: FrameSource) -> None:
        """Start at the first octet."""
        super().__init__(b"")
        # Slices, unpack_from and find are all a Reader asks of its buffer.
        self._buf = source  # type: ignore[assignment]
        self._size = len(source)

    def slice(self, size: int) -> Octets:
        """Refer to the next octets and move past them."""
        start = self.offset
        if size > self._size - start:
            raise TruncatedError(size, self._size - start, start)
        self.offset = start + size
        return _Slice(self._buf, start, size)

    def string8_slice(self) -> Octets:
        """Refer to octets up to a NUL, of any length, and move past it."""
        start = self.offset
        end = self._buf.find(b"\0", start, self._size)
        if end < 0:
            raise TruncatedError(self._size - start + 1, self._size - start, start)
        self.offset = end + 1
        return _Slice(self._buf, start, end - start)


class _Slice:
    """Octets of a frame."""

    __slots__ = ("_size", "_source", "_start")

    def __init__(self, source: FrameSource, start: int, size: int) -> None:
        self._source, self._start, self._size = source, start, size

    @property
    def size(self) -> int:
        """The number of octets."""
        return self._size

    def chunks(self) -> Iterator[bytes]:
        """Go through them."""
        end = self._start + self._size
        for at in range(self._start, end, _CHUNK):
            yield self._source[at : min(at + _CHUNK, end)]


def read_prologue(r: Reader) -> Prologue:
    """Read all that stands before the frames.

    Raises:
        ParseError: this is no such stream, or a map does not follow its layout.
    """
    if r.take(len(MAGIC)) != MAGIC:
        raise ParseError(f"the magic {MAGIC.decode('ascii')}", 0)
    splice, is_public = r.u8() != 0, r.u8() != 0
    folders = _map(r)
    rows = [_folder_row(folders) for _ in range(_count(folders, 18))]
    folders.end()
    inner = _map(r)
    names: dict[int, PropertyName] = {}
    for _ in range(_count(inner, 21)):
        tag = inner.u32()
        names[tag >> 16] = PropertyName.decode(inner)
    inner.end()
    return Prologue(splice, is_public, tuple(rows), names)


def map_size(octets: bytes) -> int:
    """Return how many octets a map has, for who reads a pipe.

    Raises:
        ParseError: more than anyone needs.
    """
    size = int.from_bytes(octets[-SIZE:], "little")
    if size > MAX_MAP:
        raise ParseError(f"a map of at most {MAX_MAP} octets")
    return size


def frame_size(octets: bytes) -> int:
    """Return how many octets a frame has behind its size.

    Raises:
        ParseError: more than the bound.
    """
    size = int.from_bytes(octets, "little")
    if size > MAX_FRAME:
        raise ParseError(f"a frame of at most {MAX_FRAME} octets")
    return size


def _map(r: Reader) -> Reader:
    at = r.offset
    size = r.u64()
    if size > MAX_MAP:
        raise ParseError(f"a map of at most {MAX_MAP} octets", at)
    return Reader(r.take(size))


def _count(r: Reader, smallest: int) -> int:
    """Return a count; each element takes so many octets, so a larger one is a lie told to make us work."""
    at = r.offset
    count = r.u64()
    if count > r.remaining // smallest:
        raise ParseError(f"at most {r.remaining // smallest} elements instead of {count}", at)
    return count


def _folder_row(r: Reader) -> FolderRow:
    return FolderRow(r.u64(), r.u8() != 0, r.u64(), read_text(r))


def read_frame(source: FrameSource, names: Mapping[int, PropertyName]) -> Frame:
    """Read the octets behind the size of a frame.

    Args:
        source: the frame; contents of attachments refer to it.
        names: what the stream said so far, by identifier. A property whose name it did not say keeps its
            identifier.

    Raises:
        ParseError: it does not follow its layout.
    """
    r = FrameReader(source)
    kind, source_id = r.u32(), r.u64()
    parent = Parent(r.u32(), r.u64())
    frame: Frame
    if kind == ObjectType.FOLDER:
        frame = _folder(r, source_id, parent, names)
    elif kind == ObjectType.MESSAGE:
        message = _message(r, names, 0)
        mail = r.string8_slice()
        r.string8()
        frame = MessageFrame(source_id, parent, message, mail if mail.size else None)
    elif kind == ObjectType.NAMED_PROPERTY:
        frame = NameFrame(source_id >> 16 & 0xFFFF, PropertyName.decode(r))
    else:
        raise ParseError("an object that is a folder (3), a message (5) or a name (250)", 0)
    r.end()
    return frame


def _folder(r: Reader, source_id: int, parent: Parent, names: Mapping[int, PropertyName]) -> FolderFrame:
    bag = _properties(r, names)
    count = _count(r, 3)
    if count > MAX_PERMISSIONS:
        raise ParseError(f"at most {MAX_PERMISSIONS} permissions", r.offset)
    rows = tuple(PermissionRow(r.u8(), _properties(r, names)) for _ in range(count))
    return FolderFrame(source_id, parent, bag, rows)


def _message(r: FrameReader, names: Mapping[int, PropertyName], depth: int) -> Message:
    if depth > MAX_EMBEDDING_DEPTH:
        raise ParseError(f"messages in each other at most {MAX_EMBEDDING_DEPTH} deep", r.offset)
    message = Message(_properties(r, names))
    if r.u8():
        at = r.offset
        count = r.u32()
        if count > r.remaining // 2:
            raise ParseError(f"at most {r.remaining // 2} recipients instead of {count}", at)
        message.recipients = [Recipient(_properties(r, names)) for _ in range(count)]
    if r.u8():
        message.attachments = [_attachment(r, names, depth) for _ in range(r.u16())]
    return message


def _attachment(r: FrameReader, names: Mapping[int, PropertyName], depth: int) -> Attachment:
    attachment = Attachment()
    for _ in range(r.u16()):
        tag = r.u32()
        if tag in _CONTENTS:
            attachment.data = r.slice(r.u32())
        else:
            attachment.properties[_key(tag, names)] = read_value(r, tag & 0xFFFF)
    if r.u8():
        attachment.embedded = _message(r, names, depth + 1)
    return attachment


def _properties(r: Reader, names: Mapping[int, PropertyName]) -> PropertyBag:
    bag = PropertyBag()
    for _ in range(r.u16()):
        tag = r.u32()
        bag[_key(tag, names)] = read_value(r, tag & 0xFFFF)
    return bag


def _key(tag: int, names: Mapping[int, PropertyName]) -> PropertyKey:
    identifier = tag >> 16
    if identifier >= FIRST_NAMED:
        name = names.get(identifier)
        if name is not None and name.which is not None:
            return NamedProperty(name.guid, name.which, PropType(tag & 0xFFFF))
    return tag
