"""Folders as rows.

Spec: [MS-OXCFOLD] 2.2.1.13; [MS-OXCPERM] 2.2.7 (folders that the user may not see have no row).
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

from gromox.mapi import tags
from gromox.store import folder
from gromox.store.permission import OWNER_RIGHTS, Right
from gromox.store.property import folder as folder_property
from gromox.store.property.folder import FolderRow
from gromox.store.table.model import HierarchyFlag
from gromox.store.table.source import Plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gromox.mapi.propvalue import PropValue
    from gromox.store.folder import FolderRecord
    from gromox.store.mailbox_file import MailboxFile
    from gromox.store.session.access import Access
    from gromox.store.table.source import Values

ALL_TAGS: Final = (*folder_property.COMPUTED, tags.PidTagDepth, tags.PidTagComment, tags.PidTagInstanceKey)


class HierarchySource(Plain):
    """The folders below a folder that the user may see."""

    has_bookmarks = True
    all_tags = ALL_TAGS

    def __init__(
        self,
        file: MailboxFile,
        access: Access,
        folder_id: int,
        flags: HierarchyFlag,
        unread: Callable[[int], int | None],
        code_page: int,
    ) -> None:
        """Show direct sub-folders, or all; live ones or soft-deleted ones."""
        self._file, self._access, self._unread, self._code_page = file, access, unread, code_page
        self._folder_id, self._flags = folder_id, flags
        self._depths: dict[int, int] = {}
        self._deleted: dict[int, FolderRecord] = {}

    def stamp(self) -> object:
        """Return the change number of the mailbox. Raises FolderGoneError."""
        self._file.refresh()
        self._file.record(self._folder_id)
        return self._file.change_number

    def ids(self) -> Sequence[int]:
        """Return the folders: by name, each followed by what is below it."""
        self._load()
        return array("Q", self._depths)

    def _load(self) -> None:
        below: dict[int, list[FolderRecord]] = {}
        records: Sequence[FolderRecord] = list(self._file.folders.values())
        self._deleted = {}
        if self._flags & HierarchyFlag.SOFT_DELETES:
            records = folder.load_deleted(self._file.connection)
            self._deleted = {record.folder_id: record for record in records}
        for record in records:
            below.setdefault(record.parent_id, []).append(record)
        depths: dict[int, int] = {}
        waiting = [(record, 1) for record in _sorted(below.get(self._folder_id, []))]
        while waiting:
            record, depth = waiting.pop()
            if self._sees(record):
                depths[record.folder_id] = depth
            if self._flags & HierarchyFlag.DEPTH:
                waiting += [(each, depth + 1) for each in _sorted(below.get(record.folder_id, []))]
        self._depths = depths

    def _sees(self, record: FolderRecord) -> bool:
        if record.folder_id in self._deleted:
            return self._access.is_owner or bool(self._access.rights(self._folder_id) & Right.OWNER)
        return self._access.sees(record.folder_id)

    def present(self, ids: Sequence[int]) -> set[int]:
        """Return those of some folders that are among the rows."""
        self._load()
        return {folder_id for folder_id in ids if folder_id in self._depths}

    def read(self, ids: Sequence[int], tags: Sequence[int]) -> Sequence[Values | None]:
        """Return the properties of folders."""
        return [self._values(folder_id, tags) for folder_id in ids]

    def _values(self, folder_id: int, wanted: Sequence[int]) -> Values | None:
        record = self._deleted.get(folder_id) or self._file.folders.get(folder_id)
        if record is None:
            return None
        rights = int(OWNER_RIGHTS) if folder_id in self._deleted else self._access.rights(folder_id)
        row = FolderRow(self._file, record, rights, self._unread(folder_id))
        return tuple([self._value(row, folder_id, tag) for tag in wanted])

    def _value(self, row: FolderRow, folder_id: int, tag: int) -> PropValue | None:
        if tag == tags.PidTagDepth:
            return self._depths.get(folder_id)
        return folder_property.get(row, tag, self._code_page)

    def touched(self, stamp: object) -> Sequence[int] | None:
        """Return folders that changed since a change number, and those that went; None: others came."""
        if not isinstance(stamp, int) or self._flags & HierarchyFlag.SOFT_DELETES:
            return None
        before = list(self._depths)
        self._load()
        now = self._depths
        kept = [folder_id for folder_id in before if folder_id in now]
        if kept != [folder_id for folder_id in now if folder_id in set(kept)]:
            return None  # some have other names or parents: they take other places
        came = [folder_id for folder_id in now if folder_id not in set(kept)]
        if came:
            return None  # a place between others, which only reading anew finds
        touched = [
            folder_id
            for (folder_id,) in self._file.execute(
                "SELECT folder_id FROM folders WHERE touched > ?", (stamp,)
            )
            if folder_id in now
        ]
        return [*(folder_id for folder_id in before if folder_id not in now), *touched]


def _sorted(records: Sequence[FolderRecord]) -> list[FolderRecord]:
    """Return folders from the last name to the first: they are taken from the end."""
    return sorted(records, key=lambda record: (folder.name_key(record.name), record.folder_id), reverse=True)
