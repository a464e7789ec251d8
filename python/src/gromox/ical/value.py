"""Typed values of properties: dates, times, durations, periods, offsets, numbers; RFC 5545 3.3.

Every function that begins with ``parse_`` raises ParseError for what is not of its type and nothing else.
Forms that RFC 5545 does not have but that files hold are read; what is written is in the form of RFC 5545.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.errors import ParseError

if TYPE_CHECKING:
    from datetime import tzinfo

    from gromox.ical.property import Property

UTC_TZID: Final = "UTC"
#: Names under which files mean UTC where it has a form of its own.
_UTC_NAMES: Final = frozenset(["UTC", "Z", "GMT", "ETC/UTC", "ETC/GMT", "ETC/UNIVERSAL", "ETC/ZULU"])

_DATE: Final = re.compile(r"\s*([0-9]{4})-?([0-9]{2})-?([0-9]{2})\s*\Z")
_DATE_TIME: Final = re.compile(
    r"\s*([0-9]{4})-?([0-9]{2})-?([0-9]{2})[Tt ]([0-9]{2}):?([0-9]{2})(?::?([0-9]{2})(?:[.,][0-9]{1,9})?)?"
    r"\s*([Zz]|[+-][0-9]{2}:?[0-9]{2})?\s*\Z"
)
_OFFSET: Final = re.compile(r"\s*([+-]?)([0-9]{2}):?([0-9]{2})?:?([0-9]{2})?\s*\Z")
_DURATION: Final = re.compile(
    r"\s*([+-]?)P((?:[0-9]{1,10}[WD])*)(T?)((?:[0-9]{1,10}[HMS])*)\s*\Z", re.IGNORECASE
)
_AMOUNT: Final = re.compile(r"([0-9]+)([A-Za-z])")
_SECONDS: Final = {"W": 604_800, "D": 86_400, "H": 3600, "M": 60, "S": 1}
_LONGEST_DAYS: Final = 3_652_059  # the days that there are in the calendar of Python
_INTEGER: Final = re.compile(r"\s*[+-]?[0-9]{1,18}\s*\Z")
_FLOAT: Final = re.compile(r"\s*[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})\s*\Z")
_NOT_BASE64: Final = re.compile(r"[^A-Za-z0-9+/]")
_DAY: Final = 86_400


class DateTime(NamedTuple):
    """A DATE-TIME, RFC 5545 3.3.5: local time, and the zone it is local in.

    ``tzid`` is empty for a floating time and ``UTC`` for one that ends with Z; otherwise it is the TZID
    parameter, which may or may not be known.
    """

    local: datetime  #: without tzinfo
    tzid: str = ""

    @property
    def is_utc(self) -> bool:
        """Whether it is the form with Z."""
        return self.tzid == UTC_TZID


class Duration(NamedTuple):
    """A DURATION, RFC 5545 3.3.6: days are nominal, seconds exact. Both have the same sign."""

    days: int = 0
    seconds: int = 0

    @property
    def total(self) -> timedelta:
        """The duration where each day has 24 hours."""
        return timedelta(days=self.days, seconds=self.seconds)


class Period(NamedTuple):
    """A PERIOD, RFC 5545 3.3.9; exactly one of the last two is given."""

    start: DateTime
    end: DateTime | None
    duration: Duration | None


def parse_date(text: str) -> date:
    """Return a DATE; the time of a DATE-TIME in its place is dropped."""
    found = _DATE.match(text) or _DATE_TIME.match(text)
    if found is None:
        raise ParseError("a date")
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError as error:
        raise ParseError("a day of the calendar") from error


def parse_date_time(text: str, tzid: str = "") -> DateTime:
    """Return a DATE-TIME; a DATE in its place is midnight.

    Args:
        text: the value.
        tzid: the TZID parameter, which means nothing for a time that ends with Z.
    """
    found = _DATE_TIME.match(text)
    if found is None:
        local = datetime.combine(parse_date(text), time())
        return DateTime(local, normal_tzid(tzid))
    hour, minute, second = int(found[4]), int(found[5]), int(found[6] or 0)
    # 24:00 is the next midnight for ISO 8601; a leap second is the one before it, RFC 5545 3.3.5.
    is_next_day = hour == 24 and not minute and not second  # noqa: PLR2004
    try:
        day = datetime(int(found[1]), int(found[2]), int(found[3]))  # noqa: DTZ001 - local in a zone not known here
        if is_next_day:
            local = day + timedelta(days=1)
        else:
            local = day.replace(hour=hour, minute=minute, second=59 if second == 60 else second)  # noqa: PLR2004
        suffix = found[7]
        if suffix is None:
            return DateTime(local, normal_tzid(tzid))
        if suffix not in "Zz":
            local -= timedelta(seconds=parse_utc_offset(suffix))
    except (ValueError, OverflowError) as error:
        raise ParseError("a time of a day of the calendar") from error
    return DateTime(local, UTC_TZID)


def normal_tzid(tzid: str) -> str:
    """Return a TZID without quotes and blanks around; all names of UTC become one."""
    name = tzid.strip().strip("\"'").strip()
    return UTC_TZID if name.upper() in _UTC_NAMES else name


def parse_duration(text: str) -> Duration:
    """Return a DURATION; designators may be in any order, and T may be forgotten."""
    found = _DURATION.match(text)
    if found is None:
        raise ParseError("a duration")
    days = sum(int(count) * (_SECONDS[unit.upper()] // _DAY) for count, unit in _AMOUNT.findall(found[2]))
    seconds = sum(int(count) * _SECONDS[unit.upper()] for count, unit in _AMOUNT.findall(found[4]))
    if days + seconds // _DAY > _LONGEST_DAYS:
        raise ParseError("a duration of less than ten thousand years")
    return Duration(-days, -seconds) if found[1] == "-" else Duration(days, seconds)


def parse_period(text: str, tzid: str = "") -> Period:
    """Return a PERIOD; a period whose end lies before its start is none."""
    start, slash, end = text.partition("/")
    if not slash:
        raise ParseError("a slash between start and end of a period", len(start))
    first = parse_date_time(start, tzid)
    if end.lstrip().lstrip("+-")[:1] in ("P", "p"):
        duration = parse_duration(end)
        if duration < Duration():
            raise ParseError("a period that ends after it starts", len(start) + 1)
        return Period(first, None, duration)
    last = parse_date_time(end, tzid)
    if first.tzid == last.tzid and last.local < first.local:
        raise ParseError("a period that ends after it starts", len(start) + 1)
    return Period(first, last, None)


def parse_utc_offset(text: str) -> int:
    """Return a UTC-OFFSET in seconds east of Greenwich."""
    found = _OFFSET.match(text)
    if found is None:
        raise ParseError("an offset from UTC")
    hours, minutes, seconds = int(found[2]), int(found[3] or 0), int(found[4] or 0)
    if hours > 23 or minutes > 59 or seconds > 59:  # noqa: PLR2004
        raise ParseError("an offset of less than a day")
    offset = hours * 3600 + minutes * 60 + seconds
    return -offset if found[1] == "-" else offset


def parse_boolean(text: str) -> bool:
    """Return a BOOLEAN, in any case of letters."""
    word = text.strip().upper()
    if word not in ("TRUE", "FALSE", "1", "0", "YES", "NO"):
        raise ParseError("TRUE or FALSE")
    return word in ("TRUE", "1", "YES")


def parse_integer(text: str) -> int:
    """Return an INTEGER; more than 32 bits are taken too."""
    if _INTEGER.match(text) is None:
        raise ParseError("an integer")
    return int(text)


def parse_float(text: str) -> float:
    """Return a FLOAT."""
    if _FLOAT.match(text) is None:
        raise ParseError("a number")
    return float(text)


def parse_geo(text: str) -> tuple[float, float]:
    """Return latitude and longitude of a GEO, which vCard 4.0 writes as a URI (RFC 5870)."""
    plain = text.strip()
    if plain[:4].lower() == "geo:":
        plain = plain[4:].partition(";")[0]
    parts = plain.replace(";", ",").split(",")
    if len(parts) < 2:  # noqa: PLR2004
        raise ParseError("latitude and longitude")
    return parse_float(parts[0]), parse_float(parts[1])


def parse_binary(text: str) -> bytes:
    """Return the octets of a BINARY; missing padding is mended."""
    plain = _NOT_BASE64.sub("", text.replace("-", "+").replace("_", "/"))
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4))
    except binascii.Error as error:
        raise ParseError("base64") from error


def parse_address(text: str) -> str:
    """Return the mail address of a CAL-ADDRESS, without ``mailto:``; other URIs stay as they are."""
    plain = text.strip()
    # Some write it twice, or in capitals.
    while plain[:7].lower() == "mailto:":
        plain = plain[7:].lstrip()
    return plain


def date_or_date_time(one: Property, text: str | None = None) -> date | DateTime:
    """Return the value of a property such as DTSTART; VALUE and the form of the value tell which it is.

    Args:
        one: the property.
        text: one of its values where it is a list, else None.
    """
    value = one.value if text is None else text
    kind = (one.parameter("VALUE") or "").upper()
    if kind == "DATE" or (kind != "DATE-TIME" and _DATE.match(value)):
        return parse_date(value)
    return parse_date_time(value, one.parameter("TZID") or "")


def format_date(value: date) -> str:
    """Return a DATE."""
    return f"{value.year:04d}{value.month:02d}{value.day:02d}"


def format_date_time(value: DateTime) -> str:
    """Return a DATE-TIME; its TZID goes into a parameter."""
    local = value.local
    text = f"{format_date(local)}T{local.hour:02d}{local.minute:02d}{local.second:02d}"
    return text + "Z" if value.is_utc else text


def format_duration(value: Duration) -> str:
    """Return a DURATION, the shortest form."""
    sign = "-" if value < Duration() else ""
    days, seconds = abs(value.days), abs(value.seconds)
    if days and not seconds and not days % 7:
        return f"{sign}P{days // 7}W"
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    parts = [f"{amount}{unit}" for amount, unit in ((hours, "H"), (minute, "M"), (second, "S")) if amount]
    text = (f"{days}D" if days else "") + ("T" + "".join(parts) if parts else "")
    return f"{sign}P{text or 'T0S'}"


def format_period(value: Period) -> str:
    """Return a PERIOD."""
    if value.duration is not None:
        return f"{format_date_time(value.start)}/{format_duration(value.duration)}"
    return f"{format_date_time(value.start)}/{format_date_time(value.end or value.start)}"


def format_utc_offset(offset: int) -> str:
    """Return a UTC-OFFSET; seconds only where there are any."""
    minutes, seconds = divmod(abs(offset), 60)
    text = f"{'-' if offset < 0 else '+'}{minutes // 60:02d}{minutes % 60:02d}"
    return f"{text}{seconds:02d}" if seconds else text


def instant(value: DateTime, zone: tzinfo) -> datetime:
    """Return the instant of a local time in a zone, in UTC.

    Spec:
        RFC 5545 3.3.5: a time that occurs twice is the first of both; one that is skipped is read with the
        offset before the gap.

    Raises:
        ParseError: UTC has no such year.
    """
    try:
        return value.local.replace(tzinfo=UTC if value.is_utc else zone).astimezone(UTC)
    except OverflowError as error:
        raise ParseError("an instant of the calendar") from error
