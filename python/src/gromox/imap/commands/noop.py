"""NOOP and CHECK: nothing is done, so that news can be told. RFC 3501 sections 6.1.2 and 6.4.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.imap.dispatch import command, no_arguments
from gromox.imap.machine import ANY, SELECTED
from gromox.imap.replies import Reply

if TYPE_CHECKING:
    from gromox.imap.session import Session

_NOOP: Final = Reply("NOOP completed")
_CHECK: Final = Reply("CHECK completed")


@command("NOOP", ANY, no_arguments)
def noop(_session: Session, _args: None) -> Reply:
    """Do nothing; the connection tells what changed.

    Spec:
        RFC 3501 6.1.2.
    """
    return _NOOP


@command("CHECK", SELECTED, no_arguments, durable=True)
def check(_session: Session, _args: None) -> Reply:
    """Ask for a checkpoint: what was written is durable when the answer comes.

    Spec:
        RFC 3501 6.4.1.
    """
    return _CHECK
