"""How many octets the messages of a folder have as IMAP and POP3 show them.

A folder counts items of property form by their properties; as mails they have another size. RFC 9051 section
6.3.11: SIZE of STATUS is not less than the sum of all RFC822.SIZE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from gromox.store.mailbox_file import MailboxFile

_DIFFERENCE: Final = (
    "SELECT coalesce(sum(f.size - m.size), 0) FROM messages m INDEXED BY messages_of_property_form"
    " JOIN fetch_rows f ON f.folder_id = m.folder_id AND f.uid = m.uid"
    " WHERE m.folder_id = ? AND m.primary_form = 1 AND m.state = 0"
)
#: How often the folder may change while it is looked at, before what was found is good enough.
_TRIES: Final = 3


class ShownSize(NamedTuple):
    """The octets of the messages that are told apart by how many they are and by the next UID."""

    octets: int
    total: int
    uid_next: int


def shown_size(file: MailboxFile, folder_id: int) -> ShownSize:
    """Return the octets of a folder, of which everything was rendered. Raises FolderGoneError."""
    found = _counted(file, folder_id)
    for _ in range(_TRIES):
        (more,) = file.execute(_DIFFERENCE, (folder_id,)).fetchone()
        now = _counted(file, folder_id)
        if now == found:
            break
        found = now
    return found._replace(octets=found.octets + more)


def _counted(file: MailboxFile, folder_id: int) -> ShownSize:
    file.refresh(scanned=False)
    record = file.record(folder_id)
    return ShownSize(record.size, record.total, record.uid_next)
