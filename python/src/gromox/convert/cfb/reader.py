"""From octets to storages."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple
from uuid import UUID

from gromox.base.errors import ParseError
from gromox.convert.cfb.model import (
    ENTRY,
    ENTRY_SIZE,
    HEADER,
    HEADER_DIFAT,
    LAST_REGULAR,
    MAGIC,
    MAX_DEPTH,
    MINI_SIZE,
    NO_STREAM,
    ROOT,
    STORAGE,
    STREAM,
    Storage,
    Stream,
)

_HEADER_SIZE: Final = 512
_SHIFTS: Final = {3: 9, 4: 12}
MAX_ENTRIES: Final = 1 << 20


class _Entry(NamedTuple):
    """A directory entry."""

    name: str
    kind: int
    left: int
    right: int
    child: int
    clsid: UUID
    start: int
    size: int


def looks_like_cfb(octets: bytes) -> bool:
    """Tell whether a file begins as one."""
    return octets.startswith(MAGIC)


def read_cfb(octets: bytes) -> Storage:
    """Read all storages and streams of a file.

    Spec: [MS-CFB] 2.2 to 2.6. The mini sector cutoff of the header is obeyed, counts in it are not trusted.

    Raises:
        ParseError: it is no such file, is cut off, or its chains or trees run in circles.
    """
    return _File(octets).root()


class _File:
    """One file."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        if len(octets) < _HEADER_SIZE or not looks_like_cfb(octets):
            raise ParseError("the header of a compound file", 0)
        _, _, _, major, order, shift, mini_shift, _, *numbers = HEADER.unpack_from(octets)
        _, _, directory, _, cutoff, mini_fat, _, difat, _ = numbers
        if order != 0xFFFE or _SHIFTS.get(major) != shift or 1 << mini_shift != MINI_SIZE:  # noqa: PLR2004
            raise ParseError("a compound file of version 3 or 4", 24)
        self._shift = shift
        self._size = 1 << shift
        self._sectors = -(-(len(octets) - self._size) // self._size)
        self._cutoff = min(cutoff, 1 << 16)
        self._fat = self._read_fat(difat)
        self._budget = len(octets) * 2 + _HEADER_SIZE
        self._mini_fat = _numbers(self._chain(mini_fat))
        self._entries = self._read_entries(directory)
        top = self._entries[0]
        self._mini = self._chain(top.start, top.size) if top.size else b""

    def root(self) -> Storage:
        """Return the root storage with all in it."""
        top = self._entries[0]
        root = Storage("", [], top.clsid)
        seen = {0}
        pending = [(root, top.child, 0)]
        while pending:
            storage, first, depth = pending.pop()
            if depth > MAX_DEPTH:
                raise ParseError(f"at most {MAX_DEPTH} storages in storages", 0)
            for entry in self._siblings(first, seen):
                if entry.kind == STREAM:
                    storage.children.append(Stream(entry.name, self._content(entry)))
                elif entry.kind == STORAGE:
                    inner = Storage(entry.name, [], entry.clsid)
                    storage.children.append(inner)
                    pending.append((inner, entry.child, depth + 1))
        return root

    def _siblings(self, first: int, seen: set[int]) -> list[_Entry]:
        """Return the entries of a tree in its order."""
        out: list[_Entry] = []
        path: list[_Entry] = []
        number = first
        while path or number != NO_STREAM:
            if number == NO_STREAM:
                entry = path.pop()
                out.append(entry)
                number = entry.right
                continue
            if number >= len(self._entries) or number in seen:
                raise ParseError("a tree of directory entries", number)
            seen.add(number)
            path.append(self._entries[number])
            number = self._entries[number].left
        return out

    def _content(self, entry: _Entry) -> bytes:
        if not entry.size:
            return b""
        if entry.size >= self._cutoff:
            return self._chain(entry.start, entry.size)
        return self._mini_chain(entry.start, entry.size)

    def _sector(self, number: int) -> bytes:
        if number >= self._sectors:
            raise ParseError("a sector of the file", number)
        start = (number + 1) << self._shift
        return self._octets[start : start + self._size]

    def _read_fat(self, difat: int) -> list[int]:
        places = list(_numbers(self._octets[HEADER.size : HEADER.size + HEADER_DIFAT * 4]))
        for _ in range(self._sectors + 1):
            if difat > LAST_REGULAR:
                break
            *more, difat = _numbers(self._sector(difat))
            places += more
        else:
            raise ParseError("an end of the DIFAT chain", 0)
        regular = [place for place in places if place <= LAST_REGULAR]
        # More would describe sectors that are not there.
        most = -(-self._sectors * 4 // self._size) + 1
        return [number for place in regular[:most] for number in _numbers(self._sector(place))]

    def _chain(self, start: int, size: int | None = None) -> bytes:
        """Return the octets of a chain; all of it, or as many as asked for."""
        out: list[bytes] = []
        number = start
        wanted = -1 if size is None else -(-size // self._size)
        while number <= LAST_REGULAR and wanted:
            if len(out) > self._sectors or number >= len(self._fat):
                raise ParseError("an end of a chain of sectors", number)
            self._spend(self._size)
            out.append(self._sector(number))
            number = self._fat[number]
            wanted -= 1
        octets = b"".join(out)
        if size is not None and len(octets) < size:
            raise ParseError(f"a stream of {size} octets instead of {len(octets)}", start)
        return octets[:size]

    def _mini_chain(self, start: int, size: int) -> bytes:
        out: list[bytes] = []
        number = start
        for _ in range(-(-size // MINI_SIZE)):
            if number >= len(self._mini_fat):
                raise ParseError("a chain of mini sectors", number)
            self._spend(MINI_SIZE)
            out.append(self._mini[number * MINI_SIZE : (number + 1) * MINI_SIZE])
            number = self._mini_fat[number]
        octets = b"".join(out)[:size]
        if len(octets) < size:
            raise ParseError(f"a stream of {size} octets instead of {len(octets)}", start)
        return octets

    def _spend(self, octets: int) -> None:
        """Stop a file whose chains share sectors before it fills the memory."""
        self._budget -= octets
        if self._budget < 0:
            raise ParseError("streams that are not larger than their file", 0)

    def _read_entries(self, directory: int) -> list[_Entry]:
        octets = self._chain(directory)
        out: list[_Entry] = []
        for at in range(0, len(octets) - ENTRY_SIZE + 1, ENTRY_SIZE):
            raw_name, name_size, kind, _, left, right, child, clsid, _, _, _, start, size = ENTRY.unpack_from(
                octets, at
            )
            name = raw_name[: max(min(name_size, 64) - 2, 0) & ~1].decode("utf-16-le", "replace")
            # Version 3 has 32 bits of size; the others hold rubbish in some files.
            size &= 0xFFFFFFFF if self._shift == _SHIFTS[3] else -1
            out.append(_Entry(name, kind, left, right, child, UUID(bytes_le=clsid), start, size))
        if not out or out[0].kind != ROOT or len(out) > MAX_ENTRIES:
            raise ParseError("a directory that begins with the root entry", directory)
        return out


def _numbers(octets: bytes) -> tuple[int, ...]:
    count = len(octets) // 4
    return struct.unpack(f"<{count}I", octets[: count * 4])
