"""Invitations to rooms and to users who have them booked."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from gromox.directory import user, user_property
from gromox.mapi import named, tags
from gromox.mapi.folderids import Private
from gromox.store.extract import filetime
from gromox.store.item.reading import read_item
from tests.delivery.test_worker import ALICE, BOB, deliver_all, inbox, post
from tests.support.invitation import DAILY, SECOND, calendar, event

if TYPE_CHECKING:
    from gromox.mapi.message import Message
    from tests.support.house import House
    from tests.support.outside import NewWorker

CALENDAR = int(Private.CALENDAR)


@pytest.fixture
def room(house: House) -> House:
    """Make alice a room."""
    owner = user.get(house.directory, ALICE)
    user_property.write(house.directory, owner.user_id, {user_property.DISPLAY_TYPE_EX: 7})
    house.clock.advance(1_772_323_200.0 - house.clock.now())  # 2026-03-01
    return house


def invite(house: House, *events: str, method: str = "REQUEST") -> None:
    head = f"From: {BOB}\r\nTo: {ALICE}\r\nSubject: An invitation\r\nMIME-Version: 1.0\r\n"
    kind = f"Content-Type: text/calendar; method={method}; charset=utf-8\r\n\r\n"
    told = calendar(method, *events).replace(b"boss@example.com", BOB.encode())
    post(house, ALICE, mail=head.encode() + kind.encode() + told)


def appointments(house: House) -> list[Message]:
    with house.mailbox("alice") as box:
        mids = box.file.execute(
            "SELECT mid FROM messages WHERE folder_id = ? AND state = 0 ORDER BY mid", (CALENDAR,)
        ).fetchall()
        return [read_item(box.file, mid) for (mid,) in mids]


def answers(house: House) -> list[str]:
    """Return what bob was told: the subject and the state in the calendar of each mail."""
    found = []
    for octets in inbox(house, "bob"):
        mail = email.message_from_bytes(octets, policy=email.policy.default)
        (part,) = [each for each in mail.walk() if each.get_content_type() == "text/calendar"]
        text = part.get_payload(decode=True).decode()  # type: ignore[union-attr] # octets, as asked for
        assert part.get_param("method") == "REPLY"
        state = "ACCEPTED" if "PARTSTAT=ACCEPTED" in text.replace("\r\n ", "") else "DECLINED"
        found.append(f"{mail['Subject']} {state}")
    return found


def test_a_room_is_booked(room: House, new_worker: NewWorker) -> None:
    invite(room, event())
    deliver_all(new_worker())

    (booked,) = appointments(room)
    assert booked.properties[tags.PidTagSubject] == "Planning"
    assert booked.properties[named.PidLidBusyStatus] == 2
    assert booked.properties[named.PidLidResponseStatus] == 3
    assert answers(room) == ["Accepted: Planning ACCEPTED"]
    assert inbox(room, "alice") == [], "nobody has to look at it"
    assert len(inbox(room, "alice", int(Private.DELETED_ITEMS))) == 1


def test_a_room_is_taken_once(room: House, new_worker: NewWorker) -> None:
    worker = new_worker()
    invite(room, event(DAILY))
    deliver_all(worker)
    invite(room, event(uid="u2", start="20260303T093000Z", summary="Other"))
    invite(room, event(uid="u3", start="20260303T100000Z", summary="After"))
    deliver_all(worker)

    assert sorted(answers(room)) == [
        "Accepted: After ACCEPTED",
        "Accepted: Planning ACCEPTED",
        "Declined: Other DECLINED",
    ]
    assert len(appointments(room)) == 2


def test_a_meeting_is_moved_and_called_off(room: House, new_worker: NewWorker) -> None:
    worker = new_worker()
    invite(room, event(DAILY))
    deliver_all(worker)
    invite(room, event(SECOND, start="20260303T150000Z", sequence=1))
    deliver_all(worker)
    (series,) = appointments(room)
    assert len(series.attachments) == 1
    invite(room, event(sequence=2), method="CANCEL")
    deliver_all(worker)
    assert appointments(room) == []


def test_an_older_message_changes_nothing(room: House, new_worker: NewWorker) -> None:
    worker = new_worker()
    invite(room, event(sequence=5))
    deliver_all(worker)
    invite(room, event(sequence=4, start="20260310T090000Z"))
    invite(room, event(sequence=3), method="CANCEL")
    deliver_all(worker)
    assert len(appointments(room)) == 1
    assert len(answers(room)) == 1


def test_a_room_may_refuse_series(room: House, new_worker: NewWorker) -> None:
    owner = user.get(room.directory, ALICE)
    user_property.write(room.directory, owner.user_id, {tags.PidTagScheduleInfoDisallowRecurringAppts: True})
    invite(room, event(DAILY))
    deliver_all(new_worker())
    assert answers(room) == ["Declined: Planning DECLINED"]
    assert appointments(room) == []


def test_users_decide_themselves(house: House, new_worker: NewWorker) -> None:
    invite(house, event())
    deliver_all(new_worker())
    assert len(inbox(house, "alice")) == 1
    assert appointments(house) == []


def test_invitations_are_noted_where_that_is_wanted(house: House, new_worker: NewWorker) -> None:
    invite(house, event())
    deliver_all(new_worker(lda_mrautoproc="yes"))
    (noted,) = appointments(house)
    assert noted.properties[named.PidLidBusyStatus] == 1
    assert len(inbox(house, "alice")) == 1
    assert inbox(house, "bob") == []


def test_a_user_may_ask_to_be_booked(house: House, new_worker: NewWorker) -> None:
    owner = user.get(house.directory, ALICE)
    user_property.write(house.directory, owner.user_id, {tags.PidTagScheduleInfoAutoAcceptAppointments: True})
    invite(house, event())
    deliver_all(new_worker())
    assert answers(house) == ["Accepted: Planning ACCEPTED"]


def test_other_calendars_are_mail(room: House, new_worker: NewWorker) -> None:
    for method in ("PUBLISH", "REPLY", "COUNTER"):
        invite(room, event(), method=method)
    post(room, ALICE, mail=b"Content-Type: text/calendar; method=REQUEST\r\n\r\nrubbish\r\n")
    deliver_all(new_worker())
    assert len(inbox(room, "alice")) == 4
    assert appointments(room) == []


@pytest.mark.parametrize(
    ("timezone", "hour"), [("", 9), ("Europe/Berlin", 8), ("W. Europe Standard Time", 8), ("Nowhere/No", 9)]
)
def test_floating_times_are_those_of_the_owner(
    room: House, new_worker: NewWorker, timezone: str, hour: int
) -> None:
    user.modify(room.directory, ALICE, {"timezone": timezone})
    invite(room, event(start="20260302T090000"))
    deliver_all(new_worker())

    (booked,) = appointments(room)
    start = booked.properties.number(named.PidLidAppointmentStartWhole)
    assert start == filetime(datetime(2026, 3, 2, hour, tzinfo=UTC).timestamp())
