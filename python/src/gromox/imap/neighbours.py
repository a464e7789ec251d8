"""Which mailboxes of others a user can reach, and under which names. RFC 2342, decision 0037.

Looking around waits for the user database and opens mailboxes, so it happens in a thread; sessions remember
what was found for a while. Whether a right is still there, the mailbox itself says at each use.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from gromox.base.log import get_logger
from gromox.directory import domain, membership
from gromox.directory.errors import DirectoryError
from gromox.imap.tree import Tree
from gromox.store.errors import StoreError
from gromox.store.guest import Guest
from gromox.store.mailbox import Mailbox
from gromox.store.names import SEPARATOR
from gromox.store.permission import DEFAULT
from gromox.store.session.actor import Actor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gromox.directory import Directory
    from gromox.store.grants import Grants

log = get_logger("imap")

#: Mailboxes of others that are looked into for one user.
MOST: Final = 500


class Person(Protocol):
    """What has to be known of a user to look around: an account, or where mail for an address goes."""

    @property
    def username(self) -> str:
        """The name."""
        ...

    @property
    def maildir(self) -> Path:
        """Where the user's own mailbox is."""
        ...

    @property
    def domain_id(self) -> int:
        """The user's domain."""
        ...


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A mailbox that grants something to the user; its names begin with ``prefix`` and a separator."""

    path: Path
    prefix: str
    is_public: bool


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What a user can reach; ``groups`` are the lists that contain the user."""

    groups: frozenset[str] = frozenset()
    neighbours: tuple[Neighbour, ...] = ()


NOBODY: Final = Neighbourhood()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Finds the neighbours of users.

    Args:
        directory: knows groups and public stores.
        grants: the index of whom mailboxes grant something; None: there is none.
        others: prefix of the mailboxes of other users.
        public: prefix of the public folders.
    """

    directory: Directory
    grants: Callable[[], Grants | None]
    others: str
    public: str
    _roots: tuple[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Fold the prefixes once."""
        object.__setattr__(self, "_roots", (self.others.casefold(), self.public.casefold()))

    def is_outside(self, name: str) -> bool:
        """Tell whether a mailbox name is one of those that stand for mailboxes of others."""
        return name.partition(SEPARATOR)[0].casefold() in self._roots

    def of(self, account: Person) -> Neighbourhood:
        """Look around for a user; any thread.

        Raises:
            UnavailableError: the user database does not answer.
        """
        groups = membership.lists_of(self.directory, account.username)
        actor = Actor(account.username, groups)
        found = [*self._shared(account, actor), *self._domain(account, actor)]
        return Neighbourhood(groups, tuple(found))

    def _shared(self, account: Person, actor: Actor) -> Iterable[Neighbour]:
        """Find the mailboxes of other users; those open to everybody only in the user's own domain."""
        grants = self.grants()
        if grants is None:
            return
        local, _, own_domain = account.username.partition("@")
        named = grants.mailboxes([actor.username, *sorted(actor.groups)], MOST)
        known = {account.maildir, *named}
        everybody = [path for path in grants.mailboxes([DEFAULT], MOST) if path not in known]
        for path in [*[path for path in named if path != account.maildir], *everybody][:MOST]:
            owner = _visit(path, actor, is_public=False)
            if owner is None:
                continue
            local, _, domain_name = owner.partition("@")
            if domain_name == own_domain:
                yield Neighbour(path, f"{self.others}{SEPARATOR}{local}", is_public=False)
            elif path not in everybody:
                yield Neighbour(path, f"{self.others}{SEPARATOR}{owner}", is_public=False)

    def _domain(self, account: Person, actor: Actor) -> Iterable[Neighbour]:
        try:
            home = domain.get_by_id(self.directory, account.domain_id).homedir
        except DirectoryError as error:
            log.warning("public folders not found", user=account.username, reason=error)
            return
        if home and _visit(Path(home), actor, is_public=True) is not None:
            yield Neighbour(Path(home), self.public, is_public=True)


def _visit(path: Path, actor: Actor, *, is_public: bool) -> str | None:
    """Return whose mailbox it is, if it shows the user anything."""
    try:
        with Mailbox.open(path) as mailbox:
            shows = mailbox.is_public == is_public and bool(Tree(Guest(mailbox, actor)).names)
            return mailbox.owner if shows else None
    except StoreError:
        return None  # it was removed, or is being repaired
