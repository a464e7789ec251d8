"""STORE: change flags and keywords of many messages, block by block."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from gromox.store import block_table
from gromox.store.block import MAX_DELTA, packed_modseqs, zeros
from gromox.store.flags import FlagOperation, translation
from gromox.store.model import NO_UIDS, FlagsChanged
from gromox.store.touch import Touch

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.store.block import Block
    from gromox.store.flags import FlagChange
    from gromox.store.mailbox_file import MailboxFile, Write
    from gromox.store.uidset import UidSet

_Spans = list[tuple[int, int]]


def set_flags(
    file: MailboxFile, folder_id: int, uids: UidSet, change: FlagChange, *, unchanged_since: int | None = None
) -> FlagsChanged:
    """Carry out a change.

    A message whose flags stay the same keeps its modseq (RFC 7162 3.1.3, conditional STORE).
    """
    with file.write(durable=False, scanned=False) as tx:
        return change_flags(tx, folder_id, uids, change, unchanged_since=unchanged_since)


def change_flags(
    tx: Write, folder_id: int, uids: UidSet, change: FlagChange, *, unchanged_since: int | None = None
) -> FlagsChanged:
    """Carry out a change as part of a transaction."""
    file = tx.file
    view = block_table.current_view(file, folder_id)
    table = translation(change.operation, int(change.flags))
    keywords = _keyword_change(file, change)
    blocks = list(view.blocks)
    changed, refused = array("I"), array("I")
    unread = cn = 0

    def stamp() -> int:
        nonlocal cn
        cn = cn or tx.cn_after(view.highest_modseq)
        return cn

    first, last = view.reach(uids)
    for at, block in enumerate(view.blocks[first:last], first):
        spans = block.spans(uids)
        if not spans:
            continue
        if unchanged_since is not None and block.max_modseq > unchanged_since:
            spans = _unchanged(block, spans, unchanged_since, refused)
        new, places = _changed_block(block, spans, table, keywords, stamp)
        if new is None:
            continue
        block_table.save(tx, folder_id, new, old=block)
        blocks[at] = new
        unread += new.unseen - block.unseen
        changed += block.uids if len(places) == len(block) else array("I", [block.uids[i] for i in places])
    if not changed:
        return FlagsChanged(view.highest_modseq, NO_UIDS, refused)
    record = tx.folder(folder_id)
    record.unread += unread
    record.highest_modseq = stamp()
    tx.publish(block_table.make_view(record, blocks, file.keywords))
    tx.note_uids(folder_id, changed, Touch.FLAGS)
    return FlagsChanged(stamp(), changed, refused)


def _unchanged(block: Block, spans: _Spans, limit: int, refused: array[int]) -> _Spans:
    """Return the places that did not change since ``limit``; the UIDs of the others go to ``refused``."""
    kept: _Spans = []
    for start, stop in spans:
        for index in range(start, stop):
            if block.modseq_at(index) > limit:
                refused.append(block.uids[index])
            elif kept and kept[-1][1] == index:
                kept[-1] = (kept[-1][0], index + 1)
            else:
                kept.append((index, index + 1))
    return kept


def _keyword_change(file: MailboxFile, change: FlagChange) -> Callable[[int], int] | None:
    """Return what becomes of a keyword set, or None if every set stays."""
    replaces = change.operation is FlagOperation.REPLACE
    if not change.keywords and not replaces:
        return None
    file.keywords.load()
    words = file.keywords.spelled(change.keywords)
    if replaces:
        target = file.keywords.identify(words)
        return lambda _: target
    known: dict[int, int] = {}

    def changed(keyword_set: int) -> int:
        result = known.get(keyword_set)
        if result is None:
            own = frozenset(file.keywords.names(keyword_set))
            own = own | words if change.operation is FlagOperation.ADD else own - words
            result = known[keyword_set] = file.keywords.identify(own)
        return result

    return changed


def _changed_block(
    block: Block, spans: _Spans, table: bytes, keywords: Callable[[int], int] | None, cn: Callable[[], int]
) -> tuple[Block | None, list[int]]:
    """Return the new block and the places that changed, or (None, [])."""
    flags = bytearray(block.flags)
    sets = block.keyword_sets
    if keywords is not None and (sets is not None or keywords(0)):
        sets = array("I", sets) if sets else zeros(len(block))
    places: list[int] = []
    for start, stop in spans:
        before = block.flags[start:stop]
        after = before.translate(table)
        differ = [] if before == after else [start + i for i in range(stop - start) if before[i] != after[i]]
        flags[start:stop] = after
        if keywords is not None and sets is not None:
            marked = set(differ)
            for index in range(start, stop):
                number = keywords(sets[index])
                if number != sets[index]:
                    sets[index] = number
                    marked.add(index)
            differ = sorted(marked)
        places += differ
    if not places:
        return None, places
    base, modseqs = _modseqs(block, places, cn())
    new = block.replaced(
        flags=bytes(flags),
        keyword_sets=sets if sets and any(sets) else None,
        modseq_base=base,
        modseqs=modseqs,
        changed=cn(),
    )
    return new, places


def _modseqs(block: Block, places: list[int], cn: int) -> tuple[int, array[int] | None]:
    if len(places) == len(block):
        return cn, None
    base = block.modseq_base
    delta = cn - base
    if delta > MAX_DELTA:
        modseqs = list(block.modseq_list())
        for index in places:
            modseqs[index] = cn
        return packed_modseqs(modseqs)
    deltas = array("I", block.modseqs) if block.modseqs else zeros(len(block))
    for index in places:
        deltas[index] = delta
    return base, deltas
