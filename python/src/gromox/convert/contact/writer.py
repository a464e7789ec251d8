"""From a message to a card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.convert.contact.day import revision_text
from gromox.convert.contact.fields import Reading
from gromox.convert.contact.group import group_lines
from gromox.convert.contact.hooks import WriterHooks
from gromox.convert.contact.lineversion import VERSIONS, line_in_version
from gromox.convert.contact.making import lines_of_contact, lines_of_list
from gromox.convert.contact.picture import photo_line
from gromox.convert.contact.source import CARD_UID, CARD_VERSION, kept_lines
from gromox.convert.contact.table import LIST_CLASS
from gromox.ical import Component, Property, write
from gromox.ical.text import escape
from gromox.mapi import tags

if TYPE_CHECKING:
    from gromox.mapi.message import Message, PropertyBag, PropertyKey

_PRODUCT: Final = "-//Gromox//Contacts//EN"
_NEWEST: Final = "4.0"
_FIRST: Final = ("VERSION", "PRODID", "UID", "KIND", "X-ADDRESSBOOKSERVER-KIND", "N", "FN")
_LAST: Final = ("PHOTO", "REV")
#: All others stand between them, in the order they came in.
_ORDER: Final = {
    **{name: number for number, name in enumerate(_FIRST)},
    **{name: number for number, name in enumerate(_LAST, len(_FIRST) + 1)},
}


def vcard_from_message(
    message: Message, *, version: str = _NEWEST, uid: str = "", hooks: WriterHooks | None = None
) -> bytes:
    """Return the octets of a file that holds one card; see :func:`card_from_message`."""
    return write(card_from_message(message, version=version, uid=uid, hooks=hooks))


def card_from_message(
    message: Message, *, version: str = _NEWEST, uid: str = "", hooks: WriterHooks | None = None
) -> Component:
    """Return the card that a contact or a distribution list is.

    Spec: [MS-OXVCARD] 2.1.3; what differs between versions: RFC 6350 appendix A.

    Args:
        message: any message; what is no list is written as a contact.
        version: 2.1, 3.0 or 4.0.
        uid: of a card that has none yet.
        hooks: what the address book says of addresses.

    Raises:
        ValueError: there is no such version.
    """
    if version not in VERSIONS:
        raise ValueError(f"{version!r} is no version of vCard")
    bag = message.properties
    hooks = hooks or WriterHooks()
    is_list = bag.text(tags.PidTagMessageClass).upper().startswith(LIST_CLASS.upper())
    kept, covered = _unchanged(bag, version, is_list=is_list)
    lines = [Property("VERSION", version), Property("PRODID", _PRODUCT)]
    uid = bag.text(CARD_UID) or uid
    if uid:
        lines.append(Property("UID", escape(uid)))
    if is_list:
        lines += group_lines(bag, version, hooks)
        lines += lines_of_list(bag, version, covered)
    else:
        lines += lines_of_contact(bag, version, covered, hooks)
    photo = photo_line(message, version)
    if photo is not None:
        lines.append(photo)
    lines += kept
    revision = revision_text(bag.number(tags.PidTagLastModificationTime))
    if revision:
        lines.append(Property("REV", revision))
    return Component("VCARD", _in_order(lines, version))


def _unchanged(bag: PropertyBag, version: str, *, is_list: bool) -> tuple[list[Property], set[PropertyKey]]:
    """Return the lines that still say what the properties say, and which properties they say."""
    source = bag.text(CARD_VERSION)
    reading = Reading(Component("VCARD", [Property("VERSION", source), *kept_lines(bag)]))
    if is_list:
        reading.read_as_list()
    else:
        reading.read()
    stale: set[Property] = set()
    covered: set[PropertyKey] = set()
    for line, keys in reading.claims:
        if all(bag.get(key) == reading.bag.get(key) for key in keys):
            covered.update(keys)
        else:
            stale.add(line)
    lines = [line for line in reading.card.properties[1:] if line not in stale]
    used = {line.group for line in lines if line.group and line.name != "X-ABLABEL"}
    # The label of a line that went would name nothing.
    lines = [line for line in lines if line.name != "X-ABLABEL" or not line.group or line.group in used]
    return [line_in_version(line, source, version) for line in lines], covered


def _in_order(lines: list[Property], version: str) -> list[Property]:
    """Put in front what programs look for, and FN (all versions but 2.1) and N (all but 4.0) if they lack."""
    names = {line.name for line in lines}
    if "FN" not in names and version != "2.1":
        lines.append(Property("FN", ""))
    if "N" not in names and version != "4.0":
        lines.append(Property("N", ";;;;"))
    return sorted(lines, key=lambda line: _ORDER.get(line.name, len(_FIRST)))
