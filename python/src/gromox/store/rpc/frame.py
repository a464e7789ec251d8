"""Frames: messages cut into pieces, so that a large one lets small ones pass.

``u32 size, u8 kind, u8 flags, u32 call`` and ``size`` octets. All pieces of a message have the same kind and
call; all but the last have the flag MORE. Pieces of different calls may stand between each other.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.errors import ParseError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Octets of a piece.
PIECE: Final = 64 << 10
#: Octets of a whole message; contents of attachments go in chunks of their own.
MAX_MESSAGE: Final = 64 << 20
#: Messages that may be under way in pieces at once, and the octets of all of them.
MAX_PARTIAL: Final = 64
MAX_PARTIAL_OCTETS: Final = 2 * MAX_MESSAGE
_HEAD: Final = struct.Struct("<IBBI")
_MORE: Final = 1


class Kind(IntEnum):
    """What a message is."""

    HELLO = 1  #: who speaks and which versions of the protocol
    REQUEST = 2  #: open a session, log on, ...: see request.py
    CALL = 3  #: an operation of a session
    WAIT = 4  #: answered once the session has something to tell
    CANCEL = 5  #: the answer to a call is not wanted any more
    PING = 6  #: from either end
    ALIVE = 7  #: the client's answer to a ping
    RESULT = 0x80
    FAULT = 0x81


class Frame(NamedTuple):
    """A whole message."""

    kind: int
    call: int
    octets: bytes


def pieces(kind: Kind, call: int, octets: bytes | bytearray) -> Iterator[bytes]:
    """Yield a message in its pieces.

    Raises:
        ValueError: it is larger than a message may be.
    """
    if len(octets) > MAX_MESSAGE:
        raise ValueError(f"a message of the store RPC has at most {MAX_MESSAGE} octets")
    if len(octets) <= PIECE:
        yield _HEAD.pack(len(octets), kind, 0, call) + octets
        return
    view = memoryview(octets)
    for start in range(0, len(octets), PIECE):
        piece = view[start : start + PIECE]
        more = _MORE if start + PIECE < len(octets) else 0
        yield _HEAD.pack(len(piece), kind, more, call) + piece


class FrameBuffer:
    """Puts messages together from octets as they come."""

    __slots__ = ("_held", "_input", "_partial")

    def __init__(self) -> None:
        self._input = bytearray()
        self._partial: dict[int, tuple[int, bytearray]] = {}
        self._held = 0

    def feed(self, octets: bytes) -> list[Frame]:
        """Return the messages that are complete now.

        Raises:
            ParseError: a piece is too large, or there are too many under way; the connection is of no use
                any more.
        """
        data = self._input
        data += octets
        start, found = 0, []
        while len(data) - start >= _HEAD.size:
            size, kind, flags, call = _HEAD.unpack_from(data, start)
            if size > PIECE:
                raise ParseError(f"a piece of at most {PIECE} octets")
            end = start + _HEAD.size + size
            if end > len(data):
                break
            frame = self._take(kind, flags, call, bytes(data[start + _HEAD.size : end]))
            if frame is not None:
                found.append(frame)
            start = end
        del data[:start]
        return found

    def _take(self, kind: int, flags: int, call: int, octets: bytes) -> Frame | None:
        begun = self._partial.get(call)
        if begun is None and not flags & _MORE:
            return Frame(kind, call, octets)
        if begun is None:
            if len(self._partial) >= MAX_PARTIAL:
                raise ParseError(f"at most {MAX_PARTIAL} messages at once")
            begun = self._partial[call] = (kind, bytearray())
        if begun[0] != kind:
            raise ParseError("pieces of one kind")
        begun[1].extend(octets)
        self._held += len(octets)
        if len(begun[1]) > MAX_MESSAGE or self._held > MAX_PARTIAL_OCTETS:
            raise ParseError(f"messages of at most {MAX_MESSAGE} octets")
        if flags & _MORE:
            return None
        del self._partial[call]
        self._held -= len(begun[1])
        return Frame(kind, call, bytes(begun[1]))
