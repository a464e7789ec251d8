"""The part of a session that opens tables and works with them.

Spec: [MS-OXCTABL] 3.2.5; [MS-OXCFOLD] 3.2.5.13, 3.2.5.14; [MS-OXCPERM] 3.2.5.1.

A table shows what its actor may read when it is asked: rows of folders and messages that the actor may not
see are neither there nor counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.store.errors import InvalidValueError, TableError
from gromox.store.operation import operation
from gromox.store.permission import Right
from gromox.store.property import text
from gromox.store.property.message import ACCESS_READ
from gromox.store.session.rights import MessageRights
from gromox.store.table import collapse, listed, parts
from gromox.store.table.contents import (
    ContentsSource,
    ConversationSource,
    MembersSource,
    is_search_folder,
)
from gromox.store.table.hierarchy import HierarchySource
from gromox.store.table.listed import ListedSource
from gromox.store.table.model import ContentsFlag, HierarchyFlag, OpenedTable, Origin, Status
from gromox.store.table.table import VALUE_LIMIT, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gromox.mapi.propvalue import PropValue
    from gromox.mapi.restriction import Restriction
    from gromox.mapi.sortorder import SortOrderSet
    from gromox.store.mailbox_file import MailboxFile
    from gromox.store.table.listed import Loaded
    from gromox.store.table.model import Expanded, FoundRow, Position, Rows, Sought, TableChanges
    from gromox.store.table.source import Source

_CONTENTS: int = ContentsFlag.ASSOCIATED | ContentsFlag.SOFT_DELETES


class Tables(MessageRights):
    """Tables by their handles; ``close_handle`` closes one."""

    __slots__ = ()

    # Opening.

    @operation
    def open_contents_table(
        self,
        folder_id: int,
        flags: int = 0,
        *,
        code_page: int = text.DEFAULT_CODE_PAGE,
        value_limit: int = VALUE_LIMIT,
    ) -> OpenedTable:
        """Open the table of a folder's messages ([MS-OXCFOLD] 2.2.1.14).

        Args:
            folder_id: the folder; a search folder shows what it found.
            flags: ContentsFlag.
            code_page: for columns of PtypString8.
            value_limit: octets after which texts and octets are cut; 0: nothing is.

        Raises:
            FolderGoneError: it is not there for the actor.
            InvalidValueError: the flags do not go together.
        """
        self._access.require_visible(folder_id)
        return self._opened(self._contents(folder_id, flags, code_page, value_limit), value_limit)

    def _contents(self, folder_id: int, flags: int, code_page: int, limit: int) -> Source:
        file, username = self._file, self._actor.username
        if flags & ~(_CONTENTS | ContentsFlag.CONVERSATION_MEMBERS):
            raise InvalidValueError("unknown flags of a contents table")
        if flags & ContentsFlag.CONVERSATION_MEMBERS:
            if flags & _CONTENTS:
                raise InvalidValueError("the messages of conversations are normal, live ones")
            return ConversationSource(
                file,
                folder_id,
                username=username,
                access=self._row_access,
                limit=limit,
                may_read=self._may_read,
                code_page=code_page,
            )
        if is_search_folder(file.record(folder_id)) and not flags:
            return MembersSource(
                file,
                folder_id,
                username=username,
                access=self._row_access,
                limit=limit,
                may_read=self._may_read,
                code_page=code_page,
            )
        return ContentsSource(
            file,
            folder_id,
            ContentsFlag(flags),
            username=username,
            access=self._row_access,
            limit=limit,
            only_own=lambda: self._sees_only_own(folder_id),
            code_page=code_page,
        )

    def _sees_only_own(self, folder_id: int) -> bool:
        self._access.require_visible(folder_id)
        return not self._access.may(folder_id, Right.READ_ANY)

    def _may_read(self, folder_id: int, creator: str) -> bool:
        return folder_id in self._file.folders and bool(
            self._message_access(folder_id, creator) & ACCESS_READ
        )

    @operation
    def open_hierarchy_table(
        self, folder_id: int, flags: int = 0, *, code_page: int = text.DEFAULT_CODE_PAGE
    ) -> OpenedTable:
        """Open the table of the folders below a folder ([MS-OXCFOLD] 2.2.1.13); flags: HierarchyFlag."""
        if flags & ~int(HierarchyFlag.DEPTH | HierarchyFlag.SOFT_DELETES):
            raise InvalidValueError("unknown flags of a hierarchy table")
        self._file.refresh()
        self._file.record(folder_id)
        source = HierarchySource(
            self._file, self._access, folder_id, HierarchyFlag(flags), self._reader_unread, code_page
        )
        if not self._access.sees(folder_id) and not source.ids():
            self._access.require_visible(folder_id)
        return self._opened(source, VALUE_LIMIT)

    def _reader_unread(self, folder_id: int) -> int | None:
        """Return what the actor has not read in a folder of a public store; None: the folder knows."""
        if not self._file.is_public or not self._actor.username:
            return None
        (count,) = self._file.execute(
            "SELECT count(*) FROM messages m LEFT JOIN read_states r ON r.mid = m.mid AND r.username = ?"
            " WHERE m.folder_id = ? AND m.state = 0 AND m.associated = 0 AND NOT coalesce(r.is_read, 0)",
            (self._actor.username.casefold(), folder_id),
        ).fetchone()
        return int(count)

    @operation
    def open_permissions_table(
        self, folder_id: int, *, free_busy: bool = True, code_page: int = text.DEFAULT_CODE_PAGE
    ) -> OpenedTable:
        """Open the table of who may do what in a folder ([MS-OXCPERM] 2.2.1).

        Raises:
            FolderGoneError: it is not there for the actor.
            DeniedError: the actor does not own it.
        """

        def load() -> Loaded:
            self._require_folder_owner(folder_id)
            return listed.permissions(self._file, folder_id, free_busy=free_busy)

        return self._listed(load, listed.PERMISSION_TAGS, code_page)

    @operation
    def open_rules_table(self, folder_id: int, *, code_page: int = text.DEFAULT_CODE_PAGE) -> OpenedTable:
        """Open the table of a folder's rules ([MS-OXORULE] 2.2.2); raises as the permissions table does."""

        def load() -> Loaded:
            self._require_folder_owner(folder_id)
            return listed.rules(self._file, folder_id)

        return self._listed(load, listed.RULE_TAGS, code_page, value_limit=0)

    def _require_folder_owner(self, folder_id: int) -> None:
        self._access.require_visible(folder_id)
        self._access.require(folder_id, Right.OWNER)

    @operation
    def open_recipients_table(self, mid: int, *, code_page: int = text.DEFAULT_CODE_PAGE) -> OpenedTable:
        """Open the table of a message's recipients. Raises MessageGoneError."""
        return self._parts(mid, parts.recipients, code_page)

    @operation
    def open_attachments_table(self, mid: int, *, code_page: int = text.DEFAULT_CODE_PAGE) -> OpenedTable:
        """Open the table of a message's attachments ([MS-OXCMSG] 2.2.3.17). Raises MessageGoneError."""
        return self._parts(mid, parts.attachments, code_page)

    def _parts(
        self, mid: int, read: Callable[[MailboxFile, int], Sequence[Mapping[int, PropValue]]], code_page: int
    ) -> OpenedTable:
        def load() -> Loaded:
            self._readable(mid, deleted=True)
            return list(enumerate(read(self._file, mid)))

        return self._listed(load, (), code_page, value_limit=0)

    def _listed(
        self,
        load: Callable[[], Loaded],
        all_tags: Sequence[int],
        code_page: int,
        value_limit: int = VALUE_LIMIT,
    ) -> OpenedTable:
        return self._opened(ListedSource(self._file, load, all_tags, code_page=code_page), value_limit)

    def _opened(self, source: Source, value_limit: int) -> OpenedTable:
        table = Table(source, value_limit=value_limit)
        total = table.position().total
        return OpenedTable(self._handles.add(table), total)

    def _table(self, handle: int) -> Table:
        return self._handles.get(handle, Table)

    # Working with one. Each call raises NotFoundError for a handle of no table.

    @operation
    def table_set_columns(self, handle: int, tags: Sequence[int]) -> Status:
        """Say which properties rows are to have. Raises InvalidValueError."""
        self._table(handle).set_columns(tags)
        return Status.COMPLETE

    @operation
    def table_sort(self, handle: int, sort: SortOrderSet) -> Status:
        """Order the rows of a contents table, in headings if wanted. Raises InvalidValueError, TableError."""
        self._table(handle).sort_by(sort)
        return Status.COMPLETE

    @operation
    def table_restrict(self, handle: int, restriction: Restriction | None) -> Status:
        """Show only rows that fulfil a condition; None: all. Raises LimitError."""
        self._table(handle).restrict(restriction)
        return Status.COMPLETE

    @operation
    def table_status(self, handle: int) -> Status:
        """Return what the table is doing: nothing, as everything is done at once."""
        self._table(handle)
        return Status.COMPLETE

    @operation
    def table_abort(self, handle: int) -> None:
        """Stop what the table is doing. Raises TableError: there is never anything to stop."""
        self._table(handle)
        raise TableError("nothing is done behind the back of a call")

    @operation
    def table_query_rows(
        self, handle: int, count: int, *, forward: bool = True, advance: bool = True
    ) -> Rows:
        """Return rows from the cursor on. Raises NoColumnsError."""
        return self._table(handle).query_rows(count, forward=forward, advance=advance)

    @operation
    def table_position(self, handle: int) -> Position:
        """Return where the cursor is, and how many rows there are."""
        return self._table(handle).position()

    @operation
    def table_seek(self, handle: int, origin: Origin, rows: int) -> Sought:
        """Move the cursor."""
        return self._table(handle).seek(origin, rows)

    @operation
    def table_seek_fraction(self, handle: int, numerator: int, denominator: int) -> None:
        """Move the cursor to a part of the whole. Raises InvalidValueError."""
        self._table(handle).seek_fraction(numerator, denominator)

    @operation
    def table_create_bookmark(self, handle: int) -> int:
        """Return a bookmark for the row under the cursor. Raises LimitError, TableError."""
        return self._table(handle).create_bookmark()

    @operation
    def table_seek_bookmark(self, handle: int, bookmark: int, rows: int) -> Sought:
        """Move the cursor from a bookmark. Raises BookmarkError, TableError."""
        return self._table(handle).seek_bookmark(bookmark, rows)

    @operation
    def table_free_bookmark(self, handle: int, bookmark: int) -> None:
        """Forget a bookmark. Raises BookmarkError, TableError."""
        self._table(handle).free_bookmark(bookmark)

    @operation
    def table_find_row(
        self,
        handle: int,
        restriction: Restriction,
        origin: Origin = Origin.CURRENT,
        *,
        bookmark: int = 0,
        forward: bool = True,
    ) -> FoundRow:
        """Move the cursor to the next row that fulfils a condition.

        Raises:
            NotFoundError: there is none.
            NoColumnsError, BookmarkError, LimitError: the call makes no sense.
        """
        return self._table(handle).find_row(restriction, origin, bookmark=bookmark, forward=forward)

    @operation
    def table_expand(self, handle: int, heading_id: int, max_rows: int) -> Expanded:
        """Open a heading, named by its PidTagInstID. Raises NotFoundError, NotCollapsedError, TableError."""
        return collapse.expand(self._table(handle), heading_id, max_rows)

    @operation
    def table_collapse(self, handle: int, heading_id: int) -> int:
        """Close a heading; returns how many rows went. Raises NotFoundError, NotExpandedError, TableError."""
        return collapse.collapse(self._table(handle), heading_id)

    @operation
    def table_collapse_state(self, handle: int, row_id: int, instance: int = 0) -> bytes:
        """Return which headings are open, and a place at a row, for :meth:`table_set_collapse_state`."""
        return collapse.state(self._table(handle), row_id, instance)

    @operation
    def table_set_collapse_state(self, handle: int, state: bytes) -> int:
        """Open and close headings as they were; returns a bookmark for the row. Raises InvalidValueError."""
        return collapse.set_state(self._table(handle), state)

    @operation
    def table_all_columns(self, handle: int) -> tuple[int, ...]:
        """Return the tags that rows usually have values for."""
        return self._table(handle).all_columns()

    @operation
    def table_reset(self, handle: int) -> None:
        """Forget columns, order, condition and bookmarks. Raises TableError."""
        self._table(handle).reset()

    @operation
    def table_changes(self, handle: int) -> TableChanges:
        """Return what changed since the last such call; the first one says nothing and begins to watch."""
        return self._table(handle).changes()
