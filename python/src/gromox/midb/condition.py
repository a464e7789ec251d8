"""What a search asks for: keys of IMAP, as words between NULs.

Spec: reference/system/protocols.md section 15 (P-SRHL: base64 of the words, at most 1024 octets); RFC 3501
6.4.4 for the meaning of the keys.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.store import search
from gromox.store.flags import Flag
from gromox.store.uidset import MAX_UID, UidSet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_CONDITION: Final = 1024
MAX_DEPTH: Final = 32
_EPOCH: Final = date(1970, 1, 1).toordinal()
_SET: Final = re.compile(r"(\d+|\*)(:(\d+|\*))?(,(\d+|\*)(:(\d+|\*))?)*")
_FLAGS: Final = {
    "ANSWERED": Flag.ANSWERED,
    "DELETED": Flag.DELETED,
    "DRAFT": Flag.DRAFT,
    "FLAGGED": Flag.FLAGGED,
    "SEEN": Flag.SEEN,
}
_FIELDS: Final = {each.name: each for each in search.Field}
_DAYS: Final = {each.name: each for each in search.Comparison}


class _Words:
    """The words of a condition, one after the other."""

    def __init__(self, words: Sequence[str], uids: Sequence[int], recent_from: int) -> None:
        self._words, self._at, self._depth = words, 0, 0
        self.uids, self.recent = uids, search.Recent(recent_from)

    @property
    def is_over(self) -> bool:
        return self._at >= len(self._words)

    def next(self) -> str:
        if self.is_over:
            raise ParseError("one more word of a condition", self._at)
        self._at += 1
        return self._words[self._at - 1]

    def all(self, end: str = "") -> search.Expression:
        """Return all keys up to the end, or to a parenthesis."""
        found: list[search.Expression] = []
        while not self.is_over:
            word = self.next()
            if end and word == end:
                break
            found.append(self.key(word))
        else:
            if end:
                raise ParseError("a closing parenthesis", self._at)
        return found[0] if len(found) == 1 else search.And(tuple(found)) if found else search.All()

    def key(self, word: str) -> search.Expression:
        """Return what one key asks for."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ParseError(f"keys at most {MAX_DEPTH} deep", self._at)
        try:
            return self._key(word)
        finally:
            self._depth -= 1

    def _key(self, word: str) -> search.Expression:
        name = word.upper()
        if word == "(":
            return self.all(")")
        if name == "NOT":
            return search.Not(self.key(self.next()))
        if name == "OR":
            return search.Or((self.key(self.next()), self.key(self.next())))
        flag = _FLAGS.get(name.removeprefix("UN"))
        if flag is not None:
            return search.Flagged(int(flag), 0 if name.startswith("UN") else int(flag))
        day = _DAYS.get(name.removeprefix("SENT"))
        if day is not None:
            kind = search.SentDay if name.startswith("SENT") else search.InternalDay
            return kind(day, _day(self.next()))
        if name in _FIELDS:
            return search.TextIn(_FIELDS[name], self.next())
        made = _KEYS.get(name)
        if made is not None:
            return made(self)
        if _SET.fullmatch(word):
            return search.Uids(self.numbered(word, by_uid=False))
        raise ParseError(f"a search key instead of {word!r}", self._at)

    def numbered(self, word: str, *, by_uid: bool) -> UidSet:
        """Return the messages that a set of numbers names."""
        if not _SET.fullmatch(word):
            raise ParseError("a set of numbers", self._at)
        last = (self.uids[-1] if by_uid else len(self.uids)) if self.uids else 0

        def number(text: str) -> int:
            return last if text == "*" else min(int(text), MAX_UID)

        ranges = []
        for part in word.split(","):
            low, _, high = part.partition(":")
            ranges.append((number(low), number(high or low)))
        wanted = UidSet([pair for pair in ranges if min(pair) > 0])
        if by_uid:
            return wanted
        return UidSet.of([uid for place, uid in enumerate(self.uids, 1) if place in wanted])

    def size(self) -> int:
        """Return a number of octets."""
        word = self.next()
        if not word.isdecimal():
            raise ParseError("a number of octets", self._at)
        return min(int(word), 1 << 62)


_KEYS: Final[dict[str, Callable[[_Words], search.Expression]]] = {
    "ALL": lambda _: search.All(),
    "RECENT": lambda words: words.recent,
    "OLD": lambda words: search.Not(words.recent),
    "NEW": lambda words: search.And((words.recent, search.Flagged(int(Flag.SEEN), 0))),
    "KEYWORD": lambda words: search.HasKeyword(words.next()),
    "UNKEYWORD": lambda words: search.Not(search.HasKeyword(words.next())),
    "BODY": lambda words: search.Body(words.next()),
    "TEXT": lambda words: search.Text(words.next()),
    "HEADER": lambda words: search.Header(words.next().lower(), words.next()),
    "LARGER": lambda words: search.Larger(words.size()),
    "SMALLER": lambda words: search.Smaller(words.size()),
    "ID": lambda words: search.Uids(words.numbered(words.next(), by_uid=False)),
    "UID": lambda words: search.Uids(words.numbered(words.next(), by_uid=True)),
}


def condition_of(charset: str, word: str, uids: Sequence[int], *, recent_from: int) -> search.Expression:
    """Return the expression of a condition.

    Args:
        charset: of the texts in it.
        word: base64 of its words, each ended by a NUL, the last one by two.
        uids: those of the folder, ascending.
        recent_from: the first one that is recent.

    Raises:
        ParseError: it follows no grammar, or is too long.
    """
    try:
        octets = b64decode(word, validate=True)
        text = octets.decode(charset)
    except (binascii.Error, LookupError, UnicodeError, ValueError) as error:
        raise ParseError("a condition in base64 and a known charset", 0) from error
    if len(octets) > MAX_CONDITION:
        raise ParseError(f"at most {MAX_CONDITION} octets of a condition", MAX_CONDITION)
    words = text.rstrip("\0").split("\0")
    return _Words([each for each in words if each], uids, recent_from).all()


def _day(word: str) -> int:
    """Return days since 1970 of ``dd-Mon-yyyy``."""
    try:
        found = datetime.strptime(word.strip('"'), "%d-%b-%Y").replace(tzinfo=UTC)
    except ValueError as error:
        raise ParseError("a day as 1-Feb-2026", 0) from error
    return found.toordinal() - _EPOCH
