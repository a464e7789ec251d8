"""Make, rename, move and delete folders."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from gromox.store import folder, tombstone, validity
from gromox.store.builtin import FolderKind, is_builtin
from gromox.store.errors import (
    ExistsError,
    HasChildrenError,
    InvalidNameError,
    LimitError,
    NotFoundError,
    ReservedError,
)
from gromox.store.extract import filetime
from gromox.store.property import ids
from gromox.store.tombstone import Gone, Kind

if TYPE_CHECKING:
    from gromox.store.folder import FolderRecord
    from gromox.store.mailbox_file import MailboxFile, Write


def child(file: MailboxFile, parent_id: int, name: str) -> FolderRecord | None:
    """Return the sub-folder of that name, upper and lower case being the same."""
    key = folder.name_key(name)
    for record in file.folders.values():
        if record.parent_id == parent_id and folder.name_key(record.name) == key:
            return record
    return None


def create(
    file: MailboxFile,
    parent_id: int,
    name: str,
    *,
    container_class: str,
    kind: FolderKind = FolderKind.GENERIC,
) -> FolderRecord:
    """Make a folder below another."""
    name = folder.checked_name(name)
    with file.write(durable=True, scanned=False) as tx:
        check_parent(file, parent_id)
        if child(file, parent_id, name) is not None:
            raise ExistsError("a sub-folder has that name")
        if len(file.folders) >= folder.MAX_FOLDERS:
            raise LimitError("the mailbox has too many folders")
        folder_id = tx.next_object_id()
        insert(tx, folder_id, parent_id, name, container_class=container_class, kind=kind)
        return file.folders[folder_id]


def insert(
    tx: Write,
    folder_id: int,
    parent_id: int,
    name: str,
    *,
    container_class: str,
    kind: FolderKind,
    hidden: bool = False,
) -> None:
    """Write the row of a new folder."""
    cn, now = tx.next_cn(), filetime(tx.now)
    tx.file.execute(
        "INSERT INTO folders (folder_id, parent_id, name, name_key, container_class, kind, hidden,"
        " cn, touched, uid_validity, highest_modseq, created_time, modified_time)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            folder_id,
            parent_id,
            name,
            folder.name_key(name),
            container_class,
            int(kind),
            hidden,
            cn,
            tx.cn,
            validity.of_new_folder(tx.file, folder_id),
            cn,
            now,
            now,
        ),
    )
    tx.hierarchy_changed = True
    tx.file.folders[folder_id] = folder.load_one(tx.file.connection, folder_id)


def rename(file: MailboxFile, folder_id: int, *, parent_id: int, name: str) -> FolderRecord:
    """Give a folder another name, another parent, or both; what is below moves along."""
    with file.write(durable=True, scanned=False) as tx:
        return rename_in(tx, folder_id, parent_id=parent_id, name=name)


def rename_in(
    tx: Write, folder_id: int, *, parent_id: int, name: str, is_builtin_allowed: bool = False
) -> FolderRecord:
    """Rename or move a folder as part of a transaction.

    Args:
        tx: the transaction.
        folder_id: the folder.
        parent_id: where it is to stand.
        name: how it is to be called.
        is_builtin_allowed: built-in folders may get another name (of another language).
    """
    file = tx.file
    name = folder.checked_name(name)
    record = file.record(folder_id)
    if is_builtin(folder_id) and not (is_builtin_allowed and parent_id == record.parent_id):
        raise ReservedError("a built-in folder cannot be renamed or moved")
    if parent_id != record.parent_id:
        check_parent(file, parent_id)
        _check_not_below(file, folder_id, parent_id)
    other = child(file, parent_id, name)
    if other is not None and other.folder_id != folder_id:
        raise ExistsError("a sub-folder has that name")
    record = tx.folder(folder_id)
    if parent_id != record.parent_id:
        tx.next_cn()
        tombstone.bury(tx, record.parent_id, Gone.FOLDER, Kind.MOVED, array("Q", [folder_id]))
    record.parent_id, record.name = parent_id, name
    file.execute(
        "UPDATE folders SET parent_id = ?, name = ?, name_key = ? WHERE folder_id = ?",
        (parent_id, name, folder.name_key(name), folder_id),
    )
    mark_changed(tx, folder_id)
    return record


def mark_changed(tx: Write, folder_id: int) -> None:
    """Give a folder a new change number; what others did to it stays among its predecessors."""
    file, cn = tx.file, tx.next_cn()
    record = tx.folder(folder_id)
    old_cn, key, stored = file.execute(
        "SELECT cn, change_key, predecessors FROM folders WHERE folder_id = ?", (folder_id,)
    ).fetchone()
    kept = ids.predecessors(file, old_cn, key, stored).octets() if key or stored else None
    record.cn, record.modified_time = cn, filetime(tx.now)
    file.execute(
        "UPDATE folders SET cn = ?, modified_time = ?, change_key = NULL, predecessors = ?"
        " WHERE folder_id = ?",
        (cn, record.modified_time, kept, folder_id),
    )
    tx.hierarchy_changed = True


def set_unsubscribed(tx: Write, folder_id: int, *, unsubscribed: bool) -> None:
    """Remember that a folder does not count as subscribed, or that it may."""
    if bool(tx.file.record(folder_id).unsubscribed) != unsubscribed:
        tx.folder(folder_id).unsubscribed = int(unsubscribed)
        tx.file.execute(
            "UPDATE folders SET unsubscribed = ? WHERE folder_id = ?", (int(unsubscribed), folder_id)
        )


def mark_recent_seen(file: MailboxFile, folder_id: int) -> int:
    r"""Return the first ``\Recent`` UID for the caller; later callers get later ones (RFC 3501 2.3.2)."""
    file.refresh(scanned=False)
    record = file.record(folder_id)
    if record.recent_from == record.uid_next:
        return record.recent_from
    with file.write(durable=False, quiet=True, scanned=False) as tx:
        record = tx.folder(folder_id)
        first, record.recent_from = record.recent_from, record.uid_next
        return first


def check_parent(file: MailboxFile, parent_id: int) -> None:
    """Refuse a parent that is not there, or takes no folders, or stands too deep."""
    record = file.folders.get(parent_id)
    if record is None:
        raise NotFoundError("there is no such parent folder")
    if record.kind == FolderKind.SEARCH:
        raise InvalidNameError("a search folder has no sub-folders")
    depth = 0
    while record is not None and record.parent_id:
        depth += 1
        if depth >= folder.MAX_DEPTH:
            raise LimitError(f"folders nest at most {folder.MAX_DEPTH} deep")
        record = file.folders.get(record.parent_id)


def _check_not_below(file: MailboxFile, folder_id: int, parent_id: int) -> None:
    at: FolderRecord | None = file.folders.get(parent_id)
    while at is not None:
        if at.folder_id == folder_id:
            raise InvalidNameError("a folder cannot be moved below itself")
        at = file.folders.get(at.parent_id)


def children(file: MailboxFile, folder_id: int) -> list[FolderRecord]:
    """Return the direct sub-folders."""
    return [record for record in file.folders.values() if record.parent_id == folder_id]


def check_deletable(file: MailboxFile, folder_id: int) -> FolderRecord:
    """Return the folder if it may be deleted."""
    record = file.record(folder_id)
    if is_builtin(folder_id):
        raise ReservedError("a built-in folder cannot be deleted")
    if children(file, folder_id):
        raise HasChildrenError("the folder has sub-folders")
    return record
