"""Invitations, updates and cancellations merged with what an attendee has."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gromox.convert.calendar import ReaderOptions, WriterOptions, calendar_from_messages, expansion_of
from gromox.convert.calendar.scheduling import Invitation, appointment_of, invitation_of, reply_calendar
from gromox.ical.reader import read
from gromox.mapi import tags
from gromox.mapi.message import Message
from tests.support.invitation import DAILY, SECOND, calendar, event

READING, WRITING = ReaderOptions(), WriterOptions(stamp=datetime(2026, 1, 1, tzinfo=UTC))
FIRST, LAST = 133_485_408_000_000_000, 145_000_000_000_000_000


def invitation(method: str, *events: str) -> Invitation:
    found = invitation_of(calendar(method, *events))
    assert found is not None
    return found


def after(existing: Message | None, method: str, *events: str) -> Message | None:
    return appointment_of(invitation(method, *events), existing, reading=READING, writing=WRITING)


def starts(message: Message | None) -> list[str]:
    assert message is not None
    expansion = expansion_of(message)
    assert expansion is not None
    return [
        datetime.fromtimestamp(found.start / 1e7 - 11_644_473_600, UTC).strftime("%d %H:%M")
        for found in expansion.between(FIRST, LAST)
    ]


def test_an_invitation_becomes_an_appointment() -> None:
    made = after(None, "REQUEST", event())
    assert made is not None
    assert made.properties[tags.PidTagSubject] == "Planning"
    assert starts(made) == ["02 09:00"]


def test_an_update_takes_its_place() -> None:
    made = after(None, "REQUEST", event(DAILY))
    changed = after(made, "REQUEST", event(DAILY, start="20260302T110000Z", sequence=1))
    assert starts(changed) == ["02 11:00", "03 11:00", "04 11:00"]


def test_one_instance_is_moved() -> None:
    series = after(None, "REQUEST", event(DAILY))
    moved = after(series, "REQUEST", event(SECOND, start="20260303T150000Z", sequence=1))
    assert starts(moved) == ["02 09:00", "03 15:00", "04 09:00"]
    again = after(moved, "REQUEST", event(SECOND, start="20260303T160000Z", sequence=2))
    assert starts(again) == ["02 09:00", "03 16:00", "04 09:00"]


def test_one_instance_is_cancelled() -> None:
    series = after(None, "REQUEST", event(DAILY))
    left = after(series, "CANCEL", event(SECOND, start="20260303T090000Z"))
    assert starts(left) == ["02 09:00", "04 09:00"]


def test_a_moved_instance_is_cancelled() -> None:
    series = after(None, "REQUEST", event(DAILY), event(SECOND, start="20260303T150000Z"))
    assert starts(series) == ["02 09:00", "03 15:00", "04 09:00"]
    left = after(series, "CANCEL", event(SECOND, start="20260303T150000Z"))
    assert starts(left) == ["02 09:00", "04 09:00"]


def test_a_cancelled_meeting_is_gone() -> None:
    assert after(after(None, "REQUEST", event(DAILY)), "CANCEL", event()) is None
    assert after(None, "CANCEL", event()) is None
    assert after(None, "CANCEL", event(SECOND)) is None


def test_an_instance_without_its_series_is_an_appointment() -> None:
    assert starts(after(None, "REQUEST", event(SECOND, start="20260303T150000Z"))) == ["03 15:00"]


def test_what_an_invitation_tells() -> None:
    found = invitation("REQUEST", event(SECOND, sequence=4), event(DAILY, sequence=2))
    assert (found.uid, found.organizer, found.sequence) == ("u1", "boss@example.com", 4)
    assert found.is_whole
    assert found.recurs
    assert not invitation("REQUEST", event(SECOND)).is_whole


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"rubbish",
        calendar("REPLY", event()),
        calendar("PUBLISH", event()),
        calendar("REQUEST"),
        calendar("REQUEST", event(), event(uid="u2")),
        calendar("REQUEST", event(uid="")),
        calendar("REQUEST", event()) * 2,
        calendar("REQUEST", *[event(f"RECURRENCE-ID:2{n:07d}T000000Z") for n in range(5000)]),
    ],
    ids=range(9),
)
def test_what_is_no_single_invitation(octets: bytes) -> None:
    assert invitation_of(octets) is None


def test_the_answer() -> None:
    octets = reply_calendar(
        invitation("REQUEST", event(SECOND, sequence=3)),
        "alice@example.test",
        "Alice, Example",
        accepted=False,
        product="-//x//y",
        stamp=datetime(2026, 2, 1, 12, tzinfo=UTC),
    )
    (answer,) = read(octets)
    (told,) = answer.children("VEVENT")
    assert answer.text("METHOD") == "REPLY"
    attendee = told.first("ATTENDEE")
    assert attendee is not None
    assert (attendee.value, attendee.parameter("PARTSTAT")) == ("mailto:alice@example.test", "DECLINED")
    assert attendee.parameter("CN") == "Alice, Example"
    assert told.text("SEQUENCE") == "3"
    assert told.text("DTSTAMP") == "20260201T120000Z"
    assert told.first("RECURRENCE-ID") is not None
    assert len(told.all("ATTENDEE")) == 1


def test_what_was_merged_can_be_written() -> None:
    series = after(None, "REQUEST", event(DAILY))
    moved = after(series, "REQUEST", event(SECOND, start="20260303T150000Z", sequence=1))
    assert moved is not None
    assert calendar_from_messages([moved], WRITING).count(b"BEGIN:VEVENT") == 2
