"""Messages as rows: normal, associated and soft-deleted ones of a folder, and those of a search folder.

Spec: [MS-OXCFOLD] 2.2.1.14 (which messages), [MS-OXCTABL] 3.2.5.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

from gromox.mapi import tags
from gromox.mapi.restriction import Property, RelOp
from gromox.store import block_table
from gromox.store.builtin import FolderKind
from gromox.store.property.column import BY_TAG
from gromox.store.property.computed import COMPUTED
from gromox.store.property.message import MessageProperties
from gromox.store.table.indexed import IndexedRows
from gromox.store.table.model import ContentsFlag
from gromox.store.table.parts import parts_of
from gromox.store.tombstone import Gone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gromox.mapi.restriction import Restriction
    from gromox.store.folder import FolderRecord
    from gromox.store.mailbox_file import MailboxFile
    from gromox.store.match.evaluate import Getter
    from gromox.store.property.row import MessageRow
    from gromox.store.table.source import Values

MAX_TOUCHED: Final = 256
"""Changes after which a table is read anew."""
_READERS: Final = 8
_CONDITIONS: Final = {
    ContentsFlag.NORMAL: "state = 0 AND associated = 0",
    ContentsFlag.ASSOCIATED: "state = 0 AND associated = 1",
    ContentsFlag.SOFT_DELETES: "state = 1 AND associated = 0",
    ContentsFlag.ASSOCIATED | ContentsFlag.SOFT_DELETES: "state = 1 AND associated = 1",
}
ALL_TAGS: Final = tuple(
    dict.fromkeys(
        [
            *BY_TAG,
            *COMPUTED,
            tags.PidTagAccess,
            tags.PidTagAccessLevel,
            tags.PidTagInstanceKey,
            tags.PidTagRowType,
            tags.PidTagDepth,
            tags.PidTagInternetMessageId,
            tags.PidTagConversationIndex,
        ]
    )
)


class MessageSource:
    """What all tables of messages have in common."""

    is_contents = True
    has_bookmarks = True
    all_tags = ALL_TAGS

    def __init__(
        self,
        file: MailboxFile,
        *,
        username: str,
        access: Callable[[MessageRow], int],
        limit: int,
        code_page: int,
    ) -> None:
        """Read for a user.

        Args:
            file: the mailbox.
            username: whose read states count in public stores.
            access: gives PidTagAccess.
            limit: octets of large values; 0: all.
            code_page: for PtypString8.
        """
        self._file, self._code_page = file, code_page
        self._username, self._access, self._limit = username, access, limit
        self._readers: dict[tuple[int, ...], MessageProperties] = {}

    def read(self, ids: Sequence[int], tags: Sequence[int]) -> Sequence[Values | None]:
        """Return the values of messages."""
        key = tuple(tags)
        reader = self._readers.get(key)
        if reader is None:
            if len(self._readers) >= _READERS:
                self._readers.clear()
            reader = self._readers[key] = MessageProperties(
                self._file,
                key,
                username=self._username,
                access=self._access,
                code_page=self._code_page,
                limit=self._limit or None,
            )
        found = dict(reader.rows(ids))
        return [found.get(mid) for mid in ids]

    def parts(self, row_id: int, tag: int) -> Iterable[Getter]:
        """Go through the recipients or attachments of a message."""
        return parts_of(self._file, row_id, tag)

    def created(self, ids: Sequence[int]) -> set[int]:
        """Know of none."""
        del ids
        return set()


class ContentsSource(MessageSource):
    """Messages that lie in a folder."""

    def __init__(
        self,
        file: MailboxFile,
        folder_id: int,
        flags: ContentsFlag,
        *,
        username: str,
        access: Callable[[MessageRow], int],
        limit: int,
        code_page: int,
        only_own: Callable[[], bool],
    ) -> None:
        """Show one kind of messages of a folder.

        ``only_own`` tells whether only those that the user made, and raises if none at all.
        """
        super().__init__(file, username=username, access=access, limit=limit, code_page=code_page)
        self._folder_id, self._flags = folder_id, flags
        self._asks_only_own, self._only_own = only_own, False
        self._where = ""
        self._parameters: tuple[object, ...] = ()
        self._limit_rows()
        self._uid_next = self._record().uid_next
        self._old_uid_next = self._uid_next

    def _limit_rows(self) -> None:
        self._only_own = self._asks_only_own()
        self._where = f"folder_id = ? AND {_CONDITIONS[self._flags]}"
        self._parameters = (self._folder_id,)
        if self._only_own:
            self._where += " AND creator = ?"
            self._parameters = (self._folder_id, self._username.casefold())

    def _record(self) -> FolderRecord:
        self._file.refresh()
        return self._file.record(self._folder_id)

    def stamp(self) -> object:
        """Return the change number of the mailbox, and whose messages are shown. Raises FolderGoneError."""
        self._record()
        self._limit_rows()
        return self._file.change_number, self._only_own

    def ids(self) -> Sequence[int]:
        """Return the messages, by id."""
        rows = self._file.execute(
            f"SELECT mid FROM messages WHERE {self._where} ORDER BY mid", self._parameters
        )
        return array("Q", [mid for (mid,) in rows])

    def present(self, ids: Sequence[int]) -> set[int]:
        """Return those of some messages that are among the rows."""
        one = f"SELECT 1 FROM messages WHERE mid = ? AND {self._where}"
        execute = self._file.execute
        return {mid for mid in ids if execute(one, (mid, *self._parameters)).fetchone()}

    def matching(self, restriction: Restriction) -> Sequence[int] | None:
        """Know no faster way."""
        del restriction
        return None

    def index(self, tag: int, *, descending: bool) -> IndexedRows | None:
        """Return the index of the time of receipt, which is also the order of tables without one."""
        if self._flags or self._only_own or tag not in (0, tags.PidTagMessageDeliveryTime):
            return None
        return IndexedRows(
            self._file,
            f"messages WHERE {self._where}",
            self._parameters,
            "received_time",
            "mid",
            descending,
            lambda: self._record().total,
        )

    def touched(self, stamp: object) -> Sequence[int] | None:
        """Return what changed since a change number: from rows, blocks and tombstones."""
        since, only_own = stamp if isinstance(stamp, tuple) else (0, None)
        if only_own is not self._only_own or self._flags & ContentsFlag.SOFT_DELETES:
            return None
        file, folder_id = self._file, self._folder_id
        (floor,) = file.execute("SELECT tombstone_floor FROM counters").fetchone()
        if since < floor:
            return None
        self._old_uid_next, self._uid_next = self._uid_next, self._record().uid_next
        associated = bool(self._flags & ContentsFlag.ASSOCIATED)
        found = [
            mid
            for (mid,) in file.execute(
                "SELECT mid FROM messages WHERE folder_id = ? AND cn > ? LIMIT ?",
                (folder_id, since, MAX_TOUCHED + 1),
            )
        ]
        for (octets,) in file.execute(
            "SELECT ids FROM tombstones WHERE folder_id = ? AND cn > ? AND object = ?",
            (folder_id, since, int(Gone.ASSOCIATED if associated else Gone.MESSAGE)),
        ):
            found += array("Q", octets)
        if not associated:
            found += self._flagged(since)
        if file.is_public:
            found += [
                mid
                for (mid,) in file.execute(
                    "SELECT r.mid FROM read_states r JOIN messages m USING (mid)"
                    " WHERE r.username = ? AND r.read_cn > ? AND m.folder_id = ?",
                    (self._username.casefold(), since, folder_id),
                )
            ]
        result = list(dict.fromkeys(found))
        return result if len(result) <= MAX_TOUCHED else None

    def _flagged(self, stamp: int) -> list[int]:
        uids = block_table.current_view(self._file, self._folder_id).changed_since(stamp)[: MAX_TOUCHED + 1]
        one = "SELECT mid FROM fetch_rows WHERE folder_id = ? AND uid = ?"
        rows = (self._file.execute(one, (self._folder_id, uid)).fetchone() for uid in uids)
        return [row[0] for row in rows if row]

    def created(self, ids: Sequence[int]) -> set[int]:
        """Return those whose UID is from the time since the stamp before."""
        one = "SELECT 1 FROM messages WHERE mid = ? AND uid >= ?"
        return {mid for mid in ids if self._file.execute(one, (mid, self._old_uid_next)).fetchone()}


class MembersSource(MessageSource):
    """Messages that a search folder found, wherever they lie."""

    def __init__(
        self,
        file: MailboxFile,
        folder_id: int,
        *,
        username: str,
        access: Callable[[MessageRow], int],
        limit: int,
        code_page: int,
        may_read: Callable[[int, str], bool],
    ) -> None:
        """Show the members that the user may read: ``may_read`` is asked of folder and creator."""
        super().__init__(file, username=username, access=access, limit=limit, code_page=code_page)
        self._folder_id, self._may_read = folder_id, may_read

    def stamp(self) -> object:
        """Return what moves whenever a member comes, changes or goes. Raises FolderGoneError."""
        self._file.refresh()
        record = self._file.record(self._folder_id)
        return record.highest_modseq, record.total, record.unread

    def ids(self) -> Sequence[int]:
        """Return the members."""
        return array("Q", [mid for mid, *_ in self._rows("")])

    def present(self, ids: Sequence[int]) -> set[int]:
        """Return those of some messages that are members."""
        return {mid for each in ids for mid, *_ in self._rows(" AND s.mid = ?", each)}

    def _rows(self, condition: str, *parameters: int) -> list[tuple[int, int, str]]:
        rows: list[tuple[int, int, str]] = self._file.execute(
            "SELECT s.mid, m.folder_id, m.creator FROM search_members s JOIN messages m USING (mid)"
            f" WHERE s.folder_id = ? AND m.state = 0{condition}",
            (self._folder_id, *parameters),
        ).fetchall()
        known: dict[tuple[int, str], bool] = {}
        kept = []
        for row in rows:
            key = row[1:]
            if key not in known:
                known[key] = self._may_read(*key)
            if known[key]:
                kept.append(row)
        return kept

    def matching(self, restriction: Restriction) -> Sequence[int] | None:
        """Know no faster way."""
        del restriction
        return None

    def index(self, tag: int, *, descending: bool) -> IndexedRows | None:
        """Have no index."""
        del tag, descending
        return None

    def touched(self, stamp: object) -> Sequence[int] | None:
        """Know no history."""
        del stamp
        return None


class ConversationSource(MembersSource):
    """Messages of all folders, to be restricted to a conversation ([MS-OXCFOLD] 2.2.1.14.1)."""

    def stamp(self) -> object:
        """Return the change number of the mailbox."""
        self._file.refresh()
        return self._file.change_number

    def _rows(self, condition: str, *parameters: int) -> list[tuple[int, int, str]]:
        rows: list[tuple[int, int, str]] = self._file.execute(
            "SELECT s.mid, s.folder_id, s.creator FROM messages s"
            f" WHERE s.state = 0 AND s.associated = 0 AND s.folder_id <> 0{condition}",
            parameters,
        ).fetchall()
        return [row for row in rows if row[1] in self._file.folders and self._may_read(*row[1:])]

    def matching(self, restriction: Restriction) -> Sequence[int] | None:
        """Return the messages of a conversation by their index."""
        wanted = conversation_of(restriction)
        if wanted is None:
            return None
        return [mid for mid, *_ in self._rows_of(wanted)]

    def _rows_of(self, conversation_id: bytes) -> list[tuple[int, int, str]]:
        rows = self._file.execute("SELECT mid FROM messages WHERE conversation_id = ?", (conversation_id,))
        return [row for (mid,) in rows.fetchall() for row in self._rows(" AND s.mid = ?", mid)]


def conversation_of(restriction: Restriction) -> bytes | None:
    """Return the conversation that a restriction asks for, if it asks for nothing else."""
    if (
        isinstance(restriction, Property)
        and restriction.tag == tags.PidTagConversationId
        and restriction.rel_op is RelOp.EQUAL
        and isinstance(restriction.value, bytes)
    ):
        return restriction.value
    return None


def is_search_folder(record: FolderRecord) -> bool:
    """Tell whether a folder shows members instead of its own messages."""
    return record.kind == FolderKind.SEARCH
