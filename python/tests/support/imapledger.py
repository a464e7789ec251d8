"""What the clients of a stress know together: accounts and their mailboxes, messages, figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.support.imapview import check

Home = tuple[str, bytes]  #: whose mailbox it is, and its name there
Place = tuple[str, bytes, int]  #: the same and a UID


@dataclass(frozen=True, slots=True)
class Box:
    """A mailbox as one account sees it."""

    name: bytes
    home: Home
    writable: bool = True


@dataclass(frozen=True, slots=True)
class Account:
    """Who logs in, the mailboxes of its own, and those of others by their names; all are made for the run."""

    user: str
    password: str
    mailboxes: Sequence[bytes]
    guest_of: Sequence[Box] = ()

    @property
    def boxes(self) -> list[Box]:
        return [*(Box(name, (self.user, name)) for name in self.mailboxes), *self.guest_of]


@dataclass
class Ledger:
    """What all clients together know for certain."""

    tokens: dict[Place, bytes] = field(default_factory=dict)
    #: Messages that somebody marked or moved: these may be missing.
    removable: set[Place] = field(default_factory=set)
    #: Copies since the last pause, original first: they kept its flags, whichever client was told first.
    copies: list[tuple[Place, Place]] = field(default_factory=list)
    #: Messages that were there when somebody looked last.
    present: set[Place] = field(default_factory=set)

    def created(self, place: Place, token: bytes) -> None:
        """Take a UID of APPENDUID or COPYUID; none may be given twice."""
        self.is_(place, token)
        self.present.add(place)

    def is_(self, place: Place, token: bytes) -> None:
        """Take what a message was seen to be; that never changes (RFC 9051 2.3.1.1)."""
        known = self.tokens.setdefault(place, token)
        check(known == token, f"{place} is {token!r} and was {known!r}")

    def settle(self) -> None:
        r"""Count copies of messages that had ``\Deleted`` as removable; called while all are quiet."""
        before = -1
        while before != len(self.removable):
            before = len(self.removable)
            self.removable |= {copy for original, copy in self.copies if original in self.removable}
        self.copies.clear()

    def compare(self, home: Home, there: set[int]) -> None:
        """Raise if a message is gone that nobody removed; called while all are quiet."""
        here = {place for place in self.present if place[:2] == home}
        gone = {place for place in here if place[2] not in there}
        lost = gone - self.removable
        check(not lost, f"lost: {sorted(lost)[:20]}")
        self.present -= gone
        self.removable -= gone
        self.present |= {(*home, uid) for uid in there}


@dataclass
class Figures:
    """What a run came to."""

    commands: Counter[str] = field(default_factory=Counter)
    pauses: int = 0
    sessions: int = 0
    #: Clients in IDLE that heard of a change.
    woken: int = 0
    #: Mailboxes of which NOTIFY had told what is there.
    notified: int = 0
