"""Occurrences of an event or task: rules, further dates, exceptions and changed instances; RFC 5545 3.8.5.

All instances are found in local time and become instants in the zone of the start. A series is cut into
segments where an instance says that it changes this and all later ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from heapq import merge
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.errors import ParseError
from gromox.ical.recurrence import occurrences
from gromox.ical.value import DateTime, Duration, instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gromox.ical.component import Component
    from gromox.ical.limits import Limits
    from gromox.ical.recur import Recur

_DAY: Final = timedelta(days=1)
_EARLIEST: Final = datetime(1, 1, 1)  # noqa: DTZ001 - local
_LATEST: Final = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001 - local


class Occurrence(NamedTuple):
    """One instance. Times are dates for all-day events, and have no tzinfo for floating ones."""

    start: datetime | date
    end: datetime | date
    recurrence_id: datetime | date  #: the start it would have had
    component: Component
    instant: datetime  #: of the start, in UTC


@dataclass(frozen=True, slots=True)
class Shape:
    """How long instances are, and which component tells about them."""

    component: Component
    duration: Duration
    shift: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Series:
    """A component and those that change instances of it; made by ``seriesreader.series``."""

    shape: Shape
    start: datetime  #: local
    all_day: bool
    zone: tzinfo | None  #: None if floating
    floating: tzinfo  #: what floating times are taken for
    rules: tuple[Recur, ...]
    excluded_rules: tuple[Recur, ...]
    dates: tuple[datetime, ...]
    periods: dict[datetime, Duration]
    excluded: frozenset[datetime]
    excluded_days: frozenset[date]
    changed: frozenset[datetime]  #: local starts of instances that have a component of their own
    replacements: tuple[Occurrence, ...]  #: those
    segments: tuple[tuple[datetime, Shape], ...]
    limits: Limits

    def between(self, begin: datetime, end: datetime) -> Iterator[Occurrence]:
        """Iterate over the instances that overlap a window, by their start.

        Spec:
            RFC 4791 9.9: an instance without duration must start within the window.

        Args:
            begin: the first instant of the window, with tzinfo.
            end: the first instant after it, with tzinfo.

        Raises:
            UnsupportedRuleError: a rule is of another calendar than the Gregorian.
        """
        begin, end = begin.astimezone(UTC), end.astimezone(UTC)
        bounds: list[datetime | None] = [None, *(at for at, _ in self.segments), None]
        shapes = [self.shape, *(shape for _, shape in self.segments)]
        parts: list[Iterable[Occurrence]] = [
            self._segment(shape, (low or _EARLIEST, high), begin, end)
            for shape, low, high in zip(shapes, bounds, bounds[1:], strict=False)
        ]
        parts.append(sorted(self.replacements, key=_by_instant))
        # Most series have neither: merging would cost a tenth.
        is_plain = not self.segments and not self.replacements
        for found in parts[0] if is_plain else merge(*parts, key=_by_instant):
            if found.instant >= end:
                return
            if found.instant >= begin or self._end_instant(found) > begin:
                yield found

    def alone(self) -> Occurrence:
        """Return the one instance of a component that is not repeated."""
        return self._occurrence(self.start, self.shape)

    def _segment(
        self, shape: Shape, bounds: tuple[datetime, datetime | None], begin: datetime, end: datetime
    ) -> Iterator[Occurrence]:
        """Iterate over unchanged instances between two local times; those too early may be among them."""
        low, high = bounds
        # Periods have lengths of their own, but are few: all of them are looked at.
        first = max(low, _moved(self._local(begin), -(shape.duration.total + shape.shift + _DAY)))
        last = _moved(self._local(end), _DAY - shape.shift)
        for local in self._locals(first, last):
            if high is not None and local >= high:
                return
            if local >= low and (local >= first or local in self.periods) and local not in self.changed:
                try:
                    yield self._occurrence(local, shape)
                except (ParseError, OverflowError):
                    # Beyond the last year, or before the first in UTC.
                    continue

    def _local(self, when: datetime) -> datetime:
        try:
            return when.astimezone(self.zone or self.floating).replace(tzinfo=None)
        except OverflowError:
            return when.replace(tzinfo=None)

    def _locals(self, after: datetime, last: datetime) -> Iterator[datetime]:
        """Iterate over the local starts of the recurrence set, each once.

        The iteration ends when rules give nothing but what others take away.
        """
        sources = [self._rule(rule, after, last) for rule in self.rules]
        sources.append(iter([self.start, *self.dates]))
        dropped = merge(*(self._rule(rule, after, last) for rule in self.excluded_rules))
        gone = next(dropped, None)
        previous = None
        budget = self.limits.steps
        for local in merge(*sources):
            if local == previous:
                continue
            if local > last:
                return
            previous = local
            while gone is not None and gone < local and budget > 0:
                gone = next(dropped, None)
                budget -= 1
            if local == gone or local in self.excluded or local.date() in self.excluded_days:
                budget -= 1
            else:
                budget = self.limits.steps
                yield local
            if budget <= 0:
                return

    def _rule(self, rule: Recur, after: datetime, last: datetime) -> Iterator[datetime]:
        until, until_instant = self._until(rule)
        if rule.count is not None:
            # The start counts though the rule may not give it, RFC 5545 3.3.10.
            first = next(occurrences(rule, self.start, limits=self.limits), None)
            if first != self.start:
                if rule.count == 1:
                    return
                rule = replace(rule, count=rule.count - 1)
        ends = last if until is None else min(last, until)
        for local in occurrences(rule, self.start, after=after, until=ends, limits=self.limits):
            if until_instant is not None and self._instant(local) > until_instant:
                return
            yield local

    def _until(self, rule: Recur) -> tuple[datetime | None, datetime | None]:
        """Return until when a rule holds: in local time, and as an instant if it is one."""
        until = rule.until
        if until is None:
            return None, None
        if isinstance(until, DateTime):
            if self.all_day:
                return datetime.combine(until.local.date(), time()), None
            if until.is_utc and self.zone is not None:
                when = until.local.replace(tzinfo=UTC)
                return _moved(self._local(when), _DAY), when
            return until.local, None
        return datetime.combine(until, time() if self.all_day else time.max), None

    def _instant(self, local: datetime) -> datetime:
        return instant(DateTime(local), self.zone or self.floating)

    def _occurrence(self, local: datetime, shape: Shape) -> Occurrence:
        start = local + shape.shift if shape.shift else local
        duration = self.periods.get(local, shape.duration) if self.periods else shape.duration
        when = self._instant(start)
        if self.all_day:
            day = start.date()
            return Occurrence(day, day + timedelta(days=duration.days), local.date(), shape.component, when)
        zone = self.zone
        end_when = when
        if duration.days:
            end_when = self._instant(start + timedelta(days=duration.days))
        if duration.seconds:
            end_when += timedelta(seconds=duration.seconds)
        if zone is None:
            end = start + duration.total
            return Occurrence(start, end, local, shape.component, when)
        identity = local.replace(tzinfo=zone)
        return Occurrence(when.astimezone(zone), end_when.astimezone(zone), identity, shape.component, when)

    def _end_instant(self, found: Occurrence) -> datetime:
        end = found.end
        if not isinstance(end, datetime):
            end = datetime.combine(end, time())
        if end.tzinfo is None:
            return self._instant_of_floating(end)
        return end.astimezone(UTC)

    def _instant_of_floating(self, local: datetime) -> datetime:
        try:
            return instant(DateTime(local), self.floating)
        except ParseError:
            return _LATEST.replace(tzinfo=UTC)


def _by_instant(found: Occurrence) -> datetime:
    return found.instant


def _moved(local: datetime, by: timedelta) -> datetime:
    try:
        return local + by
    except OverflowError:
        return _EARLIEST if by < timedelta() else _LATEST
