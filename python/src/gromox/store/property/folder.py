"""Properties of folders.

Spec:
    [MS-OXCFOLD] 2.2.2.2 (computed, read-only and settable properties); [MS-OXCPRPT] 2.2.1 (access,
    entry ids); [MS-OXCFXICS] 2.2.1.2. Counters of subfolders are counted, not kept.
"""

from __future__ import annotations

from enum import IntFlag
from typing import TYPE_CHECKING, Final, TypeAlias

from gromox.mapi import tags
from gromox.store import hierarchy
from gromox.store.builtin import FolderKind, ipm_subtree
from gromox.store.extract import filetime
from gromox.store.permission import MAX_RIGHTS, Right
from gromox.store.property import blob, ids, text
from gromox.store.property.blob import Packed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gromox.mapi.propvalue import PropValue
    from gromox.store.folder import FolderRecord
    from gromox.store.mailbox_file import MailboxFile, Write

    Compute: TypeAlias = "Callable[[FolderRow], PropValue | None]"

OBJECT_FOLDER: Final = 3
DELETED_MESSAGES: Final = 0x66400003
DELETED_FOLDERS: Final = 0x66410003
DELETED_ASSOCIATED: Final = 0x66430003
CHILD_COUNT: Final = 0x66380003
NORMAL_SIZE: Final = 0x66B30014
ASSOCIATED_SIZE_32: Final = 0x66B40003
ASSOCIATED_SIZE: Final = 0x66B40014
_MAX_32: Final = 0x7FFFFFFF
_ROW: Final = (
    "SELECT change_key, predecessors, properties, committed_time, deleted_at FROM folders WHERE folder_id = ?"
)


class FolderAccess(IntFlag):
    """PidTagAccess of folders, [MS-OXCPRPT] 2.2.1.1."""

    MODIFY = 0x01
    READ = 0x02
    DELETE = 0x04
    CREATE_HIERARCHY = 0x08
    CREATE_CONTENTS = 0x10
    CREATE_ASSOCIATED = 0x20


class FolderFlag(IntFlag):
    """PidTagFolderFlags, [MS-OXCFOLD] 2.2.2.2.1.5."""

    IPM = 0x01
    SEARCH = 0x02
    NORMAL = 0x04
    RULES = 0x08


class FolderRow:
    """One folder while its properties are read."""

    __slots__ = (
        "_packed",
        "change_key",
        "committed_time",
        "deleted_at",
        "file",
        "predecessors",
        "properties",
        "record",
        "rights",
        "unread",
    )

    change_key: bytes | None
    predecessors: bytes | None
    properties: bytes | None
    committed_time: int
    deleted_at: int | None

    def __init__(self, file: MailboxFile, record: FolderRecord, rights: int, unread: int | None) -> None:
        """Read what the record does not know.

        Args:
            file: the mailbox.
            record: the folder.
            rights: those of the reader.
            unread: messages that the reader has not read, in public stores; None: the record knows.
        """
        self.file, self.record, self.rights = file, record, rights
        self.unread = record.unread if unread is None else unread
        self._packed: Packed | None = None
        (
            self.change_key,
            self.predecessors,
            self.properties,
            self.committed_time,
            self.deleted_at,
        ) = file.execute(_ROW, (record.folder_id,)).fetchone()

    @property
    def packed(self) -> Packed:
        """Return the properties that have no column."""
        if self._packed is None:
            self._packed = Packed(self.properties)
        return self._packed


def access(rights: int) -> int:
    """Return PidTagAccess of a folder for who has these rights."""
    if rights & Right.OWNER:
        return int(sum(FolderAccess))
    result = FolderAccess.READ if rights & (Right.READ_ANY | Right.VISIBLE) else FolderAccess(0)
    if rights & Right.CREATE_SUBFOLDER:
        result |= FolderAccess.CREATE_HIERARCHY
    if rights & Right.CREATE:
        result |= FolderAccess.CREATE_CONTENTS
    return int(result)


def _size(row: FolderRow) -> int:
    return row.record.size + row.record.associated_size


def _has_rules(row: FolderRow) -> bool:
    found = row.file.execute("SELECT 1 FROM rules WHERE folder_id = ? LIMIT 1", (row.record.folder_id,))
    return found.fetchone() is not None


def _deleted(row: FolderRow, *, associated: bool) -> int:
    (count,) = row.file.execute(
        "SELECT count(*) FROM messages WHERE folder_id = ? AND state = 1 AND associated = ?",
        (row.record.folder_id, associated),
    ).fetchone()
    return int(count)


def _deleted_folders(row: FolderRow) -> int:
    (count,) = row.file.execute(
        "SELECT count(*) FROM folders WHERE parent_id = ? AND state = 1", (row.record.folder_id,)
    ).fetchone()
    return int(count)


def _flags(row: FolderRow) -> int:
    record = row.record
    flags = FolderFlag.SEARCH if record.kind == FolderKind.SEARCH else FolderFlag.NORMAL
    at: FolderRecord | None = record
    top = ipm_subtree(is_public=row.file.is_public)
    while at is not None:
        if at.folder_id == top:
            flags |= FolderFlag.IPM
            break
        at = row.file.folders.get(at.parent_id)
    return int(flags | (FolderFlag.RULES if _has_rules(row) else 0))


def _has_children(row: FolderRow) -> bool:
    return any(record.parent_id == row.record.folder_id for record in row.file.folders.values())


def _parent(record: FolderRecord) -> int:
    return record.parent_id or record.folder_id


COMPUTED: Final[dict[int, Compute]] = {
    tags.PidTagFolderId: lambda row: ids.short_id(row.record.folder_id),
    tags.PidTagParentFolderId: lambda row: ids.short_id(_parent(row.record)),
    tags.PidTagChangeNumber: lambda row: ids.short_id(row.record.cn),
    tags.PidTagObjectType: lambda _: OBJECT_FOLDER,
    tags.PidTagDisplayName: lambda row: row.record.name,
    tags.PidTagContainerClass: lambda row: row.record.container_class or None,
    tags.PidTagFolderType: lambda row: row.record.kind,
    tags.PidTagAttributeHidden: lambda row: bool(row.record.hidden),
    tags.PidTagContentCount: lambda row: row.record.total,
    tags.PidTagContentUnreadCount: lambda row: row.unread,
    tags.PidTagAssociatedContentCount: lambda row: row.record.associated_total,
    tags.PidTagDeletedCountTotal: lambda row: row.record.deleted_total,
    DELETED_MESSAGES: lambda row: _deleted(row, associated=False),
    DELETED_ASSOCIATED: lambda row: _deleted(row, associated=True),
    DELETED_FOLDERS: _deleted_folders,
    CHILD_COUNT: lambda row: len(hierarchy.children(row.file, row.record.folder_id)),
    tags.PidTagSubfolders: _has_children,
    tags.PidTagMessageSize: lambda row: min(_size(row), _MAX_32),
    tags.PidTagMessageSizeExtended: _size,
    tags.PidTagNormalMessageSize: lambda row: min(row.record.size, _MAX_32),
    NORMAL_SIZE: lambda row: row.record.size,
    ASSOCIATED_SIZE_32: lambda row: min(row.record.associated_size, _MAX_32),
    ASSOCIATED_SIZE: lambda row: row.record.associated_size,
    tags.PidTagFolderFlags: _flags,
    tags.PidTagHasRules: _has_rules,
    tags.PidTagCreationTime: lambda row: row.record.created_time,
    tags.PidTagLastModificationTime: lambda row: row.record.modified_time,
    tags.PidTagLocalCommitTime: lambda row: row.record.modified_time,
    tags.PidTagLocalCommitTimeMax: lambda row: row.committed_time or row.record.modified_time,
    tags.PidTagHierarchyChangeNumber: lambda row: row.file.hierarchy_cn & _MAX_32,
    tags.PidTagInternetArticleNumber: lambda row: row.record.folder_id & _MAX_32,
    tags.PidTagSourceKey: lambda row: ids.source_key(row.file, row.record.folder_id),
    tags.PidTagParentSourceKey: lambda row: ids.source_key(row.file, _parent(row.record)),
    tags.PidTagChangeKey: lambda row: ids.change_key(row.file, row.record.cn, row.change_key),
    tags.PidTagPredecessorChangeList: lambda row: ids.predecessors(
        row.file, row.record.cn, row.change_key, row.predecessors
    ).octets(),
    tags.PidTagEntryId: lambda row: ids.folder_entry_id(row.file, row.record.folder_id),
    tags.PidTagRecordKey: lambda row: ids.folder_entry_id(row.file, row.record.folder_id),
    tags.PidTagParentEntryId: lambda row: ids.folder_entry_id(row.file, _parent(row.record)),
    tags.PidTagStoreRecordKey: lambda row: row.file.guid.bytes_le,
    tags.PidTagMappingSignature: lambda row: row.file.mapping_signature.bytes_le,
    tags.PidTagAccess: lambda row: access(row.rights),
    tags.PidTagAccessLevel: lambda row: int(bool(row.rights & Right.OWNER)),
    tags.PidTagRights: lambda row: row.rights & MAX_RIGHTS,
    tags.PidTagDeletedOn: lambda row: filetime(row.deleted_at) if row.deleted_at else None,
}
#: Columns that may be set; the rest of COMPUTED is read-only.
SETTABLE: Final = frozenset(
    {
        tags.PidTagDisplayName,
        tags.PidTagContainerClass,
        tags.PidTagAttributeHidden,
        tags.PidTagCreationTime,
        tags.PidTagLastModificationTime,
    }
)
READ_ONLY: Final = frozenset(COMPUTED) - SETTABLE


def get(row: FolderRow, tag: int, code_page: int = text.DEFAULT_CODE_PAGE) -> PropValue | None:
    """Return one property of a folder, or None."""
    stored = text.stored_tag(tag)
    compute = COMPUTED.get(stored)
    value = compute(row) if compute is not None else row.packed.get(stored)
    if stored == tag or value is None:
        return value
    return text.encoded(value, code_page)


def tags_of(row: FolderRow) -> tuple[int, ...]:
    """Return the tags of all properties that a folder has."""
    found = dict.fromkeys([*COMPUTED, *row.packed.tags])
    return tuple([tag for tag in found if get(row, tag) is not None])


def change(tx: Write, folder_id: int, values: dict[int, PropValue], removed: Sequence[int] = ()) -> None:
    """Set and remove properties that have no column, and note the change of the folder.

    Columns are :mod:`gromox.store.hierarchy`'s business; whoever calls has taken read-only ones out.
    """
    file = tx.file
    (old,) = file.execute("SELECT properties FROM folders WHERE folder_id = ?", (folder_id,)).fetchone()
    held = {} if old is None else Packed(old).values()
    gone = {tag >> 16 for tag in (*removed, *values)}
    held = {tag: value for tag, value in held.items() if tag >> 16 not in gone}
    held.update(values)
    file.execute("UPDATE folders SET properties = ? WHERE folder_id = ?", (blob.pack(held), folder_id))
    hierarchy.mark_changed(tx, folder_id)
