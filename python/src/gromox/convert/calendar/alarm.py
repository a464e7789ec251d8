"""VALARM and reminders, [MS-OXCICAL] 2.1.3.1.1.20.63, [MS-OXORMDR] 2.2.1."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.convert.calendar.instant import MINUTE, instant_of
from gromox.ical.component import Component
from gromox.ical.property import Property
from gromox.ical.value import (
    UTC_TZID,
    DateTime,
    Duration,
    format_date_time,
    format_duration,
    parse_date_time,
    parse_duration,
)
from gromox.mapi import named

if TYPE_CHECKING:
    from gromox.mapi.message import PropertyBag

_MINUTE: Final = timedelta(minutes=1)
#: PidLidReminderDelta whose meaning is "as the user is used to", [MS-OXORMDR] 2.2.1.3.
_DEFAULT_DELTA: Final = 0x5AE980E1
_USUAL: Final = 15
_MOST: Final = 0x5AE980DF
_ALARMS: Final = 100


def put_reminder(bag: PropertyBag, component: Component, start: int | None, end: int | None) -> None:
    """Set the reminder of an item: the first VALARM that comes before it begins.

    Args:
        bag: the item's properties.
        component: what holds VALARMs.
        start: FILETIME at which it begins, or is due.
        end: FILETIME at which it ends.
    """
    delta = None
    for alarm in component.children("VALARM")[:_ALARMS]:
        delta = _delta(alarm, start, end)
        if delta is not None:
            break
    bag[named.PidLidReminderSet] = delta is not None
    if delta is None:
        return
    bag[named.PidLidReminderDelta] = delta
    if start is not None:
        bag[named.PidLidReminderTime] = start
        bag[named.PidLidReminderSignalTime] = max(0, start - delta * MINUTE)


def _delta(alarm: Component, start: int | None, end: int | None) -> int | None:
    """Return how many minutes before the start an alarm goes off, or None if it does not."""
    trigger = alarm.first("TRIGGER")
    if trigger is None or (alarm.text("ACTION").strip().upper() in ("EMAIL", "NONE")):
        return None
    try:
        if (trigger.parameter("VALUE") or "").upper() == "DATE-TIME":
            at = parse_date_time(trigger.value)
            if start is None or not at.is_utc:
                return None
            before = instant_of(start).replace(tzinfo=None) - at.local
        else:
            before = -parse_duration(trigger.value).total
            if (trigger.parameter("RELATED") or "").upper() == "END":
                if start is None or end is None:
                    return None
                before -= timedelta(microseconds=(end - start) // 10)
    except ParseError:
        return None
    minutes = before // _MINUTE
    return minutes if 0 <= minutes < _MOST else None


def alarm_of(bag: PropertyBag, *, is_task: bool = False) -> list[Component]:
    """Return the VALARM of an item, or nothing."""
    if not bag.get(named.PidLidReminderSet):
        return []
    delta = bag.number(named.PidLidReminderDelta)
    signal = bag.typed(named.PidLidReminderSignalTime, int)
    if is_task and signal:
        # Tasks are reminded of at a time of their own.
        at = DateTime(instant_of(signal).replace(tzinfo=None, microsecond=0), UTC_TZID)
        trigger = Property("TRIGGER", format_date_time(at), (("VALUE", ("DATE-TIME",)),))
    else:
        minutes = _USUAL if delta == _DEFAULT_DELTA else min(delta, _MOST)
        days, rest = divmod(minutes, 1440)
        trigger = Property("TRIGGER", format_duration(Duration(-days, -rest * 60)))
    properties = [Property("ACTION", "DISPLAY"), Property("DESCRIPTION", "Reminder"), trigger]
    return [Component("VALARM", properties)]
