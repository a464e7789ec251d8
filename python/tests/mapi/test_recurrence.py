"""Recurrence patterns: vectors of [MS-OXOCAL] 4.1.1, round trips, every truncation, bounds."""

from __future__ import annotations

import struct
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.mapi import appointmentrecurrence, recurrence
from gromox.mapi.appointmentrecurrence import AppointmentRecurrence, ChangedInstance, Override
from gromox.mapi.recurrence import (
    NO_END_DATE,
    EndType,
    PatternType,
    RecurFrequency,
    RecurrencePattern,
    local_time,
    minutes,
    sorted_dates,
)
from tests.mapi.mutation import mutations

# [MS-OXOCAL] 4.1.1.2: Monday, Thursday, Friday at 10:00, twelve times; on 16 April 2007 an hour later.
WEEKLY = bytes.fromhex(
    "043004300B2001000000C0210000010000000000000032000000222000000C0000000000000001000000A096BC0C"
    "01000000A096BC0C8020BC0C20ADBC0C0630000009300000580200007602000001003499BC0C5299BC0CF898BC0C"
    "11002200210053696D706C6520526563757272656E6365207769746820657863657074696F6E730800070033342F"
    "34313431000000000400000000000000000000003499BC0C5299BC0CF898BC0C2100530069006D0070006C006500"
    "200052006500630075007200720065006E0063006500200077006900740068002000650078006300650070007400"
    "69006F006E0073000700330034002F0034003100340031000000000000000000"
)
# [MS-OXOCAL] 4.1.1.3: every three days from 7 April to 4 May 2011, without two of them.
DAILY = bytes.fromhex(
    "043004300A2000000000A0050000E010000000000000212000000A0000000000000002000000A0C1DC0C80D2DC0C"
    "00000000207EDC0C0016DD0C0630000009300000E0010000FE01000000000000000000000000"
)


def test_the_weekly_example_with_an_exception() -> None:
    found = AppointmentRecurrence.from_octets(WEEKLY)
    pattern = found.pattern
    assert (pattern.frequency, pattern.pattern_type) == (RecurFrequency.WEEKLY, PatternType.WEEK)
    assert pattern.day_mask == 0b0110010
    assert (pattern.end_type, pattern.occurrence_count) == (EndType.COUNT, 12)
    assert pattern.first_date_time == 8640
    assert local_time(pattern.start_date) == datetime(2007, 3, 26)  # noqa: DTZ001
    assert local_time(pattern.end_date) == datetime(2007, 4, 20)  # noqa: DTZ001
    assert (found.start_offset, found.end_offset) == (600, 630)
    (changed,) = found.exceptions
    assert changed.flags == Override.SUBJECT | Override.LOCATION
    assert changed.wide_subject == "Simple Recurrence with exceptions"
    assert (changed.location, changed.wide_location) == (b"34/4141", "34/4141")
    assert local_time(changed.start) == datetime(2007, 4, 16, 11)  # noqa: DTZ001
    assert local_time(changed.original_start) == datetime(2007, 4, 16, 10)  # noqa: DTZ001
    assert pattern.deleted_dates == pattern.modified_dates == (minutes(datetime(2007, 4, 16)),)  # noqa: DTZ001
    assert found.octets() == WEEKLY


def test_the_daily_example_with_deleted_instances() -> None:
    found = AppointmentRecurrence.from_octets(DAILY)
    assert found.pattern.period == 3 * 1440
    assert [local_time(count).day for count in found.pattern.deleted_dates] == [19, 22]
    assert found.pattern.end_type == EndType.END_DATE
    assert not found.pattern.is_endless
    assert found.octets() == DAILY


@pytest.mark.parametrize("octets", [WEEKLY, DAILY], ids=["weekly", "daily"])
def test_every_truncation_is_an_error(octets: bytes) -> None:
    for size in range(len(octets)):
        with pytest.raises(ParseError):
            AppointmentRecurrence.from_octets(octets[:size])


def test_octets_after_the_end_are_passed_over() -> None:
    assert AppointmentRecurrence.from_octets(WEEKLY + b"\1\2").octets() == WEEKLY


def test_damaged_octets_are_read_or_refused() -> None:
    for octets in mutations(WEEKLY, 3000, 11):
        try:
            found = AppointmentRecurrence.from_octets(octets)
        except ParseError:
            continue
        again = AppointmentRecurrence.from_octets(found.octets())
        assert again == found


def numbers(bits: int = 32) -> st.SearchStrategy[int]:
    return st.integers(0, 2**bits - 1)


@st.composite
def patterns(draw: st.DrawFn) -> RecurrencePattern:
    kind = draw(st.sampled_from(PatternType))
    is_nth = kind in (PatternType.MONTH_NTH, PatternType.HIJRI_MONTH_NTH)
    has_mask = is_nth or kind is PatternType.WEEK
    return RecurrencePattern(
        frequency=draw(st.sampled_from(RecurFrequency)),
        pattern_type=kind,
        period=draw(numbers()),
        start_date=draw(numbers()),
        day_mask=draw(numbers(7)) if has_mask else 0,
        day=0 if has_mask or kind is PatternType.DAY else draw(numbers(5)),
        nth=draw(numbers(3)) if is_nth else 0,
        first_date_time=draw(numbers()),
        sliding=draw(numbers(1)),
        calendar_type=draw(numbers(16)),
        end_type=draw(st.sampled_from([*EndType, 0xFFFFFFFF])),
        occurrence_count=draw(numbers()),
        first_day_of_week=draw(numbers(3)),
        deleted_dates=tuple(draw(st.lists(numbers(), max_size=4))),
        modified_dates=tuple(draw(st.lists(numbers(), max_size=4))),
        end_date=draw(numbers()),
    )


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)


@st.composite
def changes(draw: st.DrawFn, *, has_highlight: bool) -> ChangedInstance:
    flags = draw(numbers(10))
    has_text = flags & (Override.SUBJECT | Override.LOCATION)
    return ChangedInstance(
        start=draw(numbers()),
        end=draw(numbers()),
        original_start=draw(numbers()),
        flags=flags,
        subject=draw(st.binary(max_size=9)) if flags & Override.SUBJECT else b"",
        location=draw(st.binary(max_size=9)) if flags & Override.LOCATION else b"",
        meeting_type=draw(numbers()) if flags & Override.MEETING_TYPE else 0,
        reminder_delta=draw(numbers()) if flags & Override.REMINDER_DELTA else 0,
        reminder_set=draw(numbers()) if flags & Override.REMINDER else 0,
        busy_status=draw(numbers()) if flags & Override.BUSY_STATUS else 0,
        attachment=draw(numbers()) if flags & Override.ATTACHMENT else 0,
        sub_type=draw(numbers()) if flags & Override.SUB_TYPE else 0,
        color=draw(numbers()) if flags & Override.COLOR else 0,
        wide_subject=draw(TEXTS) if flags & Override.SUBJECT else "",
        wide_location=draw(TEXTS) if flags & Override.LOCATION else "",
        change_highlight=draw(numbers()) if has_highlight else 0,
        change_highlight_rest=draw(st.binary(max_size=4)) if has_highlight else b"",
        reserved_1=draw(st.binary(max_size=4)),
        reserved_2=draw(st.binary(max_size=4)) if has_text else b"",
    )


@st.composite
def recurrences(draw: st.DrawFn) -> AppointmentRecurrence:
    version = draw(st.sampled_from([0x3008, 0x3009]))
    return AppointmentRecurrence(
        draw(patterns()),
        draw(numbers()),
        draw(numbers()),
        tuple(draw(st.lists(changes(has_highlight=version == 0x3009), max_size=3))),
        writer_version=version,
        reserved_1=draw(st.binary(max_size=4)),
        reserved_2=draw(st.binary(max_size=4)),
    )


@given(recurrences())
def test_what_is_written_is_read_back(value: AppointmentRecurrence) -> None:
    octets = value.octets()
    assert AppointmentRecurrence.from_octets(octets) == value
    for size in range(len(octets)):
        with pytest.raises(ParseError):
            AppointmentRecurrence.from_octets(octets[:size])


@given(patterns())
def test_a_pattern_of_a_task_is_read_back(value: RecurrencePattern) -> None:
    assert RecurrencePattern.from_octets(value.octets()) == value


def test_a_pattern_type_that_is_not_known_is_an_error() -> None:
    with pytest.raises(ParseError, match="pattern type"):
        RecurrencePattern.from_octets(DAILY[:6] + b"\x05\0" + DAILY[8:])


def test_too_many_dates_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pattern = AppointmentRecurrence.from_octets(DAILY).pattern
    monkeypatch.setattr(recurrence, "MAX_DATES", 1)
    with pytest.raises(ParseError, match="at most 1 dates"):
        AppointmentRecurrence.from_octets(DAILY)
    with pytest.raises(ValueError, match="at most 1 dates"):
        pattern.octets()


def test_too_many_exceptions_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = AppointmentRecurrence.from_octets(WEEKLY)
    monkeypatch.setattr(appointmentrecurrence, "MAX_EXCEPTIONS", 0)
    with pytest.raises(ParseError, match="at most 0 exceptions"):
        AppointmentRecurrence.from_octets(WEEKLY)
    with pytest.raises(ValueError, match="at most 0 exceptions"):
        found.octets()


def test_a_text_whose_two_sizes_disagree_is_an_error() -> None:
    at = WEEKLY.index(bytes.fromhex("22002100"))
    with pytest.raises(ParseError, match="one more"):
        AppointmentRecurrence.from_octets(WEEKLY[:at] + b"\x23\0" + WEEKLY[at + 2 :])


def test_a_reserved_block_or_highlight_without_measure_is_an_error() -> None:
    huge = struct.pack("<I", 0x10001)
    with pytest.raises(ParseError, match="reserved block"):
        AppointmentRecurrence.from_octets(DAILY[:-8] + huge + DAILY[-4:])
    at = WEEKLY.index(bytes.fromhex("0000000004000000")) + 4
    with pytest.raises(ParseError, match="ChangeHighlight"):
        AppointmentRecurrence.from_octets(WEEKLY[:at] + b"\3\0\0\0" + WEEKLY[at + 4 :])


def test_texts_too_long_for_their_sizes_are_refused() -> None:
    found = AppointmentRecurrence.from_octets(WEEKLY)
    long_text = replace(found.exceptions[0], subject=bytes(0xFFFF))
    with pytest.raises(ValueError, match="65534 octets"):
        replace(found, exceptions=(long_text,)).octets()
    long_wide = replace(found.exceptions[0], wide_location="x" * 0xFFFF)
    with pytest.raises(ValueError, match="65534 characters"):
        replace(found, exceptions=(long_wide,)).octets()


def test_what_never_ends() -> None:
    pattern = RecurrencePattern(RecurFrequency.DAILY, PatternType.DAY, 1440, 0)
    assert pattern.is_endless
    assert replace(pattern, end_type=0xFFFFFFFF).is_endless
    assert local_time(NO_END_DATE) == datetime(4500, 12, 31, 23, 59)  # noqa: DTZ001
    assert sorted_dates([5, 1, 5]) == (1, 5)
