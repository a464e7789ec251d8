"""The part of a session that copies, moves, removes and restores messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.store.errors import InvalidValueError, LimitError, MessageGoneError
from gromox.store.item import moving, removing
from gromox.store.item.entry import entries_of, entry_of
from gromox.store.item.result import Removed, Transferred
from gromox.store.operation import operation
from gromox.store.permission import Right
from gromox.store.property.computed import MessageFlag
from gromox.store.property.message import ACCESS_DELETE, ACCESS_READ
from gromox.store.session.rights import MessageRights
from gromox.store.submission import sending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.store.item.entry import Entry

_SEARCH: Final = 2
_UNREAD_WANTED: Final = (
    "SELECT mid FROM messages WHERE mid IN (SELECT value FROM json_each(?)) AND message_flags & ?"
)


class Moving(MessageRights):
    """Messages on the move."""

    __slots__ = ()

    @operation
    def copy_messages(self, folder_id: int, mids: Sequence[int], target_id: int) -> Transferred:
        """Copy messages of a folder to another folder of the mailbox.

        Spec: [MS-OXCFOLD] 3.2.5.6.

        Raises:
            FolderGoneError, DeniedError: a folder is not there, or the target takes nothing from the actor.
            QuotaError, LimitError: nothing was copied.
        """
        return self._transfer(folder_id, mids, target_id, is_move=False)

    @operation
    def move_messages(self, folder_id: int, mids: Sequence[int], target_id: int) -> Transferred:
        """Move messages of a folder to another folder of the mailbox; raises what copy_messages does.

        Those that are on their way out are refused.
        """
        return self._transfer(folder_id, mids, target_id, is_move=True)

    @operation
    def delete_messages(self, folder_id: int, mids: Sequence[int], *, is_hard: bool = False) -> Removed:
        """Remove messages of a folder.

        Spec: [MS-OXCFOLD] 3.2.5.11 and 3.2.5.12; [MS-OXCPERM] 2.2.7 (DeleteOwned, DeleteAny). What waits
        to be sent is not sent any more.

        Args:
            folder_id: where they are.
            mids: the messages; softly deleted ones count where they are to go for good.
            is_hard: they cannot be restored.

        Raises:
            FolderGoneError: the folder is not there for the actor.
            LimitError: there are too many.
        """
        self._access.require_visible(folder_id)
        file = self._file
        _check_count(mids)
        hard = is_hard or not file.soft_delete
        with file.write(durable=True) as tx:
            found = entries_of(file, mids)
            chosen = [
                entry
                for entry in found.values()
                if entry.folder_id == folder_id
                and (not entry.state or is_hard)
                and self._message_access(folder_id, entry.creator) & ACCESS_DELETE
            ]
            unread = self._unread_wanted(chosen)
            jobs = sending.jobs_of(file, [each.mid for each in chosen])
            for mid in jobs:
                sending.mark(tx, mid, off=MessageFlag.SUBMITTED, timer_id=None)
            if chosen:
                removing.remove(tx, folder_id, chosen, is_hard=hard)
        if self._post is not None:
            for job in jobs.values():
                self._post.alarm.cancel(job)
        gone = {entry.mid for entry in chosen}
        return Removed(tuple(gone), tuple([mid for mid in mids if mid not in gone]), unread)

    @operation
    def restore_messages(self, folder_id: int, mids: Sequence[int]) -> Removed:
        """Bring softly deleted messages back to their folder; ``removed`` are those that are there again.

        Raises:
            FolderGoneError, DeniedError: the folder is not there, or takes nothing from the actor.
            QuotaError: the mailbox has no room.
        """
        self._access.require_visible(folder_id)
        self._access.require(folder_id, Right.CREATE)
        _check_count(mids)
        file = self._file
        back: list[int] = []
        with file.write(durable=True) as tx:
            for entry in entries_of(file, mids).values():
                allowed = self._message_access(folder_id, entry.creator)
                if entry.folder_id == folder_id and entry.state and allowed & ACCESS_READ:
                    removing.restore(tx, entry)
                    back.append(entry.mid)
        return Removed(tuple(back), tuple([mid for mid in mids if mid not in back]))

    @operation
    def folder_messages(
        self, folder_id: int, *, normal: bool = True, associated: bool = False
    ) -> tuple[int, ...]:
        """Return the messages of a folder that the actor may read, the oldest first.

        Raises:
            FolderGoneError: the folder is not there for the actor.
            LimitError: there are too many for one answer: a table is what is wanted.
        """
        self._access.require_visible(folder_id)
        entries = removing.messages_of(self._file, folder_id, normal=normal, associated=associated)
        return tuple(
            [each.mid for each in entries if self._message_access(folder_id, each.creator) & ACCESS_READ]
        )

    @operation
    def message_folder(self, mid: int, *, deleted: bool = False) -> int:
        """Return the folder of a message. Raises MessageGoneError: it is not there for the actor."""
        self._file.refresh()
        return self._readable(mid, deleted=deleted).folder_id

    @operation
    def is_message_deleted(self, mid: int) -> bool:
        """Tell whether a message was softly deleted. Raises MessageGoneError: it is not there at all."""
        self._file.refresh()
        entry = entry_of(self._file, mid, deleted=True)
        if entry.folder_id in self._file.folders:
            if not self._message_access(entry.folder_id, entry.creator) & ACCESS_READ:
                raise MessageGoneError("there is no such message (any more)")
        elif not self._access.is_owner:
            raise MessageGoneError("there is no such message (any more)")
        return entry.is_deleted or entry.folder_id not in self._file.folders

    def _transfer(self, folder_id: int, mids: Sequence[int], target_id: int, *, is_move: bool) -> Transferred:
        self._access.require_visible(folder_id)
        self._access.require_visible(target_id)
        self._access.require(target_id, Right.CREATE)
        file = self._file
        if file.record(target_id).kind == _SEARCH:
            raise InvalidValueError("a search folder takes no messages")
        _check_count(mids)
        needed = ACCESS_READ | (ACCESS_DELETE if is_move else 0)
        with file.write(durable=True) as tx:
            found = entries_of(file, mids)
            chosen = [
                entry
                for entry in found.values()
                if entry.folder_id == folder_id
                and not entry.state
                and self._message_access(folder_id, entry.creator) & needed == needed
            ]
            if is_move:
                # What is on its way out stays where its submission left it.
                submitted = sending.jobs_of(file, [each.mid for each in chosen])
                chosen = [each for each in chosen if each.mid not in submitted]
            pairs = moving.transfer(tx, folder_id, chosen, target_id, is_move=is_move) if chosen else []
        done = {mid for mid, _ in pairs}
        return Transferred(tuple(pairs), tuple([mid for mid in mids if mid not in done]))

    def _unread_wanted(self, entries: Sequence[Entry]) -> tuple[int, ...]:
        """Return unread messages whose senders want to hear of that ([MS-OXOMSG] 2.2.1.15)."""
        packed = f"[{','.join([str(each.mid) for each in entries if not each.state])}]"
        rows = self._file.execute(_UNREAD_WANTED, (packed, int(MessageFlag.NOTIFY_UNREAD))).fetchall()
        return tuple([mid for (mid,) in rows if not self._is_read(mid)])


def _check_count(mids: Sequence[int]) -> None:
    if len(mids) > removing.MAX_MESSAGES:
        raise LimitError(f"at most {removing.MAX_MESSAGES} messages at a time")
