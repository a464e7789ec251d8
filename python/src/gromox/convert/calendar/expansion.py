"""Which instances of an appointment lie within a window, and between which instants all of them lie.

What is kept of a calendar counts where it still holds, since it says more than MAPI can tell; else the
recurrence of [MS-OXOCAL] 2.2.1.44 counts. ``bounds_of`` is made for two columns beside each item: a query
for a window looks at these alone, and expands the few items that may have something there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from gromox.base.errors import ParseError
from gromox.convert.calendar import method as methods
from gromox.convert.calendar.blob import starts
from gromox.convert.calendar.eventout import with_series
from gromox.convert.calendar.instant import MINUTE, instant_of, local_of, midnight, ticks_in, ticks_of
from gromox.convert.calendar.kept import TIMES, digest_of_times, has_rule, kept_of, times_of
from gromox.convert.calendar.limits import DEFAULT, Limits
from gromox.convert.calendar.pattern import is_countable
from gromox.convert.calendar.times import (
    end_instant,
    first_start,
    recurrence_of,
    rule_of,
    time_properties,
)
from gromox.convert.calendar.zone import zone_of_series, zone_of_start
from gromox.ical.component import Component
from gromox.ical.recurrence import UnsupportedRuleError, occurrences
from gromox.ical.seriesreader import series as series_of
from gromox.ical.timezone import Zones
from gromox.ical.value import DateTime
from gromox.mapi import named
from gromox.mapi.recurrence import local_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from gromox.ical.property import Property
    from gromox.ical.recur import Recur
    from gromox.ical.series import Occurrence as SeriesOccurrence
    from gromox.ical.series import Series
    from gromox.mapi.appointmentrecurrence import AppointmentRecurrence
    from gromox.mapi.message import Message, PropertyBag

#: The last instant of what never ends; FILETIME of 31 December 9999.
NEVER: Final = 2_650_467_743_990_000_000
_DAY: Final = timedelta(days=1)
_MICROSECOND: Final = timedelta(microseconds=1)


class Occurrence(NamedTuple):
    """One instance; times are FILETIME."""

    start: int
    end: int
    original: int  #: the start it would have had
    changed: Message | None = None  #: what differs in it, if that is attached


class Bounds(NamedTuple):
    """Between which instants all instances lie; ``last`` is NEVER where there is no end."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Single:
    """What takes place once."""

    start: int
    end: int

    def between(self, begin: int, end: int) -> Iterator[Occurrence]:
        """Go through the instances that overlap a window."""
        found = Occurrence(self.start, self.end, self.start)
        if _overlaps(found, begin, end):
            yield found

    def bounds(self) -> Bounds:
        """Return the instants of start and end."""
        return Bounds(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Pattern:
    """What recurs as MAPI tells it."""

    rule: Recur | None  #: None: a pattern whose days are not known
    begin: datetime  #: local
    last: datetime | None  #: of the pattern; local
    zone: tzinfo
    length: int  #: ticks
    deleted: frozenset[int]  #: ordinals of days
    changed: tuple[Occurrence, ...]  #: by start
    limits: Limits = DEFAULT

    def between(self, begin: int, end: int) -> Iterator[Occurrence]:
        """Go through the instances that overlap a window, by their start."""
        if not self.changed:
            yield from self._usual(begin, end)
            return
        for found in merge(self._usual(begin, end), self.changed, key=_start):
            if found.start >= end:
                return
            if _overlaps(found, begin, end):
                yield found

    def _usual(self, begin: int, end: int) -> Iterator[Occurrence]:
        if self.rule is None:
            return
        after = max(self.begin, _moved(local_of(max(0, begin - self.length), self.zone), -_DAY))
        until = _moved(local_of(min(end, NEVER), self.zone), _DAY)
        deleted, zone, length = self.deleted, self.zone, self.length
        for local in starts(self.rule, self.begin, after=after, until=until):
            if local.toordinal() in deleted:
                continue
            start = ticks_in(local, zone)
            if start is None:
                continue
            if start >= end:
                return
            if start >= begin or start + length > begin:
                yield Occurrence(start, start + length, start)

    def bounds(self) -> Bounds:
        """Return bounds that hold all instances; deleted ones at the ends are not looked at."""
        starts_at = [found.start for found in self.changed]
        ends_at = [found.end for found in self.changed]
        first = ticks_in(self.begin, self.zone)
        if first is not None:
            starts_at.append(first)
            ends_at.append(first + self.length)
        if self.rule is not None:
            last = ticks_in(self.last, self.zone) if self.last is not None else None
            ends_at.append(NEVER if last is None else last + self.length)
        return Bounds(min(starts_at, default=0), max(ends_at, default=0))


@dataclass(frozen=True, slots=True)
class Kept:
    """What recurs as a calendar told it."""

    series: Series
    instances: dict[int, Message]  #: messages of changed instances by the identity of their component
    limits: Limits = DEFAULT

    def between(self, begin: int, end: int) -> Iterator[Occurrence]:
        """Go through the instances that overlap a window, by their start."""
        window = instant_of(begin), instant_of(min(end, NEVER))
        try:
            for found in self.series.between(*window):
                made = self._occurrence(found)
                if made is not None:
                    yield made
        except UnsupportedRuleError:
            # Of another calendar: what is known is when it begins, and what was changed.
            for found in (self.series.alone(), *self.series.replacements):
                made = self._occurrence(found)
                if made is not None and _overlaps(made, begin, end):
                    yield made

    def _occurrence(self, found: SeriesOccurrence) -> Occurrence | None:
        start, last = ticks_of(found.instant), end_instant(found, self.series)
        end = ticks_of(last) if last is not None else None
        if start is None:
            return None
        identity = found.recurrence_id
        if not isinstance(identity, datetime):
            identity = datetime(identity.year, identity.month, identity.day)  # noqa: DTZ001 - local
        original = ticks_in(identity.replace(tzinfo=None), identity.tzinfo or self.series.floating)
        changed = self.instances.get(id(found.component))
        return Occurrence(start, max(start, end or start), start if original is None else original, changed)

    def bounds(self) -> Bounds:
        """Return bounds that hold all instances; a COUNT that is too large to be counted has no end."""
        series = self.series
        known = [self._occurrence(found) for found in (series.alone(), *series.replacements)]
        found = [each for each in known if each is not None]
        ends = [each.end for each in found]
        length = max((series.shape.duration.total, *(shape.duration.total for _, shape in series.segments)))
        shift = max((timedelta(), *(shape.shift for _, shape in series.segments)))
        for local in (*series.dates[-1:], *(self._last(rule) for rule in series.rules)):
            if local is None:
                return Bounds(min((each.start for each in found), default=0), NEVER)
            # A period may be longer than all others; a day more covers what zones do.
            longest = max((length, *(period.total for period in series.periods.values())))
            ticks = ticks_in(_moved(local, longest + shift + _DAY), series.zone or series.floating)
            ends.append(NEVER if ticks is None else ticks)
        earliest = min((timedelta(), *(shape.shift for _, shape in series.segments)))
        first = min((each.start for each in found), default=0) + earliest // _MICROSECOND * 10
        return Bounds(max(first, 0), max(ends, default=0))

    def _last(self, rule: Recur) -> datetime | None:
        """Return a local time after which a rule gives nothing, or None if there is none."""
        series = self.series
        if rule.until is not None:
            until = rule.until.local if isinstance(rule.until, DateTime) else midnight(rule.until)
            # Whatever zone UNTIL is in.
            return max(series.start, _moved(until, 2 * _DAY))
        if rule.count is None or rule.count > self.limits.counted:
            return None
        last = series.start
        try:
            for last in islice(occurrences(rule, series.start), rule.count):  # noqa: B007 - the last one counts
                pass
        except UnsupportedRuleError:
            return None
        return last


Expansion: TypeAlias = Single | Pattern | Kept


def expansion_of(message: Message, *, limits: Limits = DEFAULT) -> Expansion | None:
    """Return what tells the instances of an appointment, or None if it has no time.

    Its changed instances need not be attached: the recurrence tells when they take place.
    """
    bag = message.properties
    recurrence = recurrence_of(bag)
    kept = _kept(message, limits)
    if kept is not None:
        return kept
    if recurrence is not None:
        return _pattern(message, recurrence, limits)
    start = bag.typed(named.PidLidAppointmentStartWhole, int, bag.typed(named.PidLidCommonStart, int, -1))
    if start < 0:
        return None
    end = bag.typed(named.PidLidAppointmentEndWhole, int, bag.typed(named.PidLidCommonEnd, int, start))
    return Single(start, max(start, end))


def bounds_of(message: Message, *, limits: Limits = DEFAULT) -> Bounds | None:
    """Return between which instants all instances of an appointment lie, or None if it has no time."""
    found = expansion_of(message, limits=limits)
    return None if found is None else found.bounds()


def _pattern(message: Message, recurrence: AppointmentRecurrence, limits: Limits) -> Pattern:
    bag = message.properties
    pattern = recurrence.pattern
    zone = zone_of_series(bag).zone
    rule = rule_of(recurrence)
    begin = first_start(recurrence, rule)
    if not is_countable(pattern):
        rule = None
    changed = dict(_attached(message, zone))
    for each in recurrence.exceptions:
        original = local_time(each.original_start)
        span = [ticks_in(local_time(count), zone) for count in (each.start, each.end, each.original_start)]
        start, end, replaced = span
        if start is not None and end is not None and replaced is not None and original not in changed:
            changed[original] = Occurrence(start, max(start, end), replaced)
    deleted = {local_time(count).toordinal() for count in pattern.deleted_dates}
    deleted |= {original.toordinal() for original in changed}
    last = _last_of(rule, begin, limits)
    if rule is None:
        # Which days follow is not known, but the first is one.
        first = ticks_in(begin, zone)
        if first is not None and begin.toordinal() not in deleted:
            changed[begin] = Occurrence(first, first + _length(recurrence), first)
    return Pattern(
        rule,
        begin,
        last,
        zone,
        _length(recurrence),
        frozenset(deleted),
        tuple(sorted(changed.values(), key=_start)),
        limits,
    )


def _last_of(rule: Recur | None, begin: datetime, limits: Limits) -> datetime | None:
    """Return the last local start of a rule, or None if there is none or COUNT is too large to be counted."""
    if rule is None:
        return begin
    if isinstance(rule.until, DateTime):
        return max(begin, rule.until.local)
    if rule.count is None or rule.count > limits.counted:
        return None
    # EndDate of the recurrence says it too, but who wrote it may have erred.
    last = begin
    for last in islice(starts(rule, begin), rule.count):  # noqa: B007 - the last one counts
        pass
    return last


def _length(recurrence: AppointmentRecurrence) -> int:
    return max(recurrence.end_offset - recurrence.start_offset, 0) * MINUTE


def _instances(message: Message) -> Iterator[Message]:
    for attachment in message.attachments:
        instance = attachment.embedded
        if instance is not None and methods.class_of(instance.properties) == methods.EXCEPTION:
            yield instance


def _attached(message: Message, zone: tzinfo) -> Iterator[tuple[datetime, Occurrence]]:
    """Go through the changed instances that are attached, with their original local starts."""
    for instance in _instances(message):
        bag = instance.properties
        replaced = bag.typed(named.PidLidExceptionReplaceTime, int)
        start = bag.typed(named.PidLidAppointmentStartWhole, int)
        if replaced is None or start is None:
            continue
        end = bag.typed(named.PidLidAppointmentEndWhole, int, start)
        yield local_of(replaced, zone), Occurrence(start, max(start, end), replaced, instance)


def _kept(message: Message, limits: Limits) -> Kept | None:
    """Return the series as the calendar told it, if that still holds."""
    held = kept_of(message.properties)
    if not any(has_rule(each) for each in held):
        return None
    times = _times(message.properties, held, None)
    if times is None:
        return None
    components = [Component("VEVENT", times)]
    instances: dict[int, Message] = {}
    for instance in _instances(message):
        own = kept_of(instance.properties)
        told = _times(instance.properties, own, message.properties)
        if told is None:
            told = _canonical(instance.properties, message.properties)
        component = Component("VEVENT", told)
        instances[id(component)] = instance
        components.append(component)
    zones = Zones((each for each in held if each.name == "VTIMEZONE"), limits.ical)
    floating = zone_of_start(message.properties).zone
    try:
        return Kept(series_of(components, zones, floating=floating, limits=limits.ical), instances, limits)
    except (ParseError, OverflowError):
        return None


def _times(bag: PropertyBag, held: list[Component], series: PropertyBag | None) -> list[Property] | None:
    """Return the properties that tell the times, as they were kept, or None if they do not hold."""
    for component in held:
        told = times_of(component) if component.name == "VEVENT" else None
        if told is not None and told[0] == digest_of_times(_canonical(bag, series)):
            return [one for one in told[1] if one.name in TIMES]
    return None


def _canonical(bag: PropertyBag, series: PropertyBag | None) -> list[Property]:
    whole = bag if series is None else with_series(bag, series)
    replaces = whole.typed(named.PidLidExceptionReplaceTime, int)
    return time_properties(whole, replaces=replaces, series=series)


def _start(found: Occurrence) -> int:
    return found.start


def _overlaps(found: Occurrence, begin: int, end: int) -> bool:
    """Whether an instance lies in a window; one without duration if it starts there (RFC 4791 9.9)."""
    return found.start < end and (found.start >= begin or found.end > begin)


def _moved(local: datetime, by: timedelta) -> datetime:
    try:
        return local + by
    except OverflowError:
        return local
