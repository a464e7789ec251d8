"""Events to messages and back, [MS-OXCICAL] 2.1.3.1.1.20."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.convert.calendar import (
    Limits,
    ReaderOptions,
    WriterOptions,
    calendar_of_messages,
    messages_from_calendar,
)
from gromox.convert.calendar.instant import ticks_of
from gromox.convert.calendar.times import recurrence_of
from gromox.convert.mail.hooks import Entry
from gromox.ical import Limits as CalendarLimits
from gromox.mapi import named, tags
from gromox.mapi.appointmentrecurrence import Override
from gromox.mapi.globalobjectid import GlobalObjectId
from gromox.mapi.message import Attachment, AttachMethod, InMemory, Message, PropertyBag
from gromox.mapi.recurrence import EndType, PatternType, local_time
from tests.convert.calendar.drive import (
    BERLIN,
    alone,
    at,
    calendar,
    check,
    event,
    lines,
    read,
    read_event,
    written,
)


def test_a_simple_event() -> None:
    message = read_event(
        "SUMMARY:Lunch\\, with soup",
        "LOCATION:Canteen",
        "DESCRIPTION:First line\\nsecond",
        "DTSTART;TZID=Europe/Berlin:20260302T120000",
        "DTEND;TZID=Europe/Berlin:20260302T130000",
        "CATEGORIES:red,green",
        "CLASS:PRIVATE",
        "PRIORITY:1",
        "SEQUENCE:4",
    )
    bag = message.properties
    assert bag.text(tags.PidTagMessageClass) == "IPM.Appointment"
    assert bag.text(tags.PidTagSubject) == bag.text(tags.PidTagNormalizedSubject) == "Lunch, with soup"
    assert bag.text(named.PidLidLocation) == "Canteen"
    assert bag.text(tags.PidTagBody) == "First line\r\nsecond"
    start, end = ticks_of(at("2026-03-02 11:00")), ticks_of(at("2026-03-02 12:00"))
    for key in (named.PidLidAppointmentStartWhole, named.PidLidCommonStart, tags.PidTagStartDate):
        assert bag[key] == start
    for key in (named.PidLidAppointmentEndWhole, named.PidLidCommonEnd, tags.PidTagEndDate):
        assert bag[key] == end
    assert bag.number(named.PidLidAppointmentDuration) == 60
    assert bag.get(named.PidLidAppointmentSubType) is False
    assert bag.get(named.PidLidRecurring) is False
    assert bag.texts(named.PidNameKeywords) == ("red", "green")
    assert bag.number(tags.PidTagSensitivity) == 2
    assert bag.number(tags.PidTagImportance) == 2
    assert bag.number(named.PidLidAppointmentSequence) == 4
    assert bag.number(named.PidLidBusyStatus) == 2
    assert bag.number(named.PidLidResponseStatus) == 0
    assert bag.text(named.PidLidTimeZoneDescription) == "W. Europe Standard Time"
    assert GlobalObjectId.from_octets(bag.typed(named.PidLidGlobalObjectId, bytes, b"")).uid == "u1"


def test_what_is_written_of_a_message_alone() -> None:
    message = alone(
        read_event(
            "SUMMARY:Lunch",
            "DTSTART;TZID=Europe/Berlin:20260302T120000",
            "DTEND;TZID=Europe/Berlin:20260302T130000",
            "TRANSP:TRANSPARENT",
        )
    )
    found = lines(written(message))
    assert found[:4] == [
        "UID:u1",
        "DTSTAMP:20260101T000000Z",
        "DTSTART;TZID=Europe/Berlin:20260302T120000",
        "DTEND;TZID=Europe/Berlin:20260302T130000",
    ]
    assert {
        "SUMMARY:Lunch",
        "TRANSP:TRANSPARENT",
        "STATUS:CONFIRMED",
        "X-MICROSOFT-CDO-BUSYSTATUS:FREE",
        "X-MICROSOFT-CDO-ALLDAYEVENT:FALSE",
        "X-MICROSOFT-CDO-INSTTYPE:0",
    } <= set(found)


@pytest.mark.parametrize(
    ("name", "status"),
    [("FREE", 0), ("TENTATIVE", 1), ("BUSY", 2), ("OOF", 3), ("WORKINGELSEWHERE", 4)],
)
def test_busy_status(name: str, status: int) -> None:
    message = read_event("DTSTART:20260302T120000Z", f"X-MICROSOFT-CDO-BUSYSTATUS:{name}")
    assert message.properties.number(named.PidLidBusyStatus) == status
    assert f"X-MICROSOFT-CDO-BUSYSTATUS:{name}" in lines(written(alone(message)))


@pytest.mark.parametrize(
    ("line", "status"), [("TRANSP:TRANSPARENT", 0), ("STATUS:TENTATIVE", 1), ("STATUS:CONFIRMED", 2)]
)
def test_busy_status_without_a_word_of_outlook(line: str, status: int) -> None:
    message = read_event("DTSTART:20260302T120000Z", line)
    assert message.properties.number(named.PidLidBusyStatus) == status


def test_whole_days_are_days_in_the_zone_of_the_mailbox() -> None:
    octets = calendar(*event("DTSTART;VALUE=DATE:20260302", "DTEND;VALUE=DATE:20260304"))
    (message,) = check(octets, BERLIN)
    bag = message.properties
    assert bag.get(named.PidLidAppointmentSubType) is True
    assert bag[named.PidLidAppointmentStartWhole] == ticks_of(at("2026-03-01 23:00"))
    assert bag[named.PidLidAppointmentEndWhole] == ticks_of(at("2026-03-03 23:00"))
    found = lines(written(alone(message)))
    assert "DTSTART;VALUE=DATE:20260302" in found
    assert "DTEND;VALUE=DATE:20260304" in found


def test_days_without_an_end_last_one_day() -> None:
    message = alone(read_event("DTSTART;VALUE=DATE:20260302", options=BERLIN))
    assert "DTEND;VALUE=DATE:20260303" in lines(written(message))


def test_floating_times_float_again_until_somebody_moves_them() -> None:
    octets = calendar(*event("DTSTART:20260302T120000", "DTEND:20260302T130000"))
    (message,) = check(octets, BERLIN)
    bag = message.properties
    assert bag[named.PidLidAppointmentStartWhole] == ticks_of(at("2026-03-02 11:00"))
    assert "DTSTART:20260302T120000" in lines(written(message))
    bag[named.PidLidAppointmentStartWhole] = ticks_of(at("2026-03-02 10:30")) or 0
    assert "DTSTART;TZID=Europe/Berlin:20260302T113000" in lines(written(message))


def test_start_and_end_in_two_zones() -> None:
    octets = calendar(
        *event("DTSTART;TZID=Europe/Berlin:20260302T120000", "DTEND;TZID=America/New_York:20260302T150000")
    )
    (message,) = check(octets)
    assert message.properties[named.PidLidAppointmentEndWhole] == ticks_of(at("2026-03-02 20:00"))
    found = lines(written(alone(message)))
    assert "DTSTART;TZID=Europe/Berlin:20260302T120000" in found
    assert "DTEND;TZID=America/New_York:20260302T150000" in found


def test_names_of_windows_are_zones() -> None:
    octets = calendar(*event("DTSTART;TZID=W. Europe Standard Time:20260702T120000", "DURATION:PT1H"))
    (message,) = check(octets)
    assert message.properties[named.PidLidAppointmentStartWhole] == ticks_of(at("2026-07-02 10:00"))
    assert "DTSTART;TZID=W. Europe Standard Time:20260702T120000" in lines(written(message))


ODD_ZONE = (
    "BEGIN:VTIMEZONE",
    "TZID:Far away",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0745",
    "TZOFFSETTO:+0745",
    "END:STANDARD",
    "END:VTIMEZONE",
)


def test_a_zone_that_only_the_calendar_knows_is_kept() -> None:
    octets = calendar(*event("DTSTART;TZID=Far away:20260302T120000", "DURATION:PT1H"), before=ODD_ZONE)
    (message,) = check(octets)
    assert message.properties[named.PidLidAppointmentStartWhole] == ticks_of(at("2026-03-02 04:15"))
    # Without what is kept the rules of the message's own definition count.
    assert "DTSTART;TZID=Far away:20260302T120000" in lines(written(alone(message)))


def test_a_zone_that_nobody_knows_is_that_of_the_mailbox() -> None:
    message = read_event("DTSTART;TZID=Nowhere:20260302T120000", options=BERLIN)
    assert message.properties[named.PidLidAppointmentStartWhole] == ticks_of(at("2026-03-02 11:00"))


def test_a_series_with_a_deleted_and_a_changed_instance() -> None:
    octets = calendar(
        *event(
            "SUMMARY:Weekly",
            "DTSTART;TZID=Europe/Berlin:20260302T100000",
            "DTEND;TZID=Europe/Berlin:20260302T110000",
            "RRULE:FREQ=WEEKLY;COUNT=6",
            "EXDATE;TZID=Europe/Berlin:20260309T100000",
        ),
        *event(
            "RECURRENCE-ID;TZID=Europe/Berlin:20260316T100000",
            "SUMMARY:Moved",
            "LOCATION:Elsewhere",
            "DTSTART;TZID=Europe/Berlin:20260317T140000",
            "DTEND;TZID=Europe/Berlin:20260317T153000",
            "X-COLOR:blue",
        ),
    )
    (message,) = check(octets)
    bag = message.properties
    recurrence = recurrence_of(bag)
    assert recurrence is not None
    pattern = recurrence.pattern
    assert (pattern.pattern_type, pattern.end_type) == (PatternType.WEEK, EndType.COUNT)
    assert pattern.occurrence_count == 6
    assert local_time(pattern.end_date) == datetime(2026, 4, 6)  # noqa: DTZ001
    # The changed instance counts as deleted too.
    assert [local_time(each).day for each in pattern.deleted_dates] == [9, 16]
    assert [local_time(each).day for each in pattern.modified_dates] == [17]
    (changed,) = recurrence.exceptions
    assert local_time(changed.start) == datetime(2026, 3, 17, 14)  # noqa: DTZ001
    assert local_time(changed.original_start) == datetime(2026, 3, 16, 10)  # noqa: DTZ001
    assert changed.flags & (Override.SUBJECT | Override.LOCATION)
    assert changed.wide_subject == "Moved"
    assert bag.get(named.PidLidRecurring) is True
    assert bag.number(named.PidLidRecurrenceType) == 2
    assert bag.get(named.PidLidTimeZoneStruct) is not None

    (attachment,) = message.attachments
    held = attachment.properties
    assert held.number(tags.PidTagAttachMethod) == AttachMethod.EMBEDDED
    assert held.number(tags.PidTagAttachmentFlags) == 2
    assert held.get(tags.PidTagAttachmentHidden) is True
    # In local time.
    assert held[tags.PidTagExceptionStartTime] == ticks_of(datetime(2026, 3, 17, 14, tzinfo=UTC))
    instance = attachment.embedded
    assert instance is not None
    inner = instance.properties
    assert inner.text(tags.PidTagMessageClass).startswith("IPM.OLE.CLASS.{00061055")
    assert inner[named.PidLidExceptionReplaceTime] == ticks_of(at("2026-03-16 09:00"))
    ids = [
        GlobalObjectId.from_octets(inner.typed(key, bytes, b""))
        for key in (named.PidLidGlobalObjectId, named.PidLidCleanGlobalObjectId)
    ]
    assert (ids[0].year, ids[0].month, ids[0].day) == (2026, 3, 16)
    assert ids[0].clean() == ids[1]


def test_a_series_is_written_from_the_message_alone() -> None:
    octets = calendar(
        *event(
            "SUMMARY:Weekly",
            "DTSTART;TZID=Europe/Berlin:20260302T100000",
            "DTEND;TZID=Europe/Berlin:20260302T110000",
            "RRULE:FREQ=WEEKLY;UNTIL=20260420T080000Z",
            "EXDATE;TZID=Europe/Berlin:20260309T100000",
        ),
        *event(
            "RECURRENCE-ID;TZID=Europe/Berlin:20260316T100000",
            "DTSTART;TZID=Europe/Berlin:20260317T140000",
            "DTEND;TZID=Europe/Berlin:20260317T153000",
        ),
    )
    message = alone(read(octets)[0])
    found = lines(written(message))
    assert "RRULE:FREQ=WEEKLY;UNTIL=20260420T080000Z;BYDAY=MO" in found
    assert "EXDATE;TZID=Europe/Berlin:20260309T100000" in found
    assert "X-MICROSOFT-CDO-INSTTYPE:1" in found
    # A changed instance that is not attached is told by the recurrence.
    message.attachments.clear()

    *_, instance = calendar_of_messages([message]).components
    assert "RECURRENCE-ID;TZID=Europe/Berlin:20260316T100000" in lines(instance)
    assert "DTSTART;TZID=Europe/Berlin:20260317T140000" in lines(instance)
    assert "SUMMARY:Weekly" in lines(instance)
    assert "X-MICROSOFT-CDO-INSTTYPE:3" in lines(instance)


def test_an_instance_has_what_it_does_not_say_from_its_series() -> None:
    octets = calendar(
        *event("SUMMARY:Weekly", "LOCATION:Here", "DTSTART:20260302T100000Z", "RRULE:FREQ=WEEKLY"),
        *event("RECURRENCE-ID:20260309T100000Z", "DTSTART:20260309T120000Z"),
    )
    (message,) = check(octets)
    instance = message.attachments[0].embedded
    assert instance is not None
    alone(message)

    found = lines(calendar_of_messages([message]).components[-1])
    assert "LOCATION:Here" in found
    assert "SUMMARY:Weekly" in found


def test_two_series_of_one_uid_and_an_instance_without_its_series() -> None:
    octets = calendar(
        *event("DTSTART:20260302T100000Z", "SUMMARY:a"),
        *event("DTSTART:20260303T100000Z", "SUMMARY:b"),
        *event("RECURRENCE-ID:20260309T100000Z", "DTSTART:20260309T120000Z", uid="u2"),
        *event("RECURRENCE-ID:20260310T100000Z", "DTSTART:20260310T120000Z", uid="u2"),
    )
    found = check(octets)
    assert [each.properties.text(tags.PidTagSubject) for each in found] == ["a", "b", "", ""]
    assert found[2].properties.get(named.PidLidIsException) is True
    assert found[2].properties[named.PidLidExceptionReplaceTime] == ticks_of(at("2026-03-09 10:00"))


def test_persons() -> None:
    octets = calendar(
        *event(
            "DTSTART:20260302T100000Z",
            'ORGANIZER;CN=Ann;SENT-BY="mailto:sec@example.org":mailto:ann@example.org',
            "ATTENDEE;CN=Bob;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:bob@example.org",
            "ATTENDEE;ROLE=OPT-PARTICIPANT;PARTSTAT=TENTATIVE:MAILTO:Carl@example.org",
            "ATTENDEE;CUTYPE=ROOM;PARTSTAT=DECLINED;CN=Hall:mailto:hall@example.org",
            'ATTENDEE;CN=Group;DIR="ldap://x":urn:uuid:1234',
        )
    )
    options = ReaderOptions(owner="bob@example.org")
    (message,) = check(octets, options)
    bag = message.properties
    assert bag.text(tags.PidTagSentRepresentingSmtpAddress) == "ann@example.org"
    assert bag.text(tags.PidTagSenderSmtpAddress) == "sec@example.org"
    rows = [
        (
            each.properties.text(tags.PidTagDisplayName),
            each.properties.number(tags.PidTagRecipientType),
            each.properties.number(tags.PidTagRecipientTrackStatus),
            each.properties.text(tags.PidTagAddressType),
        )
        for each in message.recipients
    ]
    assert rows == [
        ("Bob", 1, 3, "SMTP"),
        ("Carl@example.org", 2, 2, "SMTP"),
        ("Hall", 3, 4, "SMTP"),
        ("Group", 1, 0, "URI"),
    ]
    assert bag.number(named.PidLidAppointmentStateFlags) == 3
    assert bag.number(named.PidLidResponseStatus) == 3
    assert bag.get(tags.PidTagResponseRequested) is True
    assert bag.text(named.PidLidAllAttendeesString) == "Bob; Carl@example.org; Hall; Group"
    assert bag.text(named.PidLidCcAttendeesString) == "Carl@example.org"
    found = lines(written(alone(message)))
    assert 'ORGANIZER;CN=Ann;SENT-BY="mailto:sec@example.org":mailto:ann@example.org' in found
    assert "ATTENDEE;CN=Bob;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:bob@example.org" in found
    hall = "ATTENDEE;CN=Hall;CUTYPE=RESOURCE;ROLE=NON-PARTICIPANT;PARTSTAT=DECLINED;RSVP=TRUE"
    assert f"{hall}:mailto:hall@example.org" in found
    assert "ATTENDEE;CN=Group;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:urn:uuid:1234" in found


def test_who_organizes_is_told_by_the_owner() -> None:
    event_lines = (
        "DTSTART:20260302T100000Z",
        "ORGANIZER:mailto:ann@example.org",
        "ATTENDEE:mailto:b@example.org",
    )
    mine = read_event(*event_lines, options=ReaderOptions(owner="Ann@example.org")).properties
    assert (mine.number(named.PidLidAppointmentStateFlags), mine.number(named.PidLidResponseStatus)) == (1, 1)
    theirs = read_event(*event_lines, options=ReaderOptions(owner="b@example.org")).properties
    assert (theirs.number(named.PidLidAppointmentStateFlags), theirs.number(named.PidLidResponseStatus)) == (
        3,
        5,
    )


def test_addresses_are_looked_up() -> None:
    entry = Entry(b"entry", email_address="/o=x/cn=bob", display_name="Robert")
    options = ReaderOptions(resolver={"bob@example.org": entry}.get)
    message = read_event("DTSTART:20260302T100000Z", "ATTENDEE:mailto:bob@example.org", options=options)
    bag = message.recipients[0].properties
    assert (bag.text(tags.PidTagAddressType), bag.text(tags.PidTagDisplayName)) == ("EX", "Robert")
    assert any(
        line.endswith("mailto:bob@example.org") and line.startswith("ATTENDEE")
        for line in lines(written(message))
    )


def test_attachments() -> None:
    octets = calendar(
        *event(
            "DTSTART:20260302T100000Z",
            "ATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=a.txt:aGVsbG8=",
            "ATTACH;FMTTYPE=application/pdf;FILENAME=b.pdf:https://example.org/b.pdf",
            "ATTACH:cid:part1@example.org",
        )
    )
    (message,) = check(octets)
    first, second = message.attachments
    assert first.data is not None
    assert b"".join(first.data.chunks()) == b"hello"
    assert first.properties.text(tags.PidTagAttachLongFilename) == "a.txt"
    assert second.properties.number(tags.PidTagAttachMethod) == AttachMethod.BY_WEB_REFERENCE
    assert second.properties.text(tags.PidTagAttachLongPathname) == "https://example.org/b.pdf"
    found = lines(written(alone(message)))
    assert "ATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=a.txt:aGVsbG8=" in found
    assert "ATTACH;FMTTYPE=application/pdf;X-FILENAME=b.pdf:https://example.org/b.pdf" in found
    assert not [
        line for line in lines(written(message, WriterOptions(with_attachments=False))) if "a.txt" in line
    ]


def test_reminders() -> None:
    alarm = ("BEGIN:VALARM", "ACTION:AUDIO", "TRIGGER:-PT1H30M", "END:VALARM")
    (message,) = check(calendar(*event("DTSTART:20260302T100000Z", *alarm)))
    bag = message.properties
    assert bag.get(named.PidLidReminderSet) is True
    assert bag.number(named.PidLidReminderDelta) == 90
    assert bag[named.PidLidReminderSignalTime] == ticks_of(at("2026-03-02 08:30"))
    assert lines(written(message).components[0])[1] == "TRIGGER:-PT1H30M"
    bag[named.PidLidReminderDelta] = 1445
    (made,) = written(message).components
    assert lines(made) == ["ACTION:DISPLAY", "DESCRIPTION:Reminder", "TRIGGER:-P1DT5M"]
    bag[named.PidLidReminderSet] = False
    assert written(message).components == []


@pytest.mark.parametrize(
    ("trigger", "delta"),
    [
        ("TRIGGER;VALUE=DATE-TIME:20260302T094500Z", 15),
        ("TRIGGER;RELATED=END:-PT2H", 60),
        ("TRIGGER:PT0S", 0),
        ("TRIGGER:PT5M", None),
        ("TRIGGER;VALUE=DATE-TIME:20260302T094500", None),
        ("TRIGGER:soon", None),
        ("X-NONE:1", None),
    ],
)
def test_triggers(trigger: str, delta: int | None) -> None:
    alarm = ("BEGIN:VALARM", trigger, "END:VALARM")
    (message,) = check(calendar(*event("DTSTART:20260302T100000Z", "DTEND:20260302T110000Z", *alarm)))
    bag = message.properties
    assert bag.get(named.PidLidReminderSet) is (delta is not None)
    assert bag.typed(named.PidLidReminderDelta, int) == delta


def test_html_stands_beside_the_text() -> None:
    octets = calendar(
        *event(
            "DTSTART:20260302T100000Z",
            "DESCRIPTION:plain",
            "X-ALT-DESC;FMTTYPE=text/html:<p>rich\\, text</p>",
        )
    )
    (message,) = check(octets)
    assert message.properties[tags.PidTagHtml] == b"<p>rich, text</p>"
    assert "X-ALT-DESC;FMTTYPE=text/html:<p>rich\\, text</p>" in lines(written(alone(message)))
    message.properties.pop(tags.PidTagBody)
    assert "DESCRIPTION:rich\\, text\\n" in lines(written(message))


def test_an_event_without_start_uid_and_stamp() -> None:
    octets = calendar("BEGIN:VEVENT", "SUMMARY:nothing", "X-A:1", "END:VEVENT")
    (message,) = check(octets)
    assert named.PidLidAppointmentStartWhole not in message.properties
    found = lines(written(message))
    assert [line for line in found if line.startswith("UID:")]
    assert "X-A:1" in found


def test_a_message_of_nobody_is_written_with_an_id_of_its_own() -> None:
    message = Message(
        PropertyBag({tags.PidTagMessageClass: "IPM.Appointment.Special", tags.PidTagSubject: "x"})
    )
    found = lines(written(message, WriterOptions(stamp=at("2026-01-02 03:04"))))
    assert found[0].startswith("UID:")
    assert found[1] == "DTSTAMP:20260102T030400Z"
    assert lines(written(message)) != found


def test_words_that_cannot_be_read_are_passed_over_and_kept() -> None:
    odd = ("SEQUENCE:many", "PRIORITY:11", "CLASS:SECRET", "X-MICROSOFT-CDO-IMPORTANCE:9", "STATUS:MAYBE")
    (message,) = check(calendar(*event("DTSTART:20260302T100000Z", *odd)))
    assert named.PidLidAppointmentSequence not in message.properties
    assert message.properties.number(tags.PidTagSensitivity) == 2
    assert set(odd) <= set(lines(written(message)))


def test_bounds() -> None:
    limits = Limits(attendees=1, attachments=1, attachment_octets=3, overrides=1, text=20)
    octets = calendar(
        *event(
            "DTSTART:20260302T100000Z",
            "RRULE:FREQ=DAILY",
            "SUMMARY:" + "x" * 30,
            "DESCRIPTION:" + "x" * 30,
            "LOCATION:" + "x" * 30,
            "ATTENDEE:mailto:a@example.org",
            "ATTENDEE:mailto:b@example.org",
            "ATTACH;ENCODING=BASE64;VALUE=BINARY:aGVsbG8=",
            "ATTACH:https://example.org/",
        ),
        *event("RECURRENCE-ID:20260303T100000Z", "DTSTART:20260303T110000Z"),
        *event("RECURRENCE-ID:20260304T100000Z", "DTSTART:20260304T110000Z"),
    )
    (message,) = check(octets, ReaderOptions(limits=limits))
    bag = message.properties
    assert tags.PidTagSubject not in bag
    assert tags.PidTagBody not in bag
    assert named.PidLidLocation not in bag
    assert len(message.recipients) == 1
    # The large attachment is left out and so is the second; one changed instance is attached.
    assert [each.embedded is not None for each in message.attachments] == [True]
    # What is left out of the message is in the calendar still.
    assert "ATTENDEE:mailto:b@example.org" in lines(written(message))
    with pytest.raises(ParseError):
        list(messages_from_calendar(octets, ReaderOptions(limits=Limits(ical=CalendarLimits(octets=10)))))


@given(st.binary(max_size=200))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    wrapped = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20260302T100000Z\r\n" + octets
    try:
        check(wrapped)
    except ParseError:
        pytest.fail("there is a calendar")


VALUES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
NAMES = st.sampled_from(
    [
        "SUMMARY",
        "LOCATION",
        "DESCRIPTION",
        "CATEGORIES",
        "CONTACT",
        "RRULE",
        "RDATE",
        "EXDATE",
        "DTEND",
        "DURATION",
        "ATTENDEE",
        "ORGANIZER",
        "ATTACH",
        "CLASS",
        "PRIORITY",
        "STATUS",
        "TRANSP",
        "SEQUENCE",
        "UID",
        "X-UNKNOWN",
    ]
)
TIMES = st.sampled_from(
    ["20260302T100000Z", "20260303", "PT1H", "P1D", "FREQ=DAILY", "FREQ=MONTHLY;BYMONTHDAY=31"]
)


@given(st.lists(st.tuples(NAMES, st.one_of(VALUES, TIMES)), max_size=8))
def test_any_properties_are_a_fixed_point(properties: list[tuple[str, str]]) -> None:
    check(calendar(*event("DTSTART:20260302T100000Z", *(f"{name}:{value}" for name, value in properties))))


def test_an_attachment_of_a_message_is_told_whatever_it_is() -> None:
    message = read_event("DTSTART:20260302T100000Z")
    message.attachments.append(Attachment(PropertyBag({tags.PidTagAttachMethod: 1}), InMemory(b"x")))
    message.attachments.append(Attachment(PropertyBag({tags.PidTagAttachMethod: 6})))
    assert [line for line in lines(written(message)) if line.startswith("ATTACH")] == [
        "ATTACH;ENCODING=BASE64;VALUE=BINARY:eA=="
    ]
