"""Zones by name and by rules, and their descriptions; RFC 5545 3.6.5, RFC 7808, CLDR windowsZones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.ical import Component, Limits, Zones, read, write
from gromox.ical.rulezone import RuleZone, rule_zone
from gromox.ical.timezone import iana_from_windows, windows_from_iana, zone_of_name
from gromox.ical.vtimezone import vtimezone

ZONES = (
    "Europe/Berlin", "America/New_York", "Africa/Casablanca", "Asia/Kolkata", "Australia/Lord_Howe",
    "Asia/Gaza",
    "America/Sao_Paulo", "Asia/Tehran", "Europe/Dublin", "UTC", "Pacific/Apia", "America/Scoresbysund",
)  # fmt: skip


@pytest.mark.parametrize(
    ("tzid", "key"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ('"Europe/Berlin"', "Europe/Berlin"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("pacific standard time", "America/Los_Angeles"),
        ("/freeassociation.sourceforge.net/Europe/Berlin", "Europe/Berlin"),
        ("/mozilla.org/20050126_1/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("/citadel.org/20210210_1/America/Indiana/Knox", "America/Indiana/Knox"),
        ("America/New York", "America/New_York"),
    ],
)
def test_names_of_zones(tzid: str, key: str) -> None:
    assert zone_of_name(tzid) == ZoneInfo(key)


@pytest.mark.parametrize(
    "tzid",
    ["", "Customized Time Zone", "../../etc/passwd", "/etc/passwd", "Europe", "localtime", "posixrules",
     "Factory",
     "x" * 300, "GMT+1900", "GMT+0199", "a/b/c/d/e", "\x00"],
)  # fmt: skip
def test_what_names_no_zone(tzid: str) -> None:
    assert zone_of_name(tzid) is None


def test_offsets_as_names() -> None:
    assert [zone_of_name(name) for name in ("UTC", "Etc/UTC", "Z", "GMT")] == [UTC] * 4
    east, west = zone_of_name("GMT+0130"), zone_of_name("utc-5")
    assert east is not None
    assert west is not None
    assert east.utcoffset(None) == timedelta(minutes=90)
    assert west.utcoffset(None) == timedelta(hours=-5)


def test_windows_names() -> None:
    assert iana_from_windows("W. Europe Standard Time") == "Europe/Berlin"
    assert iana_from_windows("W. Europe Standard Time", "ch") == "Europe/Zurich"
    assert iana_from_windows("W. Europe Standard Time", "JP") == "Europe/Berlin"
    assert iana_from_windows("No Standard Time") is None
    assert windows_from_iana("Europe/Zurich") == "W. Europe Standard Time"
    assert windows_from_iana("Nowhere/City") is None


def description(*parts: str, tzid: str = "Own", extra: str = "") -> Component:
    text = f"BEGIN:VTIMEZONE\nTZID:{tzid}\n{extra}" + "".join(parts) + "END:VTIMEZONE\n"
    return read(text.encode())[0]


def part(kind: str, start: str, before: str, after: str, more: str = "") -> str:
    return f"BEGIN:{kind}\nDTSTART:{start}\nTZOFFSETFROM:{before}\nTZOFFSETTO:{after}\n{more}END:{kind}\n"


# RFC 5545 3.6.5, New York with its rules of 1967 to 2007 and later.
NEW_YORK = description(
    part("DAYLIGHT", "19670430T020000", "-0500", "-0400",
         "RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=-1SU;UNTIL=19730429T070000Z\nTZNAME:EDT\n"),
    part("STANDARD", "19671029T020000", "-0400", "-0500",
         "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;UNTIL=20061029T060000Z\nTZNAME:EST\n"),
    part("DAYLIGHT", "19740106T020000", "-0500", "-0400", "RDATE:19750223T020000\nTZNAME:EDT\n"),
    part("DAYLIGHT", "19760425T020000", "-0500", "-0400",
         "RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=-1SU;UNTIL=19860427T070000Z\nTZNAME:EDT\n"),
    part("DAYLIGHT", "19870405T020000", "-0500", "-0400",
         "RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU;UNTIL=20060402T070000Z\nTZNAME:EDT\n"),
    part("DAYLIGHT", "20070311T020000", "-0500", "-0400",
         "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\nTZNAME:EDT\n"),
    part("STANDARD", "20071104T020000", "-0400", "-0500",
         "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\nTZNAME:EST\n"),
)  # fmt: skip


INSTANTS = st.datetimes(datetime(1968, 1, 1), datetime(2036, 12, 1))  # noqa: DTZ001


@settings(max_examples=300)
@given(INSTANTS.map(lambda when: when.replace(microsecond=0, fold=0)), st.integers(0, 1))
def test_the_example_of_new_york_is_new_york(when: datetime, fold: int) -> None:
    ours, theirs = rule_zone(NEW_YORK), ZoneInfo("America/New_York")
    same_instant(ours, theirs, when.replace(tzinfo=UTC))
    local = when.replace(fold=fold)
    assert local.replace(tzinfo=ours).utcoffset() == local.replace(tzinfo=theirs).utcoffset()
    assert local.replace(tzinfo=ours).tzname() == local.replace(tzinfo=theirs).tzname()
    assert local.replace(tzinfo=ours).dst() == local.replace(tzinfo=theirs).dst()


def same_instant(ours: RuleZone, theirs: ZoneInfo, when: datetime) -> None:
    here, there = when.astimezone(ours), when.astimezone(theirs)
    assert (here.replace(tzinfo=None), here.fold) == (there.replace(tzinfo=None), there.fold)


@pytest.mark.parametrize("key", ZONES)
def test_a_zone_is_described_and_understood(key: str) -> None:
    zone = ZoneInfo(key)
    component = vtimezone(key, zone, 2000, 2035)
    (again,) = read(write(component))
    ours = rule_zone(again)

    # Noon of each day, and each hour around the changes.
    when, end = datetime(2000, 1, 1, 12, tzinfo=UTC), datetime(2035, 12, 31, tzinfo=UTC)
    days = [when + timedelta(days=day) for day in range((end - when).days)]
    for before, after in pairwise(days):
        same_instant(ours, zone, after)
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            for minutes in range(0, 48 * 60, 15):
                same_instant(ours, zone, before + timedelta(minutes=minutes))
                local = (before + timedelta(minutes=minutes)).replace(tzinfo=None)
                for fold in (0, 1):
                    at = local.replace(fold=fold)
                    assert at.replace(tzinfo=ours).utcoffset() == at.replace(tzinfo=zone).utcoffset()


def test_descriptions_are_compact() -> None:
    berlin = vtimezone("Europe/Berlin", ZoneInfo("Europe/Berlin"), 2000, 2030)
    rules = [inner.text("RRULE") for inner in berlin.components]

    assert rules == ["FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10"]
    assert len(vtimezone("Asia/Tokyo", ZoneInfo("Asia/Tokyo"), 1990, 2030).components) == 1
    new_york = vtimezone("America/New_York", ZoneInfo("America/New_York"), 2000, 2030)
    assert [inner.text("RRULE").partition("UNTIL=")[2] for inner in new_york.components] == [
        "20060402T070000Z", "20061029T060000Z", "", "",
    ]  # fmt: skip
    # Since 2005 New Zealand, and Chile, change on a Sunday from some day on.
    chile = vtimezone("America/Santiago", ZoneInfo("America/Santiago"), 2024, 2034)
    assert len(chile.components) <= 4
    assert vtimezone("UTC", UTC, 0, 20_000).first("X-LIC-LOCATION") is None


def test_zones_of_a_calendar() -> None:
    located = description(part("STANDARD", "19700101T000000", "+0100", "+0100"), tzid="A",
                          extra="X-LIC-LOCATION:Europe/Paris\n")  # fmt: skip
    own = description(part("STANDARD", "19700101T000000", "+0100", "+0123"), tzid="B")
    broken = description("BEGIN:STANDARD\nDTSTART:x\nEND:STANDARD\n", tzid="C")
    named = description(part("STANDARD", "19700101T000000", "+0100", "+0123"), tzid="Europe/Rome")
    zones = Zones([located, own, broken, named, Component("VEVENT")])

    assert zones.get("A") == ZoneInfo("Europe/Paris")
    found = zones.get("B")
    assert isinstance(found, RuleZone)
    assert zones.get(" B ") is found
    assert repr(found) == "RuleZone('B')"
    assert found.utcoffset(None) == timedelta(minutes=83)
    assert found.dst(None) == timedelta()
    assert found.tzname(None) == "B"
    assert zones.get("C") is None
    assert zones.get("D") is None
    assert zones.get("Europe/Rome") == ZoneInfo("Europe/Rome")


def test_odd_observances() -> None:
    zone = rule_zone(
        description(
            part("DAYLIGHT", "20200301T020000", "+0100", "+0200",
                 "RRULE:FREQ=YEARLY;UNTIL=20220301\nRRULE:RSCALE=HEBREW;FREQ=YEARLY\n"
                 "RDATE;VALUE=PERIOD:20230301T020000/PT1H\n"),
            part("STANDARD", "20201001T030000", "+0200", "+0100",
                 "RRULE:FREQ=YEARLY;UNTIL=20221001T030000\n"),
            part("STANDARD", "20191001T030000", "+0100", "+0100",
                 "RRULE:FREQ=YEARLY;UNTIL=99991231T235959Z\n"),
            "BEGIN:DAYLIGHT\nDTSTART:20200101\nTZOFFSETFROM:+0100\nTZOFFSETTO:bad\nEND:DAYLIGHT\n",
        )
    )  # fmt: skip

    offsets = [
        datetime(year, month, 15, tzinfo=zone).utcoffset()
        for year in range(2019, 2025)
        for month in (1, 7, 12)
    ]
    hours = [offset // timedelta(hours=1) for offset in offsets if offset is not None]
    assert hours == [1, 1, 1, 1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 1, 1]
    # Far years are computed when they are asked for.
    assert datetime(9999, 7, 1, tzinfo=zone).utcoffset() == timedelta(hours=1)
    assert datetime(9998, 7, 1, tzinfo=UTC).astimezone(zone).hour == 1
    with pytest.raises(ParseError):
        rule_zone(Component("VTIMEZONE"))


def test_hostile_zones_are_bounded() -> None:
    zone = rule_zone(
        description(part("STANDARD", "19700101T000000", "+0100", "+0200", "RRULE:FREQ=SECONDLY\n") * 3),
        Limits(transitions=500),
    )

    assert datetime(3000, 1, 1, tzinfo=zone).utcoffset() == timedelta(hours=2)
