"""Messages of all shapes, for round trips through formats that hold whole messages."""

from __future__ import annotations

import uuid

from hypothesis import strategies as st

from gromox.mapi import tags
from gromox.mapi.guids import PS_PUBLIC_STRINGS, PSETID_Appointment
from gromox.mapi.message import (
    Attachment,
    AttachMethod,
    InMemory,
    Message,
    PropertyBag,
    PropertyKey,
    Recipient,
)
from gromox.mapi.propname import NamedProperty
from gromox.mapi.proptypes import MULTI_VALUE, PropType
from gromox.mapi.propvalue import PropValue, Scalar

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
SCALARS: dict[int, st.SearchStrategy[Scalar]] = {
    PropType.INTEGER16: st.integers(0, 2**16 - 1),
    PropType.INTEGER32: st.integers(0, 2**32 - 1),
    PropType.FLOATING32: st.floats(width=32, allow_nan=False),
    PropType.FLOATING64: st.floats(allow_nan=False),
    PropType.CURRENCY: st.integers(-(2**63), 2**63 - 1),
    PropType.FLOATING_TIME: st.floats(allow_nan=False),
    PropType.INTEGER64: st.integers(0, 2**64 - 1),
    PropType.STRING: TEXTS,
    PropType.TIME: st.integers(0, 2**63),
    PropType.GUID: st.uuids(),
    PropType.BINARY: st.binary(max_size=12),
}
ONLY_SINGLE: dict[int, st.SearchStrategy[PropValue]] = {
    PropType.BOOLEAN: st.booleans(),
    PropType.ERROR_CODE: st.integers(0, 2**32 - 1),
}
#: Nothing that says how the file is written or that older attributes say too.
IDENTIFIERS = st.integers(0x6000, 0x67FF)


@st.composite
def properties(draw: st.DrawFn) -> tuple[PropertyKey, PropValue]:
    kind = draw(st.sampled_from([*SCALARS, *ONLY_SINGLE]))
    value: PropValue
    if kind in SCALARS and draw(st.booleans()):
        value = tuple(draw(st.lists(SCALARS[kind], max_size=4)))
        kind |= MULTI_VALUE
    else:
        value = draw(ONLY_SINGLE[kind] if kind in ONLY_SINGLE else SCALARS[kind])
    if draw(st.booleans()):
        guid = draw(st.sampled_from([PS_PUBLIC_STRINGS, PSETID_Appointment, uuid.UUID(int=7)]))
        which = draw(st.one_of(st.integers(0, 2**32 - 1), TEXTS.filter(bool)))
        return NamedProperty(guid, which, kind), value
    return draw(IDENTIFIERS) << 16 | kind, value


def bags() -> st.SearchStrategy[PropertyBag]:
    return st.lists(properties(), max_size=6).map(lambda pairs: PropertyBag(dict(pairs)))


@st.composite
def attachments(draw: st.DrawFn, depth: int) -> Attachment:
    bag = draw(bags())
    if depth and draw(st.booleans()):
        bag[tags.PidTagAttachMethod] = AttachMethod.EMBEDDED
        return Attachment(bag, embedded=draw(messages(depth=depth - 1)))
    bag[tags.PidTagAttachMethod] = AttachMethod.BY_VALUE
    return Attachment(bag, InMemory(draw(st.binary(max_size=200))))


@st.composite
def messages(draw: st.DrawFn, *, depth: int = 2) -> Message:
    bag = draw(bags())
    bag[tags.PidTagMessageClass] = draw(
        st.sampled_from(["IPM.Note", "IPM.Appointment", "Report.IPM.Note.NDR"])
    )
    if draw(st.booleans()):
        bag[tags.PidTagSubject] = draw(TEXTS)
        bag[tags.PidTagImportance] = draw(st.integers(0, 2))
    recipients = [Recipient(each) for each in draw(st.lists(bags(), max_size=2))]
    return Message(bag, recipients, draw(st.lists(attachments(depth), max_size=2)))


def sample() -> Message:
    """A message with something of everything."""
    inner = Message(PropertyBag({tags.PidTagMessageClass: "IPM.Note", tags.PidTagSubject: "inner"}))
    bag = PropertyBag(
        {
            tags.PidTagMessageClass: "IPM.Note",
            tags.PidTagSubject: "Größe \u65e5\u672c",
            tags.PidTagImportance: 2,
            tags.PidTagSenderName: "Ann",
            tags.PidTagSenderAddressType: "SMTP",
            tags.PidTagSenderEmailAddress: "ann@example.org",
            tags.PidTagClientSubmitTime: 132_000_000_000_000_000,
            tags.PidTagResponseRequested: True,
            tags.PidTagConversationIndex: bytes(22),
            NamedProperty(PS_PUBLIC_STRINGS, "Keywords", 0x101F): ("red", "", "gr\u00fcn"),
            NamedProperty(PSETID_Appointment, 0x8205, 0x0003): 2,
            0x66001102: (b"", b"abc"),
            0x66011002: (1, 2, 3),
            0x66021048: (uuid.UUID(int=5),),
            0x66030005: 1.5,
            0x66040048: uuid.UUID(int=9),
            0x66060102: bytes(range(256)) * 20,
        }
    )
    return Message(
        bag,
        [
            Recipient(PropertyBag({tags.PidTagRecipientType: 1, tags.PidTagDisplayName: "B\u00e9a"})),
            Recipient(PropertyBag({tags.PidTagRecipientType: 2, tags.PidTagDisplayName: "Carl"})),
        ],
        [
            Attachment(
                PropertyBag({tags.PidTagAttachMethod: 1, tags.PidTagAttachLongFilename: "\u65e5.txt"}),
                InMemory(b"data" * 2000),
            ),
            Attachment(PropertyBag({tags.PidTagAttachMethod: 5}), embedded=inner),
        ],
    )
