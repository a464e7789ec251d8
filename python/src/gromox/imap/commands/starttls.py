"""STARTTLS: go on in TLS. RFC 3501 section 6.2.1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.imap.dispatch import command, no_arguments
from gromox.imap.errors import BadCommandError
from gromox.imap.machine import NOT_AUTHENTICATED
from gromox.imap.replies import Next, Reply

if TYPE_CHECKING:
    from gromox.imap.session import Session


@command("STARTTLS", NOT_AUTHENTICATED, no_arguments)
def starttls(session: Session, _args: None) -> Reply:
    """Begin TLS after the tagged OK.

    Spec:
        RFC 3501 6.2.1. What the client sent in clear behind the command is dropped by the connection: it
        could come from somebody else.
    """
    if session.tls:
        raise BadCommandError("TLS is active already")
    if not session.policy.starttls:
        raise BadCommandError("TLS is not available here")
    return Reply("begin TLS negotiation now", next=Next.STARTTLS)
