"""text/calendar parts of mails: invitations, answers and what else iTIP sends; RFC 6047, [MS-OXCICAL] 2.1.3.

A part that is one meeting makes the mail a message about it. Any other calendar stays an attachment: one that
is only published, several events, tasks, free and busy times.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.convert.calendar import method as methods
from gromox.convert.calendar.eventreader import fill_event
from gromox.convert.calendar.options import ReaderOptions, WriterOptions
from gromox.convert.calendar.reader import context_of, groups_of
from gromox.convert.calendar.writer import calendar_from_messages
from gromox.convert.mail.hooks import CalendarPart
from gromox.ical.property import Property
from gromox.ical.reader import read
from gromox.mapi import tags
from gromox.mime import charset

if TYPE_CHECKING:
    from gromox.convert.mail.hooks import CalendarReader, CalendarWriter
    from gromox.ical.component import Component
    from gromox.mapi.message import Message

_NOTE: Final = "ipm.note"
_UNICODE: Final = frozenset(["", "utf-8", "utf8", "us-ascii", "ascii"])
_SENT: Final = frozenset([methods.REQUEST, methods.CANCELED, methods.INQUIRY, *methods.RESPONSES])


def calendar_reader(options: ReaderOptions | None = None) -> CalendarReader:
    """Return what ``convert.mail`` hands text/calendar parts to."""
    chosen = options or ReaderOptions()

    def read_part(part: CalendarPart, message: Message) -> bool:
        if message.properties.text(tags.PidTagMessageClass).lower() != _NOTE:
            # A report, or a meeting already: many send the same calendar twice.
            return False
        found = _meeting(part, chosen)
        if found is None:
            return False
        calendar, group = found
        context = context_of(calendar, chosen, in_mail=True)
        masters = [component for component in group if component.first("RECURRENCE-ID") is None]
        master = (masters or group)[0]
        if methods.class_of_event(context.method, master) not in _SENT or (not masters and len(group) > 1):
            return False
        overrides = [component for component in group if component is not master] if masters else []
        fill_event(message, master, overrides[: chosen.limits.overrides], context)
        return True

    return read_part


def _meeting(part: CalendarPart, options: ReaderOptions) -> tuple[Component, list[Component]] | None:
    """Return the calendar and its only event with its changed instances, or None if it is something else."""
    octets = part.octets
    if part.charset.lower() not in _UNICODE:
        octets = charset.decode(octets, part.charset).encode("utf-8", "replace")
    try:
        roots = read(octets, options.limits.ical)
    except ParseError:
        return None
    if len(roots) != 1 or roots[0].name != "VCALENDAR":
        return None
    calendar = roots[0]
    if not calendar.text("METHOD").strip() and part.method:
        # The parameter of the part says the same, RFC 6047 2.4.
        calendar.properties.append(Property("METHOD", part.method.upper()))
    groups = groups_of(calendar)
    masters = [
        component for group in groups for component in group if component.first("RECURRENCE-ID") is None
    ]
    if len(groups) != 1 or groups[0][0].name != "VEVENT" or len(masters) > 1:
        return None
    return calendar, groups[0]


def calendar_writer(options: WriterOptions | None = None) -> CalendarWriter:
    """Return what ``convert.mail`` asks for the text/calendar part of a message.

    Appointments that lie in a folder are published; what is sent about meetings has its method.
    """
    chosen = replace(options or WriterOptions(), with_attachments=False)

    def write_part(message: Message) -> CalendarPart | None:
        kind = methods.class_of(message.properties)
        if kind not in _SENT and kind != methods.APPOINTMENT:
            return None
        method = methods.method_of(message.properties) or "PUBLISH"
        octets = calendar_from_messages([message], chosen, method=method)
        return CalendarPart(octets, "utf-8", method)

    return write_part
