"""What went away, and when: one row for all that left a folder by one change."""

from __future__ import annotations

from array import array
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gromox.store.mailbox_file import MailboxFile, Write


class Gone(IntEnum):
    """What kind of object left."""

    MESSAGE = 0
    ASSOCIATED = 1
    FOLDER = 2


class Kind(IntEnum):
    """How it left."""

    SOFT = 0
    HARD = 1
    MOVED = 2


def bury(
    tx: Write, folder_id: int, gone: Gone, kind: Kind, ids: array[int], uids: array[int] | None = None
) -> None:
    """Note that objects left a folder (for folders: their parent) by this transaction."""
    key = (folder_id, tx.cn, int(gone), int(kind))
    row = tx.file.execute(
        "SELECT ids, uids FROM tombstones WHERE folder_id = ? AND cn = ? AND object = ? AND kind = ?", key
    ).fetchone()
    if row is not None:  # a second removal of the same transaction
        ids = array("Q", row[0]) + ids
        if uids is not None:
            uids = array("I", sorted(array("I", row[1] or b"") + uids))
    tx.file.execute(
        "INSERT OR REPLACE INTO tombstones VALUES (?, ?, ?, ?, ?, ?, ?)", (*key, int(tx.now), ids, uids)
    )


def vanished_since(file: MailboxFile, folder_id: int, modseq: int) -> array[int] | None:
    """Return the UIDs that left a folder after a modseq, ascending.

    None if that is no longer known (RFC 7162 3.2.5.1).
    """
    (floor,) = file.execute("SELECT tombstone_floor FROM counters").fetchone()
    if modseq < floor:
        return None
    uids = array("I")
    for (octets,) in file.execute(
        "SELECT uids FROM tombstones WHERE folder_id = ? AND cn > ? AND object = 0 AND uids IS NOT NULL",
        (folder_id, modseq),
    ).fetchall():
        uids.frombytes(octets)
    return array("I", sorted(uids))


def prune(tx: Write, before: int) -> int:
    """Forget what left before a time (Unix seconds) and raise the floor; returns how many rows went."""
    file = tx.file
    (newest,) = file.execute("SELECT max(cn) FROM tombstones WHERE at < ?", (before,)).fetchone()
    if newest is None:
        return 0
    gone = file.execute("DELETE FROM tombstones WHERE cn <= ?", (newest,)).rowcount
    file.execute("DELETE FROM transfers WHERE cn <= ?", (newest,))
    tx.next_cn()
    file.execute("UPDATE counters SET tombstone_floor = ?", (newest,))
    return gone
