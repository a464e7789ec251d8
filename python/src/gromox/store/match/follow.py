"""Search folders follow the messages of their scope, in the transaction that changes them.

``Write.note`` says which messages were touched; before COMMIT the members and counters of the search folders
whose scope they lie in are put right. Where a mailbox has no search folders this is one look into an empty
set.

Spec:
    [MS-OXCFOLD] 3.2.5.4. We differ in one thing: a message that is deleted leaves static search folders too,
    as a link to it could not be shown.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.mapi import tags
from gromox.store.builtin import FolderKind
from gromox.store.errors import CorruptError, LimitError
from gromox.store.match import criteria, evaluate
from gromox.store.match.criteria import SearchFlag
from gromox.store.property.message import MessageProperties
from gromox.store.table.parts import parts_of
from gromox.store.touch import Touch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gromox.store.mailbox_file import MailboxFile, Write

#: The folder and mids that were touched, and how.
Note = tuple[int, list[int], Touch]

_BATCH: Final = 500
_ALL: Final = "SELECT folder_id, flags, status, criteria FROM search_folders ORDER BY folder_id"
_HELD: Final = (
    "SELECT mid, unread FROM search_members WHERE folder_id = ? AND mid IN (SELECT value FROM json_each(?))"
)


@dataclass(frozen=True, slots=True)
class LiveSearch:
    """A search folder as far as writers have to know it."""

    folder_id: int
    scope: frozenset[int]
    """All folders it looks into, sub-folders too."""
    follows: bool
    """Messages come and go; else they only go."""
    predicate: evaluate.Predicate
    needs: frozenset[int]


class Searches:
    """The search folders of a mailbox, as far as writers have to know them."""

    __slots__ = ("_file", "folders", "live")

    def __init__(self, file: MailboxFile) -> None:
        """Know nothing; :meth:`load` reads them."""
        self._file = file
        self.live: dict[int, LiveSearch] = {}
        self.folders: frozenset[int] = frozenset()
        """Folders that some search folder looks into; changes elsewhere need not be noted."""

    def load(self) -> None:
        """Read them; whoever makes or changes a search folder counts as changing the hierarchy."""
        rows = self._file.execute(_ALL).fetchall()
        if not rows and not self.live:
            return
        children: dict[int, list[int]] = {}
        for record in self._file.folders.values():
            if record.kind != FolderKind.SEARCH:
                children.setdefault(record.parent_id, []).append(record.folder_id)
        self.live = {}
        for row in rows:
            if row[0] in self._file.folders:
                try:
                    self.live[row[0]] = self._live(row, children)
                except (CorruptError, LimitError):
                    continue  # check finds it; nobody else must stumble over it
        self.folders = frozenset().union(*(search.scope for search in self.live.values()))

    def _live(self, row: tuple[int, int, int, bytes], children: dict[int, list[int]]) -> LiveSearch:
        folder_id, flags, stopped, octets = row
        restriction = criteria.unpacked(octets)
        scope = [each for each in criteria.scope(self._file, folder_id) if each in self._file.folders]
        if flags & SearchFlag.RECURSIVE:
            known = set(scope)
            for parent in scope:  # grows while it is gone through
                fresh = [each for each in children.get(parent, ()) if each not in known]
                known.update(fresh)
                scope += fresh
        return LiveSearch(
            folder_id,
            frozenset(scope),
            not flags & SearchFlag.STATIC and not stopped,
            evaluate.predicate(restriction),
            evaluate.needs(restriction).tags,
        )

    def rescope(self, tx: Write) -> None:
        """Take note that folders or searches were made, moved or removed by this transaction.

        Folders that came into the scope of a search are put into its backlog; the messages of those that
        left it are members no longer.
        """
        before = self.live
        self.load()
        for folder_id, search in self.live.items():
            known = before[folder_id].scope if folder_id in before else frozenset()
            came = search.scope - known if search.follows and folder_id in before else frozenset()
            if tx.file.execute(
                "DELETE FROM search_backlog WHERE folder_id = ? AND included_id = ?",
                (folder_id, criteria.WHOLE_SCOPE),
            ).rowcount:
                came = search.scope
            tx.file.executemany(
                "INSERT OR IGNORE INTO search_backlog VALUES (?, ?)",
                [(folder_id, included) for included in came],
            )
            for included in known - search.scope:
                _leave(tx, folder_id, included)
        for folder_id in before:
            if folder_id not in self.live:
                tx.file.execute("DELETE FROM search_members WHERE folder_id = ?", (folder_id,))

    def follow(self, tx: Write, notes: Iterable[Note]) -> None:
        """Put the search folders right after these changes; within the transaction."""
        changed: dict[int, dict[int, Touch]] = {}
        for folder_id, mids, touch in notes:
            if touch & Touch.REMOVED:
                _remove(tx, mids)
                continue
            of_folder = changed.setdefault(folder_id, {})
            for mid in mids:
                of_folder[mid] = of_folder.get(mid, Touch(0)) | touch
        for folder_id, touched in changed.items():
            searches = [search for search in self.live.values() if folder_id in search.scope]
            mids = list(touched)
            for at in range(0, len(mids), _BATCH):
                self._follow(tx, searches, mids[at : at + _BATCH])

    def _follow(self, tx: Write, searches: Sequence[LiveSearch], mids: Sequence[int]) -> None:
        # One reading of what all searches need.
        wanted = sorted(
            frozenset({tags.PidTagRead, tags.PidTagAssociated}).union(*(search.needs for search in searches))
        )
        rows = {
            mid: dict(zip(wanted, values, strict=True))
            for mid, values in MessageProperties(self._file, wanted).rows(mids)
        }
        rows = {mid: row for mid, row in rows.items() if not row[tags.PidTagAssociated]}
        unread = {mid: not row[tags.PidTagRead] for mid, row in rows.items()}
        for search in searches:
            hits = {mid for mid, row in rows.items() if self.holds(search, mid, row.get)}
            self._settle(tx, search, mids, hits, unread)

    def holds(self, search: LiveSearch, mid: int, getter: evaluate.Getter) -> bool:
        """Tell whether a message is one that a search looks for."""
        return search.predicate(getter, lambda tag: parts_of(self._file, mid, tag))

    def _settle(
        self, tx: Write, search: LiveSearch, mids: Sequence[int], hits: set[int], unread: dict[int, bool]
    ) -> None:
        """Make those of some messages members that are hits, no others; ``unread`` is known of all."""
        file, folder_id = tx.file, search.folder_id
        held = dict(file.execute(_HELD, (folder_id, json.dumps(list(mids)))).fetchall())
        came = [mid for mid in mids if mid in hits and mid not in held] if search.follows else []
        left = [mid for mid in held if mid not in hits] if search.follows else []
        turned = [
            mid for mid, was in held.items() if mid not in left and bool(was) != unread.get(mid, bool(was))
        ]
        if not held and not came:
            return
        file.executemany(
            "INSERT INTO search_members (folder_id, mid, unread) VALUES (?, ?, ?)",
            [(folder_id, mid, unread[mid]) for mid in came],
        )
        file.executemany(
            "DELETE FROM search_members WHERE folder_id = ? AND mid = ?", [(folder_id, mid) for mid in left]
        )
        file.executemany(
            "UPDATE search_members SET unread = ? WHERE folder_id = ? AND mid = ?",
            [(unread[mid], folder_id, mid) for mid in turned],
        )
        record = tx.folder(folder_id)
        record.total += len(came) - len(left)
        record.unread += (
            sum(unread[mid] for mid in came)
            - sum(held[mid] for mid in left)
            + sum(1 if unread[mid] else -1 for mid in turned)
        )
        record.highest_modseq = tx.cn


def _remove(tx: Write, mids: Sequence[int]) -> None:
    for at in range(0, len(mids), _BATCH):
        _drop(tx, "mid IN (SELECT value FROM json_each(?))", json.dumps(mids[at : at + _BATCH]))


def _leave(tx: Write, folder_id: int, included: int) -> None:
    _drop(
        tx,
        "folder_id = ? AND mid IN (SELECT mid FROM messages WHERE folder_id = ?)",
        folder_id,
        included,
    )


def _drop(tx: Write, condition: str, *parameters: object) -> None:
    """Remove members, and put the counters of their search folders right."""
    for folder_id, unread in tx.file.execute(
        f"DELETE FROM search_members WHERE {condition} RETURNING folder_id, unread", parameters
    ).fetchall():
        if folder_id in tx.file.folders:
            record = tx.folder(folder_id)
            record.total -= 1
            record.unread -= unread
            record.highest_modseq = tx.cn
