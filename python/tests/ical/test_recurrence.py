"""Rules: as text, expanded as python-dateutil does it, far away, hostile; RFC 5545 3.3.10, RFC 7529."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.ical import Limits
from gromox.ical.recur import LEAP_MONTH, Frequency, Recur, Skip, WeekdayNum, format_recur, parse_recur
from gromox.ical.recurrence import UnsupportedRuleError, occurrences
from gromox.ical.value import DateTime

START = datetime(1997, 9, 2, 9)  # noqa: DTZ001
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def expand(text: str, start: datetime = START, **options: datetime) -> list[str]:
    found = islice(occurrences(parse_recur(text), start, **options), 5)  # type: ignore[arg-type]
    return [f"{when:%Y-%m-%d %H:%M}".removesuffix(" 09:00") for when in found]


def test_rules_as_text() -> None:
    rule = parse_recur(
        " freq=yearly ;INTERVAL=2;BYDAY=+1MO, -2fr,SU;BYMONTH=1,5L;UNTIL=19971224T000000Z;WKST=SU;X-A=b;;"
        "BYHOUR=;rscale=hebrew;SKIP=forward;BYSETPOS=-1"
    )

    assert rule == Recur(
        Frequency.YEARLY,
        interval=2,
        by_day=(WeekdayNum(1, 0), WeekdayNum(-2, 4), WeekdayNum(0, 6)),
        by_month=(1, 5 + LEAP_MONTH),
        until=DateTime(datetime(1997, 12, 24), "UTC"),  # noqa: DTZ001
        wkst=6,
        rscale="HEBREW",
        skip=Skip.FORWARD,
        by_set_pos=(-1,),
        other=(("X-A", "B"),),
    )
    assert format_recur(rule) == (
        "RSCALE=HEBREW;FREQ=YEARLY;UNTIL=19971224T000000Z;INTERVAL=2;BYDAY=1MO,-2FR,SU;BYMONTH=1,5L;"
        "BYSETPOS=-1;WKST=SU;SKIP=FORWARD;X-A=B"
    )
    assert parse_recur("FREQ=DAILY;UNTIL=19971224").until == date(1997, 12, 24)
    assert format_recur(parse_recur("FREQ=DAILY;UNTIL=1997-12-24")) == "FREQ=DAILY;UNTIL=19971224"


@pytest.mark.parametrize(
    "text",
    ["", "COUNT=1", "FREQ=NEVER", "FREQ=", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;COUNT=-1",
     "FREQ=DAILY;COUNT=x",
     "FREQ=DAILY;BYDAY=XX", "FREQ=DAILY;BYDAY=54MO", "FREQ=DAILY;BYMONTH=14", "FREQ=DAILY;BYMONTH=0",
     "FREQ=DAILY;BYHOUR=24", "FREQ=DAILY;BYHOUR=-1", "FREQ=DAILY;BYMONTHDAY=32", "FREQ=DAILY;BYMONTHDAY=0",
     "FREQ=DAILY;WKST=1MO", "FREQ=DAILY;SKIP=BACK", "FREQ=DAILY;UNTIL=never", "FREQ=DAILY;BYYEARDAY=367",
     "FREQ=DAILY;BYSETPOS=a", "FREQ=DAILY;" + "X" * 20_001],
)  # fmt: skip
def test_what_is_no_rule(text: str) -> None:
    with pytest.raises(ParseError):
        parse_recur(text)


@given(st.text("FREQ=DAILYBYMOTHN;,-+0123456789SUWKTCX ", max_size=60))
def test_rules_raise_nothing_else(text: str) -> None:
    for candidate in (text, "FREQ=DAILY;" + text):
        try:
            rule = parse_recur(candidate)
        except ParseError:
            continue
        assert parse_recur(format_recur(rule)) == rule


def numbers(low: int, high: int, *, negative: bool) -> st.SearchStrategy[str]:
    one = st.integers(low, high)
    signed = one | one.map(lambda number: -number) if negative else one
    return st.lists(signed, min_size=1, max_size=4, unique=True).map(lambda found: ",".join(map(str, found)))


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Rules that python-dateutil reads as RFC 5545 does.

    Left out are those where it differs: BYDAY with and without numbers at once (it takes both to be meant at
    the same time), BYWEEKNO (compared with the standard library below), BYSETPOS in a first week that is cut.
    """
    freq = draw(st.sampled_from(Frequency))
    parts = [f"FREQ={freq.name}"]
    if draw(st.booleans()):
        parts.append(f"INTERVAL={draw(st.sampled_from([1, 2, 3, 4, 6, 7, 12, 13, 24, 90]))}")
    for name, low, high, negative in (
        ("BYMONTH", 1, 12, False),
        ("BYMONTHDAY", 1, 31, True),
        ("BYYEARDAY", 1, 366, True),
        ("BYHOUR", 0, 23, False),
        ("BYMINUTE", 0, 59, False),
        ("BYSECOND", 0, 59, False),
    ):
        if draw(st.integers(0, 4)) == 0 and not (name == "BYYEARDAY" and freq is not Frequency.YEARLY):
            parts.append(f"{name}={draw(numbers(low, high, negative=negative))}")
    if draw(st.integers(0, 2)) == 0:
        days = draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=4, unique=True))
        if freq <= Frequency.MONTHLY and draw(st.booleans()):
            days = [f"{draw(st.sampled_from([1, 2, 4, 5, -1, -2, -5]))}{day}" for day in days]
        parts.append(f"BYDAY={','.join(days)}")
    if len(parts) > 2 and freq is not Frequency.WEEKLY and draw(st.integers(0, 3)) == 0:
        parts.append(f"BYSETPOS={draw(numbers(1, 5, negative=True))}")
    if draw(st.booleans()):
        parts.append(f"WKST={draw(st.sampled_from(DAYS))}")
    if draw(st.integers(0, 2)) == 0:
        parts.append(f"COUNT={draw(st.integers(1, 30))}")
    return ";".join(parts)


SPANS = (4000, 900, 400, 120, 10, 2, 1)


@pytest.mark.slow
@settings(max_examples=300)
@given(
    rules(),
    st.datetimes(datetime(1996, 1, 1), datetime(2010, 1, 1)).map(lambda when: when.replace(microsecond=0)),  # noqa: DTZ001
    st.floats(0, 1),
)
def test_rules_expand_as_in_dateutil(text: str, start: datetime, part: float) -> None:
    rule = parse_recur(text)
    end = start + timedelta(days=SPANS[rule.freq])
    # dateutil looks on to the last year for what never comes; a second rule makes it stop within the span.
    assume(not _is_slow(text))
    try:
        theirs = list(islice(rrulestr(text, dtstart=start).xafter(start, inc=True), 60))
    except ValueError:
        # "Invalid combination of interval and byhour": it never happens.
        theirs = []
    theirs = [when for when in theirs if when <= end]

    ours = list(
        islice(occurrences(rule, start, until=end), max(len(theirs), 1) if len(theirs) == 60 else None)
    )

    assert ours == theirs
    after = start + (end - start) * part
    rest = [when for when in theirs if when >= after]
    assert list(islice(occurrences(rule, start, after=after, until=end), len(rest))) == rest


def _is_slow(text: str) -> bool:
    """Tell whether dateutil may search in vain: below a day it tries every hour, minute or second."""
    rule = parse_recur(text)
    if rule.freq <= Frequency.DAILY and not rule.by_set_pos:
        return not any(occurrences(rule, START))
    return bool(rule.by_month or rule.by_month_day or rule.by_day or rule.by_set_pos or rule.by_hour)


@pytest.mark.parametrize("number", [1, 2, 10, 52, 53, -1, -2, -53])
def test_weeks_are_those_of_the_standard_library(number: int) -> None:
    rule = Recur(Frequency.YEARLY, by_week_no=(number,), by_day=tuple(WeekdayNum(0, day) for day in range(7)))
    found = {when.date() for when in occurrences(rule, datetime(2000, 1, 1), until=datetime(2030, 12, 31))}  # noqa: DTZ001

    every = [date(2000, 1, 1) + timedelta(days=day) for day in range(31 * 366)]
    wanted = {
        day
        for day in every
        if day.year <= 2030
        and day.isocalendar().week in (number, number + 1 + _weeks(day.isocalendar().year))
    }
    assert found == wanted


def _weeks(year: int) -> int:
    return date(year, 12, 28).isocalendar().week


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # Without BYDAY the weekday is that of the start, a Tuesday.
        ("FREQ=YEARLY;BYWEEKNO=20", ["1998-05-12", "1999-05-18", "2000-05-16", "2001-05-15", "2002-05-14"]),
        ("FREQ=YEARLY;BYWEEKNO=1;BYMONTH=12;COUNT=1", ["1997-12-30"]),
        # Numbers and plain days add up.
        ("FREQ=MONTHLY;BYDAY=1MO,TU;COUNT=3", ["1997-09-02", "1997-09-09", "1997-09-16"]),
        ("FREQ=MONTHLY;BYDAY=1MO,TU;BYMONTHDAY=6,7;COUNT=2", ["1997-10-06", "1997-10-07"]),
        ("FREQ=YEARLY;BYDAY=1MO;BYMONTHDAY=5", [
            "1998-01-05", "2004-01-05", "2009-01-05", "2015-01-05", "2026-01-05"]),
        ("FREQ=YEARLY;BYYEARDAY=1,-1;BYWEEKNO=1;COUNT=2", ["1997-12-31", "1998-01-01"]),
        ("FREQ=MONTHLY;BYYEARDAY=246;COUNT=2", ["1997-09-03", "1998-09-03"]),
        ("FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=1;COUNT=2", ["1997-09-08", "1997-09-15"]),
        ("FREQ=WEEKLY;BYDAY=TU;BYWEEKNO=40;COUNT=2", ["1997-09-30", "1998-09-29"]),
        ("FREQ=DAILY;BYMONTH=1;BYDAY=1MO;COUNT=2", ["1998-01-05", "1998-01-12"]),
        ("FREQ=MINUTELY;BYSECOND=60;COUNT=1", ["1997-09-02"]),
        ("FREQ=HOURLY;INTERVAL=5;BYMONTHDAY=3;COUNT=2", ["1997-09-03 00:00", "1997-09-03 05:00"]),
        ("FREQ=SECONDLY;INTERVAL=3600;BYMINUTE=0;BYSECOND=0;COUNT=2", ["1997-09-02", "1997-09-02 10:00"]),
        # RFC 7529 4.1 and 5.
        ("FREQ=MONTHLY;BYMONTHDAY=31;RSCALE=GREGORIAN;SKIP=BACKWARD;COUNT=2", ["1997-09-30", "1997-10-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=1,31;SKIP=FORWARD;COUNT=3", ["1997-10-01", "1997-10-31", "1997-11-01"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;RSCALE=GREGORIAN;SKIP=FORWARD;COUNT=3",
         ["1998-03-01", "1999-03-01", "2000-02-29"]),
        # The thirteenth month is of other calendars; beside others it means nothing.
        ("FREQ=YEARLY;BYMONTH=13", []),
        ("FREQ=YEARLY;BYMONTH=10,13,5L;COUNT=1", ["1997-10-02"]),
    ],
)  # fmt: skip
def test_forms_of_rules(text: str, found: list[str]) -> None:
    assert expand(text) == found


@pytest.mark.parametrize("name", ["HEBREW", "CHINESE", "ISLAMIC-CIVIL", "X"])
def test_other_calendars_are_refused_cleanly(name: str) -> None:
    with pytest.raises(UnsupportedRuleError):
        occurrences(parse_recur(f"RSCALE={name};FREQ=YEARLY"), START)


FAR = datetime(2900, 1, 1)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("FREQ=YEARLY;INTERVAL=3", "2900-09-02"),
        ("FREQ=MONTHLY;INTERVAL=5", "2900-03-02"),
        ("FREQ=WEEKLY", "2900-01-05"),
        ("FREQ=DAILY;INTERVAL=3", None),
        ("FREQ=HOURLY;INTERVAL=7", None),
        ("FREQ=SECONDLY;INTERVAL=11", None),
        ("FREQ=WEEKLY;BYDAY=TU,TH;COUNT=1000000", "2900-01-05"),
        ("FREQ=DAILY;COUNT=10000000", "2900-01-01"),
        ("FREQ=SECONDLY;COUNT=9000000000", "gone"),
        ("FREQ=MINUTELY;COUNT=9000000000", "2900-01-01"),
        ("FREQ=YEARLY;COUNT=5000", "2900-09-02"),
        ("FREQ=DAILY;COUNT=10", "gone"),
    ],
)
def test_far_windows_are_jumped_to(text: str, first: str | None) -> None:
    rule = parse_recur(text)
    # So few steps that nobody could have counted up to there.
    found = list(islice(occurrences(rule, START, after=FAR, limits=Limits(steps=100)), 2))

    if first == "gone":
        assert found == []
    else:
        assert found[0] >= FAR
        assert found[0] - FAR < timedelta(days=400)
        assert first is None or f"{found[0]:%Y-%m-%d}" == first


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY;BYMONTH=2,4;BYMONTHDAY=30,31;BYDAY=-5MO;BYSETPOS=9",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY;INTERVAL=24;BYHOUR=5",
        "FREQ=MINUTELY;INTERVAL=1440;BYHOUR=5;BYMINUTE=7",
        "FREQ=SECONDLY;INTERVAL=86400;BYSECOND=1",
        "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6",
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;BYSETPOS=2",
        "FREQ=WEEKLY;BYDAY=MO;BYMONTHDAY=31;BYMONTH=2",
        "FREQ=SECONDLY;COUNT=1000000000;BYSECOND=1",
        "FREQ=YEARLY;INTERVAL=9999999999",
        "FREQ=SECONDLY;INTERVAL=9999999999;BYMONTH=1",
        "FREQ=YEARLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYMONTHDAY=1,2,3,4,5,6,7,8,9;BYHOUR="
        + ",".join(map(str, range(24)))
        + "".join(f";{name}={','.join(map(str, range(60)))}" for name in ("BYMINUTE", "BYSECOND"))
        + ";BYSETPOS=1,-1",
    ],
)
def test_hostile_rules_end(text: str) -> None:
    found = list(islice(occurrences(parse_recur(text), START, after=datetime(2026, 1, 1)), 5))  # noqa: DTZ001

    assert len(found) <= 5


def test_the_last_year_ends_all() -> None:
    start = datetime(9999, 12, 30, 23, 59, 58)  # noqa: DTZ001
    for freq in Frequency:
        found = list(islice(occurrences(Recur(freq), start), 200_000))
        assert found[0] == start
        assert len(found) == {3: 2, 4: 25, 5: 1441, 6: 86_402}.get(freq, 1)
    late = datetime(9999, 11, 30)  # noqa: DTZ001
    assert len(list(occurrences(parse_recur("FREQ=MONTHLY;BYMONTHDAY=31,30;SKIP=FORWARD"), late))) == 4
    assert list(occurrences(parse_recur("FREQ=DAILY;BYMONTH=1"), start)) == []
    first = datetime(1, 1, 1)  # noqa: DTZ001
    assert next(occurrences(parse_recur("FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO"), first)) == first
    assert next(occurrences(parse_recur("FREQ=WEEKLY;WKST=SU"), first)) == first
