"""Where a message is and whose it is: what every operation on it begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.store.errors import FolderGoneError, MessageGoneError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.store.mailbox_file import MailboxFile

_COLUMNS: Final = "mid, folder_id, uid, associated, state, cn, size, creator"
_ONE: Final = f"SELECT {_COLUMNS} FROM messages WHERE mid = ?"
_MANY: Final = f"SELECT {_COLUMNS} FROM messages WHERE mid IN (SELECT value FROM json_each(?))"


class Entry(NamedTuple):
    """A message in a folder."""

    mid: int
    folder_id: int
    uid: int | None
    associated: int
    state: int
    cn: int
    size: int
    creator: str
    """Login name of who made it; empty: it was delivered."""

    @property
    def is_deleted(self) -> bool:
        """Tell whether it is softly deleted."""
        return bool(self.state)


def entry_of(file: MailboxFile, mid: int, *, deleted: bool = False) -> Entry:
    """Return a message of a folder that is there.

    Args:
        file: the mailbox.
        mid: its id; that of an embedded message is nobody's business.
        deleted: whether a softly deleted one counts as there.

    Raises:
        MessageGoneError: it is not there.
    """
    row = file.execute(_ONE, (mid,)).fetchone()
    if row is None:
        raise MessageGoneError("there is no such message (any more)")
    entry = Entry(*row)
    if not entry.folder_id or (entry.state and not deleted):
        raise MessageGoneError("there is no such message (any more)")
    if entry.folder_id not in file.folders and not deleted:
        raise FolderGoneError("there is no such folder (any more)")
    return entry


def entries_of(file: MailboxFile, mids: Sequence[int]) -> dict[int, Entry]:
    """Return those messages of folders that are there, softly deleted ones too, by id."""
    found: dict[int, Entry] = {}
    for at in range(0, len(mids), 500):
        packed = f"[{','.join(map(str, map(int, mids[at : at + 500])))}]"
        for row in file.execute(_MANY, (packed,)).fetchall():
            entry = Entry(*row)
            if entry.folder_id:
                found[entry.mid] = entry
    return found
