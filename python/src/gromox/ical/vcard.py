"""Contacts: a typed reading of VCARD components of every version; RFC 6350, RFC 2426, vCard 2.1.

The component stays the truth. ``Card`` is made of what is understood of it; properties that are not stand in
``other``, as they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.errors import ParseError
from gromox.ical.component import is_legacy_version
from gromox.ical.text import structure, text_list, unescape
from gromox.ical.value import parse_binary, parse_geo
from gromox.ical.vcarddate import APPLE_NO_YEAR, PartialDate, parse_partial_date

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.ical.component import Component
    from gromox.ical.property import Property

_LOWEST_PREF: Final = 100
_DATA: Final = re.compile(r"data:([^;,]*)((?:;[^;,]*)*),", re.IGNORECASE)
#: Labels of Apple's programs: _$!<Home>!$_
_APPLE_LABEL: Final = re.compile(r"_\$!<(.*)>!\$_\Z", re.DOTALL)
_IMAGE_TYPES: Final = {"jpg": "jpeg", "jpe": "jpeg", "tif": "tiff"}


class Name(NamedTuple):
    """N, RFC 6350 6.2.2."""

    family: str = ""
    given: str = ""
    additional: str = ""
    prefix: str = ""
    suffix: str = ""


class Address(NamedTuple):
    """ADR, RFC 6350 6.3.1."""

    po_box: str = ""
    extended: str = ""
    street: str = ""
    locality: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""


class Media(NamedTuple):
    """PHOTO, LOGO, SOUND or KEY: octets, or where they are."""

    media_type: str
    octets: bytes = b""
    uri: str = ""


class Typed(NamedTuple):
    """A value with what its property says of it."""

    value: str
    types: frozenset[str] = frozenset()
    pref: int = 0  #: 1 is preferred most, 100 least, 0 not at all; ``TYPE=pref`` is 1
    label: str = ""  #: X-ABLABEL of the same group, or LABEL
    address: Address | None = None  #: of ADR


@dataclass(frozen=True, slots=True)
class Card:
    """What a VCARD says."""

    version: str = ""
    uid: str = ""
    kind: str = "individual"
    full_name: str = ""
    name: Name | None = None
    nicknames: tuple[str, ...] = ()
    organization: tuple[str, ...] = ()  #: ORG: the name, then its units
    titles: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    emails: tuple[Typed, ...] = ()
    phones: tuple[Typed, ...] = ()
    messaging: tuple[Typed, ...] = ()  #: IMPP and X-AIM, X-JABBER, ...: URIs
    addresses: tuple[Typed, ...] = ()
    urls: tuple[Typed, ...] = ()
    related: tuple[Typed, ...] = ()
    notes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    birthday: PartialDate | None = None
    anniversary: PartialDate | None = None
    geo: tuple[float, float] | None = None
    photos: tuple[Media, ...] = ()
    logos: tuple[Media, ...] = ()
    sounds: tuple[Media, ...] = ()
    keys: tuple[Media, ...] = ()
    revision: PartialDate | None = None
    other: tuple[Property, ...] = field(default=(), repr=False)


_MESSAGING: Final = {
    "X-AIM": "aim",
    "X-GADU-GADU": "gg",
    "X-GOOGLE-TALK": "gtalk",
    "X-GROUPWISE": "groupwise",
    "X-ICQ": "icq",
    "X-JABBER": "xmpp",
    "X-MS-IMADDRESS": "im",
    "X-MSN": "msnim",
    "X-QQ": "qq",
    "X-SKYPE": "skype",
    "X-SKYPE-USERNAME": "skype",
    "X-YAHOO": "ymsgr",
}
#: Field of Card, properties, by how they are read.
_LABELLED: Final = {
    "emails": ("EMAIL",),
    "phones": ("TEL",),
    "messaging": ("IMPP", *_MESSAGING),
    "addresses": ("ADR",),
    "urls": ("URL",),
    "related": ("RELATED", "AGENT", "X-ABRELATEDNAMES", "X-SPOUSE", "X-MANAGER", "X-ASSISTANT"),
}
_TEXTS: Final = {"titles": ("TITLE",), "roles": ("ROLE",), "notes": ("NOTE",)}
_LISTS: Final = {"nicknames": ("NICKNAME", "X-NICKNAME"), "categories": ("CATEGORIES",)}
_MEDIA: Final = {"photos": "PHOTO", "logos": "LOGO", "sounds": "SOUND", "keys": "KEY"}
_DATES: Final = {
    "birthday": ("BDAY",),
    "anniversary": ("ANNIVERSARY", "X-ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY"),
    "revision": ("REV",),
}
_SINGLE: Final = ("VERSION", "UID", "KIND", "X-ADDRESSBOOKSERVER-KIND", "FN", "N", "ORG", "GEO")
_MEMBERS: Final = ("MEMBER", "X-ADDRESSBOOKSERVER-MEMBER")
_KNOWN: Final = frozenset(
    [
        *_SINGLE,
        *_MEMBERS,
        *_MEDIA.values(),
        *(
            name
            for table in (_LABELLED, _TEXTS, _LISTS, _DATES)
            for names in table.values()
            for name in names
        ),
        "X-ABLABEL",
    ]
)


def read_card(component: Component) -> Card:
    """Return what a VCARD says; values that cannot be read stay in ``other``."""
    return _Reader(component).read()


class _Reader:
    def __init__(self, component: Component) -> None:
        self._component = component
        self._version = component.text("VERSION").strip()
        # In vCard 2.1 commas separate nothing.
        self._lists = not is_legacy_version(component.name, self._version)
        self._labels = {one.group: _label(one.text) for one in component.all("X-ABLABEL") if one.group}
        self._other = [one for one in component.properties if one.name not in _KNOWN]

    def read(self) -> Card:
        component = self._component
        kind = component.text("KIND") or component.text("X-ADDRESSBOOKSERVER-KIND") or "individual"
        values: dict[str, object] = {
            "version": self._version,
            "uid": component.text("UID").strip(),
            "kind": kind.strip().lower(),
            "full_name": component.text("FN").strip(),
            "name": self._name(),
            "organization": self._organization(),
            "members": tuple(one.text.strip() for one in component.all(*_MEMBERS)),
            "geo": self._geo(),
        }
        for target, names in _LABELLED.items():
            values[target] = self._typed(names)
        for target, names in _TEXTS.items():
            values[target] = tuple(one.text for one in component.all(*names))
        for target, names in _LISTS.items():
            values[target] = tuple(text for one in component.all(*names) for text in self._list(one))
        for target, name in _MEDIA.items():
            values[target] = tuple(media for one in component.all(name) if (media := self._media(one)))
        for target, names in _DATES.items():
            values[target] = self._date(names)
        return Card(**values, other=tuple(self._other))  # type: ignore[arg-type]  # by the tables above

    def _structure(self, one: Property, size: int) -> list[str]:
        """Return the components of a structure; several texts in one become one with commas."""
        parts = [", ".join(texts).strip() for texts in structure(one.value, lists=self._lists)]
        return (parts + [""] * size)[:size]

    def _name(self) -> Name | None:
        found = self._component.first("N")
        return Name(*self._structure(found, len(Name._fields))) if found else None

    def _organization(self) -> tuple[str, ...]:
        found = self._component.first("ORG")
        if found is None:
            return ()
        # Companies have commas in their names, and few programs escape them.
        return tuple(texts[0].strip() for texts in structure(found.value, lists=False))

    def _list(self, one: Property) -> Sequence[str]:
        if self._lists:
            return text_list(one.value)
        return [text for texts in structure(one.value, lists=False) if (text := texts[0].strip())]

    def _geo(self) -> tuple[float, float] | None:
        found = self._component.first("GEO")
        try:
            return parse_geo(found.value) if found else None
        except ParseError:
            self._other += [found] if found else []
            return None

    def _typed(self, names: tuple[str, ...]) -> tuple[Typed, ...]:
        return tuple(self._typed_one(one) for one in self._component.all(*names))

    def _typed_one(self, one: Property) -> Typed:
        value, types = one.text.strip(), one.types
        address = None
        if one.name == "ADR":
            address = Address(*self._structure(one, len(Address._fields)))
        elif one.name in _MESSAGING:
            scheme = _MESSAGING[one.name]
            value = value if value.lower().startswith(f"{scheme}:") else f"{scheme}:{value}"
        elif one.name == "TEL" and value.lower().startswith("tel:"):
            value = value[4:]
        elif one.name == "EMAIL" and value.lower().startswith("mailto:"):
            value = value[7:]
        elif one.name in ("X-SPOUSE", "X-MANAGER", "X-ASSISTANT"):
            types |= {one.name[2:].lower()}
        label = self._labels.get(one.group, "") if one.group else ""
        return Typed(value, types - {"pref"}, _pref(one), label or one.parameter("LABEL") or "", address)

    def _date(self, names: tuple[str, ...]) -> PartialDate | None:
        for one in self._component.all(*names):
            if (one.parameter("VALUE") or "").upper() == "TEXT":
                return PartialDate(text=one.text)
            try:
                found = parse_partial_date(one.value)
            except ParseError:
                return PartialDate(text=one.text) if one.value.strip() else None
            omitted = one.parameter("X-APPLE-OMIT-YEAR") or ""
            if found.year is not None and (omitted == str(found.year) or found.year == APPLE_NO_YEAR):
                found = found._replace(year=None)
            return found
        return None

    def _media(self, one: Property) -> Media | None:
        declared = (one.parameter("MEDIATYPE") or one.parameter("TYPE") or "").lower()
        media_type = _media_type(one.name, declared)
        encoding = (one.parameter("ENCODING") or "").upper()
        try:
            if encoding in ("B", "BASE64"):
                return Media(media_type, parse_binary(one.value))
            value = unescape(one.value).strip()
            found = _DATA.match(value)
            if found is None:
                return Media(media_type, uri=value) if value else None
            if ";base64" not in found[2].lower():
                return Media(found[1].lower() or media_type, value[found.end() :].encode())
            return Media(found[1].lower() or media_type, parse_binary(value[found.end() :]))
        except ParseError:
            self._other.append(one)
            return None


def _pref(one: Property) -> int:
    told = one.parameter("PREF") or ""
    if told.isascii() and told.isdigit() and 1 <= int(told[:4]) <= _LOWEST_PREF:
        return int(told[:4])
    return 1 if "pref" in one.types or any(key == "PREF" for key, _ in one.parameters) else 0


def _label(text: str) -> str:
    found = _APPLE_LABEL.match(text.strip())
    return found[1] if found else text.strip()


def _media_type(name: str, declared: str) -> str:
    if "/" in declared:
        return declared
    if not declared:
        return ""
    if name in ("PHOTO", "LOGO"):
        return f"image/{_IMAGE_TYPES.get(declared, declared)}"
    return f"audio/{declared}" if name == "SOUND" else f"application/{declared}"
