"""From the octets of a connection to whole commands: lines, and the literals in them.

Everything is bounded: a line by :data:`MAX_LINE`, the literals of a command by what the connection allows at
the moment. What is refused is skipped without being kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from gromox.base.value import value
from gromox.imap.grammar import LITERAL_AT_END

if TYPE_CHECKING:
    from collections.abc import Callable

#: Octets of a command without its literals; RFC 2683 section 3.2.1.5 asks for 8000 at least.
MAX_LINE: Final = 65_536
#: Literals in one command.
MAX_LITERALS: Final = 200
#: A non-synchronizing literal above this is not worth reading only to refuse it (RFC 7888 section 4).
MAX_SKIPPED: Final = 256 << 20


@value
class Whole:
    """A complete command; the marks of its literals stand in the text."""

    text: bytes
    literals: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Continue:
    """The client waits for leave to send a literal. RFC 3501 section 7.5."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A command is too large; its octets are, or will be, skipped. ``fatal``: not worth skipping."""

    text: bytes
    reason: str
    fatal: bool = False


Event: TypeAlias = Whole | Continue | Refused
_CONTINUE: Final = Continue()
_CR: Final = 13


class Collector:
    """Holds what has come in but is not a whole command yet."""

    __slots__ = (
        "_at",
        "_buffer",
        "_chunks",
        "_left",
        "_limit",
        "_literals",
        "_scanned",
        "_size",
        "_skip",
        "_text",
    )

    def __init__(self, limit: Callable[[bytes], int]) -> None:
        """Ask ``limit`` how many octets of literals a command beginning with this text may have."""
        self._limit = limit
        self._buffer, self._at, self._scanned = b"", 0, 0
        self._forget()

    def _forget(self) -> None:
        self._text = b""
        self._literals: list[bytes] = []
        self._chunks: list[bytes] = []
        self._left = self._size = 0
        self._skip = False

    def feed(self, octets: bytes) -> None:
        """Take what was received."""
        if self._at < len(self._buffer):
            self._buffer = self._buffer[self._at :] + octets
        else:
            self._buffer, self._scanned = octets, 0
        self._scanned = max(self._scanned - self._at, 0)
        self._at = 0

    def reset(self) -> None:
        """Forget everything: TLS begins, and what came in clear must not count."""
        self._buffer, self._at, self._scanned = b"", 0, 0
        self._forget()

    def is_empty(self) -> bool:
        """Tell whether the next octets begin a command."""
        return self._at >= len(self._buffer) and not (self._text or self._left or self._skip)

    def pending(self) -> int:
        """Return the octets held; for tests of the bounds."""
        held = sum(map(len, self._literals)) + sum(map(len, self._chunks))
        return held + len(self._text) + len(self._buffer) - self._at

    def line(self) -> bytes | None:
        """Return the next line as it stands, without its end; None if there is none yet.

        A line that is too long comes back cut, so that whoever waits for it refuses it.
        """
        while True:
            if self._left and not self._take_literal():
                return None
            skipping = self._skip
            line = self._raw_line()
            if line is None:
                return None
            if not skipping:
                return line
            # What is skipped may hold literals, which are not to be taken for commands.
            cut = self._skip
            self._forget()
            self._skip = cut
            if not cut:
                self._skip_literal_of(line)

    def _raw_line(self) -> bytes | None:
        buffer, at = self._buffer, self._at
        end = buffer.find(b"\n", max(at, self._scanned))
        if end < 0:
            self._scanned = len(buffer)
            if len(buffer) - at <= MAX_LINE:
                return None
            self._buffer, self._at, self._scanned = b"", 0, 0
            self._skip = True  # the rest, up to the end of the line, goes with it
            return buffer[at : at + MAX_LINE]
        self._at, self._skip = end + 1, False
        # A bare LF is taken as the end of a line, as typed by people on a terminal.
        return buffer[at : end - 1] if end > at and buffer[end - 1] == _CR else buffer[at:end]

    def command(self) -> Event | None:
        """Return the next command, or what is to be told on the way to it; None if more must come first."""
        while True:
            line = self.line()
            if line is None:
                return None
            if self._skip or len(self._text) + len(line) > MAX_LINE:
                return self._refuse_line(line)
            if line[-1:] == b"}":
                match = LITERAL_AT_END.search(line)
                if match is not None:
                    event = self._begin_literal(line, int(match[2][:12]), sync=not match[3])
                    if event is not None:
                        return event
                    continue
            if not self._text:
                return Whole(line)
            whole = Whole(self._text + line, tuple(self._literals))
            self._forget()
            return whole

    def _refuse_line(self, line: bytes) -> Refused:
        text, cut = self._text + line, self._skip
        self._forget()
        self._skip = cut
        if not cut:
            self._skip_literal_of(line)
        return Refused(text, "the line is too long")

    def _skip_literal_of(self, line: bytes) -> None:
        """Skip the literal that follows a skipped line; one the client waits with does not come."""
        match = LITERAL_AT_END.search(line)
        if match is not None and match[3]:
            self._left, self._skip = int(match[2][:12]), True

    def _begin_literal(self, line: bytes, size: int, *, sync: bool) -> Event | None:
        text = self._text + line + b"\r\n"
        self._size += size
        if self._size > self._limit(text) or len(self._literals) >= MAX_LITERALS:
            if sync:  # the client sends neither the literal nor the rest: RFC 3501 section 7.5
                self._forget()
                return Refused(text, "the literal is too large")
            if size > MAX_SKIPPED:
                return Refused(text, "the literal is too large", fatal=True)
            self._forget()
            self._left, self._skip = size, True
            return Refused(text, "the literal is too large")
        self._text, self._left = text, size
        if not size:
            self._literals.append(b"")
        return _CONTINUE if sync else None

    def _take_literal(self) -> bool:
        """Take what is there of the literal; tell whether it is complete."""
        part = self._buffer[self._at : self._at + self._left]
        self._at += len(part)
        self._left -= len(part)
        if not self._skip and part:
            self._chunks.append(part)
        if self._left:
            return False
        if not self._skip:
            self._literals.append(self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks))
            self._chunks = []
        return True
