"""Busy time of the appointments of a mailbox, and VFREEBUSY of it; RFC 5545 3.6.4, [MS-OXOCAL] 2.2.1.2."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Final

from gromox.convert.calendar.expansion import expansion_of
from gromox.convert.calendar.instant import instant_of, ticks_of
from gromox.convert.calendar.limits import DEFAULT, Limits
from gromox.convert.calendar.person import address_value
from gromox.convert.calendar.workhours import WorkHours, unavailable
from gromox.ical.freebusy import Busy, BusyPeriod, clipped, merged, vfreebusy
from gromox.ical.property import Property
from gromox.mapi import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gromox.ical.component import Component
    from gromox.mapi.message import Message, PropertyBag

#: PidLidBusyStatus; who works elsewhere can be met.
_BUSY: Final = {0: Busy.FREE, 1: Busy.TENTATIVE, 2: Busy.BUSY, 3: Busy.UNAVAILABLE, 4: Busy.FREE}
_CANCELED: Final = 0x4
_BUSY_STATUS: Final = 2


def busy_time(
    messages: Iterable[Message], begin: datetime, end: datetime, *, limits: Limits = DEFAULT
) -> list[BusyPeriod]:
    """Return the busy time of appointments within a window, merged.

    Args:
        messages: the appointments of a calendar.
        begin: the first instant of the window, with tzinfo.
        end: the first instant after it, with tzinfo.
        limits: bounds of the work; of each appointment so many instances are looked at.
    """
    begin, end = begin.astimezone(UTC), end.astimezone(UTC)
    return merged(clipped(_periods(messages, begin, end, limits), begin, end))


def _periods(
    messages: Iterable[Message], begin: datetime, end: datetime, limits: Limits
) -> Iterator[BusyPeriod]:
    first, last = ticks_of(begin), ticks_of(end)
    for message in messages:
        found = expansion_of(message, limits=limits)
        if found is None or last is None:
            continue
        usual = _busy(message.properties, Busy.BUSY)
        for each in islice(found.between(first or 0, last), limits.ical.instances):
            busy = usual if each.changed is None else _busy(each.changed.properties, usual)
            yield BusyPeriod(instant_of(each.start), instant_of(each.end), busy)


def _busy(bag: PropertyBag, usual: Busy) -> Busy:
    if bag.number(named.PidLidAppointmentStateFlags) & _CANCELED:
        return Busy.FREE
    if bag.get(named.PidLidBusyStatus) is None:
        return usual
    return _BUSY.get(bag.number(named.PidLidBusyStatus), Busy.BUSY)


def freebusy_component(
    periods: Iterable[BusyPeriod],
    begin: datetime,
    end: datetime,
    *,
    uid: str,
    stamp: datetime,
    owner: str = "",
    hours: WorkHours | None = None,
) -> Component:
    """Return VFREEBUSY for a window.

    Args:
        periods: busy time.
        begin: the first instant of the window.
        end: the first instant after it.
        uid: UID.
        stamp: DTSTAMP.
        owner: SMTP address of whose time it is.
        hours: when that person works; all other time is told as BUSY-UNAVAILABLE.
    """
    begin, end = begin.astimezone(UTC), end.astimezone(UTC)
    told = list(periods)
    if hours is not None:
        told += unavailable(hours, begin, end)
    component = vfreebusy(told, begin, end, uid=uid, stamp=stamp)
    if owner:
        component.properties.append(Property("ORGANIZER", address_value(owner)))
    return component
