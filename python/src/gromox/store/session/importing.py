"""The part of a session that takes in what clients changed off line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.mapi import tags
from gromox.store import block_table, copying, picking
from gromox.store.errors import InvalidValueError, LimitError, MessageGoneError
from gromox.store.item import moving, reading_state, removing
from gromox.store.item.entry import entries_of, entry_of
from gromox.store.item.holding import Holding
from gromox.store.item.plan import Planner, names_in
from gromox.store.operation import operation
from gromox.store.permission import Right
from gromox.store.property.message import ACCESS_DELETE, ACCESS_MODIFY
from gromox.store.rule import extended
from gromox.store.session.items import Items
from gromox.store.sync import localids
from gromox.store.sync.upload import (
    Imported,
    Incoming,
    Outcome,
    Upload,
    import_message,
    predecessors_of,
)
from gromox.store.sync.uploadfolder import import_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gromox.mapi.message import Message
    from gromox.mapi.propvalue import PropValue
    from gromox.store.mailbox_file import MailboxFile
    from gromox.store.sync.conflict import Version
    from gromox.store.sync.state import SyncState

MAX_OBJECTS: Final = 10_000
"""Of one upload of deletions or read states."""
_VERSION: Final = "UPDATE messages SET change_key = ?, predecessors = ? WHERE mid = ?"


class Importing(Items):
    """Uploads of synchronisation ([MS-OXCFXICS] 2.2.3.2.4)."""

    __slots__ = ()

    @operation
    def sync_upload(self, folder_id: int, state: SyncState) -> int:
        """Begin to take in changes of a folder's contents or of the folders below it; returns a handle.

        :meth:`sync_state` of the handle tells what the client has seen afterwards.

        Raises:
            FolderGoneError: there is no such folder.
            LimitError: too much is open.
        """
        self._access.require_visible(folder_id)
        return self._handles.add(Upload(self._file, folder_id, state))

    @operation
    def import_message(
        self,
        handle: int,
        mid: int,
        message: Message,
        version: Version,
        *,
        associated: bool = False,
        fail_on_conflict: bool = False,
    ) -> Imported:
        """Take in a new or changed message; a changed one is replaced as a whole.

        Spec: [MS-OXCFXICS] 3.2.5.9.4.2.

        Raises:
            DeniedError: the actor may not make or change it.
            ConflictError: it was changed on both sides, and the client wants to hear of it.
            InvalidValueError, LimitError, QuotaError: nothing was taken in.
        """
        upload = self._handles.get(handle, Upload)
        file = self._file
        if file.execute("SELECT 1 FROM messages WHERE mid = ?", (mid,)).fetchone() is None:
            self._access.require(upload.folder_id, Right.CREATE)
        else:
            self._editable_or_gone(mid)
        message = self._with_uploads(message)
        extended.check_size(file, message.properties.get(tags.PidTagExtendedRuleMessageCondition))
        self._know(names_in(message))
        with Holding(file) as holding:
            plan = Planner(file, holding, now=file.clock.now()).message(message)
            with file.write(durable=True) as tx:
                return import_message(
                    tx,
                    holding,
                    upload,
                    Incoming(mid, message, plan, version, associated, fail_on_conflict, self._actor.username),
                )

    @operation
    def import_deletions(self, handle: int, mids: Sequence[int], *, is_hard: bool = False) -> None:
        """Delete what the client deleted; what is gone already is fine, and never comes to be.

        Spec: [MS-OXCFXICS] 3.2.5.9.4.5: all or nothing.

        Raises:
            DeniedError: the actor may not delete one of them.
            LimitError: there are too many.
        """
        upload = self._handles.get(handle, Upload)
        folder_id, file = upload.folder_id, self._file
        _check_count(mids)
        with file.write(durable=True) as tx:
            found = entries_of(file, mids)
            chosen = [each for each in found.values() if each.folder_id == folder_id and not each.state]
            for each in chosen:
                if not self._message_access(folder_id, each.creator) & ACCESS_DELETE:
                    self._access.require(folder_id, Right.DELETE_ANY)
            unknown = [mid for mid in mids if mid not in found and localids.is_allocated(file, mid)]
            localids.retire(tx, [(mid, mid) for mid in unknown])
            if chosen:
                removing.remove(tx, folder_id, chosen, is_hard=is_hard or not file.soft_delete)
            if chosen or unknown:
                upload.took(tx)

    @operation
    def import_read_states(self, handle: int, states: Sequence[tuple[int, bool]]) -> None:
        """Mark messages as read or unread, as the client did; associated ones are passed over.

        Spec: [MS-OXCFXICS] 3.2.5.9.4.6.

        Raises:
            DeniedError: the actor may not change one of them.
            LimitError: there are too many.
        """
        upload = self._handles.get(handle, Upload)
        folder_id, file = upload.folder_id, self._file
        _check_count(states)
        self._access.require(folder_id, Right.READ_ANY)
        with file.write(durable=True) as tx:
            found = entries_of(file, [mid for mid, _ in states])
            for is_read, asked in ((True, 0), (False, int(reading_state.ReadFlag.CLEAR_READ))):
                wanted = {mid for mid, state in states if state is is_read}
                chosen = [
                    each
                    for each in found.values()
                    if each.mid in wanted
                    and each.folder_id == folder_id
                    and not each.associated
                    and not each.state
                ]
                for each in chosen:
                    if (
                        not file.is_public
                        and not self._message_access(folder_id, each.creator) & ACCESS_MODIFY
                    ):
                        self._access.require(folder_id, Right.EDIT_ANY)
                changed, _ = reading_state.set_read(tx, folder_id, chosen, asked, self._actor.username)
                if changed:
                    upload.took(tx, read=True)

    @operation
    def import_move(
        self, handle: int, source_id: int, mid: int, target_mid: int, version: Version
    ) -> Imported:
        """Move a message of another folder here, under the id that the client gave it.

        Spec: [MS-OXCFXICS] 3.2.5.9.4.4. Where the message was changed here since, that version is moved.

        Raises:
            DeniedError: the actor may not take it away there, or put it here.
            InvalidValueError: the new id was not given out to clients.
            QuotaError, LimitError: nothing was moved.
        """
        upload = self._handles.get(handle, Upload)
        file, target_id = self._file, upload.folder_id
        self._access.require(target_id, Right.CREATE)
        theirs = predecessors_of(version)
        with file.write(durable=True) as tx:
            try:
                entry = entry_of(file, mid)
            except MessageGoneError:
                return Imported(Outcome.DELETED, target_mid, 0)
            if entry.folder_id != source_id:
                return Imported(Outcome.DELETED, target_mid, 0)
            if not self._message_access(source_id, entry.creator) & ACCESS_DELETE:
                self._access.require(source_id, Right.DELETE_ANY)
            if not localids.is_allocated(file, target_mid) or _is_taken(file, target_mid):
                raise InvalidValueError("the new id was not given out to clients, or is in use")
            if entry.uid is None:
                ((_, target_mid),) = moving.transfer(tx, source_id, [entry], target_id, is_move=True)
            else:
                picks = picking.pick_mids(file, block_table.current_view(file, source_id), [mid])
                copying.move_picked(tx, picks, target_id, first_mid=target_mid)
            file.execute(_VERSION, (version.change_key, theirs.octets(), target_mid))
            upload.took(tx, associated=entry.uid is None)
            (cn,) = file.execute("SELECT cn FROM messages WHERE mid = ?", (target_mid,)).fetchone()
            return Imported(Outcome.TAKEN, target_mid, cn)

    @operation
    def import_folder(
        self,
        handle: int,
        folder_id: int,
        parent_id: int,
        version: Version,
        values: Mapping[int, PropValue],
    ) -> Imported:
        """Take in a new or changed folder; ``values`` have its name (PidTagDisplayName).

        Spec: [MS-OXCFXICS] 3.2.5.9.4.3.

        Raises:
            DeniedError: the actor may not make or change it.
            InvalidValueError, ExistsError, InvalidNameError, ReservedError, NotFoundError: nothing was taken
                in.
        """
        upload = self._handles.get(handle, Upload)
        self._file.refresh()
        if folder_id in self._file.folders:
            self._access.require_visible(folder_id)
            self._access.require(folder_id, Right.OWNER)
            if self._file.folders[folder_id].parent_id != parent_id:
                self._access.require(parent_id, Right.CREATE_SUBFOLDER)
        else:
            self._access.require_visible(parent_id)
            self._access.require(parent_id, Right.CREATE_SUBFOLDER)
        kept = {tag: value for tag, value in values.items() if tag not in _FIXED}
        with Holding(self._file) as holding, self._file.write(durable=True) as tx:
            return import_folder(tx, holding, upload, folder_id, parent_id, version, kept)

    @operation
    def retire_ids(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Note ids that a client will never use ([MS-OXCFXICS] 2.2.3.2.4.8).

        Raises:
            DeniedError: the actor is not the owner of the mailbox.
            InvalidValueError, LimitError: a range is none, or there are too many.
        """
        self._access.require_owner()
        _check_count(ranges)
        if any(not 0 < low <= high for low, high in ranges):
            raise InvalidValueError("a range of ids has its end behind its beginning")
        with self._file.write(durable=True, quiet=True) as tx:
            tx.next_cn()
            localids.retire(tx, ranges)

    def _editable_or_gone(self, mid: int) -> None:
        """Refuse who may not change a message; one that was deleted is told as such later."""
        try:
            self._editable(mid)
        except MessageGoneError:
            entry_of(self._file, mid, deleted=True)


_FIXED: Final = frozenset(
    {
        tags.PidTagSourceKey,
        tags.PidTagParentSourceKey,
        tags.PidTagChangeKey,
        tags.PidTagPredecessorChangeList,
        tags.PidTagLastModificationTime,
        tags.PidTagFolderId,
        tags.PidTagParentFolderId,
        tags.PidTagFolderType,
    }
)


def _is_taken(file: MailboxFile, mid: int) -> bool:
    return file.execute("SELECT 1 FROM messages WHERE mid = ?", (mid,)).fetchone() is not None


def _check_count(objects: Sequence[object]) -> None:
    if len(objects) > MAX_OBJECTS:
        raise LimitError(f"at most {MAX_OBJECTS} objects at a time")
