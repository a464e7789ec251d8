"""Housekeeping: what was deleted softly goes for good after a while, and files that nothing refers to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from gromox.store import content, expunge, picking, tombstone
from gromox.store.content import Storage
from gromox.store.durability import sync_directory

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gromox.store.mailbox_file import MailboxFile

_BATCH: Final = 500
"""Messages a transaction: other writers wait meanwhile."""
_KEEP_TOMBSTONES: Final = 180 * 86400
_STALE_TEMPORARY: Final = 86400.0


def purge_softdeleted(file: MailboxFile, *, before: float, folder_id: int | None, recurse: bool) -> int:
    """Remove for good what was deleted softly at or before a time; returns the number of messages."""
    file.refresh()
    count = 0
    hashes: list[bytes] = []
    for folder in _scope(file, folder_id, recurse=recurse):
        while True:
            gone, files = _purge_batch(file, folder, int(before))
            count += gone
            hashes += files
            if gone < _BATCH:
                break
    if folder_id is None or recurse:
        more, files = _purge_folders(file, int(before), folder_id)
        count += more
        hashes += files
    if hashes:
        # A power loss must not bring back rows whose files are gone.
        file.wal.sync(file.wal.wrote())
        remove_files(file, hashes)
    with file.write(durable=False, quiet=True) as tx:
        tombstone.prune(tx, int(tx.now) - _KEEP_TOMBSTONES)
    return count


def _scope(file: MailboxFile, folder_id: int | None, *, recurse: bool) -> list[int]:
    if folder_id is None:
        return sorted(file.folders)
    file.record(folder_id)
    scope = [folder_id]
    if recurse:
        for parent in scope:  # grows while it is gone through
            scope += [record.folder_id for record in file.folders.values() if record.parent_id == parent]
    return scope


def _purge_batch(file: MailboxFile, folder_id: int, before: int) -> tuple[int, list[bytes]]:
    with file.write(durable=False, quiet=True) as tx:
        rows = file.execute(
            "SELECT mid, size FROM messages WHERE folder_id = ? AND state = 1 AND deleted_at <= ? LIMIT ?",
            (folder_id, before, _BATCH),
        ).fetchall()
        if not rows:
            return 0, []
        picking.fill_with_mids(file, [mid for mid, _ in rows])
        hashes = expunge.erase(tx)
        size = sum([size for _, size in rows])
        file.deleted_size -= size
        if folder_id in file.folders:
            record = tx.folder(folder_id)
            record.deleted_total -= len(rows)
            record.deleted_size -= size
        return len(rows), hashes


def _purge_folders(file: MailboxFile, before: int, parent_id: int | None) -> tuple[int, list[bytes]]:
    """Remove soft-deleted folders; a folder that stood below the scope counts by its last parent."""
    count = 0
    hashes: list[bytes] = []
    scope = set(_scope(file, parent_id, recurse=True))
    rows = file.execute(
        "SELECT folder_id, parent_id FROM folders WHERE state = 1 AND deleted_at <= ?", (before,)
    ).fetchall()
    known = dict(rows)
    for folder_id, parent in rows:
        top = parent
        while top in known:
            top = known[top]
        if parent_id is not None and top not in scope:
            continue
        with file.write(durable=False, quiet=True) as tx:
            (messages,) = file.execute(
                "SELECT count(*) FROM messages WHERE folder_id = ?", (folder_id,)
            ).fetchone()
            hashes += expunge.erase_folder(tx, folder_id)
            count += messages
    return count, hashes


def remove_files(file: MailboxFile, hashes: Iterable[bytes]) -> int:
    """Remove the files of contents that have no row.

    Under the write lock, so that nobody begins to refer to one.
    """
    hashes = set(hashes)
    if not hashes:
        return 0
    count = 0
    with file.write(durable=False, quiet=True):
        for digest in hashes:
            if file.execute("SELECT 1 FROM contents WHERE hash = ?", (digest,)).fetchone():
                continue
            for storage in (Storage.PLAIN_FILE, Storage.ZSTD_FILE):
                path = file.path / "cid" / content.file_name(storage, digest)
                if path.is_file():
                    path.unlink(missing_ok=True)
                    count += 1
    return count


def purge_datafiles(file: MailboxFile) -> int:
    """Remove files below ``cid/`` that no row refers to, and what broken deliveries left.

    Returns how many.
    """
    cid = file.path / "cid"
    count = 0
    # The rows whose files may go must be gone durably first: a power loss would bring them back.
    file.wal.sync(file.wal.wrote())
    for directory in sorted(cid.iterdir()):
        if directory.is_dir():
            count += _purge_directory(file, directory)
        elif (
            directory.name.startswith(".new-") and directory.stat().st_mtime < time.time() - _STALE_TEMPORARY
        ):
            directory.unlink(missing_ok=True)
            count += 1
    return count


def _purge_directory(file: MailboxFile, directory: Path) -> int:
    names = {
        entry.name: digest
        for entry in directory.iterdir()
        if (digest := digest_of(directory.name, entry.name)) is not None
    }
    count = 0
    with file.write(durable=False, quiet=True):
        for name, digest in names.items():
            row = file.execute("SELECT storage FROM contents WHERE hash = ?", (digest,)).fetchone()
            wanted = content.file_name(row[0], digest) if row else ""
            if wanted != f"{directory.name}/{name}":
                (directory / name).unlink(missing_ok=True)
                count += 1
    if count:
        sync_directory(directory)
    return count


def digest_of(directory: str, name: str) -> bytes | None:
    """Return the hash that a file below ``cid/`` is named by, or None for a foreign file."""
    if len(directory) != 4 or directory[:2] not in ("S-", "P-") or len(name) != 62:  # noqa: PLR2004
        return None
    try:
        return bytes.fromhex(directory[2:] + name)
    except ValueError:
        return None
