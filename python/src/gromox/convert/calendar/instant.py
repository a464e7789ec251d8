"""Instants and days as FILETIME, and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from gromox.base.errors import ParseError
from gromox.ical.value import UTC_TZID, DateTime, instant

_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_TICKS: Final = 10  #: of a microsecond
_LAST: Final = datetime.max.replace(tzinfo=UTC)
MINUTE: Final = 600_000_000  #: ticks


def ticks_of(when: datetime) -> int | None:
    """Return an instant as FILETIME, or None before 1601."""
    ticks = (when - _EPOCH) // _MICROSECOND * _TICKS
    return ticks if ticks >= 0 else None


def instant_of(ticks: int) -> datetime:
    """Return the instant of a FILETIME; what lies behind the last year is its end."""
    try:
        return _EPOCH + timedelta(microseconds=ticks // _TICKS)
    except OverflowError:
        return _LAST


def local_of(ticks: int, zone: tzinfo) -> datetime:
    """Return the local time of a FILETIME, without tzinfo."""
    try:
        return instant_of(ticks).astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        return instant_of(ticks).replace(tzinfo=None)


def utc(ticks: int) -> DateTime:
    """Return a FILETIME as a DATE-TIME that ends with Z; fractions of seconds are dropped."""
    return DateTime(instant_of(ticks).replace(tzinfo=None, microsecond=0), UTC_TZID)


def ticks_in(local: datetime, zone: tzinfo) -> int | None:
    """Return a local time in a zone as FILETIME, or None where there is none."""
    try:
        return ticks_of(instant(DateTime(local), zone))
    except ParseError:
        return None


def midnight(day: date) -> datetime:
    """Return the local time at which a day begins."""
    return datetime.combine(day, time())
