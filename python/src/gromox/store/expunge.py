"""Remove messages and folders: softly, so that they can be brought back for a while, or for good."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

from gromox.store import block_table, hierarchy, picking, tombstone
from gromox.store.builtin import FolderKind
from gromox.store.flags import Flag
from gromox.store.model import NO_UIDS, Expunged
from gromox.store.tombstone import Gone, Kind
from gromox.store.touch import Touch
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from gromox.store.mailbox_file import MailboxFile, Write
    from gromox.store.picking import Picks

_EVERYTHING: Final = UidSet.everything()
NARROW_TABLES: Final = ("fetch_rows", "structures", "headers", "search_texts")
_MAX_DEPTH: Final = 64
"""Embedded messages within each other."""


def expunge(file: MailboxFile, folder_id: int, uids: UidSet | None, *, only_deleted: bool) -> Expunged:
    r"""Remove messages; with ``only_deleted`` those that have ``\Deleted``."""
    with file.write(durable=True, scanned=False) as tx:
        view = block_table.current_view(file, folder_id)
        mask = int(Flag.DELETED) if only_deleted else 0
        picks = picking.pick(file, view, _EVERYTHING if uids is None else uids, mask=mask)
        if not picks:
            return Expunged(NO_UIDS, 0)
        remove_picked(tx, picks, is_hard=not file.soft_delete)
        return Expunged(picks.uids, tx.cn)


def remove_picked(tx: Write, picks: Picks, *, is_hard: bool) -> None:
    """Remove picked messages as part of a transaction."""
    folder_id = picks.view.folder_id
    tx.scan_picked(stays=False)
    picking.take_out(tx, picks)
    if is_hard:
        erase(tx)
    else:
        _set_aside(tx, picks)
    tombstone.bury(tx, folder_id, Gone.MESSAGE, Kind.HARD if is_hard else Kind.SOFT, picks.mids, picks.uids)
    tx.note(folder_id, picks.mids, Touch.REMOVED)


def _set_aside(tx: Write, picks: Picks) -> None:
    """Mark rows as soft-deleted and keep there what the block knew."""
    at = int(tx.now)
    tx.file.executemany(
        "UPDATE messages SET state = 1, deleted_at = ?, flags = ?, keyword_set = ? WHERE mid = ?",
        [
            (at, flags, keyword_set, mid)
            for flags, keyword_set, mid in zip(picks.flags, picks.keyword_sets, picks.mids, strict=True)
        ],
    )
    record = tx.folder(picks.view.folder_id)
    record.deleted_total += len(picks)
    record.deleted_size += picks.size
    tx.file.deleted_size += picks.size


def erase(tx: Write) -> list[bytes]:
    """Delete all rows of the messages in ``picked``; returns hashes of files that nothing refers to any more.

    Counters and blocks are the caller's business.
    """
    file = tx.file
    tx.next_cn()
    content_ids = [
        row[0]
        for row in file.execute(
            "SELECT m.content_id FROM temp.picked p JOIN messages m ON m.mid = p.mid"
            " WHERE m.content_id IS NOT NULL"
        ).fetchall()
    ]
    content_ids += _erase_embedded(file)
    content_ids += [
        row[0]
        for row in file.execute(
            "SELECT v.content_id FROM temp.picked p JOIN large_values v ON v.mid = p.mid"
        ).fetchall()
    ]
    where = (
        "(folder_id, uid) IN (SELECT m.folder_id, m.uid FROM temp.picked p JOIN messages m ON m.mid = p.mid)"
    )
    for table in NARROW_TABLES:
        file.execute(f"DELETE FROM {table} WHERE {where}")
    file.execute("DELETE FROM read_states WHERE mid IN (SELECT mid FROM temp.picked)")
    file.execute("DELETE FROM messages WHERE mid IN (SELECT mid FROM temp.picked)")
    return release(file, content_ids)


def _erase_embedded(file: MailboxFile) -> list[int]:
    """Delete attachments and embedded messages below the picked ones; returns the contents they refer to."""
    content_ids: list[int] = []
    owners = "SELECT mid FROM temp.picked"
    parameters: list[int] = []
    for _ in range(_MAX_DEPTH):
        rows = file.execute(
            f"SELECT attachment_id, content_id FROM attachments WHERE mid IN ({owners})",
            parameters,
        ).fetchall()
        if not rows:
            break
        content_ids += [content_id for _, content_id in rows if content_id is not None]
        embedded: list[int] = []
        for attachment_id, _ in rows:
            for mid, content_id in file.execute(
                "SELECT mid, content_id FROM messages WHERE parent_attachment_id = ?", (attachment_id,)
            ).fetchall():
                embedded.append(mid)
                if content_id is not None:
                    content_ids.append(content_id)
            file.execute("DELETE FROM attachments WHERE attachment_id = ?", (attachment_id,))
        if not embedded:
            break
        # What lies deeper is found before the rows that lead there go.
        next_mid = 1 + max(
            0, *[row[0] for row in file.execute("SELECT max(uid) FROM temp.picked").fetchall()]
        )
        file.executemany(
            "INSERT INTO temp.picked (uid, mid) VALUES (?, ?)", list(enumerate(embedded, next_mid))
        )
        owners = "SELECT mid FROM temp.picked WHERE uid >= ?"
        parameters = [next_mid]
    return content_ids


def release(file: MailboxFile, content_ids: list[int]) -> list[bytes]:
    """Drop one reference to each content (an id may occur again).

    Returns hashes of files no row refers to now.
    """
    hashes: list[bytes] = []
    for content_id in content_ids:
        row = file.execute("SELECT extra FROM content_shares WHERE content_id = ?", (content_id,)).fetchone()
        if row is None:
            gone = file.execute("SELECT hash FROM contents WHERE content_id = ?", (content_id,)).fetchone()
            if gone and gone[0] is not None:
                hashes.append(gone[0])
            file.execute("DELETE FROM contents WHERE content_id = ?", (content_id,))
        elif row[0] <= 1:
            file.execute("DELETE FROM content_shares WHERE content_id = ?", (content_id,))
        else:
            file.execute("UPDATE content_shares SET extra = extra - 1 WHERE content_id = ?", (content_id,))
    return hashes


def delete_folder(file: MailboxFile, folder_id: int) -> None:
    """Remove a folder with its messages; softly unless the settings say otherwise."""
    # What was not scanned is removed softly as it is.
    with file.write(durable=True, scanned=not file.soft_delete) as tx:
        remove_folder(tx, folder_id, is_hard=not file.soft_delete)


def remove_folder(tx: Write, folder_id: int, *, is_hard: bool) -> None:
    """Remove a folder with its messages as part of a transaction."""
    file = tx.file
    hierarchy.check_deletable(file, folder_id)
    record = tx.folder(folder_id)
    kind = Kind.HARD if is_hard else Kind.SOFT
    tombstone.bury(tx, record.parent_id, Gone.FOLDER, kind, array("Q", [folder_id]))
    file.execute("DELETE FROM receive_folders WHERE folder_id = ?", (folder_id,))
    if folder_id in file.searches.folders:
        rows = file.execute("SELECT mid FROM messages WHERE folder_id = ?", (folder_id,)).fetchall()
        tx.note(folder_id, [mid for (mid,) in rows], Touch.REMOVED)
    file.normal_size -= record.size
    file.associated_size -= record.associated_size
    if record.kind != FolderKind.SEARCH:
        file.message_count -= record.total
    file.deleted_size += record.size + record.associated_size
    file.execute(
        "UPDATE folders SET state = 1, cn = ?, deleted_at = ? WHERE folder_id = ?",
        (tx.cn, int(tx.now), folder_id),
    )
    if is_hard:
        erase_folder(tx, folder_id)
    del file.folders[folder_id]
    file.views.pop(folder_id, None)
    tx.hierarchy_changed = True


def erase_folder(tx: Write, folder_id: int) -> list[bytes]:
    """Delete a soft-deleted folder for good, with all its messages.

    Returns hashes of files without reference.
    """
    file = tx.file
    rows = file.execute("SELECT mid, size FROM messages WHERE folder_id = ?", (folder_id,)).fetchall()
    picking.fill_with_mids(file, [mid for mid, _ in rows])
    file.deleted_size -= sum([size for _, size in rows])
    hashes = erase(tx)
    file.execute("DELETE FROM flag_blocks WHERE folder_id = ?", (folder_id,))
    file.execute("DELETE FROM annotations WHERE folder_id = ?", (folder_id,))
    file.execute("DELETE FROM url_keys WHERE folder_id = ?", (folder_id,))
    file.execute("DELETE FROM folders WHERE folder_id = ?", (folder_id,))
    return hashes
