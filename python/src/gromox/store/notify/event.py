"""What subscribers are told.

Spec: [MS-OXCNOTIF] 2.2.1.1 (events), 2.2.1.2.1.1 (types), 2.2.1.4.1.2 (what each tells).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gromox.store.table.model import TableChanges


class EventType(IntFlag):
    """Values of NotificationTypes, [MS-OXCNOTIF] 2.2.1.2.1.1."""

    NEW_MAIL = 0x0002
    OBJECT_CREATED = 0x0004
    OBJECT_DELETED = 0x0008
    OBJECT_MODIFIED = 0x0010
    OBJECT_MOVED = 0x0020
    OBJECT_COPIED = 0x0040
    SEARCH_COMPLETE = 0x0080
    TABLE_MODIFIED = 0x0100


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened to a folder (``message_id`` 0) or to a message."""

    type: EventType
    folder_id: int
    """Of the message; or the folder itself."""
    message_id: int = 0
    parent_id: int = 0
    """Of the folder, if the event is one of a folder."""
    old_folder_id: int = 0
    """Where a moved or copied message came from; of a folder: what it was (the same)."""
    old_message_id: int = 0
    old_parent_id: int = 0
    search_folder_id: int = 0
    """The event is told for this search folder, which shows the message."""
    associated: bool = False
    message_flags: int = 0
    """PidTagMessageFlags of a new mail."""
    message_class: str = ""
    """Of a new mail."""
    total: int | None = None
    """Messages in a modified folder, if that changed."""
    unread: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """An event for one subscription."""

    subscription: int
    event: Event | None
    """None: ``table`` tells."""
    table: TableChanges | None = None
    lost: bool = False
    """Events before this one were too many to keep: look at everything anew."""
