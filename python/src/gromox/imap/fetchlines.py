"""FETCH lines that hold flags only, from the store's blocks: what is asked most often is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.imap.selected import Selected
    from gromox.store.block import Block
    from gromox.store.uidset import UidSet
    from gromox.store.view import FolderView

#: Some messages of a block are recent and older ones or later ones are not.
MIXED = -1


def flag_lines(
    here: Selected, uids: UidSet, *, values: FolderView, with_uid: bool, with_modseq: bool | None = None
) -> Iterator[bytes]:
    """Yield the lines of messages, a block at a time.

    Args:
        here: numbers are those of its announced view.
        uids: which messages.
        values: the view whose flags are shown: the announced one or a newer one.
        with_uid: whether lines have UID.
        with_modseq: whether lines have MODSEQ; None: if the session uses CONDSTORE.
    """
    modseq = here.condstore if with_modseq is None else with_modseq
    view = here.view
    newer = {} if values is view else {block.block_id: block for block in values.blocks}
    for first_seq, block in zip(view.first_seqs, view.blocks, strict=False):
        spans = block.spans(uids)
        if not spans:
            continue
        shown: Block | None = block
        if values is not view:
            shown = newer.get(block.block_id)
            if shown is not None and shown.uids is not block.uids and shown.uids != block.uids:
                shown = None
        recent = recent_from(here, block)
        if shown is not None and spans == [(0, len(block))] and recent != MIXED:
            yield shown.flag_lines(first_seq, with_modseq=modseq, with_uid=with_uid, recent_from=recent)
            continue
        for start, stop in spans:
            for index in range(start, stop):
                uid = block.uids[index]
                place = (shown, index) if shown is not None else values.place_of_uid(uid)
                if place is None:  # gone in the newer view
                    continue
                text = place[0].flags_text(place[1], recent=here.is_recent(uid))
                items = b"UID %d FLAGS (%b)" % (uid, text) if with_uid else b"FLAGS (%b)" % text
                if modseq:
                    items += b" MODSEQ (%d)" % place[0].modseq_at(place[1])
                yield b"* %d FETCH (%b)\r\n" % (first_seq + index, items)


def recent_from(here: Selected, block: Block) -> int:
    r"""Return the first ``\Recent`` UID if all later ones are too; 0: there is none; else ``MIXED``."""
    inside = [(low, high) for low, high in here.recent if low <= block.last_uid and high >= block.first_uid]
    if not inside:
        return 0
    low, high = inside[0]
    return max(low, block.first_uid) if len(inside) == 1 and high >= block.last_uid else MIXED
