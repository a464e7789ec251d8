"""The part of a session that tells what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.store.builtin import ipm_subtree
from gromox.store.errors import InvalidValueError
from gromox.store.operation import operation
from gromox.store.permission import Right
from gromox.store.property.message import message_row
from gromox.store.session.rights import MessageRights
from gromox.store.sync import conflict, localids, since
from gromox.store.sync.content import ContentDownload
from gromox.store.sync.folders import HierarchyDownload
from gromox.store.sync.state import Download

if TYPE_CHECKING:
    from uuid import UUID

    from gromox.mapi.idset import IdSet
    from gromox.mapi.restriction import Restriction
    from gromox.store.sync.conflict import ConflictVersion
    from gromox.store.sync.content import Departures, MessageChange, ReadChanges, SyncCounts, SyncFlag
    from gromox.store.sync.folders import FolderChange
    from gromox.store.sync.since import Changes, FolderChanges, Rest
    from gromox.store.sync.state import SyncState

MAX_PART: Final = 10_000
"""Messages or folders of one call."""


class Sync(MessageRights):
    """Synchronisation ([MS-OXCFXICS]) and plain changes since a number."""

    __slots__ = ()

    # A whole replica, by states.

    @operation
    def sync_content(
        self,
        folder_id: int,
        state: SyncState,
        flags: SyncFlag,
        restriction: Restriction | None = None,
    ) -> int:
        """Begin to download the contents of a folder; returns a handle.

        Raises:
            FolderGoneError, DeniedError: it is not there, or its items may not be read.
            LimitError: the restriction is too large, or too much is open.
        """
        self._require_readable(folder_id)
        download = ContentDownload(
            self._file, folder_id, state, flags=flags, restriction=restriction, username=self._actor.username
        )
        return self._handles.add(download)

    @operation
    def sync_counts(self, handle: int) -> SyncCounts:
        """Return how many messages a download will bring, and their sizes."""
        return self._handles.get(handle, ContentDownload).counts

    @operation
    def sync_messages(self, handle: int, limit: int = 100) -> tuple[MessageChange, ...]:
        """Return the next new or changed messages of a download; empty: that was all."""
        return self._handles.get(handle, ContentDownload).messages(_part(limit))

    @operation
    def sync_departures(self, handle: int) -> Departures:
        """Return the messages of the client that left the folder or the restriction."""
        return self._handles.get(handle, ContentDownload).departures()

    @operation
    def sync_read_changes(self, handle: int) -> ReadChanges:
        """Return the messages of the client that were read or marked unread."""
        return self._handles.get(handle, ContentDownload).read_changes()

    @operation
    def sync_hierarchy(self, root_id: int, state: SyncState) -> int:
        """Begin to download the folders below one; returns a handle. What the actor may not see is not there.

        Raises:
            FolderGoneError: there is no such folder.
            LimitError: too much is open.
        """
        self._access.require_visible(root_id)
        return self._handles.add(HierarchyDownload(self._file, root_id, state, visible=self._access.sees))

    @operation
    def sync_folders(self, handle: int, limit: int = 100) -> tuple[FolderChange, ...]:
        """Return the next new or changed folders of a download, parents first; empty: that was all."""
        return self._handles.get(handle, HierarchyDownload).folders(_part(limit))

    @operation
    def sync_deleted_folders(self, handle: int) -> IdSet[UUID]:
        """Return the folders of the client that are not there any more."""
        return self._handles.get(handle, HierarchyDownload).deleted()

    @operation
    def sync_state(self, handle: int) -> SyncState:
        """Return the state of a client that took in what it was handed so far."""
        return self._handles.get(handle, Download).state()

    @operation
    def conflict_versions(self, mid: int) -> tuple[ConflictVersion, ...]:
        """Return the versions that a conflict resolve message holds; none: it is an ordinary message.

        Spec: [MS-OXCFXICS] 3.1.5.6.2.1: clients get these in its place.

        Raises:
            MessageGoneError: it is not there for the actor.
        """
        self._file.refresh()
        self._readable(mid)
        row = message_row(self._file, mid)
        return tuple(conflict.versions_of(self._file, mid)) if row and conflict.is_conflict(row) else ()

    # Plain numbers.

    @operation
    def change_number(self) -> int:
        """Return the newest change number of the mailbox."""
        self._file.refresh()
        return self._file.change_number

    @operation
    def changes(self, folder_id: int, since_cn: int, limit: int = 1000, rest: Rest | None = None) -> Changes:
        """Return what happened in a folder after a change number (see :mod:`gromox.store.sync.since`).

        Raises:
            FolderGoneError, DeniedError: it is not there, or its items may not be read.
        """
        self._require_readable(folder_id)
        return since.changes(
            self._file, folder_id, since_cn, _part(limit), rest=rest, username=self._actor.username
        )

    @operation
    def folder_changes(self, since_cn: int, root_id: int | None = None) -> FolderChanges:
        """Return what happened to the folders below one (None: below the top of what users see).

        Raises:
            FolderGoneError: there is no such folder.
        """
        root = ipm_subtree(is_public=self._file.is_public) if root_id is None else root_id
        self._file.refresh()
        return since.folder_changes(self._file, root, since_cn, visible=self._access.sees)

    # Ids of clients.

    @operation
    def local_replica_ids(self, count: int) -> int:
        """Set ids apart for objects that a client makes off line; returns the first of them.

        Raises:
            DeniedError: the actor is not the owner of the mailbox.
            InvalidValueError, LimitError: none, or too many are asked for.
        """
        self._access.require_owner()
        return localids.allocate(self._file, count)

    def _require_readable(self, folder_id: int) -> None:
        self._access.require_visible(folder_id)
        self._access.require(folder_id, Right.READ_ANY)


def _part(limit: int) -> int:
    if limit <= 0:
        raise InvalidValueError("at least one has to be asked for")
    return min(limit, MAX_PART)
