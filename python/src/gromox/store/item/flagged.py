"""Flags and keywords of one message, whether it stands in a block or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.store import flagging
from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.property.keyword import keywords_with
from gromox.store.property.message import message_row
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from gromox.store.mailbox_file import Write


def set_flags(
    tx: Write, mid: int, flags: Flag, cleared: Flag, categories: tuple[str, ...] | None = None
) -> None:
    """Set and clear flags of one message, in its block or, if it stands in none, in its row."""
    row = message_row(tx.file, mid)
    if row is None:
        return
    target = Flag(row.flag_octet & ~cleared | flags)
    keywords = frozenset(row.keyword_names)
    if categories is not None:
        keywords = keywords_with(categories, keywords)
    if not row.number("uid"):
        tx.file.keywords.load()
        number = tx.file.keywords.identify(keywords)
        tx.file.execute(
            "UPDATE messages SET flags = ?, keyword_set = ? WHERE mid = ?", (int(target), number, mid)
        )
        return
    change = FlagChange(FlagOperation.REPLACE, target, keywords)
    flagging.change_flags(tx, row.folder_id, UidSet.of([row.number("uid")]), change)
