"""SUBSCRIBE and UNSUBSCRIBE: which mailboxes LSUB shows. RFC 3501 sections 6.3.6 and 6.3.7."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.imap.commands.create import parse_name
from gromox.imap.dispatch import command
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.replies import Reply
from gromox.imap.tree import SEPARATOR, tree_of
from gromox.store.errors import NotFoundError

if TYPE_CHECKING:
    from gromox.imap.session import Session


@command("SUBSCRIBE", AUTHENTICATED, parse_name, durable=True)
def subscribe(session: Session, name: str) -> Reply:
    """Add a mailbox to what LSUB shows.

    Spec:
        RFC 3501 6.3.6: the server may check that the mailbox exists; this one does, because the subscription
        is a property of the folder.
    """
    place = session.locate(name.removesuffix(SEPARATOR))
    found = tree_of(place.mailbox).find(place.name)
    if found is None:
        raise NotFoundError("no folder has that name")
    if place.mailbox.is_guest and not place.is_own:
        session.mailbox.subscribe(place.full(found.name))
    else:
        place.mailbox.set_subscribed(found.folder.folder_id, subscribed=True)
    return Reply("SUBSCRIBE completed")


@command("UNSUBSCRIBE", AUTHENTICATED, parse_name, durable=True)
def unsubscribe(session: Session, name: str) -> Reply:
    """Remove a mailbox from what LSUB shows; a name that is not there is not subscribed either.

    Spec:
        RFC 3501 6.3.7.
    """
    name = name.removesuffix(SEPARATOR)
    if session.places.is_outside(name):
        session.mailbox.unsubscribe(name)
    found = tree_of(session.mailbox).find(name)
    if found is not None:
        session.mailbox.set_subscribed(found.folder.folder_id, subscribed=False)
    return Reply("UNSUBSCRIBE completed")
