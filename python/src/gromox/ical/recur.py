"""RECUR values: recurrence rules as text and as values; RFC 5545 3.3.10, RFC 7529."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.errors import ParseError
from gromox.ical.value import DateTime, format_date, format_date_time, parse_date, parse_date_time

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

#: What is added to a number in BYMONTH for the leap month after the month (``5L``), RFC 7529 4.2.
LEAP_MONTH: Final = 100
_LARGEST_COUNT: Final = 10**10
_DATE: Final = re.compile(r"[0-9-]{8,10}\Z")
_BY_DAY: Final = re.compile(r"([+-]?[0-9]{1,3})?(MO|TU|WE|TH|FR|SA|SU)\Z")
_MONTH: Final = re.compile(r"([0-9]{1,2})(L?)\Z")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,10}\Z")
_LONGEST: Final = 20_000


class Frequency(IntEnum):
    """FREQ, from long to short."""

    YEARLY = 0
    MONTHLY = 1
    WEEKLY = 2
    DAILY = 3
    HOURLY = 4
    MINUTELY = 5
    SECONDLY = 6


class Skip(StrEnum):
    """SKIP: what becomes of a day that a month does not have, RFC 7529 4.1."""

    OMIT = "OMIT"
    BACKWARD = "BACKWARD"
    FORWARD = "FORWARD"


WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class WeekdayNum(NamedTuple):
    """One of BYDAY: ``-1FR`` is (-1, 4); an ordinal of 0 means each."""

    ordinal: int
    weekday: int  #: 0 is Monday


@dataclass(frozen=True, slots=True)
class Recur:
    """A rule as it is written: lists are neither sorted nor checked against each other.

    ``rscale`` is empty unless given; only GREGORIAN can be expanded. ``other`` holds parts not known here.
    """

    freq: Frequency
    interval: int = 1
    count: int | None = None
    until: date | DateTime | None = None
    by_second: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()
    by_hour: tuple[int, ...] = ()
    by_day: tuple[WeekdayNum, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_week_no: tuple[int, ...] = ()
    by_month: tuple[int, ...] = ()
    by_set_pos: tuple[int, ...] = ()
    wkst: int = 0
    rscale: str = ""
    skip: Skip = Skip.OMIT
    other: tuple[tuple[str, str], ...] = ()


def parse_recur(text: str) -> Recur:
    """Return the rule that a RECUR value holds.

    Blanks, empty parts, lower case and parts in any order are read; of a part given twice the last counts.

    Raises:
        ParseError: there is no FREQ, or a part is not of its grammar.
    """
    if len(text) > _LONGEST:
        raise ParseError(f"a rule of at most {_LONGEST} characters", _LONGEST)
    fields: dict[str, object] = {}
    other: list[tuple[str, str]] = []
    for part in text.strip().split(";"):
        key, equals, value = (piece.strip().upper() for piece in part.partition("="))
        if not key and not equals:
            continue
        reader = _READERS.get(key)
        if reader is None:
            other.append((key, value))
            continue
        name, parse = reader
        # "BYDAY=;" is written where nothing was chosen.
        if value or key not in _LISTS:
            fields[name] = parse(value)
    if "freq" not in fields:
        raise ParseError("FREQ")
    return Recur(**fields, other=tuple(other))  # type: ignore[arg-type]  # the readers are of the fields' types


def format_recur(rule: Recur) -> str:
    """Return the RECUR value of a rule."""
    parts = [f"RSCALE={rule.rscale}"] if rule.rscale else []
    parts.append(f"FREQ={rule.freq.name}")
    if isinstance(rule.until, DateTime):
        parts.append(f"UNTIL={format_date_time(rule.until)}")
    elif rule.until is not None:
        parts.append(f"UNTIL={format_date(rule.until)}")
    if rule.count is not None:
        parts.append(f"COUNT={rule.count}")
    if rule.interval != 1:
        parts.append(f"INTERVAL={rule.interval}")
    for key, values in (
        ("BYSECOND", rule.by_second),
        ("BYMINUTE", rule.by_minute),
        ("BYHOUR", rule.by_hour),
        ("BYDAY", [f"{day.ordinal or ''}{WEEKDAYS[day.weekday]}" for day in rule.by_day]),
        ("BYMONTHDAY", rule.by_month_day),
        ("BYYEARDAY", rule.by_year_day),
        ("BYWEEKNO", rule.by_week_no),
        ("BYMONTH", [f"{month % LEAP_MONTH}{'L' if month > LEAP_MONTH else ''}" for month in rule.by_month]),
        ("BYSETPOS", rule.by_set_pos),
    ):
        if values:
            parts.append(f"{key}={','.join(map(str, values))}")
    if rule.wkst:
        parts.append(f"WKST={WEEKDAYS[rule.wkst]}")
    if rule.skip is not Skip.OMIT:
        parts.append(f"SKIP={rule.skip}")
    parts += [f"{key}={value}" for key, value in rule.other]
    return ";".join(parts)


def _frequency(text: str) -> Frequency:
    try:
        return Frequency[text]
    except KeyError as error:
        raise ParseError("a frequency") from error


def _skip(text: str) -> Skip:
    try:
        return Skip(text)
    except ValueError as error:
        raise ParseError("OMIT, BACKWARD or FORWARD") from error


def _positive(text: str) -> int:
    if _NUMBER.match(text) is None or not 0 < int(text) <= _LARGEST_COUNT:
        raise ParseError("a positive number")
    return int(text)


def _until(text: str) -> date | DateTime:
    return parse_date(text) if _DATE.match(text) else parse_date_time(text)


def _weekday(text: str) -> int:
    if text not in WEEKDAYS:
        raise ParseError("a day of the week")
    return WEEKDAYS.index(text)


def _by_day(text: str) -> tuple[WeekdayNum, ...]:
    days = []
    for item in _items(text):
        found = _BY_DAY.match(item)
        if found is None or abs(int(found[1] or 0)) > 53:  # noqa: PLR2004 - weeks of a year
            raise ParseError("a day of the week with or without its number")
        days.append(WeekdayNum(int(found[1] or 0), WEEKDAYS.index(found[2])))
    return tuple(days)


def _by_month(text: str) -> tuple[int, ...]:
    months = []
    for item in _items(text):
        found = _MONTH.match(item)
        # Other calendars have thirteen.
        if found is None or not 1 <= int(found[1]) <= 13:  # noqa: PLR2004
            raise ParseError("a month")
        months.append(int(found[1]) + (LEAP_MONTH if found[2] else 0))
    return tuple(months)


def _items(text: str) -> list[str]:
    return [item for piece in text.split(",") if (item := piece.strip())]


def _numbers(low: int, high: int) -> Callable[[str], tuple[int, ...]]:
    def parse(text: str) -> tuple[int, ...]:
        numbers = []
        for item in _items(text):
            if (
                _NUMBER.match(item) is None
                or not low <= abs(int(item)) <= high
                or (low == 0 and item[0] == "-")
            ):
                raise ParseError(f"numbers from {low} to {high}")
            numbers.append(int(item))
        return tuple(numbers)

    return parse


def _name(text: str) -> str:
    return text


_LISTS: Final[dict[str, tuple[str, Callable[[str], object]]]] = {
    "BYSECOND": ("by_second", _numbers(0, 60)),
    "BYMINUTE": ("by_minute", _numbers(0, 59)),
    "BYHOUR": ("by_hour", _numbers(0, 23)),
    "BYDAY": ("by_day", _by_day),
    "BYMONTHDAY": ("by_month_day", _numbers(1, 31)),
    "BYYEARDAY": ("by_year_day", _numbers(1, 366)),
    "BYWEEKNO": ("by_week_no", _numbers(1, 53)),
    "BYMONTH": ("by_month", _by_month),
    "BYSETPOS": ("by_set_pos", _numbers(1, 366)),
}
_READERS: Final[dict[str, tuple[str, Callable[[str], object]]]] = {
    **_LISTS,
    "FREQ": ("freq", _frequency),
    "INTERVAL": ("interval", _positive),
    "COUNT": ("count", _positive),
    "UNTIL": ("until", _until),
    "WKST": ("wkst", _weekday),
    "RSCALE": ("rscale", _name),
    "SKIP": ("skip", _skip),
}
