"""What rules read from, and set on, messages that stand in the mailbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.mapi import named
from gromox.mapi.folderids import Private
from gromox.store.builtin import FolderKind
from gromox.store.property.message import MessageProperties

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.mapi.propname import PropertyName
    from gromox.store.mailbox_file import MailboxFile

_MAX_CONTACTS: Final = 20_000
_CONTACTS: Final = "SELECT mid FROM messages WHERE folder_id = ? AND state = 0 AND associated = 0 LIMIT ?"
_EMAIL: Final = (
    named.PidLidEmail1EmailAddress,
    named.PidLidEmail2EmailAddress,
    named.PidLidEmail3EmailAddress,
)


def names(file: MailboxFile) -> Callable[[int], PropertyName | None]:
    """Return how to look up the name of a named property of the mailbox."""
    return lambda prop_id: file.names.names((prop_id,))[0]


def mid_of(file: MailboxFile, folder_id: int, uid: int) -> int:
    """Return the id of a message that was just added."""
    query = "SELECT mid FROM fetch_rows WHERE folder_id = ? AND uid = ?"
    return int(file.execute(query, (folder_id, uid)).fetchone()[0])


def can_hold(file: MailboxFile, folder_id: int) -> bool:
    """Tell whether a folder is there and holds messages itself."""
    record = file.folders.get(folder_id)
    return record is not None and record.kind != FolderKind.SEARCH


def is_contact(file: MailboxFile, address: str) -> bool:
    """Tell whether an address stands in the contacts of the owner."""
    tags = [
        prop_id << 16 | each.type
        for each, prop_id in zip(_EMAIL, file.names.ids([each.name for each in _EMAIL]), strict=True)
        if prop_id
    ]
    wanted = address.casefold()
    mids = [row[0] for row in file.execute(_CONTACTS, (int(Private.CONTACTS), _MAX_CONTACTS)).fetchall()]
    return any(
        isinstance(value, str) and value.casefold() == wanted
        for _, values in MessageProperties(file, tags).rows(mids)
        for value in values
    )


def set_values(tx, mid, values):  # type: ignore
    pass


def template(file, t):  # type: ignore
    return None
