"""Folders: what is known of each, kept in memory and in step with the table."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from gromox.store.errors import InvalidNameError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

MAX_NAME: Final = 255
MAX_DEPTH: Final = 100
MAX_FOLDERS: Final = 100_000
_FILETIME_EPOCH: Final = 116_444_736_000_000_000


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder at one moment; counters are those of live messages unless they say otherwise."""

    folder_id: int
    parent_id: int
    """0 for the root."""
    name: str
    container_class: str
    kind: int
    """builtin.FolderKind"""
    hidden: bool
    unsubscribed: bool
    """Said by the user, of a folder that would count as subscribed."""
    cn: int
    """Change number of the folder's own properties."""
    uid_validity: int
    uid_next: int
    highest_modseq: int
    recent_from: int
    r"""Messages from this UID on are ``\Recent`` for the next session that selects the folder for writing."""
    total: int
    unread: int
    size: int
    associated_total: int
    associated_size: int
    deleted_total: int
    """Soft-deleted messages."""
    deleted_size: int
    created_time: int
    modified_time: int

    @property
    def is_search(self) -> bool:
        """Tell whether the folder shows the result of a search."""
        return self.kind == 2  # noqa: PLR2004 - FolderKind.SEARCH, without the import of the enum on a hot path


FIELDS: Final[tuple[str, ...]] = tuple(field.name for field in fields(Folder))
_SELECT: Final = f"SELECT {', '.join(FIELDS)} FROM folders WHERE state = 0"


class FolderRecord:
    """A folder as the write transactions of this process keep it: mutable, with a snapshot made on demand."""

    __slots__ = (*FIELDS, "_snapshot")

    folder_id: int
    parent_id: int
    name: str
    container_class: str
    kind: int
    hidden: int
    unsubscribed: int
    cn: int
    uid_validity: int
    uid_next: int
    highest_modseq: int
    recent_from: int
    total: int
    unread: int
    size: int
    associated_total: int
    associated_size: int
    deleted_total: int
    deleted_size: int
    created_time: int
    modified_time: int

    def __init__(self, row: Iterable[int | str]) -> None:
        """Take a row of the table."""
        for name, value in zip(FIELDS, row, strict=True):
            setattr(self, name, value)
        self._snapshot: Folder | None = None

    def snapshot(self) -> Folder:
        """Return the folder as a value."""
        if self._snapshot is None:
            values = {name: getattr(self, name) for name in FIELDS}
            values["hidden"], values["unsubscribed"] = bool(self.hidden), bool(self.unsubscribed)
            self._snapshot = Folder(**values)
        return self._snapshot

    def touch(self) -> None:
        """Drop the snapshot: something was changed."""
        self._snapshot = None


UPDATE: Final = (
    "UPDATE folders SET touched = ?, committed_time = ?, uid_next = ?, highest_modseq = ?, recent_from = ?,"
    " total = ?, unread = ?, size = ?, deleted_total = ?, deleted_size = ?, associated_total = ?,"
    " associated_size = ? WHERE folder_id = ?"
)


def update_values(record: FolderRecord, touched: int, now: float) -> tuple[int, ...]:
    """Return the parameters of UPDATE; ``now`` in Unix seconds."""
    return (
        touched,
        int(now * 10_000_000) + _FILETIME_EPOCH,
        record.uid_next,
        record.highest_modseq,
        record.recent_from,
        record.total,
        record.unread,
        record.size,
        record.deleted_total,
        record.deleted_size,
        record.associated_total,
        record.associated_size,
        record.folder_id,
    )


def load_all(connection: sqlite3.Connection) -> dict[int, FolderRecord]:
    """Read all live folders."""
    return {row[0]: FolderRecord(row) for row in connection.execute(_SELECT)}


def load_touched(connection: sqlite3.Connection, after: int) -> list[FolderRecord]:
    """Read the folders written since a change number."""
    return [FolderRecord(row) for row in connection.execute(f"{_SELECT} AND touched > ?", (after,))]


def load_deleted(connection: sqlite3.Connection) -> list[FolderRecord]:
    """Read the soft-deleted folders."""
    return [FolderRecord(row) for row in connection.execute(_SELECT.replace("state = 0", "state = 1"))]


def load_one(connection: sqlite3.Connection, folder_id: int) -> FolderRecord:
    """Read one folder that is known to be there."""
    return FolderRecord(connection.execute(f"{_SELECT} AND folder_id = ?", (folder_id,)).fetchone())


def name_key(name: str) -> str:
    """Return the form under which siblings are compared: canonical composition, casefolded."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def checked_name(name: str) -> str:
    """Return the name as it is kept (NFC, RFC 9051 5.1 asks for Net-Unicode).

    Raises:
        InvalidNameError: empty, too long, or with control characters. ``/`` is allowed here: protocols
        whose paths
            use it have to refuse or replace it.
    """
    name = unicodedata.normalize("NFC", name)
    if not name or len(name) > MAX_NAME:
        raise InvalidNameError(f"a folder name has 1 to {MAX_NAME} characters")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in name):
        raise InvalidNameError("a folder name has no control characters")
    return name
