"""Header fields and properties: every row of the table both ways, addresses, folding."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gromox.convert.mail import Entry, Limits, Options, message_from_mail, octets_from_message
from gromox.convert.mail import value
from gromox.convert.mail.address import outgoing
from gromox.convert.mail.fold import encoded_words, field, phrase, structured
from gromox.convert.mail.headerout import mailbox_octets
from gromox.convert.mail.headertable import ROWS, Row
from gromox.convert.mail.hooks import WriterHooks
from gromox.convert.mail.oneoff import (
    flat_entry_list,
    one_off_entry_id,
    read_flat_entry_list,
    read_one_off,
)
from gromox.mapi import named, tags
from gromox.mapi.entryid import AddressBookEntryId, AddressBookType, OneOffEntryId
from gromox.mapi.guids import PS_INTERNET_HEADERS
from gromox.mapi.message import Message, PropertyBag, Recipient, RecipientType
from gromox.mapi.propname import NamedProperty
from gromox.mapi.propvalue import PropValue
from gromox.mime.date import parse_date
from gromox.mime.header import unfold
from gromox.mime.mediatype import parse_disposition
from gromox.mime.words import decode_words

#: A field of each kind and the property it is, both as they come out again.
VECTORS: dict[value.Kind, list[tuple[bytes, PropValue]]] = {
    value.TEXT: [(b"plain text", "plain text"), (b"=?utf-8?q?Gr=C3=BC=C3=9Fe_aus_Ulm?=", "Grüße aus Ulm")],
    value.MESSAGE_ID: [(b"<a.b@example.org>", "<a.b@example.org>")],
    value.MESSAGE_IDS: [(b"<a@b> <c@d>", "<a@b> <c@d>")],
    value.DATE: [(b"Thu, 1 Jan 1970 00:00:01 +0000", 116444736010000000)],
    value.NUMBER: [(b"7", 7), (b"-1", 0xFFFFFFFF)],
    value.BOOLEAN: [(b"true", True), (b"false", False)],
    value.BASE64: [(b"AQIDBA==", b"\1\2\3\4")],
    value.GUID_TEXT: [(b"6ed8da90-450b-101b-98da-00aa003f1305", "6ed8da90-450b-101b-98da-00aa003f1305")],
    value.KEYWORDS: [(b"one, two three, =?utf-8?b?w6k=?=", ("one", "two three", "é"))],
    value.SUPPRESS: [(b"DR, OOF, AutoReply", 49), (b"All", 0xFFFFFFFF), (b"None", 0)],
    value.IMPORTANCE: [(b"High", 2), (b"Low", 0)],
    value.PRIORITY: [(b"Urgent", 2), (b"Non-Urgent", 0)],
    value.X_PRIORITY: [(b"1", 2), (b"5", 0)],
    value.SENSITIVITY: [(b"Personal", 1), (b"Private", 2), (b"Company-Confidential", 3)],
}
CASES = [(row, octets, held) for row in ROWS for octets, held in VECTORS[row.kind]]


def read(header: bytes, **options: object) -> Message:
    return message_from_mail(header + b"\r\n\r\n", **options)  # type: ignore[arg-type]


def written(message: Message, options: Options | None = None) -> dict[bytes, bytes]:
    block = octets_from_message(message, options=options).partition(b"\r\n\r\n")[0]
    fields = re.split(rb"\r\n(?![ \t])", block)
    return {name: unfold(text) for name, _, text in (each.partition(b":") for each in fields)}


def test_every_kind_of_the_table_has_vectors() -> None:
    assert {row.kind for row in ROWS} <= set(VECTORS)


@pytest.mark.parametrize(("row", "octets", "held"), CASES, ids=lambda each: getattr(each, "header", None))
def test_a_field_is_its_property(row: Row, octets: bytes, held: PropValue) -> None:
    message = read(row.header.encode() + b": " + octets)

    assert message.properties[row.key] == held


@pytest.mark.parametrize(("row", "octets", "held"), CASES, ids=lambda each: getattr(each, "header", None))
def test_a_property_is_its_field(row: Row, octets: bytes, held: PropValue) -> None:
    message = Message(PropertyBag({row.key: held}))

    fields = written(message)

    if row.is_written:
        assert fields[row.header.encode()] == octets
    else:
        assert row.header.encode() not in fields


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.header)
@pytest.mark.parametrize("junk", [b"", b" \x00\x01", b"\xff", b"=?x?b?!?=", b"-99999999999", b"," * 9])
def test_junk_is_no_value_or_comes_back(row: Row, junk: bytes) -> None:
    parsed = row.kind.parse(junk)

    if parsed is not None:
        text = row.kind.format(parsed)
        octets = unfold(field("X", text)[3:]) if text is not None else b""
        assert text is None or row.kind.parse(octets) == parsed


@pytest.mark.parametrize("kind", VECTORS)
def test_values_of_other_types_are_not_written(kind: value.Kind) -> None:
    assert kind.format(1.5) is None
    assert kind.format(b"") is None


@pytest.mark.parametrize(
    ("header", "importance"),
    [
        (b"X-MSMail-Priority: Low\r\nPriority: urgent\r\nImportance: normal", 1),
        (b"X-MSMail-Priority: Low\r\nX-Priority: 1 (Highest)\r\nPriority: urgent", 2),
        (b"X-MSMail-Priority: Low\r\nX-Priority: 2", 2),
        (b"X-Priority: 9", 1),
        (b"", 1),
    ],
)
def test_importance_counts_more_than_its_older_names(header: bytes, importance: int) -> None:
    assert read(header).properties[tags.PidTagImportance] == importance


def test_a_follow_up_flag_sets_the_status() -> None:
    bag = read(b"X-Message-Flag: Call back\r\nReply-By: Thu, 1 Jan 1970 00:00:01 +0000").properties

    assert bag[named.PidLidFlagRequest] == "Call back"
    assert bag[tags.PidTagFlagStatus] == 2
    assert bag[tags.PidTagReplyTime] == 116444736010000000


def test_the_subject_and_what_follows_from_it() -> None:
    bag = read(b"Subject: Re: =?iso-8859-1?q?Gr=FC=DFe?=").properties

    assert bag[tags.PidTagSubject] == "Re: Grüße"
    assert bag[tags.PidTagSubjectPrefix] == "Re: "
    assert bag[tags.PidTagNormalizedSubject] == "Grüße"
    assert bag[tags.PidTagConversationTopic] == "Grüße"


def test_a_subject_of_its_parts_is_written() -> None:
    bag = PropertyBag({tags.PidTagSubjectPrefix: "AW: ", tags.PidTagNormalizedSubject: "x"})

    assert written(Message(bag))[b"Subject"] == b"AW: x"


def test_unmapped_fields_are_named_properties() -> None:
    message = read(
        b"X-Spam-Level: **\r\nAuto-Submitted: auto-replied\r\nx-spam-level: second\r\nReceived: by x\r\n"
        b"X-Empty:\r\nBad Name: y"
    )
    name = NamedProperty(PS_INTERNET_HEADERS, "X-Spam-Level", 0x1F)

    assert message.properties[name] == "**"
    assert [key.which for key in message.properties if isinstance(key, NamedProperty)] == [
        "X-Spam-Level",
        "Auto-Submitted",
    ]
    fields = written(message)
    assert fields[b"X-Spam-Level"] == b"**"
    assert b"Received" not in fields
    assert "Received: by x" in message.properties.text(tags.PidTagTransportMessageHeaders)


def test_named_properties_do_not_stand_in_for_fields_of_their_own() -> None:
    bag = PropertyBag(
        {
            NamedProperty(PS_INTERNET_HEADERS, name, 0x1F): "evil"
            for name in ("From", "Content-Type", "Date", "received", "Bad\r\nName", "ümlaut")
        }
    )
    octets = octets_from_message(Message(bag))

    assert b"evil" not in octets.replace(b"Date: evil", b"evil!")


def test_servers_fields_from_outside_do_not_count() -> None:
    header = b"X-MS-Exchange-Organization-SCL: -1\r\nX-MS-Exchange-Organization-AuthAs: Internal"

    assert read(header).properties[tags.PidTagContentFilterSpamConfidenceLevel] == 0xFFFFFFFF
    bag = read(header, is_trusted=False).properties
    assert tags.PidTagContentFilterSpamConfidenceLevel not in bag
    assert not any(isinstance(key, NamedProperty) for key in bag)


def test_bounds_of_the_header() -> None:
    header = b"".join(b"X-%d: y\r\n" % n for n in range(50)) + b"To: " + b"a@b, " * 50
    limits = Limits(named_headers=5, recipients=7, fields=60, transport_headers=30)

    message = read(header, limits=limits)

    assert sum(isinstance(key, NamedProperty) for key in message.properties) == 5
    assert len(message.recipients) <= 7
    assert len(message.properties.text(tags.PidTagTransportMessageHeaders)) == 30


def test_originators_and_receipts() -> None:
    header = (
        b"From: Boss <boss@example.org>\r\nSender: Secretary <sec@example.org>\r\n"
        b"Reply-To: List <list@example.org>, x@example.org\r\nDisposition-Notification-To: d@example.org\r\n"
        b"Return-Receipt-To: Rita <r@example.org>"
    )
    bag = read(header).properties

    assert bag[tags.PidTagSentRepresentingName] == "Boss"
    assert bag[tags.PidTagSenderSmtpAddress] == "sec@example.org"
    assert bag[tags.PidTagSenderSearchKey] == b"SMTP:SEC@EXAMPLE.ORG\0"
    assert bag[tags.PidTagReplyRecipientNames] == "List; x@example.org"
    assert bag[tags.PidTagReadReceiptEmailAddress] == "d@example.org"
    assert bag[tags.PidTagMessageFlags] == 0x2300
    fields = written(read(header))
    assert [fields[name] for name in (b"From", b"Sender", b"Reply-To")] == [
        b"Boss <boss@example.org>",
        b"Secretary <sec@example.org>",
        b"List <list@example.org>, x@example.org",
    ]
    assert fields[b"Disposition-Notification-To"] == b"d@example.org"
    assert fields[b"Return-Receipt-To"] == b"Rita <r@example.org>"


def test_the_sender_alone_stands_for_both() -> None:
    assert written(read(b"Sender: s@example.org"))[b"From"] == b"s@example.org"


def test_a_receipt_without_address_goes_to_the_author() -> None:
    message = read(b"From: a@example.org")
    message.properties[tags.PidTagReadReceiptRequested] = True
    message.properties[tags.PidTagOriginatorDeliveryReportRequested] = True

    fields = written(message)

    assert fields[b"Disposition-Notification-To"] == fields[b"Return-Receipt-To"] == b"a@example.org"


def test_groups_give_their_members() -> None:
    message = read(b"To: Friends: Ann <a@x.org>, b@x.org;, =?utf-8?q?J=C3=B6rg?= <j@x.org>\r\nCc: nobody:;")

    assert [each.properties[tags.PidTagDisplayName] for each in message.recipients] == [
        "Ann",
        "b@x.org",
        "Jörg",
    ]
    assert message.properties[tags.PidTagDisplayTo] == "Ann; b@x.org; Jörg"
    assert message.properties[tags.PidTagDisplayCc] == ""


def test_bcc_is_written_for_its_author_only() -> None:
    message = read(b"To: a@x.org\r\nBcc: b@x.org")

    assert b"Bcc" not in written(message)
    assert written(message, Options(with_bcc=True))[b"Bcc"] == b"b@x.org"
    assert written(read(b"Bcc: b@x.org"))[b"To"] == b"undisclosed-recipients:;"


def test_the_address_book_gives_its_entries() -> None:
    asked = []

    def resolver(address: str) -> Entry | None:
        asked.append(address)
        return Entry(b"entry", "EX", "/o=x/cn=ann", "Ann of X", 6, 0) if address == "ann@x.org" else None

    message = read(b"From: ann@x.org\r\nTo: Ann@x.org, b@x.org\r\nCc: ann@x.org", resolver=resolver)
    bag = message.properties

    assert asked == ["ann@x.org", "b@x.org"]
    assert bag[tags.PidTagSenderEntryId] == b"entry"
    assert bag[tags.PidTagSenderAddressType] == "EX"
    assert bag[tags.PidTagSenderName] == "Ann of X"
    assert bag[tags.PidTagSenderSmtpAddress] == "ann@x.org"
    assert written(message)[b"From"] == b"Ann of X <ann@x.org>"


def test_addresses_of_other_systems_are_asked_for() -> None:
    row = PropertyBag(
        {
            tags.PidTagRecipientType: RecipientType.TO | 0x10000000,
            tags.PidTagAddressType: "EX",
            tags.PidTagEmailAddress: "/cn=ann",
            tags.PidTagDisplayName: "Ann",
        }
    )
    hooks = WriterHooks(smtp_of=lambda kind, text: f"{kind}{text[-3:]}@x.org".lower())

    assert written(Message(recipients=[Recipient(row)]), Options(hooks=hooks))[b"To"] == b"Ann <exann@x.org>"


def test_a_one_off_entry_id_is_enough() -> None:
    row = PropertyBag({tags.PidTagEntryId: one_off_entry_id("Jörg", "j@x.org")})

    assert written(Message(recipients=[Recipient(row)]))[b"To"] == b"=?utf-8?q?J=C3=B6rg?= <j@x.org>"


def test_internationalised_addresses_stay_utf_8() -> None:
    header = "From: grün@dömäin.example\r\nTo: =?utf-8?b?5pel?= <日本@例え.jp>".encode()
    message = read(header)

    assert message.properties[tags.PidTagSenderSmtpAddress] == "grün@dömäin.example"
    assert written(message)[b"From"] == "grün@dömäin.example".encode()
    assert "<日本@例え.jp>".encode() in written(message)[b"To"]


def test_dates_and_identifiers_from_outside() -> None:
    options = Options(date=1.0, message_id="<new@x.org>")

    fields = written(Message(), options)

    assert parse_date(fields[b"Date"]) == (1, 0)
    assert fields[b"Message-ID"] == b"<new@x.org>"
    assert b"Date" not in written(Message())
    delivered = Message(PropertyBag({tags.PidTagMessageDeliveryTime: 116444736020000000}))
    assert parse_date(written(delivered)[b"Date"]) == (2, 0)
    assert read(b"", received=2.0).properties[tags.PidTagMessageDeliveryTime] == 116444736020000000


def test_a_one_off_entry_id_of_the_document() -> None:
    entry_id = one_off_entry_id("A", "a@b")

    assert entry_id == bytes.fromhex(
        "00000000812b1fa4bea310199d6e00dd010f5402000001904100000053004d00540050000000610040006200 0000"
    )
    assert OneOffEntryId("A", "SMTP", "a@b").octets() == entry_id
    assert read_one_off(entry_id) == ("A", "SMTP", "a@b")
    assert read_one_off(entry_id[:22] + b"\0\0A\0SMTP\0a@b\0") == ("A", "SMTP", "a@b")
    assert read_one_off(b"\0" * 40) is None
    assert all(read_one_off(entry_id[:size]) is None for size in range(24))


@given(st.lists(st.binary(max_size=9), max_size=5))
def test_lists_of_entry_ids(entry_ids: list[bytes]) -> None:
    octets = flat_entry_list(entry_ids)

    assert read_flat_entry_list(octets) == entry_ids
    for size in range(len(octets)):
        assert read_flat_entry_list(octets[:size]) == entry_ids[: len(read_flat_entry_list(octets[:size]))]


TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200)


@settings(max_examples=200)
@given(TEXTS)
def test_texts_come_back(text: str) -> None:
    octets = field("Subject", text)

    assert decode_words(unfold(octets.partition(b":")[2])) == text
    lines = octets.split(b"\r\n")[:-1]
    assert all(len(line) <= 998 for line in lines)
    if not text.isascii():
        assert all(len(line) <= 76 for line in lines)


@given(TEXTS.map(str.strip).filter(bool))
def test_file_names_come_back(name: str) -> None:
    found = parse_disposition(structured("attachment", [("filename", name), ("size", "1")]))

    assert found is not None
    assert found.parameter("filename") == name
    assert found.parameter("size") == "1"


@given(TEXTS, st.from_regex(r"[a-z.é+-]{1,20}@[a-zé.-]{1,20}", fullmatch=True))
def test_mailboxes_come_back(name: str, address: str) -> None:
    mailbox = outgoing(name, address)
    if mailbox is None or not mailbox.name.strip():
        return
    message = read(field("To", mailbox_octets(mailbox)).rstrip())

    (row,) = message.recipients
    assert row.properties[tags.PidTagSmtpAddress] == mailbox.address
    assert row.properties[tags.PidTagDisplayName] == mailbox.name


@pytest.mark.parametrize(
    ("given_", "address"),
    [
        ("<a@b>", "a@b"),
        ("a b@c", '"a b"@c'),
        ('"a b"@c', '"a b"@c'),
        ("joe", "joe"),
        ("x\r\nBcc: evil@x@c", '"xBcc: evil@x"@c'),
        ("a@b>, <evil@x.org", '"a@b>, <evil"@x.org'),
    ],
)
def test_odd_addresses_cannot_break_the_field(given_: str, address: str) -> None:
    mailbox = outgoing("", given_)

    assert mailbox is not None
    assert mailbox.address == address
    message = read(b"To: " + mailbox_octets(mailbox))
    assert [each.properties[tags.PidTagSmtpAddress] for each in message.recipients] == [address]


def test_what_is_no_address_is_left_out() -> None:
    assert outgoing("", "") is None
    assert outgoing("", "a@" + "b" * 2000) is None
    assert read(b"From: " + b"a" * 1200 + b"@x").properties.get(tags.PidTagSenderName) is None


def test_phrases() -> None:
    assert phrase("Joe Q Public") == b"Joe Q Public"
    assert phrase('Joe "Q" Public') == b'"Joe \\"Q\\" Public"'
    assert phrase("Jörg") == b"=?utf-8?q?J=C3=B6rg?="
    assert encoded_words("日本", 10) == b"=?utf-8?b?5pel5pys?="


def test_long_lists_are_folded() -> None:
    octets = field("To", b", ".join([b"somebody@example.org"] * 40))

    assert max(map(len, octets.split(b"\r\n"))) <= 76
    assert unfold(octets[3:]) == b", ".join([b"somebody@example.org"] * 40)


def test_each_message_class_of_replies_keeps_its_topic() -> None:
    bag = read(b"Subject: Re: x\r\nThread-Topic: y\r\nThread-Index: AQIDBA==").properties

    assert bag[tags.PidTagConversationTopic] == "y"
    assert written(Message(bag))[b"Thread-Topic"] == b"y"
    assert b"Thread-Topic" not in written(read(b"Subject: Re: x"))


def test_a_class_tells_its_content_class() -> None:
    message = Message(PropertyBag({tags.PidTagMessageClass: "IPM.Note.Microsoft.Fax"}))

    assert written(message)[b"Content-Class"] == b"fax"


def test_replies_to_somebody_of_the_address_book() -> None:
    entry_id = AddressBookEntryId(AddressBookType.LOCAL_MAIL_USER, b"/o=x/cn=ann").octets()
    entries = flat_entry_list([entry_id, b"junk"])
    message = Message(read(b"From: a@x.org").properties)
    message.properties[tags.PidTagReplyRecipientEntries] = entries

    hooks = WriterHooks(smtp_of=lambda kind, text: f"{text[-3:]}@x.org" if kind == "EX" else None)

    assert written(message, Options(hooks=hooks))[b"Reply-To"] == b"ann@x.org"
    assert b"Reply-To" not in written(message)
