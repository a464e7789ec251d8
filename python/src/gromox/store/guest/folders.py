"""Folders as a guest sees, makes and names them. Those that the guest may not know of are not there."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from gromox.store.database import guarded
from gromox.store.errors import DeniedError, FolderGoneError
from gromox.store.guest.rights import GuestRights
from gromox.store.item import foldering
from gromox.store.permission import Right

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gromox.store.folder import Folder
    from gromox.store.shownsize import ShownSize


class GuestFolders(GuestRights):
    """The part that is about folders."""

    __slots__ = ()

    def hierarchy_number(self) -> int:
        """Return the newest change number: with any change, other folders may be seen."""
        return self.change_number()

    def folders(self) -> Sequence[Folder]:
        """Return the folders that the guest may know of, and those above them, by id."""
        every = {folder.folder_id: folder for folder in super().folders()}
        shown: set[int] = set()
        for folder_id in every:
            at = folder_id if self.sees(folder_id) else 0
            while at in every and at not in shown:
                shown.add(at)
                at = every[at].parent_id
        return [_as_guest(every[folder_id]) for folder_id in sorted(shown)]

    def folder(self, folder_id: int) -> Folder:
        """Return one folder. Raises FolderGoneError."""
        if not self.sees(folder_id):
            raise FolderGoneError("there is no such folder (any more)")
        return _as_guest(super().folder(folder_id))

    def unread(self, folder: Folder) -> int:
        """Return how many messages of a folder the guest has not read."""
        if self.is_public:
            return self.view(folder.folder_id).unseen
        return folder.unread

    def child(self, parent_id: int, name: str) -> Folder | None:
        """Return the sub-folder of that name if the guest may know of it."""
        found = super().child(parent_id, name)
        return _as_guest(found) if found is not None and self.sees(found.folder_id) else None

    @guarded
    def create_folder(self, parent_id: int, name: str, *, container_class: str = "IPF.Note") -> Folder:
        """Make a folder; its rights are those of its parent, and who made it owns it."""
        self._require(parent_id, Right.CREATE_SUBFOLDER)
        file = self._file
        with file.write(durable=True) as tx:
            made = foldering.create(tx, parent_id, name, {}, container_class=container_class)
            foldering.inherit_rights(tx, made, parent_id)
            foldering.give_owner(tx, made, self._actor.username)
        return super().folder(made)

    def rename_folder(self, folder_id: int, *, parent_id: int, name: str) -> Folder:
        """Rename or move a folder that the guest owns."""
        self._require(folder_id, Right.OWNER)
        self._require(parent_id, Right.CREATE_SUBFOLDER)
        return super().rename_folder(folder_id, parent_id=parent_id, name=name)

    def delete_folder(self, folder_id: int) -> None:
        """Remove a folder that the guest owns."""
        self._require(folder_id, Right.OWNER)
        super().delete_folder(folder_id)

    def shown_size(self, folder_id: int) -> ShownSize:
        """Return the octets of a folder that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().shown_size(folder_id)

    def subscriptions(self) -> frozenset[str]:
        """Return nothing: what the owner is subscribed to is the owner's; a guest is shown everything."""
        return frozenset()

    def subscribe(self, name: str, folder_id: int | None = None) -> None:
        """Do nothing: a guest is shown everything."""

    def unsubscribe(
        self,
        names: Collection[str],  # noqa: ARG002 - as declared
        folder_id: int | None = None,  # noqa: ARG002 - as declared
    ) -> None:
        """Refuse: subscriptions are the owner's."""
        raise DeniedError("subscriptions are the owner's")

    def mark_recent_seen(self, folder_id: int) -> int:
        r"""Return the next UID: nothing is ``\Recent`` for a guest, so that it stays so for the owner."""
        return self.folder(folder_id).uid_next


def _as_guest(folder: Folder) -> Folder:
    return dataclasses.replace(folder, recent_from=folder.uid_next)
