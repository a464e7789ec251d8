"""The lines a card came with, kept with the message.

They are what a card is written of again, as far as nobody changed what they say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from gromox.base.errors import ParseError
from gromox.ical.reader import read_property
from gromox.ical.writer import format_property
from gromox.mapi.propname import NamedProperty
from gromox.mapi.proptypes import PropType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gromox.ical import Property
    from gromox.mapi.message import PropertyBag

#: The property set of what only this server knows of contacts.
_PROPERTY_SET: Final = UUID("5b0b1d4e-2f6c-5b1f-9d2c-3a9c0f5f7a61")
#: UID of the card.
CARD_UID: Final = NamedProperty(_PROPERTY_SET, "vcard:uid", PropType.STRING)
#: VERSION of the card.
CARD_VERSION: Final = NamedProperty(_PROPERTY_SET, "vcard:version", PropType.STRING)
#: Content lines as they came, out of their folding.
CARD_LINES: Final = NamedProperty(_PROPERTY_SET, "vcard:lines", PropType.MULTIPLE_STRING)

#: What is not kept: it is written anew each time.
_NOT_KEPT: Final = frozenset(["VERSION", "PRODID", "REV", "UID", "BEGIN", "END"])
MAX_LINES: Final = 2_000
MAX_CHARACTERS: Final = 1 << 20  #: of all lines


def keep_lines(bag: PropertyBag, version: str, lines: Iterable[Property]) -> None:
    """Put the lines of a card into a bag, as many as the bounds let in."""
    kept: list[str] = []
    left = MAX_CHARACTERS
    for line in lines:
        if line.name in _NOT_KEPT:
            continue
        try:
            text = format_property(line)
        except ValueError:
            continue
        if len(kept) >= MAX_LINES or len(text) > left or "\0" in text:
            continue
        left -= len(text)
        kept.append(text)
    bag[CARD_VERSION] = version
    if kept:
        bag[CARD_LINES] = tuple(kept)


def kept_lines(bag: PropertyBag) -> list[Property]:
    """Return the lines that are kept; what is no line is passed over."""
    found: list[Property] = []
    for text in bag.texts(CARD_LINES)[:MAX_LINES]:
        try:
            found.append(read_property(text))
        except ParseError:
            continue
    return found
