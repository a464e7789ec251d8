"""VTIMEZONE components for zones of the IANA database: as few observances as the years asked for allow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final, NamedTuple

from gromox.ical.component import Component
from gromox.ical.property import Property
from gromox.ical.recur import Frequency, Recur, WeekdayNum, format_recur
from gromox.ical.text import escape
from gromox.ical.value import UTC_TZID, DateTime, format_date_time, format_utc_offset

#: No zone has two changes within so few days that are undone within them (Ramadan takes 29 or 30).
_PROBE: Final = timedelta(days=7)
_SECOND: Final = timedelta(seconds=1)
_DAY: Final = timedelta(days=1)
_LAST_WEEK: Final = -1


class Change(NamedTuple):
    """From a local time on, as clocks show it before the change, an offset and a name hold."""

    local: datetime
    offset_from: int
    offset_to: int
    name: str
    is_daylight: bool


# A zone is asked for in each invitation that is sent; the answer depends on nothing else.
@lru_cache(maxsize=256)
def _changes(zone: tzinfo, first_year: int, last_year: int) -> tuple[Change, ...]:
    """Return the state at the beginning of the first year, and all changes to the end of the last."""
    when = datetime(first_year, 1, 1, tzinfo=UTC)
    end = datetime(last_year + 1, 1, 1, tzinfo=UTC)
    state = _state(zone, when)
    found = [Change(when.replace(tzinfo=None) + timedelta(seconds=state[0]), state[0], *state)]
    while when < end:
        later = min(when + _PROBE, end)
        if _state(zone, later) != state:
            instant = _first_change(zone, when, later)
            before, state = state, _state(zone, instant)
            local = instant.replace(tzinfo=None) + timedelta(seconds=before[0])
            found.append(Change(local, before[0], *state))
            later = instant
        when = later
    return tuple(found)


def changes_of_year(zone: tzinfo, year: int) -> tuple[Change, list[Change]]:
    """Return what holds when a year begins, and the changes within it."""
    first, *changes = _changes(zone, year, year)
    return first, [change for change in changes if change.local.year == year]


def _state(zone: tzinfo, when: datetime) -> tuple[int, str, bool]:
    local = when.astimezone(zone)
    return _whole(local.utcoffset()), local.tzname() or "", bool(local.dst())


def _whole(offset: timedelta | None) -> int:
    return (offset or timedelta()) // _SECOND


def _first_change(zone: tzinfo, low: datetime, high: datetime) -> datetime:
    """Return the first second at which the state differs from that at ``low``."""
    state = _state(zone, low)
    while high - low > _SECOND:
        middle = low + ((high - low) // _SECOND // 2) * _SECOND
        if _state(zone, middle) == state:
            low = middle
        else:
            high = middle
    return high


def vtimezone(tzid: str, zone: tzinfo, first_year: int, last_year: int) -> Component:
    """Return the description of a zone for a span of years.

    Rules that still hold in the last year have no end. A zone without changes has one observance.

    Args:
        tzid: the name it is referred to by.
        zone: what is described.
        first_year: the first year that matters.
        last_year: the last; both are kept within 1 and 9998.
    """
    first_year = min(max(first_year, 2), 9998)
    last_year = min(max(last_year, first_year), 9998)
    component = Component("VTIMEZONE", [Property("TZID", escape(tzid))])
    if tzid != UTC_TZID:
        component.properties.append(Property("X-LIC-LOCATION", escape(tzid)))
    first, *changes = _changes(zone, first_year - 1, last_year)
    # What holds when the span begins needs no observance of its own if a change of the year before tells it.
    if not changes or changes[0].local.year >= first_year:
        component.components.append(_observance([first], None, last_year))
    pending = list(changes)
    while pending:
        run, rule = _longest_run(pending)
        taken = set(run)
        pending = [change for change in pending if change not in taken]
        component.components.append(_observance(run, rule, last_year))
    return component


def _kind(change: Change) -> tuple[int, int, str, bool]:
    return change[1:]


def _longest_run(changes: list[Change]) -> tuple[list[Change], Recur | None]:
    """Return the changes, one in each of successive years, that one rule tells, beginning with the first."""
    first = changes[0]
    yearly: list[Change] = [first]
    for change in changes[1:]:
        year = yearly[-1].local.year
        if (
            _kind(change) == _kind(first)
            and change.local.year == year + 1
            and change.local.month == first.local.month
            and change.local.time() == first.local.time()
        ):
            yearly.append(change)
        elif change.local.year > year + 1:
            break
    best: tuple[list[Change], Recur | None] = ([first], None)
    for rule in _rules(first.local):
        run = []
        for change in yearly:
            if not _matches(rule, change.local):
                break
            run.append(change)
        if len(run) > len(best[0]):
            best = (run, rule)
    return best


def _rules(local: datetime) -> list[Recur]:
    """Return the rules that zones have, for a change at this time: by week, from a day on, by day."""
    month, day = (local.month,), local.day
    weekday = local.weekday()
    number = (day - 1) // 7 + 1
    rules = []
    if (local + 7 * _DAY).month != local.month:
        rules.append(Recur(Frequency.YEARLY, by_month=month, by_day=(WeekdayNum(_LAST_WEEK, weekday),)))
    rules.append(Recur(Frequency.YEARLY, by_month=month, by_day=(WeekdayNum(number, weekday),)))
    rules += [
        Recur(
            Frequency.YEARLY,
            by_month=month,
            by_month_day=tuple(range(first, first + 7)),
            by_day=(WeekdayNum(0, weekday),),
        )
        for first in range(max(1, day - 6), min(day, 22) + 1)
        if first % 7 != 1  # those are the numbered weeks
    ]
    rules.append(Recur(Frequency.YEARLY, by_month=month, by_month_day=(day,)))
    return rules


def _matches(rule: Recur, local: datetime) -> bool:
    if not rule.by_day:
        return local.day in rule.by_month_day
    if local.weekday() != rule.by_day[0].weekday:
        return False
    if rule.by_month_day:
        return local.day in rule.by_month_day
    number = rule.by_day[0].ordinal
    return (local + 7 * _DAY).month != local.month if number < 0 else (local.day - 1) // 7 + 1 == number


def _observance(run: list[Change], rule: Recur | None, last_year: int) -> Component:
    first, last = run[0], run[-1]
    properties = [
        Property("DTSTART", format_date_time(DateTime(first.local))),
        Property("TZOFFSETFROM", format_utc_offset(first.offset_from)),
        Property("TZOFFSETTO", format_utc_offset(first.offset_to)),
    ]
    if first.name:
        properties.append(Property("TZNAME", escape(first.name)))
    if rule is not None:
        text = format_recur(rule)
        if last.local.year < last_year:
            until = last.local - timedelta(seconds=last.offset_from)
            text += f";UNTIL={format_date_time(DateTime(until, UTC_TZID))}"
        properties.append(Property("RRULE", text))
    return Component("DAYLIGHT" if first.is_daylight else "STANDARD", properties)
