"""What an actor may do with one message.

Spec: [MS-OXCPERM] 2.2.7 (rights on what one made oneself, and on everything), [MS-OXCPRPT] 2.2.1.1 (access).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.store.errors import DeniedError, MessageGoneError
from gromox.store.item.entry import Entry, entry_of
from gromox.store.permission import Right
from gromox.store.property.message import (
    ACCESS_ALL,
    ACCESS_DELETE,
    ACCESS_MODIFY,
    ACCESS_READ,
    message_row,
)
from gromox.store.session.base import SessionPart

if TYPE_CHECKING:
    from gromox.store.property.row import MessageRow


class MessageRights(SessionPart):
    """Rights on messages: every part that touches one asks here."""

    __slots__ = ()

    def _message_access(self, folder_id: int, creator: str) -> int:
        """Return PidTagAccess of a message in a folder."""
        rights = self._access.rights(folder_id)
        if rights & Right.OWNER:
            return ACCESS_ALL
        own = bool(creator) and creator == self._actor.username.casefold()
        access = ACCESS_READ if rights & Right.READ_ANY or own else 0
        if rights & Right.EDIT_ANY or (own and rights & Right.EDIT_OWNED):
            access |= ACCESS_MODIFY
        if rights & Right.DELETE_ANY or (own and rights & Right.DELETE_OWNED):
            access |= ACCESS_DELETE
        return access

    def _row_access(self, row: MessageRow) -> int:
        return self._message_access(row.folder_id, row.text("creator"))

    def _readable(self, mid: int, *, deleted: bool = False) -> Entry:
        """Return a message that the actor may read.

        Raises:
            MessageGoneError: it is not there, or the actor may not even know that it is.
        """
        self._file.refresh()  # another process may have made it, or its folder
        entry = entry_of(self._file, mid, deleted=deleted)
        if not self._message_access(entry.folder_id, entry.creator) & ACCESS_READ:
            raise MessageGoneError("there is no such message (any more)")
        return entry

    def _editable(self, mid: int) -> Entry:
        """Return a message that the actor may change. Raises MessageGoneError, DeniedError."""
        entry = self._readable(mid)
        if not self._message_access(entry.folder_id, entry.creator) & ACCESS_MODIFY:
            raise DeniedError("the rights of the user do not cover it")
        return entry

    def _is_read(self, mid: int) -> bool:
        """Tell whether the actor (in a private mailbox: its owner) has read a message."""
        row = message_row(self._file, mid, username=self._actor.username)
        return row is not None and row.is_read
