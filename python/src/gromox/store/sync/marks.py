r"""Flags of IMAP that are content to MAPI: a message whose marks changed gets a new content cn.

``\Answered``, ``\Flagged``, ``$Forwarded`` and keywords are properties (PidTagIconIndex, PidTagFlagStatus,
categories). A STORE moves only the modseq in the block; before contents are synchronised the blocks that
changed since are compared with the marks that a message had at its content cn.

Spec:
    [MS-OXCFXICS] 3.2.5.6: a change of the read state alone does not change the change number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.store import block_table
from gromox.store.extract import filetime
from gromox.store.flags import Flag
from gromox.store.property import ids
from gromox.store.sync import reading
from gromox.store.touch import Touch

if TYPE_CHECKING:
    from gromox.store.block import Block
    from gromox.store.mailbox_file import MailboxFile, Write

MASK: Final = int(Flag.ANSWERED | Flag.FLAGGED | Flag.FORWARDED)
_NONE: Final = bytes(octet & MASK for octet in range(256))
_MARKED: Final = (
    "SELECT uid, marks FROM messages WHERE folder_id = ? AND marks <> 0 AND uid BETWEEN ? AND ? AND state = 0"
)
_SEEN: Final = "SELECT cn FROM marks_seen WHERE folder_id = ?"
_NOTE: Final = "INSERT OR REPLACE INTO marks_seen (folder_id, cn) VALUES (?, ?)"
_UPDATE: Final = (
    "UPDATE messages SET cn = ?, marks = ?, modified_time = ?, change_key = NULL, predecessors = ?"
    " WHERE mid = ?"
)


def bring_up(file: MailboxFile, folder_id: int) -> None:
    """Give the messages of a folder whose marks changed a new content cn; nothing to do costs one look."""
    file.refresh()
    highest = file.record(folder_id).highest_modseq
    if _seen(file, folder_id) >= highest:
        return
    with file.write(durable=False, quiet=True) as tx:
        highest = file.record(folder_id).highest_modseq
        differing = _differing(file, folder_id, _seen(file, folder_id))
        mids = reading.mids_of(file, folder_id, sorted(differing))
        _renew(tx, [(mid, *differing[uid]) for uid, mid in mids.items()])
        # A search that is being filled takes a newer cn for a change that was followed.
        tx.note(folder_id, mids.values(), Touch.CONTENT)
        tx.cn  # noqa: B018 - every write takes a change number
        file.execute(_NOTE, (folder_id, highest))


def _seen(file: MailboxFile, folder_id: int) -> int:
    row = file.execute(_SEEN, (folder_id,)).fetchone()
    return int(row[0]) if row else 0


def _differing(file: MailboxFile, folder_id: int, since: int) -> dict[int, tuple[int, int]]:
    """Return (uid: marks, modseq) of messages in changed blocks whose marks are not those noted with them."""
    differing: dict[int, tuple[int, int]] = {}
    for block in block_table.current_view(file, folder_id).blocks:
        if block.changed <= since:
            continue
        now = _marks(block)
        before = dict(file.execute(_MARKED, (folder_id, block.first_uid, block.last_uid)).fetchall())
        for uid in dict.fromkeys([*now, *before]):
            place = block.index_of(uid)
            if place >= 0 and now.get(uid, 0) != before.get(uid, 0):
                differing[uid] = (now.get(uid, 0), block.modseq_at(place))
    return differing


def _marks(block: Block) -> dict[int, int]:
    """Return the marks of the messages of a block that have any."""
    flags = block.flags.translate(_NONE)
    sets = block.keyword_sets
    if sets is None:
        if not flags.strip(b"\0"):
            return {}
        return {uid: octet for uid, octet in zip(block.uids, flags, strict=True) if octet}
    packed = zip(block.uids, flags, sets, strict=True)
    return {uid: number << 8 | octet for uid, octet, number in packed if octet or number}


def _renew(tx: Write, marked: list[tuple[int, int, int]]) -> None:
    """Note the marks of messages; those that changed after the content give it a new version."""
    file, now = tx.file, filetime(tx.now)
    for mid, marks, modseq in marked:
        cn, key, predecessors = file.execute(
            "SELECT cn, change_key, predecessors FROM messages WHERE mid = ?", (mid,)
        ).fetchone()
        if modseq <= cn:
            # They came with the content.
            file.execute("UPDATE messages SET marks = ? WHERE mid = ?", (marks, mid))
            continue
        # A foreign change key stays known as one that this version has seen.
        seen = predecessors if key is None else ids.predecessors(file, cn, key, predecessors).octets()
        file.execute(_UPDATE, (tx.next_cn(), marks, now, seen, mid))
