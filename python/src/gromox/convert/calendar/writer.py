"""Messages to calendars, [MS-OXCICAL] 2.1.3."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.convert.calendar import method as methods
from gromox.convert.calendar.eventout import event_component
from gromox.convert.calendar.instant import local_of, ticks_in
from gromox.convert.calendar.journal import ACTIVITY, journal_component
from gromox.convert.calendar.kept import digest_of_times, kept_of, restore, times_of
from gromox.convert.calendar.options import WriterOptions
from gromox.convert.calendar.reader import OTHERS
from gromox.convert.calendar.task import TASK, task_component
from gromox.convert.calendar.times import recurrence_of
from gromox.convert.calendar.zone import NamedZone, zone_of_end, zone_of_series, zone_of_start
from gromox.ical.component import Component
from gromox.ical.property import Property
from gromox.ical.timezone import zone_of_name
from gromox.ical.value import UTC_TZID, date_or_date_time, normal_tzid
from gromox.ical.vtimezone import vtimezone
from gromox.ical.writer import write
from gromox.mapi import named, tags
from gromox.mapi.appointmentrecurrence import ChangedInstance, Override
from gromox.mapi.message import Message, PropertyBag
from gromox.mapi.recurrence import local_time

if TYPE_CHECKING:
    from collections.abc import Iterable

_LATER: Final = 10  #: years after the start of a series for which its zone is told
_FIRST_YEAR, _LAST_YEAR = 1601, 9000


def calendar_of_messages(
    messages: Iterable[Message], options: WriterOptions | None = None, *, method: str | None = None
) -> Component:
    """Return the VCALENDAR of some messages; what is no appointment, task or journal entry is left out.

    Args:
        messages: what it holds.
        options: how it is written.
        method: METHOD; empty for none; None: that of the first message.
    """
    chosen = options or WriterOptions()
    items: list[Component] = []
    zones: dict[str, Component] = {}
    for message in messages:
        made = components_of_message(message, chosen)
        if not made:
            continue
        if method is None:
            method = methods.method_of(message.properties)
        _add_zones(zones, made, message)
        items += made
    properties = [Property("PRODID", chosen.product), Property("VERSION", "2.0")]
    if method:
        properties.append(Property("METHOD", method))
    return Component("VCALENDAR", properties, [*zones.values(), *items])


def calendar_from_messages(
    messages: Iterable[Message], options: WriterOptions | None = None, *, method: str | None = None
) -> bytes:
    """Return the octets of ``calendar_of_messages``."""
    return write(calendar_of_messages(messages, options, method=method))


def components_of_message(message: Message, options: WriterOptions) -> list[Component]:
    """Return the components of a message: a series, then its changed instances by their original starts."""
    bag = message.properties
    kind = methods.class_of(bag)
    held = kept_of(bag)
    others = [each for wrapper in held if wrapper.name == OTHERS for each in wrapper.components]
    if kind == TASK or kind.startswith(TASK + "."):
        return [_restored(task_component(message, options), held), *others]
    if kind == ACTIVITY or kind.startswith(ACTIVITY + "."):
        return [_restored(journal_component(message, options), held), *others]
    if not is_event(bag):
        return []
    canonical = event_component(message, options)
    found = [_restored(canonical, held)]
    for instance in changed_instances(message, are_times_kept=_are_times_kept(canonical, held)):
        component = event_component(instance, options, series=message)
        found.append(_restored(component, kept_of(instance.properties)))
    return found


def is_event(bag: PropertyBag) -> bool:
    """Whether a message is an appointment or about one."""
    kind = methods.class_of(bag)
    return kind in methods.ICONS or kind in (methods.INQUIRY, methods.EXCEPTION)


def _restored(canonical: Component, held: list[Component]) -> Component:
    for kept in held:
        if kept.name == canonical.name:
            return restore(canonical, kept)
    return canonical


def _are_times_kept(canonical: Component, held: list[Component]) -> bool:
    """Whether what the calendar said of the times still holds."""
    for kept in held:
        if kept.name == canonical.name:
            times = times_of(kept)
            return times is not None and times[0] == digest_of_times(canonical.properties)
    return False


def changed_instances(message: Message, *, are_times_kept: bool) -> list[Message]:
    """Return the changed instances of a series: those attached, and those that only the recurrence tells.

    Where the times are kept, the recurrence is only what is shown of a rule that MAPI cannot tell.
    """
    found = [
        each.embedded
        for each in message.attachments
        if each.embedded is not None and methods.class_of(each.embedded.properties) == methods.EXCEPTION
    ]
    recurrence = recurrence_of(message.properties)
    if recurrence is None or are_times_kept:
        return found
    zone = zone_of_series(message.properties)
    attached = {
        local_of(replaced, zone.zone).date()
        for each in found
        if (replaced := each.properties.typed(named.PidLidExceptionReplaceTime, int)) is not None
    }
    for each in recurrence.exceptions:
        if local_time(each.original_start).date() not in attached:
            instance = _instance_of(each, zone)
            if instance is not None:
                found.append(instance)
    return found


def _instance_of(changed: ChangedInstance, zone: NamedZone) -> Message | None:
    """Return a changed instance of which there is only what the recurrence tells."""
    instance = Message()
    bag = instance.properties
    start, end, replaced = (
        ticks_in(local_time(count), zone.zone)
        for count in (changed.start, changed.end, changed.original_start)
    )
    if start is None or end is None or replaced is None:
        return None
    bag[named.PidLidAppointmentStartWhole], bag[named.PidLidAppointmentEndWhole] = start, end
    bag[named.PidLidExceptionReplaceTime] = replaced
    put_overrides(bag, changed)
    return instance


def put_overrides(bag: PropertyBag, changed: ChangedInstance) -> None:
    """Set what an instance has of its own, as the recurrence tells it, [MS-OXOCAL] 2.2.1.44.2."""
    flags = changed.flags
    if flags & Override.SUBJECT:
        bag[tags.PidTagSubject] = changed.wide_subject or changed.subject.decode("cp1252", "replace")
    if flags & Override.LOCATION:
        bag[named.PidLidLocation] = changed.wide_location or changed.location.decode("cp1252", "replace")
    if flags & Override.REMINDER_DELTA:
        bag[named.PidLidReminderDelta] = changed.reminder_delta
    if flags & Override.REMINDER:
        bag[named.PidLidReminderSet] = bool(changed.reminder_set)
    if flags & Override.BUSY_STATUS:
        bag[named.PidLidBusyStatus] = changed.busy_status
    if flags & Override.SUB_TYPE:
        bag[named.PidLidAppointmentSubType] = bool(changed.sub_type)
    if flags & Override.MEETING_TYPE:
        bag[named.PidLidAppointmentStateFlags] = changed.meeting_type


def _add_zones(zones: dict[str, Component], components: list[Component], message: Message) -> None:
    """Add the VTIMEZONEs that components refer to, RFC 5545 3.6.5."""
    bag = message.properties
    kept = {normal_tzid(each.text("TZID")): each for each in kept_of(bag) if each.name == "VTIMEZONE"}
    own: dict[str, NamedZone] | None = None
    for tzid, first, last in _zones_used(components):
        name = normal_tzid(tzid)
        if name in zones or name == UTC_TZID or not name:
            continue
        if name in kept:
            zones[name] = kept[name]
            continue
        zone = zone_of_name(name)
        if zone is None:
            if own is None:
                own = {
                    each.name: each for each in (zone_of_start(bag), zone_of_end(bag), zone_of_series(bag))
                }
            zone = own[name].zone if name in own else None
        if zone is not None:
            zones[name] = vtimezone(tzid, zone, first, last)


def _zones_used(components: list[Component]) -> list[tuple[str, int, int]]:
    """Return the TZIDs that are used, and the years for which they must be told."""
    used: dict[str, tuple[int, int]] = {}
    for component in components:
        recurs = component.first("RRULE") is not None
        for each in component.walk():
            for one in each.properties:
                tzid = one.parameter("TZID")
                if not tzid:
                    continue
                try:
                    value = date_or_date_time(one, one.value.split(",")[0].split("/")[0])
                except ParseError:
                    continue
                day = value if isinstance(value, date) else value.local.date()
                year = min(max(day.year, _FIRST_YEAR), _LAST_YEAR)
                first, last = used.get(tzid, (year, year))
                used[tzid] = (min(first, year), max(last, year + (_LATER if recurs else 1)))
    return [(tzid, first, last) for tzid, (first, last) in used.items()]
