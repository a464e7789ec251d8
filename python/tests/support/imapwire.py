"""A mail program's end of IMAP, octet by octet: responses as values, connections that keep everything.

Parses what RFC 9051 section 9 lets a server say and nothing more lenient, so that a server which says
something else is found out. Libraries for mail programs forgive too much for that.
"""

from __future__ import annotations

import asyncio
import os
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

#: Octets of one line or literal; tests ask for nothing larger.
LIMIT: Final = 64 << 20
#: Seconds that any answer may take on a slow machine.
PATIENCE: Final = float(os.environ.get("STRESS_PATIENCE", "90"))
#: Lines a connection remembers, to be shown when something is wrong.
REMEMBERED: Final = 400

_LITERAL: Final = re.compile(rb"~?\{([0-9]+)\}\r\n\Z")
_PLAIN: Final = re.compile(rb'[^ ()\r\n"{\[]*')
_CONDITIONS: Final = frozenset((b"OK", b"NO", b"BAD", b"BYE", b"PREAUTH"))
_NUMBERED: Final = frozenset((b"EXISTS", b"RECENT", b"EXPUNGE", b"FETCH"))


class Atom(bytes):
    """A word without quotes; strings are plain bytes, NIL is None."""

    __slots__ = ()


Value: TypeAlias = "Atom | bytes | list[Value] | None"


class WireError(AssertionError):
    """The server said what the grammar does not know, or nothing."""


@dataclass(frozen=True, slots=True)
class Response:
    """One response: ``tag`` is ``*``, ``+`` or that of a command."""

    tag: bytes
    name: bytes
    number: int | None = None
    values: Sequence[Value] = ()
    code: Sequence[Value] = ()
    text: bytes = b""
    raw: bytes = b""

    @property
    def is_ok(self) -> bool:
        return self.name == b"OK"

    @property
    def code_name(self) -> bytes:
        word = self.code[0] if self.code else b""
        return word.upper() if isinstance(word, bytes) else b""

    def items(self) -> dict[bytes, Value]:
        """Return names and values of FETCH or STATUS, the last value of each name."""
        return dict(self.pairs())

    def pairs(self) -> list[tuple[bytes, Value]]:
        """Return names and values of FETCH or STATUS in the order they came."""
        found = self.values[-1] if self.values else None
        if not isinstance(found, list) or len(found) % 2:
            raise WireError(f"names and values expected: {self.raw[:400]!r}")
        pairs = []
        for name, value in zip(found[::2], found[1::2], strict=True):
            if not isinstance(name, Atom):
                raise WireError(f"a name expected: {self.raw[:400]!r}")
            pairs.append((bytes(name).upper(), value))
        return pairs


class Scanner:
    """Reads values from the octets of one response, literals included."""

    def __init__(self, octets: bytes) -> None:
        self._octets, self.at = octets, 0

    def ahead(self) -> bytes:
        return self._octets[self.at : self.at + 1]

    def expect(self, octets: bytes) -> None:
        if not self._octets.startswith(octets, self.at):
            raise WireError(f"{octets!r} expected at {self.at}: {self._octets[:600]!r}")
        self.at += len(octets)

    def rest(self) -> bytes:
        """Return what is left of the line, without its end."""
        if not self._octets.endswith(b"\r\n"):
            raise WireError(f"no end of line: {self._octets[:600]!r}")
        return self._octets[self.at : -2]

    def values(self) -> list[Value]:
        """Return the values up to the end of the line."""
        found: list[Value] = []
        while self.ahead() != b"\r":
            if found:
                self.expect(b" ")
            found.append(self.value())
        self.expect(b"\r\n")
        if self.at != len(self._octets):
            raise WireError(f"octets after the end: {self._octets[:600]!r}")
        return found

    def value(self) -> Value:
        ahead = self.ahead()
        if ahead == b"(":
            return self.parenthesised()
        if ahead == b'"':
            return self.quoted()
        if ahead in (b"{", b"~"):
            return self.literal()
        atom = self.atom()
        return None if atom.upper() == b"NIL" else atom

    def parenthesised(self) -> list[Value]:
        """Return ``(value value)``; bodies follow each other without a space, as body-type-mpart has them."""
        self.expect(b"(")
        found: list[Value] = []
        while self.ahead() != b")":
            if found and not (self.ahead() == b"(" and isinstance(found[-1], list)):
                self.expect(b" ")
            found.append(self.value())
        self.expect(b")")
        return found

    def quoted(self) -> bytes:
        end = re.compile(rb'"((?:[^\x00\r\n"\\]|\\["\\])*)"').match(self._octets, self.at)
        if end is None:
            raise WireError(f"not a quoted string at {self.at}: {self._octets[:600]!r}")
        self.at = end.end()
        return re.sub(rb"\\(.)", rb"\1", end[1])

    def literal(self) -> bytes:
        begin = re.compile(rb"~?\{([0-9]+)\}\r\n").match(self._octets, self.at)
        if begin is None:
            raise WireError(f"not a literal at {self.at}: {self._octets[:600]!r}")
        self.at = begin.end() + int(begin[1])
        return self._octets[begin.end() : self.at]

    def atom(self) -> Atom:
        """Return an atom; what stands in brackets belongs to it (``BODY[HEADER.FIELDS (To)]<0>``)."""
        begin = self.at
        while plain := _PLAIN.match(self._octets, self.at):
            self.at = plain.end()
            if self.ahead() == b"[":
                self._section()
            else:
                break
        if begin == self.at:
            raise WireError(f"a value expected at {begin}: {self._octets[:600]!r}")
        return Atom(self._octets[begin : self.at])

    def _section(self) -> None:
        self.expect(b"[")
        while (ahead := self.ahead()) != b"]":
            if ahead == b'"':
                self.quoted()
            elif ahead == b"{":
                self.literal()
            elif ahead in (b"", b"\r"):
                raise WireError(f"no end of the section: {self._octets[:600]!r}")
            else:
                self.at += 1
        self.expect(b"]")

    def code(self) -> list[Value]:
        """Return the words of ``[code …]``; what is no grammar of ours is kept as one text."""
        end = self._octets.find(b"]", self.at)
        self.expect(b"[")
        inside = Scanner(self._octets[self.at : end] + b"\r\n")
        self.at = end + 1
        return inside.values()


def parse(octets: bytes) -> Response:
    """Read one response with its CRLF."""
    tag, space, _ = octets.partition(b" ")
    if tag == b"+":
        return Response(tag, b"+", text=octets[2:-2], raw=octets)
    if not space:
        raise WireError(f"no tag: {octets[:600]!r}")
    scanner = Scanner(octets)
    scanner.at = len(tag) + 1
    word = scanner.atom().upper()
    if word in _CONDITIONS:
        scanner.expect(b" ")
        code = scanner.code() if scanner.ahead() == b"[" else []
        return Response(tag, word, code=code, text=scanner.rest().strip(), raw=octets)
    if tag != b"*":
        raise WireError(f"a tagged line says {word!r}: {octets[:600]!r}")
    if word.isdigit():
        scanner.expect(b" ")
        name = scanner.atom().upper()
        if name not in _NUMBERED:
            raise WireError(f"unknown: {octets[:600]!r}")
        if scanner.ahead() == b" ":
            scanner.expect(b" ")
        return Response(tag, name, int(word), scanner.values(), raw=octets)
    if scanner.ahead() == b" ":
        scanner.expect(b" ")
    return Response(tag, word, values=scanner.values(), raw=octets)


def _observe_nothing(_response: Response) -> None:
    pass


class Inflating:
    """Reads what a server sends after COMPRESS, with the methods of a stream that are used here. RFC 4978."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader, self._inflate = reader, zlib.decompressobj(-15)
        self._octets = bytearray()

    async def readuntil(self, end: bytes) -> bytes:
        begin = 0
        while (at := self._octets.find(end, begin)) < 0:
            begin = len(self._octets)
            await self._more()
        return self._take(at + len(end))

    async def readexactly(self, size: int) -> bytes:
        while len(self._octets) < size:
            await self._more()
        return self._take(size)

    async def _more(self) -> None:
        octets = await self._reader.read(1 << 16)
        if not octets:
            raise asyncio.IncompleteReadError(bytes(self._octets), None)
        self._octets += self._inflate.decompress(octets)
        if len(self._octets) > LIMIT or self._inflate.eof:
            raise WireError("too much, or the end of the compression (RFC 4978 3)")

    def _take(self, size: int) -> bytes:
        taken = bytes(self._octets[:size])
        del self._octets[:size]
        return taken


@dataclass
class Connection:
    """One connection; ``observe`` hears of every response in order, before anybody else."""

    reader: asyncio.StreamReader | Inflating
    writer: asyncio.StreamWriter
    observe: Callable[[Response], None] = _observe_nothing
    remembered: list[bytes] = field(default_factory=list)
    _tags: int = 0
    _leaving: bool = False
    _deflate: zlib._Compress | None = None

    @classmethod
    async def open(
        cls, host: str, port: int, observe: Callable[[Response], None] = _observe_nothing
    ) -> Connection:
        """Connect and take the greeting."""
        reader, writer = await asyncio.open_connection(host, port, limit=LIMIT)
        made = cls(reader, writer, observe)
        greeting = await made.response()
        if not greeting.is_ok:
            raise WireError(f"greeted with {greeting.raw!r}")
        return made

    async def response(self, patience: float = PATIENCE) -> Response:
        """Wait for the next response."""
        try:
            # Not wait_for(), which before Python 3.12 forgets a cancellation that comes with an answer.
            async with asyncio.timeout(patience):
                octets = await self._octets()
        except TimeoutError:
            raise WireError(f"no answer in {patience} s") from None
        except asyncio.IncompleteReadError as error:
            raise WireError(f"the server hung up after {error.partial!r}") from None
        self._remember(b"S: ", octets)
        parsed = parse(octets)
        self.observe(parsed)
        return parsed

    async def _octets(self) -> bytes:
        octets = await self.reader.readuntil(b"\n")
        while literal := _LITERAL.search(octets):
            octets += await self.reader.readexactly(int(literal[1]))
            octets += await self.reader.readuntil(b"\n")
        return octets

    def _remember(self, who: bytes, octets: bytes) -> None:
        self.remembered.append(who + octets[:300])
        del self.remembered[:-REMEMBERED]

    def send(self, text: bytes) -> bytes:
        """Send a command (its literals are non-synchronising); return its tag."""
        self._tags += 1
        tag = b"t%d" % self._tags
        self._leaving = text == b"LOGOUT"
        self.say(tag + b" " + text)
        return tag

    def say(self, text: bytes) -> None:
        """Send one line."""
        self._remember(b"C: ", text + b"\r\n")
        octets = text + b"\r\n"
        if self._deflate is not None:
            octets = self._deflate.compress(octets) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        self.writer.write(octets)

    async def finish(self, tag: bytes) -> list[Response]:
        """Return the responses up to the tagged one, which is the last of them."""
        found = [await self.response()]
        while found[-1].tag != tag:
            if found[-1].tag not in (b"*", b"+"):
                raise WireError(f"{tag!r} expected: {found[-1].raw!r}")
            if found[-1].name == b"BYE" and not self._leaving:
                raise WireError(f"the server says {found[-1].raw!r}")
            found.append(await self.response())
        return found

    async def command(self, text: bytes) -> list[Response]:
        """Send a command and return what it was answered."""
        return await self.finish(self.send(text))

    async def ok(self, text: bytes) -> list[Response]:
        """Do the same with a command that has to succeed."""
        found = await self.command(text)
        if not found[-1].is_ok:
            raise WireError(f"{text[:200]!r} was answered {found[-1].raw!r}")
        return found

    async def compress(self) -> None:
        """Compress both directions from here on, RFC 4978."""
        await self.ok(b"COMPRESS DEFLATE")
        assert isinstance(self.reader, asyncio.StreamReader)
        self.reader, self._deflate = Inflating(self.reader), zlib.compressobj(wbits=-15)

    def close(self) -> None:
        """Hang up without a word."""
        self.writer.close()

    def story(self) -> str:
        """Return the last lines of both sides."""
        return "".join(line.decode("latin-1") for line in self.remembered)


def literal(octets: bytes) -> bytes:
    """Return a non-synchronising literal, RFC 7888."""
    return b"{%d+}\r\n%b" % (len(octets), octets)
