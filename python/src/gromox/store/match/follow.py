"""Search folders follow the messages of their scope, in the transaction that changes them.

``Write.note`` says which messages were touched; before COMMIT the members and counters of the search folders
whose scope they lie in are put right. Where a mailbox has no search folders this is one look into an empty
set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.store.touch import Touch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gromox.store.mailbox_file import MailboxFile, Write

#: The folder and mids that were touched, and how.
Note = tuple[int, list[int], Touch]

_SCOPES: Final = "SELECT s.included_id FROM search_scopes s JOIN search_folders f USING (folder_id)"


class Searches:
    """The search folders of a mailbox, as far as writers have to know them."""

    __slots__ = ("_file", "folders")

    def __init__(self, file: MailboxFile) -> None:
        """Know nothing; :meth:`load` reads them."""
        self._file = file
        self.folders: frozenset[int] = frozenset()
        """Folders that some search folder looks into; changes elsewhere need not be noted."""

    def load(self) -> None:
        """Read them; whoever makes or changes a search folder counts as changing the hierarchy."""
        self.folders = frozenset(row[0] for row in self._file.execute(_SCOPES).fetchall())

    def follow(self, tx: Write, notes: Iterable[Note]) -> None:
        """Put the search folders right after these changes; within the transaction."""
        for _, mids, touch in notes:
            if touch & Touch.REMOVED:
                _remove(tx, mids)


def _remove(tx: Write, mids: list[int]) -> None:
    for mid in mids:
        for (folder_id,) in tx.file.execute(
            "DELETE FROM search_members WHERE mid = ? RETURNING folder_id", (mid,)
        ).fetchall():
            if folder_id in tx.file.folders:
                tx.folder(folder_id).total -= 1
