"""Time zones made of the rules of a VTIMEZONE component; RFC 5545 3.6.5."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime, timedelta, tzinfo
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.errors import ParseError
from gromox.ical.limits import DEFAULT, Limits
from gromox.ical.recur import Recur, parse_recur
from gromox.ical.recurrence import occurrences
from gromox.ical.value import DateTime, parse_date_time, parse_period, parse_utc_offset

if TYPE_CHECKING:
    from gromox.ical.component import Component

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - local times are counted from it too
_SECOND: Final = timedelta(seconds=1)
_HORIZON: Final = 2050  #: years computed at first
_STRIDE: Final = 500  #: years more when a later one is asked for
_LAST_YEAR: Final = 9999
_OBSERVANCES: Final = 500


class _Observance(NamedTuple):
    start: datetime
    offset_from: int
    offset_to: int
    name: str
    is_daylight: bool
    rules: tuple[Recur, ...]
    dates: tuple[datetime, ...]


class _Change(NamedTuple):
    """From an instant (seconds since 1970) on, an observance holds."""

    instant: int
    observance: _Observance


def rule_zone(component: Component, limits: Limits = DEFAULT) -> RuleZone:
    """Return the zone that a VTIMEZONE describes.

    Observances that cannot be read are left out.

    Raises:
        ParseError: no observance can be read.
    """
    observances = []
    for part in component.children("STANDARD", "DAYLIGHT")[:_OBSERVANCES]:
        try:
            observances.append(_observance(part))
        except ParseError:
            continue
    if not observances:
        raise ParseError("STANDARD or DAYLIGHT with DTSTART, TZOFFSETFROM and TZOFFSETTO")
    return RuleZone(component.text("TZID"), observances, limits)


def _observance(part: Component) -> _Observance:
    start = parse_date_time(part.text("DTSTART")).local
    dates = []
    for one in part.all("RDATE"):
        dates += [_onset(text) for text in one.value.split(",")[:_OBSERVANCES]]
    return _Observance(
        start,
        parse_utc_offset(part.text("TZOFFSETFROM")),
        parse_utc_offset(part.text("TZOFFSETTO")),
        part.text("TZNAME"),
        part.name == "DAYLIGHT",
        tuple(parse_recur(one.value) for one in part.all("RRULE")[:2]),
        tuple(dates),
    )


def _onset(text: str) -> datetime:
    return parse_period(text).start.local if "/" in text else parse_date_time(text).local


class RuleZone(tzinfo):
    """A zone as ``datetime`` wants it; changes are computed up to the years that are asked for."""

    def __init__(self, tzid: str, observances: list[_Observance], limits: Limits) -> None:
        self.tzid = tzid
        self._observances, self._limits = observances, limits
        first = min(observances, key=lambda one: one.start)
        standard = [one for one in observances if not one.is_daylight]
        # Before the first change the offset it changes from holds.
        self._before = first._replace(offset_to=first.offset_from, is_daylight=False)
        self._standard_offset = (standard or observances)[0].offset_to
        self._horizon = 0
        self._compute(_HORIZON)

    def _compute(self, horizon: int) -> None:
        """Compute the changes of all years up to one."""
        self._horizon = horizon
        changes = {
            _seconds(local) - one.offset_from: one
            for one in self._observances
            for local in _onsets(one, horizon, self._limits)
        }
        ordered = sorted(changes)[: self._limits.transitions]
        self._instants = ordered
        self._holds = [self._before, *(changes[instant] for instant in ordered)]
        # Local times at which a clock has certainly (fold 0) or possibly (fold 1) changed, PEP 495.
        offsets = [one.offset_to for one in self._holds]
        pairs = list(zip(ordered, offsets, offsets[1:], strict=False))
        self._local = (
            [instant + max(before, after) for instant, before, after in pairs],
            [instant + min(before, after) for instant, before, after in pairs],
        )

    def _at(self, local: datetime) -> _Observance:
        if local.year > self._horizon:
            self._compute(min(local.year + _STRIDE, _LAST_YEAR))
        return self._holds[bisect_right(self._local[local.fold], _seconds(local.replace(tzinfo=None)))]

    def utcoffset(self, dt: datetime | None) -> timedelta:
        """Return the offset that holds at a local time."""
        if dt is None:
            return timedelta(seconds=self._standard_offset)
        return timedelta(seconds=self._at(dt).offset_to)

    def dst(self, dt: datetime | None) -> timedelta:
        """Return what daylight saving adds."""
        if dt is None:
            return timedelta()
        here = self._at(dt)
        return timedelta(seconds=here.offset_to - here.offset_from if here.is_daylight else 0)

    def tzname(self, dt: datetime | None) -> str:
        """Return the name of the observance, or the TZID."""
        return (self._at(dt).name if dt is not None else "") or self.tzid

    def fromutc(self, dt: datetime) -> datetime:
        """Return the local time of an instant."""
        if dt.year >= self._horizon:
            self._compute(min(dt.year + _STRIDE, _LAST_YEAR))
        instant = _seconds(dt.replace(tzinfo=None))
        at = bisect_right(self._instants, instant)
        offset = self._holds[at].offset_to
        local = dt + timedelta(seconds=offset)
        # The second of two equal local times: as long after the change as the clock was set back.
        gone = self._holds[at - 1].offset_to - offset if at else 0
        return local.replace(fold=int(at > 0 and instant - self._instants[at - 1] < gone))

    def __repr__(self) -> str:
        return f"RuleZone({self.tzid!r})"


def _onsets(one: _Observance, horizon: int, limits: Limits) -> list[datetime]:
    """Return the local times, as they are before the change, at which an observance begins."""
    found = [one.start, *one.dates]
    end = datetime(min(horizon, _LAST_YEAR), 12, 31, 23, 59, 59)  # noqa: DTZ001 - local
    for rule in one.rules:
        until = end
        if isinstance(rule.until, DateTime):
            # UNTIL is UTC, RFC 5545 3.8.5.3; some write local time.
            shift = timedelta(seconds=one.offset_from if rule.until.is_utc else 0)
            try:
                until = min(end, rule.until.local + shift)
            except OverflowError:
                until = end
        elif isinstance(rule.until, date):
            until = min(end, datetime(rule.until.year, rule.until.month, rule.until.day, 23, 59, 59))  # noqa: DTZ001
        try:
            found += islice(occurrences(rule, one.start, until=until, limits=limits), limits.transitions)
        except ParseError:
            continue
    return found


def _seconds(local: datetime) -> int:
    return (local - _EPOCH) // _SECOND
