"""Free and busy times: of appointments, hours of work, published messages ([MS-OXOPFFB] 2.2.1.4)."""

from __future__ import annotations

import struct
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.convert.calendar.freebusy import busy_time, freebusy_component
from gromox.convert.calendar.schedule import (
    SCHEDULE,
    busy_of_schedule,
    read_pairs,
    schedule_message,
    schedule_of_component,
)
from gromox.convert.calendar.workhours import WorkHours, availability_component, unavailable, work_hours_of
from gromox.convert.calendar.zone import UTC_ZONE, NamedZone
from gromox.ical import Component, Property, Zones
from gromox.ical.freebusy import Busy, BusyPeriod, merged
from gromox.mapi import named, tags
from gromox.mapi.message import Message
from tests.convert.calendar.drive import at, calendar, event, lines, read, read_event

BEGIN, END = at("2026-03-02 00:00"), at("2026-03-09 00:00")
BERLIN_ZONE = NamedZone("Europe/Berlin", ZoneInfo("Europe/Berlin"))
HOURS = WorkHours(frozenset({0, 1}), time(9), time(17), BERLIN_ZONE)


def test_busy_time_of_appointments() -> None:
    series = event("DTSTART:20260302T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3")
    away = event(
        "RECURRENCE-ID:20260303T100000Z",
        "DTSTART:20260303T100000Z",
        "DURATION:PT1H",
        "X-MICROSOFT-CDO-BUSYSTATUS:OOF",
    )
    gone = event("DTSTART:20260305T100000Z", "DURATION:PT1H", "STATUS:CANCELLED", uid="u2")
    maybe = event("DTSTART:20260302T103000Z", "DURATION:PT1H", "STATUS:TENTATIVE", uid="u3")
    messages = [*read(calendar(*series, *away, *gone, *maybe)), Message()]
    hour = timedelta(hours=1)
    assert busy_time(messages, BEGIN, END) == [
        BusyPeriod(at("2026-03-02 10:00"), at("2026-03-02 11:00"), Busy.BUSY),
        BusyPeriod(at("2026-03-02 11:00"), at("2026-03-02 11:30"), Busy.TENTATIVE),
        BusyPeriod(at("2026-03-03 10:00"), at("2026-03-03 10:00") + hour, Busy.UNAVAILABLE),
        BusyPeriod(at("2026-03-04 10:00"), at("2026-03-04 10:00") + hour, Busy.BUSY),
    ]


def test_who_tells_no_status_is_busy() -> None:
    message = read_event("DTSTART:20260302T100000Z", "DURATION:PT1H")
    message.properties.pop(named.PidLidBusyStatus)
    assert [each.busy for each in busy_time([message], BEGIN, END)] == [Busy.BUSY]


def test_freebusy_is_told_with_hours_of_work() -> None:
    periods = [BusyPeriod(at("2026-03-02 10:00"), at("2026-03-02 11:00"))]
    component = freebusy_component(
        periods, BEGIN, at("2026-03-03 00:00"), uid="f", stamp=BEGIN, owner="ann@example.org", hours=HOURS
    )
    found = lines(component)
    assert "ORGANIZER:mailto:ann@example.org" in found
    assert "FREEBUSY;FBTYPE=BUSY:20260302T100000Z/20260302T110000Z" in found
    assert [line for line in found if "BUSY-UNAVAILABLE" in line] == [
        "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20260302T000000Z/20260302T080000Z,20260302T160000Z/20260303T000000Z"
    ]


def test_hours_of_work_end_at_midnight_at_most() -> None:
    hours = WorkHours(frozenset(range(7)), time(0), time(0), UTC_ZONE)
    assert list(unavailable(hours, BEGIN, END)) == []
    nobody = WorkHours(frozenset(), time(9), time(17), UTC_ZONE)
    assert list(unavailable(nobody, BEGIN, END)) == [BusyPeriod(BEGIN, END, Busy.UNAVAILABLE)]


@given(
    st.sets(st.integers(0, 6), min_size=1),
    st.times(max_value=time(12)).map(lambda when: when.replace(microsecond=0)),
    st.times(min_value=time(13)).map(lambda when: when.replace(microsecond=0)),
)
def test_availability_is_read_back(weekdays: set[int], start: time, end: time) -> None:
    hours = WorkHours(frozenset(weekdays), start, end, BERLIN_ZONE)
    component = availability_component(hours, uid="a", stamp=BEGIN)
    assert work_hours_of(component, Zones(), UTC_ZONE) == hours


@pytest.mark.parametrize(
    "properties",
    [
        [],
        [Property("DTSTART", "20260302T090000")],
        [Property("DTSTART", "20260302"), Property("RRULE", "FREQ=WEEKLY")],
        [Property("DTSTART", "20260302T090000"), Property("RRULE", "FREQ=DAILY")],
        [Property("DTSTART", "20260302T090000"), Property("RRULE", "FREQ=WEEKLY")],
    ],
)
def test_other_availability_is_no_hours_of_work(properties: list[Property]) -> None:
    component = Component("VAVAILABILITY", [], [Component("AVAILABLE", properties)])
    assert work_hours_of(component, Zones(), UTC_ZONE) is None


def test_availability_with_a_duration_in_floating_time() -> None:
    properties = [
        Property("DTSTART", "20260303T090000"),
        Property("DURATION", "PT8H"),
        Property("RRULE", "FREQ=WEEKLY"),
    ]
    component = Component("VAVAILABILITY", [], [Component("AVAILABLE", properties)])
    expected = WorkHours(frozenset({1}), time(9), time(17), BERLIN_ZONE)
    assert work_hours_of(component, Zones(), BERLIN_ZONE) == expected
    assert work_hours_of(Component("VAVAILABILITY"), Zones(), UTC_ZONE) is None
    none = availability_component(WorkHours(frozenset(), time(9), time(17), UTC_ZONE), uid="a", stamp=BEGIN)
    assert none.components == []


def test_published_time() -> None:
    periods = [
        BusyPeriod(at("2026-03-31 23:00"), at("2026-04-01 01:00"), Busy.BUSY),
        BusyPeriod(at("2026-04-02 10:00"), at("2026-04-02 11:00"), Busy.UNAVAILABLE),
        BusyPeriod(at("2026-04-03 10:00"), at("2026-04-03 11:00"), Busy.TENTATIVE),
    ]
    message = schedule_message(periods, BEGIN, at("2026-05-01 00:00"))
    bag = message.properties
    assert bag.text(tags.PidTagMessageClass) == SCHEDULE
    assert bag[tags.PidTagScheduleInfoMonthsBusy] == (2026 * 16 + 3, 2026 * 16 + 4)
    march, april = 44_640 - 60, 60
    assert bag[tags.PidTagScheduleInfoFreeBusyBusy] == (
        struct.pack("<HH", march, 44_640),
        struct.pack("<HH", 0, april),
    )
    assert bag[tags.PidTagScheduleInfoMonthsAway] == (2026 * 16 + 4,)
    merged_april = struct.pack("<HHHH", 0, 60, 1440 + 600, 1440 + 660)
    assert bag[tags.PidTagScheduleInfoFreeBusyMerged] == (struct.pack("<HH", march, 44_640), merged_april)
    assert busy_of_schedule(message) == periods


def test_a_published_vfreebusy() -> None:
    component = freebusy_component(
        [BusyPeriod(at("2026-03-02 10:00"), at("2026-03-02 11:00"))], BEGIN, END, uid="f", stamp=BEGIN
    )
    message = schedule_of_component(component, BEGIN, END)
    assert busy_of_schedule(message) == [BusyPeriod(at("2026-03-02 10:00"), at("2026-03-02 11:00"))]


MINUTES = st.integers(0, 60 * 24 * 90)


@given(
    st.lists(
        st.tuples(MINUTES, MINUTES, st.sampled_from([Busy.TENTATIVE, Busy.BUSY, Busy.UNAVAILABLE])),
        max_size=8,
    )
)
def test_published_time_is_read_back(spans: list[tuple[int, int, Busy]]) -> None:
    periods = [
        BusyPeriod(BEGIN + timedelta(minutes=first), BEGIN + timedelta(minutes=last), busy)
        for first, last, busy in spans
    ]
    message = schedule_message(periods, BEGIN, BEGIN + timedelta(days=91))
    assert busy_of_schedule(message) == merged(periods)


def test_damaged_pairs_are_left_out() -> None:
    with pytest.raises(ParseError):
        read_pairs(b"\1\0\2")
    with pytest.raises(ParseError):
        read_pairs(bytes(4 * 44_641))
    message = Message()
    bag = message.properties
    bag[tags.PidTagScheduleInfoMonthsBusy] = (2026 * 16 + 3, 2026 * 16 + 13, 2026 * 16 + 4, 5)
    bag[tags.PidTagScheduleInfoFreeBusyBusy] = (b"\1\0\2", b"\0\0\1\0", b"\5\0\1\0", b"\0\0\1\0")
    assert busy_of_schedule(message) == []


def test_a_time_before_all_months_is_left_out() -> None:
    early = datetime(1500, 1, 1, tzinfo=BEGIN.tzinfo)
    message = schedule_message([BusyPeriod(early, early + timedelta(hours=1))], early, END)
    assert message.properties.number(tags.PidTagFreeBusyPublishStart) == 0
    assert busy_of_schedule(message) == []
