"""The content of a part as octets that are decoded chunk by chunk, so that 100 MB need no memory."""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING, Final

from gromox.mapi.message import InMemory, Octets
from gromox.mime.body import decode_encoding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_IDENTITY: Final = frozenset(["7bit", "8bit", "binary", ""])
#: Encoded octets that are decoded at a time.
CHUNK: Final = 256 * 1024
#: Up to here a content is decoded at once: it costs less than to look at it twice.
_SMALL: Final = 64 * 1024
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_ALPHABET: Final = bytes(set(range(256)) - set(_ALPHABET))
_UU_END: Final = re.compile(rb"^end[ \t\r]*$", re.MULTILINE)


class PartOctets:
    """The octets of ``source[start:end]`` out of their transfer encoding."""

    __slots__ = ("_encoding", "_end", "_size", "_source", "_start")

    def __init__(self, source: bytes, start: int, end: int, encoding: str) -> None:
        """Refer to a part of the source; nothing is copied or decoded yet."""
        self._source, self._start, self._end, self._encoding = source, start, end, encoding
        self._size: int | None = end - start if _is_identity(encoding) else None

    @property
    def size(self) -> int:
        """The number of decoded octets; they are counted once."""
        if self._size is None:
            self._size = sum(map(len, self.chunks()))
        return self._size

    def chunks(self) -> Iterator[bytes]:
        """Go through the decoded octets."""
        if self._encoding == "base64":
            return self._base64()
        if _is_identity(self._encoding):
            return self._slices()
        return self._by_lines()

    def _slices(self) -> Iterator[bytes]:
        for at in range(self._start, self._end, CHUNK):
            yield self._source[at : min(at + CHUNK, self._end)]

    def _base64(self) -> Iterator[bytes]:
        """What is no digit is passed over, the first padding is the end, a missing one is supplied."""
        rest = b""
        for piece in self._slices():
            clean = rest + piece.translate(None, _NOT_ALPHABET)
            padding = _padding(piece, len(rest))
            if padding >= 0:
                clean = rest + piece[:padding].translate(None, _NOT_ALPHABET)
                rest = clean
                break
            whole = len(clean) & ~3
            rest = clean[whole:]
            if whole:
                yield binascii.a2b_base64(clean[:whole])
        else:
            clean = rest
        if len(clean) % 4 == 1:  # one digit alone carries six bits: not an octet
            clean = clean[:-1]
        if clean:
            yield binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))

    def _by_lines(self) -> Iterator[bytes]:
        """Quoted-printable and uuencode: no chunk ends within a line, unless that is longer than a chunk."""
        at, source = self._start, self._source
        is_uu = self._encoding != "quoted-printable"
        while at < self._end:
            end = min(at + CHUNK, self._end)
            if end < self._end:
                line_end = source.rfind(b"\n", at, end) + 1
                end = line_end or _before_escape(source, at, end)
            octets = decode_encoding(source[at:end], self._encoding)
            if octets:
                yield octets
            if is_uu and _UU_END.search(source, at, end):
                return
            at = end


def _is_identity(encoding: str) -> bool:
    return encoding in _IDENTITY or encoding not in (
        "base64",
        "quoted-printable",
        "x-uuencode",
        "uuencode",
        "x-uue",
        "uue",
    )


def _padding(piece: bytes, carried: int) -> int:
    """Return where base64 ends in a piece, or -1: the first "=" that may stand where it stands."""
    at = piece.find(b"=")
    tries = 0
    while at >= 0 and tries < 8:  # noqa: PLR2004 - junk with many of them is no base64 at all
        if (carried + len(piece[:at].translate(None, _NOT_ALPHABET))) % 4 >= 2:  # noqa: PLR2004 - RFC 4648 4
            return at
        at = piece.find(b"=", at + 1)
        tries += 1
    return at


def _before_escape(source: bytes, start: int, end: int) -> int:
    """Return an end that does not cut "=XX" or "=" and its line break."""
    at = source.rfind(b"=", max(start + 1, end - 3), end)
    return end if at < 0 else at


def part_octets(source: bytes, start: int, end: int, encoding: str) -> Octets:
    """Return the content of a part: decoded if it is small, else lazily."""
    lazy = PartOctets(source, start, end, encoding)
    return InMemory(b"".join(lazy.chunks())) if end - start <= _SMALL else lazy


class Joined:
    """Several octets one after the other."""

    __slots__ = ("_pieces",)

    def __init__(self, pieces: Sequence[Octets]) -> None:
        """Refer to the pieces."""
        self._pieces = tuple(pieces)

    @property
    def size(self) -> int:
        """The number of octets."""
        return sum(piece.size for piece in self._pieces)

    def chunks(self) -> Iterator[bytes]:
        """Go through all of them."""
        for piece in self._pieces:
            yield from piece.chunks()


def read_octets(octets: Octets, limit: int) -> bytes:
    """Return the first octets, at most ``limit``."""
    out: list[bytes] = []
    size = 0
    for chunk in octets.chunks():
        out.append(chunk[: limit - size])
        size += len(out[-1])
        if size >= limit:
            break
    return b"".join(out)
