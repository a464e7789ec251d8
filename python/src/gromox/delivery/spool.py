"""The writing side of the spool: mails come in, become durable together and appear whole.

How one mail gets in: a :class:`Draft` collects its octets (small ones in memory, large ones in a hidden
file of ``mess``), :meth:`Draft.finish` writes the file, :meth:`Spool.sync` makes it durable. Drafts that
wait at the same time are made durable as a group, see :mod:`gromox.delivery.group_sync`.

The visible name comes after the sync, by a rename that need not be durable itself: a hidden file that is
complete and not locked by a living writer is made visible by ``Queue.recover``.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gromox.base.clock import SYSTEM_CLOCK, Clock
from gromox.base.ids import SYSTEM_IDS, Ids
from gromox.delivery import bell
from gromox.delivery.group_sync import GroupSync, system_syncfs
from gromox.delivery.spool_file import Envelope, Recipient, encode_header, encode_size, size_offset
from gromox.store.errors import NoSpaceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

#: A draft of more octets goes to its file while it comes in.
_MEMORY_LIMIT: Final = 256 << 10
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
#: The queues of the spool, each a directory.
MESS, CACHE, SAVE = "mess", "cache", "save"
QUEUES: Final = (MESS, CACHE, SAVE)


@contextmanager
def full_disk_is_no_space() -> Iterator[None]:
    """Turn the ways a system says "full" into :class:`NoSpaceError`; other OSErrors pass."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise NoSpaceError(f"the spool has no room: {error.strerror}") from error
        raise


class Draft:
    """One mail on its way into the spool; belongs to one connection."""

    __slots__ = ("_chunks", "_envelope", "_fd", "_held", "_size", "_spool", "abandoned", "failure", "syncing")

    def __init__(self, spool: Spool, envelope: Envelope) -> None:
        """Begin with an envelope; nothing is written yet."""
        self._spool, self._envelope = spool, envelope
        self._chunks: list[bytes] = []
        self._held = self._size = 0
        self._fd = -1
        # The three below belong to Spool.
        self.syncing = self.abandoned = False
        self.failure: Exception | None = None

    @property
    def mail_id(self) -> str:
        """The name of this mail in logs and in the queue."""
        return self._envelope.mail_id

    @property
    def size(self) -> int:
        """Octets of the mail so far."""
        return self._size

    def write(self, octets: bytes) -> None:
        """Add to the mail.

        Raises:
            NoSpaceError: the disk is full; the draft is gone.
            OSError: likewise, for another reason.
        """
        self._chunks.append(octets)
        self._held += len(octets)
        self._size += len(octets)
        if self._held > _MEMORY_LIMIT:
            try:
                self._flush()
            except (NoSpaceError, OSError):
                self.abandon()
                raise

    def _flush(self) -> None:
        with full_disk_is_no_space():
            if self._fd < 0:
                self._fd = self._spool.create_hidden(self._envelope.mail_id)
                self._chunks.insert(0, encode_header(self._envelope))
            # One write for a usual mail. A full disk gives a short count first, then ENOSPC.
            rest = memoryview(b"".join(self._chunks))
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        self._chunks.clear()
        self._held = 0

    def finish(self) -> None:
        """Say that the mail is complete; :meth:`Spool.sync` makes it durable and visible.

        Raises:
            NoSpaceError: the disk is full; the draft is gone.
            OSError: likewise, for another reason.
        """
        try:
            if self._fd < 0:
                self._envelope = replace(self._envelope, size=self._size)
                self._flush()
            else:
                self._flush()
                os.pwrite(self._fd, encode_size(self._size), size_offset(self._envelope))
        except (NoSpaceError, OSError):
            self.abandon()
            raise
        self._spool.enter(self)

    def abandon(self) -> None:
        """Forget the mail, unless it is already in the spool."""
        self._chunks.clear()
        self._spool.withdraw(self)

    # What follows is for Spool.

    @property
    def file(self) -> int:
        """The descriptor of the file."""
        return self._fd

    def close(self, *, remove: bool) -> None:
        """Let go of the file and of the lock that says that its writer lives; may be repeated."""
        if self._fd < 0:
            return
        if remove:
            self._spool.remove_hidden(self.mail_id)
        os.close(self._fd)
        self._fd = -1


class Spool:
    """The directory with the queues, for who puts mails in."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock = SYSTEM_CLOCK,
        ids: Ids = SYSTEM_IDS,
        syncfs: Callable[[int], None] | None = system_syncfs(),  # noqa: B008 - the same for all
    ) -> None:
        """Use the spool at ``path``; its directories are made when missing."""
        self.path = path
        self.clock, self.ids = clock, ids
        for queue in QUEUES:
            (path / queue).mkdir(mode=0o770, parents=True, exist_ok=True)
        self._mess = os.open(path / MESS, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._ringer = bell.Ringer(path)
        self._group_sync = GroupSync(self._mess, clock=clock, syncfs=syncfs)
        self._commit = threading.Lock()  # held while a group is made durable
        self._list = threading.Lock()  # held for moments: the list of those that wait
        self._waiting: list[Draft] = []

    def close(self) -> None:
        """Let go of the directory; drafts must be done or abandoned."""
        self._ringer.close()
        os.close(self._mess)

    def begin(
        self,
        *,
        sender: str,
        recipients: Sequence[str],
        client: str = "",
        protocol: str = "LOCAL",
        options: Sequence[str] = (),
        origin: str = "",
        mail_id: str = "",
    ) -> Draft:
        """Begin a mail.

        Args:
            sender: the reverse-path without brackets, "" for the null one.
            recipients: addresses that were accepted.
            client: who handed it in, for the log.
            protocol: by which protocol (RFC 3848).
            options: ESMTP keywords that bind the next hop, such as SMTPUTF8.
            origin: of a mail split off another one: the ``mail_id`` of that one.
            mail_id: its name; empty: a new one. One that nobody finished under that name gives way.
        """
        now = self.clock.now()
        if mail_id:
            self.remove_hidden(mail_id)
        else:
            mail_id = f"{int(now * 1_000_000):014x}-{self.ids.token(4)}"
        states = tuple(Recipient(address) for address in recipients)
        return Draft(
            self, Envelope(mail_id, sender, states, now, client, protocol, tuple(options), origin or mail_id)
        )

    def holds(self, mail_id: str) -> bool:
        """Tell whether a mail of that name is in one of the queues."""
        return any(os.path.lexists(self.path / queue / mail_id) for queue in QUEUES)

    @property
    def needs_sync(self) -> bool:
        """Tell whether some mail is finished but not durable."""
        return bool(self._waiting)

    def sync(self) -> None:
        """Make all finished mails durable and visible; blocks, any thread may call it.

        Who finishes a mail while a group is on its way is in the next one. A group succeeds or fails as a
        whole: nobody can tell which of its mails the disk kept.

        Raises:
            NoSpaceError: the disk is full; whose mail it was has to abandon it.
            OSError: likewise, for another reason.
        """
        with self._commit:
            with self._list:
                group = tuple(self._waiting)
                for draft in group:
                    draft.syncing = True
            if not group:
                return
            try:
                self._make_durable(group)
            except (NoSpaceError, OSError) as error:
                self._conclude(group, error)
                raise
            self._conclude(group, None)
        self.wake()

    def wake(self) -> None:
        """Tell the delivery that there is work; if nobody listens, it finds the mail when it looks."""
        self._ringer.ring()

    # What follows is for Draft.

    def create_hidden(self, mail_id: str) -> int:
        """Create the file of a draft; the lock on it lasts while its writer lives."""
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC
        fd = os.open(f".{mail_id}", flags, 0o660, dir_fd=self._mess)
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return fd

    def remove_hidden(self, mail_id: str) -> None:
        """Remove the file of a draft."""
        with suppress(FileNotFoundError):
            os.unlink(f".{mail_id}", dir_fd=self._mess)

    def enter(self, draft: Draft) -> None:
        """Put a written draft to those that the next sync takes."""
        with self._list:
            self._waiting.append(draft)

    def withdraw(self, draft: Draft) -> None:
        """Remove a draft that is not in the spool yet; one that is being synced goes when that is over."""
        with self._list:
            draft.abandoned = True
            if draft.syncing:
                return
            if draft in self._waiting:
                self._waiting.remove(draft)
        draft.close(remove=True)

    def _make_durable(self, group: Sequence[Draft]) -> None:
        with full_disk_is_no_space():
            for draft in group:
                if draft.failure is not None:
                    # After a failed sync the system may call a second one a success without having written.
                    raise draft.failure
            self._group_sync.sync([draft.file for draft in group])

    def _conclude(self, group: Sequence[Draft], failure: Exception | None) -> None:
        """Show the mails under their names; after a failure they wait to be abandoned."""
        with self._list:
            for draft in group:
                draft.syncing, draft.failure = False, failure
                if failure is None and not draft.abandoned:
                    self._reveal(draft.mail_id)
                    draft.close(remove=False)
                elif draft.abandoned:
                    draft.close(remove=True)
            self._waiting = [d for d in self._waiting if d not in group or (d.failure and not d.abandoned)]

    def _reveal(self, mail_id: str) -> None:
        os.rename(f".{mail_id}", mail_id, src_dir_fd=self._mess, dst_dir_fd=self._mess)
