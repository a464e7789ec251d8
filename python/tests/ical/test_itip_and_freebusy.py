"""RFC 5546 3 (what messages must have) and busy time, RFC 5545 3.6.4."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.ical import Component, Property, read, series, write
from gromox.ical.freebusy import (
    Busy,
    BusyPeriod,
    busy_of,
    busy_time,
    free_between,
    merged,
    read_freebusy,
    vfreebusy,
)
from gromox.ical.itip import METHODS, problems
from gromox.ical.itiptable import CONSTRAINTS


def at(hour: int, minute: int = 0, day: int = 1) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def message(method: str, name: str, *lines: str, beside: str = "") -> Component:
    text = "\n".join(["BEGIN:VCALENDAR", f"METHOD:{method}", f"BEGIN:{name}", *lines, f"END:{name}", beside])
    return read((text + "\nEND:VCALENDAR").encode())[0]


@pytest.mark.parametrize("key", CONSTRAINTS, ids=" ".join)
def test_a_message_with_all_it_needs_is_proper(key: tuple[str, str]) -> None:
    constraint = CONSTRAINTS[key]
    lines = [f"{name}:x" for name in sorted(constraint.one | constraint.some)]
    proper = message(*key, *lines)

    assert problems(proper) == []
    for name in constraint.one | constraint.some:
        without = message(*key, *(line for line in lines if line != f"{name}:x"))
        assert [(found.name, found.section) for found in problems(without)] == [(name, constraint.section)]
    for name in constraint.one | constraint.optional:
        twice = message(*key, *lines, f"{name}:x", f"{name}:x")
        assert name in [found.name for found in problems(twice)]
    for name in constraint.never:
        assert [found.name for found in problems(message(*key, *lines, f"{name}:x"))] == [name]
    for name in constraint.never_beside:
        beside = f"BEGIN:{name}\nEND:{name}"
        assert name in [found.name for found in problems(message(*key, *lines, beside=beside))]
    for name in constraint.one_beside:
        beside = f"BEGIN:{name}\nEND:{name}\n" * 2
        assert name in [found.name for found in problems(message(*key, *lines, beside=beside))]


def test_the_table_is_whole() -> None:
    assert len(CONSTRAINTS) == 22
    assert {
        "PUBLISH", "REQUEST", "REPLY", "ADD", "CANCEL", "REFRESH", "COUNTER", "DECLINECOUNTER",
    } == METHODS  # fmt: skip


def test_other_faults() -> None:
    lines = ["DTSTAMP:x", "DTSTART:x", "ORGANIZER:x", "SUMMARY:", "UID:1", "ATTENDEE:x"]
    both = problems(message("REQUEST", "VEVENT", *lines, "DTEND:x", "DURATION:x"))
    assert [found.name for found in both] == ["DTEND"]
    other = "BEGIN:VEVENT\n" + "\n".join(lines).replace("UID:1", "UID:2") + "\nEND:VEVENT"
    assert [found.name for found in problems(message("REQUEST", "VEVENT", *lines, beside=other))] == ["UID"]
    assert [found.name for found in problems(message("ADD", "VEVENT", beside=other))][:1] == ["VEVENT"]
    for calendar in (
        Component("VCALENDAR"),
        Component("VCALENDAR", [Property("METHOD", "X")]),
        Component("VCALENDAR", [Property("METHOD", "REQUEST")]),
        Component("VCALENDAR", [Property("METHOD", "REFRESH")], [Component("VJOURNAL")]),
    ):
        assert [found.name for found in problems(calendar)] == ["METHOD"]


def test_merging() -> None:
    periods = [
        BusyPeriod(at(9), at(11)),
        BusyPeriod(at(10), at(12), Busy.TENTATIVE),
        BusyPeriod(at(11), at(11, 30)),
        BusyPeriod(at(10, 15), at(10, 30), Busy.UNAVAILABLE),
        BusyPeriod(at(13), at(14), Busy.FREE),
        BusyPeriod(at(15), at(14)),
    ]

    assert merged(periods) == [
        BusyPeriod(at(9), at(10, 15)),
        BusyPeriod(at(10, 15), at(10, 30), Busy.UNAVAILABLE),
        BusyPeriod(at(10, 30), at(11, 30)),
        BusyPeriod(at(11, 30), at(12), Busy.TENTATIVE),
    ]
    assert free_between(periods, at(8), at(13), timedelta(hours=1)) == [
        BusyPeriod(at(8), at(9), Busy.FREE),
        BusyPeriod(at(12), at(13), Busy.FREE),
    ]


MINUTES = st.integers(0, 300)
PERIODS = st.lists(st.tuples(MINUTES, MINUTES, st.sampled_from(Busy)), max_size=12)


@given(PERIODS)
def test_each_minute_has_its_strongest_kind(spans: list[tuple[int, int, Busy]]) -> None:
    found = merged(
        BusyPeriod(at(0) + timedelta(minutes=first), at(0) + timedelta(minutes=last), kind)
        for first, last, kind in spans
    )

    for minute in range(300):
        when = at(0) + timedelta(minutes=minute)
        strongest = max((kind for first, last, kind in spans if first <= minute < last), default=Busy.FREE)
        assert next((one.busy for one in found if one.start <= when < one.end), Busy.FREE) is strongest
    for one, other in pairwise(found):
        assert one.end < other.start or (one.end == other.start and one.busy is not other.busy)


def test_freebusy_is_read() -> None:
    (component,) = read(
        b"BEGIN:VFREEBUSY\nFREEBUSY;FBTYPE=BUSY-UNAVAILABLE:19970308T160000Z/PT8H30M\n"
        b"FREEBUSY;FBTYPE=X-ODD:19970308T160000Z/19970308T170000,bad,99991231T000000Z/P30D\n"
        b"FREEBUSY;FBTYPE=free:19970308T160000Z/PT3H\nEND:VFREEBUSY\n"
    )
    start = datetime(1997, 3, 8, 16, tzinfo=UTC)

    assert read_freebusy(component) == [
        BusyPeriod(start, start + timedelta(hours=8, minutes=30), Busy.UNAVAILABLE),
        BusyPeriod(start, start + timedelta(hours=1)),
        BusyPeriod(start, start + timedelta(hours=3), Busy.FREE),
    ]


def test_freebusy_is_written() -> None:
    periods = [
        BusyPeriod(at(9), at(11)),
        BusyPeriod(at(8), at(10), Busy.TENTATIVE),
        BusyPeriod(at(20), at(21)),
    ]
    component = vfreebusy(periods, at(8, 30), at(12), uid="1", stamp=at(0))

    assert write(component).decode().splitlines() == [
        "BEGIN:VFREEBUSY", "UID:1", "DTSTAMP:20260301T000000Z",
        "DTSTART:20260301T083000Z", "DTEND:20260301T120000Z",
        "FREEBUSY;FBTYPE=BUSY:20260301T090000Z/20260301T110000Z",
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20260301T083000Z/20260301T090000Z", "END:VFREEBUSY",
    ]  # fmt: skip
    assert merged(read_freebusy(component)) == [
        BusyPeriod(at(8, 30), at(9), Busy.TENTATIVE),
        BusyPeriod(at(9), at(11)),
    ]


@pytest.mark.parametrize(
    ("lines", "busy"),
    [
        ("", Busy.BUSY),
        ("TRANSP:TRANSPARENT", Busy.FREE),
        ("STATUS:TENTATIVE", Busy.TENTATIVE),
        ("STATUS:CANCELLED", Busy.FREE),
        ("X-MICROSOFT-CDO-BUSYSTATUS:oof", Busy.UNAVAILABLE),
        ("TRANSP:OPAQUE\nX-MICROSOFT-CDO-BUSYSTATUS:FREE", Busy.FREE),
    ],
)
def test_how_busy_an_event_makes(lines: str, busy: Busy) -> None:
    assert busy_of(read(f"BEGIN:VEVENT\n{lines}\nEND:VEVENT".encode())[0]) is busy


def test_busy_time_of_events() -> None:
    made = [
        series(read(b"BEGIN:VEVENT\n" + text + b"\nEND:VEVENT"))
        for text in (
            b"DTSTART:20260301T220000Z\nDURATION:PT4H\nRRULE:FREQ=DAILY;COUNT=2",
            b"DTSTART:20260302T010000\nDTEND:20260302T030000\nX-MICROSOFT-CDO-BUSYSTATUS:OOF",
            b"DTSTART:20260303\nTRANSP:TRANSPARENT",
            b"DTSTART:20260304\nSTATUS:TENTATIVE",
        )
    ]

    assert busy_time(made, at(0, day=2), at(12, day=4)) == [
        BusyPeriod(at(0, day=2), at(1, day=2)),
        BusyPeriod(at(1, day=2), at(3, day=2), Busy.UNAVAILABLE),
        BusyPeriod(at(22, day=2), at(2, day=3)),
        BusyPeriod(at(0, day=4), at(12, day=4), Busy.TENTATIVE),
    ]
