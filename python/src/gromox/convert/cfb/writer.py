"""From storages to octets."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from gromox.convert.cfb.model import (
    DIFAT_SECTOR,
    END_OF_CHAIN,
    ENTRY,
    FAT_SECTOR,
    FREE_SECTOR,
    HEADER,
    HEADER_DIFAT,
    MAGIC,
    MAX_DEPTH,
    MAX_NAME,
    MINI_CUTOFF,
    MINI_SIZE,
    NO_STREAM,
    ROOT,
    STORAGE,
    STREAM,
    Storage,
    Stream,
    sort_key,
)

_SECTOR: Final = 512
_IN_SECTOR: Final = _SECTOR // 4  #: numbers
_RED: Final = 0
_BLACK: Final = 1
_MINOR_VERSION: Final = 0x3E
_FORBIDDEN: Final = frozenset("/\\:!")


@dataclass(slots=True)
class _Node:
    """A directory entry that is to be written."""

    item: Storage | Stream
    number: int = 0
    left: int = NO_STREAM
    right: int = NO_STREAM
    child: int = NO_STREAM
    color: int = _BLACK
    start: int = 0
    size: int = 0


def write_cfb(root: Storage) -> bytes:
    """Return the file of these storages and streams.

    Spec: [MS-CFB] 2.2 to 2.6; version 3, siblings as balanced red-black trees, no times.

    Raises:
        ValueError: a name is not allowed or stands twice, or storages nest too deep.
    """
    nodes = _directory(root)
    sectors: list[bytes] = []
    fat: list[int] = []
    mini, mini_fat = _mini_stream(nodes)
    for node in nodes[1:]:
        if isinstance(node.item, Stream) and len(node.item.octets) >= MINI_CUTOFF:
            node.start = _append(sectors, fat, node.item.octets)
    nodes[0].start, nodes[0].size = _append(sectors, fat, mini), len(mini)
    mini_fat_octets = _numbers(mini_fat + [FREE_SECTOR] * (-len(mini_fat) % _IN_SECTOR))
    mini_fat_start = _append(sectors, fat, mini_fat_octets)
    directory_start = _append(sectors, fat, _entries(nodes))
    fat_places, difat_places = _append_fat(sectors, fat)
    header = HEADER.pack(
        MAGIC,
        bytes(16),
        _MINOR_VERSION,
        3,
        0xFFFE,
        9,
        6,
        bytes(6),
        0,
        len(fat_places),
        directory_start,
        0,
        MINI_CUTOFF,
        mini_fat_start,
        len(mini_fat_octets) // _SECTOR,
        difat_places[0] if difat_places else END_OF_CHAIN,
        len(difat_places),
    )
    first = fat_places[:HEADER_DIFAT] + [FREE_SECTOR] * (HEADER_DIFAT - len(fat_places))
    return b"".join([header, _numbers(first), *sectors])


def _directory(root: Storage) -> list[_Node]:
    """Return all entries; each storage's children follow each other in their order."""
    nodes = [_Node(root)]
    pending = [(0, 0)]
    while pending:
        number, depth = pending.pop(0)
        storage = nodes[number].item
        if depth > MAX_DEPTH:
            raise ValueError(f"storages nest at most {MAX_DEPTH} deep")
        if not isinstance(storage, Storage):
            continue
        children = sorted(storage.children, key=lambda child: sort_key(child.name))
        _check_names(children)
        first = len(nodes)
        for place, child in enumerate(children):
            node = _Node(child, first + place)
            nodes.append(node)
            if isinstance(child, Storage):
                pending.append((node.number, depth + 1))
            else:
                node.size = len(child.octets)
        nodes[number].child = _tree(nodes, first, len(nodes))
    return nodes


def _check_names(children: list[Storage | Stream]) -> None:
    previous = None
    for child in children:
        key = sort_key(child.name)
        if not 0 < key[0] <= MAX_NAME * 2 or _FORBIDDEN & set(child.name):
            raise ValueError(f"{child.name!r} is not a name of 1 to {MAX_NAME} characters without / \\ : !")
        if key == previous:
            raise ValueError(f"the name {child.name!r} stands twice in a storage")
        previous = key


def _tree(nodes: list[_Node], first: int, end: int) -> int:
    """Link neighbours as a tree whose leaves lie on two levels at most; the lower one is red."""
    if first == end:
        return NO_STREAM
    last_level = (end - first).bit_length() - 1
    is_full = end - first == (1 << last_level + 1) - 1

    def link(low: int, high: int, level: int) -> int:
        if low == high:
            return NO_STREAM
        middle = (low + high) // 2
        node = nodes[middle]
        node.color = _RED if level == last_level and level and not is_full else _BLACK
        node.left, node.right = link(low, middle, level + 1), link(middle + 1, high, level + 1)
        return middle

    return link(first, end, 0)


def _append(sectors: list[bytes], fat: list[int], octets: bytes) -> int:
    """Append a chain of sectors; return the first."""
    if not octets:
        return END_OF_CHAIN
    start = len(sectors)
    count = -(-len(octets) // _SECTOR)
    sectors.append(octets + bytes(-len(octets) % _SECTOR))
    # One item stands for many sectors; the rest are placeholders so that numbers agree.
    sectors += [b""] * (count - 1)
    fat += [*range(start + 1, start + count), END_OF_CHAIN]
    return start


def _mini_stream(nodes: list[_Node]) -> tuple[bytes, list[int]]:
    pieces: list[bytes] = []
    mini_fat: list[int] = []
    for node in nodes:
        if not isinstance(node.item, Stream) or len(node.item.octets) >= MINI_CUTOFF:
            continue
        octets = node.item.octets
        if not octets:
            node.start = END_OF_CHAIN
            continue
        node.start = len(mini_fat)
        count = -(-len(octets) // MINI_SIZE)
        pieces.append(octets + bytes(-len(octets) % MINI_SIZE))
        mini_fat += [*range(node.start + 1, node.start + count), END_OF_CHAIN]
    return b"".join(pieces), mini_fat


def _entries(nodes: list[_Node]) -> bytes:
    out: list[bytes] = []
    for node in nodes:
        is_root = node.number == 0
        name = "Root Entry" if is_root else node.item.name
        raw = name.encode("utf-16-le", "surrogatepass")
        storage = node.item if isinstance(node.item, Storage) else None
        kind = ROOT if is_root else STREAM if storage is None else STORAGE
        clsid = bytes(16) if storage is None else storage.clsid.bytes_le
        numbers = (node.left, node.right, node.child)
        out.append(
            ENTRY.pack(raw, len(raw) + 2, kind, node.color, *numbers, clsid, 0, 0, 0, node.start, node.size)
        )
    empty = ENTRY.pack(b"", 0, 0, 0, NO_STREAM, NO_STREAM, NO_STREAM, bytes(16), 0, 0, 0, 0, 0)
    out += [empty] * (-len(out) % (_SECTOR // ENTRY.size))
    return b"".join(out)


def _append_fat(sectors: list[bytes], fat: list[int]) -> tuple[list[int], list[int]]:
    """Append the FAT, which also describes itself and the DIFAT; return the places of both."""
    used = len(fat)
    fat_count = difat_count = 0
    while True:
        wanted = -(-(used + fat_count + difat_count) // _IN_SECTOR)
        wanted_difat = -(-max(wanted - HEADER_DIFAT, 0) // (_IN_SECTOR - 1))
        if (wanted, wanted_difat) == (fat_count, difat_count):
            break
        fat_count, difat_count = wanted, wanted_difat
    fat_places = list(range(used, used + fat_count))
    difat_places = list(range(used + fat_count, used + fat_count + difat_count))
    fat += [FAT_SECTOR] * fat_count + [DIFAT_SECTOR] * difat_count
    fat += [FREE_SECTOR] * (-len(fat) % _IN_SECTOR)
    sectors.append(_numbers(fat))
    rest = fat_places[HEADER_DIFAT:]
    for number in range(difat_count):
        part = rest[number * (_IN_SECTOR - 1) : (number + 1) * (_IN_SECTOR - 1)]
        part += [FREE_SECTOR] * (_IN_SECTOR - 1 - len(part))
        following = difat_places[number + 1] if number + 1 < difat_count else END_OF_CHAIN
        sectors.append(_numbers([*part, following]))
    return fat_places, difat_places


def _numbers(numbers: list[int]) -> bytes:
    return struct.pack(f"<{len(numbers)}I", *numbers)
