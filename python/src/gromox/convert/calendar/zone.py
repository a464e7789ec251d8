"""Zones and the time zone definitions of MAPI, [MS-OXOCAL] 2.2.1.39 ff., [MS-OXCICAL] 2.1.3.1.1.19.

A definition has a name and rules. The name of a zone that Windows has means that zone, by the table of CLDR;
other names are IANA names or what the calendar said, and if nobody knows them the rules count.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.errors import ParseError
from gromox.ical.component import Component
from gromox.ical.property import Property
from gromox.ical.recur import Frequency, Recur, WeekdayNum, format_recur
from gromox.ical.rulezone import rule_zone
from gromox.ical.text import escape
from gromox.ical.timezone import iana_from_windows, windows_from_iana, zone_of_name
from gromox.ical.value import UTC_TZID, DateTime, format_date_time, format_utc_offset
from gromox.ical.vtimezone import Change, changes_of_year
from gromox.mapi import named
from gromox.mapi.timezonedefinition import (
    MAX_KEY_NAME,
    RuleFlag,
    SystemTime,
    TimeZoneDefinition,
    TimeZoneRule,
    TimeZoneStruct,
    ZoneRule,
)

if TYPE_CHECKING:
    from gromox.mapi.message import PropertyBag

_CACHED: Final = 512
_LAST_WEEK: Final = 5
_LATER_YEARS: Final = 5  #: that tell whether the fourth or the last week is meant
_TWO: Final = 2
_MOST_CHANGE: Final = 23 * 3600
_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 9000


class NamedZone(NamedTuple):
    """A zone and what it is called in TZID parameters."""

    name: str
    zone: tzinfo


UTC_ZONE: Final = NamedZone(UTC_TZID, UTC)


def put_zone(bag: PropertyBag, zone: NamedZone, end_zone: NamedZone, year: int, *, recurs: bool) -> None:
    """Set the properties that tell in which zones an appointment was made.

    Spec: [MS-OXOCAL] 2.2.1.39 to 2.2.1.43. An appointment in UTC that does not recur has none.
    """
    if not recurs and zone.name == end_zone.name == UTC_TZID:
        return
    definition = definition_of(zone, year)
    bag[named.PidLidAppointmentTimeZoneDefinitionStartDisplay] = definition.octets()
    bag[named.PidLidAppointmentTimeZoneDefinitionEndDisplay] = definition_of(end_zone, year).octets()
    bag[named.PidLidTimeZoneDescription] = definition.key_name
    if recurs:
        rule = definition.rules[0].rule
        marked = TimeZoneRule(rule, definition.rules[0].year, RuleFlag.EFFECTIVE | RuleFlag.RECUR_CURRENT)
        recurring = TimeZoneDefinition(definition.key_name, (marked,))
        bag[named.PidLidAppointmentTimeZoneDefinitionRecur] = recurring.octets()
        bag[named.PidLidTimeZoneStruct] = TimeZoneStruct(rule).octets()


def zone_of_start(bag: PropertyBag) -> NamedZone:
    """Return the zone in which an appointment that does not recur was made; UTC if none is told."""
    return (
        zone_of_octets(bag.typed(named.PidLidAppointmentTimeZoneDefinitionStartDisplay, bytes, b""))
        or _zone_of_series(bag)
        or UTC_ZONE
    )


def zone_of_end(bag: PropertyBag) -> NamedZone:
    """Return the zone of its end."""
    found = zone_of_octets(bag.typed(named.PidLidAppointmentTimeZoneDefinitionEndDisplay, bytes, b""))
    return found or zone_of_start(bag)


def zone_of_series(bag: PropertyBag) -> NamedZone:
    """Return the zone in which the instances of a series are counted."""
    return _zone_of_series(bag) or zone_of_start(bag)


def _zone_of_series(bag: PropertyBag) -> NamedZone | None:
    """Return the zone of a series; PidLidTimeZoneStruct counts where both differ, [MS-OXOCAL] 2.2.1.41."""
    definition = bag.typed(named.PidLidAppointmentTimeZoneDefinitionRecur, bytes, b"")
    old = bag.typed(named.PidLidTimeZoneStruct, bytes, b"")
    if definition and (not old or _agree(definition, old)):
        found = zone_of_octets(definition)
        if found is not None:
            return found
    return _zone_of_struct(old, bag.text(named.PidLidTimeZoneDescription)) if old else None


@lru_cache(maxsize=_CACHED)
def _agree(definition: bytes, old: bytes) -> bool:
    try:
        effective = TimeZoneDefinition.from_octets(definition).effective
        return effective is not None and effective.rule == TimeZoneStruct.from_octets(old).rule
    except ParseError:
        # What cannot be read is not asked; the caller looks at the one that can.
        return True


@lru_cache(maxsize=_CACHED)
def zone_of_octets(octets: bytes) -> NamedZone | None:
    """Return the zone of a definition, or None if there is none that can be read."""
    try:
        definition = TimeZoneDefinition.from_octets(octets)
    except ParseError:
        return None
    name = iana_from_windows(definition.key_name) or definition.key_name
    known = zone_of_name(name)
    if known is not None:
        return NamedZone(UTC_TZID if known is UTC else name, known)
    effective = definition.effective
    return None if effective is None else _zone_of_rule(effective.rule, name)


@lru_cache(maxsize=_CACHED)
def _zone_of_struct(octets: bytes, description: str) -> NamedZone | None:
    try:
        rule = TimeZoneStruct.from_octets(octets).rule
    except ParseError:
        return None
    return _zone_of_rule(rule, description)


def _zone_of_rule(rule: ZoneRule, name: str) -> NamedZone | None:
    component = vtimezone_of_rule(rule, name)
    try:
        return NamedZone(component.text("TZID"), rule_zone(component))
    except ParseError:
        return None


def vtimezone_of_rule(rule: ZoneRule, name: str) -> Component:
    """Return a rule of Windows as VTIMEZONE, [MS-OXCICAL] 2.1.3.1.1.19."""
    standard = _offset(rule.bias + rule.standard_bias)
    tzid = name or f"GMT{format_utc_offset(standard)}"
    component = Component("VTIMEZONE", [Property("TZID", escape(tzid))])
    if not rule.standard_date.month or not rule.daylight_date.month:
        component.components.append(_observance("STANDARD", None, standard, standard))
        return component
    daylight = _offset(rule.bias + rule.daylight_bias)
    # Clocks of the standard library change by less than a day.
    daylight = max(standard - _MOST_CHANGE, min(standard + _MOST_CHANGE, daylight))
    component.components += [
        _observance("STANDARD", rule.standard_date, daylight, standard),
        _observance("DAYLIGHT", rule.daylight_date, standard, daylight),
    ]
    return component


def _offset(bias: int) -> int:
    """Return an offset in seconds east of Greenwich; nonsense is cut to what there can be."""
    return max(-86_340, min(86_340, -60 * bias))


def _observance(kind: str, at: SystemTime | None, offset_from: int, offset_to: int) -> Component:
    start = datetime(_FIRST_YEAR, 1, 1)  # noqa: DTZ001 - local
    rule = ""
    if at is not None:
        year = at.year if _FIRST_YEAR <= at.year <= _LAST_YEAR else _FIRST_YEAR
        month = min(max(at.month, 1), 12)
        clock = timedelta(hours=min(at.hour, 23), minutes=min(at.minute, 59), seconds=min(at.second, 59))
        if at.year:
            start = datetime(year, month, min(max(at.day, 1), 28)) + clock  # noqa: DTZ001
        else:
            weekday = (at.day_of_week + 6) % 7
            start = _nth_weekday(year, month, weekday, at.day) + clock
            ordinal = -1 if at.day >= _LAST_WEEK else max(at.day, 1)
            recur = Recur(Frequency.YEARLY, by_month=(month,), by_day=(WeekdayNum(ordinal, weekday),))
            rule = format_recur(recur)
    properties = [
        Property("DTSTART", format_date_time(DateTime(start))),
        Property("TZOFFSETFROM", format_utc_offset(offset_from)),
        Property("TZOFFSETTO", format_utc_offset(offset_to)),
    ]
    if rule:
        properties.append(Property("RRULE", rule))
    return Component(kind, properties)


def _nth_weekday(year: int, month: int, weekday: int, number: int) -> datetime:
    """Return the first to fourth, or the last, of a weekday in a month."""
    first = datetime(year, month, 1)  # noqa: DTZ001 - local
    found = first + timedelta(days=(weekday - first.weekday()) % 7)
    if number >= _LAST_WEEK:
        later = found + timedelta(days=28)
        return later if later.month == month else later - timedelta(days=7)
    return found + timedelta(days=7 * (max(number, 1) - 1))


@lru_cache(maxsize=_CACHED)
def definition_of(zone: NamedZone, year: int) -> TimeZoneDefinition:
    """Return the definition of a zone with the rule of one year."""
    year = min(max(year, 1601), _LAST_YEAR)
    name = UTC_TZID if zone.zone is UTC else windows_from_iana(zone.name) or zone.name[:MAX_KEY_NAME]
    return TimeZoneDefinition(name, (TimeZoneRule(rule_of(zone.zone, year), year, RuleFlag.EFFECTIVE),))


def rule_of(zone: tzinfo, year: int) -> ZoneRule:
    """Return the rule by which a zone changes its clocks in a year.

    A zone whose clocks change more than twice, or once, has no such rule: it gets what held at the end.
    """
    first, changes = changes_of_year(zone, year)
    if len(changes) != _TWO or changes[0].is_daylight == changes[1].is_daylight:
        last = changes[-1] if changes else first
        return ZoneRule(-(last.offset_to // 60))
    daylight, standard = sorted(changes, key=lambda change: not change.is_daylight)
    bias = -(standard.offset_to // 60)
    return ZoneRule(
        bias,
        0,
        -(daylight.offset_to // 60) - bias,
        _system_time(zone, standard),
        _system_time(zone, daylight),
    )


def _system_time(zone: tzinfo, change: Change) -> SystemTime:
    local = change.local
    number = (local.day - 1) // 7 + 1
    is_last = (local + timedelta(days=7)).month != local.month
    if is_last and number < _LAST_WEEK and not _is_last_later(zone, change):
        is_last = False
    day_of_week = (local.weekday() + 1) % 7
    number = _LAST_WEEK if is_last or number == _LAST_WEEK else number
    return SystemTime(0, local.month, day_of_week, number, local.hour, local.minute, local.second)


def _is_last_later(zone: tzinfo, change: Change) -> bool:
    """Tell whether the change is in the last week of its month also in the years that follow."""
    year = change.local.year
    for later in range(year + 1, min(year + 1 + _LATER_YEARS, _LAST_YEAR)):
        for other in changes_of_year(zone, later)[1]:
            if other.is_daylight == change.is_daylight and other.local.month == change.local.month:
                if (other.local + timedelta(days=7)).month == other.local.month:
                    return False
                break
    return True
