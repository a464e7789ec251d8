"""Published free and busy times as messages, [MS-OXOPFFB] 2.2.1.4, and VFREEBUSY of them.

Each kind has a list of months and, for each month, pairs of minutes from its start in UTC.
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.ical.freebusy import Busy, BusyPeriod, clipped, merged, read_freebusy
from gromox.mapi import tags
from gromox.mapi.message import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gromox.ical.component import Component
    from gromox.mapi.message import PropertyBag

SCHEDULE: Final = "IPM.Microsoft.ScheduleData.FreeBusy"
_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)
_MINUTE: Final = timedelta(minutes=1)
_MONTHS: Final = 12
_MOST_MONTHS: Final = 1200
_MOST_PAIRS: Final = 44_640  #: minutes of a month
_PAIR: Final = struct.Struct("<HH")
_FIRST_YEAR, _LAST_YEAR = 1601, 4500
#: Months and pairs of each kind; the merged ones hold what is busy or away.
_KINDS: Final = (
    (Busy.TENTATIVE, tags.PidTagScheduleInfoMonthsTentative, tags.PidTagScheduleInfoFreeBusyTentative),
    (Busy.BUSY, tags.PidTagScheduleInfoMonthsBusy, tags.PidTagScheduleInfoFreeBusyBusy),
    (Busy.UNAVAILABLE, tags.PidTagScheduleInfoMonthsAway, tags.PidTagScheduleInfoFreeBusyAway),
)


def schedule_message(periods: Iterable[BusyPeriod], begin: datetime, end: datetime) -> Message:
    """Return the message by which busy time is published.

    Args:
        periods: busy time, merged or not.
        begin: the first instant that is told.
        end: the first instant after it.
    """
    told = merged(clipped(periods, begin, end))
    message = Message()
    bag = message.properties
    bag[tags.PidTagMessageClass] = SCHEDULE
    bag[tags.PidTagFreeBusyPublishStart] = max(0, (begin - _EPOCH) // _MINUTE)
    bag[tags.PidTagFreeBusyPublishEnd] = max(0, -((_EPOCH - end) // _MINUTE))
    for busy, months_tag, pairs_tag in _KINDS:
        _put(bag, months_tag, pairs_tag, [each for each in told if each.busy is busy])
    strong = merged(each._replace(busy=Busy.BUSY) for each in told if each.busy > Busy.TENTATIVE)
    _put(bag, tags.PidTagScheduleInfoMonthsMerged, tags.PidTagScheduleInfoFreeBusyMerged, strong)
    return message


def schedule_of_component(component: Component, begin: datetime, end: datetime) -> Message:
    """Return the message that says what a VFREEBUSY says of a window."""
    return schedule_message(read_freebusy(component), begin, end)


def _put(bag: PropertyBag, months_tag: int, pairs_tag: int, periods: list[BusyPeriod]) -> None:
    months: dict[int, bytearray] = {}
    for period in periods:
        for month, first, last in _by_month(period):
            months.setdefault(month, bytearray()).extend(_PAIR.pack(first, last))
    if months:
        bag[months_tag] = tuple(months)
        bag[pairs_tag] = tuple(bytes(pairs) for pairs in months.values())


def _by_month(period: BusyPeriod) -> Iterator[tuple[int, int, int]]:
    """Go through the months of a period: year times 16 and month, and the minutes within."""
    at, end = period.start.astimezone(UTC), period.end.astimezone(UTC)
    for _ in range(_MOST_MONTHS):
        if at >= end or not _FIRST_YEAR <= at.year <= _LAST_YEAR:
            return
        start = _month(at.year, at.month)
        following = _month(at.year + at.month // _MONTHS, at.month % _MONTHS + 1)
        last = min(end, following)
        # Seconds of the end count as a minute.
        yield at.year * 16 + at.month, (at - start) // _MINUTE, -((start - last) // _MINUTE)
        at = following


def _month(year: int, month: int) -> datetime:
    return datetime(year, month, 1, tzinfo=UTC)


def busy_of_schedule(message: Message) -> list[BusyPeriod]:
    """Return the busy time that a message publishes, merged; what cannot be read is left out."""
    bag = message.properties
    found: list[BusyPeriod] = []
    for busy, months_tag, pairs_tag in _KINDS:
        months, blocks = bag.get(months_tag), bag.get(pairs_tag)
        if not isinstance(months, tuple) or not isinstance(blocks, tuple):
            continue
        for month, block in zip(months[:_MOST_MONTHS], blocks, strict=False):
            if isinstance(month, int) and isinstance(block, bytes):
                found += _periods(month, block, busy)
    return merged(found)


def _periods(month: int, block: bytes, busy: Busy) -> list[BusyPeriod]:
    try:
        pairs = read_pairs(block)
    except ParseError:
        return []
    year, number = divmod(month, 16)
    if not (_FIRST_YEAR <= year <= _LAST_YEAR and 1 <= number <= _MONTHS):
        return []
    start = _month(year, number)
    return [
        BusyPeriod(start + timedelta(minutes=first), start + timedelta(minutes=last), busy)
        for first, last in pairs
        if first < last
    ]


def read_pairs(block: bytes) -> list[tuple[int, int]]:
    """Return the pairs of minutes of a month.

    Raises:
        ParseError: one is cut off, or there are more than a month has minutes.
    """
    if len(block) % _PAIR.size or len(block) // _PAIR.size > _MOST_PAIRS:
        raise ParseError("pairs of minutes of one month", len(block))
    return [(first, last) for first, last in _PAIR.iter_unpack(block)]
