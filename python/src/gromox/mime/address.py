"""Address lists of From, To and their like: RFC 5322 3.4 with all of 4.4, and what mail really holds.

The common forms are read by one regular expression. What it does not match is read by the parser below, which
walks over tokens, nests comments by counting and never refuses: whatever it sees ends up in some address.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from gromox.mime.limits import DEFAULT


class Address(NamedTuple):
    """One address structure of RFC 9051 7.5.2; the octets are unquoted, encoded-words stay.

    A group begins with a structure whose ``host`` is None and whose ``mailbox`` is its name, and ends with
    one where both are None. An address that lacks its local part or domain has it empty, not None.
    """

    name: bytes | None
    route: bytes | None
    mailbox: bytes | None
    host: bytes | None


#: What Address(...) comes down to, in half the time: a mail has several.
_make: Final = tuple.__new__
END_OF_GROUP: Final = Address(None, None, None, None)

_ATEXT: Final = rb"A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\xff-"
#: ["name"] <local@host> or local@host, and the comma or the end. The classes exclude each other: nothing is
#: ever given back, and the time linear.
_COMMON: Final = re.compile(
    rb"""[ \t\r\n]*+(?:
        (?:"([^"\\\r\n\x00]*+)"|([%(atext)b. \t]*+))[ \t\r\n]*+<([%(atext)b.]++)@([%(atext)b.]++)>
      | ([%(atext)b.]++)@([%(atext)b.]++)
    )[ \t\r\n]*+(?:,|\Z)"""
    % {b"atext": _ATEXT.replace(b"#", rb"\#")},
    re.VERBOSE,
)
_TOKEN: Final = re.compile(
    rb"""(?P<blank>[ \t\r\n\x00]+)|(?P<quoted>")|(?P<literal>\[[^\[\]\\\r\n]*\]?)|(?P<comment>\()
       |(?P<special>[<>@,;:])|(?P<atom>[^ \t\r\n\x00"\[(<>@,;:]+)""",
    re.VERBOSE,
)
_QUOTED_END: Final = re.compile(rb'["\\]')
_COMMENT_MARK: Final = re.compile(rb"[()\\]")
_BREAKS: Final = re.compile(rb"\r*\n")
_ESCAPED: Final = re.compile(rb"\\(.)", re.DOTALL)


def parse_addresses(value: bytes, limit: int = DEFAULT.addresses) -> tuple[Address, ...]:
    """Return the addresses of a field in their order.

    Args:
        value: the raw value, folded or not.
        limit: how many structures at most.
    """
    out: list[Address] = []
    match = _COMMON.match
    position, size = 0, len(value)
    for _ in range(limit):
        if position >= size:
            break
        found = match(value, position)
        if found is None:
            # Once something odd was seen the rest is read by tokens too: no octet is tried more than twice.
            return tuple(out + _Parser(value, position, limit - len(out)).parse())
        quoted, phrase, local, host, bare_local, bare_host = found.groups()
        if bare_local is not None:
            out.append(_make(Address, (None, None, bare_local, bare_host)))
        else:
            name = quoted if quoted is not None else b" ".join(phrase.split())
            out.append(_make(Address, (name or None, None, local, host)))
        position = found.end()
    return tuple(out)


class _Parser:
    """Token by token; ``words`` collects a phrase or a local part until a special octet says which it was."""

    def __init__(self, value: bytes, position: int, limit: int) -> None:
        self._value, self._position, self._limit = value, position, limit
        self._out: list[Address] = []
        self._in_group = False
        self._clear()

    def _clear(self) -> None:
        self._words: list[bytes] = []  # with blanks between them where the text had some
        self._comment: bytes | None = None
        self._local: bytes | None = None  # set once "@" was seen
        self._blank_before = False

    def parse(self) -> list[Address]:
        size = len(self._value)
        # One place is kept for the end of an open group.
        while self._position < size and len(self._out) < self._limit - 1:
            found = _TOKEN.match(self._value, self._position)
            if found is None:  # pragma: no cover - the alternatives cover every octet
                break
            self._position = found.end()
            self._take(found.lastgroup or "", found[0])
        if len(self._out) < self._limit:
            self._flush()
        if self._in_group:
            self._out.append(END_OF_GROUP)
        return self._out

    def _take(self, kind: str, text: bytes) -> None:
        if kind == "special":
            self._special(text)
        elif kind == "blank":
            self._blank_before = True
        elif kind == "comment":
            comment = self._read_comment()
            if self._comment is None and comment:
                self._comment = comment
            self._blank_before = True
        else:
            self._add(self._read_quoted() if kind == "quoted" else text)

    def _add(self, word: bytes) -> None:
        if self._blank_before and self._words:
            self._words.append(b" ")
        self._words.append(word)
        self._blank_before = False

    def _special(self, text: bytes) -> None:
        if text == b",":
            self._flush()
        elif text == b"<":
            self._angle()
        elif text == b"@":
            self._at()
        elif text == b":" and not self._in_group and self._local is None:
            self._out.append(Address(None, None, self._phrase() or b"", None))
            self._in_group = True
            self._clear()
        elif text == b";":
            self._flush()
            if self._in_group:
                self._out.append(END_OF_GROUP)
                self._in_group = False
        elif text == b":":
            self._add(text)
        # A lone ">" means nothing.

    def _at(self) -> None:
        if self._local is None:
            # Blanks around dots of a local part are obsolete syntax; blanks between words were a phrase
            # without brackets ("Joe joe@example.org").
            words = self._words
            first = len(words)
            while first and words[first - 1] != b" ":
                first -= 1
            name, local = b"".join(words[: max(first - 1, 0)]), b"".join(words[first:])
            if name and (name.endswith(b".") or local.startswith(b".")):
                name, local = b"", name.replace(b" ", b"") + local
            self._local, self._words = local, []
            self._name_before = name
        else:
            self._add(b"@")
        self._blank_before = False

    def _phrase(self) -> bytes:
        return b"".join(self._words)

    def _flush(self) -> None:
        """End an address that had no brackets."""
        if self._local is not None:
            host = b"".join(self._words).replace(b" ", b"")
            name = self._name_before or self._comment
            self._out.append(Address(name or None, None, self._local, host))
        elif self._words:
            self._out.append(Address(self._comment, None, self._phrase(), b""))
        self._clear()

    def _angle(self) -> None:
        """Read ``<[@route:]local@host>``; the phrase before is the name."""
        if self._local is not None:
            # "joe@example.org <joe@example.org>" without quotes: all of it is the name.
            phrase = (self._name_before + b" " + self._local + b"@" + self._phrase()).strip()
        else:
            phrase = self._phrase()
        name = phrase or self._comment
        route: bytes | None = None
        pieces: list[bytes] = []
        last_at = -1
        while self._position < len(self._value):
            found = _TOKEN.match(self._value, self._position)
            if found is None or found[0] == b"<":
                break
            text, kind = found[0], found.lastgroup
            if text == b"," and not (pieces and pieces[0] == b"@"):
                break  # the bracket was never closed
            self._position = found.end()
            if text == b">":
                break
            if text == b":" and pieces and pieces[0] == b"@":
                route, pieces, last_at = b"".join(pieces), [], -1
            elif kind == "comment":
                comment = self._read_comment()
                name = name or comment
            elif kind == "quoted":
                pieces.append(self._read_quoted())
            elif kind != "blank":
                if text == b"@":
                    last_at = len(pieces)
                pieces.append(text)
        local, host = (pieces[:last_at], pieces[last_at + 1 :]) if last_at >= 0 else (pieces, [])
        self._out.append(Address(name or None, route, b"".join(local), b"".join(host)))
        self._clear()
        self._skip_to_separator()

    def _skip_to_separator(self) -> None:
        """Pass over what follows a closing bracket; a comment there is no name any more."""
        while self._position < len(self._value):
            found = _TOKEN.match(self._value, self._position)
            if found is None or found["special"] in (b",", b";", b"<"):
                break
            self._position = found.end()
            if found.lastgroup == "comment":
                self._read_comment()
            elif found.lastgroup in ("quoted", "atom"):
                # A comma was forgotten: the next address begins here.
                self._position = found.start()
                return
        if self._value[self._position : self._position + 1] == b",":
            self._position += 1

    def _read_quoted(self) -> bytes:
        """Return the content of a quoted string whose first quote was read."""
        start = self._position
        while (found := _QUOTED_END.search(self._value, self._position)) is not None:
            self._position = found.end()
            if found[0] == b'"':
                return _unescape(self._value[start : found.start()])
            self._position += 1
        self._position = len(self._value)
        return _unescape(self._value[start:])

    def _read_comment(self) -> bytes:
        """Return the content of a comment whose first parenthesis was read; comments nest."""
        start, depth = self._position, 1
        while (found := _COMMENT_MARK.search(self._value, self._position)) is not None:
            self._position = found.end()
            if found[0] == b"\\":
                self._position += 1
                continue
            depth += 1 if found[0] == b"(" else -1
            if depth == 0:
                return _unescape(self._value[start : found.start()]).strip()
        self._position = len(self._value)
        return _unescape(self._value[start:]).strip()


def _unescape(text: bytes) -> bytes:
    if b"\n" in text:
        text = _BREAKS.sub(b"", text)
    return _ESCAPED.sub(rb"\1", text) if b"\\" in text else text
