"""Keywords of messages: each combination in use is a numbered set, one number a message in its block.

Spec:
    RFC 9051 2.3.2: keywords are case-insensitive; the spelling seen first in the mailbox is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.store.errors import LimitError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

MAX_KEYWORDS: Final = 64
"""Keywords of one message."""
MAX_KEYWORD_LENGTH: Final = 255
MAX_SETS: Final = 65_536


class KeywordSets:
    """All combinations of a mailbox. Sets are only ever added, so views may share one object."""

    __slots__ = ("_connection", "_ids", "_known", "_names", "_spelling", "_texts")

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Read the sets when they are first asked for."""
        self._connection = connection
        self._names: dict[int, tuple[str, ...]] = {0: ()}
        self._texts: dict[int, bytes] = {0: b""}
        self._ids: dict[tuple[str, ...], int] = {(): 0}
        self._spelling: dict[str, str] = {}
        self._known = 0

    def names(self, keyword_set: int) -> tuple[str, ...]:
        """Return the keywords of a set, sorted."""
        names = self._names.get(keyword_set)
        if names is None:
            self.load()
            names = self._names.get(keyword_set, ())
        return names

    def text(self, keyword_set: int) -> bytes:
        """Return the keywords of a set as IMAP shows them, separated by spaces."""
        if keyword_set not in self._texts:
            self.load()
        return self._texts.get(keyword_set, b"")

    def load(self) -> None:
        """Read the sets added since the last time, by whatever process."""
        rows = self._connection.execute(
            "SELECT keyword_set, names FROM keyword_sets WHERE keyword_set > ? ORDER BY keyword_set",
            (self._known,),
        ).fetchall()
        for keyword_set, names in rows:
            self._remember(keyword_set, tuple(names.split(" ")))

    def forget(self) -> None:
        """Drop what was read: a transaction that added sets was rolled back."""
        self.__init__(self._connection)  # type: ignore[misc]

    def _remember(self, keyword_set: int, names: tuple[str, ...]) -> None:
        self._names[keyword_set] = names
        self._texts[keyword_set] = " ".join(names).encode()
        self._ids[names] = keyword_set
        self._known = max(self._known, keyword_set)
        for name in names:
            self._spelling.setdefault(name.casefold(), name)

    def spelled(self, keywords: Iterable[str]) -> frozenset[str]:
        """Return keywords as this mailbox spells them."""
        return frozenset(self._spelling.setdefault(word.casefold(), word) for word in keywords)

    def identify(self, keywords: frozenset[str]) -> int:
        """Return the number of a set, made on demand; within a write transaction, after :meth:`load`.

        Raises:
            LimitError: too many or too long.
        """
        if not keywords:
            return 0
        names = tuple(sorted(self.spelled(keywords)))
        known = self._ids.get(names)
        if known is not None:
            return known
        if len(names) > MAX_KEYWORDS or any(
            not 0 < len(name) <= MAX_KEYWORD_LENGTH or " " in name for name in names
        ):
            raise LimitError(
                f"a message can have {MAX_KEYWORDS} keywords of 1 to {MAX_KEYWORD_LENGTH} characters"
            )
        if len(self._names) > MAX_SETS:
            raise LimitError("the mailbox uses too many combinations of keywords")
        cursor = self._connection.execute("INSERT INTO keyword_sets (names) VALUES (?)", (" ".join(names),))
        self._remember(int(cursor.lastrowid or 0), names)
        return self._ids[names]
