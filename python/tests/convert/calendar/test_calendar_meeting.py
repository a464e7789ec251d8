"""iTIP methods and messages about meetings, [MS-OXCICAL] 2.1.3.1.1.1, RFC 5546 3; and as parts of mails."""

from __future__ import annotations

import pytest

from gromox.convert.calendar import (
    ReaderOptions,
    calendar_from_messages,
    calendar_reader,
    calendar_writer,
)
from gromox.convert.calendar.instant import ticks_of
from gromox.convert.calendar.method import class_of, method_of
from gromox.convert.mail import BodyMode, Options, message_from_mail, octets_from_message
from gromox.convert.mail.hooks import CalendarPart, ReaderHooks, WriterHooks
from gromox.ical import read as read_components
from gromox.ical.itip import problems
from gromox.mapi import named, tags
from gromox.mapi.message import Message, PropertyBag, Recipient
from tests.convert.calendar.drive import alone, at, calendar, check, described, event, lines, written

TIMES = ("DTSTART;TZID=Europe/Berlin:20260302T100000", "DTEND;TZID=Europe/Berlin:20260302T110000")
ORGANIZER = "ORGANIZER;CN=Ann:mailto:ann@example.org"
INVITED = "ATTENDEE;CN=Bob;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bob@example.org"


def answer(partstat: str) -> str:
    return f"ATTENDEE;CN=Bob;PARTSTAT={partstat}:mailto:bob@example.org"


@pytest.mark.parametrize(
    ("method", "attendee", "message_class", "icon"),
    [
        ("PUBLISH", INVITED, "IPM.Appointment", 0x402),
        ("REQUEST", INVITED, "IPM.Schedule.Meeting.Request", 0x404),
        ("ADD", INVITED, "IPM.Schedule.Meeting.Request", 0x404),
        ("CANCEL", INVITED, "IPM.Schedule.Meeting.Canceled", 0x405),
        ("REPLY", answer("ACCEPTED"), "IPM.Schedule.Meeting.Resp.Pos", 0x406),
        ("REPLY", answer("TENTATIVE"), "IPM.Schedule.Meeting.Resp.Tent", 0x408),
        ("REPLY", answer("DECLINED"), "IPM.Schedule.Meeting.Resp.Neg", 0x407),
        ("REPLY", answer("DELEGATED"), "IPM.Appointment", 0x402),
        ("COUNTER", answer("TENTATIVE"), "IPM.Schedule.Meeting.Resp.Tent", 0x408),
        ("REFRESH", "ATTENDEE:mailto:bob@example.org", "IPM.Schedule.Inquiry", 0x400),
        ("DECLINECOUNTER", INVITED, "IPM.Appointment", 0x402),
    ],
)
def test_methods_and_classes(method: str, attendee: str, message_class: str, icon: int) -> None:
    octets = calendar(*event(*TIMES, ORGANIZER, attendee, "SEQUENCE:2"), method=method)
    (message,) = check(octets)
    assert message.properties.text(tags.PidTagMessageClass) == message_class
    assert message.properties.number(tags.PidTagIconIndex) == icon
    assert method_of(message.properties) == method
    assert f"METHOD:{method}\r\n".encode() in calendar_from_messages([message])


def test_a_request() -> None:
    busy = "X-MICROSOFT-CDO-BUSYSTATUS:OOF"
    (message,) = check(calendar(*event(*TIMES, ORGANIZER, INVITED, "LOCATION:Hall", busy), method="REQUEST"))
    bag = message.properties
    # Tentative until it is answered; what it will be stands beside.
    assert bag.number(named.PidLidBusyStatus) == 1
    assert bag.number(named.PidLidIntendedBusyStatus) == 3
    assert bag.number(named.PidLidAppointmentStateFlags) == 3
    assert bag.number(named.PidLidResponseStatus) == 5
    assert bag.number(named.PidLidMeetingType) == 1
    assert bag.text(named.PidLidWhere) == "Hall"
    assert bag.text(named.PidLidAppointmentMessageClass) == "IPM.Appointment"
    assert bag.text(tags.PidTagSentRepresentingSmtpAddress) == "ann@example.org"
    found = lines(written(alone(message)))
    assert "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE" in found
    assert "X-MICROSOFT-CDO-INTENDEDSTATUS:OOF" in found
    assert "STATUS:CONFIRMED" in found


def test_a_cancellation() -> None:
    (message,) = check(calendar(*event(*TIMES, ORGANIZER, INVITED, "STATUS:CANCELLED"), method="CANCEL"))
    bag = message.properties
    assert bag.number(named.PidLidAppointmentStateFlags) == 7
    assert bag.number(named.PidLidBusyStatus) == 0
    assert "STATUS:CANCELLED" in lines(written(alone(message)))


def test_an_answer_comes_from_the_attendee_and_goes_to_the_organizer() -> None:
    (message,) = check(calendar(*event(*TIMES, ORGANIZER, answer("DECLINED")), method="REPLY"))
    bag = message.properties
    assert bag.text(tags.PidTagSentRepresentingSmtpAddress) == "bob@example.org"
    assert [each.properties.text(tags.PidTagSmtpAddress) for each in message.recipients] == [
        "ann@example.org"
    ]
    assert bag[named.PidLidAttendeeCriticalChange] == ticks_of(at("2026-01-01 00:00"))
    assert bag.number(named.PidLidResponseStatus) == 4
    found = lines(written(alone(message)))
    assert "ATTENDEE;CN=Bob;PARTSTAT=DECLINED:mailto:bob@example.org" in found
    assert "ORGANIZER;CN=Ann:mailto:ann@example.org" in found


def test_a_counter_proposal() -> None:
    original = ("X-MS-OLK-ORIGINALSTART:20260301T090000Z", "X-MS-OLK-ORIGINALEND:20260301T100000Z")
    octets = calendar(*event(*TIMES, ORGANIZER, answer("TENTATIVE"), *original), method="COUNTER")
    (message,) = check(octets)
    bag = message.properties
    assert bag.get(named.PidLidAppointmentCounterProposal) is True
    assert bag[named.PidLidAppointmentProposedStartWhole] == ticks_of(at("2026-03-02 09:00"))
    assert bag[named.PidLidAppointmentProposedEndWhole] == ticks_of(at("2026-03-02 10:00"))
    assert bag[named.PidLidAppointmentStartWhole] == ticks_of(at("2026-03-01 09:00"))
    found = lines(written(alone(message)))
    assert "DTSTART;TZID=Europe/Berlin:20260302T100000" in found
    assert "X-MS-OLK-ORIGINALSTART:20260301T090000Z" in found
    odd = event(*TIMES, answer("TENTATIVE"), "X-MS-OLK-ORIGINALSTART:soon")
    (message,) = check(calendar(*odd, method="COUNTER"))
    assert message.properties[named.PidLidAppointmentStartWhole] == ticks_of(at("2026-03-02 09:00"))
    check(calendar(*event(answer("TENTATIVE")), method="COUNTER"))


def outgoing(message_class: str) -> Message:
    """A message as a MAPI program makes it."""
    source = alone(check(calendar(*event(*TIMES, "SUMMARY:Talk", ORGANIZER, INVITED), method="REQUEST"))[0])
    source.properties[tags.PidTagMessageClass] = message_class
    if "Resp" in message_class or "Inquiry" in message_class:
        organizer = Recipient(PropertyBag(dict(source.recipients[0].properties)))
        organizer.properties[tags.PidTagSmtpAddress] = "ann@example.org"
        organizer.properties[tags.PidTagEmailAddress] = "ann@example.org"
        source.recipients = [organizer]
    return source


@pytest.mark.parametrize(
    "message_class",
    [
        "IPM.Schedule.Meeting.Request",
        "IPM.Schedule.Meeting.Canceled",
        "IPM.Schedule.Meeting.Resp.Pos",
        "IPM.Schedule.Meeting.Resp.Neg.Custom",
        "IPM.Schedule.Inquiry",
    ],
)
def test_what_is_sent_is_proper_itip(message_class: str) -> None:
    (root,) = read_components(calendar_from_messages([outgoing(message_class)]))
    assert problems(root) == []


def test_subclasses_are_their_class() -> None:
    bag = PropertyBag({tags.PidTagMessageClass: "ipm.schedule.meeting.request.special"})
    assert class_of(bag) == "IPM.Schedule.Meeting.Request"
    assert class_of(PropertyBag({tags.PidTagMessageClass: "IPM.Appointments"})) == "IPM.Appointments"


HOOKS = ReaderHooks(calendar=calendar_reader(ReaderOptions()))
WRITING = Options(body=BodyMode.STORED, with_bcc=True, hooks=WriterHooks(calendar=calendar_writer()))


def mail(part: bytes, *, method: str = "REQUEST", charset: str = "utf-8", text: bytes = b"Come!") -> bytes:
    """A mail with a text and a calendar."""
    return (
        b"From: Ann <ann@example.org>\r\nTo: Bob <bob@example.org>\r\nSubject: Invitation: Talk\r\n"
        b"Date: Thu, 1 Jan 2026 00:00:00 +0000\r\nMessage-ID: <1@example.org>\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/alternative; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + text + b"\r\n"
        b"--b\r\nContent-Type: text/calendar; method="
        + method.encode()
        + b"; charset="
        + charset.encode()
        + b"\r\n\r\n"
        + part
        + b"\r\n--b--\r\n"
    )


def check_mail(octets: bytes) -> Message:
    """Read, write and read again."""
    first = message_from_mail(octets, hooks=HOOKS)
    made = octets_from_message(first, options=WRITING)
    second = message_from_mail(made, hooks=HOOKS)
    assert octets_from_message(second, options=WRITING) == made
    third = message_from_mail(octets_from_message(second, options=WRITING), hooks=HOOKS)
    assert described(third) == described(second)
    return first


MEETING = event(*TIMES, "SUMMARY:Talk", "DESCRIPTION:Come and see", ORGANIZER, INVITED, "X-UNKNOWN:1")


def test_an_invitation_in_a_mail_is_a_meeting_request() -> None:
    message = check_mail(mail(calendar(*MEETING, method="REQUEST")))
    bag = message.properties
    assert bag.text(tags.PidTagMessageClass) == "IPM.Schedule.Meeting.Request"
    assert bag.text(tags.PidTagSubject) == "Talk"
    assert bag.text(tags.PidTagBody).rstrip() == "Come!"
    assert [each.properties.text(tags.PidTagSmtpAddress) for each in message.recipients] == [
        "bob@example.org"
    ]
    assert message.recipients[0].properties.number(tags.PidTagRecipientFlags) == 1
    assert message.attachments == []
    made = octets_from_message(message, options=WRITING)
    assert b"multipart/alternative" in made
    assert b"Content-Type: text/calendar; charset=utf-8; method=REQUEST" in made
    assert b"X-UNKNOWN:1" in made
    assert b"DESCRIPTION:Come and see" in made


def test_a_mail_without_text_has_that_of_the_calendar() -> None:
    message = check_mail(mail(calendar(*MEETING, method="REQUEST"), text=b""))
    assert message.properties.text(tags.PidTagBody) == "Come and see"


def test_changed_instances_are_no_parts_of_the_mail() -> None:
    moved = event("RECURRENCE-ID;TZID=Europe/Berlin:20260309T100000", "DTSTART:20260310T100000Z", ORGANIZER)
    series = event(*TIMES, "RRULE:FREQ=WEEKLY", ORGANIZER, INVITED)
    message = check_mail(mail(calendar(*series, *moved, method="REQUEST")))
    assert len(message.attachments) == 1
    assert message.properties.get(named.PidLidSmartNoAttach) is True
    made = octets_from_message(message, options=WRITING)
    assert b"message/rfc822" not in made
    assert made.count(b"BEGIN:VEVENT") == 2


def test_the_method_of_the_part_counts_where_the_calendar_has_none() -> None:
    message = check_mail(mail(calendar(*event(*TIMES, ORGANIZER, answer("ACCEPTED"))), method="REPLY"))
    assert message.properties.text(tags.PidTagMessageClass) == "IPM.Schedule.Meeting.Resp.Pos"


def test_the_charset_of_the_part_counts() -> None:
    octets = calendar(*event(*TIMES, ORGANIZER, INVITED, "SUMMARY:Größe"), method="REQUEST")
    message = check_mail(mail(octets.decode().encode("latin-1"), charset="iso-8859-1"))
    assert message.properties.text(tags.PidTagSubject) == "Größe"


@pytest.mark.parametrize(
    "octets",
    [
        b"no calendar",
        calendar(*MEETING, method="PUBLISH"),
        calendar(*MEETING, method="DECLINECOUNTER"),
        calendar(*MEETING),
        calendar(*MEETING, *event(*TIMES, uid="u2"), method="REQUEST"),
        calendar(*MEETING, *MEETING, method="REQUEST"),
        calendar("BEGIN:VTODO", "UID:t", "END:VTODO", method="REQUEST"),
        calendar(
            *event("RECURRENCE-ID:20260302T090000Z", *TIMES),
            *event("RECURRENCE-ID:20260309T090000Z"),
            method="REQUEST",
        ),
        calendar(*MEETING, method="REQUEST") * 2,
        b"BEGIN:VCARD\r\nEND:VCARD\r\n",
    ],
    ids=["none", "publish", "decline", "plain", "two", "twice", "task", "instances", "calendars", "card"],
)
def test_other_calendars_stay_attachments(octets: bytes) -> None:
    message = message_from_mail(mail(octets, method=""), hooks=HOOKS)
    assert message.properties.text(tags.PidTagMessageClass) == "IPM.Note"
    assert [each.properties.text(tags.PidTagAttachMimeTag) for each in message.attachments] == [
        "text/calendar"
    ]


def test_the_second_calendar_of_a_mail_stays_an_attachment() -> None:
    octets = calendar(*MEETING, method="REQUEST")
    twice = mail(octets).replace(
        b"--b--", b"--b\r\nContent-Type: text/calendar\r\n\r\n" + octets + b"\r\n--b--"
    )
    message = message_from_mail(twice, hooks=HOOKS)
    assert message.properties.text(tags.PidTagMessageClass) == "IPM.Schedule.Meeting.Request"
    assert len(message.attachments) == 1


def test_only_what_is_about_meetings_has_a_calendar() -> None:
    write = calendar_writer()
    assert write(Message(PropertyBag({tags.PidTagMessageClass: "IPM.Note"}))) is None
    appointment = outgoing("IPM.Appointment")
    part = write(appointment)
    assert isinstance(part, CalendarPart)
    assert part.method == "PUBLISH"


def test_a_meeting_made_by_a_mapi_program_is_sent_as_an_invitation() -> None:
    message = outgoing("IPM.Schedule.Meeting.Request")
    message.properties[tags.PidTagBody] = "See you"
    octets = octets_from_message(message, options=WRITING)
    again = message_from_mail(octets, hooks=HOOKS)
    assert again.properties.text(tags.PidTagMessageClass) == "IPM.Schedule.Meeting.Request"
    for key in (
        named.PidLidAppointmentStartWhole,
        named.PidLidGlobalObjectId,
        named.PidLidIntendedBusyStatus,
    ):
        assert again.properties[key] == message.properties[key]
