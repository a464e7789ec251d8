"""Events and their changed instances to messages; [MS-OXCICAL] 2.1.3.1.1.20, [MS-OXOCAL] 2.2.10."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.convert.calendar import method as methods
from gromox.convert.calendar.alarm import put_reminder
from gromox.convert.calendar.attach import EXCEPTION
from gromox.convert.calendar.blob import Told, instance_of, recurrence_of_series
from gromox.convert.calendar.event import put_counter, put_event, put_identity
from gromox.convert.calendar.eventout import event_component
from gromox.convert.calendar.foreign import foreign_recurrence
from gromox.convert.calendar.instant import midnight, ticks_in, ticks_of
from gromox.convert.calendar.kept import keep, put_kept
from gromox.convert.calendar.options import WriterOptions
from gromox.convert.calendar.times import put_recurrence, put_times
from gromox.ical.component import Component
from gromox.ical.seriesreader import series as series_of
from gromox.ical.timezone import zone_of_name
from gromox.ical.value import DateTime, date_or_date_time, normal_tzid
from gromox.mapi import named, tags
from gromox.mapi.appointmentrecurrence import ChangedInstance, Override
from gromox.mapi.message import Attachment, AttachMethod, Message, PropertyBag

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gromox.convert.calendar.context import Context
    from gromox.convert.calendar.zone import NamedZone
    from gromox.ical.series import Series

_NOT_RENDERED: Final = 0xFFFF_FFFF
_WRITING: Final = WriterOptions()
_WRITING_IN_MAIL: Final = WriterOptions(with_attachments=False)
_RECURS, _MEETS = 1, 2  #: what is added to the icon of an appointment
#: ChangeHighlight bits are not told: nobody knows what a reader of the calendar saw before.
_TEXTS: Final = (
    (Override.SUBJECT, tags.PidTagSubject, "subject", "wide_subject"),
    (Override.LOCATION, named.PidLidLocation, "location", "wide_location"),
)
_NUMBERS: Final = (
    (Override.REMINDER_DELTA, named.PidLidReminderDelta, "reminder_delta"),
    (Override.REMINDER, named.PidLidReminderSet, "reminder_set"),
    (Override.BUSY_STATUS, named.PidLidBusyStatus, "busy_status"),
    (Override.SUB_TYPE, named.PidLidAppointmentSubType, "sub_type"),
    (Override.MEETING_TYPE, named.PidLidAppointmentStateFlags, "meeting_type"),
)
_LONGEST_TEXT: Final = 255  #: of a text in the recurrence; the message has it whole


@dataclass(frozen=True, slots=True)
class _Changed:
    """A changed instance: its component, its message, and which instance it replaces."""

    component: Component
    message: Message


def fill_event(message: Message, master: Component, overrides: Sequence[Component], context: Context) -> None:
    """Put an event into a message, and its changed instances into attachments."""
    bag = message.properties
    message_class = methods.class_of_event(context.method, master) or methods.APPOINTMENT
    series = series_of_components([master, *overrides], context)
    _fill(message, master, series, context, message_class)
    is_instance = master.first("RECURRENCE-ID") is not None
    replaced = _replaced(master, series, context) if is_instance else None
    put_identity(bag, master, replaced[1] if replaced is not None else None)
    if is_instance:
        bag[named.PidLidIsException] = True
    if replaced is not None:
        bag[named.PidLidExceptionReplaceTime] = replaced[0]
    if context.method == "COUNTER":
        put_counter(bag, master)
    changed = []
    if not is_instance:
        changed = [_exception(message, each, series, context, message_class) for each in overrides]
    is_exact = series is None or is_instance or _put_recurrence(message, master, series, changed, context)
    methods.put_method(bag, context.method)
    bag[tags.PidTagIconIndex] = _icon(bag, message_class)
    for each in changed:
        kept = keep(each.component, event_component(each.message, _WRITING, series=message))
        put_kept(each.message.properties, *([kept] if kept is not None else []))
    canonical = event_component(message, _WRITING_IN_MAIL if context.in_mail else _WRITING)
    kept = keep(master, canonical, is_rule=not is_exact)
    zones = zones_needed([master, *overrides], context)
    put_kept(bag, *zones, *([kept] if kept is not None else []))


def _fill(
    message: Message, component: Component, series: Series | None, context: Context, message_class: str
) -> None:
    bag = message.properties
    if series is not None:
        put_times(bag, component, series, context)
    put_event(message, component, context, message_class)
    start = bag.typed(named.PidLidAppointmentStartWhole, int)
    put_reminder(bag, component, start, bag.typed(named.PidLidAppointmentEndWhole, int))


def series_of_components(components: Sequence[Component], context: Context) -> Series | None:
    """Return the series that components make, or None without a start.

    Rules that cannot be (hours for whole days) are left out: such an event takes place once.
    """
    limits = context.options.limits.ical
    zone = context.options.zone
    try:
        return series_of(components, context.zones, floating=zone, limits=limits)
    except (ParseError, OverflowError):
        bare = [
            Component(each.name, [one for one in each.properties if one.name not in ("RRULE", "EXRULE")])
            for each in components
        ]
    try:
        return series_of(bare, context.zones, floating=zone, limits=limits)
    except (ParseError, OverflowError):
        return None


def _replaced(component: Component, series: Series | None, context: Context) -> tuple[int, date] | None:
    """Return which instance a component changes: FILETIME and local day of its original start."""
    one = component.first("RECURRENCE-ID")
    if one is None:
        return None
    try:
        value = date_or_date_time(one)
        own = context.zone_of(value).zone
        zone = own if series is None else series.zone or series.floating
        if not isinstance(value, DateTime):
            local = midnight(value)
        elif series is not None and series.all_day:
            # Exchange names whole days by their midnight in a zone: the local day counts, not the instant.
            local = midnight(value.local.date())
        elif series is not None and series.zone is not None:
            local = value.local.replace(tzinfo=own).astimezone(zone).replace(tzinfo=None)
        else:
            local = value.local
        ticks = ticks_in(local, zone)
    except (ParseError, OverflowError):
        return None
    return None if ticks is None else (ticks, local.date())


def _exception(
    message: Message, component: Component, series: Series | None, context: Context, message_class: str
) -> _Changed:
    """Attach a changed instance, [MS-OXOCAL] 2.2.10.1 and 2.2.10.2."""
    instance = Message()
    inner = replace(context, in_mail=False)
    _fill(instance, component, series_of_components([component], context), inner, message_class)
    bag = instance.properties
    bag[tags.PidTagMessageClass] = methods.EXCEPTION
    bag[named.PidLidIsException] = True
    replaced = _replaced(component, series, context)
    put_identity(bag, component, replaced[1] if replaced is not None else None)
    if replaced is not None:
        bag[named.PidLidExceptionReplaceTime] = replaced[0]
    bag[named.PidLidFExceptionalBody] = component.first("DESCRIPTION") is not None
    bag[named.PidLidFExceptionalAttendees] = bool(instance.recipients)
    attachment = Attachment(embedded=instance)
    held = attachment.properties
    held[tags.PidTagAttachMethod] = AttachMethod.EMBEDDED
    held[tags.PidTagAttachNumber] = len(message.attachments)
    held[tags.PidTagAttachmentFlags] = EXCEPTION
    held[tags.PidTagAttachmentHidden] = True
    held[tags.PidTagRenderingPosition] = _NOT_RENDERED
    message.attachments.append(attachment)
    return _Changed(component, instance)


def _put_recurrence(
    message: Message, master: Component, series: Series, changed: Sequence[_Changed], context: Context
) -> bool:
    """Set the recurrence, with what changed instances have of their own; return whether it says it all."""
    bag = message.properties
    values: dict[datetime, ChangedInstance] = {}
    by_component = {id(each.component): each.message for each in changed}
    attachments = {id(each.embedded): each for each in message.attachments if each.embedded is not None}
    for occurrence in series.replacements:
        instance = by_component.get(id(occurrence.component))
        if instance is None:
            continue
        found = instance_of(series, occurrence)
        values[found.original] = _values(bag, instance.properties)
        held = attachments[id(instance)].properties
        # In local time, [MS-OXOCAL] 2.2.10.1.3 and 2.2.10.1.4.
        _put_local(held, tags.PidTagExceptionStartTime, found.start)
        _put_local(held, tags.PidTagExceptionEndTime, found.end)
    foreign = foreign_recurrence(master, context.calendar, series)
    told = Told(foreign, is_exact=True)
    if foreign is None:
        told = recurrence_of_series(series, values, context.options.limits)
    if told.recurrence is not None:
        put_recurrence(bag, told.recurrence, series, _zone(master, series, context))
    return told.is_exact


def _put_local(bag: PropertyBag, tag: int, local: datetime) -> None:
    ticks = ticks_of(local.replace(tzinfo=UTC))
    if ticks is not None:
        bag[tag] = ticks


def _zone(master: Component, series: Series, context: Context) -> NamedZone:
    """Return the zone of the start; that of the mailbox where it is a day or floats."""
    one = master.first("DTSTART")
    try:
        value = date_or_date_time(one) if one is not None else series.start.date()
    except ParseError:
        value = series.start.date()
    return context.zone_of(value)


def _values(series: PropertyBag, instance: PropertyBag) -> ChangedInstance:
    """Return what an instance has of its own, [MS-OXOCAL] 2.2.1.44.2."""
    flags = 0
    values: dict[str, str | bytes | int] = {}
    for bit, key, name, wide_name in _TEXTS:
        value = instance.text(key)
        if key in instance and value != series.text(key):
            flags |= bit
            values[wide_name] = value[:_LONGEST_TEXT]
            values[name] = value[:_LONGEST_TEXT].encode("cp1252", "replace")
    for bit, number_key, name in _NUMBERS:
        number = instance.number(number_key)
        if number_key in instance and number != series.number(number_key):
            flags |= bit
            values[name] = int(number)
    if tags.PidTagBody in instance and instance.get(tags.PidTagBody) != series.get(tags.PidTagBody):
        flags |= Override.BODY
    return replace(ChangedInstance(0, 0, 0, flags), **values)  # type: ignore[arg-type]  # each is of its field's type


def _icon(bag: PropertyBag, message_class: str) -> int:
    icon = methods.ICONS.get(message_class, methods.ICONS[methods.APPOINTMENT])
    if message_class != methods.APPOINTMENT:
        return icon
    flags = bag.number(named.PidLidAppointmentStateFlags)
    return icon + (_RECURS if bag.get(named.PidLidRecurring) else 0) + (_MEETS if flags & 1 else 0)


def zones_needed(components: Iterable[Component], context: Context) -> list[Component]:
    """Return the VTIMEZONEs of the calendar that these refer to and that have no name everybody knows."""
    names = {
        normal_tzid(value)
        for component in components
        for each in component.walk()
        for one in each.properties
        for value in one.parameter_values("TZID")
    }
    # Of two zones of one name the last counts.
    found = {normal_tzid(zone.text("TZID")): zone for zone in context.calendar.components}
    return [
        zone for name, zone in sorted(found.items()) if name and name in names and zone_of_name(name) is None
    ]
