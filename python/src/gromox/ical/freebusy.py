"""Busy time: merged, computed from events, read from and written as VFREEBUSY; RFC 5545 3.6.4 and 3.8.2.6."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.errors import ParseError
from gromox.ical.component import Component
from gromox.ical.limits import DEFAULT, Limits
from gromox.ical.property import Property
from gromox.ical.value import (
    UTC_TZID,
    DateTime,
    Period,
    format_date_time,
    format_period,
    instant,
    parse_period,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo

    from gromox.ical.series import Occurrence, Series


class Busy(IntEnum):
    """FBTYPE, the weaker before the stronger: where several hold, the strongest is told."""

    FREE = 0
    TENTATIVE = 1
    BUSY = 2
    UNAVAILABLE = 3


class BusyPeriod(NamedTuple):
    """A span of time, both ends in UTC, the second exclusive."""

    start: datetime
    end: datetime
    busy: Busy = Busy.BUSY


_NAMES: Final = {
    Busy.FREE: "FREE",
    Busy.TENTATIVE: "BUSY-TENTATIVE",
    Busy.BUSY: "BUSY",
    Busy.UNAVAILABLE: "BUSY-UNAVAILABLE",
}
_BY_NAME: Final = {name: busy for busy, name in _NAMES.items()}
#: X-MICROSOFT-CDO-BUSYSTATUS and X-MICROSOFT-CDO-INTENDEDSTATUS, [MS-OXCICAL] 2.1.3.1.1.20.31.
_BY_STATUS: Final = {
    "FREE": Busy.FREE,
    "TENTATIVE": Busy.TENTATIVE,
    "BUSY": Busy.BUSY,
    "OOF": Busy.UNAVAILABLE,
    "WORKINGELSEWHERE": Busy.FREE,
}


def merged(periods: Iterable[BusyPeriod]) -> list[BusyPeriod]:
    """Return periods that neither overlap nor touch their like, ascending; free time is left out."""
    changes: list[tuple[datetime, int, Busy]] = []
    for start, end, busy in periods:
        if start < end and busy is not Busy.FREE:
            changes += [(start, 1, busy), (end, -1, busy)]
    changes.sort(key=lambda change: change[0])
    running: Counter[Busy] = Counter()
    out: list[BusyPeriod] = []
    current, since = Busy.FREE, datetime.min.replace(tzinfo=UTC)
    for at, step, busy in changes:
        running[busy] += step
        strongest = max((kind for kind, number in running.items() if number > 0), default=Busy.FREE)
        if strongest is current:
            continue
        if current is not Busy.FREE and at > since:
            _append(out, BusyPeriod(since, at, current))
        current, since = strongest, at
    return out


def _append(out: list[BusyPeriod], period: BusyPeriod) -> None:
    if out and out[-1].end == period.start and out[-1].busy is period.busy:
        out[-1] = out[-1]._replace(end=period.end)
    else:
        out.append(period)


def clipped(periods: Iterable[BusyPeriod], begin: datetime, end: datetime) -> Iterator[BusyPeriod]:
    """Iterate over what of the periods lies within a window."""
    for start, stop, busy in periods:
        first, last = max(start, begin), min(stop, end)
        if first < last:
            yield BusyPeriod(first, last, busy)


def busy_of(component: Component) -> Busy:
    """Return how busy an event makes its owner: TRANSP, STATUS and what Outlook adds."""
    status = component.text("STATUS").strip().upper()
    if status == "CANCELLED":
        return Busy.FREE
    told = _BY_STATUS.get(component.text("X-MICROSOFT-CDO-BUSYSTATUS").strip().upper())
    if told is not None:
        return told
    if component.text("TRANSP").strip().upper() == "TRANSPARENT":
        return Busy.FREE
    return Busy.TENTATIVE if status == "TENTATIVE" else Busy.BUSY


def busy_time(
    events: Iterable[Series],
    begin: datetime,
    end: datetime,
    *,
    floating: tzinfo = UTC,
    limits: Limits = DEFAULT,
) -> list[BusyPeriod]:
    """Return the busy time of some events within a window, merged.

    Args:
        events: the series of the calendar.
        begin: the first instant of the window, with tzinfo.
        end: the first instant after it, with tzinfo.
        floating: the zone of whole days and floating times.
        limits: how many instances of one event are looked at.
    """
    begin, end = begin.astimezone(UTC), end.astimezone(UTC)
    found = (
        BusyPeriod(one.instant, _end(one, floating), busy_of(one.component))
        for event in events
        for one in islice(event.between(begin, end), limits.instances)
    )
    return merged(clipped(found, begin, end))


def _end(one: Occurrence, floating: tzinfo) -> datetime:
    end: datetime | date = one.end
    if not isinstance(end, datetime):
        end = datetime.combine(end, time())
    return end.astimezone(UTC) if end.tzinfo else instant(DateTime(end), floating)


def read_freebusy(component: Component, limits: Limits = DEFAULT) -> list[BusyPeriod]:
    """Return the periods of a VFREEBUSY as they stand; those that cannot be read are left out.

    An FBTYPE that is not known counts as BUSY, RFC 5545 3.2.9.
    """
    out: list[BusyPeriod] = []
    for one in component.all("FREEBUSY"):
        busy = _BY_NAME.get((one.parameter("FBTYPE") or "").upper(), Busy.BUSY)
        for text in one.value.split(",")[: limits.values]:
            try:
                out.append(BusyPeriod(*_ends(parse_period(text)), busy))
            except (ParseError, OverflowError):
                continue
    return out


def _ends(period: Period) -> tuple[datetime, datetime]:
    # All times of FREEBUSY are UTC, also where the Z was forgotten.
    start = period.start.local.replace(tzinfo=UTC)
    if period.duration is not None:
        return start, start + period.duration.total
    return start, (period.end or period.start).local.replace(tzinfo=UTC)


def freebusy_properties(periods: Iterable[BusyPeriod]) -> list[Property]:
    """Return the FREEBUSY properties of some periods, one for each kind, each ascending."""
    by_kind: dict[Busy, list[str]] = {}
    for period in sorted(periods):
        start, end = (
            DateTime(when.astimezone(UTC).replace(tzinfo=None), UTC_TZID)
            for when in (period.start, period.end)
        )
        by_kind.setdefault(period.busy, []).append(format_period(Period(start, end, None)))
    return [
        Property("FREEBUSY", ",".join(texts), (("FBTYPE", (_NAMES[kind],)),))
        for kind, texts in sorted(by_kind.items(), reverse=True)
    ]


def vfreebusy(
    periods: Iterable[BusyPeriod], begin: datetime, end: datetime, *, uid: str, stamp: datetime
) -> Component:
    """Return a VFREEBUSY for a window; ORGANIZER and ATTENDEE are the caller's business.

    Args:
        periods: busy time, merged or not.
        begin: the first instant of the window.
        end: the first instant after it.
        uid: UID.
        stamp: DTSTAMP.
    """
    texts = [
        format_date_time(DateTime(when.astimezone(UTC).replace(tzinfo=None, microsecond=0), UTC_TZID))
        for when in (stamp, begin, end)
    ]
    head = [Property("UID", uid)]
    head += [Property(name, text) for name, text in zip(("DTSTAMP", "DTSTART", "DTEND"), texts, strict=True)]
    return Component("VFREEBUSY", head + freebusy_properties(merged(clipped(periods, begin, end))))


def free_between(
    periods: Iterable[BusyPeriod], begin: datetime, end: datetime, least: timedelta
) -> list[BusyPeriod]:
    """Return the gaps of a window that are at least this long."""
    gaps, at = [], begin
    for period in merged(clipped(periods, begin, end)):
        gaps.append(BusyPeriod(at, period.start, Busy.FREE))
        at = period.end
    gaps.append(BusyPeriod(at, end, Busy.FREE))
    return [gap for gap in gaps if gap.end - gap.start >= least and gap.end > gap.start]
