"""Members of personal distribution lists: their entry ids, wrapped and one-off.

Spec: [MS-OXOCNTC] 2.2.2.2 (properties of lists), 2.2.2.2.4.1.1 (WrappedEntryId).
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, Writer
from gromox.convert import rtfcp
from gromox.convert.mail.oneoff import OneOff, one_off_entry_id, read_one_off
from gromox.mapi import named
from gromox.mapi.guids import WAB_GUID

if TYPE_CHECKING:
    from gromox.mapi.message import PropertyBag
    from gromox.mapi.propname import NamedProperty

#: Each of both lists of members stays below this many octets, [MS-OXOCNTC] 2.2.2.2.1.
MAX_OCTETS: Final = 15_000
MAX_MEMBERS: Final = 10_000
_LARGEST: Final = 4096
_KIND: Final = 0x0F
_DEFAULT: Final = 0x80
_ADDRESS_SHIFT: Final = 4


class MemberKind(IntEnum):
    """What a wrapped entry id holds: the low four bits of its type."""

    ONE_OFF = 0
    CONTACT = 3
    LIST = 4
    MAIL_USER = 5
    GLOBAL_LIST = 6


class ContactAddress(IntEnum):
    """Which address of a contact is the member: the next three bits."""

    BUSINESS_FAX = 0
    HOME_FAX = 1
    PRIMARY_FAX = 2
    NONE = 3
    EMAIL_1 = 4
    EMAIL_2 = 5
    EMAIL_3 = 6


class Wrapped(NamedTuple):
    """A WrappedEntryId."""

    kind: MemberKind
    entry_id: bytes
    address: ContactAddress = ContactAddress.NONE


def wrap(member: Wrapped) -> bytes:
    """Return the octets of a WrappedEntryId."""
    w = Writer()
    w.u32(0)
    w.guid(WAB_GUID)
    kind = int(member.kind)
    if member.kind is MemberKind.CONTACT:
        kind |= member.address << _ADDRESS_SHIFT
    elif member.kind is not MemberKind.ONE_OFF:
        kind |= ContactAddress.NONE << _ADDRESS_SHIFT
    w.u8(kind | (0 if member.kind is MemberKind.ONE_OFF else _DEFAULT))
    w.raw(member.entry_id)
    return w.octets()


def unwrap(octets: bytes) -> Wrapped:
    """Read a WrappedEntryId.

    Raises:
        ParseError: it is none.
    """
    if len(octets) > _LARGEST:
        raise ParseError(f"at most {_LARGEST} octets of a member")
    r = Reader(octets)
    r.u32()
    if r.guid() != WAB_GUID:
        raise ParseError("the provider of wrapped entry ids", 4)
    kind = r.u8()
    try:
        found = MemberKind(kind & _KIND)
        address = ContactAddress(kind >> _ADDRESS_SHIFT & 7)
    except ValueError:
        raise ParseError("a kind of member", 20) from None
    if found is not MemberKind.CONTACT:
        address = ContactAddress.NONE
    rest = r.rest()
    if not rest:
        raise ParseError("an entry id", r.offset)
    return Wrapped(found, rest, address)


class ListMember(NamedTuple):
    """A member: the entry id of the list, and what is shown of it."""

    entry_id: bytes
    shown: OneOff


def set_members(bag: PropertyBag, members: list[ListMember]) -> int:
    """Put members into both lists, which stand side by side, and return how many there was room for.

    What goes beyond the size that the document allows does not open in Outlook, so it is left out.
    """
    ids: list[bytes] = []
    shown: list[bytes] = []
    left, left_shown = MAX_OCTETS, MAX_OCTETS
    for member in members[:MAX_MEMBERS]:
        one_off = one_off_entry_id(*(member.shown.name, member.shown.address, member.shown.address_type))
        if len(member.entry_id) >= left or len(one_off) >= left_shown:
            break
        left -= len(member.entry_id)
        left_shown -= len(one_off)
        ids.append(member.entry_id)
        shown.append(one_off)
    if ids:
        bag[named.PidLidDistributionListMembers] = tuple(ids)
        bag[named.PidLidDistributionListOneOffMembers] = tuple(shown)
        bag[named.PidLidDistributionListChecksum] = checksum(ids)
    return len(ids)


def checksum(entry_ids: list[bytes] | tuple[bytes, ...]) -> int:
    """Return the CRC of all members, [MS-OXOCNTC] 2.2.2.2.3."""
    return rtfcp.crc32(b"".join(entry_ids))


def members_of(bag: PropertyBag) -> list[ListMember]:
    """Return the members of a list; those of which nothing can be shown are left out."""
    found: list[ListMember] = []
    ids = _octets(bag, named.PidLidDistributionListMembers)
    one_offs = _octets(bag, named.PidLidDistributionListOneOffMembers)
    for number, entry_id in enumerate(ids[:MAX_MEMBERS]):
        shown = read_one_off(one_offs[number]) if number < len(one_offs) else None
        shown = shown or read_one_off(entry_id) or _inside(entry_id)
        if shown is not None:
            found.append(ListMember(entry_id, shown))
    return found


def _inside(entry_id: bytes) -> OneOff | None:
    try:
        wrapped = unwrap(entry_id)
    except ParseError:
        return None
    return read_one_off(wrapped.entry_id) if wrapped.kind is MemberKind.ONE_OFF else None


def _octets(bag: PropertyBag, key: NamedProperty) -> list[bytes]:
    value = bag.get(key)
    return [each for each in value if isinstance(each, bytes)] if isinstance(value, tuple) else []
