"""SUBSCRIBE and UNSUBSCRIBE: which mailboxes LSUB shows. RFC 3501 sections 6.3.6 and 6.3.7."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.imap.commands.create import parse_name
from gromox.imap.dispatch import command
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.replies import Reply
from gromox.imap.tree import folded, net_unicode, tree_of
from gromox.store.errors import NotFoundError
from gromox.store.names import SEPARATOR

if TYPE_CHECKING:
    from gromox.imap.session import Session


@command("SUBSCRIBE", AUTHENTICATED, parse_name, durable=True)
def subscribe(session: Session, name: str) -> Reply:
    """Add a mailbox to what LSUB shows.

    Spec:
        RFC 3501 6.3.6, RFC 9051 6.3.7: the server may check that the mailbox exists, and this one does; that
        it goes later does not end the subscription.
    """
    place = session.locate(name.removesuffix(SEPARATOR))
    found = tree_of(place.mailbox).find(place.name)
    if found is None:
        raise NotFoundError("no folder has that name")
    own = found.folder.folder_id if place.is_own else None
    session.mailbox.subscribe(place.full(found.name), own)
    return Reply("SUBSCRIBE completed")


@command("UNSUBSCRIBE", AUTHENTICATED, parse_name, durable=True)
def unsubscribe(session: Session, name: str) -> Reply:
    """Remove a mailbox from what LSUB shows; a name that is not there is not subscribed either.

    Spec:
        RFC 3501 6.3.7, RFC 9051 6.3.8.
    """
    name = net_unicode(name.removesuffix(SEPARATOR))
    tree = tree_of(session.mailbox)
    found = tree.find(name)
    # As it is spelled here, and as it was when it was subscribed to.
    spellings = {name, *([kept] if (kept := tree.subscriptions.get(folded(name))) else ())}
    session.mailbox.unsubscribe(spellings, found.folder.folder_id if found is not None else None)
    return Reply("UNSUBSCRIBE completed")
