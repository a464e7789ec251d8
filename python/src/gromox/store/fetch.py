"""FETCH: ready octets by range scans over the narrow tables.

Rows are read in batches that end their statement before anything is yielded: a reader that pauses holds no
snapshot of the database, so it neither hinders checkpoints nor sees its cursor break when somebody rolls
back.
"""

from __future__ import annotations

from array import array
from functools import cache
from typing import TYPE_CHECKING, Final

from gromox.store.content import Content
from gromox.store.errors import MessageGoneError
from gromox.store.model import Columns, FetchRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gromox.store.emailid import EmailId
    from gromox.store.mailbox_file import MailboxFile

_BATCH: Final = 256
_DENSE: Final = 4
"""Scan over a gap if it costs at most this many rows for each wanted one."""

_FETCH: Final = Columns.SIZE | Columns.INTERNAL_DATE | Columns.ENVELOPE
_STRUCTURE: Final = (
    Columns.BODYSTRUCTURE | Columns.BODY | Columns.PARTS | Columns.MESSAGE_ID | Columns.PREVIEW
)
_MESSAGE: Final = Columns.SAVE_DATE | Columns.EMAIL
_EMAIL: Final = ("coalesce(m.email_id, m.mid)", "m.conversation_id")


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
    read.append("m.saved_at" if columns & Columns.SAVE_DATE else "0")
    read += _EMAIL if columns & Columns.EMAIL else ("0", "NULL")
    tables = "fetch_rows f"
    if columns & _MESSAGE:
        tables += " JOIN messages m ON m.mid = f.mid"
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


#: How single columns are read as octets; headers as literals.
_RUN_COLUMNS: Final[dict[Columns, str]] = {
    Columns.SIZE: "CAST(CAST(f.size AS TEXT) AS BLOB)",
    Columns.INTERNAL_DATE: "f.internal_date",
    Columns.ENVELOPE: "f.envelope",
    Columns.BODYSTRUCTURE: "s.bodystructure",
    Columns.BODY: "s.body",
    Columns.HEADER: "CAST('{' || length(h.header) || x'7d0d0a' || h.header AS BLOB)",
}
_RUN_TABLES: Final = (
    ("f", "fetch_rows f", Columns.SIZE | Columns.INTERNAL_DATE | Columns.ENVELOPE),
    ("s", "structures s", Columns.BODYSTRUCTURE | Columns.BODY),
    ("h", "headers h", Columns.HEADER),
)


@cache
def _run_select(columns: Columns) -> str:
    terms = [term for column, term in _RUN_COLUMNS.items() if columns & column]
    tables = [(name, table) for name, table, own in _RUN_TABLES if columns & own]
    first = tables[0][0]
    joins = "".join(
        f" JOIN {table} ON {name}.folder_id = {first}.folder_id AND {name}.uid = {first}.uid"
        for name, table in tables[1:]
    )
    return (
        f"SELECT {first}.uid, {', '.join(terms)} FROM {tables[0][1]}{joins}"
        f" WHERE {first}.folder_id = ? AND {first}.uid BETWEEN ? AND ?"
    )


def run(
    file: MailboxFile, folder_id: int, uids: array[int], columns: Columns
) -> Sequence[Sequence[bytes]] | None:
    """Return columns of consecutive messages; None: not all messages are there, or not densely.

    Hot: whole columns cost 0.4 us a message, a FetchRow and its format 3 us.

    Args:
        file: the mailbox.
        folder_id: the folder.
        uids: consecutive messages of a view, ascending; expunged ones between them are passed over.
        columns: at least one of SIZE, INTERNAL_DATE, ENVELOPE, BODYSTRUCTURE, BODY and HEADER (as a literal),
            which come in this order.
    """
    return _exactly(file, _run_select(columns), folder_id, uids)


_NUMBERED_SIZES: Final = (
    "SELECT count(*), CAST(group_concat((uid + ?1) || ' ' || size || char(13, 10), '') AS BLOB)"
    " FROM (SELECT uid, size FROM fetch_rows WHERE folder_id = ?2 AND uid BETWEEN ?3 AND ?4 ORDER BY uid)"
)


def numbered_sizes(file: MailboxFile, folder_id: int, uids: array[int], number: int) -> bytes | None:
    """Return lines with numbers, from ``number`` on, and sizes of messages whose UIDs have no gaps.

    Hot: 1.0 us a message; taken into Python as rows and written there, twice as much.

    None: there are gaps, or some were purged.
    """
    first, last, count = uids[0], uids[-1], len(uids)
    if last - first + 1 != count:
        return None
    found, lines = file.execute(_NUMBERED_SIZES, (number - first, folder_id, first, last)).fetchone()
    return lines if found == count else None


_INLINE: Final = (
    "SELECT f.uid, c.data FROM fetch_rows f JOIN contents c ON c.content_id = f.content_id"
    " WHERE f.folder_id = ? AND f.uid BETWEEN ? AND ?"
)


def inline_contents(file: MailboxFile, folder_id: int, uids: array[int]) -> Sequence[bytes] | None:
    """Return the octets of consecutive messages; None: not all are there, or some stand in files."""
    columns = _exactly(file, _INLINE, folder_id, uids)
    return None if columns is None or None in columns[0] else columns[0]


def _exactly(
    file: MailboxFile, select: str, folder_id: int, uids: array[int]
) -> Sequence[Sequence[bytes]] | None:
    """Return the columns after the first, which is the UID, for exactly these messages, or None."""
    first, last, count = uids[0], uids[-1], len(uids)
    if last - first >= _DENSE * count:
        return None
    rows = file.execute(select, (folder_id, first, last)).fetchall()
    if len(rows) > count:
        wanted = set(uids)
        rows = [row for row in rows if row[0] in wanted]
    if len(rows) != count:
        return None
    found, *columns = zip(*rows, strict=True)
    return columns if array("I", found) == uids else None


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


_BY_EMAIL: Final = (
    "SELECT uid FROM messages WHERE folder_id = ? AND uid IS NOT NULL"
    " AND (email_id = ? OR (mid = ? AND email_id IS NULL))"
)


def uids_of_email(file: MailboxFile, folder_id: int, email_id: EmailId, *, lone: bool) -> list[int]:
    """Return the UIDs of messages with the same content; ``lone``: only where they have no conversation."""
    statement = _BY_EMAIL + " AND conversation_id IS NULL" if lone else _BY_EMAIL
    return [uid for (uid,) in file.execute(statement, (folder_id, email_id, email_id)).fetchall()]


def uids_of_conversation(file: MailboxFile, folder_id: int, conversation: bytes) -> list[int]:
    """Return the UIDs of the messages of a conversation in a folder."""
    statement = (
        "SELECT uid FROM messages INDEXED BY messages_by_conversation"
        " WHERE conversation_id = ? AND folder_id = ? AND uid IS NOT NULL"
    )
    return [uid for (uid,) in file.execute(statement, (conversation, folder_id)).fetchall()]
