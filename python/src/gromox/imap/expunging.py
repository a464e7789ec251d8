r"""Removing the messages flagged ``\Deleted``: a few at once, many in steps, so that others are served."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING, Final

from gromox.store.flags import Flag, count_table
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gromox.imap.selected import Selected

#: Messages of one step; a transaction with so many takes some ten milliseconds.
STEP: Final = 2000
_DELETED: Final = count_table(Flag.DELETED, Flag.DELETED)


class Expunging:
    """One EXPUNGE on its way; ``count`` is how many messages were removed."""

    __slots__ = ("_here", "_uids", "count")

    def __init__(self, here: Selected, uids: UidSet) -> None:
        """Remove those of ``uids`` that have the flag; of messages not announced yet none."""
        self._here, self._uids = here, uids
        self.count = 0

    def is_long(self) -> bool:
        """Tell whether it is to be done in steps."""
        blocks = self._here.mailbox.view(self._here.folder_id).blocks
        return sum(block.flags.translate(_DELETED).count(1) for block in blocks) > STEP

    def at_once(self) -> Sequence[Sequence[bytes]]:
        """Remove all in one transaction; returns no steps."""
        self._remove(self._uids)
        return ()

    def steps(self) -> Iterator[Sequence[bytes]]:
        """Remove some thousand at a time. What fails leaves the rest, as if the command had come later."""
        view = self._here.mailbox.view(self._here.folder_id)
        pending: list[int] = []
        for block in view.blocks:
            pending += compress(block.uids, block.flags.translate(_DELETED))
            while len(pending) >= STEP:
                self._remove(UidSet.from_ascending(pending[:STEP]) & self._uids)
                del pending[:STEP]
                yield ()
        self._remove(UidSet.from_ascending(pending) & self._uids)

    def _remove(self, uids: UidSet) -> None:
        if uids:
            self.count += len(self._here.mailbox.expunge(self._here.folder_id, uids).uids)
