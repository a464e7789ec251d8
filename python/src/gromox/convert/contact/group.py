"""Personal distribution lists: KIND:group with its members, and back.

Spec: [MS-OXOCNTC] 2.2.2, RFC 6350 6.1.4 and 6.6.5; X-ADDRESSBOOKSERVER-KIND and -MEMBER in vCard 3.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.convert.contact.fields import clean
from gromox.convert.contact.memberlist import ListMember, members_of, set_members
from gromox.convert.mail.oneoff import OneOff, one_off_entry_id
from gromox.ical import Property
from gromox.mapi import named, tags
from gromox.mime.address import parse_addresses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.convert.contact.fields import Reading
    from gromox.convert.contact.hooks import ReaderHooks, WriterHooks
    from gromox.ical import Component
    from gromox.mapi.message import PropertyBag

_EVOLUTION: Final = "X-EVOLUTION-LIST"
_KINDS: Final = ("KIND", "X-ADDRESSBOOKSERVER-KIND", _EVOLUTION)
_MEMBERS: Final = ("MEMBER", "X-ADDRESSBOOKSERVER-MEMBER")
_NAME: Final = "X-CN"
_MAILTO: Final = "mailto:"


def is_group(card: Component) -> bool:
    """Tell whether a card is a list."""
    if any(card.text(name).strip().lower() == "group" for name in _KINDS[:2]):
        return True
    return card.text(_EVOLUTION).strip().lower() == "true"


def read_group(reading: Reading, hooks: ReaderHooks) -> list[Property]:
    """Read a list and return the lines that say no more than its properties do."""
    bag = reading.bag
    said = [line for line in reading.card.properties if line.name in _KINDS]
    found: list[tuple[Property, ListMember]] = []
    reading.read_as_list()
    # A group may have an address of its own; only Evolution writes its members so.
    addresses = ("EMAIL",) if reading.card.first(_EVOLUTION) is not None else ()
    for line in reading.card.all(*_MEMBERS, *addresses):
        member = _member(line, hooks)
        if member is not None:
            found.append((line, member))
    room = set_members(bag, [member for _, member in found])
    name = bag.text(tags.PidTagDisplayName) or clean(reading.card.text("N").replace(";", " "))
    bag[tags.PidTagDisplayName] = bag[named.PidLidDistributionListName] = name
    return [*said, *(line for line, _ in found[:room])]


def _member(line: Property, hooks: ReaderHooks) -> ListMember | None:
    """Return the member that a line means; None if it is only a reference to a card nobody knows."""
    uri = line.text.strip()
    name = line.parameter(_NAME) or line.parameter("X-EVOLUTION-DEST-NAME") or ""
    known = hooks.member_of(uri) if hooks.member_of is not None and line.name != "EMAIL" else None
    if known is not None:
        shown = OneOff(known.name or name, "SMTP", known.address)
        return ListMember(known.entry_id, shown)
    if line.name == "EMAIL":
        for found in parse_addresses(uri.encode("utf-8", "replace"), 1):
            address = b"@".join(part for part in (found.mailbox, found.host) if part)
            phrase = (found.name or b"").decode("utf-8", "replace")
            return _one_off(name or phrase, address.decode("utf-8", "replace"))
        return None
    if not uri.lower().startswith(_MAILTO):
        return None
    return _one_off(name, uri[len(_MAILTO) :].partition("?")[0])


def _one_off(name: str, address: str) -> ListMember | None:
    address = clean(address)
    if "@" not in address:
        return None
    name = clean(name) or address
    return ListMember(one_off_entry_id(name, address), OneOff(name, "SMTP", address))


def group_lines(bag: PropertyBag, version: str, hooks: WriterHooks) -> Iterator[Property]:
    """Write what makes a card a list."""
    is_new = version == "4.0"
    yield Property("KIND" if is_new else "X-ADDRESSBOOKSERVER-KIND", "group")
    name = "MEMBER" if is_new else "X-ADDRESSBOOKSERVER-MEMBER"
    for member in members_of(bag):
        uri = hooks.uri_of(member.entry_id) if hooks.uri_of is not None else None
        shown = member.shown
        if uri is None:
            address = shown.address
            if shown.address_type.upper() == "EX" and hooks.smtp_of is not None:
                address = hooks.smtp_of(shown.address) or ""
            if "@" not in address:
                continue
            uri = f"{_MAILTO}{address}"
        line = Property(name, uri)
        has_name = shown.name and shown.name != shown.address
        yield line.with_parameter(_NAME, shown.name) if has_name else line
