r"""The mailbox names that LIST and its like go through: the user's own, then those of each neighbour.

The names above a neighbour's folders (``Shared``, ``Shared/bob``) are no mailboxes: ``\Noselect``. Names that
are subscribed and not there are told where subscriptions are asked for: ``\NonExistent``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gromox.base.log import get_logger
from gromox.imap.places import PATIENCE
from gromox.imap.subscriptions import is_subscribed, lost_names, lost_outside, superiors
from gromox.imap.tree import folded, names_of, rank, tree_of
from gromox.store.errors import StoreError
from gromox.store.names import SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from gromox.imap.neighbours import Neighbour
    from gromox.imap.session import Session
    from gromox.imap.tree import Name, Tree
    from gromox.imap.wildcard import Pattern
    from gromox.store.folder import Folder
    from gromox.store.mailbox import Mailbox

log = get_logger("imap")


@dataclass(frozen=True, slots=True)
class Listable:
    r"""A name with what LIST says of it; ``folder``: None where there is none. ``lost``: ``\NonExistent``."""

    name: str
    mailbox: Mailbox
    folder: Folder | None
    selectable: bool
    has_children: bool
    subscribed: bool
    special_use: bytes | None = None
    lost: bool = False


def own_names(session: Session, tree: Tree, *, lost: bool = False) -> list[Listable]:
    """Return the names of the user's own mailbox; ``lost``: also those that are only subscribed."""
    mailbox = session.mailbox
    found = [
        Listable(
            name.name,
            mailbox,
            name.folder,
            name.selectable,
            name.has_children,
            is_subscribed(session, name),
            name.special_use,
        )
        for name in tree.names
    ]
    names = lost_names(session) if lost else []
    if names:
        found += _lost(session, names, lambda name: tree.find(name) is None)
        found.sort(key=lambda each: rank(each.name))
    return found


def _lost(session: Session, names: Sequence[str], is_missing: Callable[[str], bool]) -> list[Listable]:
    """Return names that are not there, and those above them that are not there either."""
    above = superiors(names) - set(names)
    return [
        Listable(
            name,
            session.mailbox,
            None,
            selectable=False,
            has_children=False,
            subscribed=name not in above,
            lost=True,
        )
        for name in [*names, *sorted(filter(is_missing, above))]
    ]


def reaches_outside(session: Session, patterns: Sequence[Pattern], *, lost: bool = False) -> bool:
    """Tell whether patterns can match a name outside the user's own mailbox. Raises LookUpFirstError.

    ``lost``: names count too that are only subscribed.
    """
    roots = session.places.roots()
    if roots is None or not any(pattern.may_begin(root) for pattern in patterns for root in roots):
        return False
    if session.places.neighbours(within=PATIENCE):
        return True
    return lost and bool(lost_outside(session, ()))


def outside_names(session: Session, *, lost: bool = False) -> Iterator[list[Listable]]:
    """Go through the names of the neighbours, one mailbox at a time, and through what is only subscribed."""
    places = session.places
    subscribed = names_of(session.mailbox).subscriptions
    own = {name.name.casefold() for name in names_of(session.mailbox).names}
    told: set[str] = set()
    there: set[str] = set()
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
        if lost:
            there.update(each.name for each in found)
        yield [each for each in found if each.name.casefold() not in own]
    if lost:
        names_lost = lost_outside(session, there)
        yield _lost(session, names_lost, lambda name: name not in there)


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


def _listable(neighbour: Neighbour, mailbox: Mailbox, name: Name, subscribed: Collection[str]) -> Listable:
    full = f"{neighbour.prefix}{SEPARATOR}{name.name}"
    # No special use: a client would keep its own drafts in somebody else's mailbox.
    return Listable(
        full, mailbox, name.folder, name.selectable, name.has_children, folded(full) in subscribed
    )
