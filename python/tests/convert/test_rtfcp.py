"""Compressed RTF. Vectors: [MS-OXRTFCP] 3."""

from __future__ import annotations

import compressed_rtf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.convert.rtfcp import DICTIONARY, compress, crc32, decompress, store
from tests.support.mutate import damaged

#: [MS-OXRTFCP] 3.1.1: a text without repetition.
SIMPLE = bytes.fromhex(
    "2d000000" "2b000000" "4c5a4675" "f1c5c7a7"
    "03000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)  # fmt: skip
SIMPLE_RTF = b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
#: [MS-OXRTFCP] 3.1.2: a reference that reads what it writes.
CROSSING = bytes.fromhex(
    "1a000000" "1c000000" "4c5a4675" "e2d44b51" "410004205758595a0d6e7d010eb0"
)  # fmt: skip
CROSSING_RTF = b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


@pytest.mark.parametrize(("octets", "rtf"), [(SIMPLE, SIMPLE_RTF), (CROSSING, CROSSING_RTF)])
def test_vectors_of_the_document_are_read(octets: bytes, rtf: bytes) -> None:
    assert decompress(octets) == rtf
    assert len(compress(rtf)) == len(octets)


def test_a_crossing_reference_is_written_as_in_the_document() -> None:
    assert compress(CROSSING_RTF) == CROSSING


def test_the_dictionary_has_the_size_of_the_document() -> None:
    assert len(DICTIONARY) == 207  # 2.1.2.1


def test_uncompressed_contents_are_stored_as_they_are() -> None:
    octets = store(b"{\\rtf1 x}")

    assert octets == bytes.fromhex("15000000090000004d454c4100000000") + b"{\\rtf1 x}"
    assert decompress(octets) == b"{\\rtf1 x}"
    with pytest.raises(ParseError):
        decompress(octets[:-1])
    assert decompress(octets[:-1], verify=False) == b"{\\rtf1 x"


@settings(max_examples=150)
@given(
    st.one_of(
        st.binary(max_size=400), st.lists(st.sampled_from([b"\\par ", b"ab", b"{", b"\xff"])).map(b"".join)
    )
)
def test_what_is_written_is_read_back(document: bytes) -> None:
    octets = compress(document)

    assert decompress(octets) == document
    assert compressed_rtf.decompress(octets) == document
    assert decompress(compressed_rtf.compress(document)) == document
    assert decompress(store(document)) == document


def test_a_long_document_wraps_around_the_dictionary() -> None:
    document = b"{\\rtf1 " + b"".join(b"line %d of many\\par\r\n" % number for number in range(3000)) + b"}"
    octets = compress(document)

    assert len(octets) < len(document) / 2
    assert decompress(octets) == document
    assert compressed_rtf.decompress(octets) == document


@pytest.mark.parametrize("size", range(len(SIMPLE)))
def test_a_short_stream_is_an_error_at_every_length(size: int) -> None:
    with pytest.raises(ParseError):
        decompress(SIMPLE[:size])


def test_without_verifying_a_cut_stream_gives_what_is_there() -> None:
    for size in range(16, len(SIMPLE)):
        assert SIMPLE_RTF.startswith(decompress(SIMPLE[:size], verify=False))


def test_wrong_sizes_do_not_matter() -> None:
    assert decompress(SIMPLE[:4] + b"\xff\0\0\0" + SIMPLE[8:]) == SIMPLE_RTF
    assert decompress(b"\xff\0\0\0" + SIMPLE[4:]) == SIMPLE_RTF
    assert decompress(b"\x2c\0\0\0" + SIMPLE[4:]) == SIMPLE_RTF
    assert decompress(SIMPLE + b"rubbish") == SIMPLE_RTF


def test_a_missing_end_mark_ends_with_the_octets() -> None:
    # A control octet of eight literals, and nothing behind it.
    octets = bytes(4) + bytes(4) + b"LZFu" + crc32(b"\0{\\rtf1 }").to_bytes(4, "little") + b"\0{\\rtf1 }"

    assert decompress(octets) == b"{\\rtf1 }"


@pytest.mark.parametrize(
    "contents",
    [
        b"\x01\xff\x00",  # what was never written
        b"\x01\x20\x00",
    ],
)
def test_a_reference_to_nothing_is_an_error(contents: bytes) -> None:
    octets = bytes(8) + b"LZFu" + crc32(contents).to_bytes(4, "little") + contents

    with pytest.raises(ParseError, match="reference"):
        decompress((len(contents) + 12).to_bytes(4, "little") + octets[4:])


def test_other_errors() -> None:
    with pytest.raises(ParseError, match="CRC"):
        decompress(SIMPLE[:-1] + b"\xff")
    with pytest.raises(ParseError, match="LZFu or MELA"):
        decompress(SIMPLE[:8] + b"ZIP!" + SIMPLE[12:])


def test_size_is_bounded() -> None:
    with pytest.raises(ParseError, match="at most 100"):
        decompress(compress(b"a" * 1000), limit=100)
    with pytest.raises(ParseError, match="at most 100"):
        decompress(store(b"a" * 1000), limit=100)


def test_two_thousand_damaged_streams() -> None:
    good = compress(b"{\\rtf1 " + b"some text again and again\\par " * 10 + b"}")
    for pieces in damaged(good, [b"LZFu", b"\xff\xff\xff\xff"], seed=1, count=2000):
        for verify in (True, False):
            try:
                decompress(b"".join(pieces), verify=verify)
            except ParseError:
                continue
