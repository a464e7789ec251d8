r"""What mailboxes may be used for by the word of a client. RFC 6154.

``\Sent``, ``\Drafts``, ``\Trash`` and ``\Junk`` belong to folders that are built in, because other protocols
know those by their ids; ``\All`` and ``\Flagged`` would be searches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.imap.errors import CommandError
from gromox.store.builtin import SPECIAL_USE

if TYPE_CHECKING:
    from gromox.store.mailbox import Mailbox

_FREE: Final = {rb"\ARCHIVE": rb"\Archive"}


def check_uses(mailbox: Mailbox, folder_id: int | None, octets: bytes) -> bytes:
    """Return special uses (separated by blanks) as they are kept; ``folder_id`` None: of a new folder.

    Raises:
        CommandError: a use cannot be given, USEATTR (RFC 6154 section 3).
    """
    if mailbox.is_guest or folder_id == 0 or folder_id in SPECIAL_USE:
        raise CommandError("that mailbox cannot have another use", "USEATTR")
    found = []
    for use in octets.split():
        known = _FREE.get(use.upper())
        if known is None:
            raise CommandError("that use cannot be given", "USEATTR")
        found.append(known)
    return b" ".join(dict.fromkeys(found))
