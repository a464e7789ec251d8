"""Dates of vCard, whole or in part; RFC 6350 4.3, ISO 8601:2000, RFC 2426 3.1.5."""

from __future__ import annotations

import re
from datetime import date
from typing import Final, NamedTuple

from gromox.base.errors import ParseError

_WHOLE: Final = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})\Z")
_YEAR_MONTH: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?\Z")
_NO_YEAR: Final = re.compile(r"--([0-9]{2})(?:-?([0-9]{2}))?\Z")
_DAY: Final = re.compile(r"---([0-9]{2})\Z")
_TIME: Final = re.compile(
    r"(?:([0-9]{2})|-):?(?:([0-9]{2})|-)?:?([0-9]{2})?(?:\.[0-9]{1,9})?\s*(Z|[+-][0-9]{2}:?(?:[0-9]{2})?)?\Z",
    re.IGNORECASE,
)
#: The year that Apple's programs put for none, with X-APPLE-OMIT-YEAR.
APPLE_NO_YEAR: Final = 1604
_LEAP_YEAR: Final = 2000
_LIMITS: Final = (23, 59, 60)


class PartialDate(NamedTuple):
    """A date and time of which any part may be missing; ``text`` is what is no date at all."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    hour: int | None = None
    minute: int | None = None
    second: int | None = None
    zone: str = ""
    text: str = ""

    @property
    def date(self) -> date | None:
        """The day, if all of it is known."""
        if self.year is None or self.month is None or self.day is None:
            return None
        return date(self.year, self.month, self.day)


def parse_partial_date(value: str) -> PartialDate:
    """Return a DATE-AND-OR-TIME.

    Raises:
        ParseError: it is none.
    """
    day_text, mark, time_text = value.strip().partition("T")
    if not mark:
        day_text, mark, time_text = day_text.partition(" ")
    year, month, day = _parse_day(day_text) if day_text else (None, None, None)
    hour, minute, second, zone = _parse_time(time_text) if time_text.strip() else (None, None, None, "")
    if year is month is day is hour is minute is second is None:
        raise ParseError("a date or a part of one")
    return PartialDate(year, month, day, hour, minute, second, zone)


def _parse_day(text: str) -> tuple[int | None, int | None, int | None]:
    year: str | None = None
    month: str | None = None
    day: str | None = None
    if found := _WHOLE.match(text):
        year, month, day = found.groups()
    elif found := _YEAR_MONTH.match(text):
        year, month = found.groups()
    elif found := _NO_YEAR.match(text):
        month, day = found.groups()
    elif found := _DAY.match(text):
        day = found[1]
    else:
        raise ParseError("a date or a part of one")
    numbers = tuple(None if part is None else int(part) for part in (year, month, day))
    try:
        # A day that no month of any year has is none; without a year the 29th of February is one.
        date(numbers[0] or _LEAP_YEAR, numbers[1] or 1, numbers[2] or 1)
    except ValueError as error:
        raise ParseError("a day of the calendar") from error
    if 0 in numbers:
        raise ParseError("a day of the calendar")
    return numbers[0], numbers[1], numbers[2]


def _parse_time(text: str) -> tuple[int | None, int | None, int | None, str]:
    found = _TIME.match(text.strip())
    if found is None:
        raise ParseError("a time or a part of one")
    numbers = [None if part is None else int(part) for part in found.groups()[:3]]
    if any(number is not None and number > limit for number, limit in zip(numbers, _LIMITS, strict=True)):
        raise ParseError("a time of day")
    return numbers[0], numbers[1], numbers[2], (found[4] or "").upper()


def format_partial_date(value: PartialDate) -> str:
    """Return the date in the basic form of RFC 6350 4.3; the parts of the time follow if there are any."""
    if value.text:
        return value.text
    year, month, day = value.year, value.month, value.day
    if year is not None:
        out = f"{year:04d}"
        if month is not None:
            out += f"{month:02d}{day:02d}" if day is not None else f"-{month:02d}"
    elif month is not None:
        out = f"--{month:02d}" + (f"{day:02d}" if day is not None else "")
    else:
        out = f"---{day:02d}" if day is not None else ""
    if value.hour is None and value.minute is None and value.second is None:
        return out
    hour = "-" if value.hour is None else f"{value.hour:02d}"
    minute = ("" if value.second is None else "-") if value.minute is None else f"{value.minute:02d}"
    return f"{out}T{hour}{minute}" + ("" if value.second is None else f"{value.second:02d}") + value.zone
