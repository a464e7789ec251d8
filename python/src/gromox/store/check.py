"""Is everything in the mailbox consistent?

One read transaction; other processes go on meanwhile. What check finds, ``repair`` can put right as far as
it is derived data: counters, reference counts, blocks, rows without their message.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from gromox.store import block_table, content
from gromox.store.builtin import FolderKind
from gromox.store.content import Storage
from gromox.store.flags import ALL_FLAGS
from gromox.store.fulltext import checking as index_checking
from gromox.store.item import checking as item_checking
from gromox.store.match import checking
from gromox.store.model import Problem
from gromox.store.sync import checking as sync_checking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.store.block import Block
    from gromox.store.folder import FolderRecord
    from gromox.store.mailbox_file import MailboxFile

NARROW_TABLES: Final = ("fetch_rows", "structures", "headers", "search_texts")
_MAX_PROBLEMS: Final = 1000
_DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def check(file: MailboxFile) -> list[Problem]:
    """Return what is inconsistent; at most a thousand findings."""
    problems: list[Problem] = []
    file.execute("BEGIN")
    try:
        file.look()
        for problem in find(file):
            problems.append(problem)
            if len(problems) >= _MAX_PROBLEMS:
                break
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in _DAMAGED:
            raise
        # Nothing more can be read; what was found until here counts all the same.
        problems.append(Problem("database-damaged", str(error)))
    finally:
        # A damaged database refuses even that, and the transaction has ended by then.
        with contextlib.suppress(sqlite3.DatabaseError):
            file.execute("COMMIT")
    return problems


def find(file: MailboxFile) -> Iterator[Problem]:
    """Go through all findings; within a transaction."""
    for (text,) in file.execute("PRAGMA quick_check(20)").fetchall():
        if text != "ok":
            yield Problem("database-damaged", text)
    for folder_id in sorted(file.folders):
        yield from _folder(file, file.folders[folder_id])
    yield from _orphans(file)
    yield from checking.find(file)
    yield from index_checking.find(file)
    yield from item_checking.find(file)
    yield from sync_checking.find(file)
    yield from _contents(file)
    yield from _counters(file)


def folder_sums(file: MailboxFile, folder_id: int) -> dict[str, int]:
    """Return the counters of a folder as its messages say (unread stands in the blocks)."""
    row = file.execute(
        "SELECT sum(state <> 1 AND NOT associated),"
        " coalesce(sum(CASE WHEN state <> 1 AND NOT associated THEN size END), 0),"
        " sum(state = 1), coalesce(sum(CASE WHEN state = 1 THEN size END), 0),"
        " sum(state <> 1 AND associated), coalesce(sum(CASE WHEN state <> 1 AND associated THEN size END), 0)"
        " FROM messages WHERE folder_id = ?",
        (folder_id,),
    ).fetchone()
    names = ("total", "size", "deleted_total", "deleted_size", "associated_total", "associated_size")
    return {name: int(value or 0) for name, value in zip(names, row, strict=True)}


def _folder(file: MailboxFile, record: FolderRecord) -> Iterator[Problem]:
    folder_id = record.folder_id
    sums = folder_sums(file, folder_id)
    blocks = block_table.read_blocks(file, folder_id)
    sums["unread"] = sum(block.unseen for block in blocks)
    if record.kind == FolderKind.SEARCH:
        sums |= checking.sums(file, folder_id)
    for name, value in sums.items():
        if getattr(record, name) != value:
            yield Problem(
                "folder-counter", f"folder {folder_id:#x}: {name} is {getattr(record, name)}, not {value}"
            )
    if record.parent_id and record.parent_id not in file.folders:
        yield Problem(
            "folder-parent", f"folder {folder_id:#x}: its parent {record.parent_id:#x} is not there"
        )
    yield from _blocks(file, record, blocks)
    uids = [uid for block in blocks for uid in block.uids]
    rows = file.execute(
        "SELECT uid FROM messages WHERE folder_id = ? AND state <> 1 AND uid IS NOT NULL ORDER BY uid",
        (folder_id,),
    ).fetchall()
    if uids != [uid for (uid,) in rows]:
        yield Problem(
            "block-members", f"folder {folder_id:#x}: blocks and rows disagree on which messages are there"
        )
    yield from _narrow_rows(file, folder_id)
    (wrong,) = file.execute(
        "SELECT count(*) FROM fetch_rows f JOIN messages m ON m.mid = f.mid WHERE f.folder_id = ?"
        " AND ((m.folder_id, m.uid, m.content_id) IS NOT (f.folder_id, f.uid, f.content_id)"
        " OR (m.primary_form = 0 AND m.size <> f.size))",
        (folder_id,),
    ).fetchone()
    if wrong:
        yield Problem(
            "row-mismatch", f"folder {folder_id:#x}: {wrong} rows of fetch_rows disagree with their messages"
        )


def _blocks(file: MailboxFile, record: FolderRecord, blocks: list[Block]) -> Iterator[Problem]:
    name = f"folder {record.folder_id:#x}"
    for block in blocks:
        columns = {len(block.uids), len(block.flags), len(block.modseq_list())}
        if block.keyword_sets is not None:
            columns.add(len(block.keyword_sets))
        if len(columns) != 1:
            yield Problem("block-shape", f"{name}: a block has columns of different length")
        if not block.max_modseq <= block.changed <= record.highest_modseq <= file.change_number:
            yield Problem("block-modseq", f"{name}: a message has a modseq above the highest one")
        if any(octet > ALL_FLAGS for octet in block.flags):
            yield Problem("block-flags", f"{name}: unknown flag bits")
        if block.keyword_sets and any(
            number and not file.keywords.names(number) for number in block.keyword_sets
        ):
            yield Problem("block-keywords", f"{name}: a message has an unknown set of keywords")
    uids = [uid for block in blocks for uid in block.uids]
    if any(a >= b for a, b in pairwise(uids)):
        yield Problem("block-order", f"{name}: UIDs do not ascend")
    if uids and uids[-1] >= record.uid_next:
        yield Problem("folder-uidnext", f"{name}: a message has a UID from UIDNEXT on")


def _narrow_rows(file: MailboxFile, folder_id: int) -> Iterator[Problem]:
    """Each message has one row in each narrow table, soft-deleted ones too, and each row a message.

    An item of property form that IMAP has not seen has a row in fetch_rows alone, and so has a mail that was
    not scanned.
    """
    everybody, unseen = message_uids(file, folder_id), unseen_uids(file, folder_id)
    for table in NARROW_TABLES:
        wanted = everybody if table == "fetch_rows" else everybody - unseen
        rows = file.execute(f"SELECT uid FROM {table} WHERE folder_id = ?", (folder_id,)).fetchall()
        there = {uid for (uid,) in rows}
        if wanted - there:
            count = len(wanted - there)
            yield Problem("row-missing", f"folder {folder_id:#x}: {count} messages have no row in {table}")
        if there - wanted:
            count = len(there - wanted)
            yield Problem(
                "row-orphan", f"folder {folder_id:#x}: {count} rows of {table} belong to no message"
            )


def message_uids(file: MailboxFile, folder_id: int) -> set[int]:
    """Return the UIDs of all messages of a folder, soft-deleted ones too."""
    rows = file.execute("SELECT uid FROM messages WHERE folder_id = ? AND uid IS NOT NULL", (folder_id,))
    return {uid for (uid,) in rows.fetchall()}


def unseen_uids(file: MailboxFile, folder_id: int) -> set[int]:
    """Return the UIDs of items that were never rendered for IMAP, and of mails that were not scanned."""
    rows = file.execute(
        "SELECT uid FROM messages WHERE folder_id = ? AND uid IS NOT NULL"
        " AND (content_id IS NULL AND primary_form = 1 OR state = 2)",
        (folder_id,),
    )
    return {uid for (uid,) in rows.fetchall()}


def _orphans(file: MailboxFile) -> Iterator[Problem]:
    for table in NARROW_TABLES:
        (count,) = file.execute(
            f"SELECT count(*) FROM {table} WHERE folder_id NOT IN (SELECT folder_id FROM folders)"
        ).fetchone()
        if count:
            yield Problem("row-orphan", f"{count} rows of {table} belong to no folder")
    for table in ("messages", "flag_blocks"):
        (count,) = file.execute(
            f"SELECT count(*) FROM {table} WHERE folder_id <> 0"
            " AND folder_id NOT IN (SELECT folder_id FROM folders)"
        ).fetchone()
        if count:
            yield Problem("row-orphan", f"{count} rows of {table} belong to no folder")


def content_references(file: MailboxFile) -> Counter[int]:
    """Return how many messages, attachments and mails on their way out refer to each content."""
    references: Counter[int] = Counter()
    for table in ("messages", "attachments", "large_values", "outgoing"):
        for content_id, count in file.execute(
            f"SELECT content_id, count(*) FROM {table} WHERE content_id IS NOT NULL GROUP BY 1"
        ).fetchall():
            references[content_id] += count
    return references


def _contents(file: MailboxFile) -> Iterator[Problem]:
    references = content_references(file)
    kept = {
        content_id: (storage, digest, 1 + (extra or 0))
        for content_id, storage, digest, extra in file.execute(
            "SELECT c.content_id, storage, hash, extra FROM contents c"
            " LEFT JOIN content_shares USING (content_id)"
        ).fetchall()
    }
    for content_id, count in references.items():
        if content_id not in kept:
            yield Problem("content-missing", f"content {content_id} has {count} references and no row")
        elif kept[content_id][2] != count:
            detail = f"content {content_id} has {count} references, not {kept[content_id][2]}"
            yield Problem("content-references", detail)
    for content_id, (storage, digest, _) in kept.items():
        if content_id not in references:
            yield Problem("content-orphan", f"nothing refers to content {content_id}")
        elif storage != Storage.INLINE:
            name = content.file_name(storage, digest)
            if not (file.path / "cid" / name).is_file():
                yield Problem("content-file-missing", f"the file cid/{name} is not there")
    for (content_id,) in file.execute(
        "SELECT content_id FROM content_shares WHERE content_id NOT IN (SELECT content_id FROM contents)"
    ).fetchall():
        yield Problem("content-references", f"content {content_id} is shared, but has no row")


def mailbox_sums(file: MailboxFile) -> dict[str, int]:
    """Return the counters of the mailbox as its messages say."""
    row = file.execute(
        "SELECT coalesce(sum(CASE WHEN live AND NOT associated THEN size END), 0),"
        " coalesce(sum(CASE WHEN live AND associated THEN size END), 0),"
        " coalesce(sum(CASE WHEN NOT live THEN size END), 0), coalesce(sum(live AND NOT associated), 0),"
        " coalesce(sum(unscanned), 0) FROM"
        " (SELECT m.size, m.associated, m.state <> 1 AND f.state = 0 AS live, m.state = 2 AS unscanned"
        " FROM messages m JOIN folders f USING (folder_id))"
    ).fetchone()
    names = ("normal_size", "associated_size", "deleted_size", "message_count", "unscanned")
    return dict(zip(names, map(int, row), strict=True))


def highest_numbers(file: MailboxFile) -> tuple[int, int]:
    """Return the highest object id and the highest change number in use."""
    row = file.execute(
        "SELECT coalesce(max(mid), 0), coalesce(max(cn), 0),"
        " (SELECT coalesce(max(folder_id), 0) FROM folders),"
        " (SELECT coalesce(max(max(cn, highest_modseq)), 0) FROM folders),"
        " (SELECT coalesce(max(cn), 0) FROM tombstones) FROM messages"
    ).fetchone()
    return max(row[0], row[2]), max(row[1], row[3], row[4])


def _counters(file: MailboxFile) -> Iterator[Problem]:
    for name, value in mailbox_sums(file).items():
        if getattr(file, name) != value:
            yield Problem("mailbox-counter", f"{name} is {getattr(file, name)}, not {value}")
    highest, newest = highest_numbers(file)
    if highest >= file.next_object_id:
        yield Problem("mailbox-counter", f"object {highest:#x} is beyond the counter of object ids")
    if newest > file.change_number:
        yield Problem("mailbox-counter", f"change number {newest} is beyond the counter")
