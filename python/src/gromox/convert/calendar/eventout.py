"""Message to VEVENT, [MS-OXCICAL] 2.1.3.1.1.20: what is written from a message alone."""

from __future__ import annotations

from datetime import UTC
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.convert.bodies import bodies_of, html_property
from gromox.convert.calendar import method as methods
from gromox.convert.calendar.alarm import alarm_of
from gromox.convert.calendar.attach import attach_properties
from gromox.convert.calendar.event import BUSY_STATUS, CANCELED, undated
from gromox.convert.calendar.instant import ticks_of, utc
from gromox.convert.calendar.kept import KEPT
from gromox.convert.calendar.person import (
    address_value,
    attendee_property,
    organizer_property,
    person_of_group,
    responder_property,
)
from gromox.convert.calendar.table import COMMON, EVENT, write_rows
from gromox.convert.calendar.times import time_properties
from gromox.convert.mail.address import RECIPIENT
from gromox.ical.component import Component
from gromox.ical.property import Property
from gromox.ical.text import escape
from gromox.ical.value import format_date_time
from gromox.mapi import named, tags
from gromox.mapi.globalobjectid import GlobalObjectId
from gromox.mapi.message import Message, PropertyBag, PropertyKey, Recipient, RecipientType

if TYPE_CHECKING:
    from gromox.convert.calendar.options import WriterOptions

_BODIES: Final = (
    tags.PidTagBody,
    tags.PidTagHtml,
    tags.PidTagBodyHtml,
    tags.PidTagRtfCompressed,
    tags.PidTagNativeBody,
)
#: What a changed instance has never from its series.
_OWN: Final[tuple[PropertyKey, ...]] = (
    KEPT,
    named.PidLidAppointmentRecur,
    named.PidLidRecurring,
    named.PidLidIsRecurring,
    named.PidLidGlobalObjectId,
    named.PidLidAppointmentStartWhole,
    named.PidLidAppointmentEndWhole,
    named.PidLidCommonStart,
    named.PidLidCommonEnd,
    tags.PidTagStartDate,
    tags.PidTagEndDate,
)
_BUSY_NAMES: Final = {number: name for name, number in BUSY_STATUS.items()}
_BUSY: Final = 2


def event_component(message: Message, options: WriterOptions, *, series: Message | None = None) -> Component:
    """Return the VEVENT of a message.

    Args:
        message: an appointment, a message about one, or a changed instance.
        options: how it is written.
        series: the appointment that the instance is of.
    """
    bag = message.properties
    recipients = message.recipients
    if series is not None:
        bag = with_series(bag, series.properties)
        recipients = recipients or series.recipients
    message_class = methods.class_of(series.properties if series is not None else bag)
    replaces = bag.typed(named.PidLidExceptionReplaceTime, int)
    properties = [Property("UID", escape(uid_of_bag(bag))), _stamp(bag, options, message_class)]
    times = _proposed(bag) if methods.method_of(bag) == "COUNTER" else bag
    is_inquiry = message_class == methods.INQUIRY
    if is_inquiry:
        times = PropertyBag()
    properties += time_properties(
        times, replaces=replaces, series=series.properties if series is not None else None
    )
    if methods.is_response(message_class):
        properties += _response(bag, recipients, options, message_class)
    else:
        properties += _persons(bag, recipients, options)
    if is_inquiry:
        # RFC 5546 3.2.6 wants no more.
        return Component("VEVENT", properties)
    properties += texts(bag)
    if named.PidLidAppointmentSequence not in bag:
        properties.append(Property("SEQUENCE", "0"))
    properties += write_rows(bag, COMMON) + write_rows(bag, EVENT)
    properties += _status(bag, message_class, is_instance=replaces is not None)
    if times is not bag:
        properties += _originals(bag)
    if options.with_attachments:
        properties += attach_properties(message)
    children = [] if methods.is_response(message_class) else alarm_of(bag)
    return Component("VEVENT", properties, children)


def with_series(bag: PropertyBag, series: PropertyBag) -> PropertyBag:
    """Return an instance with what it has from its series, [MS-OXOCAL] 2.2.10.2."""
    merged = PropertyBag(dict(series))
    dropped = list(_OWN)
    if any(bag.get(key) is not None for key in _BODIES):
        dropped += _BODIES
    for key in dropped:
        merged.pop(key, None)
    for key, value in bag.items():
        merged[key] = value
    return merged


def uid_of_bag(bag: PropertyBag) -> str:
    """Return the UID of a message; who has no id gets one made of what identifies it."""
    for key in (named.PidLidCleanGlobalObjectId, named.PidLidGlobalObjectId):
        octets = bag.typed(key, bytes)
        if octets:
            try:
                return GlobalObjectId.from_octets(octets).uid
            except ParseError:
                continue
    digest = blake2b(digest_size=16)
    for tag in (tags.PidTagSearchKey, tags.PidTagSubject, tags.PidTagCreationTime, named.PidLidCommonStart):
        digest.update(repr(bag.get(tag)).encode("utf-8", "replace"))
    return digest.hexdigest()


def _stamp(bag: PropertyBag, options: WriterOptions, message_class: str) -> Property:
    keys: tuple[PropertyKey, ...] = (named.PidLidOwnerCriticalChange,)
    if methods.is_response(message_class):
        keys = (named.PidLidAttendeeCriticalChange, named.PidLidOwnerCriticalChange)
    ticks = next((value for key in keys if (value := bag.typed(key, int)) is not None), None)
    if ticks is None and options.stamp is not None:
        ticks = ticks_of(options.stamp.astimezone(UTC))
    return Property("DTSTAMP", format_date_time(utc(undated(bag) if ticks is None else ticks)))


def texts(bag: PropertyBag) -> list[Property]:
    """Return SUMMARY, DESCRIPTION and X-ALT-DESC, [MS-OXCICAL] 2.1.3.1.1.20.11, .24 and .27."""
    found = []
    subject = bag.get(tags.PidTagSubject)
    if not isinstance(subject, str):
        prefix = bag.text(tags.PidTagSubjectPrefix)
        subject = (
            prefix + bag.text(tags.PidTagNormalizedSubject) if tags.PidTagNormalizedSubject in bag else None
        )
    if subject is not None:
        found.append(Property("SUMMARY", escape(subject)))
    text = bag.typed(tags.PidTagBody, str)
    html = html_property(bag)
    if text is None and (html or tags.PidTagRtfCompressed in bag):
        bodies = bodies_of(bag)
        text, html = bodies.text, html or bodies.html
    if text is not None:
        found.append(Property("DESCRIPTION", escape(text)))
    if html:
        found.append(Property("X-ALT-DESC", escape(html), (("FMTTYPE", ("text/html",)),)))
    return found


def _persons(bag: PropertyBag, recipients: list[Recipient], options: WriterOptions) -> list[Property]:
    """Return organizer and attendees, of meetings only."""
    found = []
    flags = bag.number(named.PidLidAppointmentStateFlags)
    if not flags & 1 and not recipients:
        return []
    organizer = organizer_property(bag, options.smtp_of)
    if organizer is not None:
        found.append(organizer)
    wants_reply = bool(bag.get(tags.PidTagResponseRequested))
    for recipient in recipients:
        attendee = attendee_property(recipient, options.smtp_of, wants_reply=wants_reply)
        if attendee is not None:
            found.append(attendee)
    return found


def _response(
    bag: PropertyBag, recipients: list[Recipient], options: WriterOptions, message_class: str
) -> list[Property]:
    found = []
    for recipient in recipients:
        kind = recipient.properties.number(tags.PidTagRecipientType, RecipientType.TO) & 0x0F
        organizer = person_of_group(recipient.properties, RECIPIENT, options.smtp_of)
        if kind == RecipientType.TO and organizer is not None:
            parameters = (("CN", (organizer.name,)),) if organizer.name else ()
            found.append(Property("ORGANIZER", address_value(organizer.address), parameters))
            break
    partstat = methods.RESPONSES.get(message_class, ("", 0))[0]
    responder = responder_property(bag, partstat, options.smtp_of)
    if responder is not None:
        found.append(responder if partstat else responder.with_parameter("PARTSTAT"))
    return found


def _status(bag: PropertyBag, message_class: str, *, is_instance: bool) -> list[Property]:
    """Return how busy it makes its owner, and what Outlook tells beside."""
    busy = bag.typed(named.PidLidBusyStatus, int, _BUSY)
    intended = bag.typed(named.PidLidIntendedBusyStatus, int)
    shown = intended if message_class == methods.REQUEST and intended is not None else busy
    is_canceled = bag.number(named.PidLidAppointmentStateFlags) & CANCELED
    status = "CANCELLED" if is_canceled else "TENTATIVE" if shown == 1 else "CONFIRMED"
    is_series = bool(bag.get(named.PidLidRecurring))
    instance_type = "3" if is_instance else "1" if is_series else "0"
    is_all_day = "TRUE" if bag.get(named.PidLidAppointmentSubType) else "FALSE"
    found = [
        Property("TRANSP", "TRANSPARENT" if shown == 0 else "OPAQUE"),
        Property("STATUS", status),
        Property("X-MICROSOFT-CDO-BUSYSTATUS", _BUSY_NAMES.get(busy, "BUSY")),
    ]
    if intended is not None:
        found.append(Property("X-MICROSOFT-CDO-INTENDEDSTATUS", _BUSY_NAMES.get(intended, "BUSY")))
    return [
        *found,
        Property("X-MICROSOFT-CDO-ALLDAYEVENT", is_all_day),
        Property("X-MICROSOFT-CDO-INSTTYPE", instance_type),
    ]


def _proposed(bag: PropertyBag) -> PropertyBag:
    """Return the times of a counter proposal as those of an event."""
    proposed = PropertyBag(dict(bag))
    for key, ours in (
        (named.PidLidAppointmentProposedStartWhole, named.PidLidAppointmentStartWhole),
        (named.PidLidAppointmentProposedEndWhole, named.PidLidAppointmentEndWhole),
    ):
        value = bag.typed(key, int)
        if value is not None:
            proposed[ours] = value
    proposed.pop(named.PidLidAppointmentRecur, None)
    return proposed


def _originals(bag: PropertyBag) -> list[Property]:
    """Return the times that a counter proposal wants to change, [MS-OXCICAL] 2.1.3.1.1.20.59 and .60."""
    return [
        Property(name, format_date_time(utc(value)))
        for name, key in (
            ("X-MS-OLK-ORIGINALSTART", named.PidLidAppointmentStartWhole),
            ("X-MS-OLK-ORIGINALEND", named.PidLidAppointmentEndWhole),
        )
        if (value := bag.typed(key, int)) is not None
    ]
