r"""CLOSE and UNSELECT: leave the selected mailbox, with or without removing ``\Deleted`` messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.imap.dispatch import command, no_arguments
from gromox.imap.machine import SELECTED, Event
from gromox.imap.replies import Reply
from gromox.store.errors import DeniedError, NotFoundError

if TYPE_CHECKING:
    from gromox.imap.session import Session


@command("CLOSE", SELECTED, no_arguments, durable=True)
def close(session: Session, _args: None) -> Reply:
    r"""Remove the ``\Deleted`` messages without a word, and deselect.

    Spec:
        RFC 3501 6.4.2: nothing is removed after EXAMINE; no EXPUNGE is sent.
    """
    here = session.here
    if not here.read_only and not here.gone:
        try:
            here.mailbox.expunge(here.folder_id, here.known_uids())
        except NotFoundError:
            here.gone = True
        except DeniedError:
            pass  # RFC 4314 section 4: CLOSE without the right leaves them
    return Reply("CLOSE completed", event=Event.DESELECTED)


@command("UNSELECT", SELECTED, no_arguments)
def unselect(_session: Session, _args: None) -> Reply:
    """Deselect and remove nothing.

    Spec:
        RFC 3691 section 2.
    """
    return Reply("UNSELECT completed", event=Event.DESELECTED)
