"""Who sends a message, and in whose name.

Spec: [MS-OXOMSG] 2.2.1 (PidTagSender*, PidTagSentRepresenting*); administration manual, "Delegates" and
"Send As"; reference/system/protocols.md section 7.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gromox.convert.mail.address import (
    REPRESENTING,
    SENDER,
    Mailbox,
    mailbox_of_group,
    smtp_values,
)
from gromox.store import delegates
from gromox.store.delegates import DelegateList
from gromox.store.errors import DeniedError

if TYPE_CHECKING:
    from gromox.mapi.message import PropertyBag
    from gromox.mapi.propvalue import PropValue
    from gromox.store.session.actor import Actor
    from gromox.store.submission.post import Book, Person


@dataclass(frozen=True, slots=True)
class Originator:
    """Both sides of a message's origin; they are the same unless somebody sends on behalf of another."""

    sender: Mailbox
    represented: Mailbox

    @property
    def reverse_path(self) -> str:
        """Return the address to which failures are reported."""
        return self.sender.address

    def values(self, bag: PropertyBag) -> dict[int, PropValue]:
        """Return the properties that tell it; of who is represented only what the message does not tell."""
        told = smtp_values(REPRESENTING, self.represented)
        if bag.get(REPRESENTING.entry_id):
            told = {tag: value for tag, value in told.items() if not bag.get(tag)}
        return smtp_values(SENDER, self.sender) | told


def originator(bag: PropertyBag, actor: Actor, book: Book) -> Originator:
    """Return from whom a message comes that somebody submits.

    An alias of one's own may be written as it is. Sending as somebody leaves no trace of who did; sending on
    behalf does.

    Raises:
        DeniedError: the actor may not send in that name.
        BusyError: the directory does not answer.
    """
    person = book.person(actor.username) if actor.username else None
    if person is None:
        raise DeniedError("who is nobody's user sends nothing")
    own = Mailbox(person.display_name, person.username)
    asked = mailbox_of_group(bag, REPRESENTING, book.smtp_of)
    if asked is None or not asked.address:
        return Originator(own, own)
    if asked.address.casefold() in person.addresses:
        named = Mailbox(asked.name or person.display_name, asked.address)
        return Originator(named, named)
    other = book.person(asked.address)
    names = person.addresses | {person.username.casefold()} | actor.groups
    represented = Mailbox(asked.name or (other.display_name if other else ""), asked.address)
    if other is not None and _lists(other, DelegateList.SEND_AS, names):
        return Originator(represented, represented)
    if other is not None and _lists(other, DelegateList.ON_BEHALF, names):
        return Originator(own, represented)
    raise DeniedError(f"the user may not send in the name of {asked.address}")


def stored_originator(bag: PropertyBag) -> Originator | None:
    """Return what :func:`originator` settled when a message was submitted."""
    sender = mailbox_of_group(bag, SENDER, None)
    represented = mailbox_of_group(bag, REPRESENTING, None)
    return Originator(sender, represented or sender) if sender is not None and sender.address else None


def _lists(person: Person, which: DelegateList, names: frozenset[str]) -> bool:
    if person.mailbox is None:
        raise DeniedError(f"the lists of who may send in the name of {person.username} are on another node")
    return delegates.names_one_of(person.mailbox, which, names)
