"""Which replica GUID stands for which replica id: the map of a mailbox, which only ever grows.

Spec:
    [MS-OXCSTOR] 3.2.5.8 (RopLongTermIdFromId), 3.2.5.9 (RopIdFromLongTermId); reference/system/store.md
    section 3 (ids 1 to 5 are fixed).

Id 1 is the mailbox itself. On the wire it goes by :func:`~gromox.store.property.ids.home_guid`; the GUID of
the database, which stands in the table, is understood as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from gromox.store.errors import InvalidValueError, LimitError, NotFoundError
from gromox.store.property.ids import HOME_REPLICA, home_guid

if TYPE_CHECKING:
    from gromox.mapi.idset import IdSet
    from gromox.store.mailbox_file import MailboxFile

FIRST_FREE: Final = 6
"""The ids before it are fixed; 5 is reserved."""
MAX_REPLICA_ID: Final = 0xFFFF
MAX_OF_OTHERS: Final = 0x3FFF
"""Up to which id others than the owner have GUIDs registered: they cannot use up the map."""
_NIL: Final = UUID(int=0)


def guid_of(file: MailboxFile, replica_id: int) -> UUID:
    """Return the GUID of a replica id.

    Raises:
        NotFoundError: the map does not have it; zero never stands for one.
    """
    if replica_id == HOME_REPLICA:
        return home_guid(file)
    found = file.execute("SELECT guid FROM replicas WHERE replid = ?", (replica_id,)).fetchone()
    if found is None or not replica_id:
        raise NotFoundError("there is no such replica id")
    return UUID(bytes=found[0])


def id_of(file: MailboxFile, guid: UUID) -> int | None:
    """Return the replica id of a GUID; None: it has none yet."""
    if guid in (home_guid(file), file.guid):
        return HOME_REPLICA
    found = file.execute("SELECT replid FROM replicas WHERE guid = ?", (guid.bytes,)).fetchone()
    return None if found is None else int(found[0])


def register(file: MailboxFile, guid: UUID, *, is_owner: bool) -> int:
    """Return the replica id of a GUID, a new one if it has none: the same one ever after.

    Raises:
        InvalidValueError: the GUID is nil.
        LimitError: no id is left.
    """
    if guid == _NIL:
        raise InvalidValueError("the nil GUID stands for no replica")
    known = id_of(file, guid)
    if known is not None:
        return known
    with file.write(durable=True, quiet=True) as tx:
        known = id_of(file, guid)  # perhaps another process was faster
        if known is not None:
            return known
        (last,) = file.execute("SELECT max(replid) FROM replicas").fetchone()
        made = max(last + 1, FIRST_FREE)
        if made > (MAX_REPLICA_ID if is_owner else MAX_OF_OTHERS):
            raise LimitError("all replica ids are taken")
        tx.next_cn()
        file.execute("INSERT INTO replicas (replid, guid) VALUES (?, ?)", (made, guid.bytes))
        return int(made)


def by_replica_id(file: MailboxFile, ids: IdSet[UUID]) -> IdSet[int]:
    """Return a set as it goes within one logon: by replica ids ([MS-OXCFXICS] 3.1.5.4.2).

    Raises:
        NotFoundError: one of its GUIDs has no id.
    """

    def known(guid: UUID) -> int:
        found = id_of(file, guid)
        if found is None:
            raise NotFoundError("that replica has no id here")
        return found

    return ids.rekeyed(known)
