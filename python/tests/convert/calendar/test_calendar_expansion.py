"""Instances of appointments and their bounds, by the recurrence of MAPI and by what is kept of calendars."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.convert.calendar import NEVER, Limits, ReaderOptions, bounds_of, expansion_of
from gromox.convert.calendar.expansion import Kept, Pattern, Single
from gromox.convert.calendar.instant import instant_of, ticks_of
from gromox.convert.calendar.times import recurrence_of
from gromox.mapi import named
from gromox.mapi.message import Message
from gromox.mapi.recurrence import EndType, local_time
from tests.convert.calendar.drive import BERLIN, alone, at, calendar, check, event, read, read_event, starts

WEEKLY = (
    "DTSTART;TZID=Europe/Berlin:20260302T100000",
    "DTEND;TZID=Europe/Berlin:20260302T110000",
    "RRULE:FREQ=WEEKLY;COUNT=6",
    "EXDATE;TZID=Europe/Berlin:20260309T100000",
)
MOVED = (
    "RECURRENCE-ID;TZID=Europe/Berlin:20260316T100000",
    "DTSTART;TZID=Europe/Berlin:20260320T140000",
    "DTEND;TZID=Europe/Berlin:20260320T153000",
)
EXPECTED = [
    "2026-03-02 09:00",
    "2026-03-20 13:00",
    "2026-03-23 09:00",
    "2026-03-30 08:00",  # summer time
    "2026-04-06 08:00",
]


def test_a_single_event() -> None:
    message = read_event("DTSTART:20260302T100000Z", "DTEND:20260302T110000Z")
    found = expansion_of(message)
    assert isinstance(found, Single)
    assert starts(message, "2026-03-02 10:59", "2026-03-03 00:00") == ["2026-03-02 10:00"]
    assert starts(message, "2026-03-02 11:00", "2026-03-03 00:00") == []
    assert starts(message, "2026-03-01 00:00", "2026-03-02 10:00") == []
    assert bounds_of(message) == (ticks_of(at("2026-03-02 10:00")), ticks_of(at("2026-03-02 11:00")))


def test_an_event_without_duration_is_in_the_window_it_starts_in() -> None:
    message = read_event("DTSTART:20260302T100000Z")
    assert starts(message, "2026-03-02 10:00", "2026-03-02 10:01") == ["2026-03-02 10:00"]
    assert starts(message, "2026-03-02 10:01", "2026-03-02 10:02") == []


def test_what_has_no_time_has_no_instance() -> None:
    assert expansion_of(Message()) is None
    assert bounds_of(Message()) is None


def test_a_series_by_its_recurrence() -> None:
    (message,) = read(calendar(*event(*WEEKLY), *event(*MOVED)))
    assert isinstance(expansion_of(message), Pattern)
    assert starts(message, "2026-01-01 00:00", "2027-01-01 00:00") == EXPECTED
    assert starts(message, "2026-03-20 13:30", "2026-03-23 09:30") == EXPECTED[1:3]
    # Without its attachments the recurrence alone tells the same.
    message.attachments.clear()
    assert starts(message, "2026-01-01 00:00", "2027-01-01 00:00") == EXPECTED


def test_a_changed_instance_is_handed_out() -> None:
    (message,) = read(calendar(*event(*WEEKLY), *event(*MOVED)))
    found = expansion_of(message)
    assert found is not None
    changed = [each for each in found.between(0, NEVER) if each.changed is not None]
    assert [each.changed for each in changed] == [message.attachments[0].embedded]
    assert instant_of(changed[0].original) == at("2026-03-16 09:00")


def test_bounds_hold_what_was_moved_far_away() -> None:
    moved = ("RECURRENCE-ID;TZID=Europe/Berlin:20260316T100000", "DTSTART:20270101T100000Z", "DURATION:PT2H")
    (message,) = read(calendar(*event(*WEEKLY), *event(*moved)))
    bounds = bounds_of(message)
    assert bounds is not None
    assert instant_of(bounds.last) == at("2027-01-01 12:00")


def test_what_never_ends_has_no_last_instant() -> None:
    message = read_event("DTSTART:20260302T100000Z", "RRULE:FREQ=DAILY")
    assert bounds_of(message) == (ticks_of(at("2026-03-02 10:00")), NEVER)
    assert starts(message, "2126-03-02 00:00", "2126-03-03 00:00") == ["2126-03-02 10:00"]


ODD_RULES = [
    ("RRULE:FREQ=MONTHLY;BYMONTHDAY=31", ["2026-01-31 09:00", "2026-03-31 08:00", "2026-05-31 08:00"]),
    ("RRULE:FREQ=DAILY;BYHOUR=10,15;COUNT=3", ["2026-01-31 09:00", "2026-01-31 14:00", "2026-02-01 09:00"]),
    ("RDATE;TZID=Europe/Berlin:20260205T120000,20260207T100000", ["2026-01-31 09:00", "2026-02-05 11:00"]),
    ("RRULE:FREQ=YEARLY;BYYEARDAY=31,60;COUNT=3", ["2026-01-31 09:00", "2026-03-01 09:00"]),
]


@pytest.mark.parametrize(("rule", "expected"), ODD_RULES)
def test_rules_without_a_pattern_are_kept(rule: str, expected: list[str]) -> None:
    octets = calendar(*event("DTSTART;TZID=Europe/Berlin:20260131T100000", "DURATION:PT1H", rule))
    (message,) = check(octets)
    assert isinstance(expansion_of(message), Kept)
    assert starts(message, "2026-01-01 00:00", "2027-01-01 00:00")[: len(expected)] == expected
    bounds = bounds_of(message)
    assert bounds is not None
    assert bounds.first <= (ticks_of(at("2026-01-31 09:00")) or 0)
    # Programs that know MAPI alone see one instance a day of the next years.
    recurrence = recurrence_of(message.properties)
    assert recurrence is not None
    assert recurrence.pattern.end_type == EndType.END_DATE
    shown = starts(alone(message), "2026-01-01 00:00", "2027-01-01 00:00")
    assert shown == [
        each for at_, each in enumerate(whole(rule)) if each[:10] != whole(rule)[at_ - 1][:10] or not at_
    ]


def whole(rule: str) -> list[str]:
    (message,) = read(calendar(*event("DTSTART;TZID=Europe/Berlin:20260131T100000", "DURATION:PT1H", rule)))
    return starts(message, "2026-01-01 00:00", "2027-01-01 00:00")


def test_an_edited_recurrence_counts_more_than_the_rule_that_was_kept() -> None:
    message = read_event("DTSTART:20260131T100000Z", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;BYMONTHDAY=31")
    other = read_event("DTSTART:20260131T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2")
    message.properties[named.PidLidAppointmentRecur] = other.properties[named.PidLidAppointmentRecur]
    assert isinstance(expansion_of(message), Pattern)
    assert starts(message, "2026-01-01 00:00", "2027-01-01 00:00") == ["2026-01-31 10:00", "2026-02-01 10:00"]


def test_bounds_of_kept_rules() -> None:
    first = "DTSTART:20260131T100000Z"
    ends = {
        "RRULE:FREQ=MONTHLY;BYMONTHDAY=31;UNTIL=20260401T000000Z": "2026-04-01",
        "RRULE:FREQ=MONTHLY;BYMONTHDAY=31;COUNT=2": "2026-03-31",
        "RDATE:20260205T100000Z": "2026-02-05",
    }
    for rule, last in ends.items():
        bounds = bounds_of(read_event(first, rule))
        assert bounds is not None
        assert at(last + " 00:00") <= instant_of(bounds.last) < at("2026-05-01 00:00")
    for rule in ("RRULE:FREQ=MONTHLY;BYMONTHDAY=31", "RRULE:FREQ=HOURLY;COUNT=100000"):
        endless = bounds_of(read_event(first, rule))
        assert endless is not None
        assert endless.last == NEVER


def test_this_and_future() -> None:
    octets = calendar(
        *event("DTSTART:20260302T100000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3"),
        *event(
            "RECURRENCE-ID;RANGE=THISANDFUTURE:20260309T100000Z", "DTSTART:20260309T120000Z", "DURATION:PT2H"
        ),
    )
    (message,) = check(octets)
    expected = ["2026-03-02 10:00", "2026-03-09 12:00", "2026-03-16 12:00"]
    assert starts(message, "2026-01-01 00:00", "2027-01-01 00:00") == expected
    bounds = bounds_of(message)
    assert bounds is not None
    assert instant_of(bounds.last) >= at("2026-03-16 14:00")


def test_rules_of_other_calendars_are_kept_unharmed() -> None:
    rule = "RRULE:RSCALE=CHINESE;FREQ=YEARLY"
    octets = calendar(*event("DTSTART;VALUE=DATE:20260217", rule))
    (message,) = check(octets)
    assert recurrence_of(message.properties) is None
    assert starts(message, "2026-01-01 00:00", "2030-01-01 00:00") == ["2026-02-17 00:00"]
    bounds = bounds_of(message)
    assert bounds is not None
    assert bounds.last == NEVER


@pytest.mark.parametrize(
    "rule",
    ["FREQ=MONTHLY;BYMONTHDAY=10;COUNT=5", "FREQ=YEARLY;BYMONTH=3;BYDAY=1MO", "FREQ=MONTHLY;BYMONTHDAY=-1"],
)
def test_patterns_of_other_calendars(rule: str) -> None:
    start = "DTSTART:20260302T100000Z"
    octets = calendar(
        *event(start, "DURATION:PT1H", f"X-MICROSOFT-RRULE:{rule}", "X-MICROSOFT-CALSCALE:Hijri")
    )
    (message,) = check(octets)
    recurrence = recurrence_of(message.properties)
    assert recurrence is not None
    assert recurrence.pattern.calendar_type == 6
    assert recurrence.pattern.pattern_type in (0xA, 0xB)
    # Which days follow is not computed.
    assert starts(alone(message), "2026-01-01 00:00", "2030-01-01 00:00") == ["2026-03-02 10:00"]


def test_a_pattern_of_another_calendar_that_cannot_be_told() -> None:
    for lines in (
        ("X-MICROSOFT-RRULE:FREQ=MONTHLY", "X-MICROSOFT-CALSCALE:Martian"),
        ("X-MICROSOFT-RRULE:FREQ=HOURLY", "X-MICROSOFT-CALSCALE:Hijri"),
        ("X-MICROSOFT-RRULE:often", "X-MICROSOFT-CALSCALE:Hijri"),
    ):
        (message,) = check(calendar(*event("DTSTART:20260302T100000Z", *lines)))
        assert recurrence_of(message.properties) is None


def test_whole_days_follow_the_zone_of_the_mailbox() -> None:
    message = read_event("DTSTART;VALUE=DATE:20260328", "RRULE:FREQ=DAILY;COUNT=3", options=BERLIN)
    expected = ["2026-03-27 23:00", "2026-03-28 23:00", "2026-03-29 22:00"]
    assert starts(message, "2026-01-01 00:00", "2027-01-01 00:00") == expected


def test_whole_days_are_named_by_their_midnight_in_a_zone_too() -> None:
    """Exchange does: the moved day is neither told twice nor where it was."""
    octets = calendar(
        *event("DTSTART;VALUE=DATE:20260219", "RRULE:FREQ=WEEKLY;COUNT=3"),
        *event("DTSTART;VALUE=DATE:20260227", "RECURRENCE-ID;TZID=W. Europe Standard Time:20260226T000000"),
    )
    (message,) = check(octets)
    expected = ["2026-02-19 00:00", "2026-02-27 00:00", "2026-03-05 00:00"]
    assert starts(message, "2026-01-01 00:00", "2027-01-01 00:00") == expected


def test_what_is_shown_has_bounds() -> None:
    limits = Limits(shown_days=40, shown_instances=3, counted=5)
    message = read_event(
        "DTSTART:20260131T100000Z", "RRULE:FREQ=DAILY;COUNT=10", options=ReaderOptions(limits=limits)
    )
    recurrence = recurrence_of(message.properties)
    assert recurrence is not None
    assert local_time(recurrence.pattern.end_date).day == 2
    assert len(starts(message, "2026-01-01 00:00", "2027-01-01 00:00")) == 10


RULES = st.sampled_from(
    [
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=WEEKLY;BYDAY=MO,TH",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;WKST=SU",
        "FREQ=MONTHLY;BYDAY=2WE",
        "FREQ=MONTHLY;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "FREQ=YEARLY;BYMONTH=5;BYDAY=-1SU",
        "FREQ=YEARLY",
        "FREQ=DAILY;BYHOUR=8,20",
    ]
)
ENDS = st.sampled_from(["", ";COUNT=7", ";UNTIL=20270101T000000Z", ";UNTIL=20260715"])


@pytest.mark.slow
@given(RULES, ENDS, st.dates(at("2026-01-01 00:00").date(), at("2026-12-31 00:00").date()), st.booleans())
def test_the_message_alone_gives_what_the_calendar_gives_where_there_is_a_pattern(
    rule: str, end: str, day: object, whole_day: bool
) -> None:
    start = f"{day:%Y%m%d}"
    first = f"DTSTART;VALUE=DATE:{start}" if whole_day else f"DTSTART;TZID=America/New_York:{start}T093000"
    (message,) = check(calendar(*event(first, f"RRULE:{rule}{end}")))
    window = ("2025-12-01 00:00", "2030-01-01 00:00")
    expected = starts(message, *window)
    found = expansion_of(message)
    assert found is not None
    bounds = found.bounds()
    for each in found.between(0, ticks_of(at(window[1])) or 0):
        assert bounds.first <= each.start <= each.end <= bounds.last
    is_exact = not isinstance(found, Kept)
    if is_exact:
        assert starts(alone(message), *window) == expected
