r"""Folders of public stores as one reader sees them: ``\Seen`` is what that reader has read.

Spec: RFC 3501 2.3.1.1 and RFC 4314 section 2 leave it to the server whether ``\Seen`` is shared; [MS-OXCMSG]
3.2.5.10: read states of public folders are those of each user.
"""

from __future__ import annotations

import json
import weakref
from array import array
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gromox.store.block import packed_modseqs
from gromox.store.flags import Flag
from gromox.store.touch import Touch
from gromox.store.view import FolderView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.store.block import Block
    from gromox.store.mailbox_file import MailboxFile, Write

_KEPT: Final = 256
_BATCH: Final = 5000
_UNSEE: Final = bytes([octet & ~Flag.SEEN for octet in range(256)])
_STATES: Final = (
    "SELECT m.uid, r.read_cn, r.is_read FROM read_states r JOIN messages m ON m.mid = r.mid"
    " WHERE r.username = ? AND r.read_cn > ? AND m.folder_id = ? AND m.state = 0 AND m.uid IS NOT NULL"
)
_PRESENT: Final = (
    "SELECT f.uid, f.mid, coalesce(r.is_read, 0) FROM fetch_rows f"
    " LEFT JOIN read_states r ON r.mid = f.mid AND r.username = ?"
    " WHERE f.folder_id = ? AND f.uid IN (SELECT value FROM json_each(?)) ORDER BY f.uid"
)
_NOTE: Final = "INSERT OR REPLACE INTO read_states (mid, username, read_cn, is_read) VALUES (?, ?, ?, ?)"


@dataclass(slots=True)
class _Reader:
    """What is known of one reader in one folder."""

    base: FolderView
    view: FolderView
    as_of: int
    states: dict[int, tuple[int, bool]] = field(default_factory=dict)
    """UID: when the reader said so, and whether it is read."""
    blocks: dict[int, tuple[Block, Block]] = field(default_factory=dict)
    """Identity of a shared block: that block, and the reader's."""


_readers: Final[weakref.WeakKeyDictionary[MailboxFile, OrderedDict[tuple[int, str], _Reader]]] = (
    weakref.WeakKeyDictionary()
)


def personal(file: MailboxFile, base: FolderView, username: str) -> FolderView:
    """Return a view as one reader sees it; the same one as long as nothing changes."""
    username = username.casefold()
    known = _readers.setdefault(file, OrderedDict())
    key = base.folder_id, username
    reader = known.get(key)
    if reader is not None and reader.as_of == file.change_number and reader.base is base:
        return reader.view
    changed = _update(file, base, username, reader)
    if reader is not None and reader.base is base and not changed[1]:
        reader.as_of = file.change_number
        return reader.view
    reader = changed[0]
    known[key] = reader
    known.move_to_end(key)
    if len(known) > _KEPT:
        known.popitem(last=False)
    return reader.view


def _update(
    file: MailboxFile, base: FolderView, username: str, reader: _Reader | None
) -> tuple[_Reader, Sequence[int]]:
    """Read what is new, and make the blocks anew that it concerns; tells which UIDs have new states."""
    # Messages that were moved here bring their states along, which may be older than what was read last.
    fresh = reader is None or reader.base.uid_next != base.uid_next
    after = 0 if reader is None or fresh else reader.as_of
    rows = file.execute(_STATES, (username, after, base.folder_id)).fetchall()
    states = {} if reader is None or fresh else dict(reader.states)
    states |= {uid: (cn, bool(is_read)) for uid, cn, is_read in rows}
    before = {} if reader is None else reader.states
    news = sorted([uid for uid, _, _ in rows if states[uid] != before.get(uid)])
    made: dict[int, tuple[Block, Block]] = {}
    old = {} if reader is None else reader.blocks
    uids = sorted(states)
    for block in base.blocks:
        kept = old.get(id(block))
        if kept is not None and kept[0] is block and not _within(news, block):
            made[id(block)] = kept
        else:
            made[id(block)] = block, _personal_block(block, states, _within(uids, block))
    highest = max([base.highest_modseq, *[cn for cn, _ in states.values()]])
    view = FolderView(
        base.folder_id,
        base.uid_validity,
        base.uid_next,
        highest,
        tuple([made[id(block)][1] for block in base.blocks]),
        base.sets,
    )
    return _Reader(base, view, file.change_number, states, made), news


def _within(uids: Sequence[int], block: Block) -> list[int]:
    """Return which of ascending UIDs may be in a block."""
    if not uids or uids[0] > block.last_uid or uids[-1] < block.first_uid:
        return []
    return [uid for uid in uids if block.first_uid <= uid <= block.last_uid]


def _personal_block(block: Block, states: dict[int, tuple[int, bool]], uids: Sequence[int]) -> Block:
    flags = bytearray(block.flags.translate(_UNSEE))
    modseqs: list[int] | None = None
    newest = block.changed
    for uid in uids:
        index = block.index_of(uid)
        if index < 0:
            continue
        cn, is_read = states[uid]
        if is_read:
            flags[index] |= Flag.SEEN
        if cn > block.modseq_at(index):
            modseqs = list(block.modseq_list()) if modseqs is None else modseqs
            modseqs[index] = cn
            newest = max(newest, cn)
    base, deltas = (block.modseq_base, block.modseqs) if modseqs is None else packed_modseqs(modseqs)
    return block.replaced(
        flags=bytes(flags),
        keyword_sets=block.keyword_sets,
        modseq_base=base,
        modseqs=deltas,
        changed=newest,
    )


def note(tx: Write, folder_id: int, uids: Sequence[int], username: str, *, is_read: bool) -> array[int]:
    """Remember what a reader has read, or has not; returns the UIDs for which that is new."""
    file, name = tx.file, username.casefold()
    changed: list[tuple[int, int]] = []
    for at in range(0, len(uids), _BATCH):
        rows = file.execute(_PRESENT, (name, folder_id, json.dumps(list(uids[at : at + _BATCH])))).fetchall()
        changed += [(uid, mid) for uid, mid, known in rows if bool(known) != is_read]
    if not changed:
        return array("I")
    cn = tx.next_cn(len(changed))
    file.executemany(
        _NOTE, [(mid, name, number, int(is_read)) for number, (_, mid) in enumerate(changed, cn)]
    )
    # The folder itself did not change for anybody else, but its row tells listeners where to look.
    tx.folder(folder_id)
    tx.note(folder_id, [mid for _, mid in changed], Touch.FLAGS)
    return array("I", [uid for uid, _ in changed])
