"""Organizers and attendees, [MS-OXCICAL] 2.1.3.1.1.20.2 and 2.1.3.1.1.20.16."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.errors import ParseError
from gromox.convert.mail.address import RECIPIENT, REPRESENTING, SENDER, Mailbox, mailbox_of_group, outgoing
from gromox.ical.property import Property
from gromox.ical.value import parse_address, parse_boolean
from gromox.mapi import tags
from gromox.mapi.message import PropertyBag, Recipient, RecipientType

if TYPE_CHECKING:
    from gromox.convert.mail.address import Book, Group
    from gromox.convert.mail.hooks import SmtpOf

#: PidTagAddressType of addresses that are no mail addresses: URIs.
_URI: Final = "URI"
_SMTP: Final = "SMTP"
#: PidTagRecipientFlags, [MS-OXOCAL] 2.2.4.10.1.
SENDABLE: Final = 0x1
ORGANIZER: Final = 0x2


class Response:
    """PidLidResponseStatus and PidTagRecipientTrackStatus, [MS-OXOCAL] 2.2.1.11."""

    NONE: Final = 0
    ORGANIZED: Final = 1
    TENTATIVE: Final = 2
    ACCEPTED: Final = 3
    DECLINED: Final = 4
    NOT_RESPONDED: Final = 5


RESPONSE_OF_PARTSTAT: Final = {
    "ACCEPTED": Response.ACCEPTED,
    "COMPLETED": Response.ACCEPTED,
    "IN-PROCESS": Response.ACCEPTED,
    "TENTATIVE": Response.TENTATIVE,
    "DECLINED": Response.DECLINED,
    "NEEDS-ACTION": Response.NONE,
}
_PARTSTAT_OF_RESPONSE: Final = {
    Response.ORGANIZED: "ACCEPTED",
    Response.TENTATIVE: "TENTATIVE",
    Response.ACCEPTED: "ACCEPTED",
    Response.DECLINED: "DECLINED",
}
_RESOURCES: Final = frozenset(["RESOURCE", "ROOM"])


class Attendee(NamedTuple):
    """An ATTENDEE as far as messages tell it."""

    mailbox: Mailbox
    recipient_type: int
    response: int
    wants_reply: bool


def mailbox_of_property(one: Property) -> Mailbox:
    """Return the person of an ATTENDEE or ORGANIZER; EMAIL counts where the value is no mail address."""
    address = parse_address(one.value)
    if "@" not in address and "@" in (one.parameter("EMAIL") or ""):
        address = parse_address(one.parameter("EMAIL") or "")
    name = (one.parameter("CN") or "").strip()
    if "@" in address:
        # As mail has it, so that the address is the same when it is written.
        return outgoing(name, address) or Mailbox("", "")
    return Mailbox(name, address)


def attendee_of_property(one: Property) -> Attendee | None:
    """Return an ATTENDEE, or None if it names nobody."""
    mailbox = mailbox_of_property(one)
    if not mailbox.address:
        return None
    kind = (one.parameter("CUTYPE") or "").upper()
    role = (one.parameter("ROLE") or "").upper()
    if kind in _RESOURCES:
        recipient_type = RecipientType.BCC
    elif role in ("OPT-PARTICIPANT", "NON-PARTICIPANT"):
        recipient_type = RecipientType.CC
    else:
        recipient_type = RecipientType.TO
    try:
        wants_reply = parse_boolean(one.parameter("RSVP") or "FALSE")
    except ParseError:
        wants_reply = False
    response = RESPONSE_OF_PARTSTAT.get((one.parameter("PARTSTAT") or "").upper(), Response.NONE)
    return Attendee(mailbox, recipient_type, response, wants_reply)


def recipient_of_attendee(attendee: Attendee, book: Book) -> Recipient:
    """Return the row of the recipient table, [MS-OXOCAL] 2.2.4.10."""
    recipient = Recipient()
    bag = recipient.properties
    put_person(bag, RECIPIENT, attendee.mailbox, book)
    bag[tags.PidTagRecipientType] = attendee.recipient_type
    bag[tags.PidTagRecipientFlags] = SENDABLE
    bag[tags.PidTagRecipientTrackStatus] = attendee.response
    return recipient


def put_person(bag: PropertyBag, group: Group, mailbox: Mailbox, book: Book) -> None:
    """Set the properties of a person; who has no mail address is named by the URI."""
    if "@" in mailbox.address:
        book.put(bag, group, mailbox)
        return
    bag[group.name] = mailbox.name or mailbox.address
    bag[group.address_type] = _URI
    bag[group.email_address] = mailbox.address


def put_organizer(bag: PropertyBag, one: Property, book: Book, *, with_sender: bool) -> None:
    """Set who organizes, and who acts for that person (SENT-BY); a mail has its sender already."""
    mailbox = mailbox_of_property(one)
    if not mailbox.address:
        return
    put_person(bag, REPRESENTING, mailbox, book)
    if not with_sender:
        return
    sent_by = parse_address(one.parameter("SENT-BY") or "")
    put_person(bag, SENDER, Mailbox("", sent_by) if sent_by else mailbox, book)


def person_of_group(bag: PropertyBag, group: Group, smtp_of: SmtpOf | None) -> Mailbox | None:
    """Return the person that a group of properties names; the address is that of a CAL-ADDRESS."""
    if bag.text(group.address_type) == _URI:
        name, address = bag.text(group.name), bag.text(group.email_address)
        return Mailbox("" if name == address else name, address) if address else None
    mailbox = mailbox_of_group(bag, group, smtp_of)
    return mailbox if mailbox is not None and mailbox.address else None


def organizer_property(bag: PropertyBag, smtp_of: SmtpOf | None) -> Property | None:
    """Return ORGANIZER, or None if nobody organizes."""
    organizer = person_of_group(bag, REPRESENTING, smtp_of)
    if organizer is None:
        return None
    parameters = [("CN", organizer.name)] if organizer.name else []
    sender = person_of_group(bag, SENDER, smtp_of)
    if sender is not None and sender.address.lower() != organizer.address.lower():
        parameters.append(("SENT-BY", address_value(sender.address)))
    return _property("ORGANIZER", organizer, parameters)


def attendee_property(recipient: Recipient, smtp_of: SmtpOf | None, *, wants_reply: bool) -> Property | None:
    """Return ATTENDEE of a recipient, or None if it is the organizer or has no address."""
    bag = recipient.properties
    if bag.number(tags.PidTagRecipientFlags) & ORGANIZER:
        return None
    mailbox = person_of_group(bag, RECIPIENT, smtp_of)
    if mailbox is None:
        return None
    recipient_type = bag.number(tags.PidTagRecipientType, RecipientType.TO) & 0x0F
    parameters = []
    if mailbox.name:
        parameters.append(("CN", mailbox.name))
    if recipient_type == RecipientType.BCC:
        parameters += [("CUTYPE", "RESOURCE"), ("ROLE", "NON-PARTICIPANT")]
    else:
        role = "OPT-PARTICIPANT" if recipient_type == RecipientType.CC else "REQ-PARTICIPANT"
        parameters.append(("ROLE", role))
    response = bag.number(tags.PidTagRecipientTrackStatus)
    parameters.append(("PARTSTAT", _PARTSTAT_OF_RESPONSE.get(response, "NEEDS-ACTION")))
    if wants_reply:
        parameters.append(("RSVP", "TRUE"))
    return _property("ATTENDEE", mailbox, parameters)


def address_value(address: str) -> str:
    """Return an address as CAL-ADDRESS."""
    return f"mailto:{address}" if "@" in address else address


def _property(name: str, mailbox: Mailbox, parameters: list[tuple[str, str]]) -> Property:
    made = tuple((key, (value,)) for key, value in parameters)
    return Property(name, address_value(mailbox.address), made)


def responder_property(bag: PropertyBag, partstat: str, smtp_of: SmtpOf | None) -> Property | None:
    """Return the ATTENDEE of a response: who sends it, [MS-OXCICAL] 2.1.3.1.1.20.2."""
    mailbox = person_of_group(bag, REPRESENTING, smtp_of)
    if mailbox is None:
        return None
    parameters = [("CN", mailbox.name)] if mailbox.name else []
    return _property("ATTENDEE", mailbox, [*parameters, ("PARTSTAT", partstat)])
