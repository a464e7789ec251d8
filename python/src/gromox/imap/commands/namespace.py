"""NAMESPACE: the user's own mailboxes, those of others, public folders. RFC 2342."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.imap.catalogue import translated
from gromox.imap.dispatch import command, no_arguments
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.replies import Namespaces, Reply

if TYPE_CHECKING:
    from gromox.imap.session import Session


@command("NAMESPACE", AUTHENTICATED, no_arguments)
def namespace(session: Session, _args: None) -> Reply:
    """Say where mailboxes are: the user's own without a prefix, others behind theirs.

    Spec:
        RFC 2342 section 5; RFC 5255 3.4 (TRANSLATION). Public folders are told of where the user sees any.
    """
    return Reply("NAMESPACE completed", [namespaces(session, session.language)])


def namespaces(session: Session, language: str) -> Namespaces:
    """Return what NAMESPACE says, with translations of the prefixes that have any."""
    roots = session.places.roots()
    if roots is None:
        return Namespaces()
    others, public = roots
    has_public = any(neighbour.is_public for neighbour in session.places.neighbours())
    translations = {name: translated(name, language) for name in roots}
    return Namespaces(
        others,
        public if has_public else None,
        {name: shown for name, shown in translations.items() if shown != name},
    )
