"""Recursive-descent parser over one complete command: its text, and the literals that stood in it.

The text keeps the ``{n}`` CRLF of each literal where it was; since a line holds no CRLF of its own, the mark
cannot be forged. Nothing here knows of states or stores.
"""

from __future__ import annotations

import calendar
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.imap import grammar, mutf7, sequence
from gromox.imap.errors import BadCommandError, CommandError

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Sequence

    from gromox.imap.sequence import SequenceSet

#: Members of a parenthesised list: flags, header field names, status items.
MAX_LIST: Final = 1000

#: Characters of one keyword or mailbox name.
MAX_KEYWORD: Final = 255
MAX_MAILBOX: Final = 1000

_SEQUENCE_STARTS = frozenset({b"*", b"$", *(b"%d" % digit for digit in range(10))})
_LAST_HOUR, _LAST_MINUTE, _LAST_SECOND, _MAX_ZONE_HOURS = 23, 59, 60, 14


class Parser:
    """Grammar of RFC 3501 section 9, one method for each rule used."""

    __slots__ = ("_at", "_literals", "_taken", "_text", "utf8")

    def __init__(
        self, text: bytes, literals: Sequence[bytes] = (), at: int = 0, *, utf8: bool = False
    ) -> None:
        """Start at ``at`` octets into ``text``, usually after the verb.

        ``utf8``: the client enabled IMAP4rev2 or UTF8=ACCEPT, so that "&" in a mailbox name is just that.
        """
        self._text, self._literals, self._at, self._taken = text, literals, at, 0
        self.utf8 = utf8

    # -- punctuation

    def expect(self, octets: bytes) -> None:
        """Take exactly ``octets``."""
        if not self.accept(octets):
            raise BadCommandError(f"expected {octets.decode('ascii')!r} at position {self._at}")

    def accept(self, octets: bytes) -> bool:
        """Take ``octets`` if they come next."""
        if not self._text.startswith(octets, self._at):
            return False
        self._at += len(octets)
        return True

    def accept_word(self, word: bytes) -> bool:
        """Take ``word`` whatever its case, if it comes next; ``word`` is in upper case."""
        end = self._at + len(word)
        if self._text[self._at : end].upper() != word:
            return False
        self._at = end
        return True

    def space(self) -> None:
        """SP."""
        self.expect(b" ")

    def end(self) -> None:
        """Nothing more."""
        # Some clients leave a blank at the end of a line; it cannot mean anything else.
        if self._text[self._at :].strip(b" "):
            raise BadCommandError(f"unexpected text at position {self._at}")

    def rest(self) -> bytes:
        """Take everything that is left: what is not of this grammar (base64 of SASL)."""
        rest, self._at = self._text[self._at :], len(self._text)
        return rest

    def at_end(self) -> bool:
        """Tell whether everything was taken."""
        return self._at >= len(self._text)

    def peek(self, octets: bytes) -> bool:
        """Tell whether ``octets`` come next."""
        return self._text.startswith(octets, self._at)

    def peek_word(self, word: bytes) -> bool:
        """Tell whether ``word``, which is in upper case, comes next in any case."""
        return self._text[self._at : self._at + len(word)].upper() == word

    # -- words

    def _match(self, rule: re.Pattern[bytes], expectation: str) -> re.Match[bytes]:
        match = rule.match(self._text, self._at)
        if match is None:
            raise BadCommandError(f"expected {expectation} at position {self._at}")
        self._at = match.end()
        return match

    def atom(self) -> bytes:
        """Atom."""
        return self._match(grammar.ATOM, "an atom")[0]

    def word(self) -> bytes:
        """Return an atom in upper case: a keyword of the protocol."""
        return self._match(grammar.ATOM, "a word")[0].upper()

    def number(self) -> int:
        """Number."""
        value = int(self._match(grammar.NUMBER, "a number")[0])
        if value > grammar.MAX_NUMBER:
            raise BadCommandError("a number has at most 32 bits")
        return value

    def number64(self) -> int:
        """number64, RFC 9051 section 9: a size, of 63 bits."""
        value = int(self._match(grammar.NUMBER, "a number")[0])
        if value > grammar.MAX_MODSEQ:
            raise BadCommandError("a number has at most 63 bits")
        return value

    def nz_number(self) -> int:
        """nz-number."""
        value = self.number()
        if not value:
            raise BadCommandError("expected a number above 0")
        return value

    def modseq(self) -> int:
        """mod-sequence-valzer, RFC 7162 section 7."""
        value = int(self._match(grammar.NUMBER, "a mod-sequence")[0])
        if value > grammar.MAX_MODSEQ:
            raise BadCommandError("a mod-sequence has at most 63 bits")
        return value

    def string(self) -> bytes:
        """String: quoted or literal."""
        match self._text[self._at : self._at + 1]:
            case b'"':
                return self._quoted()
            case b"{" | b"~":
                return self._literal()
        raise BadCommandError(f"expected a string at position {self._at}")

    def nstring(self) -> bytes | None:
        """Nstring: string or NIL."""
        return None if self.accept_word(b"NIL") else self.string()

    def astring(self) -> bytes:
        """Astring: atom with "]" or string."""
        match = grammar.ASTRING_ATOM.match(self._text, self._at)
        if match is None:
            return self.string()
        self._at = match.end()
        return match[0]

    def _quoted(self) -> bytes:
        quoted = self._match(grammar.QUOTED, "a quoted string")[1]
        return grammar.QUOTED_ESCAPE.sub(rb"\1", quoted) if b"\\" in quoted else quoted

    def _literal(self) -> bytes:
        if self.peek(b"~"):
            raise BadCommandError("no binary literal can stand here")
        return self.message_literal()

    def message_literal(self) -> bytes:
        """``literal / literal8``: of the two only literal8 may hold NUL. RFC 3516 section 7."""
        match = self._match(grammar.LITERAL, "a literal")
        if self._taken >= len(self._literals):
            raise BadCommandError("a literal without its octets")
        octets = self._literals[self._taken]
        self._taken += 1
        if not match[1] and b"\0" in octets:
            raise BadCommandError("a literal must not contain NUL")
        return octets

    def parenthesised(self, member: Callable[[], object], *, limit: int = MAX_LIST) -> int:
        """Call ``member`` for each of ``"(" [x *(SP x)] ")"`` and return how many there were."""
        self.expect(b"(")
        count = 0
        while not self.accept(b")"):
            if count:
                self.space()
                if self.accept(b")"):  # "(\Seen )": old versions of some clients
                    break
            if count >= limit:
                raise BadCommandError(f"a list has at most {limit} members")
            member()
            count += 1
        return count

    # -- what stands for something

    def mailbox(self) -> str:
        """Mailbox: a name, decoded; INBOX in any case is ``INBOX``."""
        return mailbox_name(self.astring(), utf8=self.utf8)

    def list_mailbox(self) -> str:
        """list-mailbox: a name with wildcards, decoded."""
        match = grammar.LIST_ATOM.match(self._text, self._at)
        if match is None:
            return _decoded_name(self.string(), utf8=self.utf8)
        self._at = match.end()
        return _decoded_name(match[0], utf8=self.utf8)

    def sequence_set(self) -> SequenceSet:
        """sequence-set."""
        return sequence.parse(self._match(grammar.SEQUENCE_SET, "a sequence set")[0])

    def partial_range(self) -> bytes:
        """partial-range, as written."""
        return self._match(grammar.PARTIAL_RANGE, "a range such as 1:100 or -1:-100")[0]

    def peek_sequence_set(self) -> bool:
        """Tell whether a sequence-set comes next rather than a word."""
        return self._text[self._at : self._at + 1] in _SEQUENCE_STARTS

    def flag(self) -> bytes:
        """Flag: a system flag or keyword, as written."""
        flag = self._match(grammar.FLAG, "a flag")[0]
        if len(flag) > MAX_KEYWORD:
            raise BadCommandError(f"a keyword has at most {MAX_KEYWORD} characters")
        return flag

    def flag_list(self) -> tuple[bytes, ...]:
        """flag-list."""
        flags: list[bytes] = []
        self.parenthesised(lambda: flags.append(self.flag()))
        return tuple(flags)

    def date_time(self) -> tuple[float, int]:
        """date-time: seconds since 1970 and minutes east of UTC."""
        match = self._match(grammar.DATE_TIME, "a date-time")
        day, year, hour, minute, second = (int(match[i]) for i in (1, 3, 4, 5, 6))
        zone_hours, zone_minutes = int(match[8]), int(match[9])
        if hour > _LAST_HOUR or minute > _LAST_MINUTE or second > _LAST_SECOND:
            raise BadCommandError("no such time of day")
        if zone_hours > _MAX_ZONE_HOURS or zone_minutes > _LAST_MINUTE:
            raise BadCommandError("no such time zone")
        zone = (zone_hours * 60 + zone_minutes) * (-1 if match[7] == b"-" else 1)
        day_start = _seconds_of(day, match[2], year)
        return day_start + hour * 3600 + minute * 60 + second - zone * 60, zone

    def date(self) -> int:
        """Date: seconds since 1970 at which that day begins in UTC."""
        match = self._match(grammar.DATE, "a date such as 1-Feb-1994")
        return _seconds_of(int(match[2]), match[3], int(match[4]))

    def section_part(self) -> tuple[int, ...]:
        """section-part; empty if no number comes next."""
        match = grammar.SECTION_PART.match(self._text, self._at)
        if match is None:
            return ()
        self._at = match.end()
        return tuple(map(int, match[0].split(b".")))


def _seconds_of(day: int, month_name: bytes, year: int) -> int:
    month = grammar.MONTHS.get(month_name.upper())
    if month is None or not year or not 0 < day <= calendar.monthrange(year, month)[1]:
        raise BadCommandError("no such date")
    return calendar.timegm((year, month, day, 0, 0, 0))


def mailbox_name(octets: bytes, *, utf8: bool = False) -> str:
    """Return the name that an astring stands for; ``INBOX`` for that in any case, RFC 3501 section 5.1."""
    name = _decoded_name(octets, utf8=utf8)
    if name[:5].upper() == "INBOX" and (len(name) == 5 or name[5] == "/"):  # noqa: PLR2004 - the length of INBOX
        return "INBOX" + name[5:]
    return name


def _decoded_name(octets: bytes, *, utf8: bool) -> str:
    if len(octets) > MAX_MAILBOX:
        raise CommandError("the mailbox name is too long", "CANNOT")
    try:
        # UTF-8 is what RFC 9051 asks for, and it cannot be taken for modified UTF-7, which is all US-ASCII.
        name = octets.decode("utf-8") if utf8 or not octets.isascii() else mutf7.decode(octets)
    except (ParseError, UnicodeDecodeError):
        if utf8:  # RFC 6855 section 3 asks for BAD
            raise BadCommandError("the mailbox name is not valid UTF-8") from None
        raise CommandError("the mailbox name is not valid modified UTF-7", "CANNOT") from None
    if not name.isprintable():
        raise CommandError("the mailbox name contains control characters", "CANNOT")
    return name
