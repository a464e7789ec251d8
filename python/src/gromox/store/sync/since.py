"""Changes since a number, for protocols that keep just one: IMAP, EWS, EAS, DAV, JMAP; and notifications."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.mapi.rangeset import RangeSet
from gromox.store import block_table
from gromox.store.sync import reading
from gromox.store.sync.folders import below_of
from gromox.store.tombstone import Gone

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable

    from gromox.store.mailbox_file import MailboxFile
    from gromox.store.tombstone import Kind

MAX_CHANGES: Final = 100_000
"""Of one call."""
_FOLDERS_GONE: Final = "SELECT kind, ids FROM tombstones WHERE cn > ? AND object = 2 ORDER BY cn"


@dataclass(frozen=True, slots=True)
class Removed:
    """A message or folder that left."""

    object_id: int
    kind: int
    """tombstone.Kind: softly deleted, deleted for good, moved away."""
    associated: bool = False


class Rest(NamedTuple):
    """Where the next part of many changes begins."""

    after: int
    """The last change number of contents that was told."""
    anchor: int
    """Up to which change number flags and departures were told."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened in a folder after a change number, each message once."""

    created: tuple[int, ...]
    """Messages that came, in the order in which they did."""
    changed: tuple[int, ...]
    """Messages whose content is another one."""
    flagged: tuple[int, ...]
    """Messages of which only flags, keywords or the read state changed."""
    removed: tuple[Removed, ...]
    cn: int
    """What the caller knows once it has all parts: where to begin the next time."""
    rest: Rest | None
    """There is more: call again with the same number and this; None: that was all."""
    reset: bool
    """The number is older than what is remembered: ``created`` of this and of the following parts lists
    everything that is there, and what it does not list is gone."""


@dataclass(frozen=True, slots=True)
class FolderChanges:
    """What happened to the folders of a mailbox after a change number."""

    created: tuple[int, ...]
    changed: tuple[int, ...]
    removed: tuple[int, ...]
    cn: int
    reset: bool
    """As in :class:`Changes`."""


def changes(
    file: MailboxFile,
    folder_id: int,
    since: int,
    limit: int,
    *,
    rest: Rest | None = None,
    username: str = "",
) -> Changes:
    """Return what happened in a folder after ``since``, at most about ``limit`` messages of it.

    Args:
        file: the mailbox.
        folder_id: the folder.
        since: a number that an earlier call returned; 0: everything that is there is new.
        limit: messages after which the rest is left to the next call.
        rest: that of the part before this one; None: this is the first.
        username: whose read states count in a public store.

    Raises:
        FolderGoneError: the folder is not there.
    """
    with reading.snapshot(file):
        record = file.record(folder_id)
        newest = reading.promised(file)
        told_until = since if rest is None else rest.anchor
        tombs = reading.gone(file, folder_id, told_until) if told_until else []
        reset = told_until > newest or tombs is None
        # What was born after this is new to the caller; contents are told after `after`.
        start = 0 if reset else since
        after = start if reset or rest is None else rest.after
        rows = reading.changed(file, folder_id, [(after + 1, newest)]) if newest > after else []
        following = None
        if len(rows) > limit:
            rows = rows[:limit]
            following = Rest(rows[-1].cn, newest)
        created = [row.mid for row in rows if row.birth_cn > start]
        changed = [row.mid for row in rows if row.birth_cn <= start]
        told = {row.mid for row in rows}
        flagged: list[int] = []
        # Read states of a public store are no flags: its folders do not count them.
        if told_until and not reset and (file.is_public or record.highest_modseq > told_until):
            flagged = [mid for mid in _flagged(file, folder_id, told_until, username) if mid not in told]
        removed = [] if reset else _removed(tombs or [], set(created))
        return Changes(
            tuple(created), tuple(changed), tuple(flagged), tuple(removed), newest, following, reset
        )


def _flagged(file: MailboxFile, folder_id: int, since: int, username: str) -> list[int]:
    if file.is_public and username:
        rows = file.execute(_READ, (folder_id, username.casefold(), since)).fetchall()
        return [mid for (mid,) in rows]
    known = RangeSet([(1, since)])
    flagged = reading.flagged_since(block_table.current_view(file, folder_id), known)
    mids = reading.mids_of(file, folder_id, [uid for uid, _, _ in flagged])
    return [mids[uid] for uid, _, _ in flagged if uid in mids]


_READ: Final = (
    "SELECT r.mid FROM read_states r JOIN messages m ON m.mid = r.mid"
    " WHERE m.folder_id = ? AND r.username = ? AND r.read_cn > ? AND m.state = 0 ORDER BY r.read_cn"
)


def _removed(tombs: list[tuple[Gone, Kind, array[int]]], created: set[int]) -> list[Removed]:
    found: dict[int, Removed] = {}
    for kind, how, ids in tombs:
        if kind is not Gone.FOLDER:
            for mid in ids:
                found[mid] = Removed(mid, int(how), kind is Gone.ASSOCIATED)
    # One that was restored is there again.
    return [each for each in found.values() if each.object_id not in created]


def folder_changes(
    file: MailboxFile, root_id: int, since: int, *, visible: Callable[[int], bool]
) -> FolderChanges:
    """Return what happened to the folders below one after ``since``; 0: all that are there are new.

    Raises:
        FolderGoneError: the root is not there.
    """
    with reading.snapshot(file):
        file.record(root_id)
        newest = reading.promised(file)
        reset = since > newest or bool(since and since < reading.floor(file))
        start = 0 if reset else since
        below = [each for each in below_of(file, root_id) if visible(each.folder_id)]
        births = dict(
            file.execute("SELECT folder_id, coalesce(birth_cn, cn) FROM folders WHERE cn > ?", (start,))
        )
        created = [each.folder_id for each in below if births.get(each.folder_id, 0) > start]
        known = set(created)
        changed = [each.folder_id for each in below if each.cn > start and each.folder_id not in known]
        there = {each.folder_id for each in below}
        removed = (
            [] if reset or not since else [each for each in _gone_folders(file, since) if each not in there]
        )
        return FolderChanges(tuple(created), tuple(changed), tuple(removed), newest, reset)


def _gone_folders(file: MailboxFile, since: int) -> list[int]:
    found: dict[int, None] = {}
    for _, octets in file.execute(_FOLDERS_GONE, (since,)).fetchall():
        found.update(dict.fromkeys(memoryview(octets).cast("Q").tolist()))
    return list(found)
