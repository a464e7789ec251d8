"""What the tests of calendars share: reading, writing, expanding, and messages as values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from gromox.convert.calendar import (
    ReaderOptions,
    WriterOptions,
    calendar_from_messages,
    calendar_of_messages,
    expansion_of,
    messages_from_calendar,
)
from gromox.convert.calendar.instant import instant_of, ticks_of
from gromox.convert.calendar.kept import KEPT
from gromox.ical import Component
from gromox.ical.writer import format_property
from gromox.mapi.message import Message

BERLIN: Final = ReaderOptions(ZoneInfo("Europe/Berlin"), "Europe/Berlin")


def calendar(*lines: str, method: str = "", before: tuple[str, ...] = ()) -> bytes:
    """A calendar with these lines."""
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", *([f"METHOD:{method}"] if method else [])]
    return "\r\n".join([*head, *before, *lines, "END:VCALENDAR", ""]).encode()


def event(*lines: str, uid: str = "u1") -> tuple[str, ...]:
    """The lines of a VEVENT."""
    return ("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT")


def read(octets: bytes, options: ReaderOptions | None = None) -> list[Message]:
    """All messages of a calendar."""
    return list(messages_from_calendar(octets, options))


def read_event(*lines: str, method: str = "", options: ReaderOptions | None = None) -> Message:
    """The message of a calendar with one event."""
    (message,) = read(calendar(*event(*lines), method=method), options)
    return message


def written(message: Message, options: WriterOptions | None = None) -> Component:
    """The first item of what is written of a message."""
    made = calendar_of_messages([message], options)
    return next(each for each in made.components if each.name != "VTIMEZONE")


def lines(component: Component) -> list[str]:
    """The properties of a component as lines."""
    return [format_property(one) for one in component.properties]


def alone(message: Message) -> Message:
    """The message without what is kept: as a program that knows MAPI alone sees it."""
    message.properties.pop(KEPT, None)
    for attachment in message.attachments:
        if attachment.embedded is not None:
            alone(attachment.embedded)
    return message


def at(text: str) -> datetime:
    """An instant, ``2026-03-02 10:00`` in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def starts(message: Message, begin: str, end: str) -> list[str]:
    """The starts of the instances within a window, in UTC."""
    found = expansion_of(message)
    assert found is not None
    first, last = ticks_of(at(begin)), ticks_of(at(end))
    assert first is not None
    assert last is not None
    return [f"{instant_of(each.start):%Y-%m-%d %H:%M}" for each in found.between(first, last)]


def described(message: Message) -> object:
    """All of a message as values."""
    return (
        dict(message.properties),
        [dict(each.properties) for each in message.recipients],
        [
            (
                dict(each.properties),
                None if each.data is None else b"".join(each.data.chunks()),
                None if each.embedded is None else described(each.embedded),
            )
            for each in message.attachments
        ],
    )


def check(octets: bytes, options: ReaderOptions | None = None) -> list[Message]:
    """Read, write and read again; return what was read first."""
    first = read(octets, options)
    made = calendar_from_messages(first)
    second = read(made, options) if first else []
    assert [described(each) for each in second] == [described(each) for each in first]
    assert calendar_from_messages(second) == made
    return first
