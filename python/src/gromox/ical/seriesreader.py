"""Reads the components of one UID as a series; RFC 5545 3.8.2, 3.8.4.4 and 3.8.5.

What cannot be read is left out, but for the start: a calendar with one odd EXDATE still has its event.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import chain
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.ical.limits import DEFAULT, Limits
from gromox.ical.recur import Frequency, Recur, parse_recur
from gromox.ical.recurrence import UnsupportedRuleError
from gromox.ical.series import Occurrence, Series, Shape
from gromox.ical.text import split
from gromox.ical.timezone import Zones
from gromox.ical.value import DateTime, Duration, date_or_date_time, instant, parse_duration, parse_period

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gromox.ical.component import Component
    from gromox.ical.property import Property

_RULES: Final = 20  #: of one component; RFC 5545 has one
_SECOND: Final = timedelta(seconds=1)


def series(
    components: Sequence[Component],
    zones: Zones | None = None,
    *,
    floating: tzinfo = UTC,
    limits: Limits = DEFAULT,
) -> Series:
    """Return the series that components of one UID make.

    Args:
        components: the one without RECURRENCE-ID and those with; alone, one with is an event of its own.
        zones: the zones of the calendar; a TZID that is not known floats.
        floating: the zone in which floating times and days are compared with windows.
        limits: bounds of the work.

    Raises:
        ParseError: there is no component, or it has no start that can be read.
    """
    masters = [component for component in components if component.first("RECURRENCE-ID") is None]
    if not components:
        raise ParseError("a component")
    return _Maker(zones or Zones(), floating, limits).make((masters or list(components))[0], components)


class _Maker:
    """Reads the properties of a series; what cannot be read is left out, but for the start."""

    def __init__(self, zones: Zones, floating: tzinfo, limits: Limits) -> None:
        self._zones, self._floating, self._limits = zones, floating, limits
        self._zone: tzinfo | None = None

    def make(self, master: Component, components: Sequence[Component]) -> Series:
        first = master.first("DTSTART") or master.first("DUE")
        if first is None:
            raise ParseError("DTSTART")
        value = date_or_date_time(first)
        all_day = not isinstance(value, DateTime)
        if isinstance(value, DateTime):
            self._zone = UTC if value.is_utc else self._zones.get(value.tzid)
        start = self._in_zone(value)
        alone = master.first("RECURRENCE-ID") is not None
        periods: dict[datetime, Duration] = {}
        dates = [] if alone else list(self._dates(master, "RDATE", periods))
        excluded, excluded_days = set(), set()
        for one, text in _values(master, "EXDATE", self._limits):
            try:
                out = date_or_date_time(one, text)
            except ParseError:
                continue
            if isinstance(out, DateTime):
                excluded.add(self._in_zone(out))
            else:
                excluded_days.add(out)
        changed: dict[datetime, Occurrence] = {}
        segments: dict[datetime, Shape] = {}
        for component in components if not alone else ():
            identity = component.first("RECURRENCE-ID")
            if identity is None:
                continue
            try:
                local = self._in_zone(date_or_date_time(identity))
                if all_day:
                    # Exchange names whole days by their midnight in a zone.
                    local = datetime.combine(local, time())
                if (identity.parameter("RANGE") or "").upper() == "THISANDFUTURE":
                    segments[local] = self._shape(component, local)
                else:
                    own = _Maker(self._zones, self._floating, self._limits).make(component, ())
                    shown = local.replace(tzinfo=self._zone) if not all_day else local.date()
                    changed[local] = own.alone()._replace(recurrence_id=shown)
            except (ParseError, OverflowError):
                continue
        return Series(
            shape=self._shape(master, None),
            start=start,
            all_day=all_day,
            zone=self._zone,
            floating=self._floating,
            rules=() if alone else self._rules(master, "RRULE", all_day=all_day),
            excluded_rules=() if alone else self._rules(master, "EXRULE", all_day=all_day),
            dates=tuple(sorted(local for local in dates if local >= start)),
            periods=periods,
            excluded=frozenset(excluded),
            excluded_days=frozenset(excluded_days),
            changed=frozenset(changed),
            replacements=tuple(changed.values()),
            segments=tuple(sorted(segments.items(), key=lambda item: item[0])),
            limits=self._limits,
        )

    def _in_zone(self, value: date | DateTime) -> datetime:
        """Return a time as local time of the series, whatever its own zone."""
        if not isinstance(value, DateTime):
            return datetime.combine(value, time())
        own = UTC if value.is_utc else self._zones.get(value.tzid)
        if own is None or self._zone is None or own is self._zone:
            return value.local
        try:
            return instant(value, own).astimezone(self._zone).replace(tzinfo=None)
        except OverflowError as error:
            raise ParseError("an instant of the calendar") from error

    def _dates(
        self, component: Component, name: str, periods: dict[datetime, Duration]
    ) -> Iterator[datetime]:
        for one, text in _values(component, name, self._limits):
            try:
                if "/" not in text:
                    yield self._in_zone(date_or_date_time(one, text))
                    continue
                period = parse_period(text, one.parameter("TZID") or "")
            except ParseError:
                continue
            local = self._in_zone(period.start)
            periods[local] = period.duration or self._exact(period.start, period.end or period.start)
            yield local

    def _exact(self, start: DateTime, end: DateTime) -> Duration:
        zones = [self._zones.get(value.tzid) or self._floating for value in (start, end)]
        seconds = (instant(end, zones[1]) - instant(start, zones[0])) // _SECOND
        return Duration(0, max(0, seconds))

    def _rules(self, component: Component, name: str, *, all_day: bool) -> tuple[Recur, ...]:
        rules = []
        for one in component.all(name)[:_RULES]:
            try:
                rule = parse_recur(one.value)
            except ParseError:
                continue
            if all_day:
                # Times of day mean nothing for days, RFC 5545 3.3.10.
                rule = _without_times(rule)
            rules.append(rule)
        return tuple(rules)

    def _shape(self, component: Component, identity: datetime | None) -> Shape:
        start_property = (
            component.first("DTSTART") or component.first("DUE") or component.first("RECURRENCE-ID")
        )
        if start_property is None:
            raise ParseError("DTSTART")
        start = date_or_date_time(start_property)
        duration = self._duration(component, start)
        shift = timedelta() if identity is None else self._in_zone(start) - identity
        return Shape(component, duration, shift)

    def _duration(self, component: Component, start: date | DateTime) -> Duration:
        given = component.first("DURATION")
        end_property = component.first("DTEND") or component.first("DUE")
        try:
            if given is not None:
                return max(parse_duration(given.value), Duration())
            if end_property is not None:
                end = date_or_date_time(end_property)
                if isinstance(start, DateTime) and isinstance(end, DateTime):
                    return self._exact(start, end)
                days = (self._in_zone(end).date() - self._in_zone(start).date()).days
                return Duration(max(days, 0 if isinstance(start, DateTime) else 1))
        except ParseError:
            pass
        return Duration() if isinstance(start, DateTime) else Duration(1)


def _values(component: Component, name: str, limits: Limits) -> Iterator[tuple[Property, str]]:
    """Iterate over all values of all properties of a name."""
    return chain.from_iterable(
        ((one, text) for text in split(one.value)[: limits.values]) for one in component.all(name)
    )


def _without_times(rule: Recur) -> Recur:
    if rule.freq > Frequency.DAILY:
        raise UnsupportedRuleError("a rule of days, weeks, months or years for an event of whole days")
    return replace(rule, by_hour=(), by_minute=(), by_second=())
