r"""The mailbox names that LIST and its like go through: the user's own, then those of each neighbour.

The names above a neighbour's folders (``Shared``, ``Shared/bob``) are no mailboxes: ``\Noselect``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gromox.base.log import get_logger
from gromox.imap.places import PATIENCE
from gromox.imap.tree import SEPARATOR, names_of, tree_of
from gromox.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gromox.imap.neighbours import Neighbour
    from gromox.imap.session import Session
    from gromox.imap.tree import Name, Tree
    from gromox.imap.wildcard import Pattern
    from gromox.store.folder import Folder
    from gromox.store.mailbox import Mailbox

log = get_logger("imap")


@dataclass(frozen=True, slots=True)
class Listable:
    """A name with what LIST says of it; ``folder`` is None where there is none."""

    name: str
    mailbox: Mailbox
    folder: Folder | None
    selectable: bool
    has_children: bool
    subscribed: bool
    special_use: bytes | None = None


def own_names(mailbox: Mailbox, tree: Tree) -> list[Listable]:
    """Return the names of the user's own mailbox."""
    return [
        Listable(
            name.name,
            mailbox,
            name.folder,
            name.selectable,
            name.has_children,
            name.folder.subscribed,
            name.special_use,
        )
        for name in tree.names
    ]


def reaches_outside(session: Session, patterns: Sequence[Pattern]) -> bool:
    """Tell whether patterns can match a name outside the user's own mailbox. Raises LookUpFirstError."""
    roots = session.places.roots()
    if roots is None or not any(pattern.may_begin(root) for pattern in patterns for root in roots):
        return False
    return bool(session.places.neighbours(within=PATIENCE))


def outside_names(session: Session) -> Iterator[list[Listable]]:
    """Go through the names of the neighbours, one mailbox at a time."""
    places = session.places
    subscribed = session.mailbox.subscriptions()
    own = {name.name.casefold() for name in names_of(session.mailbox).names}
    told: set[str] = set()
    for neighbour in places.neighbours():
        try:
            mailbox = places.open(neighbour)
            names = tree_of(mailbox).names
        except StoreError as error:
            log.warning("shared mailbox not listed", mailbox=neighbour.path, reason=error)
            continue
        if not names:
            continue
        found = _above(session, neighbour, told)
        found += [_listable(neighbour, mailbox, name, subscribed) for name in names]
        yield [each for each in found if each.name.casefold() not in own]


def _above(session: Session, neighbour: Neighbour, told: set[str]) -> list[Listable]:
    """Return the names above a neighbour's folders that were not told yet."""
    parts = neighbour.prefix.split(SEPARATOR)
    names = [SEPARATOR.join(parts[: count + 1]) for count in range(len(parts))]
    new = [name for name in names if name not in told]
    told.update(new)
    return [
        Listable(name, session.mailbox, None, selectable=False, has_children=True, subscribed=False)
        for name in new
    ]


def _listable(neighbour: Neighbour, mailbox: Mailbox, name: Name, subscribed: frozenset[str]) -> Listable:
    full = f"{neighbour.prefix}{SEPARATOR}{name.name}"
    # No special use: a client would keep its own drafts in somebody else's mailbox.
    return Listable(full, mailbox, name.folder, name.selectable, name.has_children, full in subscribed)
