"""``Mailbox``: the one door to a mailbox file.

Every method is one transaction and raises nothing but :class:`~gromox.store.errors.StoreError`. A Mailbox
is used by one thread at a time; ``sync``, ``needs_sync``, ``checkpoint`` and ``stage`` may be called from
any thread.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Self

from gromox.base.clock import SYSTEM_CLOCK
from gromox.base.ids import SYSTEM_IDS
from gromox.base.log import get_logger
from gromox.store import (
    block_table,
    copying,
    database,
    expunge,
    fetch,
    flagging,
    permission,
    quota,
    searching,
    sorting,
    threadrows,
    tombstone,
    unscanned,
)
from gromox.store.adding import Adding
from gromox.store.annotating import Annotating
from gromox.store.database import guarded, translated
from gromox.store.errors import StoreError
from gromox.store.flags import EVERY_FLAG, Flag
from gromox.store.foldering import Hierarchy
from gromox.store.indexing import Indexing
from gromox.store.item import rendering
from gromox.store.mailbox_file import MailboxFile, Options, Steady
from gromox.store.maintenance import Maintenance
from gromox.store.model import OF_CONTENT
from gromox.store.ruling import Ruling
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    import uuid
    from array import array
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from pathlib import Path

    from gromox.base.clock import Clock
    from gromox.base.ids import Ids
    from gromox.store.content import Content
    from gromox.store.emailid import EmailId
    from gromox.store.flags import FlagChange
    from gromox.store.folder import Folder
    from gromox.store.model import (
        Columns,
        Copied,
        Expunged,
        FetchRow,
        FlagsChanged,
        Quota,
    )
    from gromox.store.search import Expression
    from gromox.store.sorting import Criterion
    from gromox.store.threadrows import ThreadRow
    from gromox.store.view import FolderView

_log = get_logger("store")


def _no_ring(_path: Path, _change_number: int) -> None:
    """Tell nobody."""


class Mailbox(Adding, Annotating, Hierarchy, Indexing, Ruling, Maintenance):
    """An open mailbox."""

    __slots__ = ("__weakref__", "derived")

    def __init__(self, file: MailboxFile) -> None:
        """Use :meth:`open` instead."""
        self._file = file
        #: What others work out from it and want to find again as long as it is open, by whatever they like.
        self.derived: dict[object, Any] = {}

    @classmethod
    @guarded
    def open(
        cls,
        path: Path,
        *,
        clock: Clock = SYSTEM_CLOCK,
        ids: Ids = SYSTEM_IDS,
        ring: Callable[[Path, int], None] = _no_ring,
        options: Options = Options(),  # noqa: B008 - frozen
    ) -> Self:
        """Open the mailbox in directory ``path``; an older file is migrated.

        Args:
            path: the mailbox directory.
            clock: where the time comes from.
            ids: where unique names come from.
            ring: called after each commit with the path and the newest change number; must not raise.
            options: what the daemon's settings say.

        Raises:
            NotFoundError: there is none.
            NewerVersionError: a newer program wrote it; it was not touched.
            CorruptError: it is no mailbox, or damaged.
        """
        return cls(MailboxFile(path, clock=clock, ids=ids, ring=ring, options=options))

    @guarded
    def close(self) -> None:
        """Make everything durable and close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        """Return the mailbox."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    # Who it is.

    @property
    def file(self) -> MailboxFile:
        """Return what the modules of the store work on; nothing outside the store takes it."""
        return self._file

    @property
    def path(self) -> Path:
        """Return the mailbox directory."""
        return self._file.path

    @property
    def owner(self) -> str:
        """Return the login name of the owner, or the domain of a public store."""
        return self._file.owner

    @property
    def owner_id(self) -> int:
        """Return the user or domain id: with it begin the GUIDs of change keys."""
        return self._file.owner_id

    @property
    def is_public(self) -> bool:
        """Tell whether it is the public store of a domain."""
        return self._file.is_public

    @property
    def guid(self) -> uuid.UUID:
        """Return the GUID of the database."""
        return self._file.guid

    @property
    def locale(self) -> str:
        """Return the locale whose folder names were used at creation."""
        return self._file.locale

    # What its user may do with it; a Guest may do less.

    @property
    def is_guest(self) -> bool:
        """Tell whether rights have to be looked at."""
        return False

    def held(self, folder_id: int | None) -> int:  # noqa: ARG002 - a guest's differ
        """Return the rights on a folder, or on the store. Raises FolderGoneError."""
        return int(permission.OWNER_RIGHTS)

    def sees(self, folder_id: int) -> bool:  # noqa: ARG002 - a guest's differ
        """Tell whether the user may know that a folder is there."""
        return True

    def settable(self, folder_id: int) -> Flag:  # noqa: ARG002 - a guest's differ
        r"""Return the flags that the user may set; keywords go with ``\Flagged``."""
        return EVERY_FLAG

    def unread(self, folder: Folder) -> int:
        """Return how many messages of a folder the user has not read."""
        return folder.unread

    # Durability.

    @property
    def needs_sync(self) -> bool:
        """Tell whether an acknowledgement has to wait for :meth:`sync`.

        Flag changes alone do not ask for it.
        """
        return self._file.ticket > self._file.wal.synced

    @property
    def is_poisoned(self) -> bool:
        """Tell whether the disk failed: close the mailbox and open it again (MailboxPool.get does)."""
        return self._file.wal.poisoned

    def sync(self) -> Callable[[], None] | None:
        """Make what was committed durable. Blocks; any thread.

        Callers that arrive together share one fdatasync.

        Returns:
            What is left to do, in any thread, when those are released who waited; None: nothing.

        Raises:
            CorruptError: the disk failed. Nothing may be acknowledged until the mailbox was closed and
            reopened.
        """
        wal = self._file.wal
        wal.sync(self._file.ticket)
        if wal.take_rest():
            self._copy_log()
        return self._copy_most if wal.is_long else None

    def sync_and_tidy(self) -> None:
        """Make what was committed durable, and do what is left: for who keeps nobody waiting by that.

        Raises:
            CorruptError: as :meth:`sync`.
        """
        left = self.sync()
        if left is not None:
            left()

    @guarded
    def settle(self) -> None:
        """Make durable what other processes may have written last, before somebody asks for it. Blocks.

        Whoever is told of a folder that was not looked at before would have to wait for that.

        Raises:
            CorruptError: as :meth:`sync`.
        """
        self._file.refresh(scanned=False)
        self._file.mark_undurable()
        self.sync()

    def _copy_most(self) -> None:
        """Copy a long log while others go on; what they write meanwhile is left to the next sync."""
        file = self._file
        with file.copying:
            if file.is_closed or not file.wal.take_long():
                return
            before = file.wal.written
            self._copy_log()
            if file.wal.written != before:
                file.wal.leave_rest()

    def _copy_log(self) -> None:
        """Copy the log, so that it is begun anew if nobody writes meanwhile; a failure undoes no sync."""
        try:
            self.checkpoint()
        except StoreError as error:
            _log.warning("checkpoint failed", mailbox=str(self.path), reason=error)

    def checkpoint(self) -> bool:
        """Copy the write-ahead log into the database as far as readers allow; any thread.

        Returns:
            Whether all of it was copied, so that the log can be used from its start again.
        """
        try:
            connection = database.connect(self._file.database_path, busy_timeout=0.0)
            try:
                _, pages, copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                return bool(pages == copied)
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise translated(error) from error

    @guarded
    def change_number(self) -> int:
        """Return the newest change number, whichever process took it."""
        self._file.refresh(scanned=False)
        return self._file.change_number

    @guarded
    def steady(self) -> Steady:
        """Look, and let that do for all that is read within (a context manager): one command, one look."""
        self._file.refresh(scanned=False)
        return Steady(self._file)

    @property
    def known_change_number(self) -> int:
        """Return the newest change number as of the last look, which reading anything is."""
        return self._file.change_number

    # Messages.

    @guarded
    def view(self, folder_id: int) -> FolderView:
        """Return the newest snapshot of a folder's messages; all callers of the process share it."""
        return block_table.current_view(self._file, folder_id)

    @guarded
    def set_flags(
        self, folder_id: int, uids: UidSet, change: FlagChange, *, unchanged_since: int | None = None
    ) -> FlagsChanged:
        """Change flags and keywords; UIDs that are not there are ignored.

        Spec:
            RFC 9051 6.4.6; RFC 7162 3.1.3 (``unchanged_since``).
        """
        return flagging.set_flags(self._file, folder_id, uids, change, unchanged_since=unchanged_since)

    @guarded
    def copy(self, folder_id: int, uids: UidSet, target_id: int) -> Copied:
        """Copy messages with their flags: all or none (RFC 9051 6.4.7).

        Raises:
            FolderGoneError, QuotaError, LimitError: nothing was copied.
        """
        rendering.ensure(self._file, folder_id)  # what was not shown yet would be shown in two ways
        return copying.copy(self._file, folder_id, uids, target_id)

    @guarded
    def move(self, folder_id: int, uids: UidSet, target_id: int) -> Copied:
        """Move messages with their flags, in one transaction (RFC 9051 6.4.8)."""
        return copying.move(self._file, folder_id, uids, target_id)

    @guarded
    def expunge(self, folder_id: int, uids: UidSet | None = None) -> Expunged:
        r"""Remove the messages that have ``\Deleted``, all or among ``uids`` (RFC 9051 6.4.3, 6.4.9)."""
        return expunge.expunge(self._file, folder_id, uids, only_deleted=True)

    @guarded
    def delete_messages(self, folder_id: int, uids: UidSet) -> Expunged:
        """Remove messages whatever their flags."""
        return expunge.expunge(self._file, folder_id, uids, only_deleted=False)

    @guarded
    def search(
        self, folder_id: int, expression: Expression, *, view: FolderView | None = None
    ) -> Sequence[int]:
        """Return the UIDs of a view's messages that match, ascending; ``view`` None: the newest one."""
        rendering.ensure(self._file, folder_id)
        return searching.search(self._file, expression, view or self.view(folder_id))

    def search_steps(
        self, folder_id: int, expression: Expression, *, view: FolderView | None = None
    ) -> Generator[None, None, Sequence[int]]:
        """Search in steps of a few milliseconds each.

        The return value of the generator is that of :meth:`search`.
        """
        try:
            rendering.ensure(self._file, folder_id)
            return (yield from searching.search_steps(self._file, expression, view or self.view(folder_id)))
        except (sqlite3.Error, OSError) as error:
            raise translated(error) from error

    def sort_steps(
        self, folder_id: int, uids: Sequence[int], criteria: Sequence[Criterion]
    ) -> Generator[None, None, list[int]]:
        """Return UIDs (ascending) in another order (RFC 5256), in steps of a few milliseconds each."""
        try:
            yield from unscanned.scan_steps(self._file, folder_id)
            rendering.ensure(self._file, folder_id)
            return (yield from sorting.order(self._file, folder_id, uids, criteria))
        except (sqlite3.Error, OSError) as error:
            raise translated(error) from error

    def thread_steps(
        self, folder_id: int, uids: Sequence[int], *, with_references: bool
    ) -> Generator[None, None, list[ThreadRow]]:
        """Return what threading needs to know of UIDs (ascending), in steps of a few milliseconds each."""
        try:
            yield from unscanned.scan_steps(self._file, folder_id)
            rendering.ensure(self._file, folder_id)
            found = threadrows.thread_rows(self._file, folder_id, uids, with_references=with_references)
            return (yield from found)
        except (sqlite3.Error, OSError) as error:
            raise translated(error) from error

    def scan_steps(self, folder_id: int, columns: Columns) -> Iterator[None]:
        """Scan the mails of a folder that APPEND left for later, if that matters, in steps of some 10 ms.

        :meth:`fetch` and :meth:`fetch_run` do so at once; who goes through it first keeps nobody waiting.
        """
        try:
            if self._file.unscanned and columns & OF_CONTENT:
                yield from unscanned.scan_steps(self._file, folder_id)
        except (sqlite3.Error, OSError) as error:
            raise translated(error) from error

    def fetch(self, folder_id: int, uids: Sequence[int], columns: Columns) -> Iterator[FetchRow]:
        """Go through ready octets of messages; ``uids`` must ascend. Purged messages are left out.

        Messages that were expunged are still there for sessions that have not heard of it (RFC 2180 4.1.2).
        """
        try:
            rendering.ensure(self._file, folder_id)
            if self._file.unscanned and columns & OF_CONTENT:
                unscanned.scan_all(self._file, folder_id)
            yield from fetch.fetch(self._file, folder_id, uids, columns)
        except sqlite3.Error as error:
            raise translated(error) from error

    @guarded
    def fetch_run(
        self, folder_id: int, uids: array[int], columns: Columns
    ) -> Sequence[Sequence[bytes]] | None:
        """Return columns of consecutive messages of a view, the octets of all messages for each.

        None: some are gone, or too many others lie between them; :meth:`fetch` knows how to go about that.
        """
        rendering.ensure(self._file, folder_id)
        if self._file.unscanned and columns & OF_CONTENT:
            unscanned.scan_all(self._file, folder_id)
        return fetch.run(self._file, folder_id, uids, columns)

    @guarded
    def numbered_sizes(self, folder_id: int, uids: array[int], number: int) -> bytes | None:
        """Return ``number size`` lines of consecutive messages, numbered from ``number`` on.

        None: there are gaps between the UIDs, or some messages are gone; :meth:`fetch_run` may know.
        """
        rendering.ensure(self._file, folder_id)
        return fetch.numbered_sizes(self._file, folder_id, uids, number)

    @guarded
    def inline_contents(self, folder_id: int, uids: array[int]) -> Sequence[bytes] | None:
        """Return the octets of consecutive messages of a view; None: some are gone, or too large for this."""
        rendering.ensure(self._file, folder_id)
        return fetch.inline_contents(self._file, folder_id, uids)

    @guarded
    def content(self, folder_id: int, uid: int) -> Content:
        """Return the octets of a message. Raises MessageGoneError."""
        rendering.ensure(self._file, folder_id)
        return fetch.content(self._file, folder_id, uid)

    @guarded
    def uids_of_email(self, folder_id: int, email_id: EmailId, *, lone: bool = False) -> UidSet:
        """Return the messages with the same content (RFC 8474 5.1); soft-deleted ones may be among them.

        Args:
            folder_id: where to look.
            email_id: :attr:`FetchRow.email_id`.
            lone: only those without a conversation.
        """
        self._file.refresh(scanned=False)
        return UidSet.of(fetch.uids_of_email(self._file, folder_id, email_id, lone=lone))

    @guarded
    def uids_of_conversation(self, folder_id: int, conversation: bytes) -> UidSet:
        """Return the messages of a conversation; soft-deleted ones may be among them."""
        self._file.refresh(scanned=False)
        unscanned.scan_all(self._file, folder_id)
        return UidSet.of(fetch.uids_of_conversation(self._file, folder_id, conversation))

    @guarded
    def vanished_since(self, folder_id: int, modseq: int) -> UidSet:
        """Return the UIDs that left the folder after a modseq (RFC 7162 3.2.5.1).

        Where that is no longer known, all UIDs that are not there are returned: more than asked for is
        allowed.
        """
        self._file.refresh(scanned=False)
        record = self._file.record(folder_id)
        gone = tombstone.vanished_since(self._file, folder_id, modseq)
        if gone is not None:
            return UidSet.from_ascending(gone)
        if record.uid_next <= 1:
            return UidSet()
        return UidSet([(1, record.uid_next - 1)]) - UidSet.from_ascending(self.view(folder_id).uids())

    # Limits and rights.

    @guarded
    def quota(self) -> Quota:
        """Return use and limits in octets."""
        return quota.read(self._file)

    @guarded
    def set_quota(self, *, storage: int | None, receive: int | None, send: int | None) -> None:
        """Set the limits in octets (kept in KiB, rounded up); None: no limit."""
        with self._file.write(durable=True, scanned=False) as tx:
            tx.next_cn()
            quota.write(self._file, quota.STORAGE_LIMIT, storage)
            quota.write(self._file, quota.RECEIVE_LIMIT, receive)
            quota.write(self._file, quota.SEND_LIMIT, send)

    @guarded
    def rights(
        self,
        user: str,
        folder_id: int | None = None,
        *,
        groups_of: Callable[[str], Iterable[str]] = permission.no_groups,
    ) -> int:
        """Return the permission bits of a user on a folder, or on the store; the owner has all."""
        return permission.rights(self._file, user, folder_id, groups_of)

    @guarded
    def permissions(self, folder_id: int) -> Sequence[tuple[str, int]]:
        """Return (user, rights) rows of a folder.

        ``default`` and the empty name are everybody and anonymous.
        """
        return permission.rows(self._file, folder_id)

    @guarded
    def set_rights(self, folder_id: int, user: str, rights: int | None) -> None:
        """Set the rights of a user on a folder; None removes the row."""
        permission.set_rights(self._file, folder_id, user, rights)
