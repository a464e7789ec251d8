"""Downloading the hierarchy: the folders below one that changed, appeared or went away.

Spec:
    [MS-OXCFXICS] 3.2.5.3 (differences), 2.2.4.3.5 folderChange (parents before their sub-folders).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.mapi.idset import IdSet
from gromox.mapi.rangeset import RangeSet
from gromox.store.sync import reading
from gromox.store.sync.state import Download, SyncState, own, with_own

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from gromox.store.folder import FolderRecord
    from gromox.store.mailbox_file import MailboxFile

_MAX_DEPTH: Final = 1000


class FolderChange(NamedTuple):
    """A folder that the client does not have in this version."""

    folder_id: int
    parent_id: int
    cn: int
    is_new: bool


class HierarchyDownload(Download):
    """One download of the folders below ``root_id``."""

    def __init__(
        self, file: MailboxFile, root_id: int, state: SyncState, *, visible: Callable[[int], bool]
    ) -> None:
        """Find the differences; folders that are not ``visible`` are not there.

        Raises:
            FolderGoneError: the root is not there.
        """
        self._file, self._initial = file, state
        with reading.snapshot(file):
            file.record(root_id)
            self._newest = reading.promised(file)
            self._given, seen = own(file, state.given), own(file, state.seen)
            below = [record for record in below_of(file, root_id) if visible(record.folder_id)]
        self._present = RangeSet([(record.folder_id, record.folder_id) for record in below])
        self._changes = [
            FolderChange(record.folder_id, record.parent_id, record.cn, record.folder_id not in self._given)
            for record in below
            # One that became visible is new to the client, whatever its change number.
            if record.cn not in seen or record.folder_id not in self._given
        ]
        self._next = 0
        self._told_deleted = False

    def folders(self, limit: int) -> tuple[FolderChange, ...]:
        """Return the next folders, parents first; empty: that was all."""
        part = tuple(self._changes[self._next : self._next + limit])
        self._next += len(part)
        return part

    def deleted(self) -> IdSet[UUID]:
        """Return the folders that the client has and should not have any more (MetaTagIdsetDeleted)."""
        self._told_deleted = True
        return with_own(self._file, IdSet(), self._given - self._present)

    def state(self, *, unsent: int = 0) -> SyncState:
        """Return the state of a client that took in what it was handed so far, but the last ``unsent``."""
        file, initial = self._file, self._initial
        sent = self._changes[: self._next - unsent]
        given = self._given | RangeSet([(each.folder_id, each.folder_id) for each in sent])
        if self._told_deleted:
            given = given & self._present
        seen = own(file, initial.seen)
        if len(sent) == len(self._changes):
            seen = seen | RangeSet([(1, self._newest)])
        else:
            seen = seen | RangeSet([(each.cn, each.cn) for each in sent])
        return SyncState(with_own(file, initial.given, given), with_own(file, initial.seen, seen))


def below_of(file: MailboxFile, root_id: int) -> list[FolderRecord]:
    """Return all folders below one, parents before their sub-folders."""
    children: dict[int, list[FolderRecord]] = {}
    for record in file.folders.values():
        children.setdefault(record.parent_id, []).append(record)
    found: list[FolderRecord] = []
    level = [root_id]
    for _ in range(_MAX_DEPTH):
        below = [child for parent in level for child in children.get(parent, ()) if child.folder_id != parent]
        if not below:
            break
        found += below
        level = [record.folder_id for record in below]
    return found
