"""Hours in which somebody works: as periods, and as VAVAILABILITY (RFC 7953 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.convert.calendar.instant import midnight
from gromox.convert.calendar.times import time_property
from gromox.convert.calendar.zone import NamedZone
from gromox.ical.component import Component
from gromox.ical.freebusy import Busy, BusyPeriod
from gromox.ical.property import Property
from gromox.ical.recur import Frequency, Recur, WeekdayNum, format_recur, parse_recur
from gromox.ical.text import escape
from gromox.ical.value import DateTime, date_or_date_time, format_date_time, instant, parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.ical.timezone import Zones

_DAY: Final = timedelta(days=1)
#: A Monday; rules of weeks begin with it.
_FIRST: Final = date(2001, 1, 1)
_LONGEST: Final = 10_000  #: days of a window


@dataclass(frozen=True, slots=True)
class WorkHours:
    """The same hours on some days of each week."""

    weekdays: frozenset[int]  #: 0 is Monday
    start: time
    end: time  #: midnight is the end of the day
    zone: NamedZone


def unavailable(hours: WorkHours, begin: datetime, end: datetime) -> Iterator[BusyPeriod]:
    """Go through the time of a window in which nobody works; it has at most some ten thousand days."""
    at = begin.astimezone(UTC)
    end = end.astimezone(UTC)
    day = at.astimezone(hours.zone.zone).date() - _DAY
    for _ in range(_LONGEST):
        start, stop = _span(hours, day)
        if start >= end or at >= end:
            break
        if day.weekday() in hours.weekdays and stop > at:
            if start > at:
                yield BusyPeriod(at, start, Busy.UNAVAILABLE)
            at = stop
        day += _DAY
    if at < end:
        yield BusyPeriod(at, end, Busy.UNAVAILABLE)


def _span(hours: WorkHours, day: date) -> tuple[datetime, datetime]:
    """Return the instants between which somebody works on a day."""
    last = datetime.combine(day, hours.end) if hours.end != time() else midnight(day) + _DAY
    start = instant(DateTime(datetime.combine(day, hours.start)), hours.zone.zone)
    return start, max(start, instant(DateTime(last), hours.zone.zone))


def availability_component(hours: WorkHours, *, uid: str, stamp: datetime) -> Component:
    """Return VAVAILABILITY: unavailable but for the hours of work."""
    local = datetime.combine(_FIRST + timedelta(days=min(hours.weekdays, default=0)), hours.start)
    last = datetime.combine(local.date(), hours.end) if hours.end != time() else midnight(local) + _DAY
    by_day = tuple(WeekdayNum(0, weekday) for weekday in sorted(hours.weekdays))
    told = format_date_time(DateTime(stamp.astimezone(UTC).replace(tzinfo=None, microsecond=0), "UTC"))
    head = [Property("UID", escape(uid)), Property("DTSTAMP", told)]
    available = Component(
        "AVAILABLE",
        [
            *head,
            time_property("DTSTART", local, hours.zone, is_all_day=False),
            time_property("DTEND", last, hours.zone, is_all_day=False),
            Property("RRULE", format_recur(Recur(Frequency.WEEKLY, by_day=by_day))),
        ],
    )
    inner = [available] if hours.weekdays else []
    return Component("VAVAILABILITY", [*head, Property("BUSYTYPE", "BUSY-UNAVAILABLE")], inner)


def work_hours_of(component: Component, zones: Zones, default: NamedZone) -> WorkHours | None:
    """Return the hours of a VAVAILABILITY whose first AVAILABLE repeats by weeks, or None.

    Args:
        component: VAVAILABILITY.
        zones: the zones of its calendar.
        default: the zone of floating times.
    """
    for available in component.children("AVAILABLE")[:1]:
        first, last = available.first("DTSTART"), available.first("DTEND")
        if first is None:
            return None
        try:
            rule = parse_recur(available.text("RRULE"))
            start = date_or_date_time(first)
            if not isinstance(start, DateTime) or rule.freq is not Frequency.WEEKLY or rule.interval != 1:
                return None
            end = date_or_date_time(last) if last is not None else None
            stop = end.local if isinstance(end, DateTime) else None
            if stop is None:
                stop = start.local + parse_duration(available.text("DURATION")).total
        except (ParseError, OverflowError):
            return None
        zone = zones.get(start.tzid) if start.tzid else None
        weekdays = frozenset(day.weekday for day in rule.by_day) or frozenset([start.local.weekday()])
        named = default if zone is None else NamedZone(start.tzid, zone)
        return WorkHours(weekdays, start.local.time(), stop.time(), named)
    return None
