"""Codes that stand in columns of the user database.

Spec:
    Fact sheet db-schema.md: "users.privilege_bits", "users.address_status", tables domains, mlists, forwards.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Final


class Privilege(IntFlag):
    """Bits of ``users.privilege_bits``: the services a user may use."""

    NONE = 0
    IMAP_POP3 = 0x001
    SMTP = 0x002
    CHANGE_PASSWORD = 0x004
    PUBLIC_ADDRESS = 0x008
    CHAT = 0x010
    VIDEO = 0x020
    FILES = 0x040
    ARCHIVE = 0x080
    DETAIL1 = 0x100  #: the three bits below mean something; while clear they count as set
    WEB = 0x200
    EAS = 0x400
    DAV = 0x800


#: Granted to everybody whose DETAIL1 bit is clear.
DETAILED: Final = Privilege.WEB | Privilege.EAS | Privilege.DAV
#: What a new user gets when nobody says otherwise.
DEFAULT_PRIVILEGE: Final = (
    Privilege.IMAP_POP3
    | Privilege.SMTP
    | Privilege.CHANGE_PASSWORD
    | Privilege.PUBLIC_ADDRESS
    | Privilege.DETAIL1
    | DETAILED
)


def effective(bits: int) -> Privilege:
    """Return what ``users.privilege_bits`` grants, the bits below DETAIL1 resolved."""
    granted = Privilege(bits & 0xFFF)
    return granted if granted & Privilege.DETAIL1 else granted | DETAILED


def is_granted(bits: int, wanted: Privilege) -> bool:
    """Tell whether all ``wanted`` services are allowed by ``users.privilege_bits``."""
    return effective(bits) & wanted == wanted


class AddressStatus(IntEnum):
    """The user part of ``users.address_status``."""

    NORMAL = 0
    SUSPENDED = 1
    DELETED = 3
    SHARED = 4
    CONTACT = 5


#: Which bits of ``users.address_status`` are the user's own, and which repeat the status of the domain.
USER_STATUS_MASK: Final = 0x0F
DOMAIN_STATUS_MASK: Final = 0x30
DOMAIN_STATUS_SHIFT: Final = 4


class DomainStatus(IntEnum):
    """``domains.domain_status``."""

    NORMAL = 0
    SUSPENDED = 1
    DELETED = 3


def with_domain_status(address_status: int, domain_status: int | None) -> int:
    """Return ``users.address_status`` with the status of the domain in it, even if nobody copied it there."""
    return address_status | ((domain_status or 0) << DOMAIN_STATUS_SHIFT) & DOMAIN_STATUS_MASK


class DisplayType(IntEnum):
    """Values of PR_DISPLAY_TYPE_EX that the directory knows."""

    USER = 0
    LIST = 1
    CONTACT = 6
    ROOM = 7
    EQUIPMENT = 8


class ListType(IntEnum):
    """``mlists.list_type``; the values 1 and 3 are defunct."""

    NORMAL = 0
    DOMAIN = 2


class ListPrivilege(IntEnum):
    """``mlists.list_privilege``: who may send to a list."""

    ALL = 0
    INTERNAL = 1  #: members
    DOMAIN = 2  #: senders of the same domain
    SPECIFIED = 3  #: the addresses and domains in ``specifieds``
    OUTGOING = 4  #: no restriction at delivery


class ForwardType(IntEnum):
    """``forwards.forward_type``."""

    COPY = 0
    REDIRECT = 1
