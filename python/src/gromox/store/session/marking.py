"""The part of a session that marks messages: read, their status, on their way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.mapi import tags
from gromox.store.errors import ConflictError
from gromox.store.flags import Flag
from gromox.store.item import removing
from gromox.store.item.entry import entries_of
from gromox.store.item.flagged import set_flags
from gromox.store.item.reading_state import set_read
from gromox.store.item.result import ReadChange
from gromox.store.operation import operation
from gromox.store.property.computed import MessageFlag, MessageStatus
from gromox.store.property.message import ACCESS_READ, message_row
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

    @operation
    def mark_submitted(self, mid: int) -> None:
        """Note that a message is on its way out: it is no draft any more, and nobody else sends it.

        Spec: [MS-OXOMSG] 3.2.5.1; [MS-OXCMSG] 2.2.1.6 (mfSubmitted, mfUnsent).

        Raises:
            ConflictError: it is on its way already.
        """
        entry = self._editable(mid)
        with self._file.write(durable=True) as tx:
            row = message_row(tx.file, mid)
            if row is None or row.number("message_flags") & MessageFlag.SUBMITTED:
                raise ConflictError("the message is on its way already")
            self._set_submitted(mid, is_submitted=True)
            tx.next_cn()
            set_flags(tx, mid, Flag(0), Flag.DRAFT)
            tx.note(entry.folder_id, [mid], Touch.CONTENT)

    @operation
    def clear_submitted(self, mid: int, *, is_unsent: bool = True) -> None:
        """Note that a message is not on its way any more: it was sent, or its sending was called off.

        Args:
            mid: the message.
            is_unsent: whether it is a draft again.
        """
        entry = self._editable(mid)
        with self._file.write(durable=True) as tx:
            self._set_submitted(mid, is_submitted=False)
            tx.next_cn()
            set_flags(tx, mid, Flag.DRAFT if is_unsent else Flag(0), Flag(0) if is_unsent else Flag.DRAFT)
            tx.file.execute("UPDATE messages SET timer_id = NULL WHERE mid = ?", (mid,))
            tx.note(entry.folder_id, [mid], Touch.CONTENT)

    @operation
    def is_submitted(self, mid: int) -> bool:
        """Tell whether a message is on its way out."""
        self._file.refresh()
        self._readable(mid)
        (flags,) = self._file.execute("SELECT message_flags FROM messages WHERE mid = ?", (mid,)).fetchone()
        return bool(flags & MessageFlag.SUBMITTED)

    @operation
    def set_timer(self, mid: int, timer_id: int | None) -> None:
        """Note the job by which a message is sent later; None: there is none."""
        self._editable(mid)
        with self._file.write(durable=True) as tx:
            tx.next_cn()
            tx.file.execute("UPDATE messages SET timer_id = ? WHERE mid = ?", (timer_id, mid))

    @operation
    def timer_of(self, mid: int) -> int | None:
        """Return the job by which a message is sent later."""
        self._file.refresh()
        self._readable(mid)
        (timer_id,) = self._file.execute("SELECT timer_id FROM messages WHERE mid = ?", (mid,)).fetchone()
        return None if timer_id is None else int(timer_id)

    @operation
    def deferred_messages(self) -> tuple[tuple[int, int], ...]:
        """Return (message, PidTagDeferredSendTime) of everything that is to be sent later."""
        self._access.require_owner()
        self._file.refresh()
        found = []
        for (mid,) in self._file.execute("SELECT mid FROM messages WHERE timer_id IS NOT NULL").fetchall():
            row = message_row(self._file, mid)
            time = None if row is None else row.stored(tags.PidTagDeferredSendTime)
            found.append((int(mid), time if isinstance(time, int) else 0))
        return tuple(found)

    def _set_submitted(self, mid: int, *, is_submitted: bool) -> None:
        bit = int(MessageFlag.SUBMITTED)
        value = "message_flags | ?" if is_submitted else "message_flags & ~?"
        self._file.execute(f"UPDATE messages SET message_flags = {value} WHERE mid = ?", (bit, mid))
