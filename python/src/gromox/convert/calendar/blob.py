"""PidLidAppointmentRecur of a series, [MS-OXCICAL] 2.1.3.2.2, [MS-OXOCAL] 2.2.1.44.

A series whose rule MAPI has a pattern for becomes that pattern; if only its start is no day of the rule, all
but the start do. Any other becomes a pattern of weekdays that ends, from which all days without an instance
are deleted: programs that know MAPI alone see what takes place in the next years, and the rule itself is kept
beside it (``kept``).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.errors import ParseError
from gromox.convert.calendar.instant import midnight
from gromox.convert.calendar.pattern import days_of_week_between, pattern_of_rule, weekly_pattern
from gromox.ical.recurrence import occurrences
from gromox.ical.value import DateTime, instant
from gromox.mapi.appointmentrecurrence import AppointmentRecurrence, ChangedInstance
from gromox.mapi.recurrence import EndType, RecurrencePattern, local_time, minutes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gromox.convert.calendar.limits import Limits
    from gromox.ical.recur import Recur
    from gromox.ical.series import Occurrence, Series

_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)
_FIRST_YEAR: Final = 1601
_LAST_START: Final = datetime(4500, 8, 1)  # noqa: DTZ001 - EndDate of what never ends is in that year
_PLACEHOLDER: Final = 10  #: OccurrenceCount where nobody counted
_MOST_COUNTED: Final = 999


class Instance(NamedTuple):
    """An instance in local time of its series: when it was to begin, and when it does."""

    original: datetime
    start: datetime
    end: datetime


class Told(NamedTuple):
    """How MAPI tells a series; without a recurrence it tells one instance."""

    recurrence: AppointmentRecurrence | None
    is_exact: bool  #: whether this is all that the series is


def recurrence_of_series(series: Series, values: Mapping[datetime, ChangedInstance], limits: Limits) -> Told:
    """Return the recurrence of a series: exactly, or as far as MAPI can tell it.

    Args:
        series: what is to be told; with the instances that were replaced.
        values: what replaced instances have of their own, by their original local start; times are set here.
        limits: bounds of the work.
    """
    if not (series.rules or series.dates or series.replacements or series.excluded or series.excluded_days):
        return Told(None, is_exact=True)
    if series.start.year < _FIRST_YEAR or series.start > _LAST_START:
        return Told(None, is_exact=False)
    try:
        exact = _exact(series, values, limits)
        if exact is not None:
            return Told(exact, is_exact=True)
        return Told(_later(series, values, limits) or _shown(series, values, limits), is_exact=False)
    except (ParseError, OverflowError, ValueError):
        # A rule of another calendar, or times that minutes since 1601 cannot tell.
        return Told(None, is_exact=False)


def _exact(
    series: Series, values: Mapping[datetime, ChangedInstance], limits: Limits
) -> AppointmentRecurrence | None:
    """Return the recurrence that is exactly the series."""
    if len(series.rules) != 1 or series.excluded_rules or series.dates or series.segments:
        return None
    start, rule, length = series.start, series.rules[0], length_of(series)
    if start.second or length is None:
        return None
    pattern = pattern_of_rule(rule, start)
    if pattern is None or next(occurrences(rule, start), None) != start:
        return None
    pattern = _with_end(series, pattern, rule, limits)
    if pattern is None:
        return None
    gone = _excluded_dates(series, rule, limits)
    changed = _changed(series, values)
    return _recurrence(series, pattern, length, gone, changed)


def _later(
    series: Series, values: Mapping[datetime, ChangedInstance], limits: Limits
) -> AppointmentRecurrence | None:
    """Return the recurrence of a series whose start is no day of its rule: all but that first instance."""
    if len(series.rules) != 1:
        return None
    rule = series.rules[0]
    first = next(occurrences(rule, series.start, limits=limits.ical), None)
    if first is None or first == series.start or rule.count == 1:
        return None
    count = rule.count - 1 if rule.count is not None else None
    return _exact(replace(series, start=first, rules=(replace(rule, count=count),)), values, limits)


def _with_end(
    series: Series, pattern: RecurrencePattern, rule: Recur, limits: Limits
) -> RecurrencePattern | None:
    """Return the pattern with the end of a rule; None if there is no instance or COUNT is too large."""
    start = series.start
    if rule.count is not None:
        if rule.count > limits.counted:
            return None
        last = None
        count = 0
        for last in occurrences(rule, start, limits=limits.ical):  # noqa: B007 - the last one is asked for
            count += 1
        if last is None or count != rule.count or last > _LAST_START:
            return None
        return replace(
            pattern, end_type=EndType.COUNT, occurrence_count=count, end_date=minutes(midnight(last))
        )
    if rule.until is None:
        return pattern
    until = _last_local(series, rule.until)
    if until < start or until > _LAST_START:
        return None
    bare = replace(rule, until=None)
    near = list(islice(occurrences(bare, start, until=until, limits=limits.ical), _MOST_COUNTED + 1))
    count = len(near) if len(near) <= _MOST_COUNTED else _PLACEHOLDER
    last = near[-1] if len(near) <= _MOST_COUNTED else until
    if last.date() == until.date() and until.time() < start.time():
        last -= _DAY
    return replace(
        pattern, end_type=EndType.END_DATE, occurrence_count=count, end_date=minutes(midnight(last))
    )


def _last_local(series: Series, until: date | DateTime) -> datetime:
    """Return the local time of UNTIL."""
    if not isinstance(until, DateTime):
        return midnight(until) + _DAY - timedelta(seconds=1)
    if until.is_utc and series.zone is not None and not series.all_day:
        return until.local.replace(tzinfo=UTC).astimezone(series.zone).replace(tzinfo=None)
    return midnight(until.local) + _DAY - timedelta(seconds=1) if series.all_day else until.local


def _excluded_dates(series: Series, rule: Recur, limits: Limits) -> set[date]:
    """Return the days of instances that were taken out; EXDATE of what is no instance means nothing."""
    clock = series.start.time()
    candidates = {local.date() for local in series.excluded if local.time() == clock} | series.excluded_days
    bare = replace(rule, until=None, count=None)
    found = set()
    for day in candidates:
        local = datetime.combine(day, clock)
        if next(occurrences(bare, series.start, after=local, until=local, limits=limits.ical), None) == local:
            found.add(day)
    return found


def _changed(series: Series, values: Mapping[datetime, ChangedInstance]) -> list[ChangedInstance]:
    """Return the replaced instances, the first of each day, by their original start."""
    changed: dict[date, ChangedInstance] = {}
    for occurrence in series.replacements:
        found = instance_of(series, occurrence)
        if found.original.date() not in changed and found.start.year >= _FIRST_YEAR:
            changed[found.original.date()] = _timed(values.get(found.original), found)
    return list(changed.values())


def _timed(value: ChangedInstance | None, found: Instance) -> ChangedInstance:
    value = value or ChangedInstance(0, 0, 0)
    start, end = minutes(found.start), minutes(found.end)
    return replace(value, start=start, end=max(start, end), original_start=minutes(found.original))


def _shown(
    series: Series, values: Mapping[datetime, ChangedInstance], limits: Limits
) -> AppointmentRecurrence | None:
    """Return a recurrence of the instances of the next years, at most one a day."""
    begin = instant(DateTime(series.start), series.zone or series.floating) - _DAY
    end = begin + timedelta(days=limits.shown_days)
    found: dict[date, Instance] = {}
    for occurrence in islice(series.between(begin, end), limits.shown_instances):
        each = instance_of(series, occurrence)
        if each.original >= series.start:
            found.setdefault(each.original.date(), each)
    if not found or (len(found) == 1 and not series.replacements):
        return None
    first, last = min(found), max(found)
    if (last - first).days > limits.shown_days:
        return None
    pattern = weekly_pattern(first, {day.weekday() for day in found})
    days = list(days_of_week_between(first, last, pattern.day_mask))
    pattern = replace(
        pattern, end_type=EndType.END_DATE, occurrence_count=len(days), end_date=minutes(midnight(last))
    )
    length = length_of(series) or 0
    clock = series.start.time().replace(second=0)
    replaced = set(series.changed)
    changed = []
    for day in sorted(found):
        each = found[day]
        usual = datetime.combine(day, clock)
        is_usual = each.start.replace(second=0) == usual and (each.end - each.start) // _MINUTE == length
        if not is_usual or each.original in replaced:
            value = values.get(each.original) if each.original in replaced else None
            changed.append(_timed(value, each._replace(original=usual)))
    gone = {day for day in days if day not in found}
    return _recurrence(series, pattern, length, gone, changed)


def _recurrence(
    series: Series,
    pattern: RecurrencePattern,
    length: int,
    gone: set[date],
    changed: list[ChangedInstance],
) -> AppointmentRecurrence:
    """Put it together; changed instances count as deleted too, [MS-OXOCAL] 2.2.1.44.1."""
    originals = {_day(each.original_start) for each in changed}
    deleted = {minutes(midnight(day)) for day in gone} | originals
    # Sorted and as many as there are changes, also where two of them are on one day.
    modified = sorted(_day(each.start) for each in changed)
    offset = series.start.hour * 60 + series.start.minute
    return AppointmentRecurrence(
        replace(pattern, deleted_dates=tuple(sorted(deleted)), modified_dates=tuple(modified)),
        offset,
        offset + length,
        tuple(sorted(changed, key=lambda each: each.start)),
    )


def _day(count: int) -> int:
    return minutes(midnight(local_time(count)))


def length_of(series: Series) -> int | None:
    """Return how many minutes each instance has, or None if it is no whole number of them."""
    whole, rest = divmod(series.shape.duration.total, _MINUTE)
    return whole if not rest and whole < 1 << 31 else None


def instance_of(series: Series, occurrence: Occurrence) -> Instance:
    """Return an occurrence in local time of its series."""
    zone = series.zone or series.floating
    start = _local(occurrence.start, zone)
    return Instance(_local(occurrence.recurrence_id, zone), start, max(start, _local(occurrence.end, zone)))


def _local(value: date | datetime, zone: tzinfo) -> datetime:
    if not isinstance(value, datetime):
        return midnight(value)
    return value if value.tzinfo is None else value.astimezone(zone).replace(tzinfo=None)


def instances(recurrence: AppointmentRecurrence) -> Iterable[ChangedInstance]:
    """Go through the exceptions, each original start once."""
    seen: set[int] = set()
    for each in recurrence.exceptions:
        if each.original_start not in seen:
            seen.add(each.original_start)
            yield each


def end_of_rule(pattern: RecurrencePattern, rule: Recur, start: datetime) -> Recur:
    """Return the rule of a pattern with its end, UNTIL in local time."""
    if pattern.end_type == EndType.COUNT and pattern.occurrence_count:
        return replace(rule, count=pattern.occurrence_count)
    if pattern.is_endless:
        return rule
    last = local_time(pattern.end_date)
    return replace(rule, until=DateTime(datetime.combine(last.date(), start.time())))


def starts(rule: Recur, start: datetime, **window: datetime | None) -> Iterator[datetime]:
    """Go through the local starts of a rule whose UNTIL is local."""
    until = rule.until.local if isinstance(rule.until, DateTime) else None
    last = window.get("until")
    if until is not None and (last is None or until < last):
        last = until
    return occurrences(replace(rule, until=None), start, after=window.get("after"), until=last)
