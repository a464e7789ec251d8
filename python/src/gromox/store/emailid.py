"""Numbers of messages that stay when they are copied to another mailbox. RFC 8474 section 5.1.

A number is good in one mailbox. What came from another one keeps the beginning of that one's GUID before it;
the same octets stand in ``messages.email_id``, where a plain number is of the mailbox itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    import uuid

EmailId: TypeAlias = int | bytes

#: Octets of a mailbox's GUID: 64 bits.
ORIGIN: Final = 8
_NUMBER: Final = 6


def full(email_id: EmailId, home: uuid.UUID) -> bytes:
    """Return an id with its origin, as a mailbox with the GUID ``home`` keeps it."""
    return email_id if isinstance(email_id, bytes) else _origin(home) + email_id.to_bytes(_NUMBER, "big")


def kept(octets: bytes, home: uuid.UUID) -> EmailId:
    """Return how a mailbox keeps a full id: what comes home is a number again."""
    return number(octets) if octets[:ORIGIN] == _origin(home) else octets


def number(octets: bytes) -> int:
    """Return the number in a full id."""
    return int.from_bytes(octets[ORIGIN:], "big")


def _origin(home: uuid.UUID) -> bytes:
    return home.bytes[:ORIGIN]
