"""How an item of property form stands among mails: a UID, a place in the flag blocks, a row for FETCH.

The row in ``fetch_rows`` has no content until the item was rendered (rendering.py): it gives UID, id and
date, and ``content_id`` NULL says that IMAP has not seen the item. What IMAP has seen is never changed: an
item whose content changes afterwards gets another UID, and the old one vanishes (RFC 9051 2.3.1.1).
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

from gromox.mime.date import internal_date_text
from gromox.store import block_table, picking, tombstone
from gromox.store.errors import LimitError
from gromox.store.expunge import NARROW_TABLES
from gromox.store.tombstone import Gone, Kind
from gromox.store.uidset import MAX_UID, UidSet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.store.mailbox_file import MailboxFile, Write

_STUB: Final = (
    "INSERT INTO fetch_rows (folder_id, uid, mid, content_id, size, internal_date, envelope)"
    " VALUES (?, ?, ?, NULL, 0, ?, x'')"
)


def next_uid(tx: Write, folder_id: int, count: int = 1) -> int:
    """Return the UID that a new message of a folder gets. Raises FolderGoneError, LimitError."""
    uid = tx.folder(folder_id).uid_next
    if uid + count > MAX_UID:
        raise LimitError("the folder has used up its UIDs: copy its messages to a new one")
    return uid


def add(tx: Write, folder_id: int, uid: int, cn: int, flags: int, keywords: frozenset[str]) -> None:
    """Put a new message at the end of the flag blocks; counters are the caller's business."""
    file = tx.file
    sets = None
    if keywords:
        file.keywords.load()
        sets = array("I", [file.keywords.identify(keywords)])
    block_table.extend(tx, folder_id, array("I", [uid]), bytes([flags]), sets, [cn])


def insert_stub(file: MailboxFile, folder_id: int, uid: int, mid: int, date: int, zone: int) -> None:
    """Write the row that FETCH knows a message by before it was rendered."""
    file.execute(_STUB, (folder_id, uid, mid, b'"%b"' % internal_date_text(date, zone)))


def drop(file: MailboxFile, folder_id: int, uids: Sequence[int]) -> None:
    """Remove the rows that FETCH and SEARCH read."""
    for table in NARROW_TABLES:
        file.executemany(
            f"DELETE FROM {table} WHERE folder_id = ? AND uid = ?", [(folder_id, uid) for uid in uids]
        )


def renew(tx: Write, folder_id: int, mid: int, uid: int) -> int:
    """Give a message whose content IMAP has seen a new UID; returns it.

    Its rendering and the rows made from it go; the folder's counters stay as they are.
    """
    file = tx.file
    record = tx.folder(folder_id)
    picks = picking.pick(file, block_table.current_view(file, folder_id), UidSet.of([uid]))
    if not picks:
        return uid
    totals = (record.total, record.unread, record.size, file.normal_size, file.message_count)
    picking.take_out(tx, picks)
    (date, zone) = file.execute(
        "SELECT internal_date, internal_zone FROM messages WHERE mid = ?", (mid,)
    ).fetchone()
    new_uid = next_uid(tx, folder_id)
    drop(file, folder_id, [uid])
    # The tombstone tells IMAP alone: for all others the message is where it was.
    tombstone.bury(tx, folder_id, Gone.MESSAGE, Kind.MOVED, array("Q"), array("I", [uid]))
    insert_stub(file, folder_id, new_uid, mid, date, zone)
    file.execute(
        "UPDATE messages SET uid = ?, email_id = ? WHERE mid = ?", (new_uid, tx.next_object_id(), mid)
    )
    names = file.keywords.names(picks.keyword_sets[0])
    add(tx, folder_id, new_uid, tx.next_cn(), picks.flags[0], frozenset(names))
    record.total, record.unread, record.size, file.normal_size, file.message_count = totals
    return new_uid
