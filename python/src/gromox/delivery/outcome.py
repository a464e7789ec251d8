"""What became of one destination of a mail, and what a failure means: try again, or tell the sender."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.directory import errors as directory_errors
from gromox.store import errors as store_errors

if TYPE_CHECKING:
    from pathlib import Path


class Fate(Enum):
    """How a try ended."""

    DONE = auto()  #: in the mailbox, or handed on
    LATER = auto()  #: not now
    NEVER = auto()  #: refused for good


class Reason(NamedTuple):
    """Why not: the fate, the enhanced status code (RFC 3463) and a text that a sender may read."""

    fate: Fate
    status: str
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one destination."""

    recipient: str  #: the address of the envelope that led there
    destination: str  #: the address or mailbox it ended at
    fate: Fate
    status: str = "2.0.0"
    text: str = ""
    mailbox: Path | None = None  #: counts only after this was synced
    host: str = ""  #: the other system that said so


UNKNOWN: Final = Reason(Fate.NEVER, "5.1.1", "There is no such user.")
DISABLED: Final = Reason(Fate.NEVER, "5.2.1", "The mailbox is disabled.")
FULL: Final = Reason(Fate.NEVER, "5.2.2", "The mailbox is full.")
LIST_DENIED: Final = Reason(Fate.NEVER, "5.7.2", "You may not send to this list.")
LOOP: Final = Reason(Fate.NEVER, "5.4.6", "The mail goes round in a loop.")
EXPIRED: Final = Reason(Fate.NEVER, "4.4.7", "The mail could not be delivered in time.")
NOT_DURABLE: Final = Reason(Fate.LATER, "4.3.0", "The mailbox could not be written to disk.")
DEFECT: Final = Reason(Fate.LATER, "4.3.0", "The delivery met an error of its own.")
RELAY_FAILS: Final = Reason(Fate.LATER, "4.4.1", "The outgoing mail system cannot be reached.")

_DIRECTORY: Final = Reason(Fate.LATER, "4.4.3", "The recipient cannot be looked up at the moment.")
_MISSING: Final = Reason(Fate.LATER, "4.2.0", "The mailbox cannot be opened at the moment.")
_BUSY: Final = Reason(Fate.LATER, "4.2.0", "The mailbox is busy.")
_NO_SPACE: Final = Reason(Fate.LATER, "4.3.1", "No disk space is left.")
_STORE: Final = Reason(Fate.LATER, "4.3.0", "The mailbox cannot be written at the moment.")
_LIMIT: Final = Reason(Fate.NEVER, "5.2.0", "The folder cannot take any more mail.")

#: What an error at delivery means. Only what waiting cannot cure is final: a missing file system comes back.
REASONS: Final[dict[type[Exception], Reason]] = {
    directory_errors.DirectoryError: _DIRECTORY,
    store_errors.NotFoundError: _MISSING,
    store_errors.QuotaError: FULL,
    store_errors.LimitError: _LIMIT,
    store_errors.BusyError: _BUSY,
    store_errors.NoSpaceError: _NO_SPACE,
    store_errors.StoreError: _STORE,
    OSError: _STORE,
}


def reason_of(error: Exception) -> Reason | None:
    """Return what an error means; None: it is a defect."""
    for kind in type(error).__mro__:
        if kind in REASONS:
            return REASONS[kind]
    return None
