"""VJOURNAL and journal entries, [MS-OXOJRNL] 2.2.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.convert.calendar.attach import attach_properties, put_attachments
from gromox.convert.calendar.event import put_text
from gromox.convert.calendar.eventout import texts
from gromox.convert.calendar.instant import MINUTE, local_of, midnight, ticks_in
from gromox.convert.calendar.table import COMMON, read_rows, write_rows
from gromox.convert.calendar.task import put_stamp_and_uid, stamp_and_uid
from gromox.convert.calendar.times import time_property
from gromox.convert.calendar.zone import put_zone, zone_of_start
from gromox.ical.component import Component
from gromox.ical.property import Property
from gromox.ical.text import escape
from gromox.ical.value import DateTime, date_or_date_time, parse_integer
from gromox.mapi import named, tags

if TYPE_CHECKING:
    from gromox.convert.calendar.context import Context
    from gromox.convert.calendar.options import WriterOptions
    from gromox.mapi.message import Message

ACTIVITY: Final = "IPM.Activity"
_ICON: Final = 0x601
#: Ours; iCalendar says neither how long nor of what kind.
_DURATION: Final = "X-GROMOX-LOG-DURATION"
_TYPE: Final = "X-GROMOX-LOG-TYPE"
_LONGEST: Final = 1 << 31


def put_journal(message: Message, component: Component, context: Context) -> None:
    """Set what a journal entry has a place for."""
    bag = message.properties
    bag[tags.PidTagMessageClass] = ACTIVITY
    bag[tags.PidTagIconIndex] = _ICON
    put_text(bag, component, context)
    read_rows(bag, component, COMMON, longest=context.options.limits.text)
    kind = component.text(_TYPE).strip()
    bag[named.PidLidLogType] = bag[named.PidLidLogTypeDesc] = kind or "Note"
    duration = 0
    try:
        duration = min(max(parse_integer(component.text(_DURATION)), 0), _LONGEST - 1)
    except ParseError:
        duration = 0
    bag[named.PidLidLogDuration] = duration
    bag[named.PidLidLogFlags] = 0
    one = component.first("DTSTART")
    try:
        value = date_or_date_time(one) if one is not None else None
    except ParseError:
        value = None
    if value is not None:
        zone = context.zone_of(value)
        local = value.local if isinstance(value, DateTime) else midnight(value)
        start = ticks_in(local, zone.zone)
        if start is not None:
            bag[named.PidLidLogStart] = bag[named.PidLidCommonStart] = start
            bag[named.PidLidLogEnd] = bag[named.PidLidCommonEnd] = start + duration * MINUTE
            put_zone(bag, zone, zone, local.year, recurs=False)
    put_attachments(message, component, context.options.limits)
    put_stamp_and_uid(bag, component)


def journal_component(message: Message, options: WriterOptions) -> Component:
    """Return the VJOURNAL of a journal entry."""
    bag = message.properties
    properties = stamp_and_uid(bag, options)
    start = bag.typed(named.PidLidLogStart, int)
    if start is not None:
        zone = zone_of_start(bag)
        properties.append(time_property("DTSTART", local_of(start, zone.zone), zone, is_all_day=False))
    properties += [*texts(bag), *write_rows(bag, COMMON)]
    kind = bag.text(named.PidLidLogType)
    if kind not in ("", "Note"):
        properties.append(Property(_TYPE, escape(kind)))
    duration = bag.number(named.PidLidLogDuration)
    if duration:
        properties.append(Property(_DURATION, str(duration)))
    if options.with_attachments:
        properties += attach_properties(message)
    return Component("VJOURNAL", properties)
