"""Multi-line answers: a mail as POP3 transmits it, made in pieces. RFC 1939 section 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.mime.surrogate import ascii_header

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: A header of more octets is cut off for TOP.
_MAX_HEADER: Final = 1 << 20


class DotEncoder:
    r"""Doubles dots at the beginning of lines and makes all lines end with CR LF.

    A bare LF becomes CR LF: a client that takes it for the end of a line would take ``\n.\r\n`` for the end
    of the mail. Such mails are rare, and a few octets longer here than LIST says.
    """

    __slots__ = ("_at_start", "_cr")

    def __init__(self) -> None:
        """Begin at the beginning of a line."""
        self._at_start, self._cr = True, False

    def feed(self, octets: bytes) -> bytes:
        """Encode some octets."""
        if self._cr:
            octets = b"\r" + octets
        self._cr = octets.endswith(b"\r")  # it may be half of a line end
        if self._cr:
            octets = octets[:-1]
        if not octets:
            return b""
        if octets.count(b"\n") != octets.count(b"\r\n"):
            octets = octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        stuffed = octets.replace(b"\r\n.", b"\r\n..")
        if self._at_start and octets.startswith(b"."):
            stuffed = b"." + stuffed
        self._at_start = octets.endswith(b"\n")
        return stuffed

    def finish(self) -> bytes:
        """Return what ends the answer."""
        return b".\r\n" if self._at_start and not self._cr else b"\r\n.\r\n"


def whole(first: bytes, octets: bytes) -> bytes:
    """Return the first line of an answer and a mail that is in memory, encoded."""
    encoder = DotEncoder()
    return b"".join((first, encoder.feed(octets), encoder.finish()))


def in_ascii(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a mail whose header has no octets above 127. RFC 6856 section 2.1, RFC 6858."""
    head: bytes | None = b""
    for chunk in chunks:
        if head is None:
            yield chunk
            continue
        head += chunk
        end = _header_end(head)
        if end < 0 and len(head) < _MAX_HEADER:
            continue
        end = end if end >= 0 else len(head)
        yield ascii_header(head[:end])
        rest, head = head[end:], None
        if rest:
            yield rest
    if head:
        yield ascii_header(head)


def top(chunks: Iterable[bytes], lines: int) -> Iterator[bytes]:
    """Yield the header, the empty line and the first ``lines`` lines of the body. RFC 1939 section 7, TOP."""
    head: bytes | None = b""
    for chunk in chunks:
        body = chunk
        if head is not None:
            head += chunk
            end = _header_end(head)
            if end < 0 and len(head) < _MAX_HEADER:
                continue
            end = end if end >= 0 else len(head)
            yield head[:end]
            body, head = head[end:], None
        count = body.count(b"\n")
        if count >= lines:
            yield _first_lines(body, lines)
            return
        lines -= count
        yield body
    if head:
        yield head


def _header_end(octets: bytes) -> int:
    """Return where the body begins, or -1."""
    if octets.startswith((b"\r\n", b"\n")):
        return octets.index(b"\n") + 1
    ends = [at + len(mark) for mark in (b"\r\n\r\n", b"\n\n") if (at := octets.find(mark)) >= 0]
    return min(ends, default=-1)


def _first_lines(octets: bytes, lines: int) -> bytes:
    at = 0
    for _ in range(lines):
        at = octets.index(b"\n", at) + 1
    return octets[:at]
