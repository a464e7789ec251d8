"""New mails, as APPEND and delivery add them.

Everything that takes time (scanning, hashing, writing large contents) happens before the transaction begins.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

from gromox.base.value import value
from gromox.store import block_table, content, database, expunge, picking, quota
from gromox.store.content import Storage
from gromox.store.errors import (
    BusyError,
    CorruptError,
    FolderGoneError,
    LimitError,
    MessageGoneError,
    NoSpaceError,
    QuotaError,
    StoreError,
)
from gromox.store.extract import Extract, Unscanned, extract, filetime, unscanned
from gromox.store.model import Appended
from gromox.store.touch import Touch
from gromox.store.uidset import MAX_UID, UidSet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gromox.store.content import StagedContent
    from gromox.store.mailbox_file import MailboxFile, Write
    from gromox.store.model import NewMail

_OWN: Final = (
    "mid, folder_id, uid, cn, size, internal_date, internal_zone, received_time, created_time, modified_time,"
    " saved_at, content_id"
)
_OF_CONTENT: Final = (
    "sent_time, has_attachment, importance, message_id_hash, subject, normalized_subject, sender_name,"
    " sender_address, display_to, display_cc, display_bcc, message_class, conversation_id, message_flags,"
    " properties"
)
_MESSAGE: Final = (
    f"INSERT INTO messages (arrived, {_OWN}, {_OF_CONTENT})"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_UNSCANNED: Final = f"INSERT INTO messages (state, {_OWN}) VALUES (2, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_SCANNED: Final = (
    f"UPDATE messages SET state = 0, cn = ?, ({_OF_CONTENT}) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " WHERE mid = ? AND state = 2"
)
_FETCH_ROW: Final = (
    "INSERT OR REPLACE INTO fetch_rows (folder_id, uid, mid, content_id, size, internal_date, envelope)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_STRUCTURE: Final = (
    "INSERT OR REPLACE INTO structures (folder_id, uid, bodystructure, body, parts, message_id, preview)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_HEADER: Final = "INSERT OR REPLACE INTO headers (folder_id, uid, header) VALUES (?, ?, ?)"
_SEARCH_TEXT: Final = (
    "INSERT OR REPLACE INTO search_texts (folder_id, uid, size, internal_day, sent_day, subject, senders,"
    " recipients, copies, blind_copies) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_CONTENT: Final = "INSERT INTO contents (size, storage, hash, data) VALUES (?, ?, ?, ?)"
_SHARE: Final = (
    "INSERT INTO content_shares (content_id, extra) VALUES (?, 1)"
    " ON CONFLICT (content_id) DO UPDATE SET extra = extra + 1"
)

Scanned = tuple["NewMail", Extract, "StagedContent | None"]
Prepared = tuple["NewMail", Extract | Unscanned, "StagedContent | None"]
Narrow = tuple[int, int, int, int, Extract]
"""Folder, UID, message, content, and what is in it."""
_Narrow = tuple[int, int, int, int, Extract | Unscanned]
_Message = tuple[object, ...]


@value
class ReadyMails:
    """Mails that only have to be written."""

    folder_id: int
    prepared: Sequence[Prepared]


def prepare(file: MailboxFile, mails: Sequence[NewMail]) -> list[Scanned]:
    """Scan the mails and write large contents, before the transaction."""
    now = file.clock.now()
    return [(mail, _scan(mail, now), _staged(file, mail)) for mail in mails]


def put_off(file: MailboxFile, mails: Sequence[NewMail]) -> list[Prepared]:
    """Do so, but scan only what may not wait (unscanned.py)."""
    now = file.clock.now()
    prepared: list[Prepared] = []
    for mail in mails:
        staged = _staged(file, mail)
        if staged is None and mail.scanned is None and file.may_scan_later():
            row = unscanned(len(mail.octets), _date(mail, now), mail.zone)
            prepared.append((mail, row, None))
        else:
            prepared.append((mail, _scan(mail, now), staged))
    return prepared


def _date(mail: NewMail, now: float) -> float:
    return now if mail.internal_date is None else mail.internal_date


def _scan(mail: NewMail, now: float) -> Extract:
    return extract(mail.octets, _date(mail, now), mail.zone, mail.scanned)


def _staged(file: MailboxFile, mail: NewMail) -> StagedContent | None:
    if mail.staged is None and len(mail.octets) > content.INLINE_LIMIT:
        return stage(file, mail.octets)
    return mail.staged


def stage(file: MailboxFile, octets: bytes) -> StagedContent:
    """Write a large content below ``cid/``; any thread may do it."""
    return content.stage(file.path / "cid", octets, token=file.ids.token(), compression=file.compression)


def append(file: MailboxFile, folder_id: int, mails: Sequence[NewMail]) -> Appended:
    """Add mails to a folder in one transaction."""
    if not mails:
        file.refresh(scanned=False)
        return Appended(file.record(folder_id).uid_validity, ())
    prepared = prepare(file, mails)
    with file.write(durable=True, scanned=False) as tx:
        return insert(tx, folder_id, prepared)


def append_together(file: MailboxFile, readies: Sequence[ReadyMails]) -> list[Appended | StoreError]:
    """Add what several callers want in one transaction; what one is refused does not touch the others."""
    if len(readies) > 1:
        try:
            return _append_together(file, readies)
        except (BusyError, NoSpaceError, CorruptError) as error:
            return [error] * len(readies)
        except StoreError:
            pass  # the refusal of one, too late to leave it out: each for itself
    results: list[Appended | StoreError] = []
    for ready in readies:
        try:
            results += _append_together(file, [ready])
        except StoreError as error:
            results.append(error)
    return results


@database.guarded
def _append_together(file: MailboxFile, readies: Sequence[ReadyMails]) -> list[Appended | StoreError]:
    results: dict[int, Appended | StoreError] = {}
    with file.write(durable=True, scanned=False) as tx:
        accepted = _accept(file, readies, results)
        folders = dict.fromkeys([ready.folder_id for ready in accepted])
        groups = {
            folder_id: [ready for ready in accepted if ready.folder_id == folder_id] for folder_id in folders
        }
        added = insert_all(
            tx, {folder_id: [p for r in group for p in r.prepared] for folder_id, group in groups.items()}
        )
        for folder_id, group in groups.items():
            at = 0
            for ready in group:
                uids = added[folder_id].uids[at : at + len(ready.prepared)]
                results[id(ready)] = Appended(added[folder_id].uid_validity, uids)
                at += len(ready.prepared)
    return [results[id(ready)] for ready in readies]


def _accept(
    file: MailboxFile, readies: Sequence[ReadyMails], refused: dict[int, Appended | StoreError]
) -> list[ReadyMails]:
    """Return what can be added before anything is."""
    accepted: list[ReadyMails] = []
    size = count = 0
    for ready in readies:
        more = sum([row[1].size for row in ready.prepared])
        try:
            file.record(ready.folder_id)
            quota.check_room(file, size + more, count + len(ready.prepared))
        except (FolderGoneError, QuotaError) as error:
            refused[id(ready)] = error
            continue
        size, count = size + more, count + len(ready.prepared)
        accepted.append(ready)
    return accepted


def replace(file: MailboxFile, folder_id: int, uid: int, target_id: int, mail: NewMail) -> Appended:
    """Add a mail and remove the message it replaces, in one transaction."""
    prepared = prepare(file, [mail])
    with file.write(durable=True, scanned=False) as tx:
        take_away(tx, folder_id, uid)
        return insert(tx, target_id, prepared)


def take_away(tx: Write, folder_id: int, uid: int) -> None:
    """Remove the message that is replaced, before the new one comes: what counts is the room for both."""
    file = tx.file
    picks = picking.pick(file, block_table.current_view(file, folder_id), UidSet.of([uid]))
    if not picks:
        raise MessageGoneError("the message to replace was removed meanwhile")
    expunge.remove_picked(tx, picks, is_hard=not file.soft_delete)


def insert(tx: Write, folder_id: int, prepared: Sequence[Prepared], *, delivery: bool = False) -> Appended:
    """Write the rows of prepared mails."""
    return insert_all(tx, {folder_id: prepared}, delivery=delivery)[folder_id]


def insert_all(
    tx: Write, mails: Mapping[int, Sequence[Prepared]], *, delivery: bool = False
) -> dict[int, Appended]:
    """Write the rows of prepared mails by their folders; each table is gone through once."""
    file = tx.file
    rows: list[_Message] = []
    later: list[_Message] = []
    narrow: list[_Narrow] = []
    blocks = [_enter(tx, each, prepared, rows, later, narrow, delivery) for each, prepared in mails.items()]
    if rows:
        file.executemany(_MESSAGE, rows)
    if later:
        file.executemany(_UNSCANNED, later)
        file.unscanned += len(later)
    insert_narrow(file, narrow)
    for (folder_id, prepared), (uids, flags, words, modseqs, first_mid) in zip(
        mails.items(), blocks, strict=True
    ):
        block_table.extend(tx, folder_id, uids, flags, words, modseqs)
        scanned = [mid for mid, each in enumerate(prepared, first_mid) if isinstance(each[1], Extract)]
        if scanned:
            tx.note(folder_id, scanned, Touch.CREATED)
        ids = [
            (row[0].email_id, mid)
            for mid, row in enumerate(prepared, first_mid)
            if row[0].email_id is not None
        ]
        if ids:
            file.executemany("UPDATE messages SET email_id = ? WHERE mid = ?", ids)
    return {
        folder_id: Appended(file.record(folder_id).uid_validity, block[0])
        for folder_id, block in zip(mails, blocks, strict=True)
    }


def _enter(
    tx: Write,
    folder_id: int,
    prepared: Sequence[Prepared],
    messages: list[_Message],
    later: list[_Message],
    narrow: list[_Narrow],
    delivery: bool,  # noqa: FBT001 - inner part of insert_all
) -> tuple[array[int], bytes, array[int] | None, range, int]:
    """Number the mails of a folder and add their rows to the lists.

    Returns:
        What :func:`block_table.extend` wants, and the first message id.
    """
    file = tx.file
    record = tx.folder(folder_id)
    count = len(prepared)
    size = sum([row[1].size for row in prepared])
    quota.check_room(file, size, count, delivery=delivery)
    first_uid = record.uid_next
    if first_uid + count > MAX_UID:
        raise LimitError("the folder has used up its UIDs: copy its messages to a new one")
    first_mid, first_cn = tx.next_object_id(count), tx.next_cn(count)
    now, saved_at = filetime(tx.now), int(tx.now)
    unread = 0
    flags = bytearray()
    keyword_sets = array("I")
    for index, (mail, row, staged) in enumerate(prepared):
        uid, mid = first_uid + index, first_mid + index
        content_id = keep_content(tx, mail.octets, staged)
        flags.append(int(mail.flags))
        unread += not int(mail.flags) & 8
        keyword_sets.append(_keyword_set(file, mail.keywords))
        own = (
            mid,
            folder_id,
            uid,
            first_cn + index,
            row.size,
            row.internal_date,
            mail.zone,
            filetime(row.internal_date),
            now,
            now,
            saved_at,
            content_id,
        )
        if isinstance(row, Extract):
            messages.append((int(delivery), *own, *_of_content(row)))
        else:
            later.append(own)
        narrow.append((folder_id, uid, mid, content_id, row))
    uids = array("I", range(first_uid, first_uid + count))
    words = keyword_sets if any(keyword_sets) else None
    record.total += count
    record.unread += unread
    record.size += size
    file.normal_size += size
    file.message_count += count
    return uids, bytes(flags), words, range(first_cn, first_cn + count), first_mid


def _of_content(row: Extract) -> _Message:
    return (
        row.sent_time,
        row.has_attachment,
        row.importance,
        row.message_id_hash,
        row.subject,
        row.normalized_subject,
        row.sender_name,
        row.sender_address,
        row.display_to,
        row.display_cc,
        row.display_bcc,
        *row.arrival,
    )


def complete(tx: Write, rows: Sequence[Narrow]) -> list[Narrow]:
    """Write what was found in mails that were kept unscanned; returns those that nobody else had scanned."""
    file = tx.file
    first_cn = tx.next_cn(len(rows))
    fresh = [
        each
        for cn, each in enumerate(rows, first_cn)  # each its own: who asks in parts goes on after a number
        if file.execute(_SCANNED, (cn, *_of_content(each[4]), each[2])).rowcount
    ]
    insert_narrow(file, fresh)
    file.unscanned -= len(fresh)
    return fresh


def insert_narrow(file: MailboxFile, rows: Sequence[_Narrow]) -> None:
    """Write the rows of (folder, uid, mid, content, extract) that FETCH and SEARCH read."""
    file.executemany(
        _FETCH_ROW,
        [
            (folder_id, uid, mid, content_id, row.size, row.internal_date_text, row.envelope)
            for folder_id, uid, mid, content_id, row in rows
        ],
    )
    scanned = [(folder_id, uid, row) for folder_id, uid, _, _, row in rows if isinstance(row, Extract)]
    if not scanned:
        return
    file.executemany(
        _STRUCTURE,
        [
            (folder_id, uid, row.bodystructure, row.body, row.parts, row.message_id, row.preview)
            for folder_id, uid, row in scanned
        ],
    )
    file.executemany(_HEADER, [(folder_id, uid, row.header) for folder_id, uid, row in scanned])
    file.executemany(
        _SEARCH_TEXT,
        [
            (folder_id, uid, row.size, row.internal_day, row.sent_day, *row.search)
            for folder_id, uid, row in scanned
        ],
    )


def _keyword_set(file: MailboxFile, keywords: frozenset[str]) -> int:
    if not keywords:
        return 0
    file.keywords.load()
    return file.keywords.identify(keywords)


def keep_content(tx: Write, octets: bytes, staged: StagedContent | None) -> int:
    """Return the id of a content, new or shared."""
    file = tx.file
    if staged is None:
        cursor = file.execute(_CONTENT, (len(octets), Storage.INLINE, None, octets))
        return int(cursor.lastrowid or 0)
    known = file.execute("SELECT content_id FROM contents WHERE hash = ?", (staged.digest,)).fetchone()
    if known:
        file.execute(_SHARE, known)
        return int(known[0])
    path = file.path / "cid" / content.file_name(staged.storage, staged.digest)
    if not path.is_file():
        # It was purged between staging and this transaction; under the write lock nobody purges.
        content.write_file(
            file.path / "cid", staged, octets, token=file.ids.token(), compression=file.compression
        )
    cursor = file.execute(_CONTENT, (staged.size, staged.storage, staged.digest, None))
    return int(cursor.lastrowid or 0)
