"""The part of a session that tells FastTransfer streams.

Spec:
    [MS-OXCFXICS] 2.2.3.1 (FastTransfer), 2.2.3.2.1 (synchronisation downloads), 2.2.3.2.3.1 (state), 3.2.5.8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.store.errors import LimitError
from gromox.store.fasttransfer import message
from gromox.store.fasttransfer.differences import Differences
from gromox.store.fasttransfer.download import Transfer, TransferPart
from gromox.store.fasttransfer.folder import Rights, Source
from gromox.store.fasttransfer.options import Selection, TransferOptions
from gromox.store.fasttransfer.values import ValueWriter
from gromox.store.item.opened import OpenMessage
from gromox.store.operation import operation
from gromox.store.permission import Right
from gromox.store.session.opened import OpenItems
from gromox.store.sync.content import ContentDownload, SyncFlag
from gromox.store.sync.folders import HierarchyDownload
from gromox.store.sync.state import Download
from gromox.store.sync.upload import Upload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.mapi.restriction import Restriction
    from gromox.store.sync.state import SyncState

MAX_BUFFER: Final = 1 << 20
MAX_MESSAGES: Final = 100_000
"""Of one list."""
_PLAIN: Final = TransferOptions()


class Transferring(OpenItems):
    """FastTransfer streams; a handle stands for one that was begun."""

    __slots__ = ()

    @operation
    def transfer_item(self, handle: int, options: TransferOptions = _PLAIN) -> int:
        """Begin to tell an open message or attachment, as its handle sees it; returns a handle.

        Spec: [MS-OXCFXICS] 3.2.5.8.1.1 and 3.2.5.8.1.2: RopFastTransferSourceCopyTo and ...CopyProperties.
        """
        opened = self._open_object(handle)
        values = ValueWriter(self._file, options)
        source = self._source(values)
        selection = options.selection or Selection()
        if isinstance(opened, OpenMessage):
            whole = opened.as_message()
            pieces = message.content(values, whole, selection=selection, has_parts=options.has_parts)
        else:
            attachment = opened.as_attachment()
            pieces = message.attachment_content(values, attachment, selection=selection)
        return self._handles.add(Transfer(pieces, source.progress))

    @operation
    def transfer_folder(
        self, folder_id: int, options: TransferOptions = _PLAIN, *, is_copy: bool, has_subfolders: bool = True
    ) -> int:
        """Begin to tell a folder; returns a handle.

        Spec: [MS-OXCFXICS] 3.2.5.8.1.1, 3.2.5.8.1.2, 3.2.5.8.1.4.

        Args:
            folder_id: the folder.
            options: how; with ``is_move`` sub-folders are told in any case.
            is_copy: as a folder that is to be made anew (RopFastTransferSourceCopyFolder), not as the content
                of one that is there (CopyTo, CopyProperties).
            has_subfolders: whether those below it are told; without ``has_parts`` neither they nor messages.

        Raises:
            FolderGoneError: it is not there for the actor.
            DeniedError: it is to be moved, and not the actor's.
        """
        self._file.refresh()
        self._access.require_visible(folder_id)
        if options.is_move:
            self._access.require(folder_id, Right.OWNER)
        source = self._source(ValueWriter(self._file, options))
        if is_copy:
            pieces = source.top_folder(folder_id, has_subfolders=has_subfolders or options.is_move)
        else:
            pieces = source.folder_content(
                folder_id,
                selection=options.selection or Selection(),
                has_messages=options.has_parts,
                has_subfolders=options.has_parts and has_subfolders,
            )
        return self._handles.add(Transfer(pieces, source.progress))

    @operation
    def transfer_messages(
        self, folder_id: int, mids: Sequence[int], options: TransferOptions = _PLAIN
    ) -> int:
        """Begin to tell messages of a folder; returns a handle.

        Spec: [MS-OXCFXICS] 3.2.5.8.1.3: in the place of what the actor may not read stands a warning.

        Raises:
            FolderGoneError: the folder is not there for the actor.
            LimitError: there are too many messages.
        """
        if len(mids) > MAX_MESSAGES:
            raise LimitError(f"at most {MAX_MESSAGES} messages in one list")
        self._file.refresh()
        self._access.require_visible(folder_id)
        source = self._source(ValueWriter(self._file, options))
        source.progress.total = len(mids)
        there = set(source.mids(folder_id, associated=0)) | set(source.mids(folder_id, associated=1))
        pieces = source.message_list([mid for mid in mids if mid in there])
        return self._handles.add(Transfer(pieces, source.progress))

    @operation
    def transfer_contents(
        self,
        folder_id: int,
        state: SyncState,
        flags: SyncFlag,
        options: TransferOptions = _PLAIN,
        restriction: Restriction | None = None,
    ) -> int:
        """Begin to tell the differences of a folder's contents; returns a handle.

        Spec: [MS-OXCFXICS] 3.2.5.9.1.1. :meth:`sync_state` tells the state of a client that took in what was
        fetched so far.

        Raises:
            FolderGoneError, DeniedError: it is not there, or its items may not be read.
            LimitError: the restriction is too large, or too much is open.
        """
        self._access.require_visible(folder_id)
        self._access.require(folder_id, Right.READ_ANY)
        download = ContentDownload(
            self._file, folder_id, state, flags=flags, restriction=restriction, username=self._actor.username
        )
        differences = self._differences(flags, options)
        return self._handles.add(
            Transfer(
                differences.contents(download),
                differences.source.progress,
                lambda: download.state(unsent=differences.in_transit),
            )
        )

    @operation
    def transfer_hierarchy(
        self, root_id: int, state: SyncState, flags: SyncFlag, options: TransferOptions = _PLAIN
    ) -> int:
        """Begin to tell the differences of the folders below one; returns a handle.

        Raises:
            FolderGoneError: there is no such folder.
            LimitError: too much is open.
        """
        self._access.require_visible(root_id)
        download = HierarchyDownload(self._file, root_id, state, visible=self._access.sees)
        differences = self._differences(flags, options)
        return self._handles.add(
            Transfer(
                differences.hierarchy(download, root_id),
                differences.source.progress,
                lambda: download.state(unsent=differences.in_transit),
            )
        )

    @operation
    def transfer_state(self, handle: int, *, is_hierarchy: bool = False) -> int:
        """Begin to tell the state of a synchronisation, download or upload; returns a handle.

        Spec: [MS-OXCFXICS] 2.2.3.2.3.1 (RopSynchronizationGetTransferState).
        """
        context = self._handles.get(handle, Download)
        differences = self._differences(SyncFlag(0), _PLAIN)
        pieces = differences.state(
            context.state(), is_hierarchy=is_hierarchy, has_given=not isinstance(context, Upload)
        )
        return self._handles.add(Transfer(pieces, differences.source.progress))

    @operation
    def transfer_part(self, handle: int, size: int) -> TransferPart:
        """Return the next buffer of a stream, of at most ``size`` octets.

        Spec: [MS-OXCFXICS] 3.2.5.8.1.5 (RopFastTransferSourceGetBuffer).

        Raises:
            InvalidValueError: nothing would fit in it.
            StoreError: the stream cannot be made.
        """
        self._file.refresh()
        return self._handles.get(handle, Transfer).take(min(size, MAX_BUFFER))

    def _source(self, values: ValueWriter) -> Source:
        rights = Rights(self._message_access, self._access.sees, self._actor.username)
        return Source(self._file, values, rights)

    def _differences(self, flags: SyncFlag, options: TransferOptions) -> Differences:
        return Differences(self._source(ValueWriter(self._file, options)), flags)
