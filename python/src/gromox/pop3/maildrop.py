"""The maildrop of a session: the inbox as it was at login, and what the session wants removed."""

from __future__ import annotations

import fcntl
import os
from array import array
from typing import TYPE_CHECKING, Final

from gromox.store.builtin import INBOX
from gromox.store.errors import MessageGoneError
from gromox.store.model import Columns
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from gromox.store.content import Content
    from gromox.store.mailbox import Mailbox

#: Messages that are worked on in one step.
STEP: Final = 1000
#: Messages read at once while they are asked for in a row; none is larger than what the store keeps inline.
AHEAD: Final = 8


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
    """Messages by number, from 1; numbers and unique-ids never change in a session."""

    __slots__ = (
        "_ahead",
        "_gone_octets",
        "_last",
        "_not_before",
        "_octets",
        "_uid_validity",
        "deleted",
        "mailbox",
        "uids",
    )

    def __init__(self, mailbox: Mailbox) -> None:
        """Take a snapshot. Raises StoreError."""
        self.mailbox = mailbox
        view = mailbox.view(INBOX)
        folder = mailbox.folder(INBOX)
        self.uids: Sequence[int] = view.uids()
        self._uid_validity = view.uid_validity
        # The counters spare reading 100,000 rows for STAT; they are only good for this very snapshot.
        exact = folder.total == len(self.uids) and folder.uid_next == view.uid_next
        self._octets = folder.size if exact else -1
        self._gone_octets = 0
        self.deleted: set[int] = set()
        self._last = 0  # the number that was read last
        self._ahead: dict[int, bytes] = {}
        self._not_before = 0

    def __len__(self) -> int:
        """Return the number of messages, those marked for removal included."""
        return len(self.uids)

    def totals(self) -> tuple[int, int]:
        """Return the number of messages that are not marked, and their octets."""
        if self._octets < 0:
            self._octets = sum(size for _, size in self._sizes(self.uids))
        return len(self.uids) - len(self.deleted), self._octets - self._gone_octets

    def has(self, number: int) -> bool:
        """Tell whether there is a message of that number that is not marked."""
        return 1 <= number <= len(self.uids) and number not in self.deleted

    def size(self, number: int) -> int:
        """Return the octets of a message; 0 when it was purged meanwhile."""
        return next((size for _, size in self._sizes([self.uids[number - 1]])), 0)

    def unique_id(self, number: int) -> str:
        """Return the unique-id of a message."""
        return f"{self._uid_validity}.{self.uids[number - 1]}"

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
        self._gone_octets += self.size(number)
        self.deleted.add(number)

    def reset(self) -> None:
        """Take all marks away."""
        self.deleted.clear()
        self._gone_octets = 0

    def remove_deleted(self) -> int:
        """Remove what is marked, in one transaction; return how many. Raises StoreError."""
        uids = UidSet.of(self.uids[number - 1] for number in self.deleted)
        return len(self.mailbox.delete_messages(INBOX, uids).uids) if uids else 0

    def scan_listing(self) -> Iterator[bytes]:
        """Yield the lines of LIST, some thousand at a time."""
        for first in range(0, len(self.uids), STEP):
            part = array("I", self.uids[first : first + STEP])
            columns = self.mailbox.fetch_run(INBOX, part, Columns.SIZE)
            if columns is not None:
                sizes: Sequence[bytes] = columns[0]
            else:  # some are purged, or lie far apart
                known = dict(self._sizes(part))
                sizes = [b"%d" % known.get(uid, 0) for uid in part]
            yield self._lines(b"%d %b\r\n", enumerate(sizes, first + 1))

    def unique_id_listing(self) -> Iterator[bytes]:
        """Yield the lines of UIDL, some thousand at a time."""
        form = b"%%d %d.%%d\r\n" % self._uid_validity
        for first in range(0, len(self.uids), STEP):
            yield self._lines(form, enumerate(self.uids[first : first + STEP], first + 1))

    def _lines(self, form: bytes, pairs: Iterable[tuple[int, object]]) -> bytes:
        """Return a line for each message that is not marked; each pair begins with its number."""
        if self.deleted:
            pairs = [pair for pair in pairs if pair[0] not in self.deleted]
        return b"".join([form % pair for pair in pairs])

    def _sizes(self, uids: Sequence[int]) -> Iterator[tuple[int, int]]:
        try:
            for row in self.mailbox.fetch(INBOX, uids, Columns.SIZE):
                yield row.uid, row.size
        except MessageGoneError:
            return
