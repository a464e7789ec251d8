"""Fill search folders: one folder of a scope after the other, outside the way of writers.

The messages of a folder are searched without a transaction; then those found become members in short ones.
What changed meanwhile was followed by whoever changed it, and is left alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.store import block_table, searching
from gromox.store.flags import Flag
from gromox.store.match import criteria
from gromox.store.match.expression import expression_of

if TYPE_CHECKING:
    from gromox.store.mailbox_file import MailboxFile, Write
    from gromox.store.view import FolderView

CHUNK: Final = 1000
"""Members that one transaction adds."""


def is_waiting(file: MailboxFile, folder_id: int | None = None) -> bool:
    """Tell whether a search folder, or any, has not looked everywhere yet."""
    if folder_id is None:
        return file.execute("SELECT 1 FROM search_backlog LIMIT 1").fetchone() is not None
    found = file.execute("SELECT 1 FROM search_backlog WHERE folder_id = ? LIMIT 1", (folder_id,))
    return found.fetchone() is not None


def populate(file: MailboxFile, folder_id: int | None = None) -> bool:
    """Look into one folder for one search folder (or for any); returns whether more is to be done."""
    file.refresh()
    condition, parameters = ("WHERE folder_id = ?", (folder_id,)) if folder_id is not None else ("", ())
    row = file.execute(
        f"SELECT folder_id, included_id FROM search_backlog {condition} LIMIT 1", parameters
    ).fetchone()
    if row is None:
        return False
    _look(file, *row)
    return is_waiting(file, folder_id)


def _look(file: MailboxFile, search_id: int, included: int) -> None:
    """Find and add the members that lie in one folder."""
    wanted = criteria.read(file, search_id)
    found: dict[int, int] = {}
    view: FolderView | None = None
    as_of = file.change_number
    if wanted is not None and included in file.folders:
        view = block_table.current_view(file, included)
        uids = searching.search(file, expression_of(wanted.restriction), view)
        found = searching.mids_of(file, included, uids)
    uids = list(found)
    for at in range(0, max(len(uids), 1), CHUNK):
        part = {uid: found[uid] for uid in uids[at : at + CHUNK]}
        is_last = at + CHUNK >= len(uids)
        with file.write(durable=False) as tx:
            if not file.execute(
                "SELECT 1 FROM search_backlog WHERE folder_id = ? AND included_id = ?", (search_id, included)
            ).fetchone():
                return  # stopped, or done by another process
            if is_last:
                file.execute(
                    "DELETE FROM search_backlog WHERE folder_id = ? AND included_id = ?",
                    (search_id, included),
                )
            if search_id in file.folders:
                _add(tx, search_id, included, part, as_of)


def _add(tx: Write, search_id: int, included: int, found: dict[int, int], as_of: int) -> None:
    file = tx.file
    record = tx.folder(search_id)
    record.highest_modseq = tx.cn
    if not found or included not in file.folders:
        return
    view = block_table.current_view(file, included)
    changed = set(view.changed_since(as_of))
    rewritten = file.execute("SELECT uid FROM messages WHERE folder_id = ? AND cn > ?", (included, as_of))
    changed.update(uid for (uid,) in rewritten)
    for uid, mid in found.items():
        place = view.place_of_uid(uid)
        if place is None or uid in changed:
            continue
        block, index, _ = place
        unread = not block.flags[index] & Flag.SEEN
        added = file.execute(
            "INSERT OR IGNORE INTO search_members (folder_id, mid, unread) VALUES (?, ?, ?)",
            (search_id, mid, unread),
        ).rowcount
        record.total += added
        record.unread += added and unread
