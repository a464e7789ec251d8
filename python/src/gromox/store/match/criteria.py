"""What a search folder looks for, and where.

Spec: [MS-OXCFOLD] 2.2.1.4, 2.2.1.5, 3.2.5.4, 3.2.5.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, Writer
from gromox.mapi.restrictioncodec import pack_restriction, unpack_restriction
from gromox.store.builtin import FolderKind
from gromox.store.errors import CorruptError, InvalidValueError, LimitError
from gromox.store.match import evaluate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.mapi.restriction import Restriction
    from gromox.store.mailbox_file import MailboxFile, Write

MAX_SCOPE: Final = 1000
"""Folders that a search folder names."""
MAX_CRITERIA: Final = 256 << 10
"""Octets of a restriction that is kept."""
MAX_SEARCHES: Final = 500
"""Search folders of a mailbox that look for something."""

WHOLE_SCOPE: Final = 0
"""Stands in the backlog of a search that begins anew."""


class SearchFlag(IntFlag):
    """How to search, [MS-OXCFOLD] 2.2.1.4.1."""

    STOP = 0x0000_0001
    RESTART = 0x0000_0002
    RECURSIVE = 0x0000_0004
    SHALLOW = 0x0000_0008
    FOREGROUND = 0x0000_0010
    BACKGROUND = 0x0000_0020
    CONTENT_INDEXED = 0x0001_0000
    NON_CONTENT_INDEXED = 0x0002_0000
    STATIC = 0x0004_0000


class SearchStatus(IntFlag):
    """How far a search is, [MS-OXCFOLD] 2.2.1.5.2."""

    RUNNING = 0x0000_0001
    REBUILD = 0x0000_0002
    RECURSIVE = 0x0000_0004
    FOREGROUND = 0x0000_0008
    COMPLETE = 0x0000_1000
    PARTIAL = 0x0000_2000
    STATIC = 0x0001_0000
    MAYBE_STATIC = 0x0002_0000
    CI_TOTALLY = 0x0100_0000
    TWIR_TOTALLY = 0x0800_0000


_PAIRS: Final = (
    (SearchFlag.STOP, SearchFlag.RESTART),
    (SearchFlag.RECURSIVE, SearchFlag.SHALLOW),
    (SearchFlag.FOREGROUND, SearchFlag.BACKGROUND),
    (SearchFlag.CONTENT_INDEXED, SearchFlag.NON_CONTENT_INDEXED),
)


@dataclass(frozen=True, slots=True)
class SearchCriteria:
    """What a search folder looks for, and how far it is."""

    restriction: Restriction
    folder_ids: tuple[int, ...]
    status: int
    """SearchStatus"""


def checked_flags(flags: int) -> SearchFlag:
    """Return flags that go together. Raises InvalidValueError."""
    known = SearchFlag(0)
    for flag in SearchFlag:
        known |= flag
    if flags & ~int(known):
        raise InvalidValueError("unknown flags of a search")
    for first, second in _PAIRS:
        if flags & first and flags & second:
            raise InvalidValueError("two of the flags of a search exclude each other")
    return SearchFlag(flags)


def read(file: MailboxFile, folder_id: int) -> SearchCriteria | None:
    """Return what a search folder looks for; None: nothing yet."""
    row = file.execute(
        "SELECT flags, status, criteria FROM search_folders WHERE folder_id = ?", (folder_id,)
    ).fetchone()
    if row is None:
        return None
    flags, stopped, octets = row
    is_behind = file.execute(
        "SELECT 1 FROM search_backlog WHERE folder_id = ? LIMIT 1", (folder_id,)
    ).fetchone()
    status = SearchStatus.TWIR_TOTALLY
    if flags & SearchFlag.RECURSIVE:
        status |= SearchStatus.RECURSIVE
    if flags & SearchFlag.FOREGROUND:
        status |= SearchStatus.FOREGROUND
    if flags & SearchFlag.STATIC:
        status |= SearchStatus.STATIC
    if is_behind:
        status |= SearchStatus.RUNNING | SearchStatus.REBUILD
    elif not stopped:
        status |= SearchStatus.COMPLETE
    return SearchCriteria(unpacked(octets), scope(file, folder_id), int(status))


def scope(file: MailboxFile, folder_id: int) -> tuple[int, ...]:
    """Return the folders that a search folder names."""
    rows = file.execute(
        "SELECT included_id FROM search_scopes WHERE folder_id = ? ORDER BY included_id", (folder_id,)
    )
    return tuple([included for (included,) in rows.fetchall()])


def unpacked(octets: bytes) -> Restriction:
    """Return a kept restriction. Raises CorruptError."""
    r = Reader(octets)
    try:
        restriction = unpack_restriction(r, wide=True)
        r.end()
    except ParseError as error:
        raise CorruptError("the criteria of a search folder are damaged") from error
    return restriction


def packed(restriction: Restriction) -> bytes:
    """Return a restriction as it is kept. Raises InvalidValueError, LimitError."""
    evaluate.predicate(restriction)
    w = Writer()
    try:
        pack_restriction(w, restriction, wide=True)
    except ValueError as error:
        raise InvalidValueError(str(error)) from error
    octets = w.octets()
    if len(octets) > MAX_CRITERIA:
        raise LimitError(f"criteria of a search folder have at most {MAX_CRITERIA} octets")
    return octets


def write(
    tx: Write, folder_id: int, restriction: Restriction | None, folder_ids: Sequence[int], flags: SearchFlag
) -> None:
    """Set what a search folder looks for, and begin (or stop) to look for it.

    Args:
        tx: the transaction.
        folder_id: the search folder.
        restriction: the condition; None: that of the last time.
        folder_ids: where to look; empty: where it was looked the last time.
        flags: how.

    Raises:
        InvalidValueError: it is no search folder, or one of the others is, or it is the first time and
            nothing was said.
        FolderGoneError: a folder is not there.
        LimitError: too much.
    """
    file = tx.file
    record = tx.folder(folder_id)
    if record.kind != FolderKind.SEARCH or file.is_public:
        raise InvalidValueError("the folder is no search folder")
    known = file.execute(
        "SELECT flags, criteria FROM search_folders WHERE folder_id = ?", (folder_id,)
    ).fetchone()
    if flags & SearchFlag.STOP:
        if known is not None:
            _stop(tx, folder_id)
        return
    criteria = known[1] if restriction is None and known is not None else None
    if restriction is not None:
        criteria = packed(restriction)
    included = tuple(dict.fromkeys(folder_ids)) or scope(file, folder_id)
    if criteria is None or not included:
        raise InvalidValueError("the first search says what to look for, and where")
    _check_scope(file, included)
    if known is None:
        (count,) = file.execute("SELECT count(*) FROM search_folders").fetchone()
        if count >= MAX_SEARCHES:
            raise LimitError(f"a mailbox has at most {MAX_SEARCHES} searches")
    clear(tx, folder_id)
    file.execute("DELETE FROM search_folders WHERE folder_id = ?", (folder_id,))
    file.execute("INSERT INTO search_folders VALUES (?, ?, 0, ?)", (folder_id, int(flags), criteria))
    file.executemany(
        "INSERT INTO search_scopes VALUES (?, ?)", [(folder_id, included_id) for included_id in included]
    )
    # Which folders that are is found when the transaction ends (follow.py).
    file.execute("INSERT INTO search_backlog VALUES (?, ?)", (folder_id, WHOLE_SCOPE))
    record.highest_modseq = tx.cn
    # Other processes have to learn of it before they change messages.
    tx.hierarchy_changed = True


def _check_scope(file: MailboxFile, folder_ids: Sequence[int]) -> None:
    if len(folder_ids) > MAX_SCOPE:
        raise LimitError(f"a search folder looks into at most {MAX_SCOPE} folders by name")
    for included in folder_ids:
        if file.record(included).kind == FolderKind.SEARCH:
            raise InvalidValueError("a search folder looks into folders that hold messages")


def _stop(tx: Write, folder_id: int) -> None:
    """End a search that is being made; one that is complete goes on to follow ([MS-OXCFOLD] 3.2.5.4)."""
    gone = tx.file.execute("DELETE FROM search_backlog WHERE folder_id = ?", (folder_id,)).rowcount
    if gone:
        tx.file.execute("UPDATE search_folders SET status = 1 WHERE folder_id = ?", (folder_id,))
        tx.folder(folder_id).highest_modseq = tx.cn
        tx.hierarchy_changed = True


def clear(tx: Write, folder_id: int) -> None:
    """Empty a search folder."""
    record = tx.folder(folder_id)
    tx.file.execute("DELETE FROM search_members WHERE folder_id = ?", (folder_id,))
    record.total = record.unread = 0
    record.highest_modseq = tx.cn
