"""Messages as a guest reads them: only where the guest may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.store import block_table, readers
from gromox.store.database import guarded
from gromox.store.guest.folders import GuestFolders
from gromox.store.permission import Right

if TYPE_CHECKING:
    from array import array
    from collections.abc import Generator, Iterator, Sequence

    from gromox.store.content import Content
    from gromox.store.emailid import EmailId
    from gromox.store.model import Columns, FetchRow
    from gromox.store.search import Expression
    from gromox.store.sorting import Criterion
    from gromox.store.threadrows import ThreadRow
    from gromox.store.uidset import UidSet
    from gromox.store.view import FolderView


class GuestReading(GuestFolders):
    """The part that reads messages."""

    __slots__ = ()

    def view(self, folder_id: int) -> FolderView:
        r"""Return the newest snapshot of a folder, with the guest's own ``\Seen`` in a public store."""
        self._require(folder_id, Right.READ_ANY)
        return self._own_view(folder_id)

    @guarded
    def _own_view(self, folder_id: int) -> FolderView:
        shared = block_table.current_view(self._file, folder_id)
        if not self.is_public:
            return shared
        return readers.personal(self._file, shared, self._actor.username)

    def search(
        self, folder_id: int, expression: Expression, *, view: FolderView | None = None
    ) -> Sequence[int]:
        """Search a folder that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().search(folder_id, expression, view=view or self._own_view(folder_id))

    def search_steps(
        self, folder_id: int, expression: Expression, *, view: FolderView | None = None
    ) -> Generator[None, None, Sequence[int]]:
        """Search a folder that the guest may read, in steps."""
        self._require(folder_id, Right.READ_ANY)
        return super().search_steps(folder_id, expression, view=view or self._own_view(folder_id))

    def sort_steps(
        self, folder_id: int, uids: Sequence[int], criteria: Sequence[Criterion]
    ) -> Generator[None, None, list[int]]:
        """Order messages that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().sort_steps(folder_id, uids, criteria)

    def thread_steps(
        self, folder_id: int, uids: Sequence[int], *, with_references: bool
    ) -> Generator[None, None, list[ThreadRow]]:
        """Tell what threading needs to know of messages that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().thread_steps(folder_id, uids, with_references=with_references)

    def fetch(self, folder_id: int, uids: Sequence[int], columns: Columns) -> Iterator[FetchRow]:
        """Go through ready octets of messages that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().fetch(folder_id, uids, columns)

    def fetch_run(
        self, folder_id: int, uids: array[int], columns: Columns
    ) -> Sequence[Sequence[bytes]] | None:
        """Return columns of consecutive messages that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().fetch_run(folder_id, uids, columns)

    def numbered_sizes(self, folder_id: int, uids: array[int], number: int) -> bytes | None:
        """Return lines with the sizes of consecutive messages that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().numbered_sizes(folder_id, uids, number)

    def inline_contents(self, folder_id: int, uids: array[int]) -> Sequence[bytes] | None:
        """Return the octets of consecutive messages that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().inline_contents(folder_id, uids)

    def content(self, folder_id: int, uid: int) -> Content:
        """Return the octets of a message that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().content(folder_id, uid)

    def uids_of_email(self, folder_id: int, email_id: EmailId, *, lone: bool = False) -> UidSet:
        """Return the messages with the same content that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().uids_of_email(folder_id, email_id, lone=lone)

    def uids_of_conversation(self, folder_id: int, conversation: bytes) -> UidSet:
        """Return the messages of a conversation that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().uids_of_conversation(folder_id, conversation)

    def vanished_since(self, folder_id: int, modseq: int) -> UidSet:
        """Return the UIDs that left a folder that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().vanished_since(folder_id, modseq)
