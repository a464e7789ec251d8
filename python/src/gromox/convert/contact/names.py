"""How contacts are called and filed: display name, file-as, whole addresses.

Spec: [MS-OXOCNTC] 2.2.1.1.11 (PidLidFileUnder), 2.2.1.1.12 (PidLidFileUnderId), 2.2.1.3 (addresses).
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from gromox.mapi import tags

if TYPE_CHECKING:
    from gromox.mapi.message import PropertyBag


class FileUnderId(IntEnum):
    """Values of PidLidFileUnderId that are written here, [MS-OXOCNTC] 2.2.1.1.12."""

    EMPTY = 0
    DISPLAY_NAME = 0x3001
    COMPANY = 0x3A16
    LAST_FIRST_MIDDLE = 0x8017
    USER_PROVIDED = 0xFFFFFFFF


class FiledAs(NamedTuple):
    """What a contact is filed under, and by which rule."""

    text: str
    rule: FileUnderId


def display_name(bag: PropertyBag) -> str:
    """Return a name made of its parts, of the company or of the first mail address."""
    parts = (
        tags.PidTagDisplayNamePrefix,
        tags.PidTagGivenName,
        tags.PidTagMiddleName,
        tags.PidTagSurname,
        tags.PidTagGeneration,
    )
    return " ".join(text for part in parts if (text := bag.text(part))) or bag.text(tags.PidTagCompanyName)


def filed_as(bag: PropertyBag) -> FiledAs:
    """Return what a contact is filed under where nobody chose it: last name first, else what there is."""
    last = bag.text(tags.PidTagSurname)
    rest = " ".join(
        text for part in (tags.PidTagGivenName, tags.PidTagMiddleName) if (text := bag.text(part))
    )
    if last or rest:
        return FiledAs(", ".join(text for text in (last, rest) if text), FileUnderId.LAST_FIRST_MIDDLE)
    shown = bag.text(tags.PidTagDisplayName)
    company = bag.text(tags.PidTagCompanyName)
    if company and shown in ("", company):
        return FiledAs(company, FileUnderId.COMPANY)
    return FiledAs(shown, FileUnderId.DISPLAY_NAME if shown else FileUnderId.EMPTY)


def whole_address(
    *, po_box: str, street: str, locality: str, region: str, postal_code: str, country: str
) -> str:
    """Return an address as it stands on a letter, in the order of the countries that write it so."""
    town = " ".join(text for text in (region, postal_code) if text)
    lines = (street, po_box, ", ".join(text for text in (locality, town) if text), country)
    return "\r\n".join(line for line in lines if line)
