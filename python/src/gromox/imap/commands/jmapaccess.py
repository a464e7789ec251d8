"""GETJMAPACCESS: where the same mailboxes can be read by JMAP. RFC 9698."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.imap.dispatch import command, no_arguments
from gromox.imap.errors import BadCommandError
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.replies import Ready, Reply

if TYPE_CHECKING:
    from gromox.imap.session import Session


@command("GETJMAPACCESS", AUTHENTICATED, no_arguments)
def get_jmap_access(session: Session, _args: None) -> Reply:
    """Say the URL of the JMAP session resource.

    Spec:
        RFC 9698. Offered only where ``imap_jmap_session`` names one.
    """
    url = session.policy.jmap_session
    if not url:
        raise BadCommandError("unknown command")
    return Reply("GETJMAPACCESS completed", [Ready(b'* JMAPACCESS "%b"\r\n' % url.encode("ascii"))])
