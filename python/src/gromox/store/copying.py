"""COPY and MOVE within a mailbox: rows are copied by the database, contents are shared.

Spec:
    RFC 9051 6.4.7 (COPY: all or nothing, flags kept), 6.4.8 (MOVE). A moved message gets a new id, as in
    [MS-OXCFOLD] 2.2.1.6: synchronisation sees it leave one folder and appear in the other.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

from gromox.store import block_table, picking, quota, tombstone
from gromox.store.errors import LimitError
from gromox.store.model import NO_UIDS, Copied
from gromox.store.sync import transfer
from gromox.store.tombstone import Gone, Kind
from gromox.store.touch import Touch
from gromox.store.uidset import MAX_UID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.store.mailbox_file import MailboxFile, Write
    from gromox.store.picking import Picks
    from gromox.store.uidset import UidSet

_KEPT: Final = (
    "associated, size, internal_date, internal_zone, received_time, sent_time, created_time, modified_time,"
    " content_id, primary_form, has_attachment, importance, sensitivity, message_id_hash, message_class,"
    " subject, normalized_subject, sender_name, sender_address, display_to, display_cc, display_bcc,"
    " conversation_id, group_id, creator, message_status, message_flags, rendered_cn, flags, keyword_set,"
    " properties"
)
#: The copy of an item that was never shown as a mail will be shown as another one (RFC 8474 5.1).
_EMAIL_ID: Final = "CASE WHEN m.content_id IS NULL AND NOT ? THEN NULL ELSE coalesce(m.email_id, m.mid) END"
#: Copies of what is on its way out ([MS-OXCMSG] 2.2.1.6, mfSubmitted) are not.
_COPIED: Final = f"m.{_KEPT.replace(', ', ', m.')}".replace("m.message_flags", "m.message_flags & ~4")
_MESSAGES: Final = (
    f"INSERT INTO messages (mid, folder_id, uid, cn, saved_at, email_id, {_KEPT})"
    f" SELECT p.target_mid, ?, p.target_uid, p.target_cn, ?, {_EMAIL_ID}, {_COPIED}"
    " FROM temp.picked p JOIN messages m ON m.mid = p.mid ORDER BY p.uid"
)
_EMBEDDED: Final = (
    f"INSERT INTO messages (mid, folder_id, parent_attachment_id, cn, saved_at, {_KEPT})"
    f" SELECT ?, 0, ?, ?, saved_at, {_KEPT} FROM messages WHERE mid = ?"
)
_MAX_DEPTH: Final = 64
_NARROW: Final[dict[str, str]] = {
    "structures": "bodystructure, body, parts, message_id, preview",
    "headers": "header",
    "search_texts": "size, internal_day, sent_day, subject, senders, recipients, copies, blind_copies",
}
_FETCH_ROWS: Final = (
    "INSERT INTO fetch_rows (folder_id, uid, mid, content_id, size, internal_date, envelope)"
    " SELECT ?, p.target_uid, p.target_mid, r.content_id, r.size, r.internal_date, r.envelope"
    " FROM temp.picked p JOIN fetch_rows r ON r.folder_id = ? AND r.uid = p.uid ORDER BY p.uid"
)


def _narrow(table: str, columns: str) -> str:
    read = ", ".join(f"r.{name.strip()}" for name in columns.split(","))
    return (
        f"INSERT INTO {table} (folder_id, uid, {columns}) SELECT ?, p.target_uid, {read}"
        f" FROM temp.picked p JOIN {table} r ON r.folder_id = ? AND r.uid = p.uid ORDER BY p.uid"
    )


_COPY_ROWS: Final = (_FETCH_ROWS, *[_narrow(table, columns) for table, columns in _NARROW.items()])


def copy(file: MailboxFile, folder_id: int, uids: UidSet, target_id: int) -> Copied:
    """Copy messages to a folder, which may be their own."""
    with file.write(durable=True, scanned=False) as tx:
        return copy_picked(tx, picking.pick(file, block_table.current_view(file, folder_id), uids), target_id)


def copy_picked(tx: Write, picks: Picks, target_id: int) -> Copied:
    """Copy messages as part of a transaction."""
    file = tx.file
    target = file.record(target_id)
    if not picks:
        return Copied(target.uid_validity, NO_UIDS, NO_UIDS)
    quota.check_room(file, picks.size, len(picks))
    target_uids = _insert(tx, picks, target_id, moved=False)
    copy_parts(tx)
    _note_targets(tx, target_id)
    return Copied(target.uid_validity, picks.uids, target_uids)


def move(file: MailboxFile, folder_id: int, uids: UidSet, target_id: int) -> Copied:
    """Move messages to a folder, all in one transaction."""
    with file.write(durable=True, scanned=False) as tx:
        return move_picked(tx, picking.pick(file, block_table.current_view(file, folder_id), uids), target_id)


def move_picked(tx: Write, picks: Picks, target_id: int, *, first_mid: int | None = None) -> Copied:
    """Move messages as part of a transaction; ``first_mid``: their new ids begin here."""
    file, folder_id = tx.file, picks.view.folder_id
    target = file.record(target_id)
    if not picks:
        return Copied(target.uid_validity, NO_UIDS, NO_UIDS)
    picking.take_out(tx, picks)
    target_uids = _insert(tx, picks, target_id, moved=True, first_mid=first_mid)
    # What hangs on the old row moves over before the row goes, or it would go along.
    move_parts(tx)
    for table in ("fetch_rows", *_NARROW):
        file.execute(
            f"DELETE FROM {table} WHERE folder_id = ? AND uid IN (SELECT uid FROM temp.picked)",
            (folder_id,),
        )
    file.execute("DELETE FROM messages WHERE mid IN (SELECT mid FROM temp.picked)")
    tombstone.bury(tx, folder_id, Gone.MESSAGE, Kind.MOVED, picks.mids, picks.uids)
    tx.note(folder_id, picks.mids, Touch.REMOVED)
    _note_targets(tx, target_id)
    return Copied(target.uid_validity, picks.uids, target_uids)


def copy_parts(tx: Write) -> None:
    """Copy what hangs on the picked messages to their copies, and count the references to contents."""
    file = tx.file
    file.execute(
        "INSERT INTO recipients SELECT target_mid, packed FROM temp.picked JOIN recipients USING (mid)"
    )
    file.execute(
        "INSERT INTO large_values (mid, proptag, size, content_id)"
        " SELECT target_mid, proptag, size, content_id FROM temp.picked JOIN large_values USING (mid)"
    )
    for table in ("messages", "large_values"):
        file.execute(
            "INSERT INTO content_shares SELECT m.content_id, count(*) FROM temp.picked p"
            f" JOIN {table} m ON m.mid = p.mid WHERE m.content_id IS NOT NULL GROUP BY 1"
            " ON CONFLICT (content_id) DO UPDATE SET extra = extra + excluded.extra"
        )
    for mid, target in file.execute(
        "SELECT DISTINCT mid, target_mid FROM temp.picked JOIN attachments USING (mid)"
    ).fetchall():
        copy_attachments(tx, mid, target)


def copy_attachments(tx: Write, mid: int, target: int, depth: int = 0) -> None:
    """Copy the attachments of a message to another, with the messages in them; contents are shared."""
    file = tx.file
    if depth > _MAX_DEPTH:
        raise LimitError(f"messages stand within each other at most {_MAX_DEPTH} deep")
    for attachment_id, number, method, size, content_id, properties in file.execute(
        "SELECT attachment_id, number, method, size, content_id, properties FROM attachments WHERE mid = ?",
        (mid,),
    ).fetchall():
        copy_id = tx.next_object_id()
        file.execute(
            "INSERT INTO attachments VALUES (?, ?, ?, ?, ?, ?, ?)",
            (copy_id, target, number, method, size, content_id, properties),
        )
        _share(file, [content_id])
        for (embedded,) in file.execute(
            "SELECT mid FROM messages WHERE parent_attachment_id = ?", (attachment_id,)
        ).fetchall():
            inner = tx.next_object_id()
            file.execute(_EMBEDDED, (inner, copy_id, tx.next_cn(), embedded))
            file.execute(
                "INSERT INTO recipients SELECT ?, packed FROM recipients WHERE mid = ?", (inner, embedded)
            )
            file.execute(
                "INSERT INTO large_values (mid, proptag, size, content_id)"
                " SELECT ?, proptag, size, content_id FROM large_values WHERE mid = ?",
                (inner, embedded),
            )
            rows = file.execute("SELECT content_id FROM large_values WHERE mid = ?", (inner,)).fetchall()
            _share(file, [row[0] for row in rows])
            copy_attachments(tx, embedded, inner, depth + 1)


def _share(file: MailboxFile, content_ids: Sequence[int | None]) -> None:
    file.executemany(
        "INSERT INTO content_shares VALUES (?, 1) ON CONFLICT (content_id) DO UPDATE SET extra = extra + 1",
        [(content_id,) for content_id in content_ids if content_id is not None],
    )


def move_parts(tx: Write) -> None:
    """Hang what belongs to the picked messages on the rows that take their place."""
    for table in ("recipients", "attachments", "large_values", "partial_changes", "read_states"):
        tx.file.execute(f"UPDATE {table} SET mid = p.target_mid FROM temp.picked p WHERE {table}.mid = p.mid")


def copied_pairs(tx: Write) -> list[tuple[int, int]]:
    """Return (old id, new id) of what was copied or moved last in this transaction."""
    rows = tx.file.execute("SELECT mid, target_mid FROM temp.picked ORDER BY uid").fetchall()
    return [(mid, target) for mid, target in rows]


def insert_rows(tx: Write, target_id: int) -> None:
    """Write the rows of the picked messages, which stand in no block, under the ids assigned to them."""
    tx.file.execute(_MESSAGES, (target_id, int(tx.now), False))


def _note_targets(tx: Write, target_id: int) -> None:
    if target_id in tx.file.searches.folders:
        rows = tx.file.execute("SELECT target_mid FROM temp.picked ORDER BY uid").fetchall()
        tx.note(target_id, [mid for (mid,) in rows], Touch.CREATED)


def _insert(
    tx: Write, picks: Picks, target_id: int, *, moved: bool, first_mid: int | None = None
) -> array[int]:
    """Write the rows of the picked messages under new ids; returns the new UIDs."""
    file = tx.file
    tx.scan_picked(stays=not moved)
    record = tx.folder(target_id)
    count = len(picks)
    first_uid = record.uid_next
    if first_uid + count > MAX_UID:
        raise LimitError("the folder has used up its UIDs: copy its messages to a new one")
    first_mid, first_cn = picking.assign_targets(tx, picks, first_uid, first_mid)
    source_id = picks.view.folder_id
    pairs = zip(picks.mids, range(first_mid, first_mid + count), strict=True)
    transfer.note(tx, source_id, target_id, pairs, moved=moved)
    file.execute(_MESSAGES, (target_id, int(tx.now), moved))
    for statement in _COPY_ROWS:
        file.execute(statement, (target_id, source_id))
    target_uids = array("I", range(first_uid, first_uid + count))
    flags = bytes(picks.flags)
    block_table.extend(tx, target_id, target_uids, flags, picks.sets, range(first_cn, first_cn + count))
    record.total += count
    record.unread += sum([not flag & 8 for flag in flags])
    record.size += picks.size
    file.normal_size += picks.size
    file.message_count += count
    return target_uids
