"""Fuzz calendars as messages: what is read can be written, expanded, and read again as the same.

``python fuzz/fuzz_calendar.py --seconds 10 --seed 1`` mutates calendars, and the octets of recurrences, zones
and ids. With atheris installed, ``python fuzz/fuzz_calendar.py --atheris`` takes its options (CPython 3.12
and newer have wheels). What fails is written to the folder given by ``--crashes``; played again as an
argument, it fails again. The first octet of an input says what it is.
"""

from __future__ import annotations

import random
import sys
from itertools import islice
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

import frame  # noqa: E402 - the tree is found only now

from gromox.base.errors import ParseError  # noqa: E402
from gromox.convert.calendar import (  # noqa: E402
    NEVER,
    bounds_of,
    calendar_from_messages,
    expansion_of,
    messages_from_calendar,
)
from gromox.convert.calendar.kept import KEPT  # noqa: E402
from gromox.ical import read  # noqa: E402
from gromox.mapi import named  # noqa: E402
from gromox.mapi.appointmentrecurrence import AppointmentRecurrence  # noqa: E402
from gromox.mapi.globalobjectid import GlobalObjectId  # noqa: E402
from gromox.mapi.message import Message  # noqa: E402
from gromox.mapi.timezonedefinition import TimeZoneDefinition, TimeZoneStruct  # noqa: E402

SHAPES: Final = sorted((HERE.parent / "tests/convert/calendar/shapes").glob("*.ics"))
_LONGEST: Final = 1 << 14
_INSTANCES: Final = 200
_CALENDAR, _BLOBS = 0, 1
#: Properties whose octets are mutated, and who reads them.
_KEYS: Final = (
    (named.PidLidAppointmentRecur, AppointmentRecurrence),
    (named.PidLidAppointmentTimeZoneDefinitionRecur, TimeZoneDefinition),
    (named.PidLidTimeZoneStruct, TimeZoneStruct),
    (named.PidLidGlobalObjectId, GlobalObjectId),
)
_FRAGMENTS: Final = (
    b"RRULE:FREQ=MONTHLY;BYMONTHDAY=31\r\n",
    b"RRULE:FREQ=WEEKLY;COUNT=3;BYDAY=MO\r\n",
    b"EXDATE:20260303T100000Z\r\n",
    b"RDATE;VALUE=PERIOD:20260305T100000Z/PT3H\r\n",
    b"RECURRENCE-ID:20260303T100000Z\r\n",
    b"ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@example.org\r\n",
    b"DTEND;VALUE=DATE:20260304\r\n",
    b"DURATION:-P1W\r\n",
    b"METHOD:REPLY\r\n",
    b"BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n",
    b"BEGIN:VEVENT\r\n",
    b"END:VEVENT\r\n",
    b"X-GROMOX-GROUP:0 TIMES\r\n",
    b";TZID=Europe/Berlin",
    b"\\;,",
    b"\0",
    b"\xff\xff",
)


def samples() -> list[bytes]:
    """Return what is mutated."""
    found = [bytes([_CALENDAR]) + path.read_bytes() for path in SHAPES]
    for octets in list(found):
        for message in messages_from_calendar(octets[1:]):
            blobs = [message.properties.typed(key, bytes, b"") for key, _ in _KEYS]
            found.append(bytes([_BLOBS]) + b"".join(len(each).to_bytes(2, "little") + each for each in blobs))
    return found


def exercise(octets: bytes) -> None:
    """Play one input."""
    if not octets:
        return
    if octets[0] == _CALENDAR:
        _calendar(octets[1:])
    else:
        _blobs(octets[1:])


def _calendar(octets: bytes) -> None:
    try:
        first = list(messages_from_calendar(octets))
    except ParseError:
        return
    if not first:
        return
    made = calendar_from_messages(first)
    again = calendar_from_messages(list(messages_from_calendar(made)))
    # Of several calendars in one file only one method can be written.
    if len(read(octets)) == 1 and again != made:
        raise AssertionError("what was written is not a fixed point")
    for message in first:
        _expand(message)
        message.properties.pop(KEPT, None)
        _expand(message)
    calendar_from_messages(first)


def _blobs(octets: bytes) -> None:
    message = Message()
    bag = message.properties
    bag[named.PidLidAppointmentStartWhole] = 134_000_000_000_000_000
    at = 0
    for key, kind in _KEYS:
        size = int.from_bytes(octets[at : at + 2], "little")
        blob = octets[at + 2 : at + 2 + size]
        at += 2 + size
        bag[key] = blob
        try:
            found = kind.from_octets(blob)
        except ParseError:
            continue
        if kind.from_octets(found.octets()) != found:
            raise AssertionError(f"{kind.__name__} is not read back")
    bag[0x001A001F] = "IPM.Appointment"
    calendar_from_messages([message])
    _expand(message)


def _expand(message: Message) -> None:
    found = expansion_of(message)
    bounds = bounds_of(message)
    if found is None or bounds is None:
        return
    for each in islice(found.between(0, NEVER), _INSTANCES):
        if not bounds.first <= each.start <= each.end <= max(bounds.last, each.start):
            raise AssertionError("an instance lies outside of the bounds")


def mutated(octets: bytes, corpus: list[bytes], chance: random.Random) -> bytes:
    """Return a damaged copy."""
    copy = bytearray(octets)
    for _ in range(chance.randrange(1, 6)):
        start = chance.randrange(1, len(copy) + 1)
        end = min(len(copy), start + chance.randrange(12))
        other = chance.choice(corpus)
        place = chance.randrange(len(other))
        copy[start:end] = chance.choice(
            (
                b"",
                chance.choice(_FRAGMENTS),
                other[place : place + chance.randrange(200)],
                chance.randbytes(chance.randrange(1, 5)),
                bytes(copy[start:end]) * 2,
            )
        )
    return bytes(copy[:_LONGEST])


if __name__ == "__main__":
    sys.exit(frame.main("Fuzz calendars as messages.", exercise, samples, mutated))
