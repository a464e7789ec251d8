"""Birthdays and anniversaries: dates of cards, and instants of contacts.

Spec: [MS-OXOCNTC] 2.2.1.5: PidTagBirthday stands at 11:59 UTC of the day, PidLidBirthdayLocal at its
midnight.
A day whose year nobody knows stands in the year 1604, as programs of Apple and Microsoft have it.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from gromox.ical.vcarddate import APPLE_NO_YEAR, PartialDate

_EPOCH: Final = dt.datetime(1601, 1, 1)  # noqa: DTZ001 - days are counted, no zone is meant
_TICKS_A_SECOND: Final = 10_000_000
_TICKS_A_DAY: Final = 86_400 * _TICKS_A_SECOND
_NOON: Final = (11 * 3600 + 59 * 60) * _TICKS_A_SECOND
_LAST_DAY: Final = dt.date.max.toordinal() - dt.date(1601, 1, 1).toordinal()


def ticks_of_day(day: PartialDate) -> tuple[int, int] | None:
    """Return a day as both properties have it, or None if it is no day of the calendar since 1601."""
    if day.month is None or day.day is None:
        return None
    year = APPLE_NO_YEAR if day.year is None else day.year
    try:
        midnight = (dt.datetime(year, day.month, day.day) - _EPOCH).days * _TICKS_A_DAY  # noqa: DTZ001
    except ValueError:
        return None
    return (midnight + _NOON, midnight) if midnight >= 0 else None


def day_of_ticks(instant: int) -> PartialDate | None:
    """Return the day of one of these properties; the local one says which, the other one nearly always."""
    days = instant // _TICKS_A_DAY
    if not 0 < days <= _LAST_DAY:
        return None
    day = _EPOCH + dt.timedelta(days=days)
    return PartialDate(None if day.year == APPLE_NO_YEAR else day.year, day.month, day.day)


def ticks_of_instant(moment: PartialDate) -> int | None:
    """Return REV as FILETIME; a time without a zone is UTC."""
    day = ticks_of_day(moment)
    if day is None or moment.year is None:
        return None
    seconds = (moment.hour or 0) * 3600 + (moment.minute or 0) * 60 + min(moment.second or 0, 59)
    zone = moment.zone.replace(":", "")
    if zone and zone != "Z":
        offset = int(zone[1:3]) * 3600 + int(zone[3:5] or 0) * 60
        seconds -= offset if zone[0] == "+" else -offset
    ticks = day[1] + seconds * _TICKS_A_SECOND
    return ticks if ticks > 0 else None


def revision_text(ticks: int) -> str:
    """Return a FILETIME as REV of every version has it; empty if there is no such year."""
    if not 0 < ticks // _TICKS_A_DAY < _LAST_DAY:
        return ""
    return (_EPOCH + dt.timedelta(seconds=ticks // _TICKS_A_SECOND)).strftime("%Y%m%dT%H%M%SZ").rjust(16, "0")
