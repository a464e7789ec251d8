"""Outlook's files, [MS-OXMSG]."""

from __future__ import annotations

import io
import struct

import olefile
import pytest
from hypothesis import given, settings

from gromox.base.errors import ParseError
from gromox.convert.cfb import Storage, Stream, read_cfb, write_cfb
from gromox.convert.msg import read_msg, write_msg
from gromox.mapi import tags
from gromox.mapi.guids import PS_PUBLIC_STRINGS
from gromox.mapi.message import Attachment, AttachMethod, InMemory, Message, PropertyBag
from gromox.mapi.propname import NamedProperty
from tests.convert.messages import messages, sample
from tests.support.mutate import damaged


def test_a_message_comes_back() -> None:
    octets = write_msg(sample())

    assert read_msg(octets) == sample()
    assert write_msg(sample()) == octets


@settings(max_examples=60)
@given(messages())
def test_any_message_comes_back(message: Message) -> None:
    assert read_msg(write_msg(message)) == message


def test_streams_stand_where_the_document_says() -> None:
    """[MS-OXMSG] 2.1.3, 2.1.4, 2.2.1, 2.2.2 and 2.4.1.1, seen by another reader of compound files."""
    with olefile.OleFileIO(io.BytesIO(write_msg(sample())), raise_defects=olefile.DEFECT_INCORRECT) as other:
        assert not other.parsing_issues
        text = "Größe \u65e5\u672c".encode("utf-16-le")
        assert other.openstream("__substg1.0_0037001F").read() == text
        properties = other.openstream("__properties_version1.0").read()
        assert struct.unpack_from("<8x4I8x", properties) == (2, 2, 2, 2)
        entries = {struct.unpack_from("<I", properties, at)[0]: at for at in range(32, len(properties), 16)}
        assert struct.unpack_from("<II", properties, entries[tags.PidTagSubject] + 8) == (len(text) + 2, 0)
        assert other.openstream("__recip_version1.0_#00000001/__substg1.0_3001001F").read() == b"C\0a\0r\0l\0"
        assert other.openstream("__attach_version1.0_#00000000/__substg1.0_37010102").read() == b"data" * 2000
        inner = "__attach_version1.0_#00000001/__substg1.0_3701000D/"
        assert len(other.openstream(inner + "__properties_version1.0").read()) == 24 + 3 * 16
        assert other.openstream("__substg1.0_66001102").read() == struct.pack("<IIII", 0, 0, 3, 0)
        assert other.openstream("__substg1.0_66001102-00000001").read() == b"abc"
        assert other.openstream("__substg1.0_66011002").read() == b"\1\0\2\0\3\0"
        # Two names: PS_PUBLIC_STRINGS is property set 2, the other one the first of the stream (3).
        assert other.openstream("__nameid_version1.0/__substg1.0_00030102").read() == struct.pack(
            "<IHHIHH", 0, 2 << 1 | 1, 0, 0x8205, 3 << 1, 1
        )
        assert other.openstream("__nameid_version1.0/__substg1.0_00040102").read() == (
            b"\x10\0\0\0" + "Keywords".encode("utf-16-le")
        )
        place = 0x1000 + (0x8205 ^ 3 << 1) % 31
        assert other.exists(f"__nameid_version1.0/__substg1.0_{place:04X}0102")


def test_texts_in_a_code_page() -> None:
    properties = (
        bytes(32) + struct.pack("<IIII", 0x0037001E, 6, 3, 0) + struct.pack("<IIII", 0x3FFD0003, 6, 932, 0)
    )
    properties += struct.pack("<IIII", 0x6600101E, 6, 4, 0)
    root = Storage(
        "",
        [
            Stream("__properties_version1.0", properties),
            Stream("__substg1.0_0037001E", b"\x93\xfa"),
            Stream("__substg1.0_6600101E", b"\2\0\0\0"),
            Stream("__substg1.0_6600101E-00000000", b"\x96\x7b\0"),
        ],
    )
    bag = read_msg(write_cfb(root)).properties

    assert bag[tags.PidTagSubject] == "\u65e5"
    assert bag[0x6600101F] == ("\u672c",)


def test_what_is_missing_is_passed_over() -> None:
    entries = [
        (0x0037001F, 0),  # no stream
        (0x6600101F, 0),
        (0x66011003, 0),
        (0x6602000D, 0),  # a type that messages do not have
        (0x66030048, 0),  # too short
        (0x6604101F, 0),  # more values than streams
        (0x6605100D, 0),
        (0x80000003, 0),  # no name
        (0x00170003, 2),
    ]
    root = Storage(
        "",
        [
            Stream(
                "__properties_version1.0",
                bytes(32)
                + b"".join(struct.pack("<IIII", tag, 6, value, 0) for tag, value in entries)
                + b"rest",
            ),
            Stream("__substg1.0_66030048", b"short"),
            Stream("__substg1.0_6604101F", bytes(4000)),
            Stream("__substg1.0_6605100D", b""),
            Storage("__recip_version1.0_#00000000"),
            Storage("__attach_version1.0_#00000000"),
        ],
    )
    message = read_msg(write_cfb(root))

    assert dict(message.properties) == {0x00170003: 2}
    assert (len(message.recipients), len(message.attachments)) == (1, 1)
    assert message.attachments[0].data is None


@pytest.mark.parametrize(
    ("guids", "entries", "strings"),
    [
        (b"", struct.pack("<IHH", 1, 3 << 1, 0), b""),  # a property set that is not there
        (b"", struct.pack("<IHH", 1, 0, 0), b""),
        (b"", struct.pack("<IHH", 99, 2 << 1 | 1, 0), b""),  # a text that is not there
        (b"", struct.pack("<IHH", 0, 2 << 1 | 1, 0), b"\xff\0\0\0a"),
    ],
)
def test_broken_names_lose_their_properties(guids: bytes, entries: bytes, strings: bytes) -> None:
    names: list[Storage | Stream] = [
        Stream(f"__substg1.0_{tag:08X}", octets)
        for tag, octets in ((0x00020102, guids), (0x00030102, entries), (0x00040102, strings))
    ]
    properties = bytes(32) + struct.pack("<IIII", 0x80000003, 6, 1, 0)
    root = Storage("", [Stream("__properties_version1.0", properties), Storage("__nameid_version1.0", names)])

    assert not read_msg(write_cfb(root)).properties


def test_ole_objects() -> None:
    ole = write_cfb(Storage("", [Stream("CONTENTS", b"picture")]))

    def message(octets: bytes) -> Message:
        return Message(
            PropertyBag(),
            [],
            [Attachment(PropertyBag({tags.PidTagAttachMethod: AttachMethod.OLE}), InMemory(octets))],
        )

    assert read_msg(write_msg(message(ole))) == message(ole)
    root = read_cfb(write_msg(message(ole)))
    storage = root.storage("__attach_version1.0_#00000000")
    assert storage is not None
    inner = storage.storage("__substg1.0_3701000D")
    assert inner is not None
    assert inner.stream("CONTENTS") == b"picture"
    # What is no compound file is kept as octets.
    for octets in (b"no storage", ole[:100]):
        assert read_msg(write_msg(message(octets))) == message(octets)


def test_an_object_that_is_a_stream() -> None:
    part = Storage(
        "__attach_version1.0_#00000000",
        [Stream("__properties_version1.0", bytes(8)), Stream("__substg1.0_3701000D", b"raw")],
    )
    root = Storage("", [Stream("__properties_version1.0", bytes(32)), part])

    assert read_msg(write_cfb(root)).attachments[0].data == InMemory(b"raw")


def test_what_a_file_cannot_hold_is_left_out() -> None:
    named = NamedProperty(PS_PUBLIC_STRINGS, "x", 0x0003)
    bag = PropertyBag(
        {named: 1, 0x80010003: 2, 0x660000FD: b"", 0x66011001: (), tags.PidTagStoreSupportMask: 9}
    )

    assert dict(read_msg(write_msg(Message(bag))).properties) == {named: 1}


def test_string8_becomes_a_string() -> None:
    assert (
        read_msg(write_msg(Message(PropertyBag({0x0037001E: b"a\xe4"})))).properties[tags.PidTagSubject]
        == "aä"
    )


def test_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ParseError, match="compound file"):
        read_msg(b"")
    with pytest.raises(ParseError, match="__properties"):
        read_msg(write_cfb(Storage()))
    for bag in ({0x0037001F: 1}, {0x0037101F: "x"}, {0x0037101F: (1,)}, {0x00370102: "x"}):
        with pytest.raises(ValueError, match=r"0x|tuple"):
            write_msg(Message(PropertyBag(bag)))  # type: ignore[arg-type] # the wrong ones are the point
    nested = Message()
    for _ in range(40):
        nested = Message(attachments=[Attachment(embedded=nested)])
    with pytest.raises(ValueError, match="at most 30"):
        write_msg(nested)
    monkeypatch.setattr("gromox.convert.msg.names.MAX_NAMES", 1)
    with pytest.raises(ValueError, match="at most 1"):
        write_msg(sample())


def test_depth_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    octets = write_msg(sample())
    monkeypatch.setattr("gromox.convert.msg.reader.MAX_EMBEDDING_DEPTH", 0)
    attachment = read_msg(octets).attachments[1]

    assert attachment.embedded is None
    assert attachment.data is not None


def test_every_truncation_and_two_thousand_damaged_files() -> None:
    small = sample()
    small.attachments[0].data = InMemory(b"x")
    del small.properties[0x66060102]
    good = write_msg(small)
    for size in range(len(good)):
        try:
            read_msg(good[:size])
        except ParseError:
            continue
    words = [b"\xff\xff\xff\xff", b"\1\0\0\0", b"\x1f\x10", b"_\0"]
    for pieces in damaged(good, words, seed=7, count=2000):
        try:
            read_msg(b"".join(pieces))
        except ParseError:
            continue
