"""Contents on their way into a mailbox: of any size, and never in memory as a whole.

Large ones are written below ``cid/`` before the transaction that refers to them; a temporary file keeps their
octets until it is over, because housekeeping may remove what nothing refers to yet.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final, Self

from gromox.store import content
from gromox.store.content import INLINE_LIMIT, Storage
from gromox.store.errors import CorruptError, LimitError
from gromox.store.property.row import content_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gromox.mapi.message import Octets
    from gromox.store.content import StagedContent
    from gromox.store.mailbox_file import MailboxFile, Write

MAX_CONTENT: Final = 1 << 31
"""Octets of one attachment; PidTagAttachSize has 32 bits."""
_INSERT: Final = "INSERT INTO contents (size, storage, hash, data) VALUES (?, ?, ?, ?)"
_SHARE: Final = (
    "INSERT INTO content_shares (content_id, extra) VALUES (?, 1)"
    " ON CONFLICT (content_id) DO UPDATE SET extra = extra + 1"
)


@dataclass(frozen=True, slots=True)
class StoredOctets:
    """A content of a mailbox, read when it is asked for."""

    file: MailboxFile
    content_id: int
    size: int

    def chunks(self) -> Iterator[bytes]:
        """Go through the octets in pieces of at most a mebibyte."""
        return content_of(self.file, self.content_id).chunks()

    def read(self, offset: int, length: int) -> bytes:
        """Return a stretch."""
        return content_of(self.file, self.content_id).read(offset, length)


@dataclass(frozen=True, slots=True)
class Held:
    """A content that can be referred to: small octets, or a file."""

    size: int
    octets: bytes = b""
    staged: StagedContent | None = None
    source: Path | None = None


class Spooler:
    """Takes octets one piece after the other; what is large goes to a file."""

    __slots__ = ("_digest", "_file", "_head", "_path", "_stream", "size")

    def __init__(self, file: MailboxFile) -> None:
        """Begin with nothing."""
        self._file = file
        self._head = bytearray()
        self._digest = hashlib.sha3_256()
        self._path: Path | None = None
        self._stream: BinaryIO | None = None
        self.size = 0

    def write(self, octets: bytes) -> None:
        """Take more octets. Raises LimitError."""
        self.size += len(octets)
        if self.size > MAX_CONTENT:
            raise LimitError("a content is too large")
        if self._stream is None and self.size > INLINE_LIMIT:
            self._path = self._file.path / "cid" / f".new-{self._file.ids.token()}"
            self._stream = content.open_new(self._path)
            self._digest.update(self._head)
            self._stream.write(self._head)
            self._head.clear()
        if self._stream is None:
            self._head += octets
        else:
            self._digest.update(octets)
            self._stream.write(octets)

    def finish(self) -> Held:
        """Return what was taken; a file is durable."""
        if self._stream is None or self._path is None:
            return Held(self.size, bytes(self._head))
        self._stream.close()
        self._stream = None
        staged = content.stage_file(
            self._file.path / "cid",
            self._path,
            self.size,
            self._digest.digest(),
            token=self._file.ids.token(),
            compression=self._file.compression,
        )
        return Held(self.size, staged=staged, source=self._path)

    def close(self) -> None:
        """Remove what is temporary."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path = None


class Holding:
    """The contents of one change of a mailbox; closed when its transaction is over."""

    __slots__ = ("_file", "_held", "_spoolers")

    def __init__(self, file: MailboxFile) -> None:
        """Hold nothing yet."""
        self._file = file
        self._held: dict[int, tuple[Octets, Held]] = {}
        self._spoolers: list[Spooler] = []

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what is temporary."""
        for spooler in self._spoolers:
            spooler.close()

    def spooler(self) -> Spooler:
        """Return a new content to write to; what is temporary goes with the holding."""
        made = Spooler(self._file)
        self._spoolers.append(made)
        return made

    def prepare(self, octets: Octets) -> None:
        """Write a large content to disk ahead of the transaction."""
        if octets.size > INLINE_LIMIT and not self._is_own(octets):
            self._hold(octets)

    def keep(self, tx: Write, octets: Octets) -> int:
        """Return the id of a content with these octets, new or shared; within the transaction."""
        if isinstance(octets, StoredOctets) and self._is_own(octets):
            tx.file.execute(_SHARE, (octets.content_id,))
            return octets.content_id
        return self.refer(tx, self._hold(octets))

    def refer(self, tx: Write, held: Held) -> int:
        """Return the id of a content that is held."""
        file, staged = tx.file, held.staged
        if staged is None:
            cursor = file.execute(_INSERT, (held.size, Storage.INLINE, None, held.octets))
            return int(cursor.lastrowid or 0)
        known = file.execute("SELECT content_id FROM contents WHERE hash = ?", (staged.digest,)).fetchone()
        if known:
            file.execute(_SHARE, known)
            return int(known[0])
        cid = file.path / "cid"
        if not (cid / content.file_name(staged.storage, staged.digest)).is_file():
            # It was purged between staging and this transaction; under the write lock nobody purges.
            if held.source is None:
                raise CorruptError("a content was purged while it came in")
            content.restore_file(
                cid, held.source, staged, token=file.ids.token(), compression=file.compression
            )
        cursor = file.execute(_INSERT, (staged.size, staged.storage, staged.digest, None))
        return int(cursor.lastrowid or 0)

    def _is_own(self, octets: Octets) -> bool:
        return isinstance(octets, StoredOctets) and octets.file is self._file

    def _hold(self, octets: Octets) -> Held:
        known = self._held.get(id(octets))
        if known is not None:
            return known[1]
        if isinstance(octets, UploadedOctets):
            held = octets.held
        else:
            spooler = self.spooler()
            for chunk in octets.chunks():
                spooler.write(chunk)
            held = spooler.finish()
        self._held[id(octets)] = octets, held
        return held


@dataclass(frozen=True, slots=True)
class UploadedOctets:
    """What a session has taken by pieces."""

    held: Held

    @property
    def size(self) -> int:
        """The number of octets."""
        return self.held.size

    def chunks(self) -> Iterator[bytes]:
        """Go through the octets in pieces of at most a mebibyte."""
        if self.held.source is None:
            if self.held.octets:
                yield self.held.octets
            return
        with self.held.source.open("rb") as file:
            while chunk := file.read(content.CHUNK):
                yield chunk
