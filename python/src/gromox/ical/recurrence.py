"""Occurrences of a rule in local time: a generator that jumps to where it is asked to begin.

Time is cut into periods (years, months, weeks, ... of FREQ and INTERVAL) that are numbered from the one of
the start. For each, the parts of the rule give lists of days, hours, minutes and seconds; the occurrences are
their product, which is never built as a whole. Without COUNT the number of the first period of a window is
arithmetic; with COUNT too, where each period has the same number of occurrences.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.errors import ParseError
from gromox.ical.dayset import LAST_YEAR, DaySet
from gromox.ical.limits import DEFAULT, Limits
from gromox.ical.recur import Frequency, Recur, Skip

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_LAST_DAY: Final = date(LAST_YEAR, 12, 31).toordinal()
#: Slots of a day for the frequencies below a day.
_SLOTS: Final = {Frequency.HOURLY: 24, Frequency.MINUTELY: 1440, Frequency.SECONDLY: 86_400}
_CALENDARS: Final = frozenset(["", "GREGORIAN", "GREGORY", "ISO8601"])
_COUNTABLE: Final = 1000
_SHORTEST_MONTH: Final = 28


class UnsupportedRuleError(ParseError):
    """The rule is understood but cannot be expanded: it counts in another calendar."""


class _Times(NamedTuple):
    """What a period holds, each ascending; the occurrences are the product."""

    days: Sequence[int]
    hours: Sequence[int]
    minutes: Sequence[int]
    seconds: Sequence[int]


def occurrences(
    rule: Recur,
    start: datetime,
    *,
    after: datetime | None = None,
    until: datetime | None = None,
    limits: Limits = DEFAULT,
) -> Iterator[datetime]:
    """Iterate over the local times of a rule, ascending.

    ``start`` itself is among them only if it matches the rule. The iteration ends when a certain amount of
    work has found nothing, and with the last year that there is; UNTIL of the rule is the caller's business,
    because it needs the time zone.

    Spec:
        RFC 5545 3.3.10. BYWEEKNO without BYDAY picks the weekday of the start; BYSETPOS counts in whole
        periods, also in that of the start.

    Args:
        rule: the rule.
        start: the local time of DTSTART, without tzinfo.
        after: skip what lies before; far ones cost no more than near ones unless COUNT demands it.
        until: end after this local time.
        limits: bounds of the work.

    Raises:
        UnsupportedRuleError: at once, if the rule is of another calendar than the Gregorian.
    """
    if rule.rscale not in _CALENDARS:
        raise UnsupportedRuleError(f"a rule of the Gregorian calendar, not {rule.rscale}")
    lower = start if after is None else max(start, after)
    return _occurrences(_Periods(rule, start), lower, until, limits.steps)


def _occurrences(
    periods: _Periods, lower: datetime, until: datetime | None, steps: int
) -> Iterator[datetime]:
    start, count = periods.start, periods.rule.count
    index, left = periods.first(lower)
    # With COUNT what lies before the window must be seen to be counted.
    floor = lower if count is None else start
    previous: datetime | None = None
    budget = steps
    while budget > 0 and (left is None or left > 0):
        budget -= 1
        index, times = periods.take(index)
        if index < 0:
            return
        if times is None:
            continue
        for found in _candidates(times, periods.positions, floor):
            # SKIP=FORWARD may give the first of a month twice.
            if found < start or (previous is not None and found <= previous):
                continue
            if until is not None and found > until:
                return
            previous = found
            if found >= lower:
                budget = steps
                yield found
            else:
                budget -= 1
            if left is not None:
                left -= 1
            if left == 0 or budget <= 0:
                return
        if until is not None and times.days and times.days[0] > until.toordinal():
            return


class _Periods:
    """The periods of a rule by their number."""

    def __init__(self, rule: Recur, start: datetime) -> None:
        self.rule, self.start = rule, start
        self.positions = rule.by_set_pos
        self._freq, self._interval = rule.freq, rule.interval
        self._days = DaySet(rule, start.date())
        self._slots = _SLOTS.get(rule.freq, 1)
        self._slot_seconds = 86_400 // self._slots
        freq = rule.freq
        # A leap second is the one before, RFC 5545 3.3.5.
        seconds = {min(second, 59) for second in rule.by_second}
        self._hours = sorted(set(rule.by_hour)) or _default(start.hour, freq < Frequency.HOURLY)
        self._minutes = sorted(set(rule.by_minute)) or _default(start.minute, freq < Frequency.MINUTELY)
        self._seconds = sorted(seconds) or _default(start.second, freq < Frequency.SECONDLY)
        self._origin = self._unit(start)
        self._passed: tuple[int, bool] = (0, False)

    def _unit(self, local: datetime) -> int:
        """Return the number of the year, month, week, day, hour, minute or second."""
        if self._freq is Frequency.YEARLY:
            return local.year
        if self._freq is Frequency.MONTHLY:
            return local.year * 12 + local.month - 1
        day = local.toordinal()
        if self._freq is Frequency.WEEKLY:
            # Ordinal 1 was a Monday.
            return (day - 1 - self.rule.wkst) // 7
        if self._freq is Frequency.DAILY:
            return day
        second = local.hour * 3600 + local.minute * 60 + local.second
        return day * self._slots + second // self._slot_seconds

    def first(self, lower: datetime) -> tuple[int, int | None]:
        """Return the number of the first period that matters, and how many occurrences COUNT leaves."""
        index = max(0, (self._unit(lower) - self._origin) // self._interval)
        if self.rule.skip is Skip.FORWARD:
            index = max(0, index - 1)
        count = self.rule.count
        if count is None or index == 0:
            return (0 if count is not None else index), count
        each = self._each()
        if not each:
            return 0, count
        _, times = self.take(0)
        begun = sum(1 for found in _candidates(times, (), self.start) if found >= self.start) if times else 0
        return index, max(0, count - begun - each * (index - 1))

    def _each(self) -> int:
        """Return how many occurrences each full period has, or 0 if that differs."""
        rule = self.rule
        if rule.by_set_pos or rule.by_month or rule.by_month_day or rule.by_year_day or rule.by_week_no:
            return 0
        each = len(self._hours) * len(self._minutes) * len(self._seconds)
        if rule.freq is Frequency.WEEKLY:
            each *= len({day.weekday for day in rule.by_day}) or 1
        elif rule.by_day or (
            rule.freq > Frequency.DAILY and (rule.by_hour or rule.by_minute or rule.by_second)
        ):
            return 0
        elif rule.freq > Frequency.DAILY:
            return 1
        elif rule.freq < Frequency.WEEKLY and self.start.day > _SHORTEST_MONTH:
            return 0
        return each if each <= _COUNTABLE else 0

    def take(self, index: int) -> tuple[int, _Times | None]:
        """Return the number of the next period to look at, and what this one holds.

        The number is -1 behind the last year. Periods that hold nothing may be jumped over.
        """
        if self._days.is_void:
            return -1, None
        unit = self._origin + index * self._interval
        if self._freq > Frequency.DAILY:
            return self._take_slot(unit, index)
        days: list[int]
        if self._freq is Frequency.YEARLY:
            if unit > LAST_YEAR:
                return -1, None
            days = self._days.of_year(unit)
        elif self._freq is Frequency.MONTHLY:
            if unit >= (LAST_YEAR + 1) * 12:
                return -1, None
            year, month = divmod(unit, 12)
            days = self._days.of_month(year, month + 1)
        elif self._freq is Frequency.WEEKLY:
            first = unit * 7 + 1 + self.rule.wkst
            if first > _LAST_DAY:
                return -1, None
            days = self._days.of_week(first, _LAST_DAY)
        else:
            if unit > _LAST_DAY:
                return -1, None
            if self._days.has_limits and not self._days.has(unit):
                return self._index_of(self._days.next_candidate(unit)), None
            days = [unit]
        if days and days[-1] > _LAST_DAY:
            days.pop()
        return index + 1, _Times(days, self._hours, self._minutes, self._seconds) if days else None

    def _index_of(self, unit: int) -> int:
        """Return the number of the first period that does not begin before a unit."""
        return -((self._origin - unit) // self._interval)

    def _take_slot(self, unit: int, index: int) -> tuple[int, _Times | None]:
        """Do the same for hours, minutes and seconds: jump over what does not match, the longest first."""
        day, slot = divmod(unit, self._slots)
        if day > _LAST_DAY:
            return -1, None
        if self._days.has_limits:
            if self._passed[0] != day:
                self._passed = (day, self._days.has(day))
            if not self._passed[1]:
                return self._index_of(self._days.next_candidate(day) * self._slots), None
        minute_of_day, second = divmod(slot * self._slot_seconds, 60)
        hour, minute = divmod(minute_of_day, 60)
        midnight = day * 86_400
        if self._hours and hour not in self._hours:
            return self._jump(midnight, 3600, hour, self._hours, 24), None
        if self._freq is Frequency.HOURLY:
            return index + 1, _Times([day], [hour], self._minutes, self._seconds)
        if self._minutes and minute not in self._minutes:
            return self._jump(midnight + hour * 3600, 60, minute, self._minutes, 60), None
        if self._freq is Frequency.MINUTELY:
            return index + 1, _Times([day], [hour], [minute], self._seconds)
        if self._seconds and second not in self._seconds:
            return self._jump(midnight + minute_of_day * 60, 1, second, self._seconds, 60), None
        return index + 1, _Times([day], [hour], [minute], [second])

    def _jump(self, base: int, unit: int, value: int, values: Sequence[int], size: int) -> int:
        """Return the first period where a hand of the clock shows its next value, or begins anew.

        Args:
            base: seconds at which the hand shows 0.
            unit: seconds it takes for one value.
            value: what it shows now.
            values: what it should show.
            size: how many values it has.
        """
        at = bisect_left(values, value)
        second = base + unit * (values[at] if at < len(values) else size)
        return self._index_of(second // self._slot_seconds)


def _default(value: int, applies: bool) -> list[int]:  # noqa: FBT001 - private
    return [value] if applies else []


def _candidates(times: _Times, positions: Iterable[int], floor: datetime) -> Iterator[datetime]:
    """Iterate over the product, or over some positions of it; what lies before ``floor`` may be left out."""
    days, hours, minutes, seconds = times
    if positions:
        yield from _at_positions(times, positions)
        return
    floor_day = floor.toordinal()
    later = days[bisect_left(days, floor_day) :]
    if len(hours) == len(minutes) == len(seconds) == 1:
        clock = time(hours[0], minutes[0], seconds[0])
        for day in later:
            yield datetime.combine(date.fromordinal(day), clock)
        return
    for day in later:
        base = datetime.fromordinal(day)
        for hour in hours:
            if day == floor_day and hour < floor.hour:
                continue
            for minute in minutes:
                for second in seconds:
                    yield base.replace(hour=hour, minute=minute, second=second)


def _at_positions(times: _Times, positions: Iterable[int]) -> Iterator[datetime]:
    days, hours, minutes, seconds = times
    total = len(days) * len(hours) * len(minutes) * len(seconds)
    indexes = {position - 1 if position > 0 else total + position for position in positions}
    for index in sorted(index for index in indexes if 0 <= index < total):
        rest, second = divmod(index, len(seconds))
        rest, minute = divmod(rest, len(minutes))
        day, hour = divmod(rest, len(hours))
        yield datetime.fromordinal(days[day]).replace(
            hour=hours[hour], minute=minutes[minute], second=seconds[second]
        )
