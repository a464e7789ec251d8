"""What each line of a card sets, and which lines say it.

A line *claims* the properties it set. Lines that claim nothing have no place in MAPI.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.errors import ParseError
from gromox.convert.contact.day import ticks_of_day, ticks_of_instant
from gromox.convert.contact.table import (
    ANNIVERSARY,
    ANNIVERSARY_NAMES,
    BIRTHDAY,
    CLASSES,
    GENDERS,
    HOME,
    NAME_PARTS,
    ORGANIZATION,
    OTHER,
    OTHER_NAMES,
    PHONE_TYPES,
    PHONES,
    RELATED,
    SLOTS,
    TEXTS,
    USER_FIELDS,
    WORK,
    phone_matches,
)
from gromox.ical import Component
from gromox.ical.text import text_list, unescape
from gromox.ical.value import parse_binary
from gromox.ical.vcard import read_card
from gromox.mapi import named, tags
from gromox.mapi.message import PropertyBag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gromox.convert.contact.table import PlaceOfAddress
    from gromox.ical import Property
    from gromox.ical.vcard import Card, Typed
    from gromox.mapi.message import PropertyKey
    from gromox.mapi.propvalue import PropValue

_LOWEST: Final = 101
MAX_CERTIFICATES: Final = 50
MAX_CHILDREN: Final = 100
_MESSAGING: Final = frozenset(
    [
        *("IMPP", "X-AIM", "X-GADU-GADU", "X-GOOGLE-TALK", "X-GROUPWISE", "X-ICQ", "X-JABBER", "X-MSN"),
        *("X-QQ", "X-SKYPE", "X-SKYPE-USERNAME", "X-YAHOO"),
    ]
)
_FILE_TYPES: Final = ("x509", "pkix")


class Claim(NamedTuple):
    """A line and the properties it set."""

    line: Property
    keys: tuple[PropertyKey, ...]


class Reading:
    """A card while it is read: the bag it makes and the claims of its lines."""

    def __init__(self, card: Component) -> None:
        """Begin with nothing read."""
        self.card = card
        self.bag = PropertyBag()
        self.claims: list[Claim] = []
        self._version = card.all("VERSION")

    def read(self) -> None:
        """Read all lines of a contact."""
        for line in self.card.properties:
            handler = _HANDLERS.get(line.name)
            if handler is not None:
                handler(self, line)
            else:
                self.text(line)
        self._emails(self.card.all("EMAIL"))

    def read_as_list(self) -> None:
        """Read what a distribution list has in common with contacts."""
        for line in self.card.properties:
            if line.name in ("FN", "NOTE"):
                self.text(line)
            elif line.name == "CATEGORIES":
                self.categories(line)
            elif line.name == "REV":
                self.revision(line)

    def typed(self, line: Property) -> Card:
        """Return the typed reading of one line, with the label that belongs to it."""
        labels = [each for each in self.card.all("X-ABLABEL") if line.group and each.group == line.group]
        return read_card(Component("VCARD", [*self._version, *labels, line]))

    def set(self, line: Property, values: Iterable[tuple[PropertyKey, PropValue]]) -> bool:
        """Set properties none of which is set yet, and let the line claim them."""
        pairs = [(key, value) for key, value in values if value not in ("", ())]
        if not pairs or any(key in self.bag for key, _ in pairs):
            return False
        for key, value in pairs:
            self.bag[key] = value
        self.claims.append(Claim(line, tuple(key for key, _ in pairs)))
        return True

    def add(self, line: Property, key: PropertyKey, values: Iterable[str | bytes], limit: int) -> None:
        """Add to a property of several values; several lines may claim it."""
        held = self.bag.get(key)
        have = held if isinstance(held, tuple) else ()
        new = tuple(dict.fromkeys(value for value in values if value and value not in have))
        if new and len(have) + len(new) <= limit:
            self.bag[key] = (*have, *new)
            self.claims.append(Claim(line, (key,)))

    def text(self, line: Property) -> None:
        """Read a line of the table of texts."""
        name = OTHER_NAMES.get(line.name, line.name)
        for row in TEXTS:
            if row.name == name:
                self.set(line, [(row.key, clean(line.text))])
                return

    def _emails(self, lines: list[Property]) -> None:
        """The preferred address stands in the first place."""
        found = [(line, one) for line in lines for one in self.typed(line).emails if one.value]
        places = iter(SLOTS)
        for line, one in sorted(found, key=lambda pair: pair[1].pref or _LOWEST):
            slot = next(places, None)
            if slot is None:
                return
            self.set(line, [(slot.address, clean(one.value))])

    def name(self, line: Property) -> None:
        """N: the parts of the name."""
        found = self.typed(line).name
        if found is not None:
            self.set(line, list(zip(NAME_PARTS, map(clean, found), strict=True)))

    def organization(self, line: Property) -> None:
        """ORG: company, and units as the department."""
        units = [clean(text) for text in self.typed(line).organization]
        if units:
            self.set(
                line, list(zip(ORGANIZATION, (units[0], ", ".join(filter(None, units[1:]))), strict=True))
            )

    def phone(self, line: Property) -> None:
        """TEL and X-MS-TEL: the first free place of its types."""
        for one in self.typed(line).phones or self._extension(line):
            types = frozenset(map(_phone_type, one.types | ({"pref"} if one.pref else set())))
            if one.label:
                types |= {_phone_type(one.label.lower())}
            for phone in PHONES:
                if phone_matches(phone, types) and phone.tag not in self.bag:
                    self.set(line, [(phone.tag, clean(one.value))])
                    break

    def _extension(self, line: Property) -> tuple[Typed, ...]:
        """X-MS-TEL is TEL by another name."""
        return self.typed(line._replace(name="TEL")).phones if line.name != "TEL" else ()

    def address(self, line: Property) -> None:
        """ADR: one address of each place."""
        for one in self.typed(line).addresses:
            found = one.address
            if found is None or not any(found):
                continue
            place = place_of(one.types)
            # What is no street of an office (floor, suite) belongs to the street.
            office = clean(found.extended) if place is WORK else ""
            lines = (found.street,) if office else (found.extended, found.street)
            street = "\r\n".join(filter(None, map(clean, lines)))
            parts = (found.po_box, street, found.locality, found.region, found.postal_code, found.country)
            pairs: list[tuple[PropertyKey, PropValue]] = list(
                zip(place.parts, map(clean, parts), strict=True)
            )
            if office and tags.PidTagOfficeLocation not in self.bag:
                pairs.append((tags.PidTagOfficeLocation, office))
            if one.pref and named.PidLidPostalAddressId not in self.bag:
                pairs.append((named.PidLidPostalAddressId, place.number))
            label = clean(unescape(line.parameter("LABEL") or ""))
            if label and place.whole not in self.bag:
                pairs.append((place.whole, label))
            self.set(line, pairs)

    def label(self, line: Property) -> None:
        """LABEL: a whole address."""
        self.set(line, [(place_of(line.types).whole, clean(line.text))])

    def url(self, line: Property) -> None:
        """URL: the page of a person or of their work."""
        text = clean(line.text)
        if "home" in line.types:
            self.set(line, [(tags.PidTagPersonalHomePage, text)])
        else:
            self.set(line, [(tags.PidTagBusinessHomePage, text), (named.PidLidHtml, text)])

    def free_busy(self, line: Property) -> None:
        """FBURL: where free and busy times are."""
        self.set(line, [(named.PidLidFreeBusyLocation, clean(line.text))])

    def messaging(self, line: Property) -> None:
        """IMPP and its many forerunners: the first one."""
        for one in self.typed(line).messaging:
            self.set(line, [(named.PidLidInstantMessagingAddress, clean(one.value))])

    def categories(self, line: Property) -> None:
        """CATEGORIES, on however many lines."""
        self.add(line, named.PidNameKeywords, map(clean, text_list(line.value)), 1000)

    def birthday(self, line: Property) -> None:
        """BDAY, as far as it is a day."""
        self._day(line, self.typed(line), BIRTHDAY)

    def anniversary(self, line: Property) -> None:
        """ANNIVERSARY and its forerunners."""
        self._day(line, self.typed(line._replace(name="ANNIVERSARY")), ANNIVERSARY)

    def _day(self, line: Property, card: Card, keys: tuple[PropertyKey, PropertyKey]) -> None:
        day = card.birthday or card.anniversary
        ticks = ticks_of_day(day) if day is not None else None
        if ticks is not None:
            self.set(line, list(zip(keys, ticks, strict=True)))

    def revision(self, line: Property) -> None:
        """REV: the last change."""
        found = self.typed(line).revision
        ticks = ticks_of_instant(found) if found is not None else None
        if ticks is not None:
            self.bag.setdefault(tags.PidTagLastModificationTime, ticks)

    def sensitivity(self, line: Property) -> None:
        """CLASS, [MS-OXVCARD] 2.1.3.7.2."""
        number = CLASSES.get(line.text.strip().upper())
        if number is not None:
            self.set(line, [(tags.PidTagSensitivity, number)])

    def gender(self, line: Property) -> None:
        """GENDER: only the two that MAPI knows."""
        number = GENDERS.get(line.text.strip()[:1].upper())
        if number is not None:
            self.set(line, [(tags.PidTagGender, number)])

    def windows_gender(self, line: Property) -> None:
        """X-WAB-GENDER: 1 is female, 2 is male."""
        text = line.text.strip()
        if text in ("1", "2"):
            self.set(line, [(tags.PidTagGender, int(text))])

    def related(self, line: Property) -> None:
        """RELATED by name: spouse, children, manager, assistant."""
        for one in self.typed(line).related:
            # Who has a card of their own is told by its URI, and stays a line.
            if ":" in one.value and (line.parameter("VALUE") or "").lower() != "text":
                continue
            types = one.types | {one.label.lower()}
            if "child" in types:
                self.add(line, tags.PidTagChildrensNames, [clean(one.value)], MAX_CHILDREN)
            for kind, tag in RELATED.items():
                if kind in types:
                    self.set(line, [(tag, clean(one.value))])

    def child(self, line: Property) -> None:
        """X-MS-CHILD: one child a line."""
        self.add(line, tags.PidTagChildrensNames, [clean(line.text)], MAX_CHILDREN)

    def user_field(self, line: Property) -> None:
        """X-MS-TEXT: the four texts of the user, in their order."""
        for key in USER_FIELDS:
            if key not in self.bag:
                self.set(line, [(key, clean(line.text))])
                return

    def key(self, line: Property) -> None:
        """KEY: certificates; other keys stay lines."""
        for media in self.typed(line).keys:
            if media.octets and any(kind in media.media_type for kind in _FILE_TYPES):
                self.add(line, tags.PidTagUserX509Certificate, [media.octets], MAX_CERTIFICATES)

    def card_picture(self, line: Property) -> None:
        """X-MS-CARDPICTURE: the picture of the business card."""
        try:
            self.set(line, [(named.PidLidBusinessCardCardPicture, parse_binary(line.value))])
        except ParseError:
            return

    def postal_address_id(self, line: Property) -> None:
        """X-MS-OL-DEFAULT-POSTAL-ADDRESS: where letters go."""
        text = line.text.strip()
        if text in ("0", "1", "2", "3"):
            self.set(line, [(named.PidLidPostalAddressId, int(text))])

    def ignore(self, line: Property) -> None:
        """What other steps read."""


def clean(text: str) -> str:
    """Return a text as MAPI keeps it: without NUL, lines end with CRLF."""
    return text.replace("\0", "").strip().replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


def place_of(types: frozenset[str]) -> PlaceOfAddress:
    """Return where an address of these types stands, [MS-OXVCARD] 2.1.3.2.1."""
    if "work" in types:
        return WORK
    return HOME if "home" in types else OTHER


def _phone_type(text: str) -> str:
    plain = text.removeprefix("x-evolution-").removeprefix("x-")
    return PHONE_TYPES.get(plain, plain)


_HANDLERS: Final[dict[str, Callable[[Reading, Property], None]]] = {
    "N": Reading.name,
    "ORG": Reading.organization,
    "EMAIL": Reading.ignore,
    "TEL": Reading.phone,
    "X-MS-TEL": Reading.phone,
    "TLX": Reading.phone,
    "ADR": Reading.address,
    "LABEL": Reading.label,
    "URL": Reading.url,
    "FBURL": Reading.free_busy,
    "CATEGORIES": Reading.categories,
    "BDAY": Reading.birthday,
    **dict.fromkeys(ANNIVERSARY_NAMES, Reading.anniversary),
    **dict.fromkeys(_MESSAGING, Reading.messaging),
    "REV": Reading.revision,
    "CLASS": Reading.sensitivity,
    "GENDER": Reading.gender,
    "X-WAB-GENDER": Reading.windows_gender,
    "RELATED": Reading.related,
    "X-ABRELATEDNAMES": Reading.related,
    "X-MS-CHILD": Reading.child,
    "X-MS-TEXT": Reading.user_field,
    "KEY": Reading.key,
    "X-MS-CARDPICTURE": Reading.card_picture,
    "X-MS-OL-DEFAULT-POSTAL-ADDRESS": Reading.postal_address_id,
}
