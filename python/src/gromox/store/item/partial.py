"""Which properties the latest changes of an item touched: what a partial download needs to know.

Spec: [MS-OXCFXICS] 2.2.2.8 (PropertyGroupInfo), 3.2.5.6 (partial item changes).

One row a change: the tags that it touched, and the change number before it, so that a gap is seen. The oldest
rows go when there are too many: whoever knows only older versions gets the whole item.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gromox.store.mailbox_file import MailboxFile, Write

RECIPIENTS: Final = 0x0E12000D
"""PidTagMessageRecipients: stands for all of them."""
ATTACHMENTS: Final = 0x0E13000D
"""PidTagMessageAttachments: likewise."""
KEPT: Final = 16
"""Changes of one item."""


def note(tx: Write, mid: int, old_cn: int, cn: int, touched: set[int]) -> None:
    """Remember what a change touched."""
    execute = tx.file.execute
    execute(
        "INSERT OR REPLACE INTO partial_changes (mid, cn, groups, proptags) VALUES (?, ?, ?, ?)",
        (mid, cn, old_cn.to_bytes(8, "little"), array("I", sorted(touched))),
    )
    execute(
        "DELETE FROM partial_changes WHERE mid = ? AND cn NOT IN"
        " (SELECT cn FROM partial_changes WHERE mid = ? ORDER BY cn DESC LIMIT ?)",
        (mid, mid, KEPT),
    )


def touched_since(file: MailboxFile, mid: int, cn: int) -> frozenset[int] | None:
    """Return the tags that changed after the version ``cn`` of an item; None: nobody knows any more."""
    rows = file.execute(
        "SELECT cn, groups, proptags FROM partial_changes WHERE mid = ? AND cn > ? ORDER BY cn", (mid, cn)
    ).fetchall()
    (newest,) = file.execute("SELECT max(cn) FROM messages WHERE mid = ?", (mid,)).fetchone()
    if newest is not None and newest <= cn:
        return frozenset()
    before = cn
    found: set[int] = set()
    for number, (at, previous, packed) in enumerate(rows):
        expected = int.from_bytes(previous, "little")
        if expected > before if number == 0 else expected != before:
            return None
        before = at
        found.update(array("I", packed))
    return frozenset(found) if rows and before == newest else None
