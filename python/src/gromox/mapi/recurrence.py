"""Recurrence patterns: which days a series of appointments or tasks takes place.

Spec:
    [MS-OXOCAL] 2.2.1.44.1. Times are minutes since 1601 in the local time of the series. What a structure
    holds is kept as it was read, also where values contradict each other; meaning is the caller's business.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, Writer

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSION: Final = 0x3004
#: EndDate of a series that never ends.
NO_END_DATE: Final = 0x5AE980DF
#: The other value of EndType that means that there is no end.
NEVER_ENDS: Final = 0xFFFFFFFF
#: Dates of instances in one structure: each day of 27 years. Outlook writes at most 999.
MAX_DATES: Final = 10_000

_EPOCH: Final = datetime(1601, 1, 1)  # noqa: DTZ001 - local times of a series
_MINUTE: Final = timedelta(minutes=1)
_HEAD: Final = struct.Struct("<HHHHHIII")
_TAIL: Final = struct.Struct("<III")
_RANGE: Final = struct.Struct("<II")


class RecurFrequency(IntEnum):
    """RecurFrequency, [MS-OXOCAL] 2.2.1.44.1."""

    DAILY = 0x200A
    WEEKLY = 0x200B
    MONTHLY = 0x200C
    YEARLY = 0x200D


class PatternType(IntEnum):
    """PatternType; those with HIJRI count in the calendar of that name."""

    DAY = 0x0
    WEEK = 0x1
    MONTH = 0x2
    MONTH_NTH = 0x3
    MONTH_END = 0x4
    HIJRI_MONTH = 0xA
    HIJRI_MONTH_NTH = 0xB
    HIJRI_MONTH_END = 0xC


class EndType(IntEnum):
    """EndType."""

    END_DATE = 0x2021
    COUNT = 0x2022
    NEVER = 0x2023


#: PatternTypeSpecific is a day of the month, or days of the week and which of them.
_WITH_DAY: Final = frozenset(
    [PatternType.MONTH, PatternType.MONTH_END, PatternType.HIJRI_MONTH, PatternType.HIJRI_MONTH_END]
)
_WITH_NTH: Final = frozenset([PatternType.MONTH_NTH, PatternType.HIJRI_MONTH_NTH])


@dataclass(frozen=True, slots=True)
class RecurrencePattern:
    """RecurrencePattern; ``day_mask`` has Sunday as its lowest bit.

    Which of ``day_mask``, ``day`` and ``nth`` count is the pattern type's business; the others are 0.
    """

    frequency: int
    pattern_type: int
    period: int
    start_date: int
    day_mask: int = 0
    day: int = 0
    nth: int = 0
    first_date_time: int = 0
    sliding: int = 0
    calendar_type: int = 0
    end_type: int = EndType.NEVER
    occurrence_count: int = 10
    first_day_of_week: int = 0  #: 0 is Sunday
    deleted_dates: tuple[int, ...] = ()
    modified_dates: tuple[int, ...] = ()
    end_date: int = NO_END_DATE
    reader_version: int = VERSION
    writer_version: int = VERSION

    @classmethod
    def decode(cls, r: Reader) -> RecurrencePattern:
        """Read one.

        Raises:
            ParseError: it is cut off, its pattern type is not known, or it holds too many dates.
        """
        head = r.unpack(_HEAD)
        reader_version, writer_version, frequency, pattern_type, calendar_type = head[:5]
        first_date_time, period, sliding = head[5:]
        day_mask = day = nth = 0
        if pattern_type == PatternType.WEEK:
            day_mask = r.u32()
        elif pattern_type in _WITH_DAY:
            day = r.u32()
        elif pattern_type in _WITH_NTH:
            day_mask, nth = r.unpack(_RANGE)
        elif pattern_type != PatternType.DAY:
            raise ParseError("a pattern type of a recurrence", 6)
        end_type, occurrence_count, first_day_of_week = r.unpack(_TAIL)
        deleted, modified = _dates(r), _dates(r)
        start_date, end_date = r.unpack(_RANGE)
        return cls(
            frequency=frequency,
            pattern_type=pattern_type,
            period=period,
            start_date=start_date,
            day_mask=day_mask,
            day=day,
            nth=nth,
            first_date_time=first_date_time,
            sliding=sliding,
            calendar_type=calendar_type,
            end_type=end_type,
            occurrence_count=occurrence_count,
            first_day_of_week=first_day_of_week,
            deleted_dates=deleted,
            modified_dates=modified,
            end_date=end_date,
            reader_version=reader_version,
            writer_version=writer_version,
        )

    @classmethod
    def from_octets(cls, octets: bytes) -> RecurrencePattern:
        """Read PidLidTaskRecurrence, [MS-OXOTASK] 2.2.2.2.15; what follows the structure is passed over."""
        return cls.decode(Reader(octets))

    def write(self, w: Writer) -> None:
        """Append the wire form.

        Raises:
            ValueError: there are too many dates.
        """
        w.pack(
            _HEAD,
            self.reader_version,
            self.writer_version,
            self.frequency,
            self.pattern_type,
            self.calendar_type,
            self.first_date_time,
            self.period,
            self.sliding,
        )
        if self.pattern_type == PatternType.WEEK:
            w.u32(self.day_mask)
        elif self.pattern_type in _WITH_DAY:
            w.u32(self.day)
        elif self.pattern_type in _WITH_NTH:
            w.pack(_RANGE, self.day_mask, self.nth)
        w.pack(_TAIL, self.end_type, self.occurrence_count, self.first_day_of_week)
        for dates in (self.deleted_dates, self.modified_dates):
            if len(dates) > MAX_DATES:
                raise ValueError(f"a recurrence has at most {MAX_DATES} dates of instances")
            w.u32(len(dates))
            w.raw(struct.pack(f"<{len(dates)}I", *dates))
        w.pack(_RANGE, self.start_date, self.end_date)

    def octets(self) -> bytes:
        """Return the wire form."""
        w = Writer()
        self.write(w)
        return w.octets()

    @property
    def is_endless(self) -> bool:
        """Whether there is no last instance."""
        return self.end_type in (EndType.NEVER, NEVER_ENDS)


def _dates(r: Reader) -> tuple[int, ...]:
    count = r.u32()
    if count > MAX_DATES:
        raise ParseError(f"at most {MAX_DATES} dates of instances", r.offset)
    return struct.unpack(f"<{count}I", r.take(4 * count))


def minutes(local: datetime) -> int:
    """Return a local time as minutes since 1601; seconds are dropped."""
    return (local - _EPOCH) // _MINUTE


def local_time(count: int) -> datetime:
    """Return the local time of a number of minutes since 1601."""
    return _EPOCH + timedelta(minutes=count)


def sorted_dates(dates: Sequence[int]) -> tuple[int, ...]:
    """Return dates in the order in which structures have them, each once."""
    return tuple(sorted(set(dates)))
