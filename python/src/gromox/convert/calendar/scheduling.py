"""What an invitation, an update or a cancellation makes of the appointment that an attendee has.

At the level of calendars: what is there is written as components, merged with what came, and read again, so
that changed instances of series need no code of their own.

Spec: RFC 5546 3.2.2 (REQUEST), 3.2.3 (REPLY), 3.2.5 (CANCEL), 2.1.5 (which of two messages is newer).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.convert.calendar.limits import DEFAULT
from gromox.convert.calendar.reader import messages_of_calendar
from gromox.convert.calendar.writer import components_of_message
from gromox.ical.component import Component
from gromox.ical.property import Property
from gromox.ical.reader import read
from gromox.ical.text import escape
from gromox.ical.value import parse_address
from gromox.ical.writer import write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gromox.convert.calendar.options import ReaderOptions, WriterOptions
    from gromox.mapi.message import Message

REQUEST, CANCEL = "REQUEST", "CANCEL"
_COPIED: Final = ("UID", "RECURRENCE-ID", "DTSTART", "DTEND", "DURATION", "SEQUENCE", "SUMMARY", "ORGANIZER")


@dataclass(frozen=True, slots=True)
class Invitation:
    """One meeting that a mail is about."""

    method: str
    """REQUEST or CANCEL."""
    events: tuple[Component, ...]
    """The series first, if it is there."""
    zones: tuple[Component, ...]

    @property
    def uid(self) -> str:
        """Return what identifies the meeting everywhere."""
        return self.events[0].text("UID").strip()

    @property
    def organizer(self) -> str:
        """Return the address of who invites; empty if it is not told."""
        found = self.events[0].first("ORGANIZER")
        return parse_address(found.value) if found is not None else ""

    @property
    def sequence(self) -> int:
        """Return the revision."""
        return max(_sequence(event) for event in self.events)

    @property
    def is_whole(self) -> bool:
        """Tell whether it is about the meeting as a whole, not about instances of a series."""
        return self.events[0].first("RECURRENCE-ID") is None

    @property
    def recurs(self) -> bool:
        """Tell whether it is a series."""
        return any(event.first("RRULE") or event.first("RDATE") for event in self.events)


def invitation_of(octets: bytes) -> Invitation | None:
    """Return what a text/calendar part invites to or cancels; None: it does neither, or for several."""
    try:
        roots = read(octets, DEFAULT.ical)
    except ParseError:
        return None
    if len(roots) != 1 or roots[0].name != "VCALENDAR":
        return None
    calendar = roots[0]
    method = calendar.text("METHOD").strip().upper()
    events = sorted(calendar.children("VEVENT"), key=lambda event: event.first("RECURRENCE-ID") is not None)
    if method not in (REQUEST, CANCEL) or len({each.text("UID").strip() for each in events}) != 1:
        return None
    if not events[0].text("UID").strip() or len(events) > DEFAULT.overrides:
        return None
    return Invitation(method, tuple(events), tuple(calendar.children("VTIMEZONE")))


def appointment_of(
    invitation: Invitation, existing: Message | None, *, reading: ReaderOptions, writing: WriterOptions
) -> Message | None:
    """Return the appointment as it stands after an invitation or cancellation; None: nothing is left of it.

    Args:
        invitation: what came.
        existing: the appointment that is there.
        reading: how it is read.
        writing: how the existing one is written in between.
    """
    held = components_of_message(existing, writing) if existing is not None else []
    if invitation.method == CANCEL:
        if invitation.is_whole or not held:
            return None
        events = _without(held, invitation.events)
    elif invitation.is_whole:
        events = list(invitation.events)
    else:
        replaced = {_instance(event) for event in invitation.events}
        events = [event for event in held if _instance(event) not in replaced] + list(invitation.events)
    calendar = Component("VCALENDAR", [Property("VERSION", "2.0")], [*invitation.zones, *events])
    try:
        return next(messages_of_calendar(calendar, reading), None)
    except ParseError:
        return None


def reply_calendar(
    invitation: Invitation, attendee: str, name: str, *, accepted: bool, product: str, stamp: datetime
) -> bytes:
    """Return the answer to an invitation, RFC 5546 3.2.3."""
    parameters: list[tuple[str, tuple[str, ...]]] = [("PARTSTAT", ("ACCEPTED" if accepted else "DECLINED",))]
    if name:
        parameters.append(("CN", (name,)))
    answers = []
    for event in invitation.events:
        properties = [each for each in event.properties if each.name in _COPIED]
        properties.append(Property("DTSTAMP", stamp.strftime("%Y%m%dT%H%M%SZ")))
        properties.append(Property("ATTENDEE", f"mailto:{attendee}", tuple(parameters)))
        answers.append(Component("VEVENT", properties))
    head = [Property("PRODID", escape(product)), Property("VERSION", "2.0"), Property("METHOD", "REPLY")]
    return write(Component("VCALENDAR", head, [*invitation.zones, *answers]))


def _sequence(event: Component) -> int:
    text = event.text("SEQUENCE").strip()
    return int(text[:9]) if text[:9].isascii() and text[:9].isdigit() else 0


def _instance(event: Component) -> tuple[str, tuple[str, ...]] | None:
    """Return which instance of its series an event is about: RECURRENCE-ID with its zone."""
    found = event.first("RECURRENCE-ID")
    return None if found is None else (found.value.strip(), tuple(found.parameter_values("TZID")))


def _without(held: Sequence[Component], cancelled: Sequence[Component]) -> list[Component]:
    """Return a series without some instances: they become exceptions of its rule."""
    gone = {_instance(event) for event in cancelled}
    left = [event for event in held if _instance(event) is None or _instance(event) not in gone]
    masters = [event for event in left if _instance(event) is None]
    for master in masters:
        for event in cancelled:
            at = event.first("RECURRENCE-ID")
            if at is not None:
                master.properties.append(at._replace(name="EXDATE").with_parameter("RANGE"))
    return left
