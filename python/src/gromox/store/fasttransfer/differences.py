"""Differences of contents and hierarchy to pieces of a stream.

Spec:
    [MS-OXCFXICS] 2.2.4.3.2 (contentsSync), 2.2.4.3.9 (hierarchySync), 2.2.4.3.14 (messageChangeHeader),
    2.2.4.3.25 (state), 3.2.5.9.1.1 (flags), 3.1.5.6.2.1 (versions in conflict go one by one).

Changes are told in full: partial ones are an option that a server may leave out ([MS-OXCFXICS] 3.2.5.7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.mapi import tags
from gromox.mapi.fasttransfer.markers import Marker
from gromox.mapi.fasttransfer.structures import ProgressInformation
from gromox.mapi.idset import replid_idset_octets
from gromox.store import replica
from gromox.store.errors import CorruptError, MessageGoneError
from gromox.store.fasttransfer import message
from gromox.store.fasttransfer.folder import ERROR_INFO
from gromox.store.fasttransfer.options import Selection, SendOption
from gromox.store.item.path import embedded_at
from gromox.store.item.reading import item_of_row
from gromox.store.property import folder, ids
from gromox.store.property.message import message_row
from gromox.store.sync import conflict
from gromox.store.sync.conflict import Version
from gromox.store.sync.content import SyncFlag

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from gromox.mapi.fasttransfer.writer import Piece
    from gromox.mapi.idset import IdSet
    from gromox.mapi.message import Message, PropertyKey
    from gromox.mapi.propvalue import PropValue
    from gromox.store.fasttransfer.folder import Source
    from gromox.store.property.row import MessageRow
    from gromox.store.sync.content import ContentDownload, MessageChange
    from gromox.store.sync.folders import FolderChange, HierarchyDownload
    from gromox.store.sync.state import SyncState

META_IDSET_NO_LONGER_IN_SCOPE: Final = 0x40210102
"""MetaTagIdsetNoLongerInScope, [MS-OXCFXICS] 2.2.1.3.2."""
_SIZE: Final = 0x00000003
_TRUTH: Final = 0x0000000B
_EVERYTHING: Final = Selection()
#: What stands in the header of a change.
_HEADER: Final = frozenset(
    {
        tags.PidTagSourceKey,
        tags.PidTagLastModificationTime,
        tags.PidTagChangeKey,
        tags.PidTagPredecessorChangeList,
        tags.PidTagAssociated,
        tags.PidTagMid,
        tags.PidTagMessageSize,
        tags.PidTagChangeNumber,
    }
)
#: What stands first in the change of a folder, or follows from where it is.
_OF_FOLDER: Final = frozenset(
    {
        tags.PidTagParentSourceKey,
        tags.PidTagSourceKey,
        tags.PidTagLastModificationTime,
        tags.PidTagChangeKey,
        tags.PidTagPredecessorChangeList,
        tags.PidTagDisplayName,
        tags.PidTagFolderId,
        tags.PidTagParentFolderId,
        tags.PidTagEntryId,
        tags.PidTagParentEntryId,
        tags.PidTagRecordKey,
        tags.PidTagStoreEntryId,
        tags.PidTagStoreRecordKey,
        tags.PidTagMappingSignature,
        tags.PidTagObjectType,
    }
)


class Differences:
    """Tells what a client does not know yet."""

    __slots__ = ("_flags", "_selection", "in_transit", "source")

    def __init__(self, source: Source, flags: SyncFlag) -> None:
        """Tell it as the flags say; the selection is that of the options, or everything."""
        self.source, self._flags = source, flags
        self._selection = source.values.options.selection or _EVERYTHING
        self.in_transit = 0
        """Objects that were begun and not told to their end."""

    def contents(self, download: ContentDownload) -> Iterator[Piece]:
        """Give a contentsSync."""
        counts, values = download.counts, self.source.values
        self.source.progress.total = counts.normal_count + counts.associated_count
        if self._flags & SyncFlag.PROGRESS:
            yield values.marker(Marker.INCR_SYNC_PROGRESS_MODE)
            information = ProgressInformation(
                fai_message_count=counts.associated_count,
                fai_message_total_size=counts.associated_size,
                normal_message_count=counts.normal_count,
                normal_message_total_size=counts.normal_size,
            )
            yield from values.one(ERROR_INFO, information.encode())
        while part := download.messages(1):
            self.in_transit = 1
            yield from self._message_change(part[0])
            self.in_transit = 0
            self.source.progress.done += 1
        gone = download.departures()
        yield from self._id_sets(
            Marker.INCR_SYNC_DEL,
            {tags.PidTagIdsetDeleted: gone.deleted, META_IDSET_NO_LONGER_IN_SCOPE: gone.no_longer_in_scope},
        )
        if self._flags & SyncFlag.READ_STATE:
            changes = download.read_changes()
            yield from self._id_sets(
                Marker.INCR_SYNC_READ,
                {tags.PidTagIdsetRead: changes.read, tags.PidTagIdsetUnread: changes.unread},
            )
        yield from self.state(download.state(), is_hierarchy=False)
        yield values.marker(Marker.INCR_SYNC_END)

    def hierarchy(self, download: HierarchyDownload, root_id: int) -> Iterator[Piece]:
        """Give a hierarchySync."""
        while part := download.folders(1):
            self.in_transit = 1
            yield from self._folder_change(part[0], root_id)
            self.in_transit = 0
        if not self._flags & SyncFlag.NO_DELETIONS:
            yield from self._id_sets(Marker.INCR_SYNC_DEL, {tags.PidTagIdsetDeleted: download.deleted()})
        yield from self.state(download.state(), is_hierarchy=True)
        yield self.source.values.marker(Marker.INCR_SYNC_END)

    def state(self, state: SyncState, *, is_hierarchy: bool, has_given: bool = True) -> Iterator[Piece]:
        """Give a state; uploads do not tell which ids are given ([MS-OXCFXICS] 3.1.5.2.1)."""
        values = self.source.values
        given, seen, associated, read = state.octets()
        yield values.marker(Marker.INCR_SYNC_STATE_BEGIN)
        if has_given:
            yield from values.one(tags.PidTagIdsetGiven, given)
        yield from values.one(tags.PidTagCnsetSeen, seen)
        if not is_hierarchy:
            yield from values.one(tags.PidTagCnsetSeenFAI, associated)
            yield from values.one(tags.PidTagCnsetRead, read)
        yield values.marker(Marker.INCR_SYNC_STATE_END)

    # Parts.

    def _message_change(self, change: MessageChange) -> Iterator[Piece]:
        file = self.source.file
        row = message_row(file, change.mid, username=self.source.rights.username)
        if row is None or row.number("state"):
            return  # it left meanwhile: the next download tells
        versions = conflict.versions_of(file, row.mid) if conflict.is_conflict(row) else []
        try:
            if not versions:
                yield from self._version(change, row, _version_of(row), item_of_row(row))
                return
            for each in versions:
                held = embedded_at(row, [each.number], is_named=True)
                yield from self._version(change, row, each.version, held)
        except (CorruptError, MessageGoneError):
            if not self.source.values.options.send & SendOption.RECOVER_MODE:
                raise
            yield from self.source.error(row.folder_id, row.mid)

    def _version(
        self, change: MessageChange, row: MessageRow, version: Version, told: Message
    ) -> Iterator[Piece]:
        """Give a messageChangeFull, with its size before it if that was asked for."""
        values, flags, file = self.source.values, self._flags, self.source.file
        if flags & SyncFlag.PROGRESS:
            yield values.marker(Marker.INCR_SYNC_PROGRESS_PER_MSG)
            yield from values.one(_SIZE, min(change.size, 0x7FFFFFFF))
            yield from values.one(_TRUTH, change.associated)
        yield values.marker(Marker.INCR_SYNC_CHG)
        yield from values.one(tags.PidTagSourceKey, ids.source_key(file, row.mid))
        yield from values.one(tags.PidTagLastModificationTime, version.modified_time)
        yield from values.one(tags.PidTagChangeKey, version.change_key)
        yield from values.one(tags.PidTagPredecessorChangeList, version.predecessors)
        yield from values.one(tags.PidTagAssociated, change.associated)
        if flags & SyncFlag.EID:
            yield from values.one(tags.PidTagMid, ids.short_id(row.mid))
        if flags & SyncFlag.MESSAGE_SIZE:
            yield from values.one(tags.PidTagMessageSize, min(change.size, 0x7FFFFFFF))
        if flags & SyncFlag.CHANGE_NUMBER:
            yield from values.one(tags.PidTagChangeNumber, ids.short_id(row.number("cn")))
        yield values.marker(Marker.INCR_SYNC_MESSAGE)
        selection = self._selection
        only = SyncFlag.ONLY_SPECIFIED_PROPERTIES | SyncFlag.IGNORE_SPECIFIED_ON_FAI
        if change.associated and flags & only == only:
            selection = _EVERYTHING
        yield from message.content(values, told, selection=selection, skipped=_HEADER)

    def _folder_change(self, change: FolderChange, root_id: int) -> Iterator[Piece]:
        file, values, flags = self.source.file, self.source.values, self._flags
        record = file.folders.get(change.folder_id)
        if record is None:
            return  # it went meanwhile
        row = folder.FolderRow(file, record, 0, None)
        parent = b"" if record.parent_id == root_id else ids.source_key(file, record.parent_id)
        yield values.marker(Marker.INCR_SYNC_CHG)
        yield from values.one(tags.PidTagParentSourceKey, parent)
        yield from values.one(tags.PidTagSourceKey, ids.source_key(file, record.folder_id))
        yield from values.one(tags.PidTagLastModificationTime, record.modified_time)
        yield from values.one(tags.PidTagChangeKey, ids.change_key(file, record.cn, row.change_key))
        listed = ids.predecessors(file, record.cn, row.change_key, row.predecessors)
        yield from values.one(tags.PidTagPredecessorChangeList, listed.octets())
        yield from values.one(tags.PidTagDisplayName, record.name)
        if flags & SyncFlag.EID:
            yield from values.one(tags.PidTagFolderId, ids.short_id(record.folder_id))
        if flags & (SyncFlag.EID | SyncFlag.NO_FOREIGN_IDENTIFIERS):
            yield from values.one(tags.PidTagParentFolderId, ids.short_id(record.parent_id))
        told = {tag: folder.get(row, tag) for tag in folder.tags_of(row)}
        present: dict[PropertyKey, PropValue] = {
            tag: value for tag, value in told.items() if value is not None
        }
        yield from values.bag(present, selection=self._selection, skipped=_OF_FOLDER)

    def _id_sets(self, mark: Marker, sets: dict[int, IdSet[UUID]]) -> Iterator[Piece]:
        """Give sets of ids that clients do not keep: by replica ids; empty ones are left out."""
        present = {tag: found for tag, found in sets.items() if found}
        if not present:
            return
        yield self.source.values.marker(mark)
        for tag, found in present.items():
            numbered = replica.by_replica_id(self.source.file, found)
            yield from self.source.values.one(tag, replid_idset_octets(numbered))


def _version_of(row: MessageRow) -> Version:
    file = row.file
    key = row.octets("change_key")
    return Version(
        ids.change_key(file, row.number("cn"), key),
        ids.predecessors(file, row.number("cn"), key, row.octets("predecessors")).octets(),
        row.number("modified_time"),
    )
