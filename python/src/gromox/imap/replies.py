"""What the server says, as values; ``gromox.imap.serialize`` turns them into octets."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from gromox.base.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gromox.base.wire import Durable, Outcome, Piece
    from gromox.imap.machine import Event
    from gromox.imap.sequence import Ranges


# -- untagged data


@dataclass(frozen=True, slots=True)
class Exists:
    """``* n EXISTS``. RFC 3501 section 7.3.1."""

    count: int


@dataclass(frozen=True, slots=True)
class RecentCount:
    """``* n RECENT``. RFC 3501 section 7.3.2."""

    count: int


@dataclass(frozen=True, slots=True)
class Expunged:
    """``* n EXPUNGE``: one message gone, later numbers move down. RFC 3501 section 7.4.1."""

    seq: int


@dataclass(frozen=True, slots=True)
class Flags:
    """``* FLAGS (…)``. RFC 3501 section 7.2.6."""

    names: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Information:
    """``* OK [code] text``: something a client may use but did not ask for. RFC 3501 section 7.1.1."""

    code: bytes
    text: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """``* CAPABILITY …``. RFC 3501 section 7.2.1."""

    names: bytes


@dataclass(frozen=True, slots=True)
class Enabled:
    """``* ENABLED …``. RFC 5161 section 3.2."""

    names: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Listed:
    """``* LIST (attributes) "/" name``, also for LSUB and XLIST. RFC 3501 section 7.2.2, RFC 5258 section 6.

    ``child_info`` holds what made a mailbox match through its children (RECURSIVEMATCH), ``old_name`` the
    spelling under which the client knows it (RFC 9051 section 6.3.9.7) or knew it (RFC 5465 section 5.4).
    """

    verb: bytes
    attributes: Sequence[bytes]
    name: str
    child_info: Sequence[bytes] = ()
    old_name: str | None = None


@value
class MailboxStatus:
    """``* STATUS name (item n …)``. RFC 3501 section 7.2.4."""

    name: str
    items: Sequence[tuple[bytes, int | bytes]]


@dataclass(frozen=True, slots=True)
class Found:
    """``* SEARCH n …``. RFC 3501 section 7.2.5; with ``modseq`` RFC 7162 section 3.1.5."""

    numbers: Sequence[int]
    modseq: int | None = None


@dataclass(frozen=True, slots=True)
class Sorted:
    """``* SORT n …``. RFC 5256 section 4; with ``modseq`` RFC 7162 section 3.1.6."""

    numbers: Sequence[int]
    modseq: int | None = None


@dataclass(frozen=True, slots=True)
class ExtendedFound:
    """``* ESEARCH (TAG "t") …``. RFC 4731 section 3.1. What is None was not asked for, or is empty."""

    tag: bytes
    uid: bool
    lowest: int | None = None
    highest: int | None = None
    count: int | None = None
    all: Ranges | None = None
    modseq: int | None = None
    place: tuple[str, int] | None = None
    """Mailbox and UIDVALIDITY, where several are searched. RFC 7377 section 2.1."""
    partial: tuple[bytes, Ranges] | None = None
    """The range as the client wrote it, and what stands in it. RFC 9394 section 3.1."""


@dataclass(frozen=True, slots=True)
class Namespaces:
    """``* NAMESPACE …``. RFC 2342 section 5; prefixes without the separator, None: there is none of that."""

    others: str | None = None
    public: str | None = None
    translations: Mapping[str, str] = field(default_factory=dict)
    """How prefixes are shown to people. RFC 5255 section 3.4."""


@dataclass(frozen=True, slots=True)
class Languages:
    """``* LANGUAGE (tag …)``: the one that is spoken, or all that can be. RFC 5255 section 3.3."""

    tags: Sequence[str]


@dataclass(frozen=True, slots=True)
class Goodbye:
    """``* BYE text``: the server is about to close the connection. RFC 3501 section 7.1.5."""

    text: str


@dataclass(frozen=True, slots=True)
class AccessList:
    """``* ACL name identifier rights …``. RFC 4314 section 3.6."""

    name: str
    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class GrantableRights:
    """``* LISTRIGHTS name identifier required tied …``. RFC 4314 section 3.7."""

    name: str
    identifier: str
    required: str
    tied: Sequence[str]


@dataclass(frozen=True, slots=True)
class OwnRights:
    """``* MYRIGHTS name rights``. RFC 4314 section 3.8."""

    name: str
    rights: str


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """``* QUOTA root (resource use limit …)``. RFC 9208 section 4.2.1."""

    root: str
    resources: Sequence[tuple[bytes, int, int]]


@dataclass(frozen=True, slots=True)
class QuotaRoots:
    """``* QUOTAROOT name root …``. RFC 9208 section 4.2.2."""

    name: str
    roots: Sequence[str]


@dataclass(frozen=True, slots=True)
class Metadata:
    """``* METADATA name (entry value …)``. RFC 5464 section 4.4.1; None is NIL."""

    name: str
    rows: Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class MetadataChanged:
    """``* METADATA name entry …``: these are not what they were. RFC 5464 section 4.4.2."""

    name: str
    entries: Sequence[str]


@dataclass(frozen=True, slots=True)
class Identity:
    """``* ID (…)``. RFC 2971 section 3.2."""

    fields: Sequence[tuple[str, str]]


@value
class Ready:
    """Whole lines that are octets already: from the store's blocks, shared by many sessions."""

    octets: bytes


Untagged: TypeAlias = (
    Exists
    | RecentCount
    | Expunged
    | Flags
    | Information
    | Capabilities
    | Enabled
    | Listed
    | MailboxStatus
    | Found
    | Sorted
    | ExtendedFound
    | Namespaces
    | Languages
    | Goodbye
    | AccessList
    | GrantableRights
    | OwnRights
    | QuotaUse
    | QuotaRoots
    | Metadata
    | MetadataChanged
    | Identity
    | Ready
)


# -- how a command ends, or goes on


class Status(Enum):
    """The word after the tag. RFC 3501 section 7.1."""

    __hash__ = object.__hash__  # as of the states

    OK = b"OK"
    NO = b"NO"
    BAD = b"BAD"


class Next(Enum):
    """What the connection does after the tagged line."""

    CLOSE = "close"
    STARTTLS = "starttls"
    COMPRESS = "compress"


@value
class Reply:
    """The untagged data of one command and its tagged line.

    ``code`` goes between brackets. ``event`` moves the state machine. ``quiet`` are ranges of UIDs whose flag
    changes up to the mod-sequence ``quiet_until`` the client knows or can work out. ``by_number``: no EXPUNGE
    may be sent with this answer. ``made`` are UIDs that the command gave to messages in the selected mailbox.
    ``with_modseq``: HIGHESTMODSEQ of what was told stands in the tagged line
    (RFC 7162 3.2.7).
    """

    text: str
    untagged: Sequence[Untagged] = ()
    code: bytes = b""
    status: Status = Status.OK
    event: Event | None = None
    next: Next | None = None
    quiet: Ranges = ()
    quiet_until: int = 0
    by_number: bool = False
    with_modseq: bool = False
    made: Sequence[int] = ()


@value
class Stream:
    """An answer made while it is sent; ``done`` gives the rest when all steps are."""

    steps: Iterator[Sequence[Piece]]
    done: Callable[[], Result]


@value
class Wait:
    """Work that may take long, away from the loop; ``then`` goes on with its outcome."""

    run: Callable[[], object]
    then: Callable[[Outcome], Result]


@value
class Together:
    """Work that is cheaper done with that of others (``gromox.base.wire.Gather``); ``then`` goes on."""

    key: Durable
    run: Callable[[Durable, Sequence[object]], Sequence[Outcome]]
    work: object
    then: Callable[[Outcome], Result]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A continuation request; ``resume`` takes the next line. ``idle``: changes are told meanwhile."""

    text: bytes
    resume: Callable[[bytes], Result]
    idle: bool = False


Result: TypeAlias = Reply | Stream | Wait | Together | Prompt
