"""Calendars to messages, [MS-OXCICAL] 2.1.3.

All components of one UID become one message: the series with its changed instances as attachments. A second
component without RECURRENCE-ID of the same UID is a message of its own, and so is each changed instance of a
series that is not there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.convert.calendar.context import Context
from gromox.convert.calendar.eventreader import fill_event, series_of_components, zones_needed
from gromox.convert.calendar.journal import journal_component, put_journal
from gromox.convert.calendar.kept import keep, put_kept
from gromox.convert.calendar.method import put_method
from gromox.convert.calendar.options import ReaderOptions, WriterOptions
from gromox.convert.calendar.split import split_calendar
from gromox.convert.calendar.task import put_task, task_component
from gromox.convert.mail.address import Book
from gromox.ical.component import Component
from gromox.ical.timezone import Zones
from gromox.ical.value import parse_integer
from gromox.mapi.message import Message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Components that become messages.
ITEMS: Final = ("VEVENT", "VTODO", "VJOURNAL")
#: What is kept of components of the same UID that have no place in a message.
OTHERS: Final = "X-GROMOX-OTHERS"
_OURS: Final = "X-GROMOX-"
_LOG: Final = "X-GROMOX-LOG-"
_WRITING: Final = WriterOptions()


def messages_from_calendar(octets: bytes, options: ReaderOptions | None = None) -> Iterator[Message]:
    """Go through the messages of a calendar file; one of many items is read piece by piece.

    Raises:
        ParseError: there is no calendar at all, or a bound is exceeded.
    """
    chosen = options or ReaderOptions()
    for calendar in split_calendar(octets, chosen.limits.ical):
        yield from messages_of_calendar(calendar, chosen)


def messages_of_calendar(calendar: Component, options: ReaderOptions) -> Iterator[Message]:
    """Go through the messages of a VCALENDAR."""
    context = context_of(calendar, options)
    for group in groups_of(calendar):
        yield from messages_of_group(group, context)


def context_of(calendar: Component, options: ReaderOptions, *, in_mail: bool = False) -> Context:
    """Return what reading the items of a calendar needs."""
    zones = Zones(calendar.components, options.limits.ical)
    method = calendar.text("METHOD").strip().upper()
    bare = Component(calendar.name, calendar.properties, calendar.children("VTIMEZONE"))
    return Context(options, zones, Book(options.resolver), bare, method, in_mail)


def groups_of(calendar: Component) -> list[list[Component]]:
    """Return the items by their UIDs, in the order of the first of each."""
    groups: dict[tuple[str, str | int], list[Component]] = {}
    for number, component in enumerate(calendar.children(*ITEMS)):
        _drop_ours(component)
        uid = component.text("UID").strip()
        groups.setdefault((component.name, uid or number), []).append(component)
    return list(groups.values())


def _drop_ours(component: Component) -> None:
    """Take away properties under names that mean something within what is kept."""
    for each in component.walk():
        if any(one.name.startswith(_OURS) for one in each.properties):
            each.properties = [
                one for one in each.properties if not one.name.startswith(_OURS) or one.name.startswith(_LOG)
            ]


def messages_of_group(group: Sequence[Component], context: Context) -> Iterator[Message]:
    """Go through the messages that components of one kind and UID make."""
    masters = [component for component in group if component.first("RECURRENCE-ID") is None]
    overrides = [component for component in group if component.first("RECURRENCE-ID") is not None]
    # Of several that change the same instance the last counts, RFC 5546 2.1.5.
    overrides.sort(key=_sequence)
    most = context.options.limits.overrides
    alone = masters or overrides
    for number, component in enumerate(alone):
        changed = overrides[:most] if masters and not number else []
        message = Message()
        if component.name == "VEVENT":
            fill_event(message, component, changed, context)
        else:
            _fill_other(message, component, changed, context)
        yield message


def _sequence(component: Component) -> int:
    try:
        return parse_integer(component.text("SEQUENCE"))
    except ParseError:
        return 0


def _fill_other(
    message: Message, component: Component, overrides: Sequence[Component], context: Context
) -> None:
    """Put a task or a journal entry into a message; it has no changed instances, so these are kept."""
    if component.name == "VTODO":
        put_task(message, component, series_of_components([component], context), context)
        canonical = task_component(message, _WRITING)
    else:
        put_journal(message, component, replace(context, in_mail=False))
        canonical = journal_component(message, _WRITING)
    put_method(message.properties, context.method)
    kept = keep(component, canonical)
    others = [Component(OTHERS, [], list(overrides))] if overrides else []
    zones = zones_needed([component, *overrides], context)
    put_kept(message.properties, *zones, *others, *([kept] if kept is not None else []))
