"""An open mailbox file: its connection, what this process remembers of it, and write transactions.

Reading: :meth:`MailboxFile.refresh` sees at the header of the log's index whether anybody committed, asks
``PRAGMA data_version`` whether that was another process (or thread), and reads only what it touched; within
:class:`Steady` once for many readers. Writing:
:meth:`MailboxFile.write` begins IMMEDIATE (so that counters read inside are current), and at its end writes
the counters and the touched folders once.
"""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from gromox.store import database, durability, folder, grants, permission, unscanned
from gromox.store.content import Compression
from gromox.store.errors import BusyError, CorruptError, FolderGoneError, LimitError
from gromox.store.keyword import KeywordSets
from gromox.store.match.follow import Searches
from gromox.store.property.naming import PropertyNames
from gromox.store.wal_index import WalIndex, is_next

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path
    from types import TracebackType

    from gromox.base.clock import Clock
    from gromox.base.ids import Ids
    from gromox.store.block import Block
    from gromox.store.content import Content
    from gromox.store.folder import FolderRecord
    from gromox.store.match.follow import Note
    from gromox.store.touch import Touch
    from gromox.store.view import FolderView

DATABASE_NAME: Final = "exmdb/exchange.sqlite3"
MAX_COUNTER: Final = (1 << 48) - 1
_KEPT_VIEWS: Final = 64
_COUNTERS: Final = (
    "SELECT change_number, hierarchy_cn, next_object_id, normal_size, associated_size, deleted_size,"
    " message_count, unscanned FROM counters"
)
_SAVE_COUNTERS: Final = (
    "UPDATE counters SET change_number = ?, hierarchy_cn = ?, next_object_id = ?, normal_size = ?,"
    " associated_size = ?, deleted_size = ?, message_count = ?, unscanned = ?"
)


@dataclass(frozen=True, slots=True)
class Options:
    """What the settings of a daemon say about its mailboxes."""

    busy_timeout: float = database.BUSY_TIMEOUT
    """Seconds to wait for another writer: ``sqlite_busy_timeout``; short where an event loop waits."""
    compression_level: int = 6
    """``exmdb_file_compression``: a zstd level, 0 for none."""
    soft_delete: bool = True
    """``exmdb_private_folder_softdelete``"""
    max_messages: int = 0
    """``max_store_message_count``; 0: no limit."""
    silence_window: float = 86400.0
    """``autoreply_silence_window``: seconds in which nobody gets a second automatic reply."""
    grants: Path | None = None
    """``exmdb_grants_path``: the index of whom mailboxes grant something; None: there is none."""


class MailboxFile:
    """The state that the modules of the store work on; one thread at a time."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        ids: Ids,
        ring: Callable[[Path, int], None],
        options: Options,
    ) -> None:
        """Open the mailbox directory ``path``."""
        self.path = path
        self.clock = clock
        self.ids = ids
        self.ring = ring
        self.busy_timeout = options.busy_timeout
        self.compression = Compression(options.compression_level)
        self.max_messages = options.max_messages
        self.soft_delete = options.soft_delete
        self.silence_window = options.silence_window
        self.grants = None if options.grants is None else grants.index_at(options.grants)
        self.limits: dict[int, int] | None = None
        self.database_path = path / DATABASE_NAME
        self.wal = durability.wal_of(self.database_path)
        self.connection = database.open_database(self.database_path, busy_timeout=options.busy_timeout)
        self.execute = self.connection.execute
        self.executemany = self.connection.executemany
        self.keywords = KeywordSets(self.connection)
        self.names = PropertyNames(self.connection)
        self.searches = Searches(self)
        self.owner: str
        self.owner_id: int
        self.locale: str
        self.default_rights: int
        self.anonymous_rights: int
        self.folders: dict[int, FolderRecord] = {}
        self.views: OrderedDict[int, FolderView] = OrderedDict()
        self.last_blocks: dict[int, tuple[int, Block]] = {}
        self.large_contents: dict[bytes, Content] = {}
        self.is_frozen = self.ignores_freeze = False
        self.ticket = 0
        self._ticket_cn = -1
        self._data_version = -1
        self._index = WalIndex(self.database_path)
        #: That of the index when the mailbox was as it is remembered.
        self._header = b""
        self.is_steady = self.is_closed = False
        #: Held by another thread that copies the log.
        self.copying = threading.Lock()
        self.change_number = self.hierarchy_cn = -1
        self.next_object_id = self.normal_size = self.associated_size = self.deleted_size = 0
        #: ``scan_at_once``: how many mails are scanned as they come before the next one may wait for it.
        self.message_count = self.unscanned = self.scan_at_once = 0
        row = self.execute(
            "SELECT guid, mapping_signature, is_public, owner, owner_id, locale, default_rights,"
            " anonymous_rights FROM mailbox"
        ).fetchone()
        if row is None:
            self.connection.close()
            raise CorruptError("the mailbox database has no identity: its creation was not finished")
        (
            guid,
            signature,
            is_public,
            self.owner,
            self.owner_id,
            self.locale,
            self.default_rights,
            self.anonymous_rights,
        ) = row
        self.guid: uuid.UUID = uuid.UUID(bytes=guid)
        self.mapping_signature: uuid.UUID = uuid.UUID(bytes=signature)
        self.is_public = bool(is_public)
        if self.grants is not None:
            self.grants.compare(path, permission.grantees(self))

    def close(self) -> None:
        """Close the connection; what was not synced is synced first.

        Who copies the log is waited for: the file may be replaced by another one as soon as it is closed.
        """
        with self.copying:
            self.is_closed = True
        try:
            if self.ticket > self.wal.synced and not self.wal.poisoned:
                self.wal.sync(self.ticket)
        finally:
            self.views.clear()
            for content in self.large_contents.values():
                content.close()
            self.large_contents.clear()
            self._index.close()
            self.connection.close()

    # What others wrote.

    def refresh(self, *, scanned: bool = True) -> None:
        """Read what other connections committed since the last look; see :class:`Steady`.

        Args:
            scanned: scan mails that are waiting for it (unscanned.py); False: the caller reads no contents.
        """
        if not self.is_steady:
            self.glance()
        if scanned and self.unscanned:
            unscanned.scan_all(self)

    def glance(self) -> None:
        """Look if anything was committed. Not in a read transaction: that has to begin with reading."""
        header = self._index.header()
        if not header or header != self._header:
            self.look()
        elif self.is_frozen and not self.ignores_freeze:
            raise BusyError("the mailbox is frozen for maintenance")

    def look(self) -> None:
        """Read what other connections committed since the last look."""
        header = self._index.header()  # before: what is committed in between is looked at once more
        version = self.execute("PRAGMA data_version").fetchone()[0]
        if version != self._data_version:
            self._reload()
            self._data_version = version
            self._header = header
        elif not self.connection.in_transaction:  # there the header may be newer than what can be read
            self._header = header
        if self.is_frozen and not self.ignores_freeze:
            raise BusyError("the mailbox is frozen for maintenance")

    def committed(self) -> None:
        """Note that what is remembered is what this connection has just committed, if it was the only one."""
        header = self._index.header()
        self._header = header if is_next(header, self._header) else b""

    def _reload(self) -> None:
        known, known_hierarchy = self.change_number, self.hierarchy_cn
        row = self.execute(_COUNTERS).fetchone()
        if row is None:
            raise CorruptError("the mailbox database has no counters")
        self._take_counters(row)
        self.is_frozen = bool(self.execute("SELECT frozen FROM mailbox").fetchone()[0])
        self.limits = None
        if known_hierarchy != self.hierarchy_cn or known > self.change_number:
            self.folders = folder.load_all(self.connection)
            self.searches.load()
            for gone in [folder_id for folder_id in self.views if folder_id not in self.folders]:
                del self.views[gone]
        else:
            for record in folder.load_touched(self.connection, known):
                self.folders[record.folder_id] = record

    def _take_counters(self, row: tuple[int, ...]) -> None:
        (
            self.change_number,
            self.hierarchy_cn,
            self.next_object_id,
            self.normal_size,
            self.associated_size,
            self.deleted_size,
            self.message_count,
            self.unscanned,
        ) = row

    def forget(self) -> None:
        """Drop everything remembered: a transaction was rolled back."""
        self._data_version, self._header = -1, b""
        self.change_number = self.hierarchy_cn = -1
        self.views.clear()
        self.last_blocks.clear()
        self.keywords.forget()
        self.names.forget()

    def record(self, folder_id: int) -> FolderRecord:
        """Return a live folder. Raises FolderGoneError."""
        record = self.folders.get(folder_id)
        if record is None:
            raise FolderGoneError("there is no such folder (any more)")
        return record

    def keep_view(self, view: FolderView) -> None:
        """Remember the newest view of a folder."""
        self.views[view.folder_id] = view
        self.views.move_to_end(view.folder_id)
        if len(self.views) > _KEPT_VIEWS:
            self.views.popitem(last=False)

    def keep_last_block(self, folder_id: int, highest_modseq: int, block: Block | None) -> None:
        """Remember where the next mail goes in a folder that nobody here looks at."""
        if len(self.last_blocks) >= _KEPT_VIEWS:
            self.last_blocks.clear()
        if block is not None:
            self.last_blocks[folder_id] = (highest_modseq, block)

    def mark_undurable(self) -> None:
        """Note that everything up to now has to be durable before the next acknowledgement."""
        self.ticket = self.wal.wrote()
        self._ticket_cn = self.change_number

    def saw(self, cn: int) -> None:
        """Note that what was written by ``cn``, perhaps by another process, is about to be told to a client.

        It has to be durable first: otherwise a UID could be announced, lost with the power, and given to
        another message.
        """
        if cn > self._ticket_cn:
            self.mark_undurable()

    def may_scan_later(self) -> bool:
        """Tell whether a mail that comes now may wait for its scan."""
        return unscanned.may_wait(self)

    def write(self, *, durable: bool, quiet: bool = False, scanned: bool = True) -> Write:
        """Begin a write transaction (a context manager).

        Args:
            durable: acknowledgements have to wait for sync().
            quiet: nobody needs to look at what changed.
            scanned: scan mails that are waiting for it before; False: no other contents matter.
        """
        return Write(self, durable=durable, quiet=quiet, scanned=scanned)


class Steady:
    """As long as it is entered, the last look does for all who read: each is a system call.

    A transaction looks nevertheless.
    """

    __slots__ = ("_before", "_file")

    def __init__(self, file: MailboxFile) -> None:
        """Prepare; begins on entry."""
        self._file, self._before = file, file.is_steady

    def __enter__(self) -> None:
        """Begin."""
        self._file.is_steady = True

    def __exit__(self, *_: object) -> None:
        """End."""
        self._file.is_steady = self._before


class Write:
    """One write transaction.

    Its records are the mailbox's own: a rollback makes the file forget and read anew.
    """

    __slots__ = (
        "_changes",
        "_dirty",
        "_durable",
        "_first",
        "_notes",
        "_quiet",
        "_scanned",
        "file",
        "hierarchy_changed",
        "now",
    )

    def __init__(self, file: MailboxFile, *, durable: bool, quiet: bool, scanned: bool) -> None:
        """Prepare; begins on entry."""
        self.file = file
        self._durable = durable
        self._quiet = quiet
        self._scanned = scanned
        self._dirty: dict[int, FolderRecord] = {}
        self._notes: list[Note] = []
        self._first = self._changes = 0
        self.hierarchy_changed = False
        self.now = 0.0

    def __enter__(self) -> Self:
        """Lock the mailbox for writing. Raises sqlite3.OperationalError when it stays locked."""
        file = self.file
        if file.wal.poisoned:
            raise CorruptError("a write to disk failed earlier: reopen the mailbox")
        if self._scanned:
            unscanned.scan_all(file)  # what is known to wait, in short transactions
        file.execute("BEGIN IMMEDIATE")
        self._changes = file.connection.total_changes
        try:
            file.glance()
            self.now = file.clock.now()
            if self._scanned and file.unscanned:
                unscanned.scan_within(self)
        except BaseException:
            self._roll_back()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Commit, or roll back on an error."""
        if kind is not None:
            self._roll_back()
            return
        file = self.file
        if not self._first and not self._dirty:
            file.execute("COMMIT")  # nothing was written: every write takes a change number
            return
        try:
            if self.hierarchy_changed:
                file.searches.rescope(self)
            if self._notes:
                file.searches.follow(self, self._notes)
            touched = self.cn
            for record in self._dirty.values():
                file.execute(folder.UPDATE, folder.update_values(record, touched, self.now))
            if self.hierarchy_changed:
                file.hierarchy_cn = touched
            file.execute(
                _SAVE_COUNTERS,
                (
                    file.change_number,
                    file.hierarchy_cn,
                    file.next_object_id,
                    file.normal_size,
                    file.associated_size,
                    file.deleted_size,
                    file.message_count,
                    file.unscanned,
                ),
            )
            file.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise
        file.committed()
        if self._durable:
            file.mark_undurable()
        if not self._quiet:
            file.ring(file.path, file.change_number)

    def _roll_back(self) -> None:
        # A refusal before anything was written (name taken, quota) must not cost the caches.
        if self._first or self._dirty or self.file.connection.total_changes != self._changes:
            self.file.forget()
        if self.file.connection.in_transaction:
            try:
                self.file.execute("ROLLBACK")
            except sqlite3.Error:
                # SQLite itself rolls back on some errors; nothing is left to undo then.
                if self.file.connection.in_transaction:
                    raise

    @property
    def cn(self) -> int:
        """Return the change number of this transaction, taken when first asked for."""
        if not self._first:
            self._first = self.next_cn()
        return self._first

    def next_cn(self, count: int = 1) -> int:
        """Take change numbers; returns the first of them."""
        file = self.file
        first = file.change_number + 1
        file.change_number += count
        if file.change_number > MAX_COUNTER:
            raise LimitError("the mailbox has used up its change numbers")
        if not self._first:
            self._first = first
        return first

    def cn_after(self, modseq: int) -> int:
        """Return a change number of this transaction beyond one that was seen: the first one if it is."""
        return self.cn if self.cn > modseq else self.next_cn()

    def next_object_id(self, count: int = 1) -> int:
        """Take object ids; returns the first of them."""
        file = self.file
        first = file.next_object_id
        file.next_object_id += count
        if file.next_object_id > MAX_COUNTER:
            raise LimitError("the mailbox has used up its object ids")
        return first

    def folder(self, folder_id: int) -> FolderRecord:
        """Return a folder whose counters are about to be changed. Raises FolderGoneError."""
        record = self._dirty.get(folder_id)
        if record is None:
            record = self._dirty[folder_id] = self.file.record(folder_id)
            record.touch()
        return record

    def scan_picked(self, *, stays: bool) -> None:
        """Scan those of the picked messages that were not, before they are copied or leave (``stays``)."""
        if self.file.unscanned:
            unscanned.scan_picked(self, stays=stays)

    def note(self, folder_id: int, mids: Iterable[int], touch: Touch) -> None:
        """Say that messages of a folder were touched: search folders follow before COMMIT.

        Whoever creates, changes or removes messages calls it once the rows are as they will be committed.
        (Of an object that leaves, ``mids`` are the ones it had there.)
        """
        if folder_id in self.file.searches.folders:
            self._notes.append((folder_id, list(mids), touch))

    def note_uids(self, folder_id: int, uids: Sequence[int], touch: Touch) -> None:
        """Say the same of messages whose UIDs are known; their mids are looked up only where one asks."""
        if folder_id in self.file.searches.folders:
            one = (
                "SELECT mid FROM fetch_rows f JOIN messages m USING (mid)"
                " WHERE f.folder_id = ? AND f.uid = ? AND m.state = 0"
            )
            rows = (self.file.execute(one, (folder_id, uid)).fetchone() for uid in uids)
            self._notes.append((folder_id, [row[0] for row in rows if row], touch))

    def publish(self, view: FolderView) -> None:
        """Make this the newest view of its folder; a rollback forgets it with all others."""
        self.file.keep_view(view)
