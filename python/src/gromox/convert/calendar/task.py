"""VTODO and tasks, [MS-OXOTASK] 2.2.2.2.

Days of a task are kept as midnight UTC of that day. Times of day, persons and changed instances, for which
tasks have no place, are kept beside (``kept``).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.convert.calendar.alarm import alarm_of, put_reminder
from gromox.convert.calendar.attach import attach_properties, put_attachments
from gromox.convert.calendar.blob import end_of_rule, recurrence_of_series, starts
from gromox.convert.calendar.event import put_text, uid_of, undated
from gromox.convert.calendar.eventout import texts, uid_of_bag
from gromox.convert.calendar.instant import instant_of, midnight, ticks_of, utc
from gromox.convert.calendar.pattern import is_countable, rule_of_pattern
from gromox.convert.calendar.table import COMMON, read_rows, write_rows
from gromox.convert.calendar.times import time_property
from gromox.convert.calendar.zone import UTC_ZONE
from gromox.ical.component import Component
from gromox.ical.property import Property
from gromox.ical.recur import format_recur
from gromox.ical.text import escape
from gromox.ical.value import (
    DateTime,
    date_or_date_time,
    format_date,
    format_date_time,
    instant,
    parse_date_time,
    parse_integer,
)
from gromox.mapi import named, tags
from gromox.mapi.recurrence import RecurrencePattern, local_time

if TYPE_CHECKING:
    from datetime import date

    from gromox.convert.calendar.context import Context
    from gromox.convert.calendar.options import WriterOptions
    from gromox.ical.series import Series
    from gromox.mapi.message import Message, PropertyBag
    from gromox.mapi.propname import NamedProperty

TASK: Final = "IPM.Task"
_ICON, _ICON_RECURRING = 0x500, 0x501
_NOT_STARTED, _IN_PROGRESS, _COMPLETE, _DEFERRED = 0, 1, 2, 4
_STATUS: Final = {
    "NEEDS-ACTION": _NOT_STARTED,
    "IN-PROCESS": _IN_PROGRESS,
    "COMPLETED": _COMPLETE,
    "CANCELLED": _DEFERRED,
}
#: What waits for somebody and what is put off are not begun and not over.
_STATUS_NAMES: Final = {_IN_PROGRESS: "IN-PROCESS", _COMPLETE: "COMPLETED"}
_ALL: Final = 100
#: [MS-OXOTASK] 2.2.2.2: of a task of one's own.
_PLAIN: Final = (
    (named.PidLidTaskMode, 0),
    (named.PidLidTaskState, 1),
    (named.PidLidTaskOwnership, 0),
    (named.PidLidTaskAcceptanceState, 0),
    (named.PidLidTaskVersion, 1),
)


def put_task(message: Message, component: Component, series: Series | None, context: Context) -> None:
    """Set all that a task has a place for."""
    bag = message.properties
    bag[tags.PidTagMessageClass] = TASK
    for key, number in _PLAIN:
        bag[key] = number
    put_text(bag, component, context)
    read_rows(bag, component, COMMON, longest=context.options.limits.text)
    start, due = (_value(component, name) for name in ("DTSTART", "DUE"))
    due = _due(start, due, series)
    for value, day_key, instant_key in (
        (start, named.PidLidTaskStartDate, named.PidLidCommonStart),
        (due, named.PidLidTaskDueDate, named.PidLidCommonEnd),
    ):
        _put_day(bag, value, day_key, instant_key, context)
    _put_progress(bag, component)
    recurrence = None
    if series is not None and start is not None:
        bare = replace(series, replacements=(), changed=frozenset())
        recurrence = recurrence_of_series(bare, {}, context.options.limits).recurrence
    bag[named.PidLidTaskFRecurring] = recurrence is not None
    if recurrence is not None:
        bag[named.PidLidTaskRecurrence] = recurrence.pattern.octets()
    bag[tags.PidTagIconIndex] = _ICON if recurrence is None else _ICON_RECURRING
    begin, end = bag.typed(named.PidLidCommonStart, int), bag.typed(named.PidLidCommonEnd, int)
    put_reminder(bag, component, begin if begin is not None else end, end)
    put_attachments(message, component, context.options.limits)
    put_stamp_and_uid(bag, component)


def put_stamp_and_uid(bag: PropertyBag, component: Component) -> None:
    """Set UID and DTSTAMP of what is no meeting."""
    bag[named.PidNameCalendarUid] = uid_of(component)
    ticks = None
    try:
        ticks = ticks_of(instant(parse_date_time(component.text("DTSTAMP")), UTC))
    except ParseError:
        ticks = None
    bag[named.PidNameCalendarLastModified] = ticks if ticks is not None else undated(bag)


def _value(component: Component, name: str) -> date | DateTime | None:
    one = component.first(name)
    try:
        return date_or_date_time(one) if one is not None else None
    except ParseError:
        return None


def _due(
    start: date | DateTime | None, due: date | DateTime | None, series: Series | None
) -> date | DateTime | None:
    """Return when a task is due; DURATION tells it too, RFC 5545 3.6.2."""
    if due is not None or series is None or not series.shape.duration.total:
        return due
    if start is None or series.shape.component.first("DURATION") is None:
        return None
    try:
        if isinstance(start, DateTime):
            return start._replace(local=start.local + series.shape.duration.total)
        return start + series.shape.duration.total
    except OverflowError:
        return None


def _put_day(
    bag: PropertyBag,
    value: date | DateTime | None,
    day_key: NamedProperty,
    instant_key: NamedProperty,
    context: Context,
) -> None:
    if value is None:
        return
    local = value.local if isinstance(value, DateTime) else midnight(value)
    try:
        day = ticks_of(midnight(local).replace(tzinfo=UTC))
        zone = UTC if isinstance(value, DateTime) and value.is_utc else context.zone_of(value).zone
        when = ticks_of(instant(DateTime(local), zone))
    except ParseError:
        return
    if day is not None and when is not None:
        bag[day_key], bag[instant_key] = day, when


def _put_progress(bag: PropertyBag, component: Component) -> None:
    status = _STATUS.get(component.text("STATUS").strip().upper())
    completed = component.first("COMPLETED")
    percent = None
    try:
        percent = min(max(parse_integer(component.text("PERCENT-COMPLETE")), 0), _ALL)
    except ParseError:
        percent = None
    if status is None:
        if completed is not None or percent == _ALL:
            status = _COMPLETE
        else:
            status = _IN_PROGRESS if percent else _NOT_STARTED
    is_complete = status == _COMPLETE
    if percent is None:
        percent = _ALL if is_complete else 0
    bag[named.PidLidTaskStatus] = status
    bag[named.PidLidTaskComplete] = is_complete
    bag[named.PidLidPercentComplete] = 1.0 if is_complete else percent / _ALL
    if completed is not None:
        try:
            moment = parse_date_time(completed.value)
        except ParseError:
            return
        ticks = ticks_of(midnight(moment.local).replace(tzinfo=UTC))
        if ticks is not None:
            bag[named.PidLidTaskDateCompleted] = ticks


def task_component(message: Message, options: WriterOptions) -> Component:
    """Return the VTODO of a task."""
    bag = message.properties
    properties = [*stamp_and_uid(bag, options), *_times(bag), *texts(bag), *write_rows(bag, COMMON)]
    status = bag.number(named.PidLidTaskStatus)
    percent = bag.typed(named.PidLidPercentComplete, float, 0.0)
    properties.append(Property("STATUS", _STATUS_NAMES.get(status, "NEEDS-ACTION")))
    properties.append(Property("PERCENT-COMPLETE", str(round(min(max(percent, 0.0), 1.0) * _ALL))))
    completed = bag.typed(named.PidLidTaskDateCompleted, int)
    if completed is not None:
        properties.append(Property("COMPLETED", format_date_time(utc(completed))))
    if options.with_attachments:
        properties += attach_properties(message)
    return Component("VTODO", properties, alarm_of(bag, is_task=True))


def stamp_and_uid(bag: PropertyBag, options: WriterOptions) -> list[Property]:
    """Return UID and DTSTAMP of what is no meeting."""
    uid = bag.text(named.PidNameCalendarUid) or uid_of_bag(bag)
    ticks = bag.typed(named.PidNameCalendarLastModified, int)
    if ticks is None and options.stamp is not None:
        ticks = ticks_of(options.stamp.astimezone(UTC))
    stamp = format_date_time(utc(undated(bag) if ticks is None else ticks))
    return [Property("UID", escape(uid)), Property("DTSTAMP", stamp)]


def _times(bag: PropertyBag) -> list[Property]:
    found = []
    pattern = _pattern(bag)
    start, due = (
        None if value is None else instant_of(value).replace(tzinfo=None)
        for value in (bag.typed(named.PidLidTaskStartDate, int), bag.typed(named.PidLidTaskDueDate, int))
    )
    rule = None
    if pattern is not None:
        begin = local_time(pattern.start_date)
        rule = rule_of_pattern(pattern)
        if rule is not None:
            rule = end_of_rule(pattern, rule, begin)
            begin = next(starts(rule, begin), begin) if is_countable(pattern) else begin
            if isinstance(rule.until, DateTime):
                rule = replace(rule, until=rule.until.local.date())
        start = begin
    for name, value in (("DTSTART", start), ("DUE", due)):
        if value is not None:
            found.append(_day(name, value))
    if rule is not None and pattern is not None:
        found.append(Property("RRULE" if is_countable(pattern) else "X-MICROSOFT-RRULE", format_recur(rule)))
        gone = [format_date(local_time(count)) for count in pattern.deleted_dates]
        if gone:
            found.append(_day("EXDATE", start or datetime(1601, 1, 1))._replace(value=",".join(gone)))  # noqa: DTZ001
    return found


def _day(name: str, local: datetime) -> Property:
    return time_property(name, local, UTC_ZONE, is_all_day=True)


def _pattern(bag: PropertyBag) -> RecurrencePattern | None:
    octets = bag.typed(named.PidLidTaskRecurrence, bytes)
    if not octets or not bag.get(named.PidLidTaskFRecurring):
        return None
    try:
        return RecurrencePattern.from_octets(octets)
    except ParseError:
        return None
