"""CAPABILITY: what the server can do in this state. RFC 3501 section 6.1.1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.imap.capability import capabilities
from gromox.imap.dispatch import command, no_arguments
from gromox.imap.machine import ANY
from gromox.imap.replies import Capabilities, Reply

if TYPE_CHECKING:
    from gromox.imap.session import Session


@command("CAPABILITY", ANY, no_arguments)
def capability(session: Session, _args: None) -> Reply:
    """Say the capabilities.

    Spec:
        RFC 3501 6.1.1.
    """
    return Reply("CAPABILITY completed", [Capabilities(capabilities(session))])
