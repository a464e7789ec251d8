"""The maildrop of a session: the inbox as it was at login, and what the session wants removed."""

from __future__ import annotations

import fcntl
import os
from array import array
from functools import partial
from itertools import compress
from typing import TYPE_CHECKING, Final

from gromox.pop3.listings import Listings
from gromox.store.builtin import INBOX
from gromox.store.model import Columns
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from gromox.store.content import Content
    from gromox.store.mailbox import Mailbox

#: Messages that are worked on in one step.
STEP: Final = 1000
#: Messages read at once while they are asked for in a row; none is larger than what the store keeps inline.
AHEAD: Final = 8
#: Hexadecimal digits of a mailbox's GUID in unique-ids.
_IDENTITY: Final = 16


class InUseError(Exception):
    """Another session has the maildrop."""


class MaildropLock:
    """At most one POP3 session for a mailbox, on all processes of the node. RFC 1939 section 8.

    A lock (flock) on ``tmp/pop3.lock`` in the directory of the store: it ends with the session or with the
    process.
    """

    __slots__ = ("_fd",)

    def __init__(self, mailbox: Path) -> None:
        """Take the lock. Raises InUseError, or OSError when the directory cannot be written."""
        place = mailbox / "tmp"
        try:
            self._fd = os.open(place / "pop3.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
        except FileNotFoundError:
            place.mkdir(mode=0o770, exist_ok=True)
            self._fd = os.open(place / "pop3.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.release()
            raise InUseError(str(mailbox)) from error

    def release(self) -> None:
        """Let go; again and again does no harm."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Maildrop:
    """Messages by number, from 1; numbers and unique-ids never change in a session.

    Of each message the UID and one octet are kept: 100,000 take half a megabyte.
    """

    __slots__ = (
        "_ahead",
        "_gone_octets",
        "_last",
        "_listings",
        "_marks",
        "_not_before",
        "_octets",
        "_origin",
        "_unweighed",
        "mailbox",
        "marked",
        "uids",
    )

    def __init__(self, mailbox: Mailbox, listings: Listings | None = None) -> None:
        """Take a snapshot; ``listings`` remembers lists for later sessions too. Raises StoreError."""
        self.mailbox = mailbox
        self._listings = Listings() if listings is None else listings
        figures = mailbox.shown_size(INBOX)
        view = mailbox.view(INBOX)
        self.uids = view.uids()
        # With the identity of the mailbox: one that is made anew counts from the beginning again.
        self._origin = f"{mailbox.guid.hex[:_IDENTITY]}.{view.uid_validity}"
        # The counters spare reading 100,000 rows for STAT; they are only good for this very snapshot.
        exact = (figures.total, figures.uid_next) == (len(self.uids), view.uid_next)
        self._octets = figures.octets if exact else -1
        self._marks = bytearray(len(self.uids))
        #: How many messages are marked for removal.
        self.marked = 0
        # What the marked ones have, and which of them are not counted in it yet.
        self._gone_octets = 0
        self._unweighed = array("I")
        self._last = 0  # the number that was read last
        self._ahead: dict[int, bytes] = {}
        self._not_before = 0

    def __len__(self) -> int:
        """Return the number of messages, those marked for removal included."""
        return len(self.uids)

    def totals(self) -> tuple[int, int]:
        """Return the number of messages that are not marked, and their octets."""
        if self._octets < 0:
            self._octets = self._weigh(self.uids)
        if self._unweighed:
            self._gone_octets += self._weigh([self.uids[number - 1] for number in sorted(self._unweighed)])
            self._unweighed = array("I")
        return len(self.uids) - self.marked, self._octets - self._gone_octets

    def has(self, number: int) -> bool:
        """Tell whether there is a message of that number that is not marked."""
        return 1 <= number <= len(self.uids) and not self._marks[number - 1]

    def size(self, number: int) -> int:
        """Return the octets of a message; 0 when it was purged meanwhile."""
        return self._weigh([self.uids[number - 1]])

    def unique_id(self, number: int) -> str:
        """Return the unique-id of a message. RFC 1939 section 7: it stays, and never becomes another's."""
        return f"{self._origin}.{self.uids[number - 1]}"

    def content(self, number: int) -> Content:
        """Return the octets of a message. Raises MessageGoneError."""
        return self.mailbox.content(INBOX, self.uids[number - 1])

    def read_ahead(self, number: int) -> bytes | None:
        """Return the octets of a small message where messages are read one after the other; else None.

        Clients fetch what is new in a row: several rows of the store cost little more than one.
        """
        in_a_row, self._last = number == self._last + 1 > 1, number
        octets = self._ahead.pop(number, None)
        if octets is not None or not in_a_row or number < self._not_before:
            return octets
        uids = array("I", self.uids[number - 1 : number - 1 + AHEAD])
        contents = self.mailbox.inline_contents(INBOX, uids)
        if contents is None:  # a large one is among them
            self._not_before = number + AHEAD
            return None
        self._ahead = dict(enumerate(contents[1:], number + 1))
        return contents[0]

    def delete(self, number: int) -> None:
        """Mark a message."""
        self._marks[number - 1] = 1
        self.marked += 1
        self._unweighed.append(number)

    def reset(self) -> None:
        """Take all marks away."""
        self._marks = bytearray(len(self.uids))
        self.marked = self._gone_octets = 0
        self._unweighed = array("I")

    def remove_marked(self) -> Iterator[int]:
        """Remove what is marked, some at a time; yield how many were removed. Raises StoreError.

        RFC 1939 section 6 allows that some are removed and others not, if something fails.
        """
        for first in range(0, len(self.uids), STEP):
            part = compress(self.uids[first : first + STEP], self._marks[first : first + STEP])
            if uids := UidSet.of(part):
                yield len(self.mailbox.delete_messages(INBOX, uids).uids)

    def scan_listing(self) -> Iterator[bytes]:
        """Yield the lines of LIST, some thousand at a time."""
        return self._listing("LIST", self._scan_lines)

    def unique_id_listing(self) -> Iterator[bytes]:
        """Yield the lines of UIDL, some thousand at a time."""
        form = b"%%d %b.%%d\r\n" % self._origin.encode("ascii")
        return self._listing(
            "UIDL", lambda number, uids: b"".join([form % pair for pair in enumerate(uids, number)])
        )

    def _listing(self, name: str, make: Callable[[int, array[int]], bytes]) -> Iterator[bytes]:
        for first in range(0, len(self.uids), STEP):
            uids = self.uids[first : first + STEP]
            key = name, self._origin, first, uids.tobytes()
            yield self._unmarked(first, self._listings.lines(key, partial(make, first + 1, uids)))

    def _unmarked(self, first: int, lines: bytes) -> bytes:
        """Return the lines of consecutive messages without those that are marked."""
        if not self.marked:
            return lines
        marks = self._marks[first : first + STEP]
        if not any(marks):
            return lines
        each = lines.splitlines(keepends=True)
        return b"".join([line for line, mark in zip(each, marks, strict=True) if not mark])

    def _scan_lines(self, number: int, uids: array[int]) -> bytes:
        lines = self.mailbox.numbered_sizes(INBOX, uids, number)
        if lines is not None:
            return lines
        return b"".join([b"%d %b\r\n" % pair for pair in enumerate(self._sizes(uids), number)])

    def _sizes(self, uids: Sequence[int]) -> Sequence[bytes]:
        """Return the sizes of consecutive messages as LIST writes them; 0 for what was purged meanwhile."""
        run = self.mailbox.fetch_run(INBOX, array("I", uids), Columns.SIZE)
        if run is not None:
            return run[0]
        sizes = {row.uid: row.size for row in self.mailbox.fetch(INBOX, uids, Columns.SIZE)}
        return [b"%d" % sizes.get(uid, 0) for uid in uids]

    def _weigh(self, uids: Sequence[int]) -> int:
        """Return the octets of messages (ascending)."""
        return sum(
            sum(map(int, self._sizes(uids[first : first + STEP]))) for first in range(0, len(uids), STEP)
        )
