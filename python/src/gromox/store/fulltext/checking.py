"""Is what is known of the full-text index possible?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.store.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.store.mailbox_file import MailboxFile, Write

_AHEAD: Final = "FROM text_index_folders WHERE cn > ?"


def find(file: MailboxFile) -> Iterator[Problem]:
    """Go through all findings; within a transaction.

    An index that believes to be ahead of the change log would never see some messages.
    """
    (count,) = file.execute(f"SELECT count(*) {_AHEAD}", (file.change_number,)).fetchone()
    if count:
        yield Problem("text-index", f"{count} folders are indexed beyond the newest change")


def repair(tx: Write) -> None:
    """Have those folders indexed anew."""
    tx.file.execute(f"DELETE {_AHEAD}", (tx.file.change_number,))
