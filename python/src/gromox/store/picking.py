"""Messages picked from a view for removal, copying or moving."""

from __future__ import annotations

import json
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gromox.store import block_table
from gromox.store.flags import count_table
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gromox.store.block import Block
    from gromox.store.mailbox_file import MailboxFile, Write
    from gromox.store.view import FolderView

_CREATE: Final = (
    "CREATE TEMP TABLE IF NOT EXISTS picked (uid INTEGER PRIMARY KEY, mid INTEGER NOT NULL,"
    " target_uid INTEGER, target_mid INTEGER, target_cn INTEGER)"
)


@dataclass(slots=True)
class Picks:
    """Messages of one folder, ascending, with what their block says of them."""

    view: FolderView
    uids: array[int] = field(default_factory=lambda: array("I"))
    flags: bytearray = field(default_factory=bytearray)
    keyword_sets: array[int] = field(default_factory=lambda: array("I"))
    places: dict[int, list[int]] = field(default_factory=dict)
    """Index of the block in the view: places in the block."""
    mids: array[int] = field(default_factory=lambda: array("Q"))
    size: int = 0

    def __len__(self) -> int:
        """Return the number of messages."""
        return len(self.uids)

    @property
    def sets(self) -> array[int] | None:
        """Return the keyword sets as a block wants them."""
        return self.keyword_sets if any(self.keyword_sets) else None


def pick(file: MailboxFile, view: FolderView, uids: UidSet, *, mask: int = 0) -> Picks:
    """Return the messages of the set that have all flags of ``mask``; within a transaction.

    The table ``picked`` of the connection holds their uid and mid afterwards.
    """
    picks = Picks(view)
    wanted = count_table(mask, mask)
    for at, block in enumerate(view.blocks):
        marks = block.flags.translate(wanted) if mask else b""
        places: list[int] = []
        for start, stop in block.spans(uids):
            places += range(start, stop) if not mask else [i for i in range(start, stop) if marks[i]]
        if places:
            picks.places[at] = places
            _take(picks, block, places)
    _look_up(file, picks)
    return picks


def _take(picks: Picks, block: Block, places: Sequence[int]) -> None:
    if len(places) == len(block):
        picks.uids += block.uids
        picks.flags += block.flags
        picks.keyword_sets += block.keyword_sets or array("I", bytes(4 * len(block)))
        return
    picks.uids.extend([block.uids[i] for i in places])
    picks.flags += bytes([block.flags[i] for i in places])
    sets = block.keyword_sets
    picks.keyword_sets.extend([sets[i] for i in places] if sets else [0] * len(places))


def _look_up(file: MailboxFile, picks: Picks) -> None:
    """Find mids and sizes; fill the table ``picked``."""
    if not picks.uids:
        return
    file.execute(_CREATE)
    file.execute("DELETE FROM temp.picked")
    file.executemany("INSERT INTO temp.picked (uid, mid) VALUES (?, 0)", [(uid,) for uid in picks.uids])
    rows = file.execute(
        "SELECT f.mid, m.size FROM temp.picked p JOIN fetch_rows f ON f.folder_id = ? AND f.uid = p.uid"
        " JOIN messages m ON m.mid = f.mid ORDER BY p.uid",
        (picks.view.folder_id,),
    ).fetchall()
    picks.mids = array("Q", [mid for mid, _ in rows])
    picks.size = sum([size for _, size in rows])
    file.executemany("UPDATE temp.picked SET mid = ? WHERE uid = ?", zip(picks.mids, picks.uids, strict=True))


def assign_targets(tx: Write, picks: Picks, first_uid: int, first_mid: int | None = None) -> tuple[int, int]:
    """Give each picked message a new uid, mid and change number; returns the first mid and change number."""
    count = len(picks)
    if first_mid is None:
        first_mid = tx.next_object_id(count)
    first_cn = tx.next_cn(count)
    tx.file.executemany(
        "UPDATE temp.picked SET target_uid = ?, target_mid = ?, target_cn = ? WHERE uid = ?",
        [(first_uid + i, first_mid + i, first_cn + i, uid) for i, uid in enumerate(picks.uids)],
    )
    return first_mid, first_cn


def fill_with_mids(file: MailboxFile, mids: Iterable[int]) -> None:
    """Put messages into the table ``picked`` for erasing; their uid there means nothing."""
    file.execute(_CREATE)
    file.execute("DELETE FROM temp.picked")
    file.executemany("INSERT INTO temp.picked (uid, mid) VALUES (?, ?)", list(enumerate(mids, 1)))


def pick_mids(file: MailboxFile, view: FolderView, mids: Iterable[int]) -> Picks:
    """Return live, normal messages of a folder by their ids; within a transaction. Others are left out."""
    wanted = json.dumps(list(mids))
    rows = file.execute(
        "SELECT uid FROM messages WHERE mid IN (SELECT value FROM json_each(?)) AND folder_id = ?"
        " AND state = 0 AND uid IS NOT NULL ORDER BY uid",
        (wanted, view.folder_id),
    ).fetchall()
    return pick(file, view, UidSet.from_ascending([uid for (uid,) in rows]))


def take_out(tx: Write, picks: Picks) -> None:
    """Remove picked messages from their blocks and from the counters of live messages of their folder."""
    file, view = tx.file, picks.view
    record = tx.folder(view.folder_id)
    cn = tx.cn_after(view.highest_modseq)
    blocks: list[Block] = []
    for at, block in enumerate(view.blocks):
        places = picks.places.get(at)
        if places is None:
            blocks.append(block)
            continue
        rest = block.without(places, changed=cn)
        if rest is None:
            block_table.drop(tx, block)
        else:
            block_table.save(tx, view.folder_id, rest, old=block)
            blocks.append(rest)
    blocks = block_table.tidy(tx, view.folder_id, blocks)
    unseen = picks.flags.translate(count_table(8, 0)).count(1)
    record.total -= len(picks)
    record.unread -= unseen
    record.size -= picks.size
    record.highest_modseq = cn
    file.normal_size -= picks.size
    file.message_count -= len(picks)
    tx.publish(block_table.make_view(record, blocks, file.keywords))
