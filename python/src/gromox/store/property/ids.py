"""Wire forms of identifiers: inside a mailbox, objects are plain counters.

Spec:
    reference/system/store.md section 3 (GUIDs of source and change keys, provider of entry ids); [MS-OXCDATA]
    2.2.1 and 2.2.4; [MS-OXCFXICS] 2.2.1.2.5 (source key), 2.2.1.2.7 (change key), 2.2.1.2.8 (predecessors).

Replica 1 of a mailbox is the mailbox itself. On the wire its GUID is :func:`home_guid`; the GUID of the
database is understood as well.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final
from uuid import UUID

from gromox.base.errors import ParseError
from gromox.mapi.changelist import PredecessorChangeList, Xid
from gromox.mapi.entryid import PUBLIC_PROVIDER, FolderEntryId, MessageEntryId, ObjectType
from gromox.mapi.objectid import GlobalId, ShortId, counter_octets
from gromox.store.errors import CorruptError

if TYPE_CHECKING:
    from gromox.store.mailbox_file import MailboxFile

HOME_REPLICA: Final = 1
_PRIVATE: Final = (0x18A5, 0x6F7B, 0xBC, 0xDC, 0xEA1ED03C5657)
_PUBLIC: Final = (0x0AFB, 0x7DF6, 0x91, 0x92, 0x49886AA738CE)


def home_guid(file: MailboxFile) -> UUID:
    """Return the GUID that stands for this mailbox in source keys, change keys and entry ids."""
    return _home_guid(file.owner_id, file.is_public)


@lru_cache(maxsize=1024)
def _home_guid(owner_id: int, is_public: bool) -> UUID:  # noqa: FBT001 - a key of the cache
    return UUID(fields=(owner_id & 0xFFFFFFFF, *(_PUBLIC if is_public else _PRIVATE)))


def short_id(counter: int) -> int:
    """Return the 64 bits of a FID, MID or CN of this mailbox."""
    return ShortId(HOME_REPLICA, counter).number


def counter_of_short_id(number: int) -> int | None:
    """Return the counter of a FID or MID, or None if it is of another replica."""
    replica, counter = ShortId.from_number(number)
    return counter if replica == HOME_REPLICA else None


def source_key(file: MailboxFile, counter: int) -> bytes:
    """Return the source key of a folder or message."""
    return GlobalId(home_guid(file), counter).octets


def counter_of_global_id(file: MailboxFile, global_id: GlobalId) -> int | None:
    """Return the counter of an object of this mailbox, or None if the id is of another one."""
    return global_id.counter if global_id.database in (home_guid(file), file.guid) else None


def counter_of_source_key(file: MailboxFile, octets: bytes) -> int | None:
    """Return the counter that a source key tells, or None if it is none of this mailbox."""
    try:
        return counter_of_global_id(file, GlobalId.from_octets(octets))
    except ParseError:
        return None


def change_key(file: MailboxFile, cn: int, stored: bytes | None = None) -> bytes:
    """Return the change key of a version: a foreign one that came with it, else that of its change number."""
    return stored if stored is not None else GlobalId(home_guid(file), cn).octets


def predecessors(
    file: MailboxFile, cn: int, stored_key: bytes | None, stored: bytes | None
) -> PredecessorChangeList:
    """Return the predecessor change list of a version; its own change key is always part of it."""
    own = Xid.from_octets(change_key(file, cn, stored_key))
    if stored is None:
        return PredecessorChangeList.of(own)
    try:
        return PredecessorChangeList.from_octets(stored).with_change(own)
    except ParseError as error:
        raise CorruptError("a stored predecessor change list is damaged") from error


def folder_entry_id(file: MailboxFile, folder_id: int) -> bytes:
    """Return the entry id of a folder, 46 octets."""
    kind = ObjectType.PUBLIC_FOLDER if file.is_public else ObjectType.PRIVATE_FOLDER
    return FolderEntryId(_provider(file), kind, GlobalId(home_guid(file), folder_id)).octets()


def message_entry_id(file: MailboxFile, folder_id: int, mid: int) -> bytes:
    """Return the entry id of a message, 70 octets."""
    # Asked for in each row of a table: all but the last eight octets is the same for a folder.
    return _message_prefix(_provider(file), home_guid(file), file.is_public, folder_id) + (
        counter_octets(mid) + b"\0\0"
    )


@lru_cache(maxsize=1024)
def _message_prefix(provider: UUID, home: UUID, is_public: bool, folder_id: int) -> bytes:  # noqa: FBT001
    kind = ObjectType.PUBLIC_MESSAGE if is_public else ObjectType.PRIVATE_MESSAGE
    return MessageEntryId(provider, kind, GlobalId(home, folder_id), GlobalId(home, 0)).octets()[:-8]


def folder_of_entry_id(file: MailboxFile, octets: bytes) -> int | None:
    """Return the folder that an entry id names, or None if it names none of this mailbox."""
    try:
        entry_id = FolderEntryId.from_octets(octets)
    except ParseError:
        return None
    return counter_of_global_id(file, entry_id.folder) if entry_id.provider == _provider(file) else None


def message_of_entry_id(file: MailboxFile, octets: bytes) -> tuple[int, int] | None:
    """Return (folder, message) that an entry id names, or None if it names none of this mailbox."""
    try:
        entry_id = MessageEntryId.from_octets(octets)
    except ParseError:
        return None
    folder_id = counter_of_global_id(file, entry_id.folder)
    mid = counter_of_global_id(file, entry_id.message)
    if entry_id.provider != _provider(file) or folder_id is None or mid is None:
        return None
    return folder_id, mid


def _provider(file: MailboxFile) -> UUID:
    return PUBLIC_PROVIDER if file.is_public else file.guid
