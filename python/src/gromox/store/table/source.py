"""What a table shows: where rows and their values come from.

Rows are numbers: mids, folder ids, member ids, rule ids, places in a list. A source answers for the rows its
actor may see, and for no others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from gromox.mapi.restriction import Restriction
    from gromox.mapi.sortorder import SortOrder
    from gromox.store.match.evaluate import Getter
    from gromox.store.table.indexed import IndexedRows

Values: TypeAlias = Sequence[object]
"""One value a column; None: the row does not have it."""

CHUNK = 512
"""Rows whose values are read at a time."""


class Source(Protocol):
    """Rows of one kind."""

    @property
    def is_contents(self) -> bool:
        """Whether the rows are messages of a folder: only these can be sorted ([MS-OXCTABL] 3.2.5.3)."""
        ...

    @property
    def has_bookmarks(self) -> bool:
        """Whether it has bookmarks: contents and hierarchy tables ([MS-OXCTABL] 3.2.5.12)."""
        ...

    @property
    def all_tags(self) -> Sequence[int]:
        """Properties that rows usually have ([MS-OXCTABL] 2.2.2.13)."""
        ...

    def stamp(self) -> object:
        """Return a value that differs from an earlier one if any row may have changed since."""
        ...

    def ids(self) -> Sequence[int]:
        """Return all rows in their natural order."""
        ...

    def present(self, ids: Sequence[int]) -> set[int]:
        """Return those of some rows that are there now."""
        ...

    def read(self, ids: Sequence[int], tags: Sequence[int]) -> Sequence[Values | None]:
        """Return the values of rows; None: the row is not there (any more)."""
        ...

    def parts(self, row_id: int, tag: int) -> Iterable[Getter]:
        """Go through the recipients or attachments of a row."""
        ...

    def matching(self, restriction: Restriction) -> Sequence[int] | None:
        """Return the rows that fulfil a restriction, if there is a faster way than to look at each."""
        ...

    def identified(self, restriction: Restriction) -> int | None:
        """Return the row that a restriction names by an identifier, if it does just that."""
        ...

    def ordered(self, orders: Sequence[SortOrder]) -> Sequence[int] | None:
        """Return all rows in an order, if there is a faster way than to read what they are ordered by."""
        ...

    def scanned(self, wanted: Sequence[int]) -> Iterable[tuple[object, ...]] | None:
        """Go through all rows at once, ids with values, if that is faster than to read them in chunks."""
        ...

    def index(self, tag: int, *, descending: bool) -> IndexedRows | None:
        """Return the rows ordered by a column if the database keeps them so; tag 0: in any order."""
        ...

    def touched(self, stamp: object) -> Sequence[int] | None:
        """Return all rows that came, changed or went since a stamp; None: too many, or not known."""
        ...

    def created(self, ids: Sequence[int]) -> set[int]:
        """Return those of the rows last touched that were not there before; needed of rows in an index."""
        ...


class Unindexed:
    """What sources have whose rows the database keeps in no order of theirs: no index, no history."""

    def scanned(self, wanted: Sequence[int]) -> Iterable[tuple[object, ...]] | None:
        """Know no faster way."""
        del wanted
        return None

    def index(self, tag: int, *, descending: bool) -> IndexedRows | None:
        """Have no index."""
        del tag, descending
        return None

    def touched(self, stamp: object) -> Sequence[int] | None:
        """Know no history."""
        del stamp
        return None


class Plain(Unindexed):
    """What sources have that are read as a whole."""

    is_contents = False
    has_bookmarks = False

    def parts(self, row_id: int, tag: int) -> Iterable[Getter]:
        """Have no parts."""
        del row_id, tag
        return ()

    def matching(self, restriction: Restriction) -> Sequence[int] | None:
        """Know no faster way."""
        del restriction
        return None

    def identified(self, restriction: Restriction) -> int | None:
        """Know no identifiers."""
        del restriction
        return None

    def ordered(self, orders: Sequence[SortOrder]) -> Sequence[int] | None:
        """Know no faster way."""
        del orders
        return None

    def created(self, ids: Sequence[int]) -> set[int]:
        """Know no history."""
        del ids
        return set()
