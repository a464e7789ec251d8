"""The values that go into and come out of a mailbox."""

from __future__ import annotations

import enum
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.value import value
from gromox.store.flags import NO_FLAGS, Flag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.mime import Message
    from gromox.store.content import StagedContent
    from gromox.store.emailid import EmailId
    from gromox.store.rule.model import Addressed

NO_UIDS: Final[Sequence[int]] = array("I")


@value
class NewMail:
    """A message in RFC 5322 form, to be kept octet for octet."""

    octets: bytes
    flags: Flag = NO_FLAGS
    keywords: frozenset[str] = frozenset()
    internal_date: float | None = None
    """Unix seconds; None: now."""
    zone: int = 0
    """Minutes east of UTC in which the internal date is shown."""
    scanned: Message | None = None
    """What ``gromox.mime.scan`` said, if the caller knows already."""
    staged: StagedContent | None = None
    """What ``Mailbox.stage`` made of the octets, if a thread has written them to disk already."""
    email_id: EmailId | None = None
    """Of the message that this one is a copy of."""


@value
class Appended:
    """Where new messages are (RFC 4315 APPENDUID)."""

    uid_validity: int
    uids: Sequence[int]
    """In the order of the mails."""


@dataclass(frozen=True, slots=True, eq=False)
class Delivery:
    """A mail on its way to a folder."""

    mail: NewMail
    folder_id: int
    token: str
    """Mails with the same token are the same delivery: only the first is kept."""
    addressed: Addressed | None = None
    """What rules and automatic replies need to know; None: there are none for this mail."""


@dataclass(frozen=True, slots=True)
class Copied:
    """Which messages became which (RFC 4315 COPYUID); both ascending and of equal length."""

    uid_validity: int
    source_uids: Sequence[int]
    target_uids: Sequence[int]


@dataclass(frozen=True, slots=True)
class Expunged:
    """What was removed, and the modseq of the removal (0: nothing was)."""

    uids: Sequence[int]
    modseq: int


@dataclass(frozen=True, slots=True)
class FlagsChanged:
    """What a STORE did (RFC 7162 3.1.3)."""

    modseq: int
    """Of the change; the folder's highest one if nothing changed."""
    changed: Sequence[int]
    """UIDs whose flags or keywords are others now, ascending."""
    refused: Sequence[int]
    """UIDs that had changed since ``unchanged_since``, ascending; they were left alone."""


@dataclass(frozen=True, slots=True)
class Quota:
    """Octets and messages that there are and may be; None: no limit."""

    used: int
    storage_limit: int | None = None
    receive_limit: int | None = None
    send_limit: int | None = None
    messages: int = 0
    message_limit: int | None = None


class Columns(enum.IntFlag):
    """What :meth:`Mailbox.fetch` is to read. UID and mid always come along."""

    SIZE = 1
    INTERNAL_DATE = 2
    ENVELOPE = 4
    BODYSTRUCTURE = 8
    HEADER = 16
    PARTS = 32
    MESSAGE_ID = 64
    PREVIEW = 128
    BODY = 256
    """The non-extensible form of BODYSTRUCTURE."""
    SAVE_DATE = 512
    EMAIL = 1024
    """``email_id`` and ``conversation``."""


OF_CONTENT: Final = ~(Columns.SIZE | Columns.INTERNAL_DATE | Columns.SAVE_DATE)
"""Columns that are known once a mail was scanned."""


class FetchRow(NamedTuple):
    """Ready octets of one message; columns that were not asked for are empty or zero, or filled all the same.

    A NamedTuple because a thousand of them make one answer (performance.md: 0.4 us instead of 2.6).
    """

    uid: int
    mid: int
    size: int
    internal_date: bytes
    """With its quotes: ``"17-Jul-1996 02:44:25 -0700"``."""
    envelope: bytes
    bodystructure: bytes = b""
    body: bytes = b""
    parts: bytes = b""
    """For ``gromox.mime.unpack_parts``."""
    message_id: bytes = b""
    preview: str = ""
    header: bytes = b""
    """With the empty line at its end."""
    saved_at: int = 0
    """When it came to its folder, Unix seconds."""
    email_id: EmailId = 0
    """The same for messages with the same content (RFC 8474 5.1)."""
    conversation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One inconsistency found by check."""

    kind: str
    """A constant name: ``folder-counters``, ``content-missing``, ..."""
    detail: str
    repaired: bool = False
