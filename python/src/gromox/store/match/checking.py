"""Are search folders right: their members, their counters, their scopes?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.mapi import tags
from gromox.store.errors import CorruptError
from gromox.store.match import criteria
from gromox.store.model import Problem
from gromox.store.property.message import MessageProperties

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.store.mailbox_file import MailboxFile, Write
    from gromox.store.match.follow import LiveSearch

_ORPHANS: Final = (
    "FROM search_members WHERE folder_id NOT IN (SELECT folder_id FROM search_folders)"
    " OR mid NOT IN (SELECT mid FROM messages WHERE state = 0)"
)


def sums(file: MailboxFile, folder_id: int) -> dict[str, int]:
    """Return the counters of a search folder as its members say."""
    row = file.execute(
        "SELECT count(*), coalesce(sum(unread), 0) FROM search_members WHERE folder_id = ?", (folder_id,)
    ).fetchone()
    return {"total": int(row[0]), "unread": int(row[1])}


def find(file: MailboxFile) -> Iterator[Problem]:
    """Go through all findings; within a transaction."""
    (count,) = file.execute(f"SELECT count(*) {_ORPHANS}").fetchone()
    if count:
        yield Problem("search-orphan", f"{count} members of search folders are no live messages")
    for folder_id, octets in file.execute("SELECT folder_id, criteria FROM search_folders").fetchall():
        try:
            criteria.unpacked(octets)
        except CorruptError:
            yield Problem("search-criteria", f"search folder {folder_id:#x}: its criteria are damaged")
            return
    file.searches.load()
    for search in file.searches.live.values():
        if search.follows and not _is_behind(file, search.folder_id):
            wrong = len(_wrong(file, search))
            if wrong:
                yield Problem(
                    "search-members",
                    f"search folder {search.folder_id:#x}: {wrong} messages are members and should not be,"
                    " or the other way round",
                )


def _is_behind(file: MailboxFile, folder_id: int) -> bool:
    found = file.execute("SELECT 1 FROM search_backlog WHERE folder_id = ? LIMIT 1", (folder_id,))
    return found.fetchone() is not None


def _wrong(file: MailboxFile, search: LiveSearch) -> set[tuple[int, bool]]:
    """Return members that should not be as they are, and messages that are no members and should be."""
    wanted = sorted(search.needs | {tags.PidTagRead})
    expected: set[tuple[int, bool]] = set()
    for included in search.scope:
        mids = [
            mid
            for (mid,) in file.execute(
                "SELECT mid FROM messages WHERE folder_id = ? AND state = 0 AND associated = 0", (included,)
            ).fetchall()
        ]
        for mid, values in MessageProperties(file, wanted).rows(mids):
            row = dict(zip(wanted, values, strict=True))
            if file.searches.holds(search, mid, row.get):
                expected.add((mid, not row[tags.PidTagRead]))
    held = {
        (mid, bool(unread))
        for mid, unread in file.execute(
            "SELECT mid, unread FROM search_members WHERE folder_id = ?", (search.folder_id,)
        ).fetchall()
    }
    return held ^ expected


def repair(tx: Write) -> None:
    """Drop what is wrong, and look for the rest anew; counters are the caller's business."""
    file = tx.file
    file.execute(f"DELETE {_ORPHANS}")
    for folder_id, octets in file.execute("SELECT folder_id, criteria FROM search_folders").fetchall():
        try:
            criteria.unpacked(octets)
        except CorruptError:
            file.execute("DELETE FROM search_folders WHERE folder_id = ?", (folder_id,))
            file.execute("DELETE FROM search_members WHERE folder_id = ?", (folder_id,))
    file.searches.load()
    for search in list(file.searches.live.values()):
        if search.follows and not _is_behind(file, search.folder_id) and _wrong(file, search):
            file.execute("DELETE FROM search_members WHERE folder_id = ?", (search.folder_id,))
            file.executemany(
                "INSERT OR IGNORE INTO search_backlog VALUES (?, ?)",
                [(search.folder_id, included) for included in search.scope],
            )
