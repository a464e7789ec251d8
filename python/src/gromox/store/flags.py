"""The flags of a message: one octet, changed for whole blocks by ``bytes.translate``.

Spec:
    RFC 9051 2.3.2 (system flags; ``$Forwarded`` is the one keyword that has a bit of its own because MAPI
    keeps it as a property, PidTagLastVerbExecuted).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import cache
from typing import Final


class Flag(enum.IntFlag):
    """The bits of the octet."""

    ANSWERED = 1
    FLAGGED = 2
    DELETED = 4
    SEEN = 8
    DRAFT = 16
    FORWARDED = 32


ALL_FLAGS: Final = 0x3F
NO_FLAGS: Final = Flag(0)
EVERY_FLAG: Final = Flag(ALL_FLAGS)

SYSTEM_NAMES: Final[dict[Flag, bytes]] = {
    Flag.ANSWERED: rb"\Answered",
    Flag.FLAGGED: rb"\Flagged",
    Flag.DELETED: rb"\Deleted",
    Flag.SEEN: rb"\Seen",
    Flag.DRAFT: rb"\Draft",
    Flag.FORWARDED: b"$Forwarded",
}


class FlagOperation(enum.Enum):
    """How the flags of a change meet those of the message."""

    ADD = "+"
    REMOVE = "-"
    REPLACE = "="


@dataclass(frozen=True, slots=True)
class FlagChange:
    """What is to happen to the flags and keywords of some messages."""

    operation: FlagOperation
    flags: Flag = NO_FLAGS
    keywords: frozenset[str] = frozenset()


@cache
def translation(operation: FlagOperation, flags: int) -> bytes:
    """Return the table that carries out a change on every octet of a block."""
    if operation is FlagOperation.ADD:
        return bytes(octet | flags for octet in range(256))
    if operation is FlagOperation.REMOVE:
        return bytes(octet & ~flags for octet in range(256))
    return bytes([flags]) * 256


@cache
def count_table(mask: int, value: int) -> bytes:
    """Return the table that turns octets with ``octet & mask == value`` into 1 and the others into 0."""
    return bytes(octet & mask == value for octet in range(256))


def flag_names(flags: int) -> bytes:
    """Return the IMAP names of the bits, separated by spaces."""
    return b" ".join(name for flag, name in SYSTEM_NAMES.items() if flags & flag)


FLAG_TEXTS: Final[tuple[bytes, ...]] = tuple(flag_names(octet) for octet in range(ALL_FLAGS + 1))
"""The names for every value of the octet."""
