"""Annotations of a mailbox and of its folders: short values under names that look like paths.

Spec: RFC 5464. Entries below /private belong to one user each, those below /shared to all who see the folder.
Folder 0 is the mailbox as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.store.errors import InvalidValueError, LimitError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.store.mailbox_file import MailboxFile, Write

MAX_VALUE: Final = 64 << 10
"""Octets of one value; RFC 5464 4.1 asks for 1024 at least."""
MAX_ENTRIES: Final = 250
"""Of one user (or shared ones) on one folder; RFC 5464 4.1 asks for 10 at least."""
MAX_NAME: Final = 255
PRIVATE: Final = "/private/"
SPECIAL_USE: Final = "/private/specialuse"
"""RFC 6154 section 4."""


def read(file: MailboxFile, folder_id: int, username: str) -> dict[str, bytes]:
    """Return all entries of a folder that a user has, and the shared ones, by name."""
    file.refresh(scanned=False)
    if folder_id:
        file.record(folder_id)
    rows = file.execute(
        "SELECT entry, value FROM annotations WHERE folder_id = ? AND username IN ('', ?) ORDER BY entry",
        (folder_id, username.casefold()),
    ).fetchall()
    return dict(rows)


def numbers(file: MailboxFile, username: str) -> dict[tuple[int, str], int]:
    """Return the change number of each entry that a user has, and of the shared ones, by folder and name."""
    file.refresh(scanned=False)
    rows = file.execute(
        "SELECT folder_id, entry, cn FROM annotations WHERE username IN ('', ?)", (username.casefold(),)
    ).fetchall()
    return {(folder_id, entry): cn for folder_id, entry, cn in rows}


def change(tx: Write, folder_id: int, username: str, changes: Mapping[str, bytes | None]) -> None:
    """Set entries, or remove those whose value is None; all or none.

    Raises:
        FolderGoneError: there is no such folder.
        InvalidValueError: a value is too large.
        LimitError: there would be too many.
    """
    file = tx.file
    if folder_id:
        file.record(folder_id)
    cn = tx.next_cn()
    for entry, value in changes.items():
        owner = username.casefold() if entry.startswith(PRIVATE) else ""
        if value is None:
            file.execute(
                "DELETE FROM annotations WHERE folder_id = ? AND username = ? AND entry = ?",
                (folder_id, owner, entry),
            )
            continue
        if len(value) > MAX_VALUE:
            raise InvalidValueError(f"an annotation has at most {MAX_VALUE} octets")
        file.execute(
            "INSERT OR REPLACE INTO annotations (folder_id, username, entry, cn, value)"
            " VALUES (?, ?, ?, ?, ?)",
            (folder_id, owner, entry, cn, value),
        )
        (count,) = file.execute(
            "SELECT count(*) FROM annotations WHERE folder_id = ? AND username = ?", (folder_id, owner)
        ).fetchone()
        if count > MAX_ENTRIES:
            raise LimitError(f"there are at most {MAX_ENTRIES} annotations on one folder")
    # The names of mailboxes say what they are used for.
    if SPECIAL_USE in changes:
        tx.hierarchy_changed = True


def special_uses(file: MailboxFile) -> dict[int, bytes]:
    """Return what the owner uses folders for, by folder."""
    file.refresh(scanned=False)
    return dict(
        file.execute(
            "SELECT folder_id, value FROM annotations WHERE entry = '/private/specialuse' AND username = ?",
            (file.owner.casefold(),),
        ).fetchall()
    )
