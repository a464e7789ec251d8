"""Compound files, [MS-CFB]."""

from __future__ import annotations

import io
import struct
import uuid

import olefile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.convert.cfb import Storage, Stream, looks_like_cfb, read_cfb, write_cfb
from tests.support.mutate import damaged

NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="/\\:!\0", max_codepoint=0x5FF), min_size=1, max_size=9
)
SIZES = st.sampled_from([0, 1, 63, 64, 65, 511, 4095, 4096, 4097, 9000])


def streams() -> st.SearchStrategy[Stream]:
    return st.builds(lambda name, size: Stream(name, (name.encode() * size)[:size]), NAMES, SIZES)


def storages(depth: int) -> st.SearchStrategy[Storage]:
    child: st.SearchStrategy[Storage | Stream] = streams()
    if depth:
        child = st.one_of(child, storages(depth - 1))
    children = st.lists(child, max_size=8, unique_by=lambda each: (len(each.name), each.name.upper()))
    return st.builds(Storage, NAMES, children, st.uuids())


Shape = tuple[str, uuid.UUID, tuple[object, ...]]


def shape(storage: Storage) -> Shape:
    children = sorted(storage.children, key=lambda each: each.name)
    return (
        storage.name,
        storage.clsid,
        tuple(shape(each) if isinstance(each, Storage) else (each.name, each.octets) for each in children),
    )


def sample() -> Storage:
    inner = Storage("inner", [Stream(f"s{number}", bytes([number]) * number * 60) for number in range(90)])
    return Storage("", [Stream("small", b"x" * 10), Stream("large", b"y" * 9000), Stream("none", b""), inner])


@settings(max_examples=60)
@given(storages(2))
def test_what_is_written_is_read_back(root: Storage) -> None:
    root.name = ""
    octets = write_cfb(root)

    assert shape(read_cfb(octets)) == shape(root)
    assert write_cfb(read_cfb(octets)) == octets


def test_another_reader_agrees() -> None:
    octets = write_cfb(sample())
    with olefile.OleFileIO(io.BytesIO(octets), raise_defects=olefile.DEFECT_INCORRECT) as other:
        assert not other.parsing_issues
        assert other.openstream("inner/s89").read() == bytes([89]) * 89 * 60
        assert other.openstream("large").read() == b"y" * 9000
        assert len(other.listdir()) == 93


def test_large_files_have_a_chain_of_fat_sectors() -> None:
    root = Storage("", [Stream("huge", b"z" * 7_500_000)])
    octets = write_cfb(root)

    assert struct.unpack_from("<I", octets, 72)[0] == 1  # DIFAT sectors
    assert shape(read_cfb(octets)) == shape(root)
    with olefile.OleFileIO(io.BytesIO(octets), raise_defects=olefile.DEFECT_INCORRECT) as other:
        assert other.get_size("huge") == 7_500_000


def test_things_are_found_by_name() -> None:
    root = read_cfb(write_cfb(sample()))
    inner = root.storage("INNER")

    assert looks_like_cfb(write_cfb(root))
    assert root.stream("SMALL") == b"x" * 10
    assert inner is not None
    assert inner.stream("s1") == b"\1" * 60
    assert root.stream("inner") is None
    assert root.storage("small") is None


def test_names_are_checked() -> None:
    for names in (["a/b"], [""], ["x" * 32], ["a", "A"], ["a!"]):
        with pytest.raises(ValueError, match="name"):
            write_cfb(Storage("", [Stream(name, b"") for name in names]))
    deep = Storage("x")
    for _ in range(130):
        deep = Storage("x", [deep])
    with pytest.raises(ValueError, match="at most 128"):
        write_cfb(deep)


def patched(place: int, value: int, form: str = "<I") -> bytes:
    octets = bytearray(write_cfb(sample()))
    struct.pack_into(form, octets, place, value)
    return bytes(octets)


def directory_place(octets: bytes | bytearray) -> int:
    return (int(struct.unpack_from("<I", octets, 48)[0]) + 1) * 512


GOOD = write_cfb(sample())
DIRECTORY = directory_place(GOOD)
FAT = (int(struct.unpack_from("<I", GOOD, 76)[0]) + 1) * 512


@pytest.mark.parametrize(
    ("place", "value", "form"),
    [
        (0, 0, "<I"),
        (26, 5, "<H"),  # version
        (28, 0, "<H"),  # byte order
        (30, 12, "<H"),  # sector shift of version 4
        (32, 7, "<H"),
        (48, 0xFFFFFFFE, "<I"),  # no directory
        (48, 0x1000, "<I"),
        (76, 0x1000, "<I"),  # a FAT sector that is not there
        (68, 5, "<I"),  # a chain of DIFAT sectors that is none
        (DIRECTORY + 66, 1, "<B"),  # the root entry is no root
        (DIRECTORY + 76, 9999, "<I"),  # its child
        (DIRECTORY + 128 + 68, 1, "<I"),  # the left sibling of an entry is itself
        (DIRECTORY + 116, 0x1000, "<I"),  # the mini stream
        (DIRECTORY + 120, 0x10000000, "<Q"),
    ],
)
def test_broken_files_are_errors(place: int, value: int, form: str) -> None:
    with pytest.raises(ParseError):
        read_cfb(patched(place, value, form))


def test_circles_are_errors() -> None:
    start = int(struct.unpack_from("<I", GOOD, 48)[0])
    with pytest.raises(ParseError, match=r"chain|larger"):
        read_cfb(patched(FAT + start * 4, start))
    with pytest.raises(ParseError):
        read_cfb(patched(68, int(struct.unpack_from("<I", GOOD, 76)[0])))


def test_streams_may_not_share_their_sectors_for_ever() -> None:
    octets = bytearray(write_cfb(Storage("", [Stream(f"s{n:02}", b"x" * 8192) for n in range(20)])))
    place = directory_place(octets)
    for number in range(1, 21):
        struct.pack_into("<I", octets, place + number * 128 + 116, 0)
        struct.pack_into("<Q", octets, place + number * 128 + 120, 8192)
    read_cfb(bytes(octets))  # once over is not more than the file
    for number in range(20):
        struct.pack_into("<I", octets, FAT_OF(octets) + (number * 16 + 15) * 4, number * 16 + 16)
    for number in range(1, 21):
        struct.pack_into("<Q", octets, place + number * 128 + 120, 8192 * 19)
    with pytest.raises(ParseError, match="larger than their file"):
        read_cfb(bytes(octets))


def FAT_OF(octets: bytes | bytearray) -> int:  # noqa: N802 - like the constant
    return (int(struct.unpack_from("<I", octets, 76)[0]) + 1) * 512


def test_depth_is_bounded() -> None:
    deep = Storage("x")
    for _ in range(128):
        deep = Storage("x", [deep])
    octets = write_cfb(Storage("", deep.children))
    assert read_cfb(octets).children


def test_version_4_is_read() -> None:
    """Sectors of 4096 octets: header, FAT, directory, and one stream."""
    fat = struct.pack("<4I", 0xFFFFFFFD, 0xFFFFFFFE, 3, 0xFFFFFFFE).ljust(4096, b"\xff")
    entry = struct.Struct("<64sHBBIII16sIQQIQ")

    def entry_of(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        raw = name.encode("utf-16-le")
        return entry.pack(
            raw, len(raw) + 2, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child, bytes(16), 0, 0, 0, start, size
        )

    directory = entry_of("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry_of("s", 2, 0xFFFFFFFF, 2, 5000)
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<5H6x", 0x3E, 4, 0xFFFE, 12, 6)
    header += struct.pack("<9I", 1, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0) + struct.pack("<I", 0)
    octets = header.ljust(512, b"\xff").ljust(4096, b"\0") + fat + directory.ljust(4096, b"\0") + b"q" * 8192

    assert read_cfb(octets) == Storage("", [Stream("s", b"q" * 5000)])


def test_every_truncation_and_two_thousand_damaged_files() -> None:
    small = write_cfb(Storage("", [Stream("a", b"x" * 70), Storage("b", [Stream("c", b"y" * 5000)])]))
    for size in range(len(small)):
        try:
            read_cfb(small[:size])
        except ParseError:
            continue
    words = [struct.pack("<I", number) for number in (0, 1, 5, 0xFFFFFFFE, 0xFFFFFFFD)]
    for pieces in damaged(small, words, seed=6, count=2000):
        try:
            read_cfb(b"".join(pieces))
        except ParseError:
            continue
