"""Compressed RTF: PidTagRtfCompressed from and to the octets of a document.

The contents are LZ77 over a dictionary of 4096 octets that begins with RTF's most frequent words. What is
written is found by hashing, so that the time grows with the size alone.

Spec: [MS-OXRTFCP] 2.1.3 (dictionary, header, CRC), 2.2.2 (compressing), 2.2.3 (decompressing).
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

from gromox.base.errors import ParseError

#: COMPTYPE, [MS-OXRTFCP] 2.1.3.1.1.
COMPRESSED: Final = 0x75465A4C
UNCOMPRESSED: Final = 0x414C454D

#: What the dictionary holds at first, [MS-OXRTFCP] 2.1.2.1.
DICTIONARY: Final = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
#: Larger documents are refused: the longest that any mail program writes are some megabytes.
MAX_SIZE: Final = 128 << 20

_HEADER: Final = struct.Struct("<IIII")
_WINDOW: Final = 4096
_SHORTEST: Final = 2
_LONGEST: Final = 17
#: Earlier places compared for each position. More find hardly longer matches; this keeps the time linear.
_PROBES: Final = 12
_TOKENS: Final = 8  #: of one control octet


def crc32(contents: bytes) -> int:
    """Return the CRC of the header: the usual polynomial, but begun with 0 and not inverted.

    Spec: [MS-OXRTFCP] 2.1.3.2.
    """
    return zlib.crc32(contents, 0xFFFFFFFF) ^ 0xFFFFFFFF


def decompress(octets: bytes, *, verify: bool = True, limit: int = MAX_SIZE) -> bytes:
    """Return the document of a compressed stream.

    Spec:
        [MS-OXRTFCP] 2.2.3. RAWSIZE is not trusted: the end mark ends the document, or the end of the octets
        for writers that leave it out. What follows COMPSIZE octets is no part of the stream.

    Args:
        octets: the value of PidTagRtfCompressed.
        verify: whether a wrong CRC is an error.
        limit: the largest document to make, in octets.

    Raises:
        ParseError: the header is cut off or unknown, the CRC is wrong, a reference points to where nothing
            was written yet, or the document is larger than ``limit``.
    """
    if len(octets) < _HEADER.size:
        raise ParseError(f"{_HEADER.size} octets of a compressed document's header", len(octets))
    size, raw_size, kind, crc = _HEADER.unpack_from(octets)
    # COMPSIZE counts the three fields that follow it. Some writers put the size without them, so what is
    # there beyond is only cut off where the CRC agrees with that.
    end = min(max(size + 4, _HEADER.size), len(octets))
    if kind == UNCOMPRESSED:
        contents = octets[_HEADER.size : _HEADER.size + raw_size]
        if len(contents) < raw_size and verify:
            raise ParseError(f"{raw_size} octets of an uncompressed document", len(octets))
        if len(contents) > limit:
            raise ParseError(f"a document of at most {limit} octets", 0)
        return contents
    if kind != COMPRESSED:
        raise ParseError(f"LZFu or MELA instead of 0x{kind:08x}", 8)
    contents = octets[_HEADER.size : end]
    if verify and crc32(contents) != crc:
        contents = octets[_HEADER.size :]
        if crc32(contents) != crc:
            raise ParseError("contents that agree with their CRC", 12)
    return _expand(contents, limit)


def _expand(contents: bytes, limit: int) -> bytes:
    """Expand; written for speed: eight literals at once where a control octet says so."""
    out = bytearray(DICTIONARY)
    limit += len(DICTIONARY)
    at, end = 0, len(contents)
    while at < end:
        control = contents[at]
        at += 1
        if not control:
            out += contents[at : at + _TOKENS]
            at += _TOKENS
            continue
        for bit in range(_TOKENS):
            if not control >> bit & 1:
                out += contents[at : at + 1]
                at += 1
                continue
            if at + 1 >= end:
                return bytes(out[len(DICTIONARY) :])
            reference = contents[at] << 8 | contents[at + 1]
            at += 2
            place = len(out)
            distance = (place - (reference >> 4)) % _WINDOW
            if not distance:
                return bytes(out[len(DICTIONARY) :])
            if distance > place:
                raise ParseError("a reference to what was written before", _HEADER.size + at - 2)
            length = (reference & 15) + _SHORTEST
            piece = out[place - distance : place - distance + length]
            if len(piece) < length:  # it reads what it writes
                piece = (piece * (length // distance + 1))[:length]
            out += piece
        if len(out) > limit:
            break
    if len(out) > limit:
        raise ParseError(f"a document of at most {limit - len(DICTIONARY)} octets", 0)
    return bytes(out[len(DICTIONARY) :])


def compress(document: bytes) -> bytes:
    """Return a document as a compressed stream.

    Spec: [MS-OXRTFCP] 2.2.2, with the first and longest match among a few recent ones.
    """
    contents = _shrink(document)
    return _HEADER.pack(len(contents) + 12, len(document), COMPRESSED, crc32(contents)) + contents


def store(document: bytes) -> bytes:
    """Return a document as a stream that is not compressed.

    Spec: [MS-OXRTFCP] 2.1.3.1.1 (UNCOMPRESSED): the CRC is zero.
    """
    return _HEADER.pack(len(document) + 12, len(document), UNCOMPRESSED, 0) + document


def _shrink(document: bytes) -> bytes:  # noqa: PLR0915 - one loop: a call for each octet costs as much
    """Compress. One loop, because it runs for each octet."""
    buf = DICTIONARY + document
    size = len(buf)
    newest: dict[bytes, int] = {}
    older = [-1] * size
    pairs: dict[bytes, int] = {}
    for place in range(len(DICTIONARY) - 1):
        key = buf[place : place + 3]
        older[place] = newest.get(key, -1)
        newest[key] = place
        pairs.setdefault(key[:2], place)
    out = bytearray()
    group = bytearray()
    control = bit = 0
    place = len(DICTIONARY)
    while place < size:
        key = buf[place : place + 3]
        length, source = 1, -1
        longest = min(_LONGEST, size - place)
        probe, probes = newest.get(key, -1), _PROBES
        while probe > place - _WINDOW and probe >= 0 and probes and length < longest:
            if buf[probe + length] == buf[place + length]:
                found = length if buf[probe : probe + length] == buf[place : place + length] else 0
                if found:
                    while found < longest and buf[probe + found] == buf[place + found]:
                        found += 1
                    length, source = found, probe
            probe = older[probe]
            probes -= 1
        if source < 0 and longest >= _SHORTEST:
            probe = pairs.get(key[:2], -1)
            if probe > place - _WINDOW and probe >= 0:
                length, source = _SHORTEST, probe
        if source < 0:
            group.append(buf[place])
        else:
            control |= 1 << bit
            reference = source % _WINDOW << 4 | length - _SHORTEST
            group += bytes((reference >> 8, reference & 255))
        bit += 1
        if bit == _TOKENS:
            out.append(control)
            out += group
            group.clear()
            control = bit = 0
        for done in range(place, place + length):
            key = buf[done : done + 3]
            older[done] = newest.get(key, -1)
            newest[key] = done
            pairs[key[:2]] = done
        place += length
    reference = place % _WINDOW << 4
    out.append(control | 1 << bit)
    out += group
    out += bytes((reference >> 8, reference & 255))
    return bytes(out)
