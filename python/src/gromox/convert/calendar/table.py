"""Properties of one value that items and components have alike, [MS-OXCICAL] 2.1.3.1.1.20.

Each row names the property, its key, and how the value is read and written. Rows are read in their order;
where two say the same, the later counts.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.errors import ParseError
from gromox.convert.calendar.instant import ticks_of, utc
from gromox.ical.property import Property
from gromox.ical.text import escape, format_text_list, text_list
from gromox.ical.value import format_date_time, instant, parse_boolean, parse_date_time, parse_integer
from gromox.mapi import named, tags

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.ical.component import Component
    from gromox.mapi.message import PropertyBag, PropertyKey
    from gromox.mapi.propvalue import PropValue

_MOST: Final = (1 << 32) - 1
_WORDS: Final = 1000


class Row(NamedTuple):
    """How one property and one value become each other; None: it is not told."""

    name: str
    key: PropertyKey
    read: Callable[[Property], PropValue | None]
    write: Callable[[PropValue], str | None]


def _read_text(one: Property) -> PropValue | None:
    return one.text


def _write_text(value: PropValue) -> str | None:
    return escape(value) if isinstance(value, str) else None


def _read_texts(one: Property) -> PropValue | None:
    return tuple(text_list(one.value)[:_WORDS]) or None


def _write_texts(value: PropValue) -> str | None:
    texts = (
        [text for text in value if isinstance(text, str) and text.strip()] if isinstance(value, tuple) else []
    )
    return format_text_list(texts) if texts else None


def _read_number(one: Property) -> PropValue | None:
    number = parse_integer(one.value)
    return number if 0 <= number <= _MOST else None


def _write_number(value: PropValue) -> str | None:
    return str(value) if isinstance(value, int) else None


def _read_boolean(one: Property) -> PropValue | None:
    return parse_boolean(one.value)


def _write_boolean(value: PropValue) -> str | None:
    return "TRUE" if value else "FALSE"


def _read_instant(one: Property) -> PropValue | None:
    # All of these are UTC, also where the Z was forgotten.
    return ticks_of(instant(parse_date_time(one.value), UTC))


def _write_instant(value: PropValue) -> str | None:
    return format_date_time(utc(value)) if isinstance(value, int) else None


_SENSITIVITY: Final = {"PUBLIC": 0, "X-PERSONAL": 1, "PRIVATE": 2, "CONFIDENTIAL": 3}
_CLASS: Final = {number: word for word, number in _SENSITIVITY.items()}


def _read_class(one: Property) -> PropValue | None:
    # What is not known counts as PRIVATE, RFC 5545 3.8.1.3.
    return _SENSITIVITY.get(one.value.strip().upper(), 2)


def _write_class(value: PropValue) -> str | None:
    return _CLASS.get(value) if isinstance(value, int) else None


def _read_priority(one: Property) -> PropValue | None:
    priority = parse_integer(one.value)
    if not 1 <= priority <= 9:  # noqa: PLR2004 - RFC 5545 3.8.1.9
        return 1
    return 2 if priority < 5 else 1 if priority == 5 else 0  # noqa: PLR2004


def _write_priority(value: PropValue) -> str | None:
    return {2: "1", 1: "5", 0: "9"}.get(value) if isinstance(value, int) else None


def _read_importance(one: Property) -> PropValue | None:
    importance = parse_integer(one.value)
    return importance if 0 <= importance <= 2 else None  # noqa: PLR2004


def _text(name: str, key: PropertyKey) -> Row:
    return Row(name, key, _read_text, _write_text)


def _number(name: str, key: PropertyKey) -> Row:
    return Row(name, key, _read_number, _write_number)


def _boolean(name: str, key: PropertyKey) -> Row:
    return Row(name, key, _read_boolean, _write_boolean)


def _instant(name: str, key: PropertyKey) -> Row:
    return Row(name, key, _read_instant, _write_instant)


#: Of events, tasks and journal entries.
COMMON: Final = (
    Row("CATEGORIES", named.PidNameKeywords, _read_texts, _write_texts),
    Row("CLASS", tags.PidTagSensitivity, _read_class, _write_class),
    Row("CONTACT", named.PidLidContacts, _read_texts, _write_texts),
    Row("PRIORITY", tags.PidTagImportance, _read_priority, _write_priority),
    _instant("CREATED", tags.PidTagCreationTime),
    _instant("LAST-MODIFIED", tags.PidTagLastModificationTime),
)

#: Of events alone.
EVENT: Final = (
    _text("LOCATION", named.PidLidLocation),
    _number("SEQUENCE", named.PidLidAppointmentSequence),
    _number("X-MICROSOFT-CDO-APPT-SEQUENCE", named.PidLidAppointmentSequence),
    _instant("X-MICROSOFT-CDO-ATTENDEE-CRITICAL-CHANGE", named.PidLidAttendeeCriticalChange),
    _instant("X-MICROSOFT-CDO-OWNER-CRITICAL-CHANGE", named.PidLidOwnerCriticalChange),
    Row("X-MICROSOFT-CDO-IMPORTANCE", tags.PidTagImportance, _read_importance, _write_number),
    _number("X-MICROSOFT-CDO-OWNERAPPTID", tags.PidTagOwnerAppointmentId),
    _instant("X-MICROSOFT-CDO-REPLYTIME", named.PidLidAppointmentReplyTime),
    _boolean("X-MICROSOFT-DISALLOW-COUNTER", named.PidLidAppointmentNotAllowPropose),
    _boolean("X-MS-OLK-AUTOFILLLOCATION", named.PidLidAutoFillLocation),
    _boolean("X-MS-OLK-AUTOSTARTCHECK", named.PidLidAutoStartCheck),
    _text("X-MS-OLK-COLLABORATEDOC", named.PidLidCollaborateDoc),
    _boolean("X-MS-OLK-CONFCHECK", named.PidLidConferencingCheck),
    _number("X-MS-OLK-CONFTYPE", named.PidLidConferencingType),
    _text("X-MS-OLK-DIRECTORY", named.PidLidDirectory),
    _text("X-MS-OLK-MWSURL", named.PidLidMeetingWorkspaceUrl),
    _text("X-MS-OLK-NETSHOWURL", named.PidLidNetShowUrl),
    _text("X-MS-OLK-ONLINEPASSWORD", named.PidLidOnlinePassword),
    _text("X-MS-OLK-ORGALIAS", named.PidLidOrganizerAlias),
)


def read_rows(bag: PropertyBag, component: Component, rows: tuple[Row, ...], *, longest: int) -> None:
    """Set the values of the rows' properties; what cannot be read is passed over."""
    for row in rows:
        values: list[PropValue] = []
        for one in component.all(row.name)[:_WORDS]:
            if len(one.value) > longest:
                continue
            try:
                value = row.read(one)
            except ParseError:
                continue
            if value is not None:
                values.append(value)
        if not values:
            continue
        first = values[0]
        if isinstance(first, tuple):
            bag[row.key] = tuple(text for each in values if isinstance(each, tuple) for text in each)
        else:
            bag[row.key] = first


def write_rows(bag: PropertyBag, rows: tuple[Row, ...]) -> list[Property]:
    """Return the properties of the rows' values."""
    found = []
    for row in rows:
        value = bag.get(row.key)
        text = row.write(value) if value is not None else None
        if text is not None:
            found.append(Property(row.name, text))
    return found
