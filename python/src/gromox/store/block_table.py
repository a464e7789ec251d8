"""Blocks and views from and to the table ``flag_blocks``."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

from gromox.store.block import CAPACITY, MERGE_BELOW, Block
from gromox.store.view import FolderView

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gromox.store.folder import FolderRecord
    from gromox.store.keyword import KeywordSets
    from gromox.store.mailbox_file import MailboxFile, Write

_COLUMNS: Final = "block_id, first_uid, changed, modseq_base, flags, modseqs, keyword_sets, uids"
_ALL: Final = f"SELECT {_COLUMNS} FROM flag_blocks WHERE folder_id = ? ORDER BY first_uid"
_LAST: Final = f"SELECT {_COLUMNS} FROM flag_blocks WHERE folder_id = ? ORDER BY first_uid DESC LIMIT 1"
_ONE: Final = f"SELECT {_COLUMNS} FROM flag_blocks WHERE block_id = ?"
_VERSIONS: Final = "SELECT block_id, changed FROM flag_blocks WHERE folder_id = ? ORDER BY first_uid"
_INSERT: Final = (
    "INSERT INTO flag_blocks (folder_id, first_uid, changed, modseq_base, flags, modseqs, keyword_sets, uids)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
# first_uid is left alone where it stays: its index need not be touched then.
_UPDATE: Final = (
    "UPDATE flag_blocks SET changed = ?, modseq_base = ?, flags = ?, modseqs = ?, keyword_sets = ?, uids = ?"
    " WHERE block_id = ?"
)
_UPDATE_FLAGS: Final = (
    "UPDATE flag_blocks SET changed = ?, modseq_base = ?, flags = ?, modseqs = ?, keyword_sets = ?"
    " WHERE block_id = ?"
)

_Row = tuple[int, int, int, int, bytes, bytes | None, bytes | None, bytes | None]


def _unpacked(octets: bytes | None) -> array[int] | None:
    if octets is None:
        return None
    numbers = array("I")
    numbers.frombytes(octets)
    return numbers


def _block(row: _Row, sets: KeywordSets) -> Block:
    block_id, first_uid, changed, modseq_base, flags, modseqs, keyword_sets, uids = row
    return Block(
        _unpacked(uids) or first_uid,
        flags,
        _unpacked(keyword_sets),
        modseq_base,
        _unpacked(modseqs),
        changed=changed,
        sets=sets,
        block_id=block_id,
    )


def read_blocks(file: MailboxFile, folder_id: int) -> list[Block]:
    """Return the blocks as they are stored, past all caches."""
    return [_block(row, file.keywords) for row in file.execute(_ALL, (folder_id,)).fetchall()]


def current_view(file: MailboxFile, folder_id: int) -> FolderView:
    """Return the newest view of a folder; what did not change since the last one is shared with it.

    Raises:
        FolderGoneError: the folder is not there.
    """
    file.refresh(scanned=False)
    view = _up_to_date(file, folder_id)
    if view is not None:
        return view
    if file.connection.in_transaction:
        return _load(file, folder_id)
    file.execute("BEGIN")
    try:
        file.look()
        return _up_to_date(file, folder_id) or _load(file, folder_id)
    finally:
        file.execute("COMMIT")


def _up_to_date(file: MailboxFile, folder_id: int) -> FolderView | None:
    record = file.record(folder_id)
    view = file.views.get(folder_id)
    if view is not None and view.highest_modseq == record.highest_modseq and view.uid_next == record.uid_next:
        return view
    return None


def _load(file: MailboxFile, folder_id: int) -> FolderView:
    record = file.record(folder_id)
    old = file.views.get(folder_id)
    sets = file.keywords
    if old is None:
        blocks = read_blocks(file, folder_id)
    else:
        known = {block.block_id: block for block in old.blocks}
        blocks = []
        for block_id, changed in file.execute(_VERSIONS, (folder_id,)).fetchall():
            block = known.get(block_id)
            if block is None or block.changed != changed:
                block = _block(file.execute(_ONE, (block_id,)).fetchone(), sets)
            blocks.append(block)
    if old is None or old.uid_next != record.uid_next:
        file.saw(record.highest_modseq)
    view = make_view(record, blocks, sets)
    file.keep_view(view)
    return view


def make_view(record: FolderRecord, blocks: Iterable[Block], sets: KeywordSets) -> FolderView:
    """Return the view of a folder that consists of these blocks."""
    return FolderView(
        record.folder_id, record.uid_validity, record.uid_next, record.highest_modseq, tuple(blocks), sets
    )


def last_block(file: MailboxFile, folder_id: int) -> Block | None:
    """Return the block that an appended message would go to, without reading the others."""
    view = _up_to_date(file, folder_id)
    if view is not None:
        return view.blocks[-1] if view.blocks else None
    record = file.record(folder_id)
    kept = file.last_blocks.get(folder_id)
    if kept is not None and kept[0] == record.highest_modseq and kept[1].last_uid == record.uid_next - 1:
        return kept[1]
    row = file.execute(_LAST, (folder_id,)).fetchone()
    return _block(row, file.keywords) if row else None


def save(tx: Write, folder_id: int, block: Block, *, old: Block | None = None) -> None:
    """Write a block that is new, or that takes the place of ``old`` in its row."""
    execute = tx.file.execute
    modseqs, sets = block.modseqs, block.keyword_sets
    if block.block_id == 0 or old is None:
        cursor = execute(
            _INSERT,
            (
                folder_id,
                block.first_uid,
                block.changed,
                block.modseq_base,
                block.flags,
                modseqs,
                sets,
                _packed_uids(block),
            ),
        )
        block.block_id = int(cursor.lastrowid or 0)
        return
    if old.uids is block.uids:
        execute(_UPDATE_FLAGS, (block.changed, block.modseq_base, block.flags, modseqs, sets, block.block_id))
        return
    values = (
        block.changed,
        block.modseq_base,
        block.flags,
        modseqs,
        sets,
        _packed_uids(block),
        block.block_id,
    )
    execute(_UPDATE, values)
    if old.first_uid != block.first_uid:
        execute("UPDATE flag_blocks SET first_uid = ? WHERE block_id = ?", (block.first_uid, block.block_id))


def drop(tx: Write, block: Block) -> None:
    """Remove the row of a block that has no messages any more."""
    tx.file.execute("DELETE FROM flag_blocks WHERE block_id = ?", (block.block_id,))


def _packed_uids(block: Block) -> array[int] | None:
    if block.last_uid - block.first_uid + 1 == len(block.flags):
        return None
    return block.uids


def extend(
    tx: Write,
    folder_id: int,
    uids: array[int],
    flags: bytes,
    keyword_sets: array[int] | None,
    modseqs: Sequence[int],
) -> None:
    """Add messages at the end of a folder; the view, if this process has one, is carried along.

    The counters of the folder (uid_next, highest_modseq) must not be changed yet: they tell whether the
    view is current.
    """
    file = tx.file
    record = tx.folder(folder_id)
    view = _up_to_date(file, folder_id)
    last = last_block(file, folder_id)
    kept = list(view.blocks) if view else []
    newest = max(modseqs)  # a block counts as changed by the newest of its messages
    start = 0
    block = last
    if last is not None and len(last.flags) < CAPACITY:
        start = min(CAPACITY - len(last.flags), len(uids))
        block = last.joined(_fresh(file, uids, flags, keyword_sets, modseqs, 0, start), changed=newest)
        save(tx, folder_id, block, old=last)
        if kept:
            kept[-1] = block
    for at in range(start, len(uids), CAPACITY):
        block = _fresh(file, uids, flags, keyword_sets, modseqs, at, at + CAPACITY)
        block.changed = newest
        save(tx, folder_id, block)
        kept.append(block)
    record.uid_next = uids[-1] + 1
    record.highest_modseq = newest
    if view is not None:
        tx.publish(make_view(record, kept, file.keywords))
    else:
        file.keep_last_block(folder_id, newest, block)


def _fresh(
    file: MailboxFile,
    uids: array[int],
    flags: bytes,
    keyword_sets: array[int] | None,
    modseqs: Sequence[int],
    start: int,
    stop: int,
) -> Block:
    part = keyword_sets[start:stop] if keyword_sets else None
    own = modseqs[start:stop]
    low, high = min(own), max(own)
    return Block(
        uids[start:stop],
        flags[start:stop],
        part if part and any(part) else None,
        low,
        array("I", [modseq - low for modseq in own]) if low != high else None,
        changed=0,
        sets=file.keywords,
    )


def tidy(tx: Write, folder_id: int, blocks: list[Block]) -> list[Block]:
    """Merge neighbours where one became small; ``blocks`` are all of the folder and already saved."""
    result: list[Block] = []
    for block in blocks:
        before = result[-1] if result else None
        if (
            before is not None
            and min(len(before), len(block)) < MERGE_BELOW
            and len(before) + len(block) <= CAPACITY * 3 // 4
            # The last block of a growing folder is small by nature: merging it again and again would be
            # wasted.
            and (block is not blocks[-1] or len(before) < MERGE_BELOW)
        ):
            merged = before.joined(block, changed=tx.cn)
            drop(tx, block)
            save(tx, folder_id, merged, old=before)
            result[-1] = merged
        else:
            result.append(block)
    return result
