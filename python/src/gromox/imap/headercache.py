"""What was read for FETCH before: messages do not change, and clients ask for the same again.

Nothing here depends on flags or numbers, and no UID is given out twice: what is kept cannot become wrong.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from array import array
    from collections.abc import Sequence

    from gromox.store.mailbox import Mailbox
    from gromox.store.model import Columns

#: Octets kept by all mailboxes of the process together; when more come, everything is forgotten.
MAX_OCTETS: Final = 32 << 20
#: Selections above this are not kept.
MAX_SIZE: Final = 4096
#: What an entry costs beside its octets.
_OVERHEAD: Final = 100


class HeaderCache:
    """Selections of header fields, and columns of runs, of one open mailbox."""

    __slots__ = ("_columns", "_tables", "octets")

    def __init__(self) -> None:
        self._tables: dict[tuple[int, bytes], dict[int, bytes]] = {}
        self._columns: dict[tuple[int, int, bytes], Sequence[Sequence[bytes]]] = {}
        self.octets = 0

    def table(self, folder_id: int, label: bytes) -> dict[int, bytes]:
        """Return what is known of one selection in one folder: section and literal, by UID."""
        return self._tables.setdefault((folder_id, label), {})

    def keep(self, table: dict[int, bytes], uid: int, octets: bytes) -> None:
        """Remember a selection."""
        if len(octets) > MAX_SIZE:
            return
        self._grow(len(octets) + _OVERHEAD)
        table[uid] = octets

    def columns(
        self, mailbox: Mailbox, folder_id: int, uids: array[int], columns: Columns
    ) -> Sequence[Sequence[bytes]] | None:
        """Return :meth:`Mailbox.fetch_run`, read now or before: 0.1 us a message instead of 0.4."""
        key = (folder_id, int(columns), uids.tobytes())
        known = self._columns.get(key)
        if known is None:
            known = mailbox.fetch_run(folder_id, uids, columns)
            if known is not None:
                self._grow(sum([sum(map(len, column)) + len(column) * _OVERHEAD for column in known]))
                self._columns[key] = known
        return known

    def _grow(self, octets: int) -> None:
        self.octets += octets
        _total.add(octets)

    def forget(self) -> None:
        """Forget everything; tables in use go on working, they are only no longer found."""
        self._tables.clear()
        self._columns.clear()
        self.octets = 0


_caches: Final[weakref.WeakKeyDictionary[Mailbox, HeaderCache]] = weakref.WeakKeyDictionary()


class _Total:
    """How much all caches hold; mailboxes that were closed are noticed when it looks like too much."""

    __slots__ = ("_octets",)

    def __init__(self) -> None:
        self._octets = 0

    def add(self, octets: int) -> None:
        self._octets += octets
        if self._octets <= MAX_OCTETS:
            return
        self._octets = sum(cache.octets for cache in _caches.values())
        if self._octets > MAX_OCTETS:
            for cache in _caches.values():
                cache.forget()
            self._octets = 0


_total: Final = _Total()


def cache_of(mailbox: Mailbox) -> HeaderCache:
    """Return the cache of a mailbox."""
    cache = _caches.get(mailbox)
    if cache is None:
        cache = _caches[mailbox] = HeaderCache()
    return cache
