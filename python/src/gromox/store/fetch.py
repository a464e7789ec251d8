"""FETCH: ready octets by range scans over the narrow tables.

Rows are read in batches that end their statement before anything is yielded: a reader that pauses holds no
snapshot of the database, so it neither hinders checkpoints nor sees its cursor break when somebody rolls
back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.store.content import Content
from gromox.store.errors import MessageGoneError
from gromox.store.model import Columns, FetchRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gromox.store.mailbox_file import MailboxFile

_BATCH: Final = 256
_DENSE: Final = 4
"""Scan over a gap if it costs at most this many rows for each wanted one."""

_FETCH: Final = Columns.SIZE | Columns.INTERNAL_DATE | Columns.ENVELOPE
_STRUCTURE: Final = (
    Columns.BODYSTRUCTURE | Columns.BODY | Columns.PARTS | Columns.MESSAGE_ID | Columns.PREVIEW
)


def _columns(columns: Columns) -> str:
    """Return the SELECT of one set of columns.

    The order is that of FetchRow, unread columns are constants.
    """
    read = ["f.uid", "f.mid", "f.size", "f.internal_date"]
    read.append("f.envelope" if columns & Columns.ENVELOPE else "x''")
    read.append("s.bodystructure" if columns & Columns.BODYSTRUCTURE else "x''")
    read.append("s.body" if columns & Columns.BODY else "x''")
    read.append("s.parts" if columns & Columns.PARTS else "x''")
    read.append("s.message_id" if columns & Columns.MESSAGE_ID else "x''")
    read.append("s.preview" if columns & Columns.PREVIEW else "''")
    read.append("h.header" if columns & Columns.HEADER else "x''")
    tables = "fetch_rows f"
    if columns & _STRUCTURE:
        tables += " JOIN structures s ON s.folder_id = f.folder_id AND s.uid = f.uid"
    if columns & Columns.HEADER:
        tables += " JOIN headers h ON h.folder_id = f.folder_id AND h.uid = f.uid"
    return f"SELECT {', '.join(read)} FROM {tables} WHERE f.folder_id = ?"


_selects: Final[dict[int, str]] = {}


def _select(columns: Columns) -> str:
    text = _selects.get(int(columns))
    if text is None:
        text = _selects[int(columns)] = _columns(columns)
    return text


def fetch(file: MailboxFile, folder_id: int, uids: Sequence[int], columns: Columns) -> Iterator[FetchRow]:
    """Go through the rows of messages in ascending UID order; ``uids`` must ascend."""
    select = _select(columns)
    scan = f"{select} AND f.uid BETWEEN ? AND ?"
    point = f"{select} AND f.uid = ?"
    make = FetchRow._make
    at, count = 0, len(uids)
    while at < count:
        stop = min(at + _BATCH, count)
        first, last = uids[at], uids[stop - 1]
        if last - first + 1 == stop - at:
            yield from map(make, file.execute(scan, (folder_id, first, last)).fetchall())
        elif last - first + 1 <= _DENSE * (stop - at):
            wanted = set(uids[at:stop])
            rows = file.execute(scan, (folder_id, first, last)).fetchall()
            yield from [make(row) for row in rows if row[0] in wanted]
        else:
            for uid in uids[at:stop]:
                row = file.execute(point, (folder_id, uid)).fetchone()
                if row is not None:
                    yield make(row)
        at = stop


_CONTENT: Final = (
    "SELECT c.size, c.storage, c.hash, c.data FROM fetch_rows f"
    " JOIN contents c ON c.content_id = f.content_id WHERE f.folder_id = ? AND f.uid = ?"
)


def content(file: MailboxFile, folder_id: int, uid: int) -> Content:
    """Return the octets of one message. Raises MessageGoneError."""
    row = file.execute(_CONTENT, (folder_id, uid)).fetchone()
    if row is None:
        raise MessageGoneError("the message was purged meanwhile")
    return Content(file.path / "cid", *row)
