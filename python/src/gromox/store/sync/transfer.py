"""Which messages became which by a move or copy: what notifications tell as one event.

Spec: [MS-OXCNOTIF] 2.2.1.1 (ObjectMoved, ObjectCopied).
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gromox.store.mailbox_file import MailboxFile, Write

_ONE: Final = (
    "SELECT source_ids, target_ids FROM transfers"
    " WHERE cn = ? AND source_id = ? AND target_id = ? AND moved = ?"
)
_INSERT: Final = (
    "INSERT OR REPLACE INTO transfers (cn, source_id, target_id, moved, source_ids, target_ids)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)
_SINCE: Final = (
    "SELECT source_id, target_id, moved, source_ids, target_ids FROM transfers WHERE cn > ? AND cn <= ?"
    " ORDER BY cn"
)


class Transfer(NamedTuple):
    """Messages that were moved or copied together."""

    source_id: int
    target_id: int
    moved: bool
    pairs: tuple[tuple[int, int], ...]
    """(message in the source, message in the target)"""


def note(
    tx: Write,
    source_id: int,
    target_id: int,
    pairs: Iterable[tuple[int, int]],
    *,
    moved: bool,
) -> None:
    """Remember that messages of one folder became others of another one by this transaction."""
    key = (tx.cn, source_id, target_id, int(moved))
    known = tx.file.execute(_ONE, key).fetchone() or (b"", b"")
    sources, targets = array("Q", known[0]), array("Q", known[1])
    for source, target in pairs:
        sources.append(source)
        targets.append(target)
    tx.file.execute(_INSERT, (*key, sources.tobytes(), targets.tobytes()))


def since(file: MailboxFile, start: int, end: int) -> list[Transfer]:
    """Return what was moved or copied after one change number and up to another."""
    found = []
    for source_id, target_id, moved, sources, targets in file.execute(_SINCE, (start, end)).fetchall():
        pairs = zip(
            memoryview(sources).cast("Q").tolist(), memoryview(targets).cast("Q").tolist(), strict=True
        )
        found.append(Transfer(source_id, target_id, bool(moved), tuple(pairs)))
    return found
