"""Rules and patterns of MAPI: templates of [MS-OXCICAL] 2.1.3.2.2, and that both give the same days."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.convert.calendar.pattern import (
    first_date_time,
    is_countable,
    mask_of,
    pattern_of_rule,
    rule_of_pattern,
    weekdays_of,
)
from gromox.ical.recur import WEEKDAYS, format_recur, parse_recur
from gromox.ical.recurrence import occurrences
from gromox.mapi.recurrence import PatternType, RecurFrequency, RecurrencePattern, local_time, minutes

MONDAY = datetime(2026, 3, 2, 9, 30)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("rule", "frequency", "kind", "period", "rest"),
    [
        ("FREQ=DAILY", RecurFrequency.DAILY, PatternType.DAY, 1440, (0, 0, 0)),
        ("FREQ=DAILY;INTERVAL=3", RecurFrequency.DAILY, PatternType.DAY, 4320, (0, 0, 0)),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", RecurFrequency.DAILY, PatternType.WEEK, 1, (0x3E, 0, 0)),
        ("FREQ=WEEKLY", RecurFrequency.WEEKLY, PatternType.WEEK, 1, (0x02, 0, 0)),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO", RecurFrequency.WEEKLY, PatternType.WEEK, 2, (0x03, 0, 0)),
        ("FREQ=MONTHLY", RecurFrequency.MONTHLY, PatternType.MONTH, 1, (0, 2, 0)),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", RecurFrequency.MONTHLY, PatternType.MONTH, 1, (0, 31, 0)),
        ("FREQ=MONTHLY;BYDAY=1MO", RecurFrequency.MONTHLY, PatternType.MONTH_NTH, 1, (0x02, 0, 1)),
        ("FREQ=MONTHLY;BYDAY=-1FR", RecurFrequency.MONTHLY, PatternType.MONTH_NTH, 1, (0x20, 0, 5)),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            RecurFrequency.MONTHLY,
            PatternType.MONTH_NTH,
            1,
            (0x3E, 0, 5),
        ),
        ("FREQ=YEARLY", RecurFrequency.YEARLY, PatternType.MONTH, 12, (0, 2, 0)),
        ("FREQ=YEARLY;INTERVAL=3", RecurFrequency.MONTHLY, PatternType.MONTH, 36, (0, 2, 0)),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=1MO", RecurFrequency.YEARLY, PatternType.MONTH_NTH, 12, (0x02, 0, 1)),
        (
            "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1",
            RecurFrequency.MONTHLY,
            PatternType.MONTH,
            1,
            (0, 30, 0),
        ),
        ("FREQ=DAILY;BYHOUR=9;BYMINUTE=30", RecurFrequency.DAILY, PatternType.DAY, 1440, (0, 0, 0)),
    ],
)
def test_templates(
    rule: str, frequency: RecurFrequency, kind: PatternType, period: int, rest: tuple[int, int, int]
) -> None:
    found = pattern_of_rule(parse_recur(rule), MONDAY)
    assert found is not None
    assert (found.frequency, found.pattern_type, found.period) == (frequency, kind, period)
    assert (found.day_mask, found.day, found.nth) == rest
    assert local_time(found.start_date) == MONDAY.replace(hour=0, minute=0)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=HOURLY",
        "FREQ=DAILY;INTERVAL=1000",
        "FREQ=DAILY;BYMONTH=3",
        "FREQ=DAILY;INTERVAL=2;BYDAY=MO",
        "FREQ=DAILY;BYHOUR=9,12",
        "FREQ=WEEKLY;INTERVAL=100",
        "FREQ=WEEKLY;BYSETPOS=1;BYDAY=MO,TU",
        "FREQ=MONTHLY;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYMONTHDAY=1,15",
        "FREQ=MONTHLY;BYMONTHDAY=-2",
        "FREQ=MONTHLY;BYDAY=5MO",
        "FREQ=MONTHLY;BYDAY=1MO,3MO",
        "FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=2",
        "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=5",
        "FREQ=MONTHLY;BYMONTH=3",
        "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1",
        "FREQ=MONTHLY;BYMONTHDAY=1,2;BYSETPOS=1",
        "FREQ=MONTHLY;INTERVAL=1189",
        "FREQ=YEARLY;BYMONTH=3,4",
        "FREQ=YEARLY;BYMONTH=4",
        "FREQ=YEARLY;BYDAY=1MO",
        "FREQ=YEARLY;BYYEARDAY=1",
        "FREQ=YEARLY;BYWEEKNO=20",
        "RSCALE=CHINESE;FREQ=YEARLY",
        "FREQ=YEARLY;SKIP=FORWARD;RSCALE=GREGORIAN",
        "FREQ=WEEKLY;X-UNKNOWN=1",
    ],
)
def test_rules_without_a_pattern(rule: str) -> None:
    assert pattern_of_rule(parse_recur(rule), MONDAY) is None


def test_the_29th_has_no_pattern_of_its_own() -> None:
    assert pattern_of_rule(parse_recur("FREQ=MONTHLY"), datetime(2026, 1, 29)) is None  # noqa: DTZ001
    assert pattern_of_rule(parse_recur("FREQ=YEARLY"), datetime(2024, 2, 29)) is None  # noqa: DTZ001


# [MS-OXOCAL] 4.1.1.2 and 4.1.1.3.
@pytest.mark.parametrize(
    ("kind", "period", "start", "expected"),
    [(PatternType.WEEK, 1, 213655680, 8640), (PatternType.DAY, 4320, 215776800, 1440)],
)
def test_first_date_time_of_the_examples(kind: int, period: int, start: int, expected: int) -> None:
    assert first_date_time(kind, period, start, 0) == expected


def test_first_date_time_of_months_is_the_first_day_of_one() -> None:
    start = minutes(datetime(2026, 3, 2))  # noqa: DTZ001
    assert local_time(first_date_time(PatternType.MONTH, 12, start, 0)) == datetime(1601, 3, 1)  # noqa: DTZ001
    assert local_time(first_date_time(PatternType.MONTH_NTH, 1, start, 0)) == datetime(1601, 1, 1)  # noqa: DTZ001


WEEKDAY_SETS = st.sets(st.sampled_from(WEEKDAYS), min_size=1)


@st.composite
def rules(draw: st.DrawFn) -> str:
    interval = draw(st.integers(1, 5))
    days = ",".join(sorted(draw(WEEKDAY_SETS)))
    month = draw(st.integers(1, 12))
    nth = draw(st.sampled_from([1, 2, 3, 4, -1]))
    day = draw(st.one_of(st.integers(1, 28), st.just(-1)))
    wkst = draw(st.sampled_from(WEEKDAYS))
    return draw(
        st.sampled_from(
            [
                f"FREQ=DAILY;INTERVAL={interval}",
                f"FREQ=DAILY;BYDAY={days}",
                f"FREQ=WEEKLY;INTERVAL={interval};BYDAY={days};WKST={wkst}",
                f"FREQ=MONTHLY;INTERVAL={interval};BYMONTHDAY={day}",
                f"FREQ=MONTHLY;INTERVAL={interval};BYDAY={nth}TU",
                f"FREQ=MONTHLY;BYDAY={days};BYSETPOS={nth}",
                f"FREQ=YEARLY;INTERVAL={interval};BYMONTH={month};BYMONTHDAY={day}",
                f"FREQ=YEARLY;BYMONTH={month};BYDAY={nth}SA",
                f"FREQ=MONTHLY;BYMONTHDAY=28,29;BYSETPOS=-1;INTERVAL={interval}",
            ]
        )
    )


@given(rules(), st.integers(0, 20_000))
def test_rule_and_pattern_give_the_same_days(text: str, day: int) -> None:
    rule = parse_recur(text)
    first = next(occurrences(rule, datetime(1970, 1, 1, 8) + timedelta(days=day)))  # noqa: DTZ001
    pattern = pattern_of_rule(rule, first)
    assert pattern is not None
    assert is_countable(pattern)
    again = rule_of_pattern(pattern)
    assert again is not None
    assert list(islice(occurrences(again, first), 40)) == list(islice(occurrences(rule, first), 40))
    # What is written of a pattern is the pattern again.
    assert pattern_of_rule(parse_recur(format_recur(again)), first) == pattern


@given(st.sets(st.integers(0, 6)))
def test_weekdays_and_masks(weekdays: set[int]) -> None:
    assert set(weekdays_of(mask_of(weekdays))) == weekdays


def test_patterns_that_make_no_sense_have_no_rule() -> None:
    bare = RecurrencePattern(RecurFrequency.MONTHLY, PatternType.DAY, 1, 0)

    def pattern(
        kind: int, *, period: int = 1, day: int = 0, day_mask: int = 0, calendar_type: int = 0
    ) -> RecurrencePattern:
        return replace(
            bare, pattern_type=kind, period=period, day=day, day_mask=day_mask, calendar_type=calendar_type
        )

    assert rule_of_pattern(pattern(PatternType.DAY, period=0)) is None
    assert rule_of_pattern(pattern(PatternType.DAY, period=1441)) is None
    assert rule_of_pattern(pattern(PatternType.WEEK)) is None
    assert rule_of_pattern(pattern(PatternType.MONTH)) is None
    assert rule_of_pattern(pattern(PatternType.MONTH_NTH, day_mask=2)) is None
    assert not is_countable(pattern(PatternType.MONTH, period=0))
    assert not is_countable(pattern(PatternType.HIJRI_MONTH, day=1))
    assert not is_countable(pattern(PatternType.MONTH, day=1, calendar_type=8))
    assert is_countable(pattern(PatternType.WEEK, day_mask=1, calendar_type=8))
    end = rule_of_pattern(pattern(PatternType.MONTH_END))
    assert end is not None
    assert format_recur(end) == "FREQ=MONTHLY;BYMONTHDAY=-1"
    thirtieth = rule_of_pattern(pattern(PatternType.MONTH, day=30))
    assert thirtieth is not None
    # A month without the day has its last one, [MS-OXOCAL] 2.2.1.44.1.3.
    days = islice(occurrences(thirtieth, datetime(2026, 1, 30)), 3)  # noqa: DTZ001
    assert [found.day for found in days] == [30, 28, 30]
