"""Mails that APPEND has kept and nobody has read yet: scanned when somebody wants to know what is in them.

Scanning a mail and writing what it says (structure, header, columns of lists, texts to search) is two thirds
of the work of an APPEND, and its client waits for none of it. So APPEND writes the octets, the flags, and a
row of messages whose state is 2; whoever wants more scans the mail first, and gromox-midb does it
when nobody writes (decision 0053).

What has to hold:

* IMAP sees such a mail at once: it stands in the flag blocks, in the counters of its folder, and in
  ``fetch_rows`` with size and date. All else that reads contents sees it when it is scanned: a row with
  another state than 0 is in none of their lists, and scanning gives it a change number that nobody knows yet.
* :meth:`MailboxFile.refresh` and :class:`Write` scan before anything is read or changed, unless they are
  told that it does not matter; what IMAP reads of a folder goes through :func:`scan_all` with that folder.
* Scanning is never acknowledged, so it is not durable by itself: what is lost is scanned again.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.log import get_logger
from gromox.store import append
from gromox.store.errors import StoreError
from gromox.store.extract import extract
from gromox.store.touch import Touch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gromox.store.append import Narrow
    from gromox.store.mailbox_file import MailboxFile, Write

BATCH: Final = 16
"""Mails a transaction: some 10 ms."""
MOST: Final = 4096
"""Mails of a mailbox that may wait; further ones are scanned as they come."""
AT_ONCE: Final = 64
"""Mails that are scanned as they come after somebody had to wait: who asks for them once asks again."""
_NO_FAULT_OF_MAILS: Final = (sqlite3.DatabaseError, OSError, StoreError, MemoryError)
_log = get_logger(__name__)
_ROWS: Final = (
    "SELECT m.folder_id, m.uid, m.mid, m.content_id, m.internal_date, m.internal_zone, m.size, c.data"
    " FROM messages m INDEXED BY messages_unscanned LEFT JOIN contents c USING (content_id)"
    " WHERE m.state = 2{} ORDER BY m.folder_id, m.uid LIMIT ?"
)
_ANYWHERE: Final = _ROWS.format("")
_IN_FOLDER: Final = _ROWS.format(" AND m.folder_id = ?")
_PICKED: Final = _ROWS.format(" AND m.mid IN (SELECT mid FROM temp.picked)")

_Row = tuple[int, int, int, int, int, int, int, bytes | None]
"""Folder, UID, message, content, internal date and its zone, size, octets."""


class _Scan(NamedTuple):
    """A mail, and what was read in it."""

    row: _Row
    found: Narrow


def may_wait(file: MailboxFile) -> bool:
    """Tell whether a mail that comes now may be scanned later."""
    if file.scan_at_once:
        file.scan_at_once -= 1
        return False
    return not file.is_public and file.unscanned < MOST


def scan_all(file: MailboxFile, folder_id: int | None = None) -> None:
    """Scan the mails of a folder, or of the mailbox, for somebody who waits for it."""
    for _ in scan_steps(file, folder_id):
        pass


def scan_steps(file: MailboxFile, folder_id: int | None = None) -> Iterator[None]:
    """Do so in steps of some 10 ms. Within a transaction nothing is done: it has scanned, or cannot write.

    Mails that come meanwhile, of which the caller does not know, are not waited for.
    """
    left = file.unscanned
    while left > 0 and not file.connection.in_transaction and (count := scan_some(file, folder_id)):
        left -= count
        file.scan_at_once = AT_ONCE
        yield


def scan_some(file: MailboxFile, folder_id: int | None = None) -> int:
    """Scan a few mails in a transaction of their own; returns how many there were."""
    scans = [_scanned(file, row) for row in _waiting(file, folder_id)]
    if scans:
        with file.write(durable=False, quiet=True, scanned=False) as tx:
            _keep(tx, scans)
    return len(scans)


def scan_within(tx: Write) -> None:
    """Scan, as part of a transaction, what came since the last look: nobody else can write now."""
    while rows := _waiting(tx.file, None):
        _keep(tx, [_scanned(tx.file, row) for row in rows])
    tx.file.unscanned = 0


def scan_picked(tx: Write, *, stays: bool) -> None:
    """Scan those messages of the table ``picked`` that were not; ``stays``: they stay where they are."""
    while rows := tx.file.execute(_PICKED, (BATCH,)).fetchall():
        _keep(tx, [_scanned(tx.file, row) for row in rows], stays=stays)


def _waiting(file: MailboxFile, folder_id: int | None) -> list[_Row]:
    if folder_id is None:
        return file.execute(_ANYWHERE, (BATCH,)).fetchall()
    return file.execute(_IN_FOLDER, (folder_id, BATCH)).fetchall()


def _scanned(file: MailboxFile, row: _Row) -> _Scan:
    mid, octets = row[2], row[7]
    if octets is None:
        _log.error("mail without content", mailbox=file.path, message=mid)
        return _Scan(row, _blank(row))
    folder_id, uid, _, content_id, date, zone, size, _ = row
    try:
        found = extract(octets, date, zone, None)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - APPEND has acknowledged it
        return _Scan(row, _unreadable(file, row, error))
    return _Scan(row, (folder_id, uid, mid, content_id, found._replace(size=size)))


def _blank(row: _Row) -> Narrow:
    """Return what is kept of a mail in which nothing can be read."""
    folder_id, uid, mid, content_id, date, zone, size, _ = row
    return folder_id, uid, mid, content_id, extract(b"", date, zone, None)._replace(size=size)


def _unreadable(file: MailboxFile, row: _Row, error: Exception) -> Narrow:
    _log.error("mail cannot be listed", mailbox=file.path, message=row[2], reason=error)
    return _blank(row)


def _keep(tx: Write, scans: Sequence[_Scan], *, stays: bool = True) -> None:
    """Write what was read of mails that are still waiting."""
    fresh = _complete(tx, scans)
    for folder_id in dict.fromkeys([each[0] for each in fresh]):
        if folder_id in tx.file.folders:
            tx.folder(folder_id)  # its contents changed, as others look at it
        if stays:
            tx.note(folder_id, [each[2] for each in fresh if each[0] == folder_id], Touch.CREATED)


def _complete(tx: Write, scans: Sequence[_Scan]) -> list[Narrow]:
    """Write the rows; a mail of which something cannot be kept keeps nobody from the others."""
    file = tx.file
    known = file.unscanned
    file.execute("SAVEPOINT scans")
    try:
        fresh = append.complete(tx, [scan.found for scan in scans])
    except _NO_FAULT_OF_MAILS:
        raise  # all of the transaction is undone
    except Exception as error:  # noqa: BLE001 - one of them is at fault
        file.execute("ROLLBACK TO scans")
        file.unscanned = known
        if len(scans) > 1:
            fresh = [each for scan in scans for each in _complete(tx, [scan])]
        else:
            fresh = append.complete(tx, [_unreadable(file, scans[0].row, error)])
    file.execute("RELEASE scans")
    return fresh
