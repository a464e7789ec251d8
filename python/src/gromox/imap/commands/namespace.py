"""NAMESPACE: one personal namespace. RFC 2342."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.imap.dispatch import command, no_arguments
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.replies import Namespaces, Reply

if TYPE_CHECKING:
    from gromox.imap.session import Session


@command("NAMESPACE", AUTHENTICATED, no_arguments)
def namespace(_session: Session, _args: None) -> Reply:
    """Say where mailboxes are: all of them are the user's own, without a prefix.

    Spec:
        RFC 2342 section 5.
    """
    return Reply("NAMESPACE completed", [Namespaces()])
