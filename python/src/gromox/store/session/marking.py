"""The part of a session that marks messages: read, their status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.store.item import removing
from gromox.store.item.entry import entries_of
from gromox.store.item.reading_state import set_read
from gromox.store.item.result import ReadChange
from gromox.store.operation import operation
from gromox.store.property.computed import MessageStatus
from gromox.store.property.message import ACCESS_READ
from gromox.store.session.rights import MessageRights
from gromox.store.touch import Touch

if TYPE_CHECKING:
    from collections.abc import Sequence


class Marking(MessageRights):
    """States of messages that are not their content."""

    __slots__ = ()

    @operation
    def set_read_flags(self, folder_id: int, mids: Sequence[int] | None, flags: int = 0) -> ReadChange:
        """Mark messages of a folder as read or unread, for the owner, or in a public store for the actor.

        Spec: [MS-OXCMSG] 3.2.5.10.

        Args:
            folder_id: where they are.
            mids: the messages; None: all of the folder.
            flags: of :class:`~gromox.store.item.reading_state.ReadFlag`.

        Raises:
            FolderGoneError: the folder is not there for the actor.
        """
        self._access.require_visible(folder_id)
        file = self._file
        with file.write(durable=True) as tx:
            if mids is None:
                found = removing.messages_of(file, folder_id, associated=True)
            else:
                found = list(entries_of(file, mids).values())
            chosen = [
                entry
                for entry in found
                if entry.folder_id == folder_id
                and not entry.state
                and self._message_access(folder_id, entry.creator) & ACCESS_READ
            ]
            changed, receipts = set_read(tx, folder_id, chosen, flags, self._actor.username)
        known = {entry.mid for entry in chosen}
        refused = () if mids is None else tuple([mid for mid in mids if mid not in known])
        return ReadChange(tuple(changed), refused, tuple(receipts))

    @operation
    def message_status(self, mid: int) -> int:
        """Return PidTagMessageStatus ([MS-OXCMSG] 3.2.5.9). Raises MessageGoneError."""
        self._file.refresh()
        self._readable(mid)
        found = self._file.execute("SELECT message_status FROM messages WHERE mid = ?", (mid,)).fetchone()
        return int(found[0])

    @operation
    def set_message_status(self, mid: int, status: int, mask: int) -> int:
        """Set the bits of PidTagMessageStatus that a mask names; returns the status before.

        Spec: [MS-OXCMSG] 3.2.5.8; 2.2.1.8: that a message is in conflict is not the client's to say.
        """
        entry = self._editable(mid)
        mask &= ~MessageStatus.IN_CONFLICT
        with self._file.write(durable=True) as tx:
            (before,) = tx.file.execute(
                "SELECT message_status FROM messages WHERE mid = ?", (mid,)
            ).fetchone()
            after = (before & ~mask | status & mask) & 0xFFFFFFFF
            tx.next_cn()
            tx.file.execute("UPDATE messages SET message_status = ? WHERE mid = ?", (after, mid))
            tx.note(entry.folder_id, [mid], Touch.CONTENT)
        return int(before)
