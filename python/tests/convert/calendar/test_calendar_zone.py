"""Zones and definitions of Windows; large files in pieces; a set of nasty shapes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.convert.calendar import split
from gromox.convert.calendar.instant import instant_of, local_of, ticks_in, ticks_of
from gromox.convert.calendar.split import split_calendar
from gromox.convert.calendar.zone import (
    NamedZone,
    definition_of,
    put_zone,
    rule_of,
    vtimezone_of_rule,
    zone_of_end,
    zone_of_octets,
    zone_of_series,
    zone_of_start,
)
from gromox.ical import Limits
from gromox.ical.rulezone import rule_zone
from gromox.mapi import named
from gromox.mapi.message import PropertyBag
from gromox.mapi.timezonedefinition import (
    SystemTime,
    TimeZoneDefinition,
    TimeZoneRule,
    TimeZoneStruct,
    ZoneRule,
)
from tests.convert.calendar.drive import calendar, check, event

SHAPES = sorted((Path(__file__).parent / "shapes").glob("*.ics"))


def named_zone(name: str) -> NamedZone:
    return NamedZone(name, ZoneInfo(name))


@pytest.mark.parametrize(
    ("name", "year", "rule"),
    [
        ("Europe/Berlin", 2026, ZoneRule(-60, 0, -60, SystemTime(0, 10, 0, 5, 3), SystemTime(0, 3, 0, 5, 2))),
        (
            "America/New_York",
            2026,
            ZoneRule(300, 0, -60, SystemTime(0, 11, 0, 1, 2), SystemTime(0, 3, 0, 2, 2)),
        ),
        (
            "Australia/Sydney",
            2026,
            ZoneRule(-600, 0, -60, SystemTime(0, 4, 0, 1, 3), SystemTime(0, 10, 0, 1, 2)),
        ),
        ("Asia/Kolkata", 2026, ZoneRule(-330)),
        ("Asia/Tokyo", 2026, ZoneRule(-540)),
    ],
)
def test_rules_of_zones(name: str, year: int, rule: ZoneRule) -> None:
    assert rule_of(ZoneInfo(name), year) == rule


def test_a_zone_with_other_changes_has_what_held_at_the_end() -> None:
    # Ramadan takes the clocks back and forth within the year.
    assert rule_of(ZoneInfo("Africa/Casablanca"), 2026).standard_date.month in (0, 2, 3)


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "Australia/Sydney", "Asia/Kolkata"])
def test_a_rule_gives_the_local_times_of_its_zone(name: str) -> None:
    zone = ZoneInfo(name)
    again = rule_zone(vtimezone_of_rule(rule_of(zone, 2026), "x"))
    when = datetime(2026, 1, 1, tzinfo=UTC)
    for _ in range(730):
        assert when.astimezone(again).replace(tzinfo=None) == when.astimezone(zone).replace(tzinfo=None)
        when += timedelta(hours=12)


def test_names_of_windows_mean_their_zones() -> None:
    definition = definition_of(named_zone("Europe/Vienna"), 2026)
    assert definition.key_name == "W. Europe Standard Time"
    found = zone_of_octets(definition.octets())
    assert found is not None
    assert found.name == "Europe/Berlin"
    assert zone_of_octets(b"nothing") is None
    assert zone_of_octets(TimeZoneDefinition("Nowhere", ()).octets()) is None


def test_a_name_that_nobody_knows_has_its_rule() -> None:
    rule = ZoneRule(-465, 0, -60, SystemTime(2020, 10, 0, 31, 3), SystemTime(0, 3, 0, 2, 2))
    found = zone_of_octets(TimeZoneDefinition("Nowhere", (TimeZoneRule(rule, 2020),)).octets())
    assert found is not None
    assert found.name == "Nowhere"
    assert datetime(2021, 1, 1, tzinfo=found.zone).utcoffset() == timedelta(hours=7, minutes=45)


def test_the_old_structure_counts_where_both_differ() -> None:
    bag = PropertyBag()
    put_zone(bag, named_zone("Europe/Berlin"), named_zone("Europe/London"), 2026, recurs=True)
    assert zone_of_series(bag).name == "Europe/Berlin"
    assert zone_of_end(bag).name == "Europe/London"
    bag[named.PidLidTimeZoneStruct] = TimeZoneStruct(ZoneRule(120)).octets()
    bag[named.PidLidTimeZoneDescription] = ""
    assert zone_of_series(bag).name == "GMT-0200"
    bag[named.PidLidTimeZoneStruct] = b"\1"
    assert zone_of_series(bag).name == "Europe/Berlin"
    bag.pop(named.PidLidAppointmentTimeZoneDefinitionRecur)
    assert zone_of_series(bag).name == "Europe/Berlin"
    assert zone_of_start(PropertyBag()).name == "UTC"


@given(
    st.builds(
        ZoneRule,
        *[st.integers(-(2**31), 2**31 - 1)] * 3,
        *[st.builds(SystemTime, *[st.integers(0, 0xFFFF)] * 8)] * 2,
    )
)
def test_any_rule_is_a_zone(rule: ZoneRule) -> None:
    zone = rule_zone(vtimezone_of_rule(rule, ""))
    offset = datetime(2026, 7, 1, tzinfo=zone).utcoffset()
    assert offset is not None
    assert abs(offset) < timedelta(days=1)


DAYS = st.integers(0, 3_067_000)
SECONDS = st.integers(0, 86_399)


@given(DAYS, SECONDS)
def test_instants_are_read_back(day: int, second: int) -> None:
    when = datetime(1601, 1, 1) + timedelta(days=day, seconds=second)  # noqa: DTZ001
    ticks = ticks_of(when.replace(tzinfo=UTC))
    assert ticks is not None
    assert instant_of(ticks).replace(tzinfo=None) == when
    assert ticks_in(when, UTC) == ticks


def test_instants_at_the_ends_of_time() -> None:
    assert ticks_of(datetime(1600, 12, 31, tzinfo=UTC)) is None
    assert instant_of(1 << 62).year == 9999
    assert local_of(1 << 62, ZoneInfo("Asia/Tokyo")).year == 9999
    assert ticks_in(datetime(1, 1, 1), ZoneInfo("Asia/Tokyo")) is None  # noqa: DTZ001


LARGE = calendar(
    "X-WR-CALNAME:mine",
    *event("DTSTART:20260302T100000Z", "SUMMARY:a", "RRULE:FREQ=DAILY"),
    *event("DTSTART:20260302T100000Z", uid="u\r\n 2"),
    *event("RECURRENCE-ID:20260303T100000Z", "DTSTART:20260303T110000Z"),
    "BEGIN:VTODO",
    "SUMMARY:no uid",
    "BEGIN:VALARM",
    "END:VALARM",
    "END:VTODO",
)


def test_a_large_file_is_read_by_its_uids(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = check(LARGE)
    monkeypatch.setattr(split, "_LARGE", 1)
    found = list(split_calendar(LARGE, Limits()))
    assert [len(each.children("VEVENT", "VTODO")) for each in found] == [2, 1, 1]
    assert all(each.text("X-WR-CALNAME") == "mine" for each in found)
    assert [dict(each.properties) for each in check(LARGE)] == [dict(each.properties) for each in whole]


@pytest.mark.parametrize(
    "octets",
    [
        LARGE * 2,
        LARGE.replace(b"END:VTODO", b"X:1"),
        LARGE.replace(b"END:VALARM", b"END:VEVENT"),
        LARGE.replace(b"VERSION:2.0", b"VERSION:1.0"),
        LARGE + b"more",
        b"x" + LARGE,
    ],
    ids=["two", "open", "crossed", "old", "tail", "head"],
)
def test_what_is_not_one_sound_calendar_is_read_at_once(
    octets: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = [each.name for each in split_calendar(octets, Limits())]
    monkeypatch.setattr(split, "_LARGE", 1)
    assert [each.name for each in split_calendar(octets, Limits())] == at_once


def test_no_calendar_is_an_error() -> None:
    with pytest.raises(ParseError):
        list(split_calendar(b"nothing", Limits()))


@pytest.mark.parametrize("path", SHAPES, ids=[path.stem for path in SHAPES])
def test_nasty_shapes(path: Path) -> None:
    messages = check(path.read_bytes())
    assert messages
