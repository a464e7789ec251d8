"""What lists want to know of a mail is found out when it comes in."""

from __future__ import annotations

import hashlib

import pytest

from gromox.mapi import named, tags
from gromox.mapi.message import Message, PropertyBag
from gromox.store.mailbox import Mailbox
from gromox.store.model import NewMail
from gromox.store.session import SYSTEM, StoreSession

INBOX = 13
INVITATION = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1@x\r\n"
    b"DTSTAMP:20260101T000000Z\r\nDTSTART:20260105T100000Z\r\nDTEND:20260105T110000Z\r\n"
    b"ORGANIZER:mailto:boss@example.net\r\nATTENDEE:mailto:alice@example.test\r\nSUMMARY:the plan\r\n"
    b"END:VEVENT\r\nEND:VCALENDAR\r\n"
)
HEAD = b"From: Boss <boss@example.net>\r\nSubject: RE: the plan\r\nMessage-ID: <1@x>\r\nMIME-Version: 1.0\r\n"


def properties(mailbox: Mailbox, mail: bytes, *wanted: int) -> list[object]:
    mailbox.append(INBOX, [NewMail(mail)])
    (mid,) = mailbox.file.execute("SELECT max(mid) FROM messages").fetchone()
    found = StoreSession.of(mailbox, SYSTEM).message_properties(mid, wanted)
    return [found.get(tag) for tag in wanted]


@pytest.mark.parametrize(
    ("fields", "body", "message_class"),
    [
        (b"", b"text", "IPM.Note"),
        (
            b"Content-Type: multipart/signed; protocol=x; boundary=b\r\n",
            b"--b\r\n\r\ntext\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nx\r\n--b--\r\n",
            "IPM.Note.SMIME.MultipartSigned",
        ),
        (b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\n", b"x", "IPM.Note.SMIME"),
        (b"Content-Class: voice\r\n", b"text", "IPM.Note.Microsoft.Voicemail.UM"),
        (
            b"X: " + b"y" * 20_000 + b"\r\ncontent-CLASS: voice\r\n",
            b"text",
            "IPM.Note.Microsoft.Voicemail.UM",
        ),
        (b"X-Content-Class: voice\r\n Content-Class: voice\r\n", b"text", "IPM.Note"),
        (
            b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n",
            (
                b"--b\r\n\r\nsorry\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
                b"Reporting-MTA: dns; x\r\n\r\n"
                b"Final-Recipient: rfc822; a@b\r\nAction: failed\r\n"
                b"Status: 5.1.1\r\n\r\n--b--\r\n"
            ),
            "REPORT.IPM.Note.NDR",
        ),
        (
            b"Content-Type: text/calendar; method=REQUEST; charset=utf-8\r\n",
            INVITATION,
            "IPM.Schedule.Meeting.Request",
        ),
    ],
)
def test_the_class_of_a_mail(mailbox: Mailbox, fields: bytes, body: bytes, message_class: str) -> None:
    found = properties(mailbox, HEAD + fields + b"\r\n" + body, tags.PidTagMessageClass)
    assert found == [message_class]
    (column,) = mailbox.file.execute("SELECT message_class FROM messages").fetchone()
    assert column == message_class


def test_an_invitation_is_a_meeting_request_and_its_mail_stays(mailbox: Mailbox) -> None:
    mail = HEAD + b"Content-Type: text/calendar; method=REQUEST; charset=utf-8\r\n\r\n" + INVITATION
    mailbox.append(INBOX, [NewMail(mail)])
    session = StoreSession.of(mailbox, SYSTEM)
    (mid,) = session.folder_messages(INBOX)
    found = session.read_message(mid, is_named=True).properties
    assert named.PidLidAppointmentStartWhole in found
    assert session.read_mail(mid) == mail
    assert session.is_mail(mid)


def test_an_appointment_is_shown_with_its_calendar(mailbox: Mailbox) -> None:
    session = StoreSession.of(mailbox, SYSTEM)
    item = Message(
        PropertyBag(
            {
                tags.PidTagMessageClass: "IPM.Appointment",
                tags.PidTagSubject: "lunch",
                named.PidLidAppointmentStartWhole: 134_000_000_000_000_000,
                named.PidLidAppointmentEndWhole: 134_000_036_000_000_000,
            }
        )
    )
    mid = session.create_message(INBOX, item).mid
    shown = session.read_mail(mid)
    assert b"text/calendar" in shown
    assert b"SUMMARY:lunch" in shown


def test_the_conversation_follows_from_the_topic(mailbox: Mailbox) -> None:
    expected = hashlib.md5("THE PLAN".encode("utf-16-le"), usedforsecurity=False).digest()
    plain = properties(mailbox, HEAD + b"\r\nx", tags.PidTagConversationId, tags.PidTagConversationTopic)
    other = properties(
        mailbox,
        HEAD + b"Thread-Topic: another\r\n\r\nx",
        tags.PidTagConversationId,
        tags.PidTagConversationTopic,
    )
    assert plain == [expected, "the plan"]
    assert other == [hashlib.md5("ANOTHER".encode("utf-16-le"), usedforsecurity=False).digest(), "another"]
    assert properties(mailbox, b"From: x@y\r\n\r\nx", tags.PidTagConversationId) == [None]


def test_who_sent_it_for_whom(mailbox: Mailbox) -> None:
    wanted = (
        tags.PidTagSenderName,
        tags.PidTagSenderSmtpAddress,
        tags.PidTagSentRepresentingName,
        tags.PidTagSentRepresentingSmtpAddress,
    )
    alone = properties(mailbox, HEAD + b"\r\nx", *wanted)
    both = properties(mailbox, HEAD + b"Sender: Clerk <clerk@example.net>\r\n\r\nx", *wanted)

    assert alone == ["Boss", "boss@example.net", "Boss", "boss@example.net"]
    assert both == ["Clerk", "clerk@example.net", "Boss", "boss@example.net"]


def test_a_sender_who_wants_a_receipt(mailbox: Mailbox) -> None:
    mail = HEAD + b"Disposition-Notification-To: boss@example.net\r\n\r\nx"
    assert properties(mailbox, mail, tags.PidTagMessageFlags, tags.PidTagReadReceiptRequested) == [
        0x302,
        True,
    ]
