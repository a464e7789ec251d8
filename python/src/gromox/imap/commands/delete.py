"""DELETE: remove a mailbox with its messages. RFC 3501 section 6.3.4."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.imap.commands.create import parse_name
from gromox.imap.dispatch import command
from gromox.imap.errors import CommandError
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.replies import Reply
from gromox.imap.rights import require
from gromox.imap.tree import tree_of
from gromox.store.errors import HasChildrenError, NotFoundError
from gromox.store.permission import Right

if TYPE_CHECKING:
    from gromox.imap.session import Session


@command("DELETE", AUTHENTICATED, parse_name, durable=True)
def delete(session: Session, name: str) -> Reply:
    r"""Remove a mailbox that has no inferior names.

    Spec:
        RFC 3501 6.3.4. A mailbox with inferior names is refused (RFC 9051 6.3.5 and HASCHILDREN of its 7.1)
        instead of becoming ``\Noselect``: folders of other protocols cannot be half there. INBOX and the
        other built-in folders stay.
    """
    place = session.locate(name)
    found = tree_of(place.mailbox).find(place.name)
    if found is None:
        raise NotFoundError("no folder has that name")
    if found.name == "INBOX":
        raise CommandError("INBOX cannot be deleted", "CANNOT")
    require(place.mailbox, found.folder.folder_id, Right.OWNER)
    if found.has_children:
        raise HasChildrenError("the folder has sub-folders")
    place.mailbox.delete_folder(found.folder.folder_id)
    return Reply("DELETE completed")
