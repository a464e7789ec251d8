"""Days that the parts of a rule pick from a year, a month or a week; RFC 5545 3.3.10.

Days are ordinals as in ``date.toordinal``. Parts that expand come first, the others limit: the table of
3.3.10 read as sets, where BYDAY with a number counts within the month if there is one, else within the year.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from gromox.ical.recur import Frequency, Recur, Skip

if TYPE_CHECKING:
    from collections.abc import Iterable

LAST_YEAR: Final = 9999
_FEBRUARY: Final = 2
_LENGTHS: Final = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MONTHS: Final = tuple(range(1, 13))
_MAJORITY: Final = 3  # days of a first week that may lie in the year before


def weekday(ordinal: int) -> int:
    """Return the day of the week, 0 for Monday."""
    return (ordinal + 6) % 7


def is_leap(year: int) -> bool:
    """Tell whether a year has 366 days; years before the first count too."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


class DaySet:
    """The parts of one rule that speak of days, with what it takes from its start."""

    def __init__(self, rule: Recur, start: date) -> None:
        self._freq = rule.freq
        self._start_weekday = start.weekday()
        # Month 13 and leap months are of other calendars.
        self.months = tuple(sorted({month for month in rule.by_month if month in _MONTHS}))
        self.is_void = bool(rule.by_month) and not self.months
        self._month_days = tuple(set(rule.by_month_day))
        self._year_days = tuple(set(rule.by_year_day))
        self._week_numbers = tuple(set(rule.by_week_no))
        self._wkst, self._skip = rule.wkst, rule.skip
        # Numbers mean something within months and years only.
        numbered = rule.freq <= Frequency.MONTHLY
        self._weekdays = frozenset(day.weekday for day in rule.by_day if not (day.ordinal and numbered))
        self._numbered = tuple({day for day in rule.by_day if day.ordinal and numbered})
        self._in_month = rule.freq is Frequency.MONTHLY or bool(self.months)
        nothing = not (rule.by_month_day or rule.by_year_day or rule.by_week_no or rule.by_day)
        if nothing and numbered:
            self._month_days = (start.day,)
            if rule.freq is Frequency.YEARLY and not self.months:
                self.months = (start.month,)
        if rule.freq is Frequency.WEEKLY and not rule.by_day:
            # BYMONTHDAY and its like mean nothing within a week; where they stand all the same, they pick.
            self._weekdays = frozenset([self._start_weekday] if nothing else range(7))
        if self._skip is Skip.OMIT and self.months and self._month_days:
            longest = max(_LENGTHS[month] + (month == _FEBRUARY) for month in self.months)
            self.is_void |= min(map(abs, self._month_days)) > longest
        self._is_plain_week = not (self.months or self._month_days or self._year_days or self._week_numbers)
        self._has_days = bool(self._weekdays or self._numbered)
        self.has_limits = self._has_days or not self._is_plain_week

    def of_year(self, year: int) -> list[int]:
        """Return the days of a year, ascending."""
        first = date(year, 1, 1).toordinal()
        length = 365 + is_leap(year)
        if self._month_days:
            days = {day for month in self.months or _MONTHS for day in self._of_month_days(year, month)}
            days = self._limit(days, year_days=True, week_numbers=True, weekdays=True)
        elif self._year_days:
            days = self._of_year_days(first, length)
            days = self._limit(days, months=True, week_numbers=True, weekdays=True)
        elif self._week_numbers:
            days = self._of_week_numbers(year, first, length)
            if not self._has_days:
                days = {day for day in days if weekday(day) == self._start_weekday}
            days = self._limit(days, months=True, weekdays=True)
        elif self._in_month:
            days = {day for month in self.months for day in self._of_weekdays(*_month(year, month))}
        else:
            days = set(self._of_weekdays(first, length))
        return sorted(days)

    def of_month(self, year: int, month: int) -> list[int]:
        """Return the days of a month, ascending."""
        if self.months and month not in self.months:
            return []
        if self._month_days:
            days = self._limit(
                set(self._of_month_days(year, month)), year_days=True, week_numbers=True, weekdays=True
            )
        elif self._has_days:
            days = self._limit(
                set(self._of_weekdays(*_month(year, month))), year_days=True, week_numbers=True
            )
        else:
            first, length = _month(year, month)
            days = self._limit(set(range(first, first + length)), year_days=True, week_numbers=True)
        return sorted(days)

    def of_week(self, first: int, last_ordinal: int) -> list[int]:
        """Return the days of the week that begins with ``first``, ascending."""
        week = range(max(first, 1), min(first + 7, last_ordinal + 1))
        days = [day for day in week if weekday(day) in self._weekdays]
        return days if self._is_plain_week else [day for day in days if self.has(day)]

    def has(self, day: int) -> bool:
        """Tell whether all parts that limit days of weeks and days let this one pass."""
        return bool(
            self._limit({day}, months=True, month_days=True, year_days=True, week_numbers=True, weekdays=True)
        )

    def next_candidate(self, day: int) -> int:
        """Return the first day after one that does not pass which may pass; months are jumped over."""
        here = date.fromordinal(day)
        if not self.months or here.month in self.months:
            return day + 1
        later = [month for month in self.months if month > here.month]
        if later:
            return date(here.year, later[0], 1).toordinal()
        if here.year == LAST_YEAR:
            return _new_year(LAST_YEAR + 1)
        return date(here.year + 1, self.months[0], 1).toordinal()

    def _limit(
        self,
        days: set[int],
        *,
        months: bool = False,
        month_days: bool = False,
        year_days: bool = False,
        week_numbers: bool = False,
        weekdays: bool = False,
    ) -> set[int]:
        if months and self.months:
            days = {day for day in days if date.fromordinal(day).month in self.months}
        if month_days and self._month_days:
            days = {day for day in days if self._is_month_day(date.fromordinal(day))}
        if year_days and self._year_days:
            days = {day for day in days if self._is_year_day(date.fromordinal(day))}
        if week_numbers and self._week_numbers:
            days = {day for day in days if self._is_in_week(day)}
        if weekdays and self._has_days:
            days = {day for day in days if weekday(day) in self._weekdays or self._is_numbered(day)}
        return days

    def _of_month_days(self, year: int, month: int) -> Iterable[int]:
        first, length = _month(year, month)
        for number in self._month_days:
            if -length <= number <= length:
                yield first + (number - 1 if number > 0 else length + number)
            elif number > 0 and self._skip is Skip.BACKWARD:
                yield first + length - 1
            elif number > 0 and self._skip is Skip.FORWARD:
                yield first + length

    def _of_year_days(self, first: int, length: int) -> set[int]:
        return {
            first + (number - 1 if number > 0 else length + number)
            for number in self._year_days
            if -length <= number <= length
        }

    def _of_week_numbers(self, year: int, first: int, length: int) -> set[int]:
        """Return the days within a year of all weeks asked for, also those of the years around it."""
        days: set[int] = set()
        for week_year in (year - 1, year, year + 1):
            start, weeks = self._weeks(week_year)
            for number in self._week_numbers:
                at = number if number > 0 else weeks + 1 + number
                if 1 <= at <= weeks:
                    days.update(range(start + 7 * at - 7, start + 7 * at))
        return {day for day in days if first <= day < first + length}

    def _weeks(self, year: int) -> tuple[int, int]:
        """Return the first day of the first week of a year, and the number of its weeks."""
        start = self._first_week(_new_year(year))
        return start, (self._first_week(_new_year(year + 1)) - start) // 7

    def _first_week(self, new_year: int) -> int:
        before = (weekday(new_year) - self._wkst) % 7
        return new_year - before if before <= _MAJORITY else new_year + 7 - before

    def _of_weekdays(self, first: int, length: int) -> Iterable[int]:
        for wanted in self._weekdays:
            yield from range(first + (wanted - weekday(first)) % 7, first + length, 7)
        for number, wanted in self._numbered:
            if number > 0:
                day = first + (wanted - weekday(first)) % 7 + 7 * number - 7
            else:
                last = first + length - 1
                day = last - (weekday(last) - wanted) % 7 + 7 * number + 7
            if first <= day < first + length:
                yield day

    def _is_numbered(self, day: int) -> bool:
        if not self._numbered:
            return False
        here = date.fromordinal(day)
        if self._in_month:
            first, length = _month(here.year, here.month)
        else:
            first, length = date(here.year, 1, 1).toordinal(), 365 + is_leap(here.year)
        numbers = ((day - first) // 7 + 1, -((first + length - 1 - day) // 7 + 1))
        return any(wanted == weekday(day) and number in numbers for number, wanted in self._numbered)

    def _is_month_day(self, here: date) -> bool:
        length = _month(here.year, here.month)[1]
        return here.day in self._month_days or here.day - length - 1 in self._month_days

    def _is_year_day(self, here: date) -> bool:
        number = here.timetuple().tm_yday
        return number in self._year_days or number - 366 - is_leap(here.year) in self._year_days

    def _is_in_week(self, day: int) -> bool:
        year = date.fromordinal(day).year
        return day in self._of_week_numbers(year, day, 1)


def _month(year: int, month: int) -> tuple[int, int]:
    """Return the first day of a month and the number of its days."""
    return date(year, month, 1).toordinal(), _LENGTHS[month] + (month == _FEBRUARY and is_leap(year))


def _new_year(year: int) -> int:
    """Return the first day of a year; one before the first and one after the last year are known too."""
    before = year - 1
    return 365 * before + before // 4 - before // 100 + before // 400 + 1
