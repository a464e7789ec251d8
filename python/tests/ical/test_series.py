"""Series: exceptions, changed instances, zones, windows; RFC 5545 3.3.5, 3.8.4.4 and 3.8.5, RFC 4791 9.9."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from gromox.base.errors import ParseError
from gromox.ical.freebusy import busy_time
from gromox.ical import Occurrence, Zones, read, series
from gromox.ical.recurrence import UnsupportedRuleError

BERLIN = ";TZID=Europe/Berlin:"


def expand(
    *texts: str, begin: str = "2026-01-01", end: str = "2027-01-01", limit: int = 50
) -> list[Occurrence]:
    """The instances of events made of these lines, separated by blanks."""
    lines = "".join("BEGIN:VEVENT\n" + "\n".join(text.split()) + "\nEND:VEVENT\n" for text in texts)
    (calendar,) = read(f"BEGIN:VCALENDAR\n{lines}END:VCALENDAR\n".encode())
    made = series(calendar.components, Zones(), floating=ZoneInfo("Asia/Tokyo"))
    window = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (begin, end))
    return list(islice(made.between(*window), limit))


def starts(*texts: str, begin: str = "2026-01-01", end: str = "2027-01-01") -> list[str]:
    return [one.start.isoformat()[5:16] for one in expand(*texts, begin=begin, end=end)]


def test_a_single_event() -> None:
    (one,) = expand(f"DTSTART{BERLIN}20260301T100000 DTEND;TZID=America/New_York:20260301T050000")

    assert one.start == datetime(2026, 3, 1, 10, tzinfo=ZoneInfo("Europe/Berlin"))
    assert one.end == datetime(2026, 3, 1, 11, tzinfo=ZoneInfo("Europe/Berlin"))
    assert one.instant == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert one.recurrence_id == one.start
    assert one.component.name == "VEVENT"


def test_days() -> None:
    found = expand("DTSTART;VALUE=DATE:20260228 DTEND;VALUE=DATE:20260302 RRULE:FREQ=WEEKLY;COUNT=2;BYHOUR=9")

    assert [(one.start, one.end) for one in found] == [
        (date(2026, 2, 28), date(2026, 3, 2)),
        (date(2026, 3, 7), date(2026, 3, 9)),
    ]
    # A day is one of the zone that floating times are taken for.
    assert found[0].instant == datetime(2026, 2, 27, 15, tzinfo=UTC)
    assert [one.end for one in expand("DTSTART:20260301")] == [date(2026, 3, 2)]
    assert [one.end for one in expand("DTSTART:20260301 DURATION:P3D")] == [date(2026, 3, 4)]
    assert [one.end for one in expand("DTSTART:20260301 DTEND:20260301")] == [date(2026, 3, 2)]
    assert [one.end for one in expand("DTSTART:20260301 DTEND:20260305T120000Z")] == [date(2026, 3, 5)]


def test_floating_times() -> None:
    (one,) = expand("DTSTART:20260301T100000 DURATION:PT90M")

    assert (one.start, one.end) == (datetime(2026, 3, 1, 10), datetime(2026, 3, 1, 11, 30))  # noqa: DTZ001
    assert one.instant == datetime(2026, 3, 1, 1, tzinfo=UTC)
    (unknown,) = expand("DTSTART;TZID=Nowhere:20260301T100000")
    assert unknown.start == datetime(2026, 3, 1, 10)  # noqa: DTZ001


def test_gaps_and_overlaps() -> None:
    """RFC 5545 3.3.5: what is skipped comes an hour later by the clock, what comes twice is the first."""
    found = expand("DTSTART;TZID=America/New_York:20260307T023000 RRULE:FREQ=DAILY;COUNT=3 DURATION:PT1H")
    assert [(one.start.isoformat(), one.end.isoformat()) for one in found][1:] == [
        ("2026-03-08T03:30:00-04:00", "2026-03-08T04:30:00-04:00"),
        ("2026-03-09T02:30:00-04:00", "2026-03-09T03:30:00-04:00"),
    ]
    (one,) = expand("DTSTART;TZID=America/New_York:20261101T013000 DURATION:PT1H")
    assert (one.start.isoformat(), one.end.isoformat()) == (
        "2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00",
    )  # fmt: skip
    # Days are nominal, hours exact, RFC 5545 3.3.6.
    (one,) = expand("DTSTART;TZID=America/New_York:20260307T120000 DURATION:P1D")
    assert one.end.isoformat() == "2026-03-08T12:00:00-04:00"
    (one,) = expand("DTSTART;TZID=America/New_York:20260307T120000 DURATION:PT24H")
    assert one.end.isoformat() == "2026-03-08T13:00:00-04:00"


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20260303T090000Z", "03-03"),
        ("20260303T085959Z", "03-02"),
        ("20260303T100000", "03-03"),
        ("20260303", "03-03"),
        ("20260302", "03-02"),
    ],
)
def test_until(until: str, last: str) -> None:
    assert starts(f"DTSTART{BERLIN}20260301T100000 RRULE:FREQ=DAILY;UNTIL={until}")[-1][:5] == last


def test_until_of_days_and_of_floating_times() -> None:
    assert len(starts("DTSTART:20260301 RRULE:FREQ=DAILY;UNTIL=20260303")) == 3
    assert len(starts("DTSTART:20260301 RRULE:FREQ=DAILY;UNTIL=20260303T000000Z")) == 3
    assert len(starts("DTSTART:20260301T100000 RRULE:FREQ=DAILY;UNTIL=20260303T100000Z")) == 3


def test_the_start_counts() -> None:
    """RFC 5545 3.3.10: DTSTART is the first of COUNT, also where the rule does not give it."""
    text = "DTSTART:20260302T100000Z RRULE:FREQ=WEEKLY;BYDAY=WE;COUNT="

    assert starts(text + "3") == ["03-02T10:00", "03-04T10:00", "03-11T10:00"]
    assert starts(text + "1") == ["03-02T10:00"]


def test_further_dates_and_exceptions() -> None:
    found = expand(
        f"DTSTART{BERLIN}20260301T100000 RRULE:FREQ=DAILY;COUNT=5 RRULE:FREQ=BAD "
        f"RDATE{BERLIN}20260310T100000,bad "
        f"RDATE:20260301T090000Z "
        f"RDATE;VALUE=PERIOD:20260311T100000Z/PT2H,20260312T100000Z/20260312T103000Z,x/y "
        f"RDATE;VALUE=DATE:20260315 RDATE:20250101T000000Z "
        f"EXDATE{BERLIN}20260302T100000 EXDATE:20260303T090000Z,bad EXDATE;VALUE=DATE:20260304 "
        f"DTEND{BERLIN}20260301T110000"
    )

    assert [(one.start.isoformat()[5:16], one.end.isoformat()[5:16]) for one in found] == [
        ("03-01T10:00", "03-01T11:00"),
        ("03-05T10:00", "03-05T11:00"),
        ("03-10T10:00", "03-10T11:00"),
        ("03-11T11:00", "03-11T13:00"),
        ("03-12T11:00", "03-12T11:30"),
        ("03-15T00:00", "03-15T01:00"),
    ]


def test_exception_rules_of_older_calendars() -> None:
    found = starts("DTSTART:20260301T100000Z RRULE:FREQ=DAILY;COUNT=7 EXRULE:FREQ=DAILY;INTERVAL=2;COUNT=2")

    assert found == [f"03-0{day}T10:00" for day in (2, 4, 5, 6, 7)]


def test_changed_instances() -> None:
    found = expand(
        f"UID:1 DTSTART{BERLIN}20260301T100000 RRULE:FREQ=DAILY;COUNT=4",
        f"UID:1 RECURRENCE-ID:20260302T090000Z DTSTART{BERLIN}20260305T080000 SUMMARY:moved",
        f"UID:1 RECURRENCE-ID{BERLIN}20260303T100000 DTSTART{BERLIN}20260303T100000 STATUS:CANCELLED",
        f"UID:1 RECURRENCE-ID{BERLIN}20270101T100000 DTSTART{BERLIN}20260306T100000 SUMMARY:not-of-the-rule",
        "UID:1 RECURRENCE-ID:bad DTSTART:20260306T100000Z",
        f"UID:1 RECURRENCE-ID{BERLIN}20260304T100000 DTSTART:bad",
    )

    assert [(one.start.isoformat()[5:16], one.recurrence_id.isoformat()[:16]) for one in found] == [
        ("03-01T10:00", "2026-03-01T10:00"),
        ("03-03T10:00", "2026-03-03T10:00"),
        ("03-04T10:00", "2026-03-04T10:00"),
        ("03-05T08:00", "2026-03-02T10:00"),
        ("03-06T10:00", "2027-01-01T10:00"),
    ]
    assert found[1].component.text("STATUS") == "CANCELLED"


def test_this_and_future() -> None:
    found = expand(
        "UID:1 DTSTART:20260301T100000Z DURATION:PT1H RRULE:FREQ=DAILY;COUNT=6",
        "UID:1 RECURRENCE-ID;RANGE=THISANDFUTURE:20260303T100000Z DTSTART:20260303T120000Z DURATION:PT2H",
        "UID:1 RECURRENCE-ID;RANGE=THISANDFUTURE:20260305T100000Z DTSTART:20260304T110000Z SUMMARY:earlier",
        "UID:1 RECURRENCE-ID:20260306T100000Z DTSTART:20260306T100000Z",
    )

    assert [(one.start.isoformat()[5:16], one.end.isoformat()[5:16]) for one in found] == [
        ("03-01T10:00", "03-01T11:00"),
        ("03-02T10:00", "03-02T11:00"),
        ("03-03T12:00", "03-03T14:00"),
        ("03-04T11:00", "03-04T11:00"),
        ("03-04T12:00", "03-04T14:00"),
        ("03-06T10:00", "03-06T10:00"),
    ]


def test_instances_without_their_series() -> None:
    found = starts(
        "UID:1 RECURRENCE-ID:20260302T100000Z DTSTART:20260302T110000Z RRULE:FREQ=DAILY "
        "RDATE:20260303T100000Z",
        "UID:1 RECURRENCE-ID:20260309T100000Z DTSTART:20260309T120000Z",
    )

    assert found[0] == "03-02T11:00"
    assert len(found) == 1


@pytest.mark.parametrize(
    ("begin", "end", "hits"),
    [
        ("2026-03-01T09:00", "2026-03-01T10:00", False),
        ("2026-03-01T09:00", "2026-03-01T10:01", True),
        ("2026-03-01T10:59", "2026-03-01T12:00", True),
        ("2026-03-01T11:00", "2026-03-01T12:00", False),
    ],
)
def test_windows(begin: str, end: str, hits: bool) -> None:
    text = "DTSTART:20260301T100000Z DTEND:20260301T110000Z"

    assert bool(starts(text, begin=begin, end=end)) is hits
    # An instance of no length must start within.
    assert starts("DTSTART:20260301T100000Z", begin="2026-03-01T10:00", end="2026-03-01T10:01")
    assert not starts("DTSTART:20260301T100000Z", begin="2026-03-01T10:01", end="2026-03-01T10:02")
    assert not starts("DTSTART:20260301T100000Z DTEND:20260228T100000Z", begin="2026-03-02", end="2026-03-03")


def test_long_instances_reach_into_a_far_window() -> None:
    text = "DTSTART:19000101T000000Z DURATION:P10D RRULE:FREQ=MONTHLY"

    assert starts(text, begin="2026-03-05", end="2026-03-06") == ["03-01T00:00"]


def test_the_ends_of_time() -> None:
    for text in ("DTSTART:99991231T235900Z DURATION:P30D RRULE:FREQ=DAILY", f"DTSTART{BERLIN}00010101T000000",
                 "DTSTART:00010101 DTEND:99991231 RRULE:FREQ=YEARLY"):  # fmt: skip
        expand(text, begin="0001-01-01", end="9999-12-31")
        expand(text, begin="9999-12-30", end="9999-12-31")


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        # What one rule gives the other takes away.
        "DTSTART:20260101T000000Z RRULE:FREQ=SECONDLY EXRULE:FREQ=SECONDLY",
        # The other goes on for ever between two instances.
        "DTSTART:20260101T000000Z RRULE:FREQ=YEARLY EXRULE:FREQ=SECONDLY;BYSECOND=1,2",
        # One period is long, but the instances are many and short.
        "DTSTART:19700101T000000Z RRULE:FREQ=SECONDLY RDATE;VALUE=PERIOD:19710101T000000Z/P99999D",
        # Each instance is longer than the time to the next, and millions overlap the window.
        "DTSTART:19700101T000000Z DURATION:P9999D RRULE:FREQ=SECONDLY",
    ],
)
def test_hostile_series_end(text: str) -> None:
    found = expand(text, limit=3)

    assert len(found) <= 3
    lines = "\n".join(["BEGIN:VEVENT", *text.split(), "END:VEVENT"])
    busy_time(
        [series(read(lines.encode()))], datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    )


def test_a_long_period_reaches_into_a_far_window() -> None:
    text = "DTSTART:20200101T000000Z DURATION:PT1H RRULE:FREQ=DAILY;COUNT=2 "
    text += "RDATE;VALUE=PERIOD:20200105T000000Z/P9999D"

    assert [one.start.isoformat()[:10] for one in expand(text)] == ["2020-01-05"]


def test_tasks_have_due_dates() -> None:
    (task,) = read(b"BEGIN:VTODO\nDUE:20260301T100000Z\nRRULE:FREQ=DAILY;COUNT=2\nEND:VTODO\n")
    found = list(series([task]).between(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)))

    assert [one.instant.day for one in found] == [1, 2]


def test_what_is_no_series() -> None:
    with pytest.raises(ParseError):
        series([])
    for text in ("SUMMARY:x", "DTSTART:x"):
        with pytest.raises(ParseError):
            expand(text)
    with pytest.raises(UnsupportedRuleError):
        expand("DTSTART:20260301 RRULE:FREQ=HOURLY")
    with pytest.raises(UnsupportedRuleError):
        expand("DTSTART:20260301 RRULE:RSCALE=CHINESE;FREQ=YEARLY")
