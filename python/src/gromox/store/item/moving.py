"""Copy and move messages by their ids, whichever kind they are, within a mailbox.

Spec: [MS-OXCFOLD] 3.2.5.6 (RopMoveCopyMessages).
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from gromox.store import block_table, copying, picking, quota, tombstone
from gromox.store.tombstone import Gone, Kind
from gromox.store.touch import Touch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.store.item.entry import Entry
    from gromox.store.mailbox_file import Write


def transfer(
    tx: Write, folder_id: int, entries: Sequence[Entry], target_id: int, *, is_move: bool
) -> list[tuple[int, int]]:
    """Copy or move live messages of one folder; returns (old id, new id) of each.

    Raises:
        FolderGoneError, QuotaError, LimitError: nothing is to be kept of the transaction.
    """
    file = tx.file
    pairs: list[tuple[int, int]] = []
    normal = [each.mid for each in entries if each.uid is not None]
    if normal:
        picks = picking.pick_mids(file, block_table.current_view(file, folder_id), normal)
        if picks:
            if is_move:
                copying.move_picked(tx, picks, target_id)
            else:
                copying.copy_picked(tx, picks, target_id)
            pairs += copying.copied_pairs(tx)
    associated = [each for each in entries if each.uid is None]
    if associated:
        pairs += _transfer_associated(tx, folder_id, associated, target_id, is_move=is_move)
    return pairs


def _transfer_associated(
    tx: Write, folder_id: int, entries: Sequence[Entry], target_id: int, *, is_move: bool
) -> list[tuple[int, int]]:
    """Items that stand in no block."""
    file = tx.file
    size = sum([each.size for each in entries])
    if not is_move:
        quota.check_room(file, size, 0)
    target = tx.folder(target_id)
    picking.fill_with_mids(file, [each.mid for each in entries])
    first_mid, first_cn = tx.next_object_id(len(entries)), tx.next_cn(len(entries))
    file.executemany(
        "UPDATE temp.picked SET target_mid = ?, target_cn = ? WHERE mid = ?",
        [(first_mid + i, first_cn + i, each.mid) for i, each in enumerate(entries)],
    )
    copying.insert_rows(tx, target_id)
    mids = array("Q", [each.mid for each in entries])
    if is_move:
        copying.move_parts(tx)
        file.execute("DELETE FROM messages WHERE mid IN (SELECT mid FROM temp.picked)")
        source = tx.folder(folder_id)
        source.associated_total -= len(entries)
        source.associated_size -= size
        file.associated_size -= size
        tombstone.bury(tx, folder_id, Gone.ASSOCIATED, Kind.MOVED, mids)
        tx.note(folder_id, mids, Touch.REMOVED)
    else:
        copying.copy_parts(tx)
    target.associated_total += len(entries)
    target.associated_size += size
    file.associated_size += size
    tx.note(target_id, range(first_mid, first_mid + len(entries)), Touch.CREATED)
    return [(each.mid, first_mid + i) for i, each in enumerate(entries)]
