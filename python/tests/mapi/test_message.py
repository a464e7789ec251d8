"""The message model of gromox.mapi.message."""

from __future__ import annotations

import pytest

from gromox.mapi.guids import PS_PUBLIC_STRINGS
from gromox.mapi.message import Attachment, InMemory, Message, PropertyBag, Recipient, type_of
from gromox.mapi.propname import NamedProperty

SUBJECT = 0x0037001F
SUBJECT_8 = 0x0037001E
IMPORTANCE = 0x00170003
KEYWORDS = NamedProperty(PS_PUBLIC_STRINGS, "Keywords", 0x101F)


def test_one_identifier_has_one_value_whatever_its_type() -> None:
    bag = PropertyBag({SUBJECT: "a"})
    bag[SUBJECT_8] = b"b"

    assert list(bag) == [SUBJECT_8]
    assert bag[SUBJECT_8] == b"b"
    with pytest.raises(KeyError):
        bag[SUBJECT]
    assert bag.text(SUBJECT) == ""


def test_names_and_tags_stand_side_by_side() -> None:
    bag = PropertyBag({KEYWORDS: ("red", "blue"), IMPORTANCE: 2})

    assert bag.texts(KEYWORDS) == ("red", "blue")
    assert bag.number(IMPORTANCE) == 2
    assert bag.number(0x00360003, 7) == 7
    assert bag.texts(SUBJECT) == ()
    assert type_of(KEYWORDS) == 0x101F
    del bag[KEYWORDS]
    assert dict(bag) == {IMPORTANCE: 2}
    assert len(bag) == 1
    assert repr(bag) == "PropertyBag({1507331: 2})"


def test_a_value_of_another_kind_is_not_taken_for_the_wanted_one() -> None:
    assert PropertyBag({SUBJECT: "a"}).typed(SUBJECT, int) is None


def test_attachments_hold_messages() -> None:
    inner = Message(PropertyBag({SUBJECT: "inner"}), [Recipient()])
    outer = Message(attachments=[Attachment(embedded=inner), Attachment(data=InMemory(b"abc"))])

    assert outer.attachments[0].embedded is inner
    data = outer.attachments[1].data
    assert data is not None
    assert (data.size, list(data.chunks())) == (3, [b"abc"])
    assert list(InMemory(b"").chunks()) == []
