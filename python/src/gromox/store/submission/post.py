"""What sending needs of the rest of the product; the process that serves a mailbox puts it together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from gromox.store.errors import BusyError

if TYPE_CHECKING:
    from pathlib import Path

MAX_RECIPIENTS: Final = 256
MAX_SIZE: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Person:
    """A user as the directory knows them."""

    username: str
    """Login name; it is an address, too."""
    display_name: str
    addresses: frozenset[str]
    """All addresses, casefolded."""
    mailbox: Path | None = None
    """Its directory; None: it is not on this node, or there is none."""


class Book(Protocol):
    """Answers questions about addresses; may wait for other machines. Raises BusyError."""

    def person(self, address: str) -> Person | None:
        """Return the user to whom an address belongs; None: it is nobody's, or that of a list."""
        ...

    def smtp_of(self, address_type: str, address: str) -> str | None:
        """Return the SMTP address for an address of another type."""
        ...


class EmptyBook:
    """Knows nobody: for messages of which everything was found out when they were submitted."""

    def person(self, address: str) -> Person | None:  # noqa: ARG002 - of the interface
        """See :class:`Book`."""
        return None

    def smtp_of(self, address_type: str, address: str) -> str | None:  # noqa: ARG002 - of the interface
        """See :class:`Book`."""
        return None


class Pickup(Protocol):
    """Tells the delivery which mailboxes have something to send."""

    def leave_word(self, mailbox: Path) -> None:
        """Note durably that a mailbox has something to send, before that is committed. Raises OSError."""
        ...

    def ring(self) -> None:
        """Have the delivery look; a lost ring costs time only."""
        ...


class Alarm(Protocol):
    """Has messages sent at a time."""

    def set(self, mailbox: Path, mid: int, seconds: int) -> int:
        """Have a message looked at after some seconds, durably; returns the job.

        Raises:
            BusyError: nobody takes the job at the moment.
            LimitError: it is too far away.
        """
        ...

    def cancel(self, job: int) -> None:
        """Drop a job if that is possible: one that comes all the same finds nothing to do."""
        ...


class NoAlarm:
    """Takes no jobs: where nothing is submitted."""

    def set(self, mailbox: Path, mid: int, seconds: int) -> int:
        """See :class:`Alarm`."""
        raise BusyError(f"message {mid:#x} of {mailbox} is not sent in {seconds} seconds by this program")

    def cancel(self, job: int) -> None:
        """See :class:`Alarm`."""


@dataclass(frozen=True, slots=True)
class PostOffice:
    """By what sessions of a process send."""

    book: Book
    pickup: Pickup
    alarm: Alarm
    max_recipients: int = MAX_RECIPIENTS
    """``max_rcpt_num``"""
    max_size: int = MAX_SIZE
    """``mail_max_length``: octets of a mail."""
