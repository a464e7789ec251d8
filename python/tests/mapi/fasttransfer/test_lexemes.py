"""Octets of FastTransfer streams: vectors, every truncation, every cut, round trips, bounds."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.mapi import tags
from gromox.mapi.fasttransfer import lexeme, writer
from gromox.mapi.fasttransfer.buffer import SMALLEST, Buffers
from gromox.mapi.fasttransfer.lexeme import (
    MAX_MULTIPLE,
    MAX_VALUE,
    MAX_WHOLE,
    LargeBegin,
    LargeEnd,
    LargePart,
    Lexeme,
    PropertyLexeme,
)
from gromox.mapi.fasttransfer.lexer import MAX_NAME, Lexer
from gromox.mapi.fasttransfer.markers import Marker
from gromox.mapi.fasttransfer.writer import Piece
from gromox.mapi.propname import PropertyName
import itertools

SET = UUID("00062002-0000-0000-c000-000000000046")
LID = PropertyName(SET, 0x8208)
TEXT = PropertyName(SET, "Keywords")

# Assembled by hand from the lexical structure, [MS-OXCFXICS] 2.2.4.1.
VECTORS: dict[str, tuple[str, PropertyLexeme | Marker]] = {
    "marker": ("03000940", Marker.START_TOP_FLD),
    "marker of a binary type": ("02017b40", Marker.INCR_SYNC_GROUP_INFO),
    "number": ("0300 170e 78563412", PropertyLexeme(0x0E170003, None, 0x12345678)),
    "number of 16 bits": ("0200 0430 3412", PropertyLexeme(0x30040002, None, 0x1234)),
    "truth": ("0b00 1b0e 0100", PropertyLexeme(0x0E1B000B, None, True)),
    "untruth": ("0b00 1b0e 0000", PropertyLexeme(0x0E1B000B, None, False)),
    "time": ("4000 3900 0080f08a2f35d001", PropertyLexeme(0x00390040, None, 0x01D0352F8AF08000)),
    "text": ("1f00 3700 06000000 410042000000", PropertyLexeme(0x0037001F, None, "AB")),
    "text without its end": ("1f00 3700 04000000 41004200", PropertyLexeme(0x0037001F, None, "AB")),
    "text of one code page": ("1e00 3700 03000000 414200", PropertyLexeme(0x0037001E, None, b"AB")),
    "text of a code page": ("e484 3700 03000000 414200", PropertyLexeme(0x003784E4, None, b"AB\0")),
    "text of the Unicode page": ("b084 3700 04000000 41000000", PropertyLexeme(0x0037001F, None, "A")),
    "octets": ("0201 e065 02000000 beef", PropertyLexeme(0x65E00102, None, b"\xbe\xef")),
    "no octets": ("0201 e065 00000000", PropertyLexeme(0x65E00102, None, b"")),
    "given ids": ("0300 1740 02000000 beef", PropertyLexeme(0x40170003, None, b"\xbe\xef")),
    "several numbers": ("0310 3412 02000000 01000000 02000000", PropertyLexeme(0x12341003, None, (1, 2))),
    "several texts": (
        "1f10 3412 02000000 04000000 41000000 02000000 0000",
        PropertyLexeme(0x1234101F, None, ("A", "")),
    ),
    "named by number": (
        "1f00 0180 0220060000000000c000000000000046 00 08820000 04000000 41000000",
        PropertyLexeme(0x8001001F, LID, "A"),
    ),
    "named by text": (
        (
            "1f10 0280 0220060000000000c000000000000046 01"
            "4b006500790077006f007200640073000000 01000000 04000000 41000000"
        ),
        PropertyLexeme(0x8002101F, TEXT, ("A",)),
    ),
}
REWRITTEN = {"text without its end", "text of the Unicode page"}


def octets_of(name: str) -> bytes:
    return bytes.fromhex(VECTORS[name][0].replace(" ", ""))


def read(parts: Iterable[bytes]) -> list[Lexeme]:
    lexer = Lexer()
    found = [each for part in parts for each in lexer.feed(part)]
    lexer.end()
    return found


def joined(pieces: Iterable[Piece]) -> bytes:
    return b"".join(each.octets for each in pieces)


def written(each: Lexeme) -> bytes:
    if isinstance(each, Marker):
        return writer.marker(each).octets
    assert isinstance(each, PropertyLexeme)
    return joined(writer.property_value(each.tag, each.value, each.name))


@pytest.mark.requirement("MS-OXCFXICS", 2740)
@pytest.mark.requirement("MS-OXCFXICS", 989)
@pytest.mark.requirement("MS-OXCFXICS", 992)
@pytest.mark.requirement("MS-OXCFXICS", 995)
@pytest.mark.requirement("MS-OXCFXICS", 996)
@pytest.mark.requirement("MS-OXCFXICS", 3257)
@pytest.mark.requirement("MS-OXCFXICS", 3352)
@pytest.mark.requirement("MS-OXCFXICS", 1879)
@pytest.mark.parametrize("name", VECTORS)
def test_vectors_are_read_and_written(name: str) -> None:
    octets, value = octets_of(name), VECTORS[name][1]
    assert read([octets]) == [value]
    assert read([bytes((octet,)) for octet in octets]) == [value]
    if name not in REWRITTEN:
        assert written(value) == octets


@pytest.mark.parametrize("name", VECTORS)
def test_what_ends_too_early_is_refused_at_every_length(name: str) -> None:
    octets = octets_of(name)
    for size in range(1, len(octets)):
        lexer = Lexer()
        assert list(lexer.feed(octets[:size])) == []
        with pytest.raises(ParseError):
            lexer.end()


@pytest.mark.parametrize(
    "octets",
    [
        "0a00 3700 00000000",  # an error is no value
        "0d10 3700 00000000",  # objects have no several values
        "fd00 3700 00000000",
        "0000 3700",
        "1f00 3700 03000000 414141",  # half a character
        "1f10 3412 01000000 01000000 41",
        "1f00 0180 0220060000000000c000000000000046 02",  # a kind of name
        "0201 3700 00000080",
        "0310 3412 01001000",
        "1f10 3412 01000000 01004000",
    ],
)
def test_what_follows_no_grammar_is_refused(octets: str) -> None:
    lexer = Lexer()
    with pytest.raises(ParseError):
        list(lexer.feed(bytes.fromhex(octets.replace(" ", "")) + bytes(64)))
    with pytest.raises(ParseError):
        list(lexer.feed(b"\0"))


def test_names_are_bounded() -> None:
    head = bytes.fromhex("1f000180") + SET.bytes_le + b"\1"
    good = head + b"A\0" * (MAX_NAME // 2) + bytes(2) + bytes(4)
    assert len(read([good])) == 1
    with pytest.raises(ParseError):
        read([head + b"A\0" * (MAX_NAME // 2 + 1) + bytes(2) + bytes(4)])


def test_several_values_are_bounded() -> None:
    most = MAX_MULTIPLE // 16
    tag = struct.pack("<I", 0x12341048)
    (found,) = read([tag + struct.pack("<I", most) + bytes(16 * most)])
    assert isinstance(found, PropertyLexeme)
    assert found.value == (UUID(int=0),) * most
    with pytest.raises(ParseError):
        read([tag + struct.pack("<I", most + 1)])


@pytest.mark.requirement("MS-OXCFXICS", 262501)
@pytest.mark.requirement("MS-OXCFXICS", 2625)
def test_what_is_too_large_is_refused_not_cut() -> None:
    with pytest.raises(ParseError):
        read([struct.pack("<II", 0x00370102, MAX_VALUE + 1)])
    with pytest.raises(ValueError, match="octets"):
        list(writer.large_value(0x37010102, MAX_VALUE + 1, ()))
    for chunks in ([b"abc"], [b"abcd", b"e"]):
        with pytest.raises(ValueError, match="come to"):
            list(writer.large_value(0x37010102, 4, chunks))


@pytest.mark.parametrize("cut", [101, 4096, 1 << 20])
def test_large_values_come_in_parts(cut: int) -> None:
    content = bytes(range(256)) * 1024
    octets = joined(writer.large_value(0x37010102, len(content), [content[:1000], content[1000:]]))
    octets += writer.marker(Marker.END_ATTACH).octets
    parts = [octets[at : at + cut] for at in range(0, len(octets), cut)]
    begin, *inner, end, mark = read(parts)
    assert begin == LargeBegin(0x37010102, None, len(content))
    assert (end, mark) == (LargeEnd(), Marker.END_ATTACH)
    assert all(isinstance(each, LargePart) and len(each.octets) <= MAX_WHOLE for each in inner)
    assert b"".join(each.octets for each in inner if isinstance(each, LargePart)) == content
    (whole,) = read([joined(writer.property_value(0x37010102, bytes(MAX_WHOLE)))])
    assert isinstance(whole, PropertyLexeme)


def test_only_known_types_can_be_written() -> None:
    for tag in (0x0037000A, 0x003700FD, 0x003700FE, 0x00370000, 0x00371001):
        assert not writer.is_writable(tag)
        with pytest.raises(ValueError, match=r"type|octets"):
            list(writer.property_value(tag, 0))
    for tag, value in ((0x0037001F, b""), (0x00370102, ""), (0x00371003, 5), (0x00370003, "x")):
        with pytest.raises(ValueError, match="stands where"):
            list(writer.property_value(tag, value))
    with pytest.raises(ValueError, match="name"):
        list(writer.property_value(0x8001001F, "x"))
    with pytest.raises(ValueError, match="name"):
        list(writer.property_value(0x0037001F, "x", LID))
    with pytest.raises(ValueError, match="number or a text"):
        list(writer.property_value(0x8001001F, "x", PropertyName(SET, None)))


FIXED = {0x0002: 16, 0x0003: 32, 0x0014: 64, 0x0040: 64}
names = st.one_of(
    st.none(),
    st.builds(PropertyName, st.uuids(), st.integers(0, 0xFFFFFFFF)),
    st.builds(
        PropertyName,
        st.uuids(),
        st.text(st.characters(codec="utf-16-le", exclude_characters="\0"), min_size=1, max_size=100),
    ),
)
texts = st.text(st.characters(codec="utf-16-le", exclude_characters="\0"), max_size=40)
values = st.one_of(
    *[st.tuples(st.just(kind), st.integers(0, (1 << bits) - 1)) for kind, bits in FIXED.items()],
    *[
        st.tuples(st.just(kind | 0x1000), st.lists(st.integers(0, (1 << bits) - 1), max_size=5).map(tuple))
        for kind, bits in FIXED.items()
    ],
    st.tuples(st.just(0x000B), st.booleans()),
    st.tuples(st.just(0x0048), st.uuids()),
    st.tuples(st.just(0x001F), texts),
    st.tuples(st.just(0x101F), st.lists(texts, max_size=4).map(tuple)),
    st.tuples(st.just(0x0102), st.binary(max_size=2000)),
    st.tuples(st.just(0x1102), st.lists(st.binary(max_size=60), max_size=4).map(tuple)),
    st.tuples(st.just(0x84E4), st.binary(max_size=20)),
)


@st.composite
def lexemes(draw: st.DrawFn) -> Lexeme:
    if draw(st.booleans()):
        mark: Marker = draw(st.sampled_from(Marker))
        return mark
    kind, value = draw(values)
    name = draw(names)
    # Below the identifiers of markers, or of a named property.
    prop_id = draw(st.integers(1, 0x3FFF)) if name is None else draw(st.integers(0x8000, 0xFFFE))
    return PropertyLexeme(prop_id << 16 | kind, name, value)


@pytest.mark.slow
@given(st.lists(lexemes(), max_size=12), st.data())
def test_what_is_written_is_read_back_however_it_is_cut(made: list[Lexeme], data: st.DataObject) -> None:
    octets = b"".join(written(each) for each in made)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=8)))
    bounds = [0, *cuts, len(octets)]
    assert read([octets[low:high] for low, high in itertools.pairwise(bounds)]) == made


# Buffers.


@pytest.mark.requirement("MS-OXCFXICS", 981)
@pytest.mark.requirement("MS-OXCFXICS", 982)
@pytest.mark.requirement("MS-OXCFXICS", 3253)
@given(st.lists(lexemes(), max_size=20), st.integers(SMALLEST, 3000))
def test_buffers_end_between_atoms_or_within_values(made: list[Lexeme], size: int) -> None:
    pieces: list[Piece] = []
    for each in made:
        if isinstance(each, Marker):
            pieces.append(writer.marker(each))
        elif isinstance(each, PropertyLexeme):
            pieces += writer.property_value(each.tag, each.value, each.name)
    allowed = {0}
    at = 0
    for piece in pieces:
        if piece.is_divisible:
            allowed |= set(range(at, at + len(piece.octets)))
        at += len(piece.octets)
        allowed.add(at)
    buffers = Buffers(iter(pieces))
    taken: list[bytes] = []
    while not buffers.is_done:
        taken.append(buffers.take(size))
        assert len(taken[-1]) <= size
        assert buffers.sent in allowed
    assert b"".join(taken) == joined(pieces)
    assert read(taken) == made
    assert buffers.take(size) == b""


def test_an_atom_that_does_not_fit_is_told() -> None:
    long = PropertyName(SET, "x" * 126)
    pieces = list(writer.property_value(0x8001001F, "y" * 3000, long))
    assert len(pieces[0].octets) <= SMALLEST
    buffers = Buffers(iter(pieces))
    with pytest.raises(ValueError, match="does not fit"):
        buffers.take(100)
    assert len(buffers.take(SMALLEST)) == SMALLEST


def test_the_types_are_those_of_the_document() -> None:
    # [MS-OXCFXICS] 2.2.4.1: no others.
    assert len(lexeme.FIXED_SIZES) == 10
    assert {int(kind) for kind in lexeme.VARIABLE} == {0x1E, 0x1F, 0xFB, 0x102, 0x0D}
    assert lexeme.wire_type(tags.PidTagIdsetGiven) == 0x0102
