"""Dates of messages: RFC 5322 3.3 with the obsolete forms of 4.3, and INTERNALDATE text."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Final

_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"), 1
    )
}
_MONTH_NAMES: Final = (b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec").split()
#: RFC 5322 4.3; the military letters mean nothing there, other names are unknown: both -0000.
_ZONES: Final = {
    b"ut": 0,
    b"gmt": 0,
    b"utc": 0,
    b"est": -300,
    b"edt": -240,
    b"cst": -360,
    b"cdt": -300,
    b"mst": -420,
    b"mdt": -360,
    b"pst": -480,
    b"pdt": -420,
    # Not of the document, but written by mail programs and of one meaning.
    b"cet": 60,
    b"cest": 120,
    b"met": 60,
    b"mest": 120,
    b"bst": 60,
    b"jst": 540,
}
_TIME: Final = rb"([0-9]{1,2})[:.]([0-9]{2})(?:[:.]([0-9]{1,2})(?:[.,][0-9]{1,9})?)?(?:\s*([AaPp])[Mm])?"
_ZONE: Final = rb"(?:\s*(?:(?:GMT|UTC)?\s*([+-])\s?([0-9]{1,2}):?([0-9]{2})|([A-Za-z]{1,5})))?"
#: The same as RFC 5322 3.3 has it, with single blanks; what follows the zone means nothing.
_EXACT: Final = re.compile(
    rb"(?:[A-Z][a-z]{2}, )?([0-9]{1,2} [A-Z][a-z]{2} [0-9]{4})"
    rb" ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})"
)
#: [Fri,] 21 Nov 1997 09:55:06 -0600
_USUAL: Final = re.compile(
    rb"\s*(?:[A-Za-z]{2,9}[,.]?\s*)?([0-9]{1,2})[\s.-]*([A-Za-z]{3})[a-z]{0,6}[\s.,-]*([0-9]{4}|[0-9]{2,3})"
    rb"(?:[\s,]+(?:at\s+)?" + _TIME + _ZONE + rb")?"
)
#: [Fri] Nov 21 09:55:06 [CST] 1997 (asctime), [Friday,] November 21, 1997 09:55 -0600
_ASCTIME: Final = re.compile(
    rb"\s*(?:[A-Za-z]{2,9},?\s+)?([A-Za-z]{3})[a-z]{0,6}\.?\s+([0-9]{1,2})\s+"
    + _TIME
    + _ZONE
    + rb"\s+([0-9]{4})"
)
_AMERICAN: Final = re.compile(
    rb"\s*(?:[A-Za-z]{2,9},?\s+)?([A-Za-z]{3})[a-z]{0,6}\.?\s+([0-9]{1,2}),?\s+([0-9]{4})(?:[\s,]+"
    + _TIME
    + _ZONE
    + rb")?"
)
_ISO: Final = re.compile(
    rb"\s*([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T\s]+" + _TIME + rb"(?:(Z)|" + _ZONE[3:-2] + rb")?)?"
)
_COMMENT: Final = re.compile(rb"\([^()]*\)")
_LONGEST: Final = 200
_EPOCH_DAY: Final = dt.date(1970, 1, 1).toordinal()
_DAY: Final = 86400


def parse_date(value: bytes) -> tuple[int, int] | None:
    """Return the moment a Date field names, or None if it names none.

    Spec:
        RFC 5322 3.3; 4.3 for years of two and three digits and for names of zones.

    Returns:
        Unix seconds, and the zone as minutes east of UTC. A leap second is the second before it.
    """
    found = _EXACT.match(value)
    exact = _exact_moment(found) if found is not None else None
    if exact is not None:
        return exact
    value = value[:_LONGEST]
    if b"(" in value:
        value = _COMMENT.sub(b" ", value)
    found = _USUAL.match(value)
    if found is not None:
        day, month, year, *clock = found.groups()
        return _moment(int(year), _MONTHS.get(month.lower()), int(day), clock, digits=len(year))
    found = _ASCTIME.match(value)
    if found is not None:
        month, day, *clock, year = found.groups()
        return _moment(int(year), _MONTHS.get(month.lower()), int(day), clock)
    found = _AMERICAN.match(value)
    if found is not None:
        month, day, year, *clock = found.groups()
        return _moment(int(year), _MONTHS.get(month.lower()), int(day), clock)
    found = _ISO.match(value)
    if found is not None:
        year, month, day, *clock = found.groups()
        del clock[4]  # the Z
        return _moment(int(year), int(month), int(day), clock)
    return None


def _exact_moment(found: re.Match[bytes]) -> tuple[int, int] | None:
    """Do what _moment does for nearly all mails, in half the time."""
    date, hour, minute, second, sign, zone_hours, zone_minutes = found.groups()
    days = _days(date)
    if days is None or hour > b"23" or minute > b"59":
        return None
    zone = int(zone_hours) * 60 + int(zone_minutes)
    zone = zone if zone < 24 * 60 else 0
    zone = -zone if sign == b"-" else zone
    return days * _DAY + int(hour) * 3600 + int(minute) * 60 + min(int(second), 59) - zone * 60, zone


def _moment(
    year: int, month: int | None, day: int, clock: list[bytes | None], *, digits: int = 4
) -> tuple[int, int] | None:
    hour_text, minute_text, second_text, half, sign, zone_hours, zone_minutes, zone_name = clock
    if digits == 2:  # noqa: PLR2004 - RFC 5322 4.3
        year += 2000 if year < 50 else 1900  # noqa: PLR2004
    elif digits == 3:  # noqa: PLR2004
        year += 1900
    hour, minute, second = int(hour_text or 0), int(minute_text or 0), min(int(second_text or 0), 59)
    if half is not None:
        hour = hour % 12 + (12 if half in b"Pp" else 0)
    if month is None or hour > 23 or minute > 59:  # noqa: PLR2004
        return None
    try:
        days = dt.date(year, month, day).toordinal() - _EPOCH_DAY
    except ValueError:
        return None
    zone = 0
    if sign is not None:
        zone = int(zone_hours or 0) * 60 + int(zone_minutes or 0)
        zone = zone if zone < 24 * 60 else 0
        zone = -zone if sign == b"-" else zone
    elif zone_name is not None:
        zone = _ZONES.get(zone_name.lower(), 0)
    return days * _DAY + hour * 3600 + minute * 60 + second - zone * 60, zone


# Most mails of an hour are of a few days.
@lru_cache(maxsize=64)
def _days(text: bytes) -> int | None:
    """Return the days from 1970 to a date such as ``21 Nov 1997``."""
    day, month, year = text.split()
    number = _MONTHS.get(month.lower())
    try:
        return None if number is None else dt.date(int(year), number, int(day)).toordinal() - _EPOCH_DAY
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def _day_text(day: int) -> bytes:
    date = dt.date.fromordinal(min(max(day + _EPOCH_DAY, 1), dt.date.max.toordinal()))
    return b"%2d-%b-%04d " % (date.day, _MONTH_NAMES[date.month - 1], date.year)


@lru_cache(maxsize=256)
def _zone_text(zone: int) -> bytes:
    hours, minutes = divmod(min(abs(zone), 99 * 60 + 59), 60)
    return b" %b%02d%02d" % (b"-" if zone < 0 else b"+", hours, minutes)


def internal_date_text(seconds: float, zone: int = 0) -> bytes:
    """Return a moment as ``17-Jul-1996 02:44:25 -0700``, the content of date-time in RFC 9051 9.

    Args:
        seconds: Unix seconds.
        zone: minutes east of UTC.
    """
    day, rest = divmod(int(seconds // 1) + zone * 60, _DAY)
    return b"%b%02d:%02d:%02d%b" % (
        _day_text(day),
        rest // 3600,
        rest // 60 % 60,
        rest % 60,
        _zone_text(zone),
    )
