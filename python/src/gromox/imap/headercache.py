"""Selections of header fields made before: messages do not change, and clients ask for the same fields."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gromox.store.mailbox import Mailbox

#: Selections kept for one mailbox; some 300 octets each.
MAX_ENTRIES: Final = 20_000
MAX_SIZE: Final = 4096


class HeaderCache:
    """The selections of one open mailbox."""

    __slots__ = ("_count", "_tables")

    def __init__(self) -> None:
        self._tables: dict[tuple[int, bytes], dict[int, bytes]] = {}
        self._count = 0

    def table(self, folder_id: int, label: bytes) -> dict[int, bytes]:
        """Return what is known of one selection in one folder, by UID."""
        return self._tables.setdefault((folder_id, label), {})

    def keep(self, table: dict[int, bytes], uid: int, octets: bytes) -> None:
        """Remember a selection."""
        if len(octets) > MAX_SIZE:
            return
        if self._count >= MAX_ENTRIES:
            # Tables in use go on working, they are only no longer found.
            self._tables.clear()
            self._count = 0
        table[uid] = octets
        self._count += 1


_caches: Final[weakref.WeakKeyDictionary[Mailbox, HeaderCache]] = weakref.WeakKeyDictionary()


def cache_of(mailbox: Mailbox) -> HeaderCache:
    """Return the cache of a mailbox."""
    cache = _caches.get(mailbox)
    if cache is None:
        cache = _caches[mailbox] = HeaderCache()
    return cache
