"""The lines of a card that are made of properties.

``covered`` holds the properties that lines of the card say already; nothing is said twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.convert.bodies import bodies_of
from gromox.convert.contact.day import day_of_ticks
from gromox.convert.contact.names import whole_address
from gromox.convert.contact.picture import binary_line
from gromox.convert.contact.table import (
    ANNIVERSARY,
    BIRTHDAY,
    CLASSES,
    GENDERS,
    MAILING,
    NAME_PARTS,
    ORGANIZATION,
    PHONES,
    PLACES,
    SLOTS,
    TEXTS,
    USER_FIELDS,
)
from gromox.ical import Property
from gromox.ical.text import escape, format_structure, format_text_list
from gromox.ical.vcarddate import APPLE_NO_YEAR, format_partial_date
from gromox.mapi import named, tags

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from gromox.convert.contact.hooks import WriterHooks
    from gromox.convert.contact.table import PlaceOfAddress, Slot
    from gromox.ical.vcarddate import PartialDate
    from gromox.mapi.message import PropertyBag, PropertyKey

_OF_LISTS: Final = frozenset(["FN", "NOTE"])
_CERTIFICATE: Final = "application/pkix-cert"
#: In entries of address books a certificate stands behind a tag and its size, [MS-OXOABK] 2.2.3.20.
_CERTIFICATE_TAG: Final = 3
_SEQUENCE: Final = b"\x30"
_Parameters = tuple[tuple[str, tuple[str, ...]], ...]


class _Maker:
    """Makes the lines of one card."""

    def __init__(self, bag: PropertyBag, version: str, covered: Collection[PropertyKey]) -> None:
        self.bag, self.version, self._covered = bag, version, covered

    def is_open(self, *keys: PropertyKey) -> bool:
        """Whether one of the properties has a value that no line says."""
        return any(self.bag.get(key) not in (None, "", ()) and key not in self._covered for key in keys)

    def names(self) -> Iterator[Property]:
        if self.is_open(*NAME_PARTS):
            yield Property("N", format_structure([[_lines(self.bag.text(key))] for key in NAME_PARTS]))
        if self.is_open(*ORGANIZATION):
            units = [_lines(self.bag.text(key)) for key in ORGANIZATION]
            yield Property("ORG", format_structure([[text] for text in units if text or units[1]]))

    def texts(self, only: Collection[str] = ()) -> Iterator[Property]:
        said: set[PropertyKey] = set()
        for row in TEXTS:
            if (only and row.name not in only) or row.version not in ("", self.version) or row.key in said:
                continue
            if row.key == tags.PidTagBody:
                yield from self.note()
            elif self.is_open(row.key):
                said.add(row.key)
                yield self._text(row.name, row.key, row.types)

    def _text(self, name: str, key: PropertyKey, types: tuple[str, ...]) -> Property:
        text = _lines(self.bag.text(key))
        if name == "X-MS-SPOUSE" and self.version == "4.0":
            return Property("RELATED", escape(text), (("VALUE", ("text",)), ("TYPE", ("spouse",))))
        if name == "X-MS-IMADDRESS" and ":" in text and self.version != "2.1":
            return Property("IMPP", text.replace("\n", ""))
        if name == "NICKNAME" and self.version != "2.1":
            return Property(name, format_text_list(part.strip() for part in text.split(",")))
        return Property(name, escape(text), self._types(types))

    def note(self) -> Iterator[Property]:
        if self.is_open(tags.PidTagBody):
            yield Property("NOTE", escape(_lines(self.bag.text(tags.PidTagBody))))
        elif tags.PidTagBody not in self.bag:
            text = bodies_of(self.bag).text.strip()
            if text:
                yield Property("NOTE", escape(text))

    def emails(self, hooks: WriterHooks) -> Iterator[Property]:
        present = [slot for slot in SLOTS if self.bag.text(slot.address)]
        for slot in present:
            address = _smtp_address(self.bag, slot, hooks)
            if address and self.is_open(slot.address):
                first = slot is present[0] and len(present) > 1
                types: tuple[str, ...] = () if self.version == "4.0" else ("internet",)
                yield Property("EMAIL", escape(address), self._types(types, first=first))

    def phones(self) -> Iterator[Property]:
        for phone in PHONES:
            if self.is_open(phone.tag):
                types = phone.types or ("voice",)
                first = types == ("pref",)
                line = Property(phone.name, escape(_lines(self.bag.text(phone.tag))))
                yield line._replace(parameters=self._types(() if first else types, first=first))

    def addresses(self) -> Iterator[Property]:
        for place in PLACES:
            yield from self._address(place)
        if not any(self.bag.text(key) for place in PLACES for key in place.parts) and any(
            map(self.bag.text, MAILING[:-1])
        ):
            yield Property("ADR", _structure(*map(self.bag.text, MAILING[:-1])))

    def _address(self, place: PlaceOfAddress) -> Iterator[Property]:
        bag = self.bag
        parts = [bag.text(key) for key in place.parts]
        chosen = bag.number(named.PidLidPostalAddressId) == place.number
        types = (place.type,) if place.type else ()
        if self.is_open(*place.parts):
            line = Property("ADR", _structure(*parts))
            yield line._replace(parameters=self._types(types, first=chosen))
        whole = bag.text(place.whole)
        po_box, street, locality, region, postal_code, country = parts
        derived = whole_address(
            po_box=po_box,
            street=street,
            locality=locality,
            region=region,
            postal_code=postal_code,
            country=country,
        )
        if self.is_open(place.whole) and whole != derived:
            yield Property("LABEL", escape(_lines(whole)), self._types(types))

    def urls(self) -> Iterator[Property]:
        if self.is_open(tags.PidTagPersonalHomePage):
            text = self.bag.text(tags.PidTagPersonalHomePage)
            yield Property("URL", _uri(text), self._types(("home",)))
        work = self.bag.text(tags.PidTagBusinessHomePage) or self.bag.text(named.PidLidHtml)
        if self.is_open(tags.PidTagBusinessHomePage, named.PidLidHtml):
            yield Property("URL", _uri(work), self._types(("work",)))
        if self.is_open(named.PidLidFreeBusyLocation):
            yield Property("FBURL", _uri(self.bag.text(named.PidLidFreeBusyLocation)))

    def days(self) -> Iterator[Property]:
        is_new = self.version == "4.0"
        names = ("BDAY", "ANNIVERSARY" if is_new else "X-MS-ANNIVERSARY")
        for name, (instant, local) in zip(names, (BIRTHDAY, ANNIVERSARY), strict=True):
            if self.is_open(instant, local):
                day = day_of_ticks(self.bag.number(local) or self.bag.number(instant))
                if day is not None:
                    yield self._day(name, day)

    def _day(self, name: str, day: PartialDate) -> Property:
        if self.version == "4.0":
            return Property(name, format_partial_date(day))
        text = f"{day.year or APPLE_NO_YEAR:04d}-{day.month:02d}-{day.day:02d}"
        if self.version == "2.1":
            text = text.replace("-", "")
        line = Property(name, text)
        return line if day.year else line.with_parameter("X-APPLE-OMIT-YEAR", str(APPLE_NO_YEAR))

    def lists(self) -> Iterator[Property]:
        if self.is_open(named.PidNameKeywords):
            yield Property("CATEGORIES", format_text_list(map(_lines, self.bag.texts(named.PidNameKeywords))))
        if self.is_open(tags.PidTagChildrensNames):
            for child in self.bag.texts(tags.PidTagChildrensNames):
                if self.version == "4.0":
                    related: _Parameters = (("VALUE", ("text",)), ("TYPE", ("child",)))
                    yield Property("RELATED", escape(_lines(child)), related)
                else:
                    yield Property("X-MS-CHILD", escape(_lines(child)))
        for key in USER_FIELDS:
            if self.is_open(key):
                yield Property("X-MS-TEXT", escape(_lines(self.bag.text(key))))

    def numbers(self) -> Iterator[Property]:
        sensitivity = self.bag.number(tags.PidTagSensitivity)
        for word, number in CLASSES.items():
            # CLASS went with vCard 4.0, but programs still read it.
            if number == sensitivity and self.is_open(tags.PidTagSensitivity):
                yield Property("CLASS", word)
        gender = self.bag.number(tags.PidTagGender)
        for letter, number in GENDERS.items():
            if number == gender and self.is_open(tags.PidTagGender):
                is_new = self.version == "4.0"
                yield Property("GENDER", letter) if is_new else Property("X-WAB-GENDER", str(number))
        if self.is_open(named.PidLidPostalAddressId):
            chosen = self.bag.number(named.PidLidPostalAddressId)
            # A preferred ADR says it too.
            if not any(self.is_open(*place.parts) for place in PLACES if place.number == chosen):
                yield Property("X-MS-OL-DEFAULT-POSTAL-ADDRESS", str(chosen))

    def binaries(self) -> Iterator[Property]:
        if self.is_open(tags.PidTagUserX509Certificate):
            held = self.bag.get(tags.PidTagUserX509Certificate)
            for octets in held if isinstance(held, tuple) else ():
                certificate = _certificate(octets) if isinstance(octets, bytes) else b""
                if certificate:
                    line = binary_line("KEY", certificate, _CERTIFICATE, self.version)
                    yield line if self.version == "4.0" else line.with_parameter("TYPE", "X509")
        if self.is_open(named.PidLidBusinessCardCardPicture):
            picture = self.bag.typed(named.PidLidBusinessCardCardPicture, bytes)
            if picture is not None:
                yield binary_line("X-MS-CARDPICTURE", picture, "image/jpeg", "3.0")

    def _types(self, types: tuple[str, ...], *, first: bool = False) -> _Parameters:
        if self.version == "4.0":
            made: _Parameters = (("TYPE", types),) if types else ()
            return (*made, ("PREF", ("1",))) if first else made
        all_types = (*types, "pref") if first else types
        return (("TYPE", tuple(map(str.upper, all_types))),) if all_types else ()


def lines_of_contact(
    bag: PropertyBag, version: str, covered: Collection[PropertyKey], hooks: WriterHooks
) -> Iterator[Property]:
    """Make the lines that a contact still needs."""
    maker = _Maker(bag, version, covered)
    yield from maker.names()
    yield from maker.texts()
    yield from maker.emails(hooks)
    yield from maker.phones()
    yield from maker.addresses()
    yield from maker.urls()
    yield from maker.days()
    yield from maker.lists()
    yield from maker.numbers()
    yield from maker.binaries()


def lines_of_list(bag: PropertyBag, version: str, covered: Collection[PropertyKey]) -> Iterator[Property]:
    """Make the lines that a distribution list still needs, but for its members."""
    maker = _Maker(bag, version, covered)
    yield from maker.texts(_OF_LISTS)
    if maker.is_open(named.PidNameKeywords):
        yield Property("CATEGORIES", format_text_list(map(_lines, bag.texts(named.PidNameKeywords))))


def _structure(po_box: str, street: str, locality: str, region: str, postal_code: str, country: str) -> str:
    parts = (po_box, "", street, locality, region, postal_code, country)
    return format_structure([[_lines(text)] for text in parts])


def _smtp_address(bag: PropertyBag, slot: Slot, hooks: WriterHooks) -> str:
    address, kind = bag.text(slot.address), bag.text(slot.type).upper()
    if kind == "EX":
        found = hooks.smtp_of(address) if hooks.smtp_of is not None else None
        shown = bag.text(slot.original_name)
        return found or (shown if "@" in shown else "")
    return "" if kind == "FAX" else _lines(address)


def _certificate(octets: bytes) -> bytes:
    """Return the certificate itself; entries of address books have it in a list of tagged values."""
    if octets.startswith(_SEQUENCE):
        return octets
    at = 0
    while at + 4 <= len(octets):
        tag = int.from_bytes(octets[at : at + 2], "little")
        size = int.from_bytes(octets[at + 2 : at + 4], "little")
        if size <= 4 or at + size > len(octets):  # noqa: PLR2004 - the size counts itself
            return b""
        if tag == _CERTIFICATE_TAG:
            return octets[at + 4 : at + size]
        at += size
    return b""


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _uri(text: str) -> str:
    return "".join(text.split("\n")).replace("\r", "")
