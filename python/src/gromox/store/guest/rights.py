"""What a guest may do with folders and flags. [MS-OXCPERM] 2.2.7; RFC 4314 section 4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.store.database import guarded
from gromox.store.errors import DeniedError, FolderGoneError
from gromox.store.flags import ALL_FLAGS, NO_FLAGS, Flag
from gromox.store.mailbox import Mailbox
from gromox.store.permission import OWNER_RIGHTS, Right
from gromox.store.session.access import Access

if TYPE_CHECKING:
    from gromox.store.session.actor import Actor

_MARKS: Final = Flag(ALL_FLAGS) & ~(Flag.SEEN | Flag.DELETED)


class GuestRights(Mailbox):
    """A mailbox that knows what its guest may."""

    __slots__ = ("_access", "_actor")

    def __init__(self, mailbox: Mailbox, actor: Actor) -> None:
        """Let ``actor`` use a mailbox that somebody else holds open."""
        super().__init__(mailbox.file)
        self._actor, self._access = actor, Access(mailbox.file, actor)

    @property
    def is_guest(self) -> bool:
        """Tell that rights have to be looked at."""
        return True

    @guarded
    def held(self, folder_id: int | None) -> int:
        """Return the rights of the guest on a folder, or on the store. Raises FolderGoneError."""
        held = self._access.rights(folder_id)
        if held & Right.OWNER and folder_id is not None:
            return int(OWNER_RIGHTS)
        if self._access.rights(None) & Right.STORE_OWNER:
            return int(OWNER_RIGHTS)
        return held

    def sees(self, folder_id: int) -> bool:
        """Tell whether the guest may know that a folder is there."""
        return bool(self.held(folder_id) & (Right.VISIBLE | Right.READ_ANY | Right.OWNER))

    def _require(self, folder_id: int, right: Right) -> None:
        held = self.held(folder_id)
        if held & right != right:
            if not held & (Right.VISIBLE | Right.READ_ANY):
                raise FolderGoneError("there is no such folder (any more)")
            raise DeniedError("the rights of the user do not cover it")

    def settable(self, folder_id: int) -> Flag:
        r"""Return the flags that the guest may set; keywords go with ``\Flagged``."""
        held = self.held(folder_id)
        flags = NO_FLAGS
        if held & Right.EDIT_ANY:
            flags |= _MARKS
        if held & (Right.READ_ANY if self.is_public else Right.EDIT_ANY):
            flags |= Flag.SEEN
        if held & Right.DELETE_ANY:
            flags |= Flag.DELETED
        return flags
