"""Contents: the octets of messages, small ones in the database, large ones as files below ``cid/``.

A large content has the name of its SHA3-256: ``S-<hh>/<62 hex>`` as a zstd frame, ``P-<hh>/<62 hex>`` as it
is where compression gains little (base64 of pictures and archives): such a file is sent by ``sendfile``.
Equal large contents are kept once.

A file is written under a temporary name, synced, renamed, and its directory synced, *before* the
transaction that refers to it commits: the log of another commit may reach the disk at any time, and must
never refer to a file that did not. Files are removed under the write lock only, and who refers to a file
looks under the same lock that it is still there.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, BinaryIO, Final

import zstandard

from gromox.base.wire import FilePiece
from gromox.store.durability import sync_directory
from gromox.store.errors import CorruptError, MessageGoneError
from gromox.store.unpacked import forget, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gromox.base.wire import Piece

INLINE_LIMIT: Final = 64 * 1024
"""Octets up to which a content stands in the database.

Measured: a file costs three syncs (4 ms) at delivery; rows up to here copy faster than that.
"""
CHUNK: Final = 1 << 20
_SAMPLE: Final = 128 * 1024
_WORTH: Final = 0.7
"""Compress what shrinks below this; base64 of random octets stays at 0.76 and is better sent by sendfile."""


class Storage(IntEnum):
    """How the octets are kept."""

    INLINE = 0
    PLAIN_FILE = 1
    ZSTD_FILE = 2


@dataclass(frozen=True, slots=True)
class Compression:
    """The directive ``exmdb_file_compression``: a zstd level, 0 for none."""

    level: int = 6


@dataclass(frozen=True, slots=True)
class StagedContent:
    """A large content whose file is on disk, durable, and not yet referred to."""

    size: int
    storage: Storage
    digest: bytes


def file_name(storage: int, digest: bytes) -> str:
    """Return the path of a content below ``cid/``."""
    name = digest.hex()
    return f"{'S' if storage == Storage.ZSTD_FILE else 'P'}-{name[:2]}/{name[2:]}"


def stage(cid: Path, octets: bytes, *, token: str, compression: Compression) -> StagedContent:
    """Write a large content and make it durable; needs no lock and no database, so any thread may do it."""
    digest = hashlib.sha3_256(octets).digest()
    storage = Storage.ZSTD_FILE if compression.level and _is_worth_it(octets) else Storage.PLAIN_FILE
    staged = StagedContent(len(octets), storage, digest)
    write_file(cid, staged, octets, token=token, compression=compression)
    return staged


def write_file(
    cid: Path, staged: StagedContent, octets: bytes, *, token: str, compression: Compression
) -> None:
    """Write the file of a staged content, in place of one that may be there."""
    target = _target(cid, staged)
    temporary = cid / f".new-{token}"
    try:
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o660)
        with os.fdopen(fd, "wb", buffering=0) as file:
            os.fchmod(fd, 0o660)  # whatever the umask
            view = memoryview(octets)
            if staged.storage == Storage.ZSTD_FILE:
                compressor = zstandard.ZstdCompressor(level=compression.level, write_content_size=True)
                with compressor.stream_writer(file, size=len(octets), closefd=False) as writer:
                    for at in range(0, len(octets), CHUNK):
                        writer.write(view[at : at + CHUNK])
            else:
                written = 0
                while written < len(octets):
                    written += file.write(view[written : written + 64 * CHUNK])
            os.fsync(file.fileno())
        temporary.rename(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(target.parent)


def stage_file(
    cid: Path, source: Path, size: int, digest: bytes, *, token: str, compression: Compression
) -> StagedContent:
    """Make a durable content of a file below ``cid``, whose octets need not fit into memory.

    The source stays: whoever refers to the content can make it again by :func:`restore_file`.
    """
    storage = Storage.PLAIN_FILE
    if compression.level:
        with source.open("rb") as file:
            file.seek(max(size // 2 - _SAMPLE // 2, 0))
            sample = file.read(_SAMPLE)
        if _is_worth_it(sample):
            storage = Storage.ZSTD_FILE
    staged = StagedContent(size, storage, digest)
    restore_file(cid, source, staged, token=token, compression=compression)
    return staged


def restore_file(
    cid: Path, source: Path, staged: StagedContent, *, token: str, compression: Compression
) -> None:
    """Write the file of a staged content from a file that holds its octets."""
    target = _target(cid, staged)
    temporary = cid / f".new-{token}"
    try:
        with source.open("rb") as reader, open_new(temporary) as writer:
            if staged.storage == Storage.ZSTD_FILE:
                compressor = zstandard.ZstdCompressor(level=compression.level, write_content_size=True)
                compressor.copy_stream(reader, writer, size=staged.size)
            else:
                while chunk := reader.read(CHUNK):
                    writer.write(chunk)
            writer.flush()
            os.fsync(writer.fileno())
        temporary.rename(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(target.parent)


def open_new(path: Path) -> BinaryIO:
    """Open a new file for writing, with the mode of all files of mailboxes whatever the umask."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o660)
    os.fchmod(fd, 0o660)
    return os.fdopen(fd, "wb")


def _target(cid: Path, staged: StagedContent) -> Path:
    """Return where the file of a content belongs; its directory is there afterwards."""
    target = cid / file_name(staged.storage, staged.digest)
    if not target.parent.is_dir():
        target.parent.mkdir(exist_ok=True)
        target.parent.chmod(0o770)
        sync_directory(cid)
    return target


def _is_worth_it(octets: bytes) -> bool:
    """Judge by a sample from the middle: mails begin with headers and text even if they carry pictures."""
    middle = max(len(octets) // 2 - _SAMPLE // 2, 0)
    sample = octets[middle : middle + _SAMPLE]
    return len(zstandard.ZstdCompressor(level=1).compress(sample)) < _WORTH * len(sample)


class Content:
    """The octets of one message; reads of any size never hold more than a chunk and what they return."""

    __slots__ = ("_cid", "_data", "_digest", "_position", "_reader", "_storage", "size")

    def __init__(self, cid: Path, size: int, storage: int, digest: bytes | None, data: bytes | None) -> None:
        """Take a row of ``contents``."""
        self.size = size
        self._cid = cid
        self._storage = storage
        self._digest = digest or b""
        self._data = data
        self._reader: zstandard.ZstdDecompressionReader | None = None
        self._position = 0

    @property
    def path(self) -> Path | None:
        """Return the file, if there is one."""
        return None if self._storage == Storage.INLINE else self._path()

    @property
    def inline(self) -> bytes | None:
        """Return the octets if they are at hand."""
        return self._data if self._storage == Storage.INLINE else None

    def octets(self) -> bytes:
        """Return everything: for small contents, or where nothing else will do."""
        return self.read(0, self.size)

    def read(self, offset: int, length: int) -> bytes:
        """Return a stretch; beyond the end there is nothing."""
        offset = min(max(offset, 0), self.size)
        length = min(max(length, 0), self.size - offset)
        if self._storage == Storage.INLINE:
            data = self._data or b""
            return data if length == len(data) else data[offset : offset + length]
        return b"".join(self.chunks(offset, length))

    def chunks(self, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Go through a stretch in pieces of at most a mebibyte."""
        offset = min(max(offset, 0), self.size)
        left = self.size - offset if length is None else min(max(length, 0), self.size - offset)
        if self._storage == Storage.INLINE:
            if left:
                yield (self._data or b"")[offset : offset + left]
        elif self._storage == Storage.PLAIN_FILE:
            yield from self._plain(offset, left)
        else:
            yield from self._unpacked(offset, left)

    def open_piece(self, offset: int = 0, length: int | None = None) -> FilePiece | None:
        """Return a stretch of an open file for ``sendfile``, or None where there is no plain file."""
        if self._storage != Storage.PLAIN_FILE:
            return None
        offset = min(max(offset, 0), self.size)
        left = self.size - offset if length is None else min(max(length, 0), self.size - offset)
        fd = self._open()
        return FilePiece(fd, offset, left, lambda: os.close(fd))

    def pieces(self, offset: int = 0, length: int | None = None) -> Iterator[Piece]:
        """Go through a stretch by whatever is cheapest to send."""
        piece = self.open_piece(offset, length)
        if piece is not None:
            yield piece
            return
        kept = unpacked(self._path(), self.size) if self._storage == Storage.ZSTD_FILE else None
        if kept is None:
            yield from self.chunks(offset, length)
            return
        offset = min(max(offset, 0), self.size)
        left = self.size - offset if length is None else min(max(length, 0), self.size - offset)
        while left:
            try:
                piece = kept.piece(offset, left)
            except CorruptError:
                forget(self._path())
                raise
            yield piece
            offset += piece.length
            left -= piece.length

    def _path(self) -> Path:
        return self._cid / file_name(self._storage, self._digest)

    def _open(self) -> int:
        try:
            return os.open(self._path(), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise MessageGoneError("the message was purged meanwhile") from error

    def _plain(self, offset: int, left: int) -> Iterator[bytes]:
        fd = self._open()
        try:
            while left:
                chunk = os.pread(fd, min(left, CHUNK), offset)
                if not chunk:
                    raise CorruptError("a content file is shorter than it was when written")
                yield chunk
                offset += len(chunk)
                left -= len(chunk)
        finally:
            os.close(fd)

    def _unpacked(self, offset: int, left: int) -> Iterator[bytes]:
        # A part is seldom the only one that is read; whoever goes through everything wants it once.
        kept = unpacked(self._path(), self.size) if 0 < left < self.size else None
        if kept is not None:
            try:
                while left:
                    chunk = kept.read(offset, left)
                    offset += len(chunk)
                    left -= len(chunk)
                    yield chunk
            except CorruptError:
                forget(self._path())
                raise
            return
        # Of what is too large to be kept, the reader stays open where the last stretch ended.
        if self._reader is None or offset < self._position:
            self.close()
            fd = self._open()
            source = os.fdopen(fd, "rb")
            self._reader = zstandard.ZstdDecompressor().stream_reader(source, closefd=True)
            self._position = 0
        reader = self._reader
        while left:
            want = min(CHUNK, offset - self._position if self._position < offset else left)
            try:
                chunk = reader.read(want)
            except zstandard.ZstdError as error:
                raise CorruptError("a content file is damaged") from error
            if not chunk:
                raise CorruptError("a content file is shorter than it was when written")
            skipped = self._position < offset
            self._position += len(chunk)
            if not skipped:
                left -= len(chunk)
                if self._position >= self.size:
                    self.close()
                yield chunk

    def __del__(self) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file that a compressed content may keep open between reads."""
        if self._reader is not None:
            self._reader.close()  # type: ignore[no-untyped-call]
            self._reader = None
