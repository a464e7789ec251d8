"""The part of ``Mailbox`` that makes, names and removes folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.store import expunge, hierarchy, shownsize
from gromox.store.database import guarded
from gromox.store.errors import LimitError
from gromox.store.item import rendering

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gromox.store.folder import Folder
    from gromox.store.mailbox_file import MailboxFile
    from gromox.store.shownsize import ShownSize

MAX_SUBSCRIPTIONS: Final = 10_000


class Hierarchy:
    """Folders."""

    __slots__ = ()

    _file: MailboxFile

    @guarded
    def hierarchy_number(self) -> int:
        """Return the number of the last change of a folder: made, named, moved, subscribed, removed."""
        self._file.refresh(scanned=False)
        return self._file.hierarchy_cn

    @guarded
    def folders(self) -> Sequence[Folder]:
        """Return all folders, by id."""
        self._file.refresh(scanned=False)
        return [record.snapshot() for _, record in sorted(self._file.folders.items())]

    @guarded
    def folder(self, folder_id: int) -> Folder:
        """Return one folder. Raises FolderGoneError."""
        self._file.refresh(scanned=False)
        return self._file.record(folder_id).snapshot()

    @guarded
    def shown_size(self, folder_id: int) -> ShownSize:
        """Return the octets of all messages of a folder as mails. Raises FolderGoneError."""
        rendering.ensure(self._file, folder_id)
        return shownsize.shown_size(self._file, folder_id)

    @guarded
    def child(self, parent_id: int, name: str) -> Folder | None:
        """Return the sub-folder of that name, upper and lower case being the same."""
        self._file.refresh(scanned=False)
        record = hierarchy.child(self._file, parent_id, name)
        return record.snapshot() if record else None

    @guarded
    def create_folder(self, parent_id: int, name: str, *, container_class: str = "IPF.Note") -> Folder:
        """Make a folder.

        Raises:
            ExistsError: a sibling has the name.
            NotFoundError: the parent is not there.
            InvalidNameError, LimitError: the name or the place cannot be.
        """
        return hierarchy.create(self._file, parent_id, name, container_class=container_class).snapshot()

    @guarded
    def rename_folder(self, folder_id: int, *, parent_id: int, name: str) -> Folder:
        """Give a folder another name, another parent, or both; what is below moves along.

        Raises:
            ReservedError: it is built in.
            ExistsError: a sibling has the name.
            InvalidNameError: it would stand below itself.
        """
        return hierarchy.rename(self._file, folder_id, parent_id=parent_id, name=name).snapshot()

    @guarded
    def delete_folder(self, folder_id: int) -> None:
        """Remove a folder with its messages.

        Raises:
            ReservedError: it is built in.
            HasChildrenError: it has sub-folders.
        """
        expunge.delete_folder(self._file, folder_id)

    @guarded
    def subscriptions(self) -> frozenset[str]:
        """Return what the owner is subscribed to, by the names of IMAP; folders of that name need not be."""
        self._file.refresh(scanned=False)
        rows = self._file.execute("SELECT name FROM subscriptions").fetchall()
        return frozenset([name for (name,) in rows])

    @guarded
    def subscribe(self, name: str, folder_id: int | None = None) -> None:
        """Add a name, and the own folder that has it (RFC 9051 6.3.7). Raises LimitError: too many."""
        with self._file.write(durable=True, scanned=False) as tx:
            (count,) = tx.file.execute("SELECT count(*) FROM subscriptions").fetchone()
            if count >= MAX_SUBSCRIPTIONS:
                raise LimitError(f"at most {MAX_SUBSCRIPTIONS} mailboxes can be subscribed to")
            tx.next_cn()
            tx.file.execute("INSERT OR IGNORE INTO subscriptions VALUES (?)", (name,))
            tx.hierarchy_changed = True
            if folder_id is not None:
                hierarchy.set_unsubscribed(tx, folder_id, unsubscribed=False)

    @guarded
    def unsubscribe(self, names: Collection[str], folder_id: int | None = None) -> None:
        """Remove names (of one mailbox, in several spellings), and the own folder that has them."""
        with self._file.write(durable=True, scanned=False) as tx:
            tx.next_cn()
            tx.hierarchy_changed = True
            tx.file.executemany("DELETE FROM subscriptions WHERE name = ?", [(name,) for name in names])
            if folder_id is not None:
                hierarchy.set_unsubscribed(tx, folder_id, unsubscribed=True)

    @guarded
    def mark_recent_seen(self, folder_id: int) -> int:
        r"""Return the first UID that is ``\Recent`` for the caller.

        No later caller gets the same ones (RFC 3501 2.3.2).
        """
        return hierarchy.mark_recent_seen(self._file, folder_id)
