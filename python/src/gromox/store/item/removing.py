"""Remove messages by their ids, whichever kind they are, and bring softly deleted ones back.

Spec: [MS-OXCFOLD] 3.2.5.11 (RopDeleteMessages), 3.2.5.12 (hard deletion), 2.2.1.10 (emptying a folder).
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

from gromox.store import block_table, expunge, picking, quota, tombstone
from gromox.store.errors import LimitError, MessageGoneError
from gromox.store.flags import Flag
from gromox.store.item import narrow
from gromox.store.item.entry import Entry, entries_of
from gromox.store.tombstone import Gone, Kind
from gromox.store.touch import Touch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.store.mailbox_file import MailboxFile, Write

MAX_MESSAGES: Final = 100_000
"""Of one call."""


def remove(tx: Write, folder_id: int, entries: Sequence[Entry], *, is_hard: bool) -> None:
    """Remove live or, for good, softly deleted messages of one folder."""
    file = tx.file
    live = [each for each in entries if not each.state]
    normal = [each.mid for each in live if each.uid is not None]
    if normal:
        view = block_table.current_view(file, folder_id)
        picks = picking.pick_mids(file, view, normal)
        if picks:
            expunge.remove_picked(tx, picks, is_hard=is_hard)
    associated = [each for each in live if each.uid is None]
    if associated:
        _remove_associated(tx, folder_id, associated, is_hard=is_hard)
    deleted = [each for each in entries if each.state]
    if deleted and is_hard:
        _purge(tx, folder_id, deleted)


def _remove_associated(tx: Write, folder_id: int, entries: Sequence[Entry], *, is_hard: bool) -> None:
    file = tx.file
    record = tx.folder(folder_id)
    tx.next_cn()
    size = sum([each.size for each in entries])
    mids = array("Q", [each.mid for each in entries])
    record.associated_total -= len(mids)
    record.associated_size -= size
    file.associated_size -= size
    if is_hard:
        picking.fill_with_mids(file, mids)
        expunge.erase(tx)
    else:
        file.executemany(
            "UPDATE messages SET state = 1, deleted_at = ? WHERE mid = ?",
            [(int(tx.now), mid) for mid in mids],
        )
        record.deleted_total += len(mids)
        record.deleted_size += size
        file.deleted_size += size
    kind = Kind.HARD if is_hard else Kind.SOFT
    tombstone.bury(tx, folder_id, Gone.ASSOCIATED, kind, mids)
    tx.note(folder_id, mids, Touch.REMOVED)


def _purge(tx: Write, folder_id: int, entries: Sequence[Entry]) -> None:
    """Remove for good what was deleted softly: nobody has to be told."""
    file = tx.file
    size = sum([each.size for each in entries])
    picking.fill_with_mids(file, [each.mid for each in entries])
    expunge.erase(tx)
    file.deleted_size -= size
    if folder_id in file.folders:
        record = tx.folder(folder_id)
        record.deleted_total -= len(entries)
        record.deleted_size -= size


def messages_of(
    file: MailboxFile, folder_id: int, *, normal: bool = True, associated: bool = False
) -> list[Entry]:
    """Return the live messages of a folder. Raises LimitError: there are more than one call may touch."""
    kinds = [kind for kind, wanted in ((0, normal), (1, associated)) if wanted]
    rows = file.execute(
        "SELECT mid FROM messages WHERE folder_id = ? AND state = 0"
        f" AND associated IN ({', '.join(map(str, kinds)) or 'NULL'}) ORDER BY mid LIMIT ?",
        (folder_id, MAX_MESSAGES + 1),
    ).fetchall()
    if len(rows) > MAX_MESSAGES:
        raise LimitError(f"at most {MAX_MESSAGES} messages at a time")
    return list(entries_of(file, [mid for (mid,) in rows]).values())


def restore(tx: Write, entry: Entry) -> None:
    """Bring a softly deleted message back to its folder, as a new one for all who saw it go.

    Raises:
        FolderGoneError: its folder is not there.
        MessageGoneError: it is not softly deleted.
        QuotaError: the mailbox has no room for it.
    """
    file = tx.file
    if not entry.state:
        raise MessageGoneError("the message is not deleted")
    record = tx.folder(entry.folder_id)
    quota.check_room(file, entry.size, 0 if entry.associated else 1)
    cn = tx.next_cn()
    record.deleted_total -= 1
    record.deleted_size -= entry.size
    file.deleted_size -= entry.size
    uid = None if entry.uid is None else narrow.next_uid(tx, entry.folder_id)
    flags, keyword_set = file.execute(
        "SELECT flags, keyword_set FROM messages WHERE mid = ?", (entry.mid,)
    ).fetchone()
    file.execute(
        "UPDATE messages SET state = 0, deleted_at = NULL, uid = ?, cn = ?, saved_at = ? WHERE mid = ?",
        (uid, cn, int(tx.now), entry.mid),
    )
    if entry.uid is None or uid is None:
        record.associated_total += 1
        record.associated_size += entry.size
        file.associated_size += entry.size
    else:
        for table in expunge.NARROW_TABLES:
            file.execute(
                f"UPDATE {table} SET uid = ? WHERE folder_id = ? AND uid = ?",
                (uid, entry.folder_id, entry.uid),
            )
        flags &= ~int(Flag.DELETED)
        names = frozenset(file.keywords.names(keyword_set))
        narrow.add(tx, entry.folder_id, uid, cn, flags, names)
        record.total += 1
        record.unread += not flags & Flag.SEEN
        record.size += entry.size
        file.normal_size += entry.size
        file.message_count += 1
    tx.note(entry.folder_id, [entry.mid], Touch.CREATED)
