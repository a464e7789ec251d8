"""Folders with everything in them: created, copied, emptied, removed, brought back.

Spec: [MS-OXCFOLD] 3.2.5.2 (create), 3.2.5.3 (delete), 3.2.5.7 and 3.2.5.8 (move, copy), 3.2.5.9 (empty).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.store import expunge, folder, hierarchy, permission
from gromox.store.builtin import FolderKind
from gromox.store.errors import (
    ExistsError,
    FolderGoneError,
    InvalidNameError,
    LimitError,
    MessageGoneError,
)
from gromox.store.item import moving, removing
from gromox.store.property.blob import Packed
from gromox.store.property.foldering import set_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gromox.mapi.propvalue import PropValue
    from gromox.store.mailbox_file import Write

MAX_FOLDERS: Final = 10_000
"""Of one copy."""


def create(
    tx: Write,
    parent_id: int,
    name: str,
    values: Mapping[int, PropValue],
    *,
    kind: FolderKind = FolderKind.GENERIC,
    container_class: str = "",
    folder_id: int | None = None,
) -> int:
    """Make a folder; returns its id.

    Raises:
        ExistsError: a sub-folder has the name.
        NotFoundError, InvalidNameError, LimitError: the parent is not there, or takes none of that name.
    """
    file = tx.file
    name = folder.checked_name(name)
    hierarchy.check_parent(file, parent_id)
    if hierarchy.child(file, parent_id, name) is not None:
        raise ExistsError("a sub-folder has that name")
    if len(file.folders) >= folder.MAX_FOLDERS:
        raise LimitError("the mailbox has too many folders")
    folder_id = tx.next_object_id() if folder_id is None else folder_id
    hierarchy.insert(tx, folder_id, parent_id, name, container_class=container_class, kind=kind)
    if values:
        set_folder(tx, folder_id, values)
    return folder_id


def subtree(tx: Write, folder_id: int) -> list[int]:
    """Return a folder and everything below it, parents first."""
    found = [folder_id]
    for parent in found:  # grows while it is gone through
        found += sorted(record.folder_id for record in hierarchy.children(tx.file, parent))
        if len(found) > MAX_FOLDERS:
            raise LimitError(f"at most {MAX_FOLDERS} folders at a time")
    return found


def copy(
    tx: Write,
    folder_id: int,
    parent_id: int,
    name: str,
    *,
    is_recursive: bool,
    may_read: Callable[[int], bool],
) -> tuple[int, bool]:
    """Copy a folder with its messages below another; returns its id and whether something was left out.

    Args:
        tx: the transaction.
        folder_id: the folder.
        parent_id: where the copy is to stand; not below the folder itself.
        name: how it is to be called.
        is_recursive: copy the folders below it, too.
        may_read: whether the actor may read a folder; what they may not is left out.
    """
    file = tx.file
    sources = subtree(tx, folder_id) if is_recursive else [folder_id]
    if parent_id in subtree(tx, folder_id):
        raise InvalidNameError("a folder cannot be copied below itself")
    copies: dict[int, int] = {}
    is_partial = False
    for source in sources:
        record = file.record(source)
        target = parent_id if source == folder_id else copies.get(record.parent_id)
        if target is None or record.kind == FolderKind.SEARCH or not may_read(source):
            is_partial = True
            continue
        (packed,) = file.execute("SELECT properties FROM folders WHERE folder_id = ?", (source,)).fetchone()
        made = create(
            tx,
            target,
            name if source == folder_id else record.name,
            Packed(packed).values(),
            container_class=record.container_class,
        )
        copies[source] = made
        entries = removing.messages_of(tx.file, source, associated=True)
        if entries:
            moving.transfer(tx, source, entries, made, is_move=False)
    if folder_id not in copies:
        raise FolderGoneError("there is no such folder (any more)")
    return copies[folder_id], is_partial


def remove(
    tx: Write, folder_id: int, *, is_hard: bool, may_delete: Callable[[int], bool]
) -> tuple[list[int], list[int]]:
    """Remove a folder with everything below; returns the folders that went, and those that had to stay.

    A folder stays if something below it stays.
    """
    gone: list[int] = []
    kept: list[int] = []
    for current in reversed(subtree(tx, folder_id)):
        if hierarchy.children(tx.file, current) or not may_delete(current):
            kept.append(current)
            continue
        expunge.remove_folder(tx, current, is_hard=is_hard)
        gone.append(current)
    return gone, kept


def restore(tx: Write, folder_id: int) -> list[int]:
    """Bring a softly deleted folder back with its messages, and what was deleted below it; returns their ids.

    Raises:
        MessageGoneError: there is no such deleted folder.
        FolderGoneError: its parent is not there.
        ExistsError: another folder has its name now.
    """
    file = tx.file
    row = file.execute(
        "SELECT parent_id, name FROM folders WHERE folder_id = ? AND state = 1", (folder_id,)
    ).fetchone()
    if row is None:
        raise MessageGoneError("there is no such deleted folder")
    parent_id, name = row
    file.record(parent_id)
    if hierarchy.child(file, parent_id, name) is not None:
        raise ExistsError("a sub-folder has that name")
    back = [folder_id]
    for parent in back:  # grows while it is gone through
        rows = file.execute("SELECT folder_id FROM folders WHERE parent_id = ? AND state = 1", (parent,))
        back += [found for (found,) in rows.fetchall()]
    for current in back:
        file.execute("UPDATE folders SET state = 0, deleted_at = NULL WHERE folder_id = ?", (current,))
        file.folders[current] = folder.load_one(file.connection, current)
        record = tx.folder(current)
        file.normal_size += record.size
        file.associated_size += record.associated_size
        if record.kind != FolderKind.SEARCH:
            file.message_count += record.total
        file.deleted_size -= record.size + record.associated_size
        hierarchy.mark_changed(tx, current)
    return back


def give_owner(tx: Write, folder_id: int, username: str) -> None:
    """Make who created a folder in somebody else's mailbox its owner ([MS-OXCPERM] 3.2.5)."""
    permission.insert(
        tx.file.connection, folder_id, username, permission.ALL_RIGHTS | permission.Right.CONTACT
    )
    permission.announce(tx)


def inherit_rights(tx: Write, folder_id: int, parent_id: int) -> None:
    """Give a new folder the permissions of its parent."""
    tx.file.execute(
        "INSERT OR IGNORE INTO permissions (folder_id, username, rights)"
        " SELECT ?, username, rights FROM permissions WHERE folder_id = ?",
        (folder_id, parent_id),
    )
