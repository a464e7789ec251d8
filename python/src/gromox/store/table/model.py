"""Values that go into and come out of tables."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gromox.mapi.propvalue import PropValue

    RowValues = tuple[PropValue | None, ...]


class RowType(IntEnum):
    """PidTagRowType, [MS-OXCTABL] 2.2.1.3."""

    LEAF = 1
    EMPTY_CATEGORY = 2
    EXPANDED_CATEGORY = 3
    COLLAPSED_CATEGORY = 4


class Origin(IntEnum):
    """Predefined bookmarks, [MS-OXCTABL] 2.2.2.1.1."""

    BEGINNING = 0
    CURRENT = 1
    END = 2


class Status(IntEnum):
    """State of a table, [MS-OXCTABL] 2.2.2.1.3; ours are always complete when a call returns."""

    COMPLETE = 0x00
    SORTING = 0x09
    SORT_ERROR = 0x0A
    SETTING_COLUMNS = 0x0B
    SET_COLUMNS_ERROR = 0x0D
    RESTRICTING = 0x0E
    RESTRICT_ERROR = 0x0F


class ContentsFlag(IntFlag):
    """Which messages of a folder a contents table shows, [MS-OXCFOLD] 2.2.1.14.1."""

    NORMAL = 0x00
    ASSOCIATED = 0x02
    SOFT_DELETES = 0x20
    CONVERSATION_MEMBERS = 0x80


class HierarchyFlag(IntFlag):
    """Which folders a hierarchy table shows, [MS-OXCFOLD] 2.2.1.13.1."""

    CHILDREN = 0x00
    DEPTH = 0x04
    SOFT_DELETES = 0x20


@dataclass(frozen=True, slots=True)
class OpenedTable:
    """A new table."""

    handle: int
    row_count: int


@dataclass(frozen=True, slots=True)
class Rows:
    """What was read, and where the cursor is now."""

    rows: tuple[RowValues, ...]
    """In the order in which they were read: backwards, the nearest comes first."""
    origin: Origin
    """BEGINNING or END where the cursor is there, else CURRENT."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where the cursor is."""

    position: int
    total: int


@dataclass(frozen=True, slots=True)
class Sought:
    """How far the cursor moved."""

    rows: int
    has_sought_less: bool
    """The beginning or the end of the table was in the way."""
    row_no_longer_visible: bool = False
    """The row of the bookmark is gone or hidden; it was begun from the one that followed it."""


@dataclass(frozen=True, slots=True)
class FoundRow:
    """The row that was looked for; the cursor stands on it."""

    row: RowValues
    row_no_longer_visible: bool = False


@dataclass(frozen=True, slots=True)
class Expanded:
    """A heading that was opened."""

    count: int
    """Rows that appeared."""
    rows: tuple[RowValues, ...]
    """The first of them."""


class RowChange(IntEnum):
    """What happened to a row, [MS-OXCNOTIF] 2.2.1.1.1 TableEventType."""

    TABLE_CHANGED = 0x01
    ADDED = 0x03
    DELETED = 0x04
    MODIFIED = 0x05


@dataclass(frozen=True, slots=True)
class RowEvent:
    """One change of a table."""

    change: RowChange
    row_id: int = 0
    """Mid or folder id."""
    instance: int = 0
    after_id: int = 0
    """The row before it now; 0: it is the first one."""
    after_instance: int = 0
    values: RowValues = ()
    """Its columns; empty for one that is gone."""


@dataclass(frozen=True, slots=True)
class TableChanges:
    """What changed in a table since the last time it was asked."""

    events: tuple[RowEvent, ...]
    """A single TABLE_CHANGED stands for more than can be told one by one: read the table anew."""
