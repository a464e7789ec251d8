"""From the recipients of an envelope to the places a mail goes to, each once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from gromox.delivery import outcome
from gromox.delivery.outcome import Fate, Outcome
from gromox.directory.errors import DirectoryError
from gromox.directory.mlist import Verdict
from gromox.directory.resolve import Disabled, External, Mailbox, MailList, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gromox.delivery.outcome import Reason
    from gromox.directory.resolve import Recipient, Resolver


@dataclass(frozen=True, slots=True)
class Local:
    """A mailbox of this system."""

    recipient: str  #: the address of the envelope that led here
    username: str
    maildir: Path
    detail: str  #: what stood behind the delimiter


@dataclass(frozen=True, slots=True)
class Remote:
    """An address of another system."""

    recipient: str
    address: str


Destination: TypeAlias = Local | Remote | Outcome


@dataclass(frozen=True, slots=True)
class Route:
    """Where one recipient leads; a list leads to many places, everything else to one."""

    recipient: str
    destinations: tuple[Destination, ...]

    @property
    def is_list(self) -> bool:
        """Tell whether parts of it may succeed and others not."""
        return len(self.destinations) > 1


def routes(resolver: Resolver, recipients: Iterable[str], sender: str) -> list[Route]:
    """Find out where a mail goes; a place that several recipients lead to is visited for the first one.

    A recipient that cannot be looked up leads to an :class:`Outcome` instead of a place.
    """
    seen: set[str] = set()
    found = []
    for recipient in recipients:
        fresh = []
        for destination in _of(resolver, recipient, sender):
            name = _name(destination)
            if name not in seen:
                seen.add(name)
                fresh.append(destination)
        found.append(Route(recipient, tuple(fresh)))
    return found


def _name(destination: Destination) -> str:
    if isinstance(destination, Local):
        return destination.username
    if isinstance(destination, Remote):
        return destination.address.lower()
    return f"{destination.fate} {destination.recipient} {destination.destination}"


def _of(resolver: Resolver, recipient: str, sender: str) -> Iterator[Destination]:
    try:
        found = resolver.recipient(recipient)
        if isinstance(found, MailList):
            expansion = resolver.expand(found, sender)
            if expansion.verdict is not Verdict.ALLOWED:
                gone = expansion.verdict is Verdict.NO_SUCH_LIST
                yield _refused(recipient, recipient, outcome.UNKNOWN if gone else outcome.LIST_DENIED)
            for member in expansion.recipients:
                yield from _member(recipient, member)
            return
        yield _destination(recipient, found)
    except DirectoryError as error:
        reason = outcome.reason_of(error) or outcome.DEFECT
        yield _refused(recipient, recipient, reason)


def _member(recipient: str, member: Recipient) -> Iterator[Destination]:
    """Members that do not exist any more are the list's affair, not the sender's: they are left out."""
    if not isinstance(member, Unknown | Disabled | MailList):
        yield _destination(recipient, member)


def _destination(recipient: str, found: Recipient) -> Destination:
    if isinstance(found, Mailbox):
        return Local(recipient, found.username, found.maildir, found.detail)
    if isinstance(found, External):
        return Remote(recipient, found.address)
    return _refused(
        recipient, recipient, outcome.DISABLED if isinstance(found, Disabled) else outcome.UNKNOWN
    )


def _refused(recipient: str, destination: str, reason: Reason) -> Outcome:
    return Outcome(recipient, destination, reason.fate, reason.status, reason.text)


def is_final(destination: Destination) -> bool:
    """Tell whether nothing needs to be tried."""
    return isinstance(destination, Outcome) and destination.fate is not Fate.LATER
