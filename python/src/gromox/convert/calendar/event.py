"""VEVENT to message, [MS-OXCICAL] 2.1.3.1.1.20."""

from __future__ import annotations

from datetime import UTC
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.convert.calendar import method as methods
from gromox.convert.calendar.attach import put_attachments
from gromox.convert.calendar.instant import ticks_of
from gromox.convert.calendar.person import (
    SENDABLE,
    Attendee,
    Response,
    attendee_of_property,
    mailbox_of_property,
    put_organizer,
    put_person,
    recipient_of_attendee,
)
from gromox.convert.calendar.table import COMMON, EVENT, read_rows
from gromox.convert.mail.address import RECIPIENT, REPRESENTING, SENDER, display_list
from gromox.ical.value import instant, parse_date_time
from gromox.ical.writer import format_property
from gromox.mapi import named, tags
from gromox.mapi.globalobjectid import GlobalObjectId
from gromox.mapi.message import Message, PropertyBag, Recipient, RecipientType
from gromox.mime.subject import split_subject

if TYPE_CHECKING:
    from datetime import date

    from gromox.convert.calendar.context import Context
    from gromox.ical.component import Component

_HTML, _TEXT = 3, 1  #: PidTagNativeBody
_UTF_8: Final = 65001
#: PidLidAppointmentStateFlags, [MS-OXOCAL] 2.2.1.10.
MEETING, RECEIVED, CANCELED = 1, 2, 4
#: PidLidBusyStatus, [MS-OXOCAL] 2.2.1.2.
BUSY_STATUS: Final = {"FREE": 0, "TENTATIVE": 1, "BUSY": 2, "OOF": 3, "WORKINGELSEWHERE": 4}
_FREE, _TENTATIVE, _BUSY = 0, 1, 2
#: PidLidSideEffects, [MS-OXCMSG] 2.2.1.16: of appointments, and of what is sent about them.
_SIDE_EFFECTS: Final = 0x0171
_SIDE_EFFECTS_SENT: Final = 0x1C61
_REQUEST_TYPE: Final = 1  #: PidLidMeetingType of a request
_LONGEST_UID: Final = 4096


def uid_of(component: Component) -> str:
    """Return the UID of a component; who has none gets one made of all it says."""
    uid = component.text("UID").strip()[:_LONGEST_UID]
    if uid:
        return uid
    digest = blake2b(digest_size=16)
    for line in sorted(map(format_property, component.properties)):
        digest.update(line.encode("utf-8", "replace") + b"\n")
    return digest.hexdigest()


def put_identity(bag: PropertyBag, component: Component, day: date | None) -> None:
    """Set the ids of a meeting, [MS-OXOCAL] 2.2.1.27 and 2.2.1.28.

    Args:
        bag: the properties of the message.
        component: the event.
        day: that of the original start of a changed instance.
    """
    clean = GlobalObjectId.of_uid(uid_of(component))
    bag[named.PidLidCleanGlobalObjectId] = clean.octets()
    bag[named.PidLidGlobalObjectId] = (clean if day is None else clean.of_instance(day)).octets()


def put_event(message: Message, component: Component, context: Context, message_class: str) -> None:
    """Set all that an event says, but for when it takes place and its id."""
    bag = message.properties
    bag[tags.PidTagMessageClass] = message_class
    put_text(bag, component, context)
    longest = context.options.limits.text
    read_rows(bag, component, COMMON, longest=longest)
    _put_stamp(bag, component, is_response=methods.is_response(message_class))
    read_rows(bag, component, EVENT, longest=longest)
    _put_status(bag, component, message_class)
    if methods.is_response(message_class):
        _put_response(message, component, context)
    else:
        _put_persons(message, component, context)
    if bag.get(named.PidLidLocation) is not None and message_class == methods.REQUEST:
        bag[named.PidLidWhere] = bag.text(named.PidLidLocation)
    if not context.in_mail:
        put_attachments(message, component, context.options.limits)
    bag[named.PidLidSideEffects] = (
        _SIDE_EFFECTS if message_class in (methods.APPOINTMENT, methods.EXCEPTION) else _SIDE_EFFECTS_SENT
    )


def put_text(bag: PropertyBag, component: Component, context: Context) -> None:
    """Set subject and body; a mail has its body already, but its subject is what the event is called."""
    longest = context.options.limits.text
    summary = component.first("SUMMARY")
    if summary is not None and len(summary.value) <= longest:
        prefix, normalized = split_subject(summary.text)
        bag[tags.PidTagSubject] = summary.text
        bag[tags.PidTagSubjectPrefix] = prefix
        bag[tags.PidTagNormalizedSubject] = normalized
    if context.in_mail and (bag.text(tags.PidTagBody) or bag.get(tags.PidTagHtml)):
        return
    description = component.first("DESCRIPTION")
    if description is not None and len(description.value) <= longest:
        bag[tags.PidTagBody] = description.text.replace("\r\n", "\n").replace("\n", "\r\n")
        bag[tags.PidTagNativeBody] = _TEXT
    for one in component.all("X-ALT-DESC"):
        if (one.parameter("FMTTYPE") or "").strip().lower() == "text/html" and len(one.value) <= longest:
            bag[tags.PidTagHtml] = one.text.encode("utf-8", "replace")
            bag[tags.PidTagInternetCodepage] = _UTF_8
            bag[tags.PidTagNativeBody] = _HTML
            break


def _put_stamp(bag: PropertyBag, component: Component, *, is_response: bool) -> None:
    """Set when it was said, [MS-OXCICAL] 2.1.3.1.1.20.9."""
    key = named.PidLidAttendeeCriticalChange if is_response else named.PidLidOwnerCriticalChange
    stamp = component.first("DTSTAMP")
    ticks = None
    if stamp is not None:
        try:
            ticks = ticks_of(instant(parse_date_time(stamp.value), UTC))
        except ParseError:
            ticks = None
    bag[key] = ticks if ticks is not None else undated(bag)


def undated(bag: PropertyBag) -> int:
    """Return the time of what tells no DTSTAMP: that of its last change, of its making, or of its start."""
    for key in (
        tags.PidTagLastModificationTime,
        tags.PidTagCreationTime,
        named.PidLidCommonStart,
    ):
        value = bag.typed(key, int)
        if value is not None:
            return value
    return 0


def _put_status(bag: PropertyBag, component: Component, message_class: str) -> None:
    """Set how busy it makes its owner, [MS-OXCICAL] 2.1.3.1.1.20.25, .31 and .34."""
    status = component.text("STATUS").strip().upper()
    busy = BUSY_STATUS.get(component.text("X-MICROSOFT-CDO-BUSYSTATUS").strip().upper())
    intended = BUSY_STATUS.get(component.text("X-MICROSOFT-CDO-INTENDEDSTATUS").strip().upper())
    if busy is None:
        if component.text("TRANSP").strip().upper() == "TRANSPARENT":
            busy = _FREE
        else:
            busy = _TENTATIVE if status == "TENTATIVE" else _BUSY
    if message_class == methods.REQUEST:
        # What is not answered yet is tentative; what it will be is told beside it.
        intended = busy if intended is None else intended
        busy = _FREE if intended == _FREE else _TENTATIVE
    if message_class == methods.CANCELED:
        intended, busy = busy if intended is None else intended, _FREE
    bag[named.PidLidBusyStatus] = busy
    if intended is not None:
        bag[named.PidLidIntendedBusyStatus] = intended
    flags = 0
    if status == "CANCELLED" or message_class == methods.CANCELED:
        flags |= CANCELED
    bag[named.PidLidAppointmentStateFlags] = flags


def _put_persons(message: Message, component: Component, context: Context) -> None:
    """Set organizer and attendees, and what the owner of the mailbox has to do with them."""
    bag = message.properties
    organizer = component.first("ORGANIZER")
    attendees = [
        found
        for one in component.all("ATTENDEE")[: context.options.limits.attendees]
        if (found := attendee_of_property(one)) is not None
    ]
    if organizer is not None:
        put_organizer(bag, organizer, context.book, with_sender=not context.in_mail)
    if context.in_mail:
        _mark_recipients(message.recipients, attendees)
    else:
        message.recipients += [recipient_of_attendee(each, context.book) for each in attendees]
        _put_names(bag, attendees)
    message_class = bag.text(tags.PidTagMessageClass)
    owner = context.options.owner.lower()
    own = mailbox_of_property(organizer).address.lower() if organizer is not None else ""
    mine = [each for each in attendees if owner and each.mailbox.address.lower() == owner]
    is_sent = message_class in (methods.REQUEST, methods.CANCELED)
    flags = bag.number(named.PidLidAppointmentStateFlags)
    if organizer is not None or attendees or is_sent:
        flags |= MEETING
        wants_reply = any(each.wants_reply for each in mine or attendees)
        bag[tags.PidTagResponseRequested] = wants_reply
        bag[tags.PidTagReplyRequested] = wants_reply
    if is_sent or (owner and own and own != owner):
        flags |= RECEIVED
    bag[named.PidLidAppointmentStateFlags] = flags
    response = Response.NONE
    if is_sent:
        response = Response.NOT_RESPONDED
        bag[named.PidLidMeetingType] = _REQUEST_TYPE
        bag[named.PidLidAppointmentMessageClass] = methods.APPOINTMENT
    elif flags & MEETING and owner:
        is_own = own in ("", owner)
        answered = mine[0].response if mine else Response.NONE
        response = Response.ORGANIZED if is_own else answered or Response.NOT_RESPONDED
    bag[named.PidLidResponseStatus] = response
    if flags & MEETING and not is_sent:
        bag[named.PidLidFInvited] = True


def _mark_recipients(recipients: list[Recipient], attendees: list[Attendee]) -> None:
    """Put what attendees answered to the recipients of the mail that they are."""
    by_address = {each.mailbox.address.lower(): each for each in attendees}
    for recipient in recipients:
        bag = recipient.properties
        attendee = by_address.get(bag.text(tags.PidTagSmtpAddress).lower())
        if attendee is not None:
            bag[tags.PidTagRecipientFlags] = SENDABLE
            bag[tags.PidTagRecipientTrackStatus] = attendee.response


def _put_names(bag: PropertyBag, attendees: list[Attendee]) -> None:
    """Set the lists of names, [MS-OXOCAL] 2.2.1.16 to 2.2.1.18."""
    if not attendees:
        return
    to, cc = (
        display_list(
            each.mailbox.name or each.mailbox.address for each in attendees if each.recipient_type == kind
        )
        for kind in (RecipientType.TO, RecipientType.CC)
    )
    everybody = display_list(each.mailbox.name or each.mailbox.address for each in attendees)
    bag[named.PidLidAllAttendeesString] = everybody
    bag[named.PidLidToAttendeesString] = to
    bag[named.PidLidCcAttendeesString] = cc


def _put_response(message: Message, component: Component, context: Context) -> None:
    """Set who answers whom, [MS-OXOCAL] 2.2.7."""
    bag = message.properties
    attendee = component.first("ATTENDEE")
    if attendee is not None and mailbox_of_property(attendee).address:
        mailbox = mailbox_of_property(attendee)
        put_person(bag, REPRESENTING, mailbox, context.book)
        if not context.in_mail:
            put_person(bag, SENDER, mailbox, context.book)
    organizer = component.first("ORGANIZER")
    if organizer is not None and mailbox_of_property(organizer).address and not context.in_mail:
        recipient = Recipient()
        put_person(recipient.properties, RECIPIENT, mailbox_of_property(organizer), context.book)
        recipient.properties[tags.PidTagRecipientType] = RecipientType.TO
        message.recipients.append(recipient)
    message_class = bag.text(tags.PidTagMessageClass)
    if message_class in methods.RESPONSES:
        bag[named.PidLidResponseStatus] = methods.RESPONSES[message_class][1]
    bag[named.PidLidAppointmentStateFlags] = MEETING


def put_counter(bag: PropertyBag, component: Component) -> None:
    """Make the times of a COUNTER a proposal, [MS-OXOCAL] 2.2.7.3 to 2.2.7.6.

    The original times are those that Outlook tells beside; without them the proposed ones stand for both.
    """
    start = bag.typed(named.PidLidAppointmentStartWhole, int)
    end = bag.typed(named.PidLidAppointmentEndWhole, int)
    bag[named.PidLidAppointmentCounterProposal] = True
    if start is None or end is None:
        return
    bag[named.PidLidAppointmentProposedStartWhole] = start
    bag[named.PidLidAppointmentProposedEndWhole] = end
    bag[named.PidLidAppointmentProposedDuration] = bag.number(named.PidLidAppointmentDuration)
    for name, keys in (
        ("X-MS-OLK-ORIGINALSTART", (named.PidLidAppointmentStartWhole, named.PidLidCommonStart)),
        ("X-MS-OLK-ORIGINALEND", (named.PidLidAppointmentEndWhole, named.PidLidCommonEnd)),
    ):
        one = component.first(name)
        if one is None:
            continue
        try:
            ticks = ticks_of(instant(parse_date_time(one.value), UTC))
        except ParseError:
            continue
        if ticks is not None:
            for key in keys:
                bag[key] = ticks
