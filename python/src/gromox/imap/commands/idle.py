"""IDLE: tell changes as they happen. RFC 2177."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.imap.dispatch import command, no_arguments
from gromox.imap.errors import BadCommandError
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.replies import Prompt, Reply

if TYPE_CHECKING:
    from gromox.imap.session import Session


@command("IDLE", AUTHENTICATED, no_arguments)
def idle(_session: Session, _args: None) -> Prompt:
    """Wait for DONE; the connection tells changes meanwhile.

    Spec:
        RFC 2177 section 3: the only thing that may follow is DONE.
    """
    return Prompt(b"idling", done, idle=True)


def done(line: bytes) -> Reply:
    """End the command."""
    if line.strip().upper() != b"DONE":
        raise BadCommandError("only DONE ends IDLE")
    return Reply("IDLE completed")
