"""Recurrences in other calendars than the Gregorian, [MS-OXCICAL] 2.1.3.1.1.8 and 2.1.3.1.1.20.38.

Their patterns are read and written; which days they mean is not computed here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.convert.calendar.blob import length_of
from gromox.convert.calendar.pattern import pattern_of_rule
from gromox.convert.calendar.times import CALENDAR_TYPES
from gromox.ical.recur import parse_recur
from gromox.mapi.appointmentrecurrence import AppointmentRecurrence
from gromox.mapi.recurrence import EndType, PatternType

if TYPE_CHECKING:
    from gromox.ical.component import Component
    from gromox.ical.series import Series

_HIJRI: Final = 6
_HIJRI_TYPES: Final = {
    PatternType.MONTH: PatternType.HIJRI_MONTH,
    PatternType.MONTH_NTH: PatternType.HIJRI_MONTH_NTH,
    PatternType.MONTH_END: PatternType.HIJRI_MONTH_END,
}
_FIRST_YEAR: Final = 1601
_LAST_YEAR: Final = 4500


def foreign_recurrence(event: Component, calendar: Component, series: Series) -> AppointmentRecurrence | None:
    """Return the recurrence that X-MICROSOFT-RRULE tells, or None if there is none that can be told."""
    one = event.first("X-MICROSOFT-RRULE")
    scale = event.text("X-MICROSOFT-CALSCALE") or calendar.text("X-MICROSOFT-CALSCALE")
    calendar_type = CALENDAR_TYPES.get(scale.strip().upper())
    length = length_of(series)
    if one is None or calendar_type is None or length is None or event.first("RRULE") is not None:
        return None
    if series.start.second or not _FIRST_YEAR <= series.start.year <= _LAST_YEAR:
        return None
    try:
        rule = parse_recur(one.value)
    except ParseError:
        return None
    pattern = pattern_of_rule(replace(rule, rscale=""), series.start)
    if pattern is None:
        return None
    if calendar_type == _HIJRI:
        kind = _HIJRI_TYPES.get(PatternType(pattern.pattern_type), pattern.pattern_type)
        pattern = replace(pattern, pattern_type=kind)
    pattern = replace(pattern, calendar_type=calendar_type)
    if rule.count is not None and rule.count < 1 << 31:
        pattern = replace(pattern, end_type=EndType.COUNT, occurrence_count=rule.count)
    offset = series.start.hour * 60 + series.start.minute
    return AppointmentRecurrence(pattern, offset, offset + length)
