"""Sticky notes, [MS-OXONOTE]."""

from __future__ import annotations

import pytest

from gromox.base.errors import ParseError
from gromox.convert.bodies import from_html, set_bodies
from gromox.convert.note import (
    MAX_TEXT,
    NoteColor,
    color_of,
    note_from_text,
    note_from_vnote,
    text_of_note,
    vnote_from_message,
)
from gromox.ical import Component, read, write
from gromox.mapi import named, tags
from gromox.mapi.message import Message, PropertyBag

VNOTE = (
    b"BEGIN:VNOTE\r\nVERSION:1.1\r\nBODY;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:K=C3=A4se=0D=0ABrot\r\n"
    b"DCREATED:20260101T080000\r\nLAST-MODIFIED:20260102T080000Z\r\nCATEGORIES:Einkauf,Haus\r\nCLASS:PRIVATE\r\n"
    b"END:VNOTE\r\n"
)


def test_a_text_becomes_a_note() -> None:
    bag = note_from_text("\n Käse \nBrot", color=NoteColor.PINK).properties

    assert bag[tags.PidTagMessageClass] == "IPM.StickyNote"
    assert bag[tags.PidTagBody] == " Käse \r\nBrot"
    assert bag[tags.PidTagSubject] == bag[tags.PidTagNormalizedSubject] == "Käse"
    assert bag[named.PidLidNoteColor] == 2
    assert bag[tags.PidTagIconIndex] == 0x302
    assert (bag[named.PidLidNoteWidth], bag[named.PidLidNoteHeight]) == (200, 166)


def test_a_text_comes_back() -> None:
    assert text_of_note(note_from_text("a\r\nb\rc")) == "a\nb\nc"


def test_a_note_is_bounded() -> None:
    assert len(text_of_note(note_from_text("x" * (MAX_TEXT + 5)))) == MAX_TEXT
    assert note_from_text("y" * 300).properties.text(tags.PidTagSubject) == "y" * 255


def test_a_body_in_another_form() -> None:
    message = Message()
    set_bodies(message.properties, from_html("<p>hello</p>"))
    del message.properties[tags.PidTagBody]

    assert text_of_note(message) == "hello"


@pytest.mark.parametrize(("number", "color"), [(4, NoteColor.WHITE), (77, NoteColor.YELLOW)])
def test_colors(number: int, color: NoteColor) -> None:
    assert color_of(PropertyBag({named.PidLidNoteColor: number})) is color


def test_a_vnote_there_and_back() -> None:
    (component,) = read(VNOTE)
    message = note_from_vnote(component)
    bag = message.properties
    again = vnote_from_message(message)

    assert text_of_note(message) == "Käse\nBrot"
    assert bag[named.PidNameKeywords] == ("Einkauf", "Haus")
    assert bag[tags.PidTagSensitivity] == 2
    assert again.text("DCREATED") == "20260101T080000Z"
    assert again.text("LAST-MODIFIED") == "20260102T080000Z"
    assert vnote_from_message(note_from_vnote(read(write(again))[0])) == again


def test_what_is_no_vnote() -> None:
    with pytest.raises(ParseError):
        note_from_vnote(Component("VCARD"))


def test_a_time_that_is_none_is_left_out() -> None:
    (component,) = read(b"BEGIN:VNOTE\r\nBODY:x\r\nDCREATED:soon\r\nEND:VNOTE\r\n")

    assert tags.PidTagCreationTime not in note_from_vnote(component).properties
