"""What a user has read in public folders, as a set of change numbers.

Spec:
    [MS-OXCSTOR] 3.2.5.10 to 3.2.5.13. A private mailbox keeps for its owner what a public store told; a
    public store tells and takes in what is in its own read states.

In a public store a message counts as read whatever version of it was: its change number of today stands in
the set. A set that comes in replaces what was known: what it does not name is unread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from gromox.base.errors import ParseError
from gromox.mapi.idset import IdSet, replguid_idset_from_octets, replguid_idset_octets
from gromox.mapi.objectid import GlobalId
from gromox.mapi.rangeset import RangeSet
from gromox.store.errors import InvalidValueError, LimitError, NotFoundError
from gromox.store.property.ids import home_guid
from gromox.store.sync.state import own
from gromox.store.touch import Touch

if TYPE_CHECKING:
    from gromox.store.mailbox_file import MailboxFile, Write

MAX_FOLDERS: Final = 10_000
"""Public folders of which one mailbox keeps something."""
_READ: Final = (
    "SELECT m.cn FROM read_states r JOIN messages m ON m.mid = r.mid"
    " WHERE m.folder_id = ? AND r.username = ? AND r.is_read = 1 AND m.state = 0"
)
_STATES: Final = (
    "SELECT m.mid, m.cn, coalesce(r.is_read, 0) FROM messages m"
    " LEFT JOIN read_states r ON r.mid = m.mid AND r.username = ? WHERE m.folder_id = ? AND m.state = 0"
)
_SET: Final = "INSERT OR REPLACE INTO read_states (mid, username, read_cn, is_read) VALUES (?, ?, ?, ?)"
_KEEP: Final = (
    "INSERT INTO per_user (folder, database, read_cns, written_at) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (folder) DO UPDATE SET database = excluded.database, read_cns = excluded.read_cns,"
    " written_at = excluded.written_at"
)


def checked(octets: bytes) -> IdSet[UUID]:
    """Return the set that octets are. Raises InvalidValueError: they follow no layout."""
    try:
        return replguid_idset_from_octets(octets)
    except ParseError as error:
        raise InvalidValueError(f"that is no set of change numbers: {error}") from error


# A private mailbox.


def folders_of(file: MailboxFile, database: UUID) -> list[GlobalId]:
    """Return the public folders of which something is kept that a public store told."""
    rows = file.execute("SELECT folder FROM per_user WHERE database = ? ORDER BY folder", (database.bytes,))
    return [GlobalId.from_octets(folder) for (folder,) in rows.fetchall()]


def database_of(file: MailboxFile, folder: GlobalId) -> UUID:
    """Return the public store that told what is kept of a folder. Raises NotFoundError: nothing is."""
    found = file.execute("SELECT database FROM per_user WHERE folder = ?", (folder.octets,)).fetchone()
    if found is None:
        raise NotFoundError("nothing is kept of that folder")
    return UUID(bytes=found[0])


def kept(file: MailboxFile, folder: GlobalId) -> bytes:
    """Return the set that is kept of a folder; empty: none is."""
    found = file.execute("SELECT read_cns FROM per_user WHERE folder = ?", (folder.octets,)).fetchone()
    return bytes(found[0]) if found else b""


def keep(tx: Write, folder: GlobalId, database: UUID, octets: bytes) -> None:
    """Keep a set, in place of what was kept of the folder.

    Raises:
        InvalidValueError: it is no set.
        LimitError: too many folders are known already.
    """
    checked(octets)
    tx.next_cn()
    tx.file.execute(_KEEP, (folder.octets, database.bytes, octets, int(tx.now)))
    (count,) = tx.file.execute("SELECT count(*) FROM per_user").fetchone()
    if count > MAX_FOLDERS:
        raise LimitError(f"at most {MAX_FOLDERS} public folders are remembered")


# A public store.


def read_set(file: MailboxFile, folder_id: int, username: str) -> bytes:
    """Return the change numbers of the messages of a folder that a user has read; empty: there are none."""
    rows = file.execute(_READ, (folder_id, username.casefold())).fetchall()
    counters = RangeSet([(cn, cn) for (cn,) in rows])
    return replguid_idset_octets(IdSet({home_guid(file): counters}))


def take_read_set(tx: Write, folder_id: int, username: str, octets: bytes) -> None:
    """Make a set what a user has read in a folder.

    Raises:
        InvalidValueError: it is no set.
    """
    file, user = tx.file, username.casefold()
    wanted = own(file, checked(octets))
    rows = file.execute(_STATES, (user, folder_id)).fetchall()
    changed = [(mid, cn in wanted) for mid, cn, is_read in rows if (cn in wanted) != bool(is_read)]
    if not changed:
        return
    first = tx.next_cn(len(changed))
    states = [(mid, user, first + place, int(is_read)) for place, (mid, is_read) in enumerate(changed)]
    file.executemany(_SET, states)
    tx.note(folder_id, [mid for mid, _ in changed], Touch.FLAGS)
