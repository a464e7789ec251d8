"""Composed mails, read again by us and by the standard library."""

from __future__ import annotations

from email import policy
from email.message import EmailMessage, Message
from email.parser import BytesParser

from gromox.mime import scan
from gromox.mime.body import text_of
from gromox.mime.build import Action, Attachment, Mail, Recipient, Report, build_dsn, build_mail

ORIGINAL = b"Received: from x\r\n\tby y\r\nMessage-ID: <1@example.org>\r\nSubject: s\r\n\r\nnot: shown\r\n"


def read(octets: bytes) -> EmailMessage:
    message = BytesParser(policy=policy.default).parsebytes(octets)
    assert isinstance(message, EmailMessage)
    return message


def dsn(*recipients: Recipient, original: bytes = ORIGINAL, to: str = "alice@example.org") -> bytes:
    return build_dsn(
        Report("mx.example.org", 1000.0, recipients, envelope_id="id+1", received_from="client.example"),
        original,
        to=to,
        message_id="<dsn@mx.example.org>",
        date=2000.0,
        boundary="=_dsn",
        postmaster="postmaster@example.org",
    )


FAILED = Recipient(
    "bob@example.org",
    Action.FAILED,
    "5.1.1",
    original="list@example.org",
    diagnostic="550 5.1.1 no such\r\n user",
    remote_mta="mail.example.org",
    last_attempt=1500.0,
)
DELAYED = Recipient("carol@example.org", Action.DELAYED, "4.4.1", retry_until=90000.0)


def test_a_report_has_its_three_parts() -> None:
    octets = dsn(FAILED, DELAYED)

    message = read(octets)
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    assert [part.get_content_type() for part in message.iter_parts()] == [
        "text/plain",
        "message/delivery-status",
        "text/rfc822-headers",
    ]
    assert message["Subject"] == "Undelivered mail returned to sender"
    assert message["References"] == "<1@example.org>"
    assert message["Auto-Submitted"] == "auto-replied"
    assert octets.count(b"\n") == octets.count(b"\r\n")
    assert octets.isascii()
    assert max(map(len, octets.split(b"\r\n"))) < 998


def test_fields_of_the_report() -> None:
    blocks = list(read(dsn(FAILED, DELAYED)).iter_parts())[1].get_payload()

    assert isinstance(blocks, list)
    assert [dict(block.items()) for block in blocks if isinstance(block, Message) and len(block)] == [
        {
            "Original-Envelope-Id": "id+1",
            "Reporting-MTA": "dns; mx.example.org",
            "Received-From-MTA": "dns; client.example",
            "Arrival-Date": "Thu, 01 Jan 1970 00:16:40 +0000",
        },
        {
            "Original-Recipient": "rfc822; list@example.org",
            "Final-Recipient": "rfc822; bob@example.org",
            "Action": "failed",
            "Status": "5.1.1",
            "Remote-MTA": "dns; mail.example.org",
            "Diagnostic-Code": "smtp; 550 5.1.1 no such user",
            "Last-Attempt-Date": "Thu, 01 Jan 1970 00:25:00 +0000",
        },
        {
            "Final-Recipient": "rfc822; carol@example.org",
            "Action": "delayed",
            "Status": "4.4.1",
            "Will-Retry-Until": "Fri, 02 Jan 1970 01:00:00 +0000",
        },
    ]


def test_people_can_read_it() -> None:
    octets = dsn(FAILED, DELAYED)
    root = scan(octets).root

    text = text_of(root.children[0], octets)
    assert "could not be delivered to" in text
    assert "<list@example.org>\n    mail.example.org said: 550 5.1.1 no such user (5.1.1)" in text
    assert "tried until Fri, 02 Jan 1970" in text
    header = root.children[2]
    assert octets[header.body_start : header.body_end] == ORIGINAL[: ORIGINAL.index(b"\r\n\r\n") + 2]


def test_the_same_arguments_give_the_same_octets() -> None:
    assert dsn(FAILED) == dsn(FAILED)


def test_other_actions_have_their_titles() -> None:
    relayed = Recipient("r@example.org", Action.RELAYED, "2.1.9")

    assert read(dsn(DELAYED))["Subject"] == "Delivery of your mail is delayed"
    assert read(dsn(relayed))["Subject"] == "Your mail was relayed"


def test_internationalized_addresses_and_headers() -> None:
    octets = dsn(
        Recipient("j\u00fcrgen@example.org", Action.FAILED, "5.1.1"),
        original="From: J\u00fcrgen\nSubject: \xff\nMessage-ID: \u00e4\n".encode() + b"X: \xff\x00\n\nbody",
        to="z\u00f6e@example.org",
    )

    root = scan(octets).root
    assert [part.subtype for part in root.children] == ["plain", "global-delivery-status", "global-headers"]
    assert [part.encoding for part in root.children[1:]] == ["8bit", "8bit"]
    octets.decode("utf-8")
    assert "Final-Recipient: utf-8; j\u00fcrgen@example.org".encode() in octets
    assert b"References" not in octets
    assert b"\x00" not in octets


def test_hostile_values_stay_in_their_lines() -> None:
    evil = Recipient(
        "a@b\r\nBcc: x", Action.FAILED, "5.0.0", diagnostic="x\r\n\r\n--=_dsn--\r\nevil" + "y" * 5000
    )

    octets = dsn(evil, original=b"X: " + b"y" * 100_000 + b"\n" + b"Z: z\n" * 100_000)
    assert len(scan(octets).root.children) == 3
    assert b"\r\nBcc" not in octets
    assert len(octets) < 200_000


def test_what_a_sender_wrote_is_not_decoded() -> None:
    word = "=?iso-2022-jp?q?=1B$B?="

    octets = dsn(FAILED, original=f"Message-ID: <{word}@x>\n\n".encode(), to=f"{word}@example.org")
    assert f"\r\nTo: <{word}@example.org>\r\n".encode() in octets
    assert f"\r\nReferences: <{word}@x>\r\n".encode() in octets
    assert b"References" not in dsn(FAILED, original=b"Subject: x\n\nMessage-ID: <in@body>\n")


def test_a_plain_mail() -> None:
    mail = Mail(
        ("Z\u00f6e", "zoe@example.org"),
        [("", "a@example.org"), ("B, C", "b@example.org")],
        "Gr\u00fc\u00dfe\r\nBcc: x",
        "text\n",
        "<1@example.org>",
        0.0,
        zone=60,
        cc=[("", "c@example.org")],
    )

    message = read(build_mail(mail))
    assert message["From"] == "Z\u00f6e <zoe@example.org>"
    assert message["To"] == 'a@example.org, "B, C" <b@example.org>'
    assert message["Subject"] == "Gr\u00fc\u00dfe Bcc: x"
    assert message["Date"] == "Thu, 01 Jan 1970 01:00:00 +0100"
    assert message.get_content() == "text\r\n"
    assert "Bcc" not in message


def test_a_mail_with_page_and_file() -> None:
    mail = Mail(
        ("", "a@example.org"),
        [("", "b@example.org")],
        "s",
        "text\n",
        "<1@example.org>",
        0.0,
        html="<p>page\n",
        attachments=[Attachment("\u00e4.pdf", "application/pdf", b"%PDF")],
    )

    octets = build_mail(mail, boundary="=_x")
    root = scan(octets).root
    assert octets == build_mail(mail, boundary="=_x")
    assert [part.media_type + "/" + part.subtype for part in root.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
    ]
    assert root.children[1].filename == "\u00e4.pdf"
