"""Bodies, attachments, embedded messages, opaque and report mails, hooks; contents in pieces."""

from __future__ import annotations

import base64
import binascii
import quopri
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.convert import rtfcp
from gromox.convert.mail import (
    BodyMode,
    CalendarPart,
    Limits,
    Options,
    ReaderHooks,
    WriterHooks,
    mail_from_message,
    message_from_mail,
    octets_from_message,
)
from gromox.convert.mail import slices, transfer
from gromox.convert.mail.attachment import clean_file_name
from gromox.convert.mail.content import text_of_enriched
from gromox.convert.mail.messageclass import class_of_content_class, content_class_of
from gromox.convert.mail.page import encode, page_of_name, page_of_number, read_text
from gromox.convert.mail.slices import CHUNK, Joined, PartOctets, read_octets
from gromox.convert.tnef import read_tnef, write_tnef
from gromox.mapi import named, tags
from gromox.mapi.message import Attachment, AttachMethod, InMemory, Message, PropertyBag
from gromox.mime import scan

Check = Callable[[bytes], Message]
CRLF = b"\r\n"


def part(content_type: str, body: bytes, *fields: str) -> bytes:
    return "\r\n".join([f"Content-Type: {content_type}", *fields, "", ""]).encode() + body


def multi(subtype: str, *parts: bytes, boundary: str = "b", head: str = "") -> bytes:
    mark = f"--{boundary}".encode()
    body = b"".join(mark + CRLF + each + CRLF for each in parts) + mark + b"--\r\n"
    return part(f'multipart/{subtype}; boundary="{boundary}"{head}', body)


def mail(entity: bytes) -> bytes:
    return b"From: a@x.org\r\nTo: b@x.org\r\nSubject: s\r\nMIME-Version: 1.0\r\n" + entity


def content(attachment: Attachment) -> bytes:
    assert attachment.data is not None
    return b"".join(attachment.data.chunks())


def kinds(octets: bytes) -> list[str]:
    return [f"{each.media.type}/{each.media.subtype}" for each in scan(octets).root.walk()]


PLAIN = part("text/plain; charset=utf-8", "Grüße\r\n".encode(), "Content-Transfer-Encoding: 8bit")
HTML = part("text/html; charset=iso-8859-1", b"<p>Gr\xfc\xdfe <img src=cid:i@x></p>\r\n")
IMAGE = part("image/png", b"iVBORw==", "Content-ID: <i@x>", "Content-Transfer-Encoding: base64")
FILE = part("application/pdf; name=a.pdf", b"JVBERg==", "Content-Transfer-Encoding: base64")


def test_the_usual_mail(checked: Check) -> None:
    octets = mail(
        multi(
            "mixed",
            multi("related", multi("alternative", PLAIN, HTML), IMAGE, boundary="r"),
            FILE,
            boundary="m",
        )
    )
    message = checked(octets)
    bag = message.properties

    assert bag[tags.PidTagBody] == "Grüße\r\n"
    assert bag[tags.PidTagHtml] == b"<p>Gr\xfc\xdfe <img src=cid:i@x></p>\r\n"
    assert bag[tags.PidTagInternetCodepage] == 28591
    assert bag[tags.PidTagNativeBody] == 3
    image, file = message.attachments
    assert image.properties[tags.PidTagAttachContentId] == "i@x"
    assert image.properties[tags.PidTagAttachFlags] == 4
    assert image.properties[tags.PidTagAttachmentHidden] is True
    assert content(image) == b"\x89PNG"
    assert file.properties[tags.PidTagAttachLongFilename] == "a.pdf"
    assert file.properties[tags.PidTagAttachExtension] == ".pdf"
    assert kinds(octets_from_message(message)) == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
    ]


def test_only_hidden_attachments_are_no_reason_for_a_paper_clip() -> None:
    message = message_from_mail(mail(multi("related", HTML, IMAGE)))

    assert message.properties[named.PidLidSmartNoAttach] is True


def test_pictures_by_location() -> None:
    page = part("text/html", b"<img src=http://x/i.png>")
    image = part("image/png", b"x", "Content-Location: http://x/i.png")
    (found,) = message_from_mail(mail(multi("mixed", page, image))).attachments

    assert found.properties[tags.PidTagAttachContentLocation] == "http://x/i.png"
    assert found.properties[tags.PidTagAttachmentHidden] is True


def test_the_root_of_related_parts_may_be_named(checked: Check) -> None:
    root = part("text/html", b"<p>", "Content-ID: <root>")
    entity = multi("related", IMAGE, root, head='; start="<root>"')

    assert checked(mail(entity)).properties[tags.PidTagHtml] == b"<p>"


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (BodyMode.PLAIN, ["text/plain"]),
        (BodyMode.HTML, ["text/html"]),
        (BodyMode.STORED, ["text/html"]),
        (BodyMode.BOTH, ["multipart/alternative", "text/plain", "text/html"]),
    ],
)
def test_modes_of_a_page(mode: BodyMode, expected: list[str]) -> None:
    message = Message(PropertyBag({tags.PidTagHtml: b"<p>Hello</p>", tags.PidTagInternetCodepage: 65001}))
    octets = octets_from_message(message, options=Options(body=mode))

    assert kinds(octets) == expected
    assert b"Hello" in octets


@pytest.mark.parametrize("mode", BodyMode)
def test_modes_of_a_text(mode: BodyMode) -> None:
    octets = octets_from_message(Message(PropertyBag({tags.PidTagBody: "a\nb"})), options=Options(body=mode))

    assert octets.endswith(b"\r\n\r\na\r\nb\r\n")


def test_texts_are_joined_in_their_order(checked: Check) -> None:
    html = checked(mail(multi("mixed", PLAIN, FILE, HTML, PLAIN))).properties
    text = checked(mail(multi("mixed", PLAIN, FILE, PLAIN))).properties

    assert text[tags.PidTagBody] == "Grüße\r\nGrüße\r\n"
    assert html.text(tags.PidTagBody).count("Grüße") == 3
    assert html.typed(tags.PidTagHtml, bytes, b"").decode().count("Gr") == 3


def test_a_text_with_a_name_is_a_file(checked: Check) -> None:
    named_text = part("text/plain; name=x.txt; charset=koi8-r", b"\xc1\r\n")
    message = checked(mail(multi("mixed", PLAIN, named_text)))

    assert message.properties[tags.PidTagBody] == "Grüße\r\n"
    assert message.attachments[0].properties[tags.PidTagTextAttachmentCharset] == "koi8-r"
    assert content(message.attachments[0]) == b"\xc1\r\n"


def test_enriched_text() -> None:
    markup = "<bold>Now</bold> is<<\nthe<param>red</param> time\n\nfor all<nl>end<unclosed"

    assert text_of_enriched(markup) == "Now is< the time\nfor all\nend"
    message = message_from_mail(mail(part("text/enriched", b"<bold>a</bold>\r\nb")))
    assert message.properties[tags.PidTagBody] == "a b"


def test_rich_text_is_written_as_a_page_and_text() -> None:
    rtf = rb"{\rtf1\ansi Hello {\b world}\par}"
    octets = octets_from_message(Message(PropertyBag({tags.PidTagRtfCompressed: rtfcp.compress(rtf)})))

    assert kinds(octets) == ["multipart/alternative", "text/plain", "text/html"]
    assert octets.count(b"Hello") == 2


NAMES = [
    ("filename*=utf-8''%E2%82%AC.txt", "€.txt"),
    ("filename*0*=iso-8859-1''f%FC; filename*1=r.txt", "für.txt"),
    ('filename="=?utf-8?q?f=C3=BCr=2Etxt?="', "für.txt"),
    ('filename="=?utf-8?b?ZsO8?=\r\n =?utf-8?b?ci50eHQ=?="', "für.txt"),
    ('filename="für.txt"', "für.txt"),
    ('filename="C:\\\\dir\\\\x.txt"', "x.txt"),
    ('filename="../../x.txt"', "x.txt"),
    ('filename="a\u202egpj.exe"', "agpj.exe"),
    ("filename=" + "n" * 300 + ".pdf", "n" * 236 + ".pdf"),
    ("filename=" + "n" * 300, "n" * 240),
    ("x=y", "ATT00001.pdf"),
]


@pytest.mark.parametrize(("parameter", "name"), NAMES)
def test_names_in_every_encoding(parameter: str, name: str, checked: Check) -> None:
    entity = part("application/pdf", b"x", f"Content-Disposition: attachment; {parameter}")
    (attachment,) = checked(mail(multi("mixed", entity))).attachments

    assert attachment.properties[tags.PidTagAttachLongFilename] == name
    assert attachment.properties[tags.PidTagDisplayName] == name
    assert clean_file_name(name) == name


def test_description_dates_and_payload(checked: Check) -> None:
    entity = part(
        "application/pdf",
        b"x",
        'Content-Disposition: attachment; filename=a.pdf; creation-date="Thu, 1 Jan 1970 00:00:01 +0000"',
        "Content-Description: The bill",
        "X-Payload-Class: rpmsg.message",
        "X-Payload-Provider-Guid: {1}",
    )
    bag = checked(mail(multi("mixed", PLAIN, entity))).attachments[0].properties

    assert bag[tags.PidTagDisplayName] == "The bill"
    assert bag[tags.PidTagCreationTime] == 116444736010000000
    assert bag[tags.PidTagAttachPayloadClass] == "rpmsg.message"


def test_apple_double_keeps_both_forks(checked: Check) -> None:
    entity = multi(
        "appledouble",
        part("application/applefile", b"\0\5\x16\7"),
        part("image/gif; name=pic.gif", b"GIF"),
        boundary="ad",
    )
    message = checked(mail(multi("mixed", PLAIN, entity)))
    (attachment,) = message.attachments

    assert content(attachment) == b"GIF"
    assert attachment.properties[named.PidNameAttachmentMacInfo] == b"\0\5\x16\7"
    assert "multipart/appledouble" in kinds(octets_from_message(message))


@pytest.mark.parametrize(
    ("parameters", "address"),
    [
        ('access-type=URL; URL="http://x.org/\r\n a.pdf"', "http://x.org/a.pdf"),
        ("access-type=anon-ftp; site=x.org; directory=pub; name=a.pdf", "ftp://x.org/pub/a.pdf"),
    ],
)
def test_what_lies_elsewhere_is_a_reference(parameters: str, address: str, checked: Check) -> None:
    entity = part(f"message/external-body; {parameters}", b"Content-Type: application/pdf\r\n\r\n")
    (attachment,) = checked(mail(multi("mixed", PLAIN, entity))).attachments

    assert attachment.properties[tags.PidTagAttachMethod] == AttachMethod.BY_WEB_REFERENCE
    assert attachment.properties[tags.PidTagAttachLongPathname] == address


def test_other_external_bodies_stay_octets(checked: Check) -> None:
    entity = part("message/external-body; access-type=mail-server", b"Content-Type: text/plain\r\n\r\n")
    (attachment,) = checked(mail(multi("mixed", PLAIN, entity))).attachments

    assert content(attachment) == b"Content-Type: text/plain\r\n\r\n"


def test_messages_are_embedded_to_a_depth(checked: Check) -> None:
    octets = mail(part("text/plain", b"deep\r\n"))
    for _ in range(4):
        octets = mail(multi("mixed", PLAIN, part("message/rfc822", octets), boundary=f"b{len(octets)}"))
    message = checked(octets)

    inner = message
    for _ in range(4):
        assert inner.attachments[0].properties[tags.PidTagDisplayName] == "s"
        embedded = inner.attachments[0].embedded
        assert embedded is not None
        inner = embedded
    assert inner.properties[tags.PidTagBody] == "deep\r\n"
    shallow = message_from_mail(octets, limits=Limits(depth=1))
    assert shallow.attachments[0].embedded is not None
    (kept,) = shallow.attachments[0].embedded.attachments
    assert kept.embedded is None
    assert content(kept).startswith(b"From: a@x.org")
    again = message_from_mail(octets_from_message(shallow), limits=Limits(depth=1))
    assert octets_from_message(again) == octets_from_message(shallow)


def test_an_embedded_message_in_base64(checked: Check) -> None:
    inner = base64.encodebytes(mail(PLAIN)).replace(b"\n", CRLF)
    entity = part("message/rfc822; name=x.eml", inner, "Content-Transfer-Encoding: base64")
    (attachment,) = checked(mail(multi("mixed", PLAIN, entity))).attachments

    assert attachment.embedded is not None
    assert attachment.embedded.properties[tags.PidTagBody] == "Grüße\r\n"
    assert attachment.properties[tags.PidTagAttachLongFilename] == "x.eml"


def test_bounds_of_attachments() -> None:
    octets = mail(multi("mixed", *[FILE] * 9, *[part("message/rfc822", mail(PLAIN))] * 3))

    assert len(message_from_mail(octets, limits=Limits(attachments=4)).attachments) == 4
    message = message_from_mail(octets, limits=Limits(messages=1))
    assert [each.embedded is not None for each in message.attachments] == [False] * 9 + [True, False, False]
    texts = message_from_mail(mail(multi("mixed", *[PLAIN] * 9)), limits=Limits(text_parts=2))
    assert len(texts.attachments) == 7
    large = message_from_mail(mail(PLAIN), limits=Limits(body_octets=3))
    assert tags.PidTagBody not in large.properties


# ---------------------------------------------------------------------------------- opaque and reports

SIGNED = multi(
    "signed",
    part("text/plain", b"signed text \r\n\r\n"),
    part("application/pkcs7-signature; name=smime.p7s", b"AAAA", "Content-Transfer-Encoding: base64"),
    head='; protocol="application/pkcs7-signature"; micalg=sha-256',
)


@pytest.mark.parametrize(
    "entity", [SIGNED, SIGNED.replace(b"pkcs7", b"pgp"), SIGNED.replace(b"signed;", b"encrypted;")]
)
def test_signed_and_encrypted_mail_goes_out_as_it_came(entity: bytes) -> None:
    message = message_from_mail(mail(entity))
    written = octets_from_message(message)

    assert written.endswith(entity)
    is_signed = b"multipart/signed" in entity
    expected = "IPM.Note.SMIME.MultipartSigned" if is_signed else "IPM.Note.SMIME"
    assert message.properties[tags.PidTagMessageClass] == expected
    assert message.properties.text(tags.PidTagBody) == ("signed text \r\n\r\n" if is_signed else "")
    assert octets_from_message(message_from_mail(written)) == written


def test_eight_bit_signed_mail_inside_a_message(checked: Check) -> None:
    entity = SIGNED.replace(b"signed text", "gezeichnet für dich".encode())
    message = checked(mail(multi("mixed", PLAIN, part("message/rfc822", mail(entity)), boundary="outer")))
    written = octets_from_message(message)

    assert entity in written
    assert written.count(b"Content-Transfer-Encoding: 8bit") == 2


@pytest.mark.parametrize(
    "content_type",
    [
        "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m",
        "application/x-pkcs7-mime; name=smime.p7m",
    ],
)
def test_enveloped_mail(content_type: str, checked: Check) -> None:
    data = bytes(range(256)) * 30
    entity = part(content_type, base64.encodebytes(data), "Content-Transfer-Encoding: base64")
    message = checked(mail(entity))

    assert message.properties[tags.PidTagMessageClass] == "IPM.Note.SMIME"
    assert content(message.attachments[0]) == data
    root = scan(octets_from_message(message)).root
    assert root.text(b"content-type") == content_type.encode()


def test_opaque_classes_without_their_content_are_ordinary() -> None:
    attachment = Attachment(PropertyBag({tags.PidTagAttachMimeTag: "multipart/signed"}), InMemory(b"junk"))
    message = Message(
        PropertyBag({tags.PidTagMessageClass: "IPM.Note.SMIME.MultipartSigned"}), [], [attachment]
    )

    assert kinds(octets_from_message(message)) == ["multipart/mixed", "application/octet-stream"]
    message.attachments[0] = Attachment()
    assert kinds(octets_from_message(message)) == ["multipart/mixed", "application/octet-stream"]
    message.properties[tags.PidTagMessageClass] = "IPM.Note.SMIME"
    message.attachments[0] = Attachment(PropertyBag(), InMemory(b"cms"))
    assert kinds(octets_from_message(message)) == ["application/pkcs7-mime"]


STATUS = (
    b"Reporting-MTA: dns; mx.x.org\r\nArrival-Date: Thu, 1 Jan 1970 00:00:01 +0000\r\n\r\n"
    b"Original-Recipient: rfc822;list@y.org\r\nFinal-Recipient: rfc822;a@y.org\r\nAction: failed\r\n"
    b"Status: 5.1.1 (unknown)\r\nRemote-MTA: dns; mx.y.org\r\nDiagnostic-Code: smtp; 550 no such user\r\n"
    b"Last-Attempt-Date: Thu, 1 Jan 1970 00:00:02 +0000\r\n\r\n"
    b"Final-Recipient: rfc822;b@y.org\r\nAction: delivered\r\nStatus: 2.0.0\r\n"
)
ORIGINAL = part("message/rfc822", b"Subject: lost\r\nMessage-ID: <1@x>\r\n\r\nbody\r\n")


def report(kind: str, status: bytes) -> bytes:
    return mail(
        multi("report", PLAIN, part(f"message/{kind}", status), ORIGINAL, head=f"; report-type={kind}")
    )


def test_a_delivery_status_is_a_report_and_back(checked: Check) -> None:
    message = checked(report("delivery-status", STATUS))
    bag = message.properties

    assert bag[tags.PidTagMessageClass] == "REPORT.IPM.Note.NDR"
    assert bag[tags.PidTagReportingMessageTransferAgent] == "mx.x.org"
    assert bag[tags.PidTagOriginalSubject] == "lost"
    assert bag[tags.PidTagOriginalMessageId] == "<1@x>"
    addressee, failed = message.recipients
    assert addressee.properties[tags.PidTagSmtpAddress] == "b@x.org"
    row = failed.properties
    assert row[tags.PidTagSmtpAddress] == "a@y.org"
    assert row[tags.PidTagNonDeliveryReportStatusCode] == 511
    assert row[tags.PidTagNonDeliveryReportDiagCode] == 35
    assert row[tags.PidTagNonDeliveryReportReasonCode] == 1
    assert row[tags.PidTagSupplementaryInfo] == "<mx.y.org #5.1.1 smtp; 550 no such user>"
    written = octets_from_message(message)
    for line in (
        b"Action: failed",
        b"Status: 5.1.1",
        b"Diagnostic-Code: smtp; 550 no such user",
        b"Remote-MTA: dns;mx.y.org",
    ):
        assert line + CRLF in written
    assert kinds(written)[:3] == ["multipart/report", "text/plain", "message/delivery-status"]


@pytest.mark.parametrize(
    ("action", "suffix"),
    [("delivered", "DR"), ("expanded", "Expanded.DR"), ("relayed", "Relayed.DR"), ("delayed", "Delayed.DR")],
)
def test_each_action_has_its_class(action: str, suffix: str, checked: Check) -> None:
    status = (
        b"\r\nFinal-Recipient: utf-8;j\xc3\xb6rg@y.org\r\nAction: %b\r\nStatus: 4.99.1\r\n" % action.encode()
    )
    message = checked(report("delivery-status", b"X: y\r\n" + status))

    assert message.properties[tags.PidTagMessageClass] == f"REPORT.IPM.Note.{suffix}"
    written = octets_from_message(message)
    assert b"Action: " + action.encode() in written
    assert "message/global-delivery-status" in kinds(written)


def test_a_report_of_our_own() -> None:
    row = message_from_mail(b"To: Ann <ann@y.org>\r\n\r\n").recipients[0]
    row.properties[tags.PidTagNonDeliveryReportStatusCode] = 522
    message = Message(PropertyBag({tags.PidTagMessageClass: "REPORT.IPM.Note.NDR"}), [row])
    written = octets_from_message(message, options=Options(reporting_mta="here.x.org"))

    assert b"Reporting-MTA: dns;here.x.org" in written
    assert b"Status: 5.2.2" in written
    assert b"X-Display-Name: Ann" in written


@pytest.mark.parametrize(
    ("disposition", "suffix"),
    [
        (b"manual-action/MDN-sent-manually; displayed", "IPNRN"),
        (b"automatic-action/MDN-sent-automatically; deleted/error", "IPNNRN"),
    ],
)
def test_receipts(disposition: bytes, suffix: str, checked: Check) -> None:
    status = b"Final-Recipient: rfc822;a@x.org\r\nOriginal-Message-ID: <1@x>\r\nDisposition: " + disposition
    message = checked(report("disposition-notification", status + b"\r\nX-MSExch-Correlation-Key: AQI=\r\n"))
    bag = message.properties

    assert bag[tags.PidTagMessageClass] == f"REPORT.IPM.Note.{suffix}"
    assert bag[tags.PidTagOriginalMessageId] == "<1@x>"
    assert bag[tags.PidTagParentKey] == b"\1\2"
    written = octets_from_message(message)
    assert b"Disposition: " + disposition.partition(b"/error")[0] in written


def test_a_report_of_another_kind_is_mail(checked: Check) -> None:
    message = checked(report("feedback-report", b"Feedback-Type: abuse\r\n"))

    assert message.properties[tags.PidTagMessageClass] == "IPM.Note"


@pytest.mark.parametrize(
    ("content_class", "message_class"),
    [
        ("voice", "IPM.Note.Microsoft.Voicemail.UM"),
        ("fax-ca", "IPM.Note.Microsoft.Fax.CA"),
        ("urn:content-class:custom.Order", "IPM.Note.Custom.Order"),
        ("InfoPathForm.x.y", "IPM.InfoPathForm.x.y"),
        ("urn:content-class:custom.\u00e9", "IPM.Note"),
        ("urn:content-classes:message", "IPM.Note"),
    ],
)
def test_content_classes(content_class: str, message_class: str) -> None:
    assert class_of_content_class(content_class) == message_class
    if message_class != "IPM.Note":
        assert content_class_of(message_class).lower() == content_class.lower()


# ------------------------------------------------------------------------------------------------ hooks

CALENDAR = part("text/calendar; charset=utf-8; method=REQUEST", b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n")


def test_calendar_parts_go_to_the_hook() -> None:
    seen: list[CalendarPart] = []

    def read(found: CalendarPart, message: Message) -> bool:
        seen.append(found)
        message.properties[tags.PidTagMessageClass] = "IPM.Schedule.Meeting.Request"
        return True

    message = message_from_mail(mail(multi("alternative", PLAIN, CALENDAR)), hooks=ReaderHooks(calendar=read))

    assert seen == [CalendarPart(b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n", "utf-8", "REQUEST")]
    assert not message.attachments
    assert message.properties[tags.PidTagMessageClass] == "IPM.Schedule.Meeting.Request"
    hooks = WriterHooks(calendar=lambda _: CalendarPart(b"BEGIN:VCALENDAR\r\n", "", "REQUEST"))
    written = octets_from_message(message, options=Options(hooks=hooks))
    assert kinds(written) == ["multipart/alternative", "text/plain", "text/calendar"]
    assert b"text/calendar; charset=utf-8; method=REQUEST" in written
    none = Options(hooks=WriterHooks(calendar=lambda _: None))
    assert kinds(octets_from_message(message, options=none)) == ["text/plain"]


def test_without_hook_they_are_attachments_with_their_method(checked: Check) -> None:
    message = checked(mail(multi("alternative", PLAIN, CALENDAR)))

    assert len(message.attachments) == 1
    assert b"method=REQUEST" in octets_from_message(message)


def test_winmail_dat_is_merged() -> None:
    inner = Message(
        PropertyBag(
            {tags.PidTagMessageClass: "IPM.Task", tags.PidTagBody: "inner\r\n", tags.PidTagSubject: "no"}
        ),
        [],
        [
            Attachment(
                PropertyBag({tags.PidTagAttachLongFilename: "x", tags.PidTagAttachMethod: 1}), InMemory(b"y")
            )
        ],
    )
    hooks = WriterHooks(tnef=write_tnef)
    outer = message_from_mail(mail(PLAIN))
    octets = octets_from_message(inner, options=Options(is_tnef=True, hooks=hooks))
    assert kinds(octets) == ["multipart/mixed", "text/plain", "application/ms-tnef"]

    message = message_from_mail(b"Subject: s\r\n" + octets, hooks=ReaderHooks(tnef=read_tnef))

    assert message.properties[tags.PidTagMessageClass] == "IPM.Task"
    assert message.properties[tags.PidTagSubject] == "s"
    assert message.properties.text(tags.PidTagBody).strip() == "inner"
    assert [content(each) for each in message.attachments] == [b"y"]
    assert len(message_from_mail(octets).attachments) == 1
    assert outer.attachments == []


def test_unreadable_tnef_is_a_file() -> None:
    def refuse(octets: bytes) -> Message:
        raise ParseError("a stream", 0)

    entity = part("application/ms-tnef; name=winmail.dat", b"junk")
    message = message_from_mail(mail(multi("mixed", PLAIN, entity)), hooks=ReaderHooks(tnef=refuse))

    assert [content(each) for each in message.attachments] == [b"junk"]


# ------------------------------------------------------------------------------- contents and encodings


@settings(max_examples=60)
@given(st.binary(max_size=400), st.sampled_from(["base64", "quoted-printable", "x-uuencode", "8bit"]))
def test_contents_in_small_chunks(octets: bytes, encoding: str) -> None:
    if encoding == "base64":
        encoded = base64.encodebytes(octets)
    elif encoding == "quoted-printable":
        encoded = quopri.encodestring(octets)
    elif encoding == "8bit":
        encoded = octets
    else:
        lines = [binascii.b2a_uu(octets[at : at + 45]) for at in range(0, len(octets), 45)]
        encoded = b"begin 644 x\n" + b"".join(lines) + b"`\nend\ntrailer\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slices, "CHUNK", 100)
        content_ = PartOctets(encoded, 0, len(encoded), encoding)
        assert b"".join(content_.chunks()) == octets
        assert content_.size == len(octets)


@pytest.mark.parametrize(
    ("encoded", "octets"),
    [
        (b"QUJD", b"ABC"),
        (b"QU JD\r\n*", b"ABC"),
        (b"QUI=", b"AB"),
        (b"QUI", b"AB"),
        (b"QUI=REVG", b"AB"),
        (b"=QUJD", b"ABC"),
        (b"Q", b""),
        (b"", b""),
    ],
)
def test_damaged_base64(encoded: bytes, octets: bytes) -> None:
    assert b"".join(PartOctets(encoded, 0, len(encoded), "base64").chunks()) == octets


def test_quoted_printable_without_line_breaks() -> None:
    encoded = b"=41" * CHUNK
    assert b"".join(PartOctets(encoded, 0, len(encoded), "quoted-printable").chunks()) == b"A" * CHUNK


@pytest.mark.slow
def test_fifty_megabytes_flow_through_in_pieces() -> None:
    line = base64.b64encode(bytes(range(57))) + CRLF
    count = 50_000_000 // 57
    entity = part("application/zip; name=a.zip", line * count, "Content-Transfer-Encoding: base64")
    octets = mail(multi("mixed", PLAIN, entity))
    scanned = scan(octets)
    tracemalloc.start()

    message = message_from_mail(octets, scanned)
    size = sum(map(len, mail_from_message(message)))
    longest = max(map(len, mail_from_message(message)))
    (attachment,) = message.attachments
    assert attachment.data is not None
    assert attachment.data.size == count * 57
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert abs(size - len(octets)) < 2000
    assert longest < 1 << 20
    assert peak < 8 << 20


def test_pieces_joined_and_cut() -> None:
    joined = Joined([InMemory(b"abc"), InMemory(b"def")])

    assert joined.size == 6
    assert read_octets(joined, 4) == b"abcd"


@pytest.mark.parametrize(
    ("octets", "encoding"),
    [
        (b"plain\r\n", "7bit"),
        (b"", "7bit"),
        ("Grüße aus Ulm an der Donau\r\n".encode(), "quoted-printable"),
        ("日本語\r\n".encode(), "base64"),
        (b"x" * 1200 + b"\r\n", "quoted-printable"),
        (b"a\nb", "base64"),
        (b"a\rb", "base64"),
        (b"nul \0 in a longer text\r\n", "quoted-printable"),
    ],
)
def test_texts_get_the_encoding_they_need(octets: bytes, encoding: str) -> None:
    assert transfer.encoding_of_text(octets) == encoding


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=300))
def test_quoted_printable_comes_back(text: str) -> None:
    octets = text.encode() + CRLF
    encoded = transfer.quoted_printable(octets)

    assert binascii.a2b_qp(encoded) == octets
    assert max(map(len, encoded.split(CRLF))) <= 76


def test_what_is_seven_bit() -> None:
    assert transfer.is_seven_bit(InMemory(b"a\r\nb\r\n"))
    assert not transfer.is_seven_bit(InMemory(b"a\nb"))
    assert not transfer.is_seven_bit(InMemory(b"\xe9"))
    assert not transfer.is_seven_bit(Joined([InMemory(b"x" * 600), InMemory(b"x" * 600)]))


@pytest.mark.parametrize(
    ("octets", "name", "text", "page"),
    [
        (b"abc", "", "abc", 20127),
        (b"abc", "utf-8", "abc", 65001),
        ("é".encode(), "utf-8", "é", 65001),
        (b"\xe9", "iso-8859-1", "é", 28591),
        (b"\x93", "iso-8859-1", "\u201c", 1252),
        (b"\xe9", "us-ascii", "é", 65001),
        (b"\xe9", "no-such-charset", "é", 65001),
        (b"\xff\xff", "utf-8", "ÿÿ", 65001),
        (b"\x1b$B8@8l\x1b(B", "iso-2022-jp", "言語", 65001),
        ("语言".encode("gb2312"), "gb2312", "语言", 936),
    ],
)
def test_charsets(octets: bytes, name: str, text: str, page: int) -> None:
    found = read_text(octets, name)

    assert found.text == text
    assert found.page.number == page
    assert found.octets.decode(found.page.codec) == found.text


def test_a_page_may_tell_its_charset() -> None:
    markup = b'<meta charset="koi8-r"><p>\xc1\xc2'
    found = read_text(markup, "", is_html=True)

    assert found.page.number == 20866
    assert found.text.endswith("\u0430\u0431")
    assert page_of_name("ascii") == page_of_number(20127)
    assert page_of_number(12345).number == 65001
    assert encode("日", page_of_number(1252)) == ("日".encode(), page_of_number(65001))


def test_boundaries_may_be_given() -> None:
    message = message_from_mail(mail(multi("mixed", PLAIN, FILE)))
    written = octets_from_message(message, options=Options(boundary="here"))

    assert b"boundary=here_1" in written
    assert octets_from_message(message) == octets_from_message(message)


def test_attachments_without_type_get_one_by_name() -> None:
    bag = PropertyBag({tags.PidTagAttachFilename: "a.DOCX"})
    message = Message(
        PropertyBag(), [], [Attachment(bag, InMemory(b"x")), Attachment(PropertyBag(), None, Message())]
    )

    assert kinds(octets_from_message(message))[1:3] == [
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "message/rfc822",
    ]


def test_messages_nested_without_end_are_cut_off() -> None:
    message = Message()
    message.attachments.append(Attachment(PropertyBag(), None, message))

    assert kinds(octets_from_message(message)).count("message/rfc822") == 30


@pytest.mark.parametrize(
    "octets",
    [
        mail(multi("mixed", *[part("text/plain", b"x")] * 20_000)),
        mail(multi("related", part("text/html", b"src=x cid:x " * 200_000), *[IMAGE, FILE] * 1500)),
        b"X-A: b\r\n" * 100_000 + b"To: " + b"a@b, " * 100_000 + CRLF,
        mail(part("text/enriched", b"<param>" * 200_000)),
        mail(part("text/plain", b"=" * 2_000_000, "Content-Transfer-Encoding: base64")),
        mail(multi("report", part("message/delivery-status", b"Final-Recipient: x;a@b\r\n\r\n" * 50_000))),
    ],
    ids=["parts", "shown", "header", "commands", "padding", "status"],
)
@pytest.mark.timeout(60)  # a second where nothing else runs; hours if each part looks at all the others
def test_hostile_mails_take_little_time(octets: bytes) -> None:
    assert sum(map(len, mail_from_message(message_from_mail(octets))))
