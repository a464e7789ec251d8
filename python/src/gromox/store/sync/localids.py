"""Ids for objects that clients make off line.

Spec:
    [MS-OXCFXICS] 2.2.3.2.4.7 (RopGetLocalReplicaIds), 2.2.3.2.4.8 (RopSetLocalReplicaMidsetDeleted),
    3.2.5.9.4.7 and 3.2.5.9.4.8, 3.3.5.2.1 (client-assigned internal identifiers).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.store.errors import InvalidValueError, LimitError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gromox.store.mailbox_file import MailboxFile, Write

MAX_IDS: Final = 0x10000
"""Of one request; [MS-OXCFXICS] 3.3.5.8.12 recommends clients to ask for a moderate number."""
_UNUSED: Final = "SELECT 1 FROM unused_ids WHERE first <= ? AND last >= ? LIMIT 1"
_INSERT: Final = (
    "INSERT INTO unused_ids (first, last) VALUES (?, ?)"
    " ON CONFLICT (first) DO UPDATE SET last = max(last, excluded.last)"
)


def allocate(file: MailboxFile, count: int) -> int:
    """Set ids apart for a client; returns the first of them.

    Raises:
        InvalidValueError, LimitError: none, or too many are asked for.
    """
    if count <= 0:
        raise InvalidValueError("at least one id has to be asked for")
    if count > MAX_IDS:
        raise LimitError(f"at most {MAX_IDS} ids at once")
    with file.write(durable=True, quiet=True) as tx:
        tx.next_cn()
        first = tx.next_object_id(count)
        file.execute(
            "INSERT INTO local_id_ranges (first, last, allocated_at) VALUES (?, ?, ?)",
            (first, first + count - 1, int(tx.now)),
        )
        return first


def is_allocated(file: MailboxFile, object_id: int) -> bool:
    """Tell whether an id was set apart for a client."""
    row = file.execute(
        "SELECT last FROM local_id_ranges WHERE first <= ? ORDER BY first DESC LIMIT 1", (object_id,)
    ).fetchone()
    return row is not None and object_id <= row[0]


def retire(tx: Write, ranges: Iterable[tuple[int, int]]) -> None:
    """Note that ids will never be used: objects with them are not taken in any more.

    Spec: [MS-OXCFXICS] 3.2.5.9.4.5 (deletions of what never was here), 3.2.5.9.4.8.
    """
    for low, high in ranges:
        tx.file.execute(_INSERT, (low, high))


def is_retired(file: MailboxFile, object_id: int) -> bool:
    """Tell whether an id may never come to be."""
    return file.execute(_UNUSED, (object_id, object_id)).fetchone() is not None
