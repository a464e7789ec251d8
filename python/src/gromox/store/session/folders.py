"""The part of a session that makes, moves, copies, empties and removes folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.mapi import tags
from gromox.store import hierarchy
from gromox.store.builtin import FolderKind, is_builtin
from gromox.store.errors import (
    DeniedError,
    FolderGoneError,
    HasChildrenError,
    HasMessagesError,
    InvalidValueError,
    ReservedError,
)
from gromox.store.item import foldering, removing
from gromox.store.item.result import Removed
from gromox.store.operation import operation
from gromox.store.permission import Right
from gromox.store.property import text
from gromox.store.property.folder import READ_ONLY
from gromox.store.property.message import ACCESS_DELETE
from gromox.store.session.rights import MessageRights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.mapi.propvalue import PropValue


class Folders(MessageRights):
    """Folders."""

    __slots__ = ()

    @operation
    def create_folder(
        self,
        parent_id: int,
        name: str,
        *,
        values: Mapping[int, PropValue] | None = None,
        is_search: bool = False,
        open_existing: bool = False,
        folder_id: int | None = None,
        code_page: int = text.DEFAULT_CODE_PAGE,
    ) -> int:
        """Make a folder below another; returns its id.

        Spec:
            [MS-OXCFOLD] 3.2.5.2; [MS-OXCPERM] 2.2.7 (CreateSubFolder). Who makes a folder in the mailbox of
            somebody else owns it; others have the rights that they have on its parent.

        Args:
            parent_id: where.
            name: unique among siblings, whatever the case.
            values: properties of the new folder.
            is_search: it is to show the result of a search.
            open_existing: return the folder that has the name already.
            folder_id: its id, given out before; None: a new one.
            code_page: of PtypString8.

        Raises:
            FolderGoneError, DeniedError: the parent is not there, or takes none from the actor.
            ExistsError: a sub-folder has the name.
            InvalidNameError, InvalidValueError, LimitError: nothing was made.
        """
        self._access.require_visible(parent_id)
        file = self._file
        found = hierarchy.child(file, parent_id, name)
        if found is not None and self._access.sees(found.folder_id) and open_existing:
            return found.folder_id
        self._access.require(parent_id, Right.CREATE_SUBFOLDER)
        wanted = {
            tag: value
            for tag, value in text.stored_values(values or {}, code_page).items()
            if tag not in READ_ONLY and tag != tags.PidTagDisplayName
        }
        kind = FolderKind.SEARCH if is_search else FolderKind.GENERIC
        with file.write(durable=True) as tx:
            if (
                folder_id is not None
                and file.execute("SELECT 1 FROM folders WHERE folder_id = ?", (folder_id,)).fetchone()
            ):
                raise InvalidValueError("there is a folder with that id")
            made = foldering.create(tx, parent_id, name, wanted, kind=kind, folder_id=folder_id)
            foldering.inherit_rights(tx, made, parent_id)
            if not self._access.is_owner and self._actor.username:
                foldering.give_owner(tx, made, self._actor.username)
        return made

    @operation
    def delete_folder(
        self,
        folder_id: int,
        *,
        with_messages: bool = False,
        with_folders: bool = False,
        is_hard: bool = False,
    ) -> Removed:
        """Remove a folder; ``refused`` are folders that had to stay, and then the folder itself is one.

        Spec: [MS-OXCFOLD] 3.2.5.3, 2.2.1.3.1 (DEL_MESSAGES, DEL_FOLDERS, DELETE_HARD_DELETE).

        Raises:
            FolderGoneError, DeniedError, ReservedError: it is not there, not the actor's, or built in.
            HasMessagesError, HasChildrenError: it is not empty, and that was not expected.
        """
        self._access.require_visible(folder_id)
        self._access.require(folder_id, Right.OWNER)
        file = self._file
        if is_builtin(folder_id):
            raise ReservedError("a built-in folder cannot be deleted")
        hard = is_hard or not file.soft_delete
        with file.write(durable=True) as tx:
            record = file.record(folder_id)
            if record.total and not with_messages and record.kind != FolderKind.SEARCH:
                raise HasMessagesError("the folder has messages")
            if hierarchy.children(file, folder_id) and not with_folders:
                raise HasChildrenError("the folder has sub-folders")
            gone, kept = foldering.remove(tx, folder_id, is_hard=hard, may_delete=self._may_delete)
        return Removed(tuple(gone), tuple(kept))

    @operation
    def empty_folder(
        self,
        folder_id: int,
        *,
        with_associated: bool = False,
        with_folders: bool = True,
        is_hard: bool = False,
    ) -> Removed:
        """Remove everything in a folder; ``refused`` are messages and folders that had to stay.

        Spec: [MS-OXCFOLD] 3.2.5.9 and 3.2.5.10.

        Raises:
            FolderGoneError, DeniedError: it is not there, or the actor may not delete in it.
            ReservedError: the root and search folders are not emptied.
        """
        self._access.require_visible(folder_id)
        file = self._file
        if file.record(folder_id).kind != FolderKind.GENERIC:
            raise ReservedError("that folder cannot be emptied")
        if not self._access.rights(folder_id) & (Right.DELETE_ANY | Right.DELETE_OWNED | Right.OWNER):
            raise DeniedError("the rights of the user do not cover it")
        hard = is_hard or not file.soft_delete
        gone: list[int] = []
        kept: list[int] = []
        with file.write(durable=True) as tx:
            entries = removing.messages_of(file, folder_id, associated=with_associated)
            chosen = [
                each for each in entries if self._message_access(folder_id, each.creator) & ACCESS_DELETE
            ]
            if chosen:
                removing.remove(tx, folder_id, chosen, is_hard=hard)
            gone += [each.mid for each in chosen]
            kept += [each.mid for each in set(entries) - set(chosen)]
            for child in hierarchy.children(file, folder_id) if with_folders else []:
                removed, stayed = foldering.remove(
                    tx, child.folder_id, is_hard=hard, may_delete=self._may_delete
                )
                gone += removed
                kept += stayed
        return Removed(tuple(gone), tuple(kept))

    @operation
    def move_folder(self, folder_id: int, parent_id: int, name: str = "") -> None:
        """Move a folder with everything in it below another.

        Spec: [MS-OXCFOLD] 3.2.5.7.

        Args:
            folder_id: the folder.
            parent_id: where it is to stand.
            name: its new name; empty: it keeps its name.

        Raises:
            FolderGoneError, DeniedError, ReservedError: a folder is not there, not the actor's, or built in.
            ExistsError, InvalidNameError: it cannot stand there under that name.
        """
        self._access.require_visible(folder_id)
        self._access.require(folder_id, Right.OWNER)
        self._access.require_visible(parent_id)
        file = self._file
        if parent_id != file.record(folder_id).parent_id:
            self._access.require(parent_id, Right.CREATE_SUBFOLDER)
        with file.write(durable=True) as tx:
            record = file.record(folder_id)
            hierarchy.rename_in(tx, folder_id, parent_id=parent_id, name=name or record.name)

    @operation
    def copy_folder(
        self, folder_id: int, parent_id: int, name: str = "", *, is_recursive: bool = True
    ) -> tuple[int, bool]:
        """Copy a folder with its messages below another; returns its id and whether something was left out.

        Spec: [MS-OXCFOLD] 3.2.5.8. Permissions are not copied: those of the new parent count.

        Raises:
            FolderGoneError, DeniedError: a folder is not there, or not the actor's to read or to add to.
            ExistsError, InvalidNameError, QuotaError, LimitError: nothing was copied.
        """
        self._access.require_visible(folder_id)
        self._access.require(folder_id, Right.READ_ANY)
        self._access.require_visible(parent_id)
        self._access.require(parent_id, Right.CREATE_SUBFOLDER)
        file = self._file
        with file.write(durable=True) as tx:
            made, is_partial = foldering.copy(
                tx,
                folder_id,
                parent_id,
                name or file.record(folder_id).name,
                is_recursive=is_recursive,
                may_read=lambda each: self._access.may(each, Right.READ_ANY),
            )
            for each in foldering.subtree(tx, made):
                foldering.inherit_rights(tx, each, parent_id)
                if not self._access.is_owner and self._actor.username:
                    foldering.give_owner(tx, each, self._actor.username)
        return made, is_partial

    @operation
    def restore_folder(self, folder_id: int) -> tuple[int, ...]:
        """Bring a softly deleted folder back with everything that was deleted below it; returns their ids.

        Raises:
            DeniedError: the actor may not make folders where it stood.
            MessageGoneError, FolderGoneError, ExistsError: it cannot come back.
        """
        file = self._file
        file.refresh()
        row = file.execute(
            "SELECT parent_id FROM folders WHERE folder_id = ? AND state = 1", (folder_id,)
        ).fetchone()
        if row is not None:
            self._access.require_visible(row[0])
            self._access.require(row[0], Right.CREATE_SUBFOLDER)
        with file.write(durable=True) as tx:
            return tuple(foldering.restore(tx, folder_id))

    @operation
    def folder_named(self, parent_id: int, name: str) -> int | None:
        """Return the sub-folder of that name, if the actor may see it."""
        self._access.require_visible(parent_id)
        found = hierarchy.child(self._file, parent_id, name)
        return found.folder_id if found is not None and self._access.sees(found.folder_id) else None

    @operation
    def is_folder_there(self, folder_id: int) -> bool:
        """Tell whether there is a folder that the actor may see."""
        self._file.refresh()
        try:
            return self._access.sees(folder_id)
        except FolderGoneError:
            return False

    @operation
    def is_folder_deleted(self, folder_id: int) -> bool:
        """Tell whether a folder was softly deleted; the owner of the store alone is told."""
        self._access.require_owner()
        row = self._file.execute("SELECT state FROM folders WHERE folder_id = ?", (folder_id,)).fetchone()
        return row is not None and bool(row[0])

    @operation
    def is_below(self, folder_id: int, parent_id: int) -> bool:
        """Tell whether a folder stands somewhere below another."""
        self._access.require_visible(folder_id)
        at = self._file.record(folder_id)
        while at.parent_id:
            if at.parent_id == parent_id:
                return True
            at = self._file.record(at.parent_id)
        return False

    def _may_delete(self, folder_id: int) -> bool:
        return not is_builtin(folder_id) and self._access.may(folder_id, Right.OWNER)
