"""TNEF streams. Layouts: [MS-OXTNEF] 2.1.3."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Iterator

import pytest
import tnefparse
from hypothesis import given, settings

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, Writer
from gromox.convert.tnef import Attribute, AttributeType, looks_like_tnef, read_tnef, tnef_chunks, write_tnef
from gromox.convert.tnef import reader as reader_module
from gromox.convert.tnef.property import read_properties, write_properties
from gromox.mapi import tags
from gromox.mapi.guids import IID_IMessage, PS_PUBLIC_STRINGS
from gromox.mapi.message import Attachment, AttachMethod, InMemory, Message, PropertyBag
from gromox.mapi.propname import NamedProperty
from tests.convert.messages import messages, sample
from tests.support.mutate import damaged


def attribute(number: int, octets: bytes, level: int = 1) -> bytes:
    checksum = (sum(octets) & 0xFFFF).to_bytes(2, "little")
    return (
        bytes((level,)) + number.to_bytes(4, "little") + len(octets).to_bytes(4, "little") + octets + checksum
    )


def stream(*attributes: bytes) -> bytes:
    return bytes.fromhex("789f3e220100") + b"".join(attributes)


def read(*attributes: bytes) -> PropertyBag:
    return read_tnef(stream(*attributes), strict=True).properties


#: The first attributes of the message of [MS-OXTNEF] 3.1, with the checksums that stand there.
EXAMPLE = bytes.fromhex(
    "789f3e22" "0100"
    "01" "06900800" "04000000" "00000100" "0100"
    "01" "07900600" "08000000" "e404000000000000" "e800"
    "01" "08800700" "18000000" "49504d2e4d6963726f736f6674204d61696c2e4e6f746500" "3108"
    "01" "0d800400" "02000000" "0200" "0200"
    "01" "04800100" "0f000000" "53696d706c65207375626a65637400" "7a05"
    "01" "05800300" "0e000000" "d407020011000b00190023000200" "3701"
    "01" "20800300" "0e000000" "d407020011000c001a0009000200" "1f01"
    "01" "09800100" "21000000" + b"757BB19CDE936A4087D90BB784C58E3B\0".hex() + "5107"
)  # fmt: skip


def test_the_example_of_the_document_is_read() -> None:
    message = read_tnef(EXAMPLE, strict=True)

    assert message.properties.text(tags.PidTagMessageClass) == "IPM.Note"
    assert message.properties.text(tags.PidTagSubject) == "Simple subject"
    assert message.properties.number(tags.PidTagImportance) == 1
    assert message.properties[tags.PidTagClientSubmitTime] == 127_214_907_350_000_000
    assert message.properties[tags.PidTagSearchKey] == bytes.fromhex("757BB19CDE936A4087D90BB784C58E3B")


@pytest.mark.parametrize("size", range(len(EXAMPLE)))
def test_a_short_stream_is_an_error_or_a_shorter_message(size: int) -> None:
    starts = {0, 6} | set(_ends(EXAMPLE))
    if size in starts - {0}:
        read_tnef(EXAMPLE[:size], strict=True)
    else:
        with pytest.raises(ParseError):
            read_tnef(EXAMPLE[:size], strict=True)
    if size >= 6:
        read_tnef(EXAMPLE[:size])
    else:
        with pytest.raises(ParseError):
            read_tnef(EXAMPLE[:size])


def _ends(octets: bytes) -> Iterator[int]:
    at = 6
    while at < len(octets):
        at += 11 + int.from_bytes(octets[at + 5 : at + 9], "little")
        yield at


def test_a_message_comes_back() -> None:
    octets = write_tnef(sample())

    assert looks_like_tnef(octets)
    assert read_tnef(octets, strict=True) == sample()
    assert write_tnef(sample()) == octets
    assert write_tnef(read_tnef(octets)) == octets


@settings(max_examples=100)
@given(messages())
def test_any_message_comes_back(message: Message) -> None:
    octets = write_tnef(message)

    assert read_tnef(octets, strict=True) == message
    assert read_tnef(octets) == message


def test_another_reader_agrees() -> None:
    parsed = tnefparse.TNEF(write_tnef(sample()))

    assert parsed.attachments[0].data == b"data" * 2000
    assert parsed.attachments[0].long_filename() == "\u65e5.txt"
    assert {each.name for each in parsed.mapiprops} >= {0x37, 0x17, 0x0C1A, 0x6600}
    assert parsed.attachments[1].embed.mapiprops
    assert all(each.good_checksum for each in parsed.objects)


def test_every_truncation_of_a_message() -> None:
    small = sample()
    small.attachments[0].data = InMemory(b"x")
    del small.properties[0x66060102]
    octets = write_tnef(small)
    for size in range(len(octets)):
        for strict in (True, False):
            try:
                read_tnef(octets[:size], strict=strict)
            except ParseError:
                continue


def test_two_thousand_damaged_streams() -> None:
    small = sample()
    small.attachments[0].data = InMemory(b"x")
    del small.properties[0x66060102]
    good = write_tnef(small)
    for pieces in damaged(good, [b"\xff\xff\xff\xff", b"\x02\x02\x90\x06\0", b"\x1e\0"], seed=5, count=2000):
        for strict in (True, False):
            try:
                read_tnef(b"".join(pieces), strict=strict)
            except ParseError:
                continue


# Tolerance ----------------------------------------------------------------------------------------------
def test_checksums_count_only_when_strict() -> None:
    octets = stream(attribute(Attribute.SUBJECT, b"a\0"))[:-2] + b"\0\0"

    assert read_tnef(octets).properties.text(tags.PidTagSubject) == "a"
    assert read_tnef(octets[:-2]).properties.text(tags.PidTagSubject) == "a"
    with pytest.raises(ParseError, match="checksum"):
        read_tnef(octets, strict=True)


@pytest.mark.parametrize(
    "bad",
    [
        attribute(Attribute.MAPI_PROPERTIES, b"\xff\xff\xff\xff"),
        attribute(Attribute.RECIPIENT_TABLE, b"\xff\xff\xff\xff"),
        attribute(Attribute.PRIORITY, b""),
        attribute(Attribute.FROM, b"\4\0"),
        attribute(Attribute.DATE_SENT, b"\4\0"),
        attribute(Attribute.ATTACH_RENDER_DATA, b"\1", 2),
        b"\7" + attribute(Attribute.SUBJECT, b"lost\0")[1:],
        b"rubbish",
    ],
)
def test_what_is_malformed_is_passed_over(bad: bytes) -> None:
    octets = stream(attribute(Attribute.SUBJECT, b"a\0"), bad, attribute(Attribute.BODY, b"b\0"))

    assert read_tnef(octets).properties.text(tags.PidTagSubject) == "a"
    with pytest.raises(ParseError):
        read_tnef(octets, strict=True)


def test_unknown_attributes_are_passed_over() -> None:
    assert not read(attribute(0x0006ABCD, b"x"), attribute(Attribute.NULL, b""))
    assert not read(attribute(Attribute.PARENT_ID, b"not hexadecimal\0"))
    assert not read(attribute(Attribute.DATE_SENT, bytes(14)))
    assert not read(attribute(Attribute.DATE_SENT, bytes.fromhex("0100010001000000000000000000")))


def test_counts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_module, "MAX_ATTRIBUTES", 3)
    octets = stream(*[attribute(Attribute.ATTACH_RENDER_DATA, bytes(14), 2)] * 4)
    assert len(read_tnef(octets).attachments) == 3
    with pytest.raises(ParseError, match="at most 3"):
        read_tnef(octets, strict=True)
    monkeypatch.setattr(reader_module, "MAX_ATTACHMENTS", 2)
    assert len(read_tnef(octets).attachments) == 2


def test_other_files_are_refused() -> None:
    assert not looks_like_tnef(b"PK\3\4")
    with pytest.raises(ParseError, match="signature"):
        read_tnef(b"PK\3\4    ")


# Older attributes ---------------------------------------------------------------------------------------
def person(name: bytes, address: bytes) -> bytes:
    return len(name).to_bytes(2, "little") + name + len(address).to_bytes(2, "little") + address


@pytest.mark.parametrize(
    ("number", "octets", "tag", "value"),
    [
        (Attribute.SUBJECT, b"a\0b", tags.PidTagSubject, "a"),
        (Attribute.BODY, b"body", tags.PidTagBody, "body"),
        (
            Attribute.MESSAGE_CLASS,
            b"IPM.Microsoft Schedule.MtgReq\0",
            tags.PidTagMessageClass,
            "IPM.Schedule.Meeting.Request",
        ),
        (Attribute.MESSAGE_CLASS, b"IPM.Custom\0", tags.PidTagMessageClass, "IPM.Custom"),
        (
            Attribute.ORIGINAL_MESSAGE_CLASS,
            b"IPM.Microsoft Mail.Note\0",
            tags.PidTagOriginalMessageClass,
            "IPM.Note",
        ),
        (Attribute.PRIORITY, b"\1\0", tags.PidTagImportance, 2),
        (Attribute.PRIORITY, b"\3\0", tags.PidTagImportance, 0),
        (Attribute.PRIORITY, b"\x09\0", tags.PidTagImportance, 1),
        (Attribute.MESSAGE_STATUS, b"\xa6", tags.PidTagMessageFlags, 0x1F),
        (Attribute.MESSAGE_STATUS, b"\x01", tags.PidTagMessageFlags, 0),
        (Attribute.AID_OWNER, b"\1\2\3\4", tags.PidTagOwnerAppointmentId, 0x04030201),
        (Attribute.REQUEST_RESPONSE, b"\1\0", tags.PidTagResponseRequested, True),
        (Attribute.CONVERSATION_ID, b"0aFF\0", tags.PidTagConversationKey, b"\x0a\xff"),
        (Attribute.DELEGATE, b"\1\2", tags.PidTagReceivedRepresentingEntryId, b"\1\2"),
        (Attribute.DATE_START, bytes.fromhex("4106010001000000000000000100"), tags.PidTagStartDate, 0),
        (
            Attribute.FROM,
            bytes.fromhex("0400 2800 0400 0c00") + b"Ann\0smtp:a@b.org\0"[:16] + bytes(8),
            tags.PidTagSenderName,
            "Ann",
        ),
        (Attribute.SENT_FOR, person(b"Bob\0", b"SMTP:b@c\0"), tags.PidTagSentRepresentingEmailAddress, "b@c"),
        (Attribute.SENT_FOR, person(b"Bob\0", b"no type\0"), tags.PidTagSentRepresentingName, "Bob"),
        (Attribute.OWNER, person(b"Bob\0", b"x400:c=de\0"), tags.PidTagSentRepresentingAddressType, "X400"),
    ],
)
def test_older_attributes(number: int, octets: bytes, tag: int, value: object) -> None:
    assert read(attribute(number, octets))[tag] == value


def test_the_owner_of_a_response_is_who_receives_it() -> None:
    bag = read(
        attribute(Attribute.MESSAGE_CLASS, b"IPM.Microsoft Schedule.MtgRespP\0"),
        attribute(Attribute.OWNER, person(b"Org\0", b"smtp:o@x\0")),
    )

    assert bag.text(tags.PidTagReceivedRepresentingEmailAddress) == "o@x"


def test_properties_count_more_than_older_attributes() -> None:
    w = Writer()
    write_properties(w, PropertyBag({0x0037001E: b"new\xe4"}))
    old, new = attribute(Attribute.SUBJECT, b"old\0"), attribute(Attribute.MAPI_PROPERTIES, w.octets())

    assert read(old, new)[tags.PidTagSubject] == "new\u00e4"
    assert read(new, old)[tags.PidTagSubject] == "new\u00e4"


def test_the_code_page_counts_wherever_it_stands() -> None:
    page = attribute(Attribute.OEM_CODEPAGE, (932).to_bytes(4, "little") + bytes(4))
    subject = attribute(Attribute.SUBJECT, b"\x93\xfa\0")

    assert read(page, subject)[tags.PidTagSubject] == "\u65e5"
    assert read(subject, page)[tags.PidTagSubject] == "\u65e5"


def test_an_attachment_of_older_attributes_alone() -> None:
    (attachment,) = read_tnef(
        stream(
            attribute(Attribute.ATTACH_TITLE, b"a.txt\0", 2),  # without attAttachRendData before it
            attribute(Attribute.ATTACH_DATA, b"data", 2),
            attribute(Attribute.ATTACH_META_FILE, b"meta", 2),
            attribute(Attribute.ATTACH_TRANSPORT_FILENAME, b"a~1.txt\0", 2),
        )
    ).attachments

    assert attachment.data == InMemory(b"data")
    assert dict(attachment.properties) == {
        tags.PidTagAttachFilename: "a.txt",
        tags.PidTagAttachRendering: b"meta",
        tags.PidTagAttachTransportName: "a~1.txt",
        tags.PidTagAttachMethod: AttachMethod.BY_VALUE,
    }


# Objects ------------------------------------------------------------------------------------------------
def with_object(structure: bytes) -> bytes:
    w = Writer()
    write_properties(w, PropertyBag({tags.PidTagAttachDataObject: structure}))
    return stream(
        attribute(Attribute.ATTACH_RENDER_DATA, b"\2\0" + (5).to_bytes(4, "little") + bytes(8), 2),
        attribute(Attribute.ATTACHMENT, w.octets(), 2),
    )


def test_ole_objects() -> None:
    message = Message(attachments=[Attachment(PropertyBag({tags.PidTagAttachMethod: 6}), InMemory(b"ole"))])

    assert read_tnef(write_tnef(message), strict=True) == message
    (attachment,) = read_tnef(with_object(bytes(16) + b"storage"), strict=True).attachments
    assert attachment.data == InMemory(b"storage")
    assert attachment.properties.number(tags.PidTagAttachMethod) == AttachMethod.OLE
    assert attachment.properties.number(tags.PidTagRenderingPosition) == 5


def test_a_message_that_is_none_stays_octets() -> None:
    octets = with_object(IID_IMessage.bytes_le + b"no TNEF")

    assert read_tnef(octets).attachments[0].data == InMemory(b"no TNEF")
    with pytest.raises(ParseError):
        read_tnef(octets, strict=True)


def test_an_embedded_message_without_a_method_gets_one() -> None:
    octets = with_object(IID_IMessage.bytes_le + stream(attribute(Attribute.SUBJECT, b"in\0")))
    (attachment,) = read_tnef(octets, strict=True).attachments

    assert attachment.embedded is not None
    assert attachment.embedded.properties.text(tags.PidTagSubject) == "in"
    assert attachment.properties.number(tags.PidTagAttachMethod) == AttachMethod.EMBEDDED


def test_depth_is_bounded() -> None:
    octets = stream()
    for _ in range(40):
        octets = with_object(IID_IMessage.bytes_le + octets)
    message, depth = read_tnef(octets, strict=True), 0
    while message.attachments[0].embedded is not None:
        message, depth = message.attachments[0].embedded, depth + 1
    assert depth == 30
    assert message.attachments[0].data is not None

    nested = Message()
    for _ in range(40):
        nested = Message(attachments=[Attachment(embedded=nested)])
    with pytest.raises(ValueError, match="at most 30"):
        write_tnef(nested)


def test_data_in_the_properties_is_the_content() -> None:
    w = Writer()
    write_properties(w, PropertyBag({tags.PidTagAttachDataBinary: b"x"}))
    octets = stream(
        attribute(Attribute.ATTACHMENT, w.octets(), 2), attribute(Attribute.ATTACHMENT, w.octets(), 2)
    )

    (attachment,) = read_tnef(octets).attachments
    assert attachment.data == InMemory(b"x")
    assert tags.PidTagAttachDataBinary not in attachment.properties


class Large:
    """Octets in pieces."""

    size = 6

    def chunks(self) -> Iterator[bytes]:
        yield b"abc"
        yield b"def"


def test_large_attachments_are_written_in_pieces() -> None:
    message = Message(attachments=[Attachment(PropertyBag(), Large())])
    chunks = list(tnef_chunks(message))

    assert b"abc" in chunks
    assert read_tnef(b"".join(chunks), strict=True).attachments[0].data == InMemory(b"abcdef")


# Properties ---------------------------------------------------------------------------------------------
def test_the_layout_of_properties() -> None:
    """[MS-OXTNEF] 2.1.3.4."""
    w = Writer()
    guid = uuid.UUID("00020329-0000-0000-c000-000000000046")
    write_properties(
        w, PropertyBag({0x00370002: 7, NamedProperty(guid, "ab", 0x101F): ("x", ""), 0x00FF00FB: b""})
    )

    assert w.octets() == bytes.fromhex(
        "02000000"
        "02003700" "07000000"  # filled up to four octets
        "1f100080" "2903020000000000c000000000000046" "01000000" "06000000" "61006200000" "00000"
        "02000000" "04000000" "78000000" "02000000" "00000000"
    )  # fmt: skip


def test_types_that_say_nothing() -> None:
    def parsed(text: str) -> PropertyBag:
        return read_properties(Reader(bytes.fromhex(text)), 1252)

    assert not parsed("01000000 01003700")  # PtypNull
    assert parsed("01000000 1f003700 00000000") == {tags.PidTagSubject: ""}
    assert parsed("01000000 02013700 00000000") == {0x00370102: b""}
    for bad in (
        "01000000 fd003700",
        "01000000 1f003700 ffffffff",
        "01000000 1f000080" + "00" * 16 + "02000000",
        "01000000 1f000080" + "00" * 16 + "01000000 ffffff00",
    ):
        with pytest.raises(ParseError):
            parsed(bad)


def test_values_that_do_not_fit_are_errors() -> None:
    for bag in ({0x0037001F: 1}, {0x0037101F: "x"}, {0x00370102: "x"}, {0x0037001E: "x"}):
        with pytest.raises(ValueError, match=r"0x|tuple"):
            write_tnef(Message(PropertyBag(bag)))  # type: ignore[arg-type] # the wrong ones are the point


def test_numbers_of_names_are_left_out() -> None:
    message = Message(PropertyBag({0x80010003: 1, NamedProperty(PS_PUBLIC_STRINGS, "x", 0x0003): 2}))
    expected = copy.deepcopy(message)
    del expected.properties[0x80010003]

    assert read_tnef(write_tnef(message), strict=True) == expected


def test_older_attributes_are_written_as_far_as_they_hold() -> None:
    long = "x" * 70000
    bag = PropertyBag({tags.PidTagSenderName: long, tags.PidTagSenderAddressType: "SMTP"})
    bag[tags.PidTagSenderEmailAddress] = "a@b"
    bag[tags.PidTagClientSubmitTime] = 2**63
    message = Message(bag)

    assert read_tnef(write_tnef(message), strict=True) == message


def test_the_table_is_that_of_the_document() -> None:
    assert int(Attribute.MAPI_PROPERTIES) == 0x00069003
    assert AttributeType(Attribute.SUBJECT >> 16) is AttributeType.STRING
    assert AttributeType(Attribute.TNEF_VERSION >> 16) is AttributeType.DWORD
