"""When an event takes place: DTSTART, DTEND, RRULE and their like, and the properties of MAPI.

Spec: [MS-OXCICAL] 2.1.3.1.1.20.8 (DTEND) ff., [MS-OXOCAL] 2.2.1.5 ff.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.convert.calendar.blob import end_of_rule, starts
from gromox.convert.calendar.instant import (
    local_of,
    midnight,
    ticks_in,
    ticks_of,
    utc,
)
from gromox.convert.calendar.pattern import is_countable, rule_of_pattern
from gromox.convert.calendar.zone import (
    NamedZone,
    put_zone,
    zone_of_end,
    zone_of_series,
    zone_of_start,
)
from gromox.ical.property import Property
from gromox.ical.recur import Recur, format_recur
from gromox.ical.value import (
    UTC_TZID,
    DateTime,
    date_or_date_time,
    format_date,
    format_date_time,
    instant,
)
from gromox.mapi import named, tags
from gromox.mapi.appointmentrecurrence import AppointmentRecurrence
from gromox.mapi.recurrence import RecurFrequency, local_time

if TYPE_CHECKING:
    from gromox.convert.calendar.context import Context
    from gromox.ical.component import Component
    from gromox.ical.series import Occurrence, Series
    from gromox.mapi.message import PropertyBag, PropertyKey

_DAY: Final = timedelta(days=1)
_MINUTE_TICKS: Final = 600_000_000
#: PidLidClipEnd of what never ends, [MS-OXOCAL] 2.2.1.15.
_NEVER: Final = datetime(4500, 8, 31, 23, 59, tzinfo=UTC)
_RECURRENCE_TYPE: Final = {
    RecurFrequency.DAILY: 1,
    RecurFrequency.WEEKLY: 2,
    RecurFrequency.MONTHLY: 3,
    RecurFrequency.YEARLY: 4,
}
#: CalendarType by the names of X-MICROSOFT-CALSCALE, [MS-OXCICAL] 2.1.3.1.1.8.
CALENDAR_TYPES: Final = {
    "GREGORIAN": 1,
    "GREGORIANUS": 2,
    "JAPAN": 3,
    "TAIWAN": 4,
    "KOREAN": 5,
    "HIJRI": 6,
    "THAI": 7,
    "HEBREW": 8,
    "GREGORIANMEFRENCH": 9,
    "GREGORIANARABIC": 10,
    "GREGORIANXLITENGLISH": 11,
    "GREGORIANXLITFRENCH": 12,
    "JAPANESELUNAR": 14,
    "CHINESELUNAR": 15,
    "SAKA": 16,
    "LUNARETOCHN": 17,
    "LUNARETOKOR": 18,
    "LUNARROKUYOU": 19,
    "KOREALUNAR": 20,
    "UMALQURA": 23,
}
_CALSCALES: Final = {number: name for name, number in CALENDAR_TYPES.items()}


def end_instant(occurrence: Occurrence, series: Series) -> datetime | None:
    """Return the instant at which an occurrence ends, or None if UTC has none."""
    end: date | datetime = occurrence.end
    if not isinstance(end, datetime):
        end = midnight(end)
    try:
        return end.astimezone(UTC) if end.tzinfo else instant(DateTime(end), series.floating)
    except (ParseError, OverflowError):
        return None


def put_times(bag: PropertyBag, component: Component, series: Series, context: Context) -> None:
    """Set when the first (or only) instance takes place, and in which zones that was said."""
    try:
        occurrence = series.alone()
    except (ParseError, OverflowError):
        return
    start = ticks_of(occurrence.instant)
    ended = end_instant(occurrence, series)
    end = ticks_of(ended) if ended is not None else None
    if start is None:
        return
    if end is None or end < start:
        end = start
    put_span(bag, start, end)
    bag[named.PidLidAppointmentSubType] = series.all_day
    bag[named.PidLidRecurring] = False
    bag[named.PidLidClipStart], bag[named.PidLidClipEnd] = start, end
    zone = _zone_of(component, "DTSTART", context) or context.zone_of(series.start.date())
    end_zone = _zone_of(component, "DTEND", context) or zone
    put_zone(bag, zone, end_zone, series.start.year, recurs=False)


def _zone_of(component: Component, name: str, context: Context) -> NamedZone | None:
    one = component.first(name)
    if one is None:
        return None
    try:
        return context.zone_of(date_or_date_time(one))
    except ParseError:
        return None


def put_span(bag: PropertyBag, start: int, end: int) -> None:
    """Set all the properties that tell start and end, [MS-OXOCAL] 2.2.1.5 to 2.2.1.7, [MS-OXCMSG] 2.2.1."""
    for first, last in (
        (named.PidLidAppointmentStartWhole, named.PidLidAppointmentEndWhole),
        (named.PidLidCommonStart, named.PidLidCommonEnd),
    ):
        bag[first], bag[last] = start, end
    bag[tags.PidTagStartDate], bag[tags.PidTagEndDate] = start, end
    bag[named.PidLidAppointmentDuration] = min((end - start) // _MINUTE_TICKS, (1 << 31) - 1)


def put_recurrence(
    bag: PropertyBag, recurrence: AppointmentRecurrence, series: Series, zone: NamedZone
) -> None:
    """Set what says that an appointment recurs, [MS-OXOCAL] 2.2.1.44 to 2.2.1.48 and 2.2.1.12 to 2.2.1.15."""
    pattern = recurrence.pattern
    bag[named.PidLidAppointmentRecur] = recurrence.octets()
    bag[named.PidLidRecurring] = True
    bag[named.PidLidIsRecurring] = True
    bag[named.PidLidRecurrenceType] = _RECURRENCE_TYPE.get(RecurFrequency(pattern.frequency), 0)
    first = ticks_in(local_time(pattern.start_date), zone.zone)
    if first is not None:
        bag[named.PidLidClipStart] = first
    last = None if pattern.is_endless else ticks_in(local_time(pattern.end_date), zone.zone)
    bag[named.PidLidClipEnd] = last if last is not None else ticks_of(_NEVER) or 0
    put_zone(bag, zone, zone, series.start.year, recurs=True)


def recurrence_of(bag: PropertyBag) -> AppointmentRecurrence | None:
    """Return the recurrence of an appointment, or None if it has none that can be read."""
    octets = bag.typed(named.PidLidAppointmentRecur, bytes)
    if not octets:
        return None
    try:
        return AppointmentRecurrence.from_octets(octets)
    except ParseError:
        return None


def start_of(recurrence: AppointmentRecurrence) -> datetime:
    """Return the local time from which a recurrence counts."""
    return local_time(recurrence.pattern.start_date) + timedelta(minutes=recurrence.start_offset)


def rule_of(recurrence: AppointmentRecurrence) -> Recur | None:
    """Return the rule of a recurrence with its end (UNTIL in local time), or None if it has none."""
    rule = rule_of_pattern(recurrence.pattern)
    return None if rule is None else end_of_rule(recurrence.pattern, rule, start_of(recurrence))


def first_start(recurrence: AppointmentRecurrence, rule: Recur | None) -> datetime:
    """Return the local start of the first instance."""
    begin = start_of(recurrence)
    if rule is None or not is_countable(recurrence.pattern):
        return begin
    return next(starts(rule, begin), begin)


def time_properties(bag: PropertyBag, *, replaces: int | None, series: PropertyBag | None) -> list[Property]:
    """Return the properties that tell when an event takes place.

    Args:
        bag: the event; of a changed instance, with what it has from its series.
        replaces: FILETIME of the original start of a changed instance.
        series: the series of a changed instance.
    """
    found = []
    recurrence = recurrence_of(bag) if series is None and replaces is None else None
    if recurrence is not None:
        found += _series_properties(bag, recurrence)
    else:
        found += single_properties(bag)
    if replaces is not None:
        owner = series if series is not None else bag
        zone = zone_of_series(owner)
        is_all_day = bool(owner.get(named.PidLidAppointmentSubType))
        found.append(
            time_property("RECURRENCE-ID", local_of(replaces, zone.zone), zone, is_all_day=is_all_day)
        )
    return found


def single_properties(bag: PropertyBag) -> list[Property]:
    """Return DTSTART and DTEND of an event that does not recur."""
    start = _first(bag, named.PidLidAppointmentStartWhole, named.PidLidCommonStart, tags.PidTagStartDate)
    if start is None:
        return []
    end = _first(bag, named.PidLidAppointmentEndWhole, named.PidLidCommonEnd, tags.PidTagEndDate)
    end = start if end is None or end < start else end
    zone, end_zone = zone_of_start(bag), zone_of_end(bag)
    is_all_day = bool(bag.get(named.PidLidAppointmentSubType))
    first, last = local_of(start, zone.zone), local_of(end, zone.zone)
    if is_all_day:
        if last.time() != time() or last.date() <= first.date():
            last = last + _DAY if last.year < date.max.year else last
    else:
        last = local_of(end, end_zone.zone)
    found = [time_property("DTSTART", first, zone, is_all_day=is_all_day)]
    if is_all_day or end > start:
        # The end must lie behind the start, RFC 5545 3.8.2.2.
        found.append(time_property("DTEND", last, end_zone, is_all_day=is_all_day))
    return found


def _first(bag: PropertyBag, *keys: PropertyKey) -> int | None:
    for key in keys:
        value = bag.typed(key, int)
        if value is not None:
            return value
    return None


def _series_properties(bag: PropertyBag, recurrence: AppointmentRecurrence) -> list[Property]:
    zone = zone_of_series(bag)
    is_all_day = bool(bag.get(named.PidLidAppointmentSubType))
    pattern = recurrence.pattern
    rule = rule_of(recurrence)
    first = first_start(recurrence, rule)
    length = timedelta(minutes=max(recurrence.end_offset - recurrence.start_offset, 0))
    last = max(first + length, midnight(first.date()) + _DAY) if is_all_day else _ended(first, length, zone)
    found = [time_property("DTSTART", first, zone, is_all_day=is_all_day)]
    if is_all_day or length:
        found.append(time_property("DTEND", last, zone, is_all_day=is_all_day))
    if rule is None:
        return found
    text = format_recur(_with_utc_end(rule, zone, is_all_day=is_all_day))
    name = "RRULE" if is_countable(pattern) else "X-MICROSOFT-RRULE"
    found.append(Property(name, text))
    if name != "RRULE":
        scale = _CALSCALES.get(pattern.calendar_type, "HIJRI")
        found.append(Property("X-MICROSOFT-CALSCALE", scale))
    changed = {local_time(each.original_start).date() for each in recurrence.exceptions}
    gone = [day for count in pattern.deleted_dates if (day := local_time(count)).date() not in changed]
    if gone:
        clock = timedelta(minutes=recurrence.start_offset)
        first_gone = time_property("EXDATE", gone[0] + clock, zone, is_all_day=is_all_day)
        # All have the same time of day.
        rest = first_gone.value[8:]
        found.append(first_gone._replace(value=",".join(format_date(day + clock) + rest for day in gone)))
    return found


def _ended(start: datetime, length: timedelta, zone: NamedZone) -> datetime:
    """Return the local end of an instance that lasts so long, whatever clocks do meanwhile."""
    begin = ticks_in(start, zone.zone)
    if begin is None:
        return start + length
    return local_of(begin + length // timedelta(microseconds=1) * 10, zone.zone)


def _with_utc_end(rule: Recur, zone: NamedZone, *, is_all_day: bool) -> Recur:
    """Return a rule whose UNTIL is as RFC 5545 3.3.10 wants it: a day, or UTC."""
    if not isinstance(rule.until, DateTime):
        return rule
    if is_all_day:
        return replace(rule, until=rule.until.local.date())
    ticks = ticks_in(rule.until.local, zone.zone)
    return rule if ticks is None else replace(rule, until=utc(ticks))


def time_property(name: str, local: datetime, zone: NamedZone, *, is_all_day: bool) -> Property:
    """Return a property whose value is a time in a zone, or a day."""
    if is_all_day:
        return Property(name, format_date(local), (("VALUE", ("DATE",)),))
    value = format_date_time(DateTime(local.replace(microsecond=0), zone.name))
    return (
        Property(name, value) if zone.name == UTC_TZID else Property(name, value, (("TZID", (zone.name,)),))
    )
