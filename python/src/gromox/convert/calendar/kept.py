"""What a component says beyond its message, kept beside it so that it comes back when the message is written.

A message says less than a component, and says it otherwise: what is written from a message alone is one of
many components that mean the same. When a component is read, it is compared with what would be written from
its message. Groups of properties (those of one name; one attendee; all that tell the times) that differ are
kept with a digest of what would have been written. When the message is written later, a group is given back
if it would be written the same still; if a program has changed the message meanwhile, the message counts.

Spec:
    Ours; [MS-OXCICAL] lets unknown properties fall. See docs/decisions/0019.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.convert.calendar.person import mailbox_of_property
from gromox.ical.component import Component
from gromox.ical.limits import Limits
from gromox.ical.property import Property
from gromox.ical.reader import read
from gromox.ical.text import escape, split, unescape
from gromox.ical.writer import format_property, write
from gromox.mapi.guids import PS_PUBLIC_STRINGS
from gromox.mapi.propname import NamedProperty
from gromox.mapi.proptypes import PropType

if TYPE_CHECKING:
    from gromox.mapi.message import PropertyBag

#: The named property that holds it.
KEPT: Final = NamedProperty(PS_PUBLIC_STRINGS, "x-gromox-icalendar", PropType.BINARY)

#: Properties that tell the times only together.
TIMES: Final = frozenset(
    [
        *("DTSTART", "DTEND", "DURATION", "DUE", "RRULE", "RDATE", "EXRULE", "EXDATE", "RECURRENCE-ID"),
        *("X-MICROSOFT-RRULE", "X-MICROSOFT-EXDATE", "X-MICROSOFT-CALSCALE"),
    ]
)
#: Of which there is one for each person.
_PERSONS: Final = frozenset(["ATTENDEE", "ORGANIZER"])
#: Without which a component is none; they are always written.
_REQUIRED: Final = frozenset(["UID", "DTSTAMP"])
_GROUP: Final = "X-GROMOX-GROUP"
_WITHOUT: Final = "X-GROMOX-WITHOUT"
_SAME: Final = "X-GROMOX-SAME"
_CHILDREN: Final = "X-GROMOX-CHILDREN"
_RULE: Final = "X-GROMOX-RULE"
_LIMITS: Final = Limits(octets=512 << 20)
_SHORT: Final = 64  #: a longer value that is the same is not kept twice
#: Parameters that are told by a message; others of a person survive changes to it.
_TOLD: Final = frozenset(["CN", "ROLE", "PARTSTAT", "RSVP", "CUTYPE", "SENT-BY"])

_Groups = dict[str, list[Property]]


def keep(original: Component, canonical: Component, *, is_rule: bool = False) -> Component | None:
    """Return what must be kept of a component, or None if what would be written says it all.

    Args:
        original: the component that was read.
        canonical: what would be written from its message alone.
        is_rule: whether the message tells less instances than the component.
    """
    kept = Component(original.name, [Property(_RULE, "1")] if is_rule else [])
    ours, theirs = _groups(canonical), _groups(original)
    without = []
    for key, properties in ours.items():
        stood = theirs.pop(key, [])
        if stood == properties:
            continue
        if stood:
            kept.properties.append(Property(_GROUP, f"{_digest(properties)} {key}"))
            kept.properties += _without_same_value(stood, properties)
        elif key not in _REQUIRED:
            without.append(f"{_digest(properties)} {escape(key)}")
    if without:
        kept.properties.append(Property(_WITHOUT, ",".join(without)))
    for key, properties in theirs.items():
        kept.properties.append(Property(_GROUP, f"- {key}"))
        kept.properties += properties
    if original.components != canonical.components:
        kept.properties.append(Property(_CHILDREN, _digest_of_children(canonical)))
        kept.components = original.components
    return kept if kept.properties else None


def restore(canonical: Component, kept: Component) -> Component:
    """Return what is written: what was kept where it still holds, else what the message says."""
    told, further, children = _read(kept)
    made = Component(canonical.name)
    for key, properties in _groups(canonical).items():
        digest, stood = told.get(key, ("", []))
        if digest == _digest(properties):
            made.properties += _with_same_value(stood, properties)
        elif digest and stood and key.partition(" ")[0] in _PERSONS:
            made.properties += [_merged(properties[0], stood[0]), *properties[1:]]
        else:
            made.properties += properties
    present = _groups(canonical)
    for key, properties in further.items():
        if key not in present:
            made.properties += properties
    made.components = canonical.components
    if children is not None and children == _digest_of_children(canonical):
        made.components = kept.components
    return made


def has_rule(kept: Component) -> bool:
    """Whether the times that were kept give other instances than the message."""
    return kept.first(_RULE) is not None


def times_of(kept: Component) -> tuple[str, list[Property]] | None:
    """Return the digest and the properties of the times that were kept, or None."""
    return _read(kept)[0].get("TIMES")


def digest_of_times(properties: list[Property]) -> str:
    """Return the digest of the properties that tell the times."""
    return _digest([one for one in properties if one.name in TIMES])


def _read(kept: Component) -> tuple[dict[str, tuple[str, list[Property]]], _Groups, str | None]:
    """Return groups that replace others by their key, further groups, and the digest of children."""
    told: dict[str, tuple[str, list[Property]]] = {}
    further: _Groups = {}
    children = None
    current: list[Property] = []
    for one in kept.properties:
        if one.name == _CHILDREN:
            children = one.value
        elif one.name == _RULE:
            continue
        elif one.name == _WITHOUT:
            for entry in split(one.value):
                digest, _, key = entry.partition(" ")
                told[unescape(key)] = (digest, [])
        elif one.name == _GROUP:
            digest, _, key = one.value.partition(" ")
            current = []
            if digest == "-":
                further[key] = current
            else:
                told[key] = (digest, current)
        else:
            current.append(one)
    return told, further, children


def _groups(component: Component) -> _Groups:
    groups: _Groups = {}
    for one in component.properties:
        key = _key(one)
        if one.name in _PERSONS:
            # Somebody invited twice is two, each at its place.
            number = 1
            while f"{key} {number}" in groups:
                number += 1
            key = f"{key} {number}"
        groups.setdefault(key, []).append(one)
    return groups


def _key(one: Property) -> str:
    if one.name in TIMES:
        return "TIMES"
    if one.name in _PERSONS:
        return f"{one.name} {mailbox_of_property(one).address.lower() or one.value}"
    return one.name


def _digest(properties: list[Property]) -> str:
    text = "\n".join(map(format_property, properties))
    return blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()


def _digest_of_children(component: Component) -> str:
    return blake2b(write(*component.components), digest_size=6).hexdigest()


def _without_same_value(stood: list[Property], ours: list[Property]) -> list[Property]:
    """Return properties without long values that are in the message anyway."""
    if len(stood) != len(ours):
        return stood
    return [
        one._replace(value="", parameters=(*one.parameters, (_SAME, ("1",))))
        if one.value == other.value and one.name == other.name and len(one.value) > _SHORT
        else one
        for one, other in zip(stood, ours, strict=True)
    ]


def _with_same_value(stood: list[Property], ours: list[Property]) -> list[Property]:
    return [
        one.with_parameter(_SAME)._replace(value=ours[at].value)
        if at < len(ours) and one.parameter(_SAME) is not None
        else one
        for at, one in enumerate(stood)
    ]


def _merged(ours: Property, stood: Property) -> Property:
    """Return a person as the message has it, with what nobody but the calendar told."""
    names = {name for name, _ in ours.parameters}
    extra = tuple(pair for pair in stood.parameters if pair[0] not in names | _TOLD and pair[0] != _SAME)
    return ours._replace(parameters=(*ours.parameters, *extra))


def put_kept(bag: PropertyBag, *kept: Component) -> None:
    """Set the property that holds it: a calendar with the component, its zones, and others of its UID."""
    if kept:
        bag[KEPT] = write(Component("VCALENDAR", [], list(kept)))
    else:
        bag.pop(KEPT, None)


def kept_of(bag: PropertyBag) -> list[Component]:
    """Return what was put there; nothing if there is nothing that can be read."""
    octets = bag.typed(KEPT, bytes)
    if not octets:
        return []
    try:
        return read(octets, _LIMITS)[0].components
    except ParseError:
        return []
