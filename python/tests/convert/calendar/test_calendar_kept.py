"""What a calendar says beyond its message: it comes back, and gives way to what a program has changed."""

from __future__ import annotations

from gromox.convert.calendar.kept import KEPT, keep, kept_of, put_kept, restore
from gromox.ical import Component, Property
from gromox.mapi import named, tags
from gromox.mapi.message import PropertyBag
from tests.convert.calendar.drive import calendar, check, event, lines, read_event, written

TIMES = ("DTSTART;TZID=Europe/Vienna:20260302T100000", "DURATION:PT1H")
UNKNOWN = ("X-COLOR;X-A=b:blue", "GEO:1;2", "URL:https://example.org/", "COMMENT:one", "COMMENT:two")


def test_everything_comes_back_as_it_was() -> None:
    stood = (*TIMES, "SUMMARY;LANGUAGE=en:Talk", *UNKNOWN, "RELATED-TO:u2")
    inner = (
        "BEGIN:X-THING",
        "X-B:1",
        "END:X-THING",
        "BEGIN:VALARM",
        "ACTION:EMAIL",
        "TRIGGER:-P1D",
        "END:VALARM",
    )
    (message,) = check(calendar(*event(*stood, *inner)))
    found = written(message)
    assert sorted(lines(found)) == sorted(["UID:u1", "DTSTAMP:20260101T000000Z", *stood])
    assert [each.name for each in found.components] == ["X-THING", "VALARM"]


def test_what_was_changed_is_written_from_the_message_and_all_else_stays() -> None:
    message = read_event(*TIMES, "SUMMARY;LANGUAGE=en:Talk", *UNKNOWN)
    message.properties[tags.PidTagSubject] = "Other"
    found = lines(written(message))
    assert "SUMMARY:Other" in found
    assert set(UNKNOWN) <= set(found)
    assert "DTSTART;TZID=Europe/Vienna:20260302T100000" in found
    # A word of Outlook that was not there is not told until it says something new.
    assert not [line for line in found if line.startswith("X-MICROSOFT-CDO-BUSYSTATUS")]
    message.properties[named.PidLidBusyStatus] = 3
    assert "X-MICROSOFT-CDO-BUSYSTATUS:OOF" in lines(written(message))


def test_times_are_one_whole() -> None:
    message = read_event(
        *TIMES, "RRULE:FREQ=MONTHLY;BYMONTHDAY=31", "RDATE;TZID=Europe/Vienna:20260305T100000"
    )
    message.properties[named.PidLidAppointmentRecur] = b""
    found = lines(written(message))
    assert [line for line in found if line.startswith(("RRULE", "RDATE", "DURATION"))] == []
    assert "DTSTART;TZID=Europe/Berlin:20260302T100000" in found


def test_an_attendee_who_answers_keeps_what_only_the_calendar_told() -> None:
    attendee = "ATTENDEE;CUTYPE=INDIVIDUAL;X-NUM=7;PARTSTAT=NEEDS-ACTION;CN=Bob:mailto:bob@example.org"
    message = read_event(*TIMES, attendee)
    assert attendee in lines(written(message))
    message.recipients[0].properties[tags.PidTagRecipientTrackStatus] = 3
    (found,) = [line for line in lines(written(message)) if line.startswith("ATTENDEE")]
    assert "PARTSTAT=ACCEPTED" in found
    assert "X-NUM=7" in found
    message.recipients.clear()
    assert not [line for line in lines(written(message)) if line.startswith("ATTENDEE")]


def test_a_long_value_is_kept_once() -> None:
    text = "x" * 100
    message = read_event(*TIMES, f"DESCRIPTION;LANGUAGE=de:{text}")
    octets = message.properties.typed(KEPT, bytes, b"")
    assert text.encode() not in octets.replace(b"\r\n ", b"")
    assert f"DESCRIPTION;LANGUAGE=de:{text}" in lines(written(message))


def test_words_of_the_keeper_in_a_calendar_mean_nothing() -> None:
    hostile = ("X-GROMOX-GROUP:000000000000 SUMMARY", "X-GROMOX-WITHOUT:0 UID", "X-GROMOX-CHILDREN:0")
    (message,) = check(calendar(*event(*TIMES, *hostile, "SUMMARY:a")))
    assert not [line for line in lines(written(message)) if "X-GROMOX" in line]


def test_a_component_that_says_no_more_keeps_nothing() -> None:
    component = Component("VEVENT", [Property("UID", "1"), Property("SUMMARY", "a")])
    assert keep(component, component) is None
    bag = PropertyBag()
    put_kept(bag)
    assert KEPT not in bag
    assert kept_of(bag) == []
    bag[KEPT] = b"nothing that can be read"
    assert kept_of(bag) == []


def test_what_is_required_is_written_though_it_was_not_there() -> None:
    original = Component("VEVENT", [Property("X-A", "1")])
    canonical = Component("VEVENT", [Property("UID", "1"), Property("DTSTAMP", "2"), Property("STATUS", "3")])
    kept = keep(original, canonical)
    assert kept is not None
    assert [one.name for one in restore(canonical, kept).properties] == ["UID", "DTSTAMP", "X-A"]
