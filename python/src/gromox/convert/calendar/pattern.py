"""Recurrence rules and the patterns that MAPI has for them, [MS-OXCICAL] 2.1.3.2.2.

A rule becomes a pattern only if both give the same days. Months without the day of a pattern have their last
day instead ([MS-OXOCAL] 2.2.1.44.1.3), where a rule of iCalendar has none: such patterns are told with
BYSETPOS, and rules for the 29th, 30th and 31st alone are none of these patterns.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from gromox.ical.recur import Frequency, Recur, Skip, WeekdayNum
from gromox.mapi.recurrence import PatternType, RecurFrequency, RecurrencePattern, local_time, minutes

if TYPE_CHECKING:
    from collections.abc import Iterable

_DAY_MINUTES: Final = 1440
_WEEK_MINUTES: Final = 7 * _DAY_MINUTES
#: What Outlook lets its users choose: days, weeks, months.
_MOST_DAYS: Final = 999
_MOST_WEEKS: Final = 99
_MOST_MONTHS: Final = 99 * 12
_SHORTEST_MONTH: Final = 28
_LAST_DAY: Final = 31
_LAST_NTH: Final = 5
_MONTHS: Final = 12
_SUNDAY: Final = 6
_HIJRI: Final = frozenset([PatternType.HIJRI_MONTH, PatternType.HIJRI_MONTH_NTH, PatternType.HIJRI_MONTH_END])
#: CalendarType, [MS-OXOCAL] 2.2.1.44.1: those whose months and years are the Gregorian ones.
GREGORIAN: Final = frozenset([0, 1, 2, 3, 4, 5, 7, 9, 10, 11, 12])
_GREGORIAN_NAMES: Final = frozenset(["", "GREGORIAN", "GREGORY", "ISO8601"])


def mask_of(weekdays: Iterable[int]) -> int:
    """Return weekdays (0 is Monday) as bits (the lowest is Sunday)."""
    mask = 0
    for weekday in weekdays:
        mask |= 1 << (weekday + 1) % 7
    return mask


def weekdays_of(mask: int) -> list[int]:
    """Return the weekdays of a mask, 0 is Monday, in the order of a week."""
    return [weekday for weekday in range(7) if mask >> (weekday + 1) % 7 & 1]


def pattern_of_rule(rule: Recur, start: datetime) -> RecurrencePattern | None:
    """Return the pattern that gives the same days as a rule, or None if MAPI has none.

    Deleted and changed instances and the end are the caller's business.

    Args:
        rule: the rule; its COUNT and UNTIL are not looked at.
        start: the first instance in local time.
    """
    if rule.rscale not in _GREGORIAN_NAMES or rule.skip is not Skip.OMIT or rule.other:
        return None
    if not _has_time_of(rule, start) or rule.by_year_day or rule.by_week_no:
        return None
    made = _PATTERNS[rule.freq](rule, start) if rule.freq in _PATTERNS else None
    if made is None:
        return None
    frequency, kind, period, day_mask, day, nth = made
    start_date = minutes(datetime(start.year, start.month, start.day))  # noqa: DTZ001 - local
    first_day_of_week = (rule.wkst + 1) % 7
    return RecurrencePattern(
        frequency=frequency,
        pattern_type=kind,
        period=period,
        start_date=start_date,
        day_mask=day_mask,
        day=day,
        nth=nth,
        first_date_time=first_date_time(kind, period, start_date, first_day_of_week),
        first_day_of_week=first_day_of_week,
    )


def _has_time_of(rule: Recur, start: datetime) -> bool:
    """Tell whether a rule gives one time a day, that of the start."""
    return (
        rule.by_hour in ((), (start.hour,))
        and rule.by_minute in ((), (start.minute,))
        and rule.by_second in ((), (start.second,))
    )


_Made = tuple[RecurFrequency, PatternType, int, int, int, int]


def _daily(rule: Recur, start: datetime) -> _Made | None:  # noqa: ARG001 - one form for all
    if rule.by_month or rule.by_month_day or rule.by_set_pos or rule.interval > _MOST_DAYS:
        return None
    if not rule.by_day:
        return RecurFrequency.DAILY, PatternType.DAY, rule.interval * _DAY_MINUTES, 0, 0, 0
    if rule.interval != 1 or any(day.ordinal for day in rule.by_day):
        return None
    mask = mask_of(day.weekday for day in rule.by_day)
    return RecurFrequency.DAILY, PatternType.WEEK, 1, mask, 0, 0


def _weekly(rule: Recur, start: datetime) -> _Made | None:
    if rule.by_month or rule.by_month_day or rule.by_set_pos or rule.interval > _MOST_WEEKS:
        return None
    if any(day.ordinal for day in rule.by_day):
        return None
    mask = mask_of(day.weekday for day in rule.by_day) or mask_of([start.weekday()])
    return RecurFrequency.WEEKLY, PatternType.WEEK, rule.interval, mask, 0, 0


def _monthly(rule: Recur, start: datetime) -> _Made | None:
    if rule.by_month:
        return None
    return _of_month(rule, start, RecurFrequency.MONTHLY, rule.interval)


def _yearly(rule: Recur, start: datetime) -> _Made | None:
    if len(set(rule.by_month)) > 1 or (rule.by_month and rule.by_month[0] != start.month):
        return None
    if not rule.by_month and (rule.by_day or rule.by_month_day):
        # Weekdays count within the year, days of the month within each month.
        return None
    # [MS-OXCICAL] 2.1.3.2.2.5: a pattern of more than one year is one of months.
    frequency = RecurFrequency.YEARLY if rule.interval == 1 else RecurFrequency.MONTHLY
    return _of_month(rule, start, frequency, rule.interval * _MONTHS)


def _of_month(rule: Recur, start: datetime, frequency: RecurFrequency, period: int) -> _Made | None:
    if period > _MOST_MONTHS:
        return None
    if not rule.by_day:
        day = _day_of_month(rule, start)
        return (frequency, PatternType.MONTH, period, 0, day, 0) if day else None
    if rule.by_month_day:
        return None
    ordinals = {day.ordinal for day in rule.by_day}
    if len(rule.by_day) == 1 and not rule.by_set_pos:
        (nth,) = ordinals
    elif ordinals == {0} and len(rule.by_set_pos) == 1:
        (nth,) = rule.by_set_pos
    else:
        return None
    if nth not in (1, 2, 3, 4, -1):
        return None
    mask = mask_of(day.weekday for day in rule.by_day)
    return frequency, PatternType.MONTH_NTH, period, mask, 0, _LAST_NTH if nth < 0 else nth


def _day_of_month(rule: Recur, start: datetime) -> int:
    """Return the day of the month of a pattern, or 0 if there is none."""
    days = rule.by_month_day or (start.day,)
    if rule.by_set_pos:
        # How patterns for the 29th and 30th are written here.
        last = days[-1]
        is_ours = rule.by_set_pos == (-1,) and days == tuple(range(_SHORTEST_MONTH, last + 1))
        return last if is_ours and last < _LAST_DAY else 0
    if len(set(days)) > 1:
        return 0
    if days[0] == -1:
        return _LAST_DAY
    return days[0] if 0 < days[0] <= _SHORTEST_MONTH else 0


_PATTERNS: Final = {
    Frequency.DAILY: _daily,
    Frequency.WEEKLY: _weekly,
    Frequency.MONTHLY: _monthly,
    Frequency.YEARLY: _yearly,
}


def first_date_time(kind: int, period: int, start_date: int, first_day_of_week: int) -> int:
    """Return FirstDateTime: which days, weeks or months are those of the pattern, [MS-OXOCAL] 2.2.1.44.1.

    For days and weeks it is the rest of the start divided by the period; for months, the first day of the
    month whose number is the rest.
    """
    if kind == PatternType.DAY:
        return start_date % period
    if kind == PatternType.WEEK:
        weekday = (local_time(start_date).weekday() + 1) % 7
        return (start_date - (weekday - first_day_of_week) % 7 * _DAY_MINUTES) % (period * _WEEK_MINUTES)
    start = local_time(start_date)
    month = ((start.year - 1601) * _MONTHS + start.month - 1) % period
    return minutes(datetime(1601 + month // _MONTHS, month % _MONTHS + 1, 1))  # noqa: DTZ001 - local


def is_countable(pattern: RecurrencePattern) -> bool:
    """Whether the days of a pattern can be told: it counts in the Gregorian calendar and makes sense."""
    if pattern.pattern_type in _HIJRI or not pattern.period:
        return False
    if pattern.pattern_type in (PatternType.DAY, PatternType.WEEK):
        return True
    return pattern.calendar_type in GREGORIAN


def rule_of_pattern(pattern: RecurrencePattern) -> Recur | None:
    """Return the rule that gives the days of a pattern, without its end; None if there is none.

    Patterns of other calendars are told as if it were the Gregorian; ``is_countable`` tells which those are.
    """
    if not pattern.period:
        return None
    if pattern.pattern_type == PatternType.DAY:
        days, rest = divmod(pattern.period, _DAY_MINUTES)
        return Recur(Frequency.DAILY, days) if days and not rest else None
    days_of_week = tuple(WeekdayNum(0, weekday) for weekday in weekdays_of(pattern.day_mask))
    if pattern.pattern_type == PatternType.WEEK:
        return _rule_of_weeks(pattern, days_of_week) if days_of_week else None
    years, rest = divmod(pattern.period, _MONTHS)
    bare = Recur(Frequency.MONTHLY, pattern.period)
    if years and not rest:
        bare = Recur(Frequency.YEARLY, years, by_month=(local_time(pattern.start_date).month,))
    if pattern.pattern_type in (PatternType.MONTH_NTH, PatternType.HIJRI_MONTH_NTH):
        nth = -1 if pattern.nth >= _LAST_NTH else pattern.nth
        if not days_of_week or not nth:
            return None
        if len(days_of_week) == 1:
            return replace(bare, by_day=(WeekdayNum(nth, days_of_week[0].weekday),))
        return replace(bare, by_day=days_of_week, by_set_pos=(nth,))
    is_end = pattern.pattern_type in (PatternType.MONTH_END, PatternType.HIJRI_MONTH_END)
    return _rule_of_day(bare, _LAST_DAY if is_end else pattern.day)


def _rule_of_weeks(pattern: RecurrencePattern, days_of_week: tuple[WeekdayNum, ...]) -> Recur:
    if pattern.frequency == RecurFrequency.DAILY and pattern.period == 1:
        # Every weekday.
        return Recur(Frequency.DAILY, by_day=days_of_week)
    wkst = (pattern.first_day_of_week + _SUNDAY) % 7
    return Recur(Frequency.WEEKLY, pattern.period, by_day=days_of_week, wkst=wkst)


def _rule_of_day(bare: Recur, day: int) -> Recur | None:
    """Return a rule of months with its day; shorter months have their last one."""
    if not day:
        return None
    if day >= _LAST_DAY:
        return replace(bare, by_month_day=(-1,))
    if day <= _SHORTEST_MONTH:
        return replace(bare, by_month_day=(day,))
    return replace(bare, by_month_day=tuple(range(_SHORTEST_MONTH, day + 1)), by_set_pos=(-1,))


def weekly_pattern(first: date, weekdays: Iterable[int]) -> RecurrencePattern:
    """Return the pattern of some weekdays of each week."""
    start_date = minutes(datetime(first.year, first.month, first.day))  # noqa: DTZ001 - local
    mask = mask_of(weekdays)
    return RecurrencePattern(
        frequency=RecurFrequency.WEEKLY,
        pattern_type=PatternType.WEEK,
        period=1,
        start_date=start_date,
        day_mask=mask,
        first_date_time=first_date_time(PatternType.WEEK, 1, start_date, 0),
    )


def days_of_week_between(first: date, last: date, mask: int) -> Iterable[date]:
    """Go through the days of some weekdays from one day to another."""
    day = first
    while day <= last:
        if mask >> (day.weekday() + 1) % 7 & 1:
            yield day
        day += timedelta(days=1)
