"""Is what synchronisation relies on right? Else clients would keep what is gone, or miss what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.store.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.store.mailbox_file import MailboxFile, Write

_ID_SIZE: Final = 8
_BORN_LATE: Final = "SELECT mid FROM messages WHERE birth_cn > cn"
_FOLDERS_BORN_LATE: Final = "SELECT folder_id FROM folders WHERE birth_cn > cn"
_TOMBSTONES: Final = "SELECT folder_id, cn, ids FROM tombstones WHERE object <> 2"
_LIVING: Final = "SELECT 1 FROM messages WHERE mid = ? AND folder_id = ? AND state = 0 AND cn < ?"
_TRANSFERS: Final = "length(source_ids) <> length(target_ids) OR length(source_ids) % 8 <> 0"
_AHEAD: Final = "SELECT folder_id FROM marks_seen WHERE cn > (SELECT change_number FROM counters)"


def find(file: MailboxFile) -> Iterator[Problem]:
    """Go through all findings; within a transaction."""
    for (mid,) in file.execute(_BORN_LATE).fetchall():
        yield Problem("born-after-change", f"message {mid}")
    for (folder_id,) in file.execute(_FOLDERS_BORN_LATE).fetchall():
        yield Problem("born-after-change", f"folder {folder_id}")
    for folder_id, cn, mid in _buried_alive(file):
        yield Problem("buried-alive", f"message {mid} of folder {folder_id} left by {cn} and is there")
    for folder_id, cn in _broken_tombstones(file):
        yield Problem("tombstone-damaged", f"folder {folder_id}, change {cn}")
    for (cn,) in file.execute(f"SELECT cn FROM transfers WHERE {_TRANSFERS}").fetchall():
        yield Problem("transfer-damaged", f"change {cn}")
    for (folder_id,) in file.execute(_AHEAD).fetchall():
        yield Problem("marks-ahead", f"folder {folder_id}")
    last = _last_local_id(file)
    if last >= file.next_object_id:
        yield Problem("local-ids-ahead", f"{last} was given to a client, {file.next_object_id} comes next")


def repair(tx: Write) -> None:
    """Put right what :func:`find` finds."""
    file = tx.file
    file.execute("UPDATE messages SET birth_cn = NULL WHERE birth_cn > cn")
    file.execute("UPDATE folders SET birth_cn = NULL WHERE birth_cn > cn")
    for _, _, mid in list(_buried_alive(file)):
        # A new version: whoever dropped it gets it again.
        file.execute("UPDATE messages SET cn = ? WHERE mid = ?", (tx.next_cn(), mid))
    for folder_id, cn in list(_broken_tombstones(file)):
        file.execute("DELETE FROM tombstones WHERE folder_id = ? AND cn = ?", (folder_id, cn))
        # What it told is lost: who does not know it yet has to start anew.
        file.execute("UPDATE counters SET tombstone_floor = max(tombstone_floor, ?)", (cn,))
    file.execute(f"DELETE FROM transfers WHERE {_TRANSFERS}")
    file.execute("DELETE FROM marks_seen WHERE cn > (SELECT change_number FROM counters)")
    file.next_object_id = max(file.next_object_id, _last_local_id(file) + 1)


def _buried_alive(file: MailboxFile) -> Iterator[tuple[int, int, int]]:
    """Yield (folder, change number, message) of live messages that a newer tombstone says are gone."""
    for folder_id, cn, ids in file.execute(_TOMBSTONES).fetchall():
        if len(ids) % _ID_SIZE:
            continue
        for mid in memoryview(ids).cast("Q").tolist():
            if file.execute(_LIVING, (mid, folder_id, cn)).fetchone():
                yield folder_id, cn, mid


def _broken_tombstones(file: MailboxFile) -> Iterator[tuple[int, int]]:
    rows = file.execute("SELECT folder_id, cn FROM tombstones WHERE length(ids) % 8 <> 0").fetchall()
    yield from rows


def _last_local_id(file: MailboxFile) -> int:
    (last,) = file.execute("SELECT coalesce(max(last), 0) FROM local_id_ranges").fetchone()
    return int(last)
