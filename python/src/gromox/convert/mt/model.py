"""What a stream says, as values; reference/system/store.md section 11."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from gromox.mapi.message import Message, Octets, PropertyBag
    from gromox.mapi.propname import PropertyName

MAGIC: Final = b"GXMT0005"
#: Stands for the folder of an object that the importer chooses a place for.
UNANCHORED: Final = 0xFFFF_FFFF_FFFF_FFFF
FIRST_NAMED: Final = 0x8000


class ObjectType(IntEnum):
    """Types of objects; a parent of type 0 is none."""

    NONE = 0
    FOLDER = 3
    MESSAGE = 5
    NAMED_PROPERTY = 250


class FolderRow(NamedTuple):
    """A folder of the source that is known before all objects: where its contents go."""

    source_id: int
    create: bool  #: below ``target_id`` under ``name``; else ``target_id`` is the folder itself
    target_id: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Prologue:
    """What stands before the frames."""

    splice: bool = False  #: contents of built-in folders go to their like
    is_public: bool = False
    folders: tuple[FolderRow, ...] = ()
    names: dict[int, PropertyName] = field(default_factory=dict)  #: by identifier (high half of the tag)


class Parent(NamedTuple):
    """Where an object belongs."""

    type: int = ObjectType.FOLDER
    source_id: int = UNANCHORED


class PermissionRow(NamedTuple):
    """A row of a folder's permissions: 1 adds, 2 changes, 4 removes."""

    flags: int
    properties: PropertyBag


@dataclass(frozen=True, slots=True)
class FolderFrame:
    """A folder."""

    source_id: int
    parent: Parent
    properties: PropertyBag
    permissions: tuple[PermissionRow, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageFrame:
    """A message; ``mail`` is its Internet form, octet for octet, if the source has one."""

    source_id: int
    parent: Parent
    message: Message
    mail: Octets | None = None


@dataclass(frozen=True, slots=True)
class NameFrame:
    """A property name of the source."""

    identifier: int
    name: PropertyName


Frame: TypeAlias = FolderFrame | MessageFrame | NameFrame
