"""One consistent look at a mailbox, and the range scans that all enumerations are made of."""

from __future__ import annotations

import json
from array import array
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.mapi.rangeset import RangeSet
from gromox.store.tombstone import Gone, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gromox.store.mailbox_file import MailboxFile
    from gromox.store.view import FolderView

_CHANGED: Final = (
    "SELECT mid, cn, coalesce(birth_cn, cn), associated, size, received_time, modified_time FROM messages"
    " WHERE folder_id = ? AND cn BETWEEN ? AND ? AND state = 0 ORDER BY cn"
)
_LIVE: Final = "SELECT mid FROM messages WHERE folder_id = ? AND state = 0 AND associated = ?"
_GONE: Final = "SELECT object, kind, ids FROM tombstones WHERE folder_id = ? AND cn > ? ORDER BY cn"
_BY_UID: Final = (
    "SELECT f.uid, f.mid FROM json_each(?) j CROSS JOIN fetch_rows f ON f.folder_id = ? AND f.uid = j.value"
)
_BATCH: Final = 1000


class Changed(NamedTuple):
    """A message whose content has a change number that was asked for."""

    mid: int
    cn: int
    birth_cn: int
    associated: int
    size: int
    received_time: int
    modified_time: int


@contextmanager
def snapshot(file: MailboxFile) -> Iterator[None]:
    """Read everything inside as of one moment."""
    file.refresh()
    if file.connection.in_transaction:
        yield
        return
    file.execute("BEGIN")
    try:
        file.look()
        yield
    finally:
        file.execute("COMMIT")


def promised(file: MailboxFile) -> int:
    """Return the newest change number, which a client is about to be told.

    It has to be durable before the answer leaves: a number that a power loss took back would be given out
    again, and the client would take that change for one it knows.
    """
    file.saw(file.change_number)
    return file.change_number


def changed(file: MailboxFile, folder_id: int, ranges: Iterable[tuple[int, int]]) -> list[Changed]:
    """Return the live messages whose content cn lies in one of the ranges, ascending by cn."""
    return [
        Changed(*row)
        for low, high in ranges
        for row in file.execute(_CHANGED, (folder_id, low, high)).fetchall()
    ]


def live(file: MailboxFile, folder_id: int, *, associated: bool) -> RangeSet:
    """Return all live messages of a folder: a scan of its index."""
    return RangeSet([(mid, mid) for (mid,) in file.execute(_LIVE, (folder_id, int(associated))).fetchall()])


def floor(file: MailboxFile) -> int:
    """Return the change number up to which departures are forgotten."""
    return int(file.execute("SELECT tombstone_floor FROM counters").fetchone()[0])


def gone(file: MailboxFile, folder_id: int, since: int) -> list[tuple[Gone, Kind, array[int]]] | None:
    """Return what left a folder after a change number, oldest first; None: that is forgotten."""
    if since < floor(file):
        return None
    found = []
    for kind, how, octets in file.execute(_GONE, (folder_id, since)).fetchall():
        ids: array[int] = array("Q")
        ids.frombytes(octets)
        found.append((Gone(kind), Kind(how), ids))
    return found


def flagged_since(view: FolderView, known: RangeSet) -> list[tuple[int, int, bool]]:
    r"""Return (uid, modseq, has \Seen) of messages whose modseq is not in ``known``, ascending by uid."""
    base = next((high for low, high in known.ranges() if low <= 1), 0)
    simple = known.range_count <= (1 if base else 0)
    found: list[tuple[int, int, bool]] = []
    for block in view.blocks:
        if block.max_modseq <= base:
            continue
        for index, modseq in enumerate(block.modseq_list()):
            if modseq > base and (simple or modseq not in known):
                found.append((block.uids[index], modseq, bool(block.flags[index] & 8)))
    return found


def mids_of(file: MailboxFile, folder_id: int, uids: Sequence[int]) -> dict[int, int]:
    """Return the message of each UID that is there."""
    found: dict[int, int] = {}
    for at in range(0, len(uids), _BATCH):
        packed = json.dumps(list(uids[at : at + _BATCH]))
        found.update(file.execute(_BY_UID, (packed, folder_id)).fetchall())
    return found
