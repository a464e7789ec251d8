"""Folders and lists of messages to pieces of a stream.

Spec:
    [MS-OXCFXICS] 2.2.4.3.6 (folderContent), 2.2.4.3.7 (folderMessages), 2.2.4.3.17 (messageList), 2.2.4.3.4
    (errorInfo), 3.2.5.8.1 (what the client may not see: a warning in its place).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.mapi import tags
from gromox.mapi.errorcodes import ErrorCode
from gromox.mapi.fasttransfer import markers
from gromox.mapi.fasttransfer.markers import Marker
from gromox.mapi.fasttransfer.structures import ExtendedErrorInfo
from gromox.mapi.objectid import GlobalId
from gromox.store import hierarchy
from gromox.store.builtin import FolderKind
from gromox.store.errors import CorruptError, MessageGoneError
from gromox.store.fasttransfer import message
from gromox.store.fasttransfer.options import (
    ASSOCIATED,
    MESSAGES,
    SUBFOLDERS,
    SendOption,
)
from gromox.store.item.entry import entry_of
from gromox.store.item.reading import item_of_row
from gromox.store.property import folder, ids
from gromox.store.property.message import ACCESS_DELETE, ACCESS_READ, message_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gromox.mapi.fasttransfer.writer import Piece
    from gromox.mapi.message import PropertyKey
    from gromox.mapi.propvalue import PropValue
    from gromox.store.fasttransfer.options import Selection
    from gromox.store.fasttransfer.values import ValueWriter
    from gromox.store.mailbox_file import MailboxFile
    from gromox.store.property.row import MessageRow

MAX_DEPTH: Final = 200
"""Folders within each other that one stream tells."""
ERROR_INFO: Final = 0x00000102
_MIDS: Final = "SELECT mid FROM messages WHERE folder_id = ? AND associated = ? AND state = 0 ORDER BY mid"
_FOUND: Final = "SELECT mid FROM search_members WHERE folder_id = ? ORDER BY mid"
#: Told before all others of sub-folders, whatever was selected ([MS-OXCFXICS] 2.2.4.3.6).
_FIRST: Final = (tags.PidTagFolderId, tags.PidTagDisplayName, tags.PidTagComment)
#: What follows from where a folder is, or from what is in it.
_OF_PLACE: Final = frozenset(
    {
        tags.PidTagEntryId,
        tags.PidTagParentEntryId,
        tags.PidTagRecordKey,
        tags.PidTagStoreEntryId,
        tags.PidTagStoreRecordKey,
        tags.PidTagMappingSignature,
        tags.PidTagSourceKey,
        tags.PidTagParentSourceKey,
        tags.PidTagChangeKey,
        tags.PidTagPredecessorChangeList,
        tags.PidTagAccess,
        tags.PidTagAccessLevel,
        tags.PidTagObjectType,
        tags.PidTagContentCount,
        tags.PidTagContentUnreadCount,
        tags.PidTagMessageSize,
        tags.PidTagMessageSizeExtended,
        tags.PidTagSubfolders,
    }
)


class Rights(NamedTuple):
    """What the reader of a stream may do."""

    of_message: Callable[[int, str], int]
    """PidTagAccess of a message in a folder, by its creator."""
    sees: Callable[[int], bool]
    """Whether a folder is there."""
    username: str = ""
    """Whose read states count, in public stores."""


class Progress:
    """How many messages of a stream were told, of how many."""

    __slots__ = ("done", "total")

    def __init__(self, total: int = 0) -> None:
        """Begin."""
        self.done, self.total = 0, total


class Source:
    """Tells of one mailbox."""

    __slots__ = ("file", "progress", "rights", "values")

    def __init__(self, file: MailboxFile, values: ValueWriter, rights: Rights) -> None:
        """Tell what the reader may know."""
        self.file, self.values, self.rights = file, values, rights
        self.progress = Progress()

    def message_list(self, mids: Iterable[int]) -> Iterator[Piece]:
        """Give messages, one after the other; what is not there (any more) is left out."""
        for mid in mids:
            yield from self._listed(mid)
            self.progress.done += 1

    def _listed(self, mid: int) -> Iterator[Piece]:
        options = self.values.options
        try:
            entry = entry_of(self.file, mid)
            row = message_row(self.file, mid, username=self.rights.username)
        except MessageGoneError:
            return
        if row is None:
            return
        held = self.rights.of_message(entry.folder_id, entry.creator)
        wanted = ACCESS_DELETE if options.is_move else ACCESS_READ
        if not held & ACCESS_READ or not held & wanted:
            yield from self.values.one(markers.MetaTagEcWarning, int(ErrorCode.ACCESS_DENIED))
            return
        is_associated = bool(row.number("associated"))
        yield self.values.marker(Marker.START_FAI_MSG if is_associated else Marker.START_MESSAGE)
        yield from self.values.one(tags.PidTagMid, ids.short_id(mid))
        if options.has_ids:
            yield from identification(self.values, row)
        try:
            yield from message.content(self.values, item_of_row(row))
        except (CorruptError, MessageGoneError):
            if not options.send & SendOption.RECOVER_MODE:
                raise
            yield from self.error(entry.folder_id, mid)
            return
        yield self.values.marker(Marker.END_MESSAGE)

    def error(self, folder_id: int, mid: int) -> Iterator[Piece]:
        """Give an errorInfo: what was told of a message is to be forgotten."""
        home = ids.home_guid(self.file)
        info = ExtendedErrorInfo(int(ErrorCode.CORRUPT_DATA), GlobalId(home, folder_id), GlobalId(home, mid))
        yield self.values.marker(Marker.FX_ERROR_INFO)
        yield from self.values.one(ERROR_INFO, info.octets())

    def folder_content(
        self,
        folder_id: int,
        *,
        selection: Selection | None = None,
        is_sub: bool = False,
        has_messages: bool = True,
        has_subfolders: bool = True,
        depth: int = 0,
    ) -> Iterator[Piece]:
        """Give the properties of a folder, its messages and its sub-folders.

        With a selection, which counts for this folder alone, MetaTagFXDelProp stands before each kind of
        parts.
        """
        row = folder.FolderRow(self.file, self.file.record(folder_id), 0, None)
        properties = {tag: folder.get(row, tag) for tag in folder.tags_of(row)}
        if is_sub:
            for tag in _FIRST:
                empty = "" if tag == tags.PidTagComment else None
                value = properties.get(tag) if properties.get(tag) is not None else empty
                if value is not None:
                    yield from self.values.one(tag, value)
        told: dict[PropertyKey, PropValue] = {
            tag: value for tag, value in properties.items() if value is not None
        }
        skipped = {*_OF_PLACE, *_FIRST} if is_sub else _OF_PLACE
        yield from self.values.bag(told, selection=selection, skipped=skipped)
        if not has_messages and not has_subfolders:
            return
        for part, associated in ((ASSOCIATED, 1), (MESSAGES, 0)):
            if has_messages and (selection is None or selection.admits(part)):
                if selection is not None:
                    yield from self.values.one(markers.MetaTagFXDelProp, part)
                yield from self.message_list(self.mids(folder_id, associated=associated))
        if has_subfolders and (selection is None or selection.admits(SUBFOLDERS)):
            if selection is not None:
                yield from self.values.one(markers.MetaTagFXDelProp, SUBFOLDERS)
            yield from self._subfolders(folder_id, depth)

    def top_folder(self, folder_id: int, *, has_subfolders: bool) -> Iterator[Piece]:
        """Give a folder as one that is to be made anew (RopFastTransferSourceCopyFolder)."""
        yield self.values.marker(Marker.START_TOP_FLD)
        yield from self.folder_content(folder_id, has_subfolders=has_subfolders)
        yield self.values.marker(Marker.END_FOLDER)

    def _subfolders(self, folder_id: int, depth: int) -> Iterator[Piece]:
        if depth >= MAX_DEPTH:
            return
        for record in hierarchy.children(self.file, folder_id):
            if not self.rights.sees(record.folder_id):
                continue
            yield self.values.marker(Marker.START_SUB_FLD)
            yield from self.folder_content(record.folder_id, is_sub=True, depth=depth + 1)
            yield self.values.marker(Marker.END_FOLDER)

    def mids(self, folder_id: int, *, associated: int) -> list[int]:
        """Return the messages of a folder."""
        if self.file.record(folder_id).kind == FolderKind.SEARCH:
            rows = [] if associated else self.file.execute(_FOUND, (folder_id,)).fetchall()
        else:
            rows = self.file.execute(_MIDS, (folder_id, associated)).fetchall()
        return [mid for (mid,) in rows]


def identification(values: ValueWriter, row: MessageRow) -> Iterator[Piece]:
    """Give what tells a message and its version from others."""
    file = row.file
    change_key = ids.change_key(file, row.number("cn"), row.octets("change_key"))
    listed = ids.predecessors(file, row.number("cn"), row.octets("change_key"), row.octets("predecessors"))
    yield from values.one(tags.PidTagSourceKey, ids.source_key(file, row.mid))
    yield from values.one(tags.PidTagChangeKey, change_key)
    yield from values.one(tags.PidTagPredecessorChangeList, listed.octets())
    yield from values.one(tags.PidTagEntryId, ids.message_entry_id(file, row.folder_id, row.mid))
