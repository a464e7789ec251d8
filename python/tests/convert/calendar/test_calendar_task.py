"""Tasks and journal entries, [MS-OXOTASK] 2.2.2, [MS-OXOJRNL] 2.2.1."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gromox.convert.calendar import WriterOptions, calendar_of_messages
from gromox.convert.calendar.instant import ticks_of
from gromox.mapi import named, tags
from gromox.mapi.message import Message, PropertyBag
from gromox.mapi.recurrence import RecurrencePattern
from tests.convert.calendar.drive import BERLIN, alone, at, calendar, check, lines, read, written


def task(*rows: str) -> bytes:
    return calendar("BEGIN:VTODO", "UID:t1", "DTSTAMP:20260101T000000Z", *rows, "END:VTODO")


def day(year: int, month: int, number: int) -> int:
    return ticks_of(datetime(year, month, number, tzinfo=UTC)) or 0


def test_a_task() -> None:
    octets = task(
        "SUMMARY:Write",
        "DESCRIPTION:a\\nb",
        "DTSTART;VALUE=DATE:20260302",
        "DUE;VALUE=DATE:20260305",
        "STATUS:IN-PROCESS",
        "PERCENT-COMPLETE:40",
        "PRIORITY:9",
        "CATEGORIES:x",
    )
    (message,) = check(octets, BERLIN)
    bag = message.properties
    assert bag.text(tags.PidTagMessageClass) == "IPM.Task"
    assert bag[named.PidLidTaskStartDate] == day(2026, 3, 2)
    assert bag[named.PidLidTaskDueDate] == day(2026, 3, 5)
    assert bag[named.PidLidCommonEnd] == ticks_of(at("2026-03-04 23:00"))
    assert (bag.number(named.PidLidTaskStatus), bag[named.PidLidPercentComplete]) == (1, 0.4)
    assert bag.get(named.PidLidTaskComplete) is False
    assert bag.number(tags.PidTagImportance) == 0
    found = lines(written(alone(message)))
    assert found[:4] == [
        "UID:t1",
        "DTSTAMP:20260101T000000Z",
        "DTSTART;VALUE=DATE:20260302",
        "DUE;VALUE=DATE:20260305",
    ]
    assert {"STATUS:IN-PROCESS", "PERCENT-COMPLETE:40", "CATEGORIES:x"} <= set(found)


@pytest.mark.parametrize(
    ("rows", "status", "percent"),
    [
        (["COMPLETED:20260303T101112Z"], 2, 1.0),
        (["STATUS:COMPLETED"], 2, 1.0),
        (["PERCENT-COMPLETE:100"], 2, 1.0),
        (["PERCENT-COMPLETE:30"], 1, 0.3),
        (["STATUS:CANCELLED"], 4, 0.0),
        (["PERCENT-COMPLETE:much"], 0, 0.0),
        (["COMPLETED:soon"], 2, 1.0),
    ],
)
def test_progress(rows: list[str], status: int, percent: float) -> None:
    (message,) = check(task(*rows))
    assert message.properties.number(named.PidLidTaskStatus) == status
    assert message.properties[named.PidLidPercentComplete] == percent
    assert set(rows) <= set(lines(written(message)))


def test_times_of_day_are_kept_until_the_day_changes() -> None:
    (message,) = check(
        task("DTSTART;TZID=Europe/Berlin:20260302T090000", "DUE;TZID=Europe/Berlin:20260302T170000")
    )
    bag = message.properties
    assert bag[named.PidLidTaskDueDate] == day(2026, 3, 2)
    assert bag[named.PidLidCommonEnd] == ticks_of(at("2026-03-02 16:00"))
    assert "DUE;TZID=Europe/Berlin:20260302T170000" in lines(written(message))
    bag[named.PidLidTaskDueDate] = day(2026, 3, 4)
    assert "DUE;VALUE=DATE:20260304" in lines(written(message))


def test_a_duration_tells_when_it_is_due() -> None:
    (message,) = check(task("DTSTART:20260302T090000Z", "DURATION:P2D"))
    assert message.properties[named.PidLidTaskDueDate] == day(2026, 3, 4)
    (message,) = check(task("DTSTART;VALUE=DATE:20260302", "DURATION:P2D"))
    assert message.properties[named.PidLidTaskDueDate] == day(2026, 3, 4)
    check(task("DUE:20260302T090000Z"))
    check(task("DTSTART:99991231T090000Z", "DURATION:P2D"))


def test_a_task_that_recurs() -> None:
    octets = task("DTSTART;VALUE=DATE:20260302", "RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE;VALUE=DATE:20260309")
    changed = ("BEGIN:VTODO", "UID:t1", "RECURRENCE-ID;VALUE=DATE:20260316", "SUMMARY:Other", "END:VTODO")
    whole = octets.replace(b"END:VCALENDAR", "\r\n".join([*changed, "END:VCALENDAR"]).encode())
    (message,) = check(whole)
    bag = message.properties
    assert bag.get(named.PidLidTaskFRecurring) is True
    pattern = RecurrencePattern.from_octets(bag.typed(named.PidLidTaskRecurrence, bytes, b""))
    assert (pattern.occurrence_count, len(pattern.deleted_dates)) == (4, 1)
    # Tasks have no changed instances: these are kept.
    both = [each for each in calendar_of_messages([message]).components if each.name == "VTODO"]
    assert [each.text("SUMMARY") for each in both] == ["", "Other"]
    found = lines(written(alone(message)))
    assert "RRULE:FREQ=WEEKLY;COUNT=4;BYDAY=MO" in found
    assert "EXDATE;VALUE=DATE:20260309" in found
    (until,) = read(task("DTSTART;VALUE=DATE:20260302", "RRULE:FREQ=DAILY;UNTIL=20260310"))
    assert "RRULE:FREQ=DAILY;UNTIL=20260310" in lines(written(alone(until)))


def test_a_damaged_recurrence_of_a_task_is_none() -> None:
    (message,) = read(task("DTSTART;VALUE=DATE:20260302", "RRULE:FREQ=WEEKLY"))
    alone(message).properties[named.PidLidTaskRecurrence] = b"\1\2"
    assert not [line for line in lines(written(message)) if line.startswith("RRULE")]


def test_a_reminder_of_a_task_has_its_own_time() -> None:
    alarm = ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER;RELATED=END:-PT15M", "END:VALARM")
    (message,) = check(task("DTSTART:20260302T090000Z", "DUE:20260302T100000Z", *alarm))
    bag = message.properties
    # Fifteen minutes before the end are no time before the start.
    assert bag.get(named.PidLidReminderSet) is False
    (message,) = check(task("DUE:20260302T100000Z", "BEGIN:VALARM", "TRIGGER:-PT15M", "END:VALARM"))
    (made,) = written(alone(message)).components
    assert "TRIGGER;VALUE=DATE-TIME:20260302T094500Z" in lines(made)


def test_a_task_made_by_a_mapi_program() -> None:
    message = Message(
        PropertyBag(
            {
                tags.PidTagMessageClass: "IPM.Task",
                tags.PidTagSubject: "x",
                named.PidLidTaskStatus: 3,
                named.PidLidTaskDateCompleted: day(2026, 3, 2),
            }
        )
    )
    found = lines(written(message, WriterOptions(stamp=at("2026-01-02 03:04"), with_attachments=False)))
    assert found[1] == "DTSTAMP:20260102T030400Z"
    assert {"STATUS:NEEDS-ACTION", "COMPLETED:20260302T000000Z"} <= set(found)


def test_a_journal_entry() -> None:
    octets = calendar(
        "BEGIN:VJOURNAL",
        "UID:j1",
        "DTSTAMP:20260101T000000Z",
        "DTSTART;TZID=Europe/Berlin:20260302T090000",
        "SUMMARY:Call",
        "DESCRIPTION:one",
        "DESCRIPTION:two",
        "X-GROMOX-LOG-TYPE:Phone call",
        "X-GROMOX-LOG-DURATION:30",
        "END:VJOURNAL",
    )
    (message,) = check(octets)
    bag = message.properties
    assert bag.text(tags.PidTagMessageClass) == "IPM.Activity"
    assert bag.text(named.PidLidLogType) == "Phone call"
    assert bag.number(named.PidLidLogDuration) == 30
    assert bag[named.PidLidLogEnd] == ticks_of(at("2026-03-02 08:30"))
    assert "DESCRIPTION:two" in lines(written(message))
    found = lines(written(alone(message)))
    assert "DTSTART;TZID=Europe/Berlin:20260302T090000" in found
    assert {"X-GROMOX-LOG-TYPE:Phone call", "X-GROMOX-LOG-DURATION:30"} <= set(found)
    check(calendar("BEGIN:VJOURNAL", "DTSTART:never", "X-GROMOX-LOG-DURATION:long", "END:VJOURNAL"))
    check(calendar("BEGIN:VJOURNAL", "DTSTART;VALUE=DATE:20260302", "END:VJOURNAL"))


def test_other_messages_are_no_items() -> None:
    note = Message(PropertyBag({tags.PidTagMessageClass: "IPM.Note"}))
    assert calendar_of_messages([note]).components == []
