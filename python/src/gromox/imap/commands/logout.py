"""LOGOUT: the client is done. RFC 3501 section 6.1.3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.imap.dispatch import command, no_arguments
from gromox.imap.machine import ANY, Event
from gromox.imap.replies import Goodbye, Next, Reply

if TYPE_CHECKING:
    from gromox.imap.session import Session


@command("LOGOUT", ANY, no_arguments)
def logout(_session: Session, _args: None) -> Reply:
    """Say goodbye and close.

    Spec:
        RFC 3501 6.1.3: BYE comes before the tagged OK.
    """
    return Reply("LOGOUT completed", [Goodbye("logging out")], event=Event.LOGGED_OUT, next=Next.CLOSE)
