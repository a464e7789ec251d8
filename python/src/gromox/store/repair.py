"""Put right what check finds, as far as it can be derived from the messages themselves."""

from __future__ import annotations

from array import array
from dataclasses import replace
from typing import TYPE_CHECKING

from gromox.store import append, block_table, check
from gromox.store.block import CAPACITY, Block, packed_modseqs
from gromox.store.builtin import FolderKind
from gromox.store.content import Content
from gromox.store.errors import StoreError
from gromox.store.extract import extract
from gromox.store.fulltext import checking as index_checking
from gromox.store.item import checking as item_checking
from gromox.store.match import checking
from gromox.store.sync import checking as sync_checking

if TYPE_CHECKING:
    from gromox.store.mailbox_file import MailboxFile, Write
    from gromox.store.model import Problem


def repair(file: MailboxFile) -> list[Problem]:
    """Return what was found, each with whether it is right now."""
    with file.write(durable=True) as tx:
        found = list(check.find(file))
        if not found:
            return []
        tx.next_cn()
        _drop_orphans(tx)
        item_checking.repair(tx)
        for folder_id in sorted(file.folders):
            _extract_again(file, folder_id)
        _count_references(file)
        checking.repair(tx)
        index_checking.repair(tx)
        sync_checking.repair(tx)
        for folder_id in sorted(file.folders):
            _rebuild_folder(tx, folder_id)
        for name, value in check.mailbox_sums(file).items():
            setattr(file, name, value)
        _raise_counters(file)
    left = {problem.detail for problem in check.check(file)}
    return [replace(problem, repaired=problem.detail not in left) for problem in found]


def _drop_orphans(tx: Write) -> None:
    execute = tx.file.execute
    for (folder_id,) in execute("SELECT folder_id FROM folders").fetchall():
        wanted = check.message_uids(tx.file, folder_id)
        for table in check.NARROW_TABLES:
            rows = execute(f"SELECT uid FROM {table} WHERE folder_id = ?", (folder_id,)).fetchall()
            tx.file.executemany(
                f"DELETE FROM {table} WHERE folder_id = ? AND uid = ?",
                [(folder_id, uid) for (uid,) in rows if uid not in wanted],
            )
    for table in check.NARROW_TABLES:
        execute(f"DELETE FROM {table} WHERE folder_id NOT IN (SELECT folder_id FROM folders)")
    execute(
        "INSERT OR REPLACE INTO fetch_rows (folder_id, uid, mid, content_id, size, internal_date, envelope)"
        " SELECT f.folder_id, f.uid, m.mid, m.content_id, m.size, f.internal_date, f.envelope"
        " FROM messages m JOIN fetch_rows f ON f.folder_id = m.folder_id AND f.uid = m.uid"
        " WHERE (m.mid, m.size, m.content_id) IS NOT (f.mid, f.size, f.content_id)"
    )
    execute("DELETE FROM flag_blocks WHERE folder_id NOT IN (SELECT folder_id FROM folders)")


def _extract_again(file: MailboxFile, folder_id: int) -> None:
    """Make the rows that messages lack in narrow tables from their contents."""
    lacking: set[int] = set()
    wanted = check.message_uids(file, folder_id) - check.unseen_uids(file, folder_id)
    for table in check.NARROW_TABLES:
        rows = file.execute(f"SELECT uid FROM {table} WHERE folder_id = ?", (folder_id,)).fetchall()
        lacking |= wanted - {uid for (uid,) in rows}
    for uid in sorted(lacking):
        row = file.execute(
            "SELECT m.mid, m.internal_date, m.internal_zone, m.content_id, c.size, c.storage, c.hash, c.data"
            " FROM messages m JOIN contents c USING (content_id) WHERE m.folder_id = ? AND m.uid = ?",
            (folder_id, uid),
        ).fetchone()
        if row is None:
            continue
        mid, date, zone, content_id, *stored = row
        try:
            octets = Content(file.path / "cid", *stored).octets()
        except StoreError:
            continue
        append.insert_narrow(file, [(folder_id, uid, mid, content_id, extract(octets, date, zone, None))])


def _count_references(file: MailboxFile) -> None:
    references = check.content_references(file)
    file.execute("DELETE FROM content_shares")
    file.executemany(
        "INSERT INTO content_shares SELECT ?, ? WHERE EXISTS (SELECT 1 FROM contents WHERE content_id = ?)",
        [(content_id, count - 1, content_id) for content_id, count in references.items() if count > 1],
    )
    kept = [row[0] for row in file.execute("SELECT content_id FROM contents").fetchall()]
    unused = [(content_id,) for content_id in kept if content_id not in references]
    file.executemany("DELETE FROM contents WHERE content_id = ?", unused)


def _rebuild_folder(tx: Write, folder_id: int) -> None:
    """Make blocks and counters agree with the rows of messages; flags are kept where a block knows them."""
    file = tx.file
    record = tx.folder(folder_id)
    blocks = block_table.read_blocks(file, folder_id)
    known = {
        uid: (block.flags[i], block.keyword_sets[i] if block.keyword_sets else 0, block.modseq_at(i))
        for block in blocks
        for i, uid in enumerate(block.uids)
    }
    rows = file.execute(
        "SELECT uid, flags, keyword_set FROM messages WHERE folder_id = ? AND state <> 1 AND uid IS NOT NULL"
        " ORDER BY uid",
        (folder_id,),
    ).fetchall()
    if list(known) != [row[0] for row in rows]:
        record.uid_next = max([record.uid_next, *[row[0] + 1 for row in rows[-1:]]])
        record.highest_modseq = tx.cn
        file.execute("DELETE FROM flag_blocks WHERE folder_id = ?", (folder_id,))
        file.views.pop(folder_id, None)
        for at in range(0, len(rows), CAPACITY):
            part = [
                (uid, *known.get(uid, (flags, number, tx.cn)))
                for uid, flags, number in rows[at : at + CAPACITY]
            ]
            base, modseqs = packed_modseqs([row[3] for row in part])
            sets = array("I", [row[2] for row in part])
            block = Block(
                array("I", [row[0] for row in part]),
                bytes([row[1] & 0x3F for row in part]),
                sets if any(sets) else None,
                base,
                modseqs,
                changed=tx.cn,
                sets=file.keywords,
            )
            block_table.save(tx, folder_id, block)
        blocks = block_table.read_blocks(file, folder_id)
    for name, value in check.folder_sums(file, folder_id).items():
        setattr(record, name, value)
    record.unread = sum(block.unseen for block in blocks)
    if record.kind == FolderKind.SEARCH:
        for name, value in checking.sums(file, folder_id).items():
            setattr(record, name, value)


def _raise_counters(file: MailboxFile) -> None:
    highest, newest = check.highest_numbers(file)
    file.next_object_id = max(file.next_object_id, highest + 1)
    file.change_number = max(file.change_number, newest)
