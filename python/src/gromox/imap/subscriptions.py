"""Which mailboxes are subscribed: names that stay, and folders that count without a word. Decision 0046.

Spec:
    RFC 9051 6.3.7: a name stays subscribed when its mailbox is removed. What was never spoken of counts as
    ``imap_autosubscribe`` says; the special mailboxes always do, until somebody unsubscribes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.imap.tree import folded, names_of
from gromox.store.builtin import SUBSCRIBED, is_builtin
from gromox.store.names import SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gromox.imap.session import Session
    from gromox.imap.tree import Name


def is_subscribed(session: Session, name: Name) -> bool:
    """Tell whether a mailbox of the user's own is subscribed."""
    if name.asked or session.mailbox.is_guest:
        return True
    folder = name.folder
    if folder.unsubscribed or not name.selectable:
        return False
    if is_builtin(folder.folder_id):
        return folder.folder_id in SUBSCRIBED
    return session.policy.autosubscribe


def lost_names(session: Session) -> list[str]:
    """Return the names of the user's own mailbox that are subscribed and not there (any more)."""
    tree, places = names_of(session.mailbox), session.places
    return sorted(
        name
        for name in tree.subscriptions.values()
        if tree.find(name) is None and not places.is_outside(name)
    )


def lost_outside(session: Session, there: Iterable[str]) -> list[str]:
    """Return the subscribed names of others' mailboxes that are not among those which are there."""
    known = {folded(name) for name in there}
    tree, places = names_of(session.mailbox), session.places
    return sorted(
        name
        for key, name in tree.subscriptions.items()
        if key not in known and places.is_outside(name) and tree.find(name) is None
    )


def superiors(names: Iterable[str]) -> set[str]:
    """Return every name above these."""
    found: set[str] = set()
    for name in names:
        above = name.rpartition(SEPARATOR)[0]
        while above and above not in found:
            found.add(above)
            above = above.rpartition(SEPARATOR)[0]
    return found
