"""From a card to a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.convert.contact.fields import Reading
from gromox.convert.contact.group import is_group, read_group
from gromox.convert.contact.hooks import ReaderHooks
from gromox.convert.contact.names import display_name, filed_as, whole_address
from gromox.convert.contact.picture import picture_of
from gromox.convert.contact.source import CARD_UID, keep_lines
from gromox.convert.contact.table import (
    CONTACT_CLASS,
    CONTACT_ICON,
    LIST_CLASS,
    LIST_ICON,
    MAILING,
    PLACES,
    SLOTS,
)
from gromox.convert.mail.oneoff import one_off_entry_id
from gromox.ical import read
from gromox.ical.vcard import read_card
from gromox.mapi import named, tags
from gromox.mapi.message import Message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.ical import Component, Property
    from gromox.mapi.message import PropertyBag

#: PidTagMessageFlags: read, as everything is that nobody has to be told of.
_READ: Final = 0x01
_HAS_ATTACH: Final = 0x10


def messages_from_vcards(octets: bytes, *, hooks: ReaderHooks | None = None) -> Iterator[Message]:
    """Go through the contacts and lists of a file, one or many.

    Raises:
        ParseError: there is no component in it, or a bound is exceeded.
    """
    for component in read(octets):
        for card in component.walk():
            if card.name == "VCARD":
                yield message_from_card(card, hooks=hooks)


def message_from_card(card: Component, *, hooks: ReaderHooks | None = None) -> Message:
    """Return the contact or the distribution list that a card is.

    Spec: [MS-OXVCARD] 2.1.3 (types), [MS-OXOCNTC] 2.2.1 and 2.2.2.
    """
    reading = Reading(card)
    message = Message(reading.bag)
    bag = message.properties
    typed = read_card(card)
    if typed.uid:
        bag[CARD_UID] = typed.uid[:1024]
    is_list = is_group(card)
    said: list[Property] = []
    if is_list:
        said = read_group(reading, hooks or ReaderHooks())
        bag[tags.PidTagMessageClass] = LIST_CLASS
        bag[tags.PidTagIconIndex] = LIST_ICON
    else:
        reading.read()
        bag[tags.PidTagMessageClass] = CONTACT_CLASS
        bag[tags.PidTagIconIndex] = CONTACT_ICON
    kept = [line for line in card.properties if line not in said]
    picture = picture_of(card)
    if picture is not None:
        kept.remove(picture.line)
        message.attachments.append(picture.attachment)
    # A list has no such flag, a contact always.
    if not is_list:
        bag[named.PidLidHasPicture] = picture is not None
    bag[tags.PidTagMessageFlags] = _READ | (_HAS_ATTACH if message.attachments else 0)
    _derive(bag)
    keep_lines(bag, typed.version, kept)
    return message


def _derive(bag: PropertyBag) -> None:
    """Set what follows from other properties."""
    shown = bag.text(tags.PidTagDisplayName) or display_name(bag)
    if not shown:
        shown = next((text for slot in SLOTS if (text := bag.text(slot.address))), "")
    bag[tags.PidTagDisplayName] = shown
    bag[tags.PidTagSubject] = bag[tags.PidTagNormalizedSubject] = shown
    filed = filed_as(bag)
    bag[named.PidLidFileUnder] = filed.text
    bag[named.PidLidFileUnderId] = int(filed.rule)
    _derive_slots(bag, shown)
    _derive_addresses(bag)


def _derive_slots(bag: PropertyBag, shown: str) -> None:
    """[MS-OXOCNTC] 2.2.1.2: how each mail address is shown, and which there are."""
    present: list[int] = []
    for slot in SLOTS:
        address = bag.text(slot.address)
        if not address:
            continue
        present.append(slot.number)
        bag[slot.type] = "SMTP"
        bag[slot.display_name] = f"{shown} ({address})" if shown and shown != address else address
        bag[slot.original_name] = address
        bag[slot.entry_id] = one_off_entry_id(shown, address)
    if present:
        bag[named.PidLidAddressBookProviderEmailList] = tuple(present)
        bag[named.PidLidAddressBookProviderArrayType] = sum(1 << number for number in present)


def _derive_addresses(bag: PropertyBag) -> None:
    """[MS-OXOCNTC] 2.2.1.3: whole addresses, and the one that letters go to once more."""
    chosen = bag.number(named.PidLidPostalAddressId)
    for place in PLACES:
        texts = [bag.text(key) for key in place.parts]
        if not any(texts):
            continue
        po_box, street, locality, region, postal_code, country = texts
        whole = bag.text(place.whole) or whole_address(
            po_box=po_box,
            street=street,
            locality=locality,
            region=region,
            postal_code=postal_code,
            country=country,
        )
        bag[place.whole] = whole
        if place.number == chosen:
            for key, text in zip(MAILING, (*texts, whole), strict=True):
                if text:
                    bag[key] = text
