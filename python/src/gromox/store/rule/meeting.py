"""Meetings that are booked without asking anybody: rooms, equipment, and users who asked for it.

Spec: [MS-OXOCAL] 3.1.4.7 (requests), 3.1.4.9 (cancellations); reference/system/db-schema.md (the properties
of users that say how to book), protocols.md section 8.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from gromox import mime
from gromox.convert.calendar import ReaderOptions, WriterOptions
from gromox.convert.calendar.freebusy import busy_time
from gromox.convert.calendar.options import PRODUCT
from gromox.convert.calendar.scheduling import CANCEL, appointment_of, invitation_of, reply_calendar
from gromox.convert.mail import CalendarPart, WriterHooks
from gromox.ical.freebusy import Busy
from gromox.mapi import named, tags
from gromox.mapi.folderids import Private
from gromox.mime import charset
from gromox.mime.body import decoded
from gromox.store.item.reading import read_item
from gromox.store.property.mail import reader_options
from gromox.store.property.message import MessageProperties
from gromox.store.rule import compose, stored

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gromox.convert.calendar.scheduling import Invitation
    from gromox.ical.freebusy import BusyPeriod
    from gromox.mapi.message import Message
    from gromox.mapi.propname import NamedProperty
    from gromox.store.mailbox_file import MailboxFile, Write
    from gromox.store.rule.compose import Occasion
    from gromox.store.rule.model import MeetingPolicy
    from gromox.store.rule.outgoing import Outgoing

_CALENDAR: Final = int(Private.CALENDAR)
#: Appointments that are looked at for conflicts.
_MAX_APPOINTMENTS: Final = 20_000
#: Later conflicts of a series do not count.
_HORIZON: Final = timedelta(days=366)
_FIND: Final = "SELECT mid FROM messages WHERE folder_id = ? AND state = 0 AND associated = 0 LIMIT ?"
_BUSY, _TENTATIVE = 2, 1  #: PidLidBusyStatus
_ACCEPTED, _NOT_RESPONDED = 3, 5  #: PidLidResponseStatus
_MEETING_RECEIVED: Final = 0x03  #: PidLidAppointmentStateFlags


@dataclass(frozen=True, slots=True)
class Booked:
    """What became of an invitation."""

    answer: Outgoing | None
    is_answered: bool
    """It was decided upon: nobody has to look at it any more."""


def book(tx: Write, occasion: Occasion, policy: MeetingPolicy) -> Booked | None:
    """Enter what a mail invites to into the calendar, or take out what it cancels; None: it does neither."""
    invitation = _invitation(occasion)
    if invitation is None:
        return None
    file = tx.file
    mid, existing = _find(file, invitation)
    if existing is not None and _sequence(existing) > invitation.sequence:
        return Booked(None, is_answered=False)  # it was overtaken by a later one
    reading, writing = _options(occasion)
    appointment = appointment_of(invitation, existing, reading=reading, writing=writing)
    if invitation.method == CANCEL or appointment is None:
        if existing is not None:
            stored.replace_item(tx, _CALENDAR, mid, appointment)
        return Booked(None, is_answered=policy.accepts and existing is not None)
    accepted = policy.accepts and not _refusal(file, policy, invitation, appointment, mid, occasion.now)
    if accepted or not policy.accepts:
        _mark(appointment, is_accepted=accepted)
        stored.replace_item(tx, _CALENDAR, mid, appointment)
    if not policy.accepts:
        return Booked(None, is_answered=False)
    return Booked(_answer(occasion, invitation, accepted=accepted), is_answered=True)


def _invitation(occasion: Occasion) -> Invitation | None:
    mail = mime.scan(occasion.octets)
    for part in mail.root.walk():
        if (part.media_type, part.subtype) == ("text", "calendar"):
            text = charset.decode(decoded(part, occasion.octets), part.charset)
            return invitation_of(text.encode("utf-8", "replace"))
    return None


def _options(occasion: Occasion) -> tuple[ReaderOptions, WriterOptions]:
    stamp = datetime.fromtimestamp(occasion.now, UTC)
    return reader_options(occasion.addressed.timezone, occasion.owner), WriterOptions(stamp=stamp)


def _tag(file: MailboxFile, key: NamedProperty) -> int:
    """Return the tag that a named property has in this mailbox; 0: it has none."""
    (prop_id,) = file.names.ids((key.name,))
    return prop_id << 16 | key.type if prop_id else 0


def _find(file: MailboxFile, invitation: Invitation) -> tuple[int, Message | None]:
    """Return the appointment of a meeting that stands in the calendar already."""
    wanted = _identifier(invitation)
    tag = _tag(file, named.PidLidCleanGlobalObjectId)
    if not wanted or not tag:
        return 0, None
    for mid, (value,) in MessageProperties(file, (tag,)).rows(_mids(file)):
        if value == wanted:
            return mid, read_item(file, mid)
    return 0, None


def _identifier(invitation: Invitation) -> bytes:
    """Return the PidLidCleanGlobalObjectId that the meeting gets when it is read."""
    whole = replace(invitation, method="REQUEST")
    message = appointment_of(whole, None, reading=ReaderOptions(), writing=WriterOptions())
    return message.properties.typed(named.PidLidCleanGlobalObjectId, bytes, b"") if message else b""


def _mids(file: MailboxFile) -> list[int]:
    return [row[0] for row in file.execute(_FIND, (_CALENDAR, _MAX_APPOINTMENTS)).fetchall()]


def _sequence(message: Message) -> int:
    return message.properties.number(named.PidLidAppointmentSequence)


def _refusal(
    file: MailboxFile,
    policy: MeetingPolicy,
    invitation: Invitation,
    appointment: Message,
    mid: int,
    now: float,
) -> bool:
    """Tell whether the policy declines a meeting."""
    if policy.declines_recurring and invitation.recurs:
        return True
    return policy.declines_conflicts and _conflicts(file, appointment, mid, now)


def _conflicts(file: MailboxFile, appointment: Message, own: int, now: float) -> bool:
    """Tell whether an appointment overlaps one that is busy; the past and tentative ones do not count."""
    begin = datetime.fromtimestamp(now, UTC)
    wanted = _taken([appointment], begin, begin + _HORIZON)
    if not wanted:
        return False
    first, last = wanted[0].start, max(period.end for period in wanted)
    others = (read_item(file, mid) for mid in _mids(file) if mid != own)
    return any(
        mine.start < theirs.end and theirs.start < mine.end
        for theirs in _taken(others, first, last)
        for mine in wanted
    )


def _taken(messages: Iterable[Message], begin: datetime, end: datetime) -> list[BusyPeriod]:
    return [period for period in busy_time(messages, begin, end) if period.busy > Busy.TENTATIVE]


def _mark(appointment: Message, *, is_accepted: bool) -> None:
    """Make what was invited to an appointment of the attendee, [MS-OXOCAL] 3.1.4.7.3."""
    bag = appointment.properties
    bag[tags.PidTagMessageClass] = "IPM.Appointment"
    bag[named.PidLidAppointmentStateFlags] = _MEETING_RECEIVED
    bag[named.PidLidResponseStatus] = _ACCEPTED if is_accepted else _NOT_RESPONDED
    if bag.number(named.PidLidBusyStatus, _BUSY):
        bag[named.PidLidBusyStatus] = _BUSY if is_accepted else _TENTATIVE


def _answer(occasion: Occasion, invitation: Invitation, *, accepted: bool) -> Outgoing | None:
    """Return the mail that tells the organizer; None: nobody to tell."""
    organizer = invitation.organizer or occasion.addressed.sender
    if "@" not in organizer:
        return None
    word = "Accepted" if accepted else "Declined"
    calendar = reply_calendar(
        invitation,
        occasion.owner,
        occasion.addressed.display_name,
        accepted=accepted,
        product=PRODUCT,
        stamp=datetime.fromtimestamp(occasion.now, UTC),
    )
    part = CalendarPart(calendar, "utf-8", "REPLY")
    return compose.notice(
        occasion,
        f"meeting-{word.lower()}",
        f"{word}: {occasion.subject}",
        organizer,
        hooks=WriterHooks(calendar=lambda _: part),
    )
