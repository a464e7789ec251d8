"""UNAUTHENTICATE: the connection is for somebody else from now on. RFC 8437."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.imap.dispatch import command, no_arguments
from gromox.imap.errors import CommandError
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.replies import Reply, Wait

if TYPE_CHECKING:
    from gromox.base.wire import Outcome
    from gromox.imap.session import Session


@command("UNAUTHENTICATE", AUTHENTICATED, no_arguments)
def unauthenticate(session: Session, _args: None) -> Wait:
    """Forget the user, the selected mailbox and whatever was enabled; TLS stays.

    Spec:
        RFC 8437 3 and 4.1. Answers to commands that came in the same breath still depend on the mailbox; it
        is let go of when they are on their way. Compression would have to end with the command (4.1), in the
        middle of what may have been read already; so it is refused then, and not announced.
    """
    if session.compressed:
        raise CommandError("the connection is compressed; log out and connect again", "CANNOT")

    def reset(_outcome: Outcome) -> Reply:
        session.reset()
        return Reply("UNAUTHENTICATE completed")

    return Wait(_nothing, reset)


def _nothing() -> None:
    """End the round."""
