"""Which messages were moved from one folder to another, read from what the moves left behind.

A move takes its change numbers in a row: first that of the transaction, under which the source folder has a
tombstone, then one for each message in its new place (``gromox.store.copying``).
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.store.tombstone import Gone, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.store.mailbox_file import MailboxFile

_TOMBSTONES: Final = (
    "SELECT folder_id, cn, ids FROM tombstones WHERE cn > ? AND at >= ? AND object = ? AND kind = ?"
    " ORDER BY cn LIMIT ?"
)
_TARGETS: Final = (
    "SELECT folder_id, uid FROM messages WHERE folder_id IN (SELECT folder_id FROM folders WHERE state = 0)"
    " AND cn > ? AND cn <= ? AND state = 0 AND uid IS NOT NULL ORDER BY folder_id, uid LIMIT ?"
)
_ID_OCTETS: Final = array("Q").itemsize


@dataclass(frozen=True, slots=True)
class Moved:
    """Messages that one transaction moved, and where they are now."""

    source_id: int
    target_id: int
    uids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Moves:
    """What was moved, oldest first, and how far that goes."""

    moves: Sequence[Moved]
    seen: int  #: ask for what came after this change number next time
    more: bool  #: there is more than was asked for


def moved_since(file: MailboxFile, cn: int, *, not_before: int, limit: int) -> Moves:
    """Return moves after a change number and not before a time (Unix seconds).

    Args:
        file: the mailbox.
        cn: of which the caller knows already.
        not_before: for callers that do not know any change number.
        limit: of transactions, and of messages of each; the rest of a larger one is left out.
    """
    file.refresh(scanned=False)
    newest = file.change_number
    rows = file.execute(
        _TOMBSTONES, (cn, not_before, int(Gone.MESSAGE), int(Kind.MOVED), limit + 1)
    ).fetchall()
    found: list[Moved] = []
    for source_id, first, ids in rows[:limit]:
        count = len(ids) // _ID_OCTETS
        targets: dict[int, list[int]] = {}
        for folder_id, uid in file.execute(_TARGETS, (first, first + count, limit)).fetchall():
            targets.setdefault(folder_id, []).append(uid)
        found += [Moved(source_id, folder_id, tuple(uids)) for folder_id, uids in targets.items()]
    more = len(rows) > limit
    return Moves(found, rows[limit - 1][1] if more else newest, more)
