"""Sticky notes: texts and vNotes to messages and back.

A note is a text; its colour, size and place are what Outlook shows it with. vNote 1.1 is the only format of
the Internet that was made for notes; what it cannot say is left out of it.

Spec: [MS-OXONOTE] 2.2.1 (properties of notes), 2.2.2 (properties shared with messages); IrMC 1.1 (vNote).
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.convert.bodies import bodies_of
from gromox.convert.contact.day import revision_text, ticks_of_instant
from gromox.ical import Component, Property
from gromox.ical.text import escape, format_text_list, text_list
from gromox.ical.vcarddate import parse_partial_date
from gromox.mapi import named, tags
from gromox.mapi.message import Message

if TYPE_CHECKING:
    from gromox.mapi.message import PropertyBag

NOTE_CLASS: Final = "IPM.StickyNote"
#: A longer text is no note; the rest is cut off.
MAX_TEXT: Final = 1 << 20
_SUBJECT: Final = 255
_FIRST_ICON: Final = 0x300  #: PidTagIconIndex is this and the colour, [MS-OXONOTE] 2.2.2.2
_WIDTH, _HEIGHT, _LEFT, _TOP = 200, 166, 80, 80
_READ: Final = 0x01


class NoteColor(IntEnum):
    """Values of PidLidNoteColor, [MS-OXONOTE] 2.2.1.1."""

    BLUE = 0
    GREEN = 1
    PINK = 2
    YELLOW = 3
    WHITE = 4


def note_from_text(text: str, *, color: NoteColor = NoteColor.YELLOW) -> Message:
    """Return the note of a text; its first line is the subject."""
    lines = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")[:MAX_TEXT].strip("\n")
    message = Message()
    bag = message.properties
    bag[tags.PidTagMessageClass] = NOTE_CLASS
    bag[tags.PidTagIconIndex] = _FIRST_ICON + color
    bag[tags.PidTagMessageFlags] = _READ
    bag[tags.PidTagBody] = lines.replace("\n", "\r\n")
    bag[tags.PidTagNativeBody] = 1
    first = next((line.strip() for line in lines.split("\n") if line.strip()), "")
    bag[tags.PidTagSubject] = bag[tags.PidTagNormalizedSubject] = first[:_SUBJECT]
    bag[named.PidLidNoteColor] = int(color)
    bag[named.PidLidNoteWidth] = _WIDTH
    bag[named.PidLidNoteHeight] = _HEIGHT
    bag[named.PidLidNoteX] = _LEFT
    bag[named.PidLidNoteY] = _TOP
    return message


def text_of_note(message: Message) -> str:
    """Return the text of a note (lines end with LF), whatever form its body has."""
    text = message.properties.text(tags.PidTagBody) or bodies_of(message.properties).text.rstrip("\n")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def color_of(bag: PropertyBag) -> NoteColor:
    """Return the colour of a note; yellow if it has none that Outlook knows."""
    try:
        return NoteColor(bag.number(named.PidLidNoteColor, NoteColor.YELLOW))
    except ValueError:
        return NoteColor.YELLOW


def note_from_vnote(component: Component) -> Message:
    """Return the note that a VNOTE is.

    Raises:
        ParseError: it is none.
    """
    if component.name != "VNOTE":
        raise ParseError("a VNOTE")
    message = note_from_text(component.text("BODY"))
    bag = message.properties
    categories = [text for line in component.all("CATEGORIES") for text in text_list(line.value)]
    if categories:
        bag[named.PidNameKeywords] = tuple(categories)
    for name, tag in (
        ("DCREATED", tags.PidTagCreationTime),
        ("LAST-MODIFIED", tags.PidTagLastModificationTime),
    ):
        line = component.first(name)
        try:
            ticks = ticks_of_instant(parse_partial_date(line.value)) if line is not None else None
        except ParseError:
            continue
        if ticks is not None:
            bag[tag] = ticks
    if component.text("CLASS").strip().upper() == "PRIVATE":
        bag[tags.PidTagSensitivity] = 2
    return message


def vnote_from_message(message: Message) -> Component:
    """Return the VNOTE of a note."""
    bag = message.properties
    lines = [Property("VERSION", "1.1"), Property("BODY", escape(text_of_note(message)))]
    for name, tag in (
        ("DCREATED", tags.PidTagCreationTime),
        ("LAST-MODIFIED", tags.PidTagLastModificationTime),
    ):
        text = revision_text(bag.number(tag))
        if text:
            lines.append(Property(name, text))
    keywords = bag.texts(named.PidNameKeywords)
    if keywords:
        lines.append(Property("CATEGORIES", format_text_list(keywords)))
    if bag.number(tags.PidTagSensitivity):
        lines.append(Property("CLASS", "PRIVATE"))
    return Component("VNOTE", lines)
