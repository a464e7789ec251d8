"""What the actor of a session may do.

Spec:
    [MS-OXCPERM] 2.2.7 (rights of folders); reference/system/store.md section 7 (order of rows, store rights).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.store import permission
from gromox.store.errors import DeniedError, FolderGoneError
from gromox.store.permission import OWNER_RIGHTS, Right

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gromox.store.mailbox_file import MailboxFile
    from gromox.store.session.actor import Actor


class Access:
    """Rights of one actor on one mailbox, remembered until the mailbox changes."""

    __slots__ = ("_actor", "_as_of", "_file", "_known", "is_owner")

    def __init__(self, file: MailboxFile, actor: Actor) -> None:
        """Answer for ``actor``."""
        self._file, self._actor = file, actor
        self._known: dict[int | None, int] = {}
        self._as_of = -1
        self.is_owner = actor.is_system or (
            not file.is_public and bool(actor.username) and actor.username.casefold() == file.owner.casefold()
        )

    def rights(self, folder_id: int | None) -> int:
        """Return the rights on a folder, or on the store (None). Raises FolderGoneError."""
        file = self._file
        file.refresh()
        if self.is_owner:
            if folder_id is not None:
                file.record(folder_id)
            return int(OWNER_RIGHTS)
        if self._as_of != file.change_number:
            self._known.clear()
            self._as_of = file.change_number
        found = self._known.get(folder_id)
        if found is None:
            found = permission.rights(file, self._actor.username, folder_id, self._groups)
            if folder_id is None and self._actor.is_delegate_sender:
                found |= Right.SEND_AS
            self._known[folder_id] = found
        return found

    def may(self, folder_id: int | None, right: Right) -> bool:
        """Tell whether the actor has all bits of ``right``; an owner of a folder has all of them there."""
        held = self.rights(folder_id)
        return held & right == right or bool(held & Right.OWNER)

    def sees(self, folder_id: int) -> bool:
        """Tell whether the actor may know that a folder is there ([MS-OXCPERM] 2.2.7 FolderVisible)."""
        return bool(self.rights(folder_id) & (Right.VISIBLE | Right.READ_ANY | Right.OWNER))

    def require_visible(self, folder_id: int) -> None:
        """Raise FolderGoneError where the actor may not even know that there is a folder."""
        if not self.sees(folder_id):
            raise FolderGoneError("there is no such folder (any more)")

    def require(self, folder_id: int | None, right: Right) -> None:
        """Raise DeniedError unless the actor has all bits of ``right``."""
        if not self.may(folder_id, right):
            raise DeniedError("the rights of the user do not cover it")

    def require_owner(self) -> None:
        """Raise DeniedError unless the actor is the owner of the store, or may act as its owner."""
        if not self.is_owner and not self.rights(None) & Right.STORE_OWNER:
            raise DeniedError("only the owner of the store may do that")

    def _groups(self, _user: str) -> Iterable[str]:
        return self._actor.groups
