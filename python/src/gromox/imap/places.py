"""Mailbox names of all namespaces → the mailbox file and the name in it. RFC 2342, decision 0037.

A name in the user's own mailbox wins over one in another namespace. What is found around a user is remembered
for :data:`LIFETIME` seconds; before a name is said not to be there, it is looked for anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base.log import get_logger
from gromox.base.value import value
from gromox.imap.errors import LookUpFirstError
from gromox.imap.neighbours import NOBODY, Neighbourhood
from gromox.imap.tree import names_of
from gromox.store.guest import Guest
from gromox.store.names import SEPARATOR
from gromox.store.session.actor import Actor

if TYPE_CHECKING:
    from pathlib import Path

    from gromox.base.wire import Outcome
    from gromox.imap.neighbours import Neighbour, Person, Surroundings
    from gromox.imap.services import Services
    from gromox.store.mailbox import Mailbox

log = get_logger("imap")

LIFETIME: Final = 60.0
#: A name that is not there is looked for again after so many seconds, and what is listed is not older.
PATIENCE: Final = 2.0
#: Mailboxes of others that a session holds open at once.
MOST_OPEN: Final = 32


@value
class Place:
    """Where a name leads: a mailbox, the name in it, and what stood before that (empty: the user's own)."""

    mailbox: Mailbox
    name: str
    prefix: str = ""

    @property
    def is_own(self) -> bool:
        """Tell whether it lies in the mailbox that the user logged in to."""
        return not self.prefix

    def full(self, name: str) -> str:
        """Return a name of this mailbox as the client knows it."""
        return f"{self.prefix}{SEPARATOR}{name}" if self.prefix else name


class Places:
    """The mailboxes that one session can reach."""

    __slots__ = (
        "_account",
        "_around",
        "_as_of",
        "_open",
        "_services",
        "_surroundings",
        "own",
        "pinned",
        "watched",
    )

    def __init__(self, services: Services, account: Person, own: Mailbox) -> None:
        """Begin with the user's own mailbox; ``own`` is held by the session."""
        self._services, self._account = services, account
        self.own = own
        self._around = NOBODY
        self._as_of = -LIFETIME
        #: Whether there is anything around at all: not where somebody logged in to another's mailbox.
        self._surroundings: Surroundings | None = None if own.is_guest else services.surroundings
        #: The one that was used longest ago first.
        self._open: dict[Path, Guest] = {}
        #: The mailbox that is selected must not be let go of.
        self.pinned: Mailbox | None = None
        #: Nor those that NOTIFY watches.
        self.watched: frozenset[Mailbox] = frozenset()

    # -- names

    def locate(self, name: str) -> Place:
        """Return where a name leads; one that is nowhere is looked for in the user's own mailbox.

        Raises:
            LookUpFirstError: it has to be looked around first.
        """
        surroundings = self._surroundings
        own = Place(self.own, name)
        if surroundings is None or not surroundings.is_outside(name):
            return own
        if names_of(self.own).find(name) is not None:
            return own
        folded = name.casefold()
        for neighbour in self.neighbours():
            prefix = neighbour.prefix.casefold()
            if folded == prefix or folded.startswith(prefix + SEPARATOR):
                return Place(self.open(neighbour), name[len(prefix) + 1 :], neighbour.prefix)
        if self._age() > PATIENCE:
            raise LookUpFirstError
        return own

    def is_outside(self, name: str) -> bool:
        """Tell whether a name is one of those that stand for mailboxes of others."""
        return self._surroundings is not None and self._surroundings.is_outside(name)

    def roots(self) -> tuple[str, str] | None:
        """Return the prefixes of other users and of public folders; None: there is only one mailbox."""
        return None if self._surroundings is None else (self._surroundings.others, self._surroundings.public)

    # -- mailboxes

    def neighbours(self, *, within: float = LIFETIME) -> tuple[Neighbour, ...]:
        """Return the mailboxes of others as they were a while ago. Raises LookUpFirstError."""
        if self._surroundings is None:
            return ()
        if self._age() >= within:
            raise LookUpFirstError
        return self._around.neighbours

    def open(self, neighbour: Neighbour) -> Guest:
        """Return the mailbox of a neighbour, which is kept open for a while. Raises StoreError."""
        guest = self._open.pop(neighbour.path, None)
        if guest is None:
            mailbox = self._services.open_mailbox(neighbour.path)
            guest = Guest(mailbox, Actor(self._account.username, self._around.groups))
        self._open[neighbour.path] = guest
        self._shrink(MOST_OPEN)
        return guest

    def mailboxes(self) -> tuple[Mailbox, ...]:
        """Return all mailboxes that are open: something may have been written to each."""
        return (self.own, *self._open.values())

    def release(self) -> None:
        """Let go of all of them."""
        self.pinned, self.watched = None, frozenset()
        self._shrink(0)
        self._services.close_mailbox(self.own.path)

    def _shrink(self, most: int) -> None:
        for path in list(self._open)[: max(len(self._open) - most, 0)]:
            guest = self._open[path]
            if guest is not self.pinned and guest not in self.watched and not (most and guest.needs_sync):
                del self._open[path]
                self._services.close_mailbox(path)

    # -- looking around

    def look(self) -> Neighbourhood:
        """Look around; in a thread."""
        return NOBODY if self._surroundings is None else self._surroundings.of(self._account)

    def looked(self, outcome: Outcome) -> None:
        """Take what a look came to; after a failure what was known stays good."""
        self._as_of = self._services.clock.monotonic()
        if isinstance(outcome.value, Neighbourhood):
            if outcome.value.groups != self._around.groups:
                self._shrink(0)
            self._around = outcome.value
        else:
            log.warning("shared mailboxes not found", user=self._account.username, reason=outcome.error)

    def _age(self) -> float:
        return self._services.clock.monotonic() - self._as_of
