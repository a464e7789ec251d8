"""The GXMT stream: vectors made by hand, every truncation, round trips, bounds, contents not copied."""

from __future__ import annotations

import mmap
import uuid
from pathlib import Path

import pytest
from hypothesis import given, settings

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader
from gromox.convert.mt import (
    FolderFrame,
    FolderRow,
    Frame,
    MessageFrame,
    MtWriter,
    NameFrame,
    Parent,
    PermissionRow,
    Prologue,
    read_frame,
    read_prologue,
)
from gromox.convert.mt.reader import MAX_MAP, frame_size, map_size
from gromox.mapi import tags
from gromox.mapi.guids import PS_PUBLIC_STRINGS
from gromox.mapi.message import Attachment, AttachMethod, InMemory, Message, PropertyBag, Recipient
from gromox.mapi.propname import NamedProperty, PropertyName
from tests.convert.messages import messages, sample

GUID = "2903020000000000c000000000000046"  # PS_PUBLIC_STRINGS
KEYWORDS = NamedProperty(PS_PUBLIC_STRINGS, "K", 0x101F)

# Assembled by hand from the layout of reference/system/store.md section 11.
PROLOGUE = bytes.fromhex(
    "47584d5430303035"  # GXMT0005
    "01"  # splice
    "00"  # not public
    "1c00000000000000"  # octets of the folder map
    "0100000000000000"  # one folder:
    "0d00000000000000 00 0d00000000000000"  # source, not created, target
    "c3a400"  # name
    "2200000000000000"  # octets of the map of names
    "0100000000000000"  # one name:
    "00000180"  # tag of the source
    f"01 {GUID} 04 4b000000"  # by text: "K" in UTF-16
)
MESSAGE = bytes.fromhex(
    "05000000"  # a message
    "0700000000000000"  # source id
    "03000000 ffffffffffffffff"  # its parent: a folder, unanchored
    "0200"  # two properties:
    "1f003700 c3a400"  # PidTagSubject
    "1f100180 02000000 6100 6200"  # keywords
    "01 01000000"  # one recipient:
    "0100 0300150c 01000000"  # PidTagRecipientType
    "01 0100"  # one attachment:
    "0200 0300053701000000"  # PidTagAttachMethod
    "02010137 03000000 787900"  # PidTagAttachDataBinary
    "00"  # no message within
    "613a20620d0a00"  # the mail
    "00"  # reserved
)
FOLDER = bytes.fromhex(
    "03000000"  # a folder
    "0800000000000000"
    "03000000 0d00000000000000"
    "0100 1f000130 4600"  # PidTagDisplayName
    "0100000000000000"  # one permission:
    "01 0100 1f00ff39 7500"
)
NAMES = {0x8001: PropertyName(PS_PUBLIC_STRINGS, "K")}
THE_MESSAGE = Message(
    PropertyBag({tags.PidTagSubject: "ä", KEYWORDS: ("a", "b")}),
    [Recipient(PropertyBag({tags.PidTagRecipientType: 1}))],
    [Attachment(PropertyBag({tags.PidTagAttachMethod: 1}), InMemory(b"xy\0"))],
)


def stream(*frames: Frame, prologue: Prologue | None = None) -> bytes:
    writer = MtWriter(prologue)
    out = [writer.prologue()]
    for frame in frames:
        if isinstance(frame, FolderFrame):
            out += writer.folder(frame)
        elif isinstance(frame, MessageFrame):
            out += writer.message(frame)
    return b"".join(out)


def frames_of(octets: bytes) -> list[Frame]:
    r = Reader(octets)
    names = dict(read_prologue(r).names)
    found: list[Frame] = []
    while r.remaining:
        frame = read_frame(r.take(r.u64()), names)
        if isinstance(frame, NameFrame):
            names[frame.identifier] = frame.name
        else:
            found.append(frame)
    return found


def plain(message: Message) -> Message:
    """The same message with all contents in memory."""
    return Message(
        message.properties,
        message.recipients,
        [
            Attachment(
                each.properties,
                None if each.data is None else InMemory(b"".join(each.data.chunks())),
                None if each.embedded is None else plain(each.embedded),
            )
            for each in message.attachments
        ],
    )


def test_the_prologue_is_read_and_written() -> None:
    prologue = Prologue(splice=True, folders=(FolderRow(13, False, 13, "ä"),), names=NAMES)

    assert read_prologue(Reader(PROLOGUE)) == prologue
    assert MtWriter(prologue).prologue() == PROLOGUE


def test_a_message_is_read_and_written() -> None:
    frame = read_frame(MESSAGE, NAMES)

    assert isinstance(frame, MessageFrame)
    assert (frame.source_id, frame.parent) == (7, Parent())
    assert plain(frame.message) == THE_MESSAGE
    assert frame.mail is not None
    assert b"".join(frame.mail.chunks()) == b"a: b\r\n"
    writer = MtWriter(Prologue(names=NAMES))
    written = b"".join(writer.message(MessageFrame(7, Parent(), THE_MESSAGE, InMemory(b"a: b\r\n"))))
    assert written == len(MESSAGE).to_bytes(8, "little") + MESSAGE


def test_a_folder_is_read_and_written() -> None:
    folder = FolderFrame(
        8,
        Parent(3, 13),
        PropertyBag({tags.PidTagDisplayName: "F"}),
        (PermissionRow(1, PropertyBag({0x39FF001F: "u"})),),
    )

    assert read_frame(FOLDER, {}) == folder
    assert b"".join(MtWriter().folder(folder)) == len(FOLDER).to_bytes(8, "little") + FOLDER


@pytest.mark.parametrize("size", range(len(PROLOGUE)))
def test_a_short_prologue_is_an_error_at_every_length(size: int) -> None:
    with pytest.raises(ParseError):
        read_prologue(Reader(PROLOGUE[:size]))


@pytest.mark.parametrize("octets", [MESSAGE, FOLDER], ids=["message", "folder"])
def test_a_short_frame_is_an_error_at_every_length(octets: bytes) -> None:
    for size in range(len(octets)):
        with pytest.raises(ParseError):
            read_frame(octets[:size], NAMES)


def test_what_stands_behind_the_end_is_an_error() -> None:
    with pytest.raises(ParseError):
        read_frame(MESSAGE + b"\0", NAMES)


@given(messages())
@settings(max_examples=60, deadline=None)
def test_messages_come_back(message: Message) -> None:
    # Two of them: names are told once and serve both.
    frame = MessageFrame(1, Parent(), message)
    octets = stream(frame, frame)
    first, second = frames_of(octets)

    assert isinstance(first, MessageFrame)
    assert isinstance(second, MessageFrame)
    assert plain(first.message) == plain(second.message) == plain(message)
    assert stream(first, second) == octets


def test_a_name_that_nobody_told_keeps_its_identifier() -> None:
    frame = read_frame(MESSAGE, {})

    assert isinstance(frame, MessageFrame)
    assert frame.message.properties[0x8001101F] == ("a", "b")


def test_a_name_without_meaning_is_none() -> None:
    frame = read_frame(MESSAGE, {0x8001: PropertyName(PS_PUBLIC_STRINGS, None)})

    assert isinstance(frame, MessageFrame)
    assert 0x8001101F in frame.message.properties


def test_an_embedded_message_and_an_object() -> None:
    inner = Message(PropertyBag({tags.PidTagSubject: "in"}))
    ole = Attachment(PropertyBag({tags.PidTagAttachMethod: AttachMethod.OLE}), InMemory(b"\1"))
    message = Message(attachments=[Attachment(embedded=inner), ole])
    octets = stream(MessageFrame(1, Parent(), message))
    (frame,) = frames_of(octets)

    assert isinstance(frame, MessageFrame)
    assert plain(frame.message) == message
    assert tags.PidTagAttachDataObject.to_bytes(4, "little") in octets


def test_large_contents_are_neither_copied_nor_joined(tmp_path: Path) -> None:
    class Counted:
        size = 5 << 20

        def chunks(self) -> list[bytes]:
            return [b"x" * (1 << 20)] * 5

    frame = MessageFrame(1, Parent(), Message(attachments=[Attachment(data=Counted())]))  # type: ignore[arg-type]  # a list will do
    pieces = list(MtWriter().message(frame))
    path = tmp_path / "frame"
    path.write_bytes(b"".join(pieces)[8:])

    assert max(map(len, pieces)) == 1 << 20
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        read = read_frame(mapped, {})
        assert isinstance(read, MessageFrame)
        data = read.message.attachments[0].data
        assert data is not None
        assert data.size == 5 << 20
        assert [len(chunk) for chunk in data.chunks()] == [1 << 20] * 5
        assert b"".join(data.chunks()) == b"x" * (5 << 20)


def test_a_mail_with_nul_is_left_out() -> None:
    (frame,) = frames_of(stream(MessageFrame(1, Parent(), Message(), InMemory(b"a\0b"))))

    assert isinstance(frame, MessageFrame)
    assert frame.mail is None


def test_halves_of_surrogate_pairs_do_not_stop_a_stream() -> None:
    (frame,) = frames_of(
        stream(MessageFrame(1, Parent(), Message(PropertyBag({tags.PidTagSubject: "a\ud800"}))))
    )

    assert isinstance(frame, MessageFrame)
    assert frame.message.properties[tags.PidTagSubject] == "a\ufffd"


@pytest.mark.parametrize(
    ("key", "value"),
    [(0x0037001F, 1), (0x1000101F, "text"), (0x1000101F, (1,)), (0x00370003, "text"), (0x0037FFFF, 1)],
)
def test_a_value_that_does_not_fit_is_refused_and_its_names_are_forgotten(key: int, value: object) -> None:
    writer = MtWriter()
    bad = PropertyBag({KEYWORDS: ("a",), key: value})  # type: ignore[dict-item]  # that is the point

    with pytest.raises(ValueError):  # noqa: PT011 - of several texts
        list(writer.message(MessageFrame(1, Parent(), Message(bad))))
    with pytest.raises(ValueError):  # noqa: PT011
        list(writer.folder(FolderFrame(1, Parent(), bad)))
    assert writer.identifier(KEYWORDS.name) is None
    octets = b"".join(writer.message(MessageFrame(1, Parent(), Message(PropertyBag({KEYWORDS: ("a",)})))))
    assert b"K\0" in octets


def test_names_run_out() -> None:
    names = {number: PropertyName(uuid.UUID(int=number), 1) for number in range(0x8000, 0xFFFF)}
    writer = MtWriter(Prologue(names=names))

    with pytest.raises(ValueError, match="at most"):
        writer.new_identifier(PropertyName(PS_PUBLIC_STRINGS, "one more"))


def test_bounds_of_what_is_written() -> None:
    writer = MtWriter()
    huge = InMemory(b"")
    many = Message(attachments=[Attachment(data=huge)] * 0x10000)

    with pytest.raises(ValueError, match="attachments"):
        list(writer.message(MessageFrame(1, Parent(), many)))

    class Endless:
        size = 1 << 32

        def chunks(self) -> list[bytes]:
            return []

    with pytest.raises(ValueError, match="4 GiB"):
        list(writer.message(MessageFrame(1, Parent(), Message(attachments=[Attachment(data=Endless())]))))  # type: ignore[arg-type]


def test_bounds_of_what_is_read() -> None:
    with pytest.raises(ParseError, match="map"):
        map_size((MAX_MAP + 1).to_bytes(8, "little"))
    assert map_size((5).to_bytes(8, "little")) == 5
    with pytest.raises(ParseError, match="frame"):
        frame_size((1 << 63).to_bytes(8, "little"))
    assert frame_size((7).to_bytes(8, "little")) == 7
    with pytest.raises(ParseError, match="map"):
        read_prologue(Reader(PROLOGUE[:10] + (1 << 40).to_bytes(8, "little")))
    with pytest.raises(ParseError, match="at most"):
        read_prologue(Reader(PROLOGUE[:18] + b"\xff" * 8 + PROLOGUE[26:]))
    with pytest.raises(ParseError, match="recipients"):
        read_frame(MESSAGE[:24] + bytes.fromhex("0000 01 ffffff7f"), {})
    with pytest.raises(ParseError, match="texts"):
        read_frame(MESSAGE[:24] + bytes.fromhex("0100 1f100180 ffffffff"), {})
    with pytest.raises(ParseError, match="folder"):
        read_frame(b"\x09" + MESSAGE[1:], {})


def test_messages_in_each_other_are_bounded() -> None:
    octets = bytearray(MESSAGE[:24])
    for _ in range(40):
        octets += bytes.fromhex("0000 00 01 0100 0000 01")

    with pytest.raises(ParseError, match="deep"):
        read_frame(bytes(octets), {})


def test_a_sample_of_everything_comes_back() -> None:
    (frame,) = frames_of(stream(MessageFrame(1, Parent(), sample())))

    assert isinstance(frame, MessageFrame)
    assert plain(frame.message) == plain(sample())
