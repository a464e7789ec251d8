"""FILTER: searches that users keep under a name, as annotations of the server. RFC 5466."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from gromox.imap.errors import BadCommandError, CommandError
from gromox.imap.parser import Parser
from gromox.imap.searchkeys import And, Filter, Key, KeyParser, Not, Or, uses_modseq, uses_numbers
from gromox.store.errors import DeniedError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.imap.commands.search import Search
    from gromox.imap.session import Session

#: Filters in filters; RFC 5466 3.1 asks for 3 at least.
MAX_PASSES: Final = 8
#: Filters that one search names, those in filters included.
MAX_FILTERS: Final = 100
_ROOTS: Final = ("/private/filters/values/", "/shared/filters/values/")
#: filter-name = 1*<any ATOM-CHAR except "/">, in a name of an annotation
_VALUE: Final = re.compile(r"/(?:private|shared)/filters/values/[^/]+")


def expanded(session: Session, search: Search) -> Search:
    """Return a search with the filters that it names put in their places.

    Raises:
        CommandError: UNDEFINED-FILTER, LIMIT.
    """
    if not search.filters:
        return search
    try:
        have = session.mailbox.annotations(0)
    except (DeniedError, NotFoundError):
        have = {}
    key = _Expansion(have).of(search.key, ())
    return replace(search, key=key, filters=False, modseq=uses_modseq(key), by_number=uses_numbers(key))


@dataclass(slots=True)
class _Expansion:
    """One search: what is kept under which name, and how many filters were put in so far."""

    values: Mapping[str, bytes]
    count: int = field(default=0)

    def of(self, key: Key, inside: tuple[str, ...]) -> Key:
        """Return a key without filters; ``inside``: the filters in which it stands."""
        match key:
            case Filter(name):
                return self._filter(name.decode("ascii"), inside)
            case And(keys):
                return And(tuple(self.of(each, inside) for each in keys))
            case Or(first, second):
                return Or(self.of(first, inside), self.of(second, inside))
            case Not(inner):
                return Not(self.of(inner, inside))
            case _:
                return key

    def _filter(self, name: str, inside: tuple[str, ...]) -> Key:
        """Return what a filter stands for.

        Spec:
            RFC 5466 3.1: one in a circle, or too deep in others, is as undefined as one that is not there.
        """
        self.count += 1
        if self.count > MAX_FILTERS:
            raise CommandError("the search is too complex", "LIMIT")
        lowered = name.lower()
        value = next((self.values[root + lowered] for root in _ROOTS if root + lowered in self.values), None)
        key = None
        if value is not None and lowered not in inside and len(inside) < MAX_PASSES:
            key = parse_filter(value)
        if key is None:
            raise CommandError("there is no such filter", f"UNDEFINED-FILTER {name}")
        return self.of(key, (*inside, lowered))


def parse_filter(value: bytes) -> Key | None:
    """Read ``search-key *(SP search-key)`` in UTF-8, RFC 5466 section 3.2; None: it is no search."""
    try:
        return KeyParser(Parser(value)).keys()
    except CommandError:
        return None


def check_filters(changes: Mapping[str, bytes | None]) -> None:
    """Refuse annotations of the server that should be searches and are none. RFC 5466 section 3.2."""
    for entry, value in changes.items():
        if value is not None and _VALUE.fullmatch(entry) and parse_filter(value) is None:
            raise CommandError("the filter is no search", "CANNOT")


def check_charset(charset: str) -> None:
    """Refuse a charset beside FILTER: filters are UTF-8. RFC 5466 section 3.1."""
    if charset not in ("utf-8", "ascii"):
        raise BadCommandError("filters are UTF-8", "BADCHARSET (US-ASCII UTF-8)")
