"""Messages as rows wherever they lie: those that a search folder found, those of a conversation.

Spec: [MS-OXCFOLD] 2.2.1.14.1 (ConversationMembers), 3.2.5.4 (search folders).
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

from gromox.mapi import tags
from gromox.mapi.restriction import And, Count, Property, RelOp
from gromox.store.match import sql
from gromox.store.table.contents import MessageSource
from gromox.store.table.source import Unindexed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gromox.mapi.restriction import Restriction
    from gromox.mapi.sortorder import SortOrder
    from gromox.store.mailbox_file import MailboxFile
    from gromox.store.property.row import MessageRow

_ROWS: Final = "SELECT mid, folder_id, creator FROM messages WHERE state = 0 AND associated = 0 AND"


class FoundSource(Unindexed, MessageSource):
    """Messages of several folders: those that the user may read."""

    def __init__(
        self,
        file: MailboxFile,
        folder_id: int,
        *,
        username: str,
        access: Callable[[MessageRow], int],
        limit: int,
        code_page: int,
        guard: Callable[[], object],
        may_read: Callable[[int, str], bool],
    ) -> None:
        """Show messages of several folders.

        Args:
            file: the mailbox.
            folder_id: the folder whose table it is.
            username: whose read states count in public stores.
            access: gives PidTagAccess.
            limit: octets of large values; 0: all.
            code_page: for PtypString8.
            guard: raises if the user may not see the folder; gives something that differs once the rights of
                the user may have changed.
            may_read: tells of folder and creator whether the user may read such a message.
        """
        super().__init__(file, username=username, access=access, limit=limit, code_page=code_page)
        self._folder_id, self._guard, self._may_read = folder_id, guard, may_read

    def stamp(self) -> object:
        """Return what moves whenever a row comes, changes or goes. Raises FolderGoneError."""
        raise NotImplementedError

    def _scope(self) -> tuple[str, tuple[object, ...]]:
        """Return the condition of a row in SQL."""
        raise NotImplementedError

    def _rows(self, condition: str, *parameters: object, order: str = "mid") -> list[int]:
        scope, values = self._scope()
        known: dict[tuple[int, str], bool] = {}
        kept = []
        for mid, *key in self._file.execute(
            f"{_ROWS} {scope}{condition} ORDER BY {order}", (*values, *parameters)
        ):
            place = (key[0], key[1])
            if place not in known:
                known[place] = self._may_read(*place)
            if known[place]:
                kept.append(mid)
        return kept

    def ids(self) -> Sequence[int]:
        """Return the messages, by id."""
        return array("Q", self._rows(""))

    def present(self, ids: Sequence[int]) -> set[int]:
        """Return those of some messages that are rows."""
        return {mid for each in ids for mid in self._rows(" AND mid = ?", each)}

    def matching(self, restriction: Restriction) -> Sequence[int] | None:
        """Let the database look at the rows, if it can."""
        compiled = sql.compiled(restriction)
        return None if compiled is None else self._rows(f" AND {compiled.condition}", *compiled.parameters)

    def ordered(self, orders: Sequence[SortOrder]) -> Sequence[int] | None:
        """Let the database order the rows if they are ordered by columns."""
        order = sql.ordering(orders)
        return None if order is None else self._rows("", order=order)


class MembersSource(FoundSource):
    """Members of a search folder."""

    def stamp(self) -> object:
        """Return what moves whenever a member comes, changes or goes. Raises FolderGoneError."""
        self._file.refresh()
        record = self._file.record(self._folder_id)
        return record.highest_modseq, record.total, record.unread, self._guard()

    def _scope(self) -> tuple[str, tuple[object, ...]]:
        return "mid IN (SELECT mid FROM search_members WHERE folder_id = ?)", (self._folder_id,)


class ConversationSource(FoundSource):
    """Messages of one conversation; which one says the restriction, and without one there are no rows."""

    def stamp(self) -> object:
        """Return the change number of the mailbox. Raises FolderGoneError."""
        self._file.refresh()
        self._file.record(self._folder_id)
        return self._file.change_number, self._guard()

    _conversation: bytes | None = None

    def _scope(self) -> tuple[str, tuple[object, ...]]:
        return (
            "conversation_id = ? AND folder_id IN (SELECT folder_id FROM folders WHERE state = 0)",
            (self._conversation,),
        )

    def matching(self, restriction: Restriction) -> Sequence[int] | None:
        """Take note of the conversation that is asked for."""
        self._conversation = conversation_of(restriction)
        return super().matching(restriction)


def conversation_of(restriction: Restriction) -> bytes | None:
    """Return the conversation to which a restriction limits what it matches, or None."""
    match restriction:
        case Property(RelOp.EQUAL, tags.PidTagConversationId, _, bytes() as value):
            return value
        case And(parts):
            return next((found for part in parts if (found := conversation_of(part)) is not None), None)
        case Count(part=part):
            return conversation_of(part)
        case _:
            return None
