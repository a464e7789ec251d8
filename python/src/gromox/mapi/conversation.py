"""Conversation indexes: where in a thread a message stands.

Spec:
    [MS-OXOMSG] 2.2.1.3. Two headers are about: one whose first octet is the most significant one of the time
    (it has been 01 since 1829 and will be until 2057), and one that puts a reserved 01 in front of it, so
    that it starts 01 01. We read both; a reply keeps the header of its conversation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, Writer

_HEADER_SIZE: Final = 22
_LEVEL_SIZE: Final = 5
#: Replies to replies; longer threads keep their first levels.
MAX_LEVELS: Final = 1024

_RESERVED: Final = 0x01
_COARSE: Final = 0x80000000
_FINE_SHIFT: Final = 18
_COARSE_SHIFT: Final = 23
_DELTA_MASK: Final = 0x7FFFFFFF
#: Differences with one of these bits take 1.7 years and more.
_LONG: Final = 0x00FE0000 << 32


class ResponseLevel(NamedTuple):
    """One reply: the code of the time that passed, and eight bits by chance.

    The code is kept as it was read, as servers write the coarse form without need.
    """

    code: int
    random: int

    @classmethod
    def of(cls, delta: int, random: int) -> ResponseLevel:
        """Make the level of a reply ``delta`` (100 ns) after the header."""
        if delta & _LONG:
            return cls(delta >> _COARSE_SHIFT & _DELTA_MASK | _COARSE, random & 0xFF)
        return cls(delta >> _FINE_SHIFT & _DELTA_MASK, random & 0xFF)

    @property
    def delta(self) -> int:
        """The time that passed, in 100 ns; its low bits are lost."""
        return (self.code & _DELTA_MASK) << (_COARSE_SHIFT if self.code & _COARSE else _FINE_SHIFT)


@dataclass(frozen=True, slots=True)
class ConversationIndex:
    """PidTagConversationIndex; ``time`` is a FILETIME whose low bits are lost."""

    time: int
    conversation: UUID
    levels: tuple[ResponseLevel, ...] = ()
    #: Whether a reserved octet stands in front of the whole time.
    reserved: bool = False

    @classmethod
    def start(cls, time: int, conversation: UUID) -> ConversationIndex:
        """Return the index of the first message of a conversation."""
        return cls(time >> 16 << 16, conversation)

    @classmethod
    def from_octets(cls, octets: bytes) -> ConversationIndex:
        """Read an index.

        Spec: [MS-OXOMSG] 2.2.1.3
        Raises:
            ParseError: its size is wrong or it does not start with 01.
        """
        count, odd = divmod(len(octets) - _HEADER_SIZE, _LEVEL_SIZE)
        if count < 0 or odd or count > MAX_LEVELS:
            raise ParseError("a conversation index of 22 octets and 5 for each reply", len(octets))
        if octets[0] != _RESERVED:
            raise ParseError("01 as the first octet of a conversation index")
        reserved = octets[1] == _RESERVED
        time = octets[1:6] + bytes(3) if reserved else octets[:6] + bytes(2)
        r = Reader(octets[_HEADER_SIZE:])
        # The GUID stands in the order of its text, unlike all others.
        conversation = UUID(bytes=octets[6:_HEADER_SIZE])
        levels = tuple(ResponseLevel(int.from_bytes(r.take(4), "big"), r.u8()) for _ in range(count))
        return cls(int.from_bytes(time, "big"), conversation, levels, reserved)

    def octets(self) -> bytes:
        """Return the wire form.

        Raises:
            ValueError: the time cannot be told, or there are too many levels.
        """
        time = self.time.to_bytes(8, "big")
        if time[0] != _RESERVED or len(self.levels) > MAX_LEVELS:
            raise ValueError(f"a conversation starts in 1829 to 2057 and has at most {MAX_LEVELS} levels")
        w = Writer()
        w.raw(b"\x01" + time[:5] if self.reserved else time[:6])
        w.raw(self.conversation.bytes)
        for level in self.levels:
            w.raw(level.code.to_bytes(4, "big"))
            w.u8(level.random)
        return w.octets()

    def child(self, time: int, random: int) -> ConversationIndex:
        """Return the index of a reply made at ``time``; ``random`` are eight bits by chance.

        A clock that stands before the header counts as none; a thread of MAX_LEVELS does not grow.
        """
        if len(self.levels) >= MAX_LEVELS:
            return self
        delta = max(0, time - self.time) & (1 << 64) - 1
        level = ResponseLevel.of(delta, random)
        return ConversationIndex(self.time, self.conversation, (*self.levels, level), self.reserved)
