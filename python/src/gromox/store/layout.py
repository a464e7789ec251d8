"""What a new mailbox consists of.

The database is built under a temporary name and renamed when it is complete and durable: a mailbox is there
whole or not at all.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gromox.base.clock import SYSTEM_CLOCK
from gromox.base.ids import SYSTEM_IDS
from gromox.store import builtin, migration, permission, quota, validity
from gromox.store.builtin import FIRST_FREE_OBJECT_ID, BuiltinFolder
from gromox.store.database import guarded
from gromox.store.durability import sync_directory
from gromox.store.errors import ExistsError
from gromox.store.extract import filetime
from gromox.store.folder import name_key
from gromox.store.mailbox_file import DATABASE_NAME

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from gromox.base.clock import Clock
    from gromox.base.ids import Ids

_DIRECTORIES: Final = ("exmdb", "cid", "config", "tmp", "tmp/imap.rfc822", "tmp/faststream", "log")
_DIRECTORY_MODE: Final = 0o770
_FILE_MODE: Final = 0o660
_PUBLIC_RIGHTS: Final = 0x41B
_FIXED_REPLICAS: Final = (
    (2, "ed33cbe5-94e2-48b6-8bea-bba984896933"),
    (3, "68349a54-323d-4a38-9aa9-e00a683131ba"),
    (4, "bb0754de-7f26-4d08-932f-fe7a9d22f8bd"),
)
_OOF_STATE: Final = 0x661D000B


@dataclass(frozen=True, slots=True)
class Limits:
    """Quotas of a new mailbox in octets; None: no limit."""

    storage: int | None = None
    receive: int | None = None
    send: int | None = None


@dataclass(frozen=True, slots=True)
class Spec:
    """What a new mailbox is to be."""

    is_public: bool
    owner: str
    """Login name of the user, or name of the domain."""
    owner_id: int
    locale: str = "en"
    names: Mapping[int, str] = field(default_factory=dict)
    """Names of built-in folders in the language of the user, by folder id; English ones fill the gaps."""
    property_names: Sequence[str] = ()
    """``GUID=…,LID=…`` or ``GUID=…,NAME=…`` in the order in which they get the ids from 0x8001 up."""
    limits: Limits = Limits()
    anonymous_rights: int = 0


@guarded
def create(
    path: Path, spec: Spec, *, force: bool = False, clock: Clock = SYSTEM_CLOCK, ids: Ids = SYSTEM_IDS
) -> None:
    """Make the directories and the database of a mailbox.

    Args:
        path: the mailbox directory (``users.maildir``, ``domains.homedir``).
        spec: what it is to be.
        force: replace a database that is there, with all mail in it; nobody may have it open.
        clock: gives the time of creation.
        ids: gives the GUIDs.

    Raises:
        ExistsError: there is a database.
    """
    path.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
    for name in _DIRECTORIES:
        directory = path / name
        if not directory.is_dir():
            directory.mkdir()
            directory.chmod(_DIRECTORY_MODE)
    target = path / DATABASE_NAME
    if target.exists() and not force:
        raise ExistsError("there is a mailbox database already")
    temporary = target.with_name(f".new-{ids.token(8)}")
    try:
        _build(temporary, spec, clock, ids)
        temporary.chmod(_FILE_MODE)
        if target.exists():
            for suffix in ("-wal", "-shm"):
                target.with_name(target.name + suffix).unlink(missing_ok=True)
        temporary.rename(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(target.parent)
    sync_directory(path)


def _build(path: Path, spec: Spec, clock: Clock, ids: Ids) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # One sync at the end instead of a journal: nobody has seen the file yet.
        connection.execute("PRAGMA page_size = 4096")
        connection.execute("PRAGMA journal_mode = MEMORY")
        connection.execute("PRAGMA synchronous = FULL")
        migration.migrate(connection)
        connection.execute("BEGIN IMMEDIATE")
        _fill(connection, spec, filetime(clock.now()), ids)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


def _fill(connection: sqlite3.Connection, spec: Spec, now: int, ids: Ids) -> None:
    guid: uuid.UUID = ids.guid()
    default_rights = _PUBLIC_RIGHTS if spec.is_public else 0
    connection.execute(
        "INSERT INTO mailbox VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
        (
            guid.bytes,
            ids.guid().bytes,
            spec.is_public,
            spec.owner,
            spec.owner_id,
            spec.locale,
            default_rights,
            spec.anonymous_rights,
            now,
        ),
    )
    folders = builtin.PUBLIC_FOLDERS if spec.is_public else builtin.PRIVATE_FOLDERS
    cn = 0
    for cn, row in enumerate(folders, 1):
        _folder(connection, row, spec.names.get(row.folder_id, row.name), cn, now)
        if row.default_rights is not None:
            permission.insert(connection, row.folder_id, permission.DEFAULT, row.default_rights)
    connection.execute(
        "INSERT INTO counters VALUES (1, ?, ?, ?, 256, 1, 0, 0, 0, 0, 0, 0)", (cn, cn, FIRST_FREE_OBJECT_ID)
    )
    if not spec.is_public:
        connection.executemany(
            "INSERT INTO receive_folders VALUES (?, ?, ?)",
            [(name, int(folder), now) for name, folder in builtin.RECEIVE_FOLDERS],
        )
    connection.executemany(
        "INSERT INTO named_properties VALUES (?, ?)",
        list(enumerate(dict.fromkeys(spec.property_names), 0x8001)),
    )
    connection.execute("INSERT INTO replicas VALUES (1, ?)", (guid.bytes,))
    connection.executemany(
        "INSERT INTO replicas VALUES (?, ?)",
        [(number, _guid_octets(text)) for number, text in _FIXED_REPLICAS],
    )
    limits = (
        (quota.STORAGE_LIMIT, spec.limits.storage),
        (quota.RECEIVE_LIMIT, spec.limits.receive),
        (quota.SEND_LIMIT, spec.limits.send),
    )
    properties = [(_OOF_STATE, 0), *[(tag, -(-limit // 1024)) for tag, limit in limits if limit is not None]]
    connection.executemany("INSERT INTO store_properties VALUES (?, ?)", properties)


def _guid_octets(text: str) -> bytes:
    return bytes.fromhex(text.replace("-", ""))


def _folder(connection: sqlite3.Connection, row: BuiltinFolder, name: str, cn: int, now: int) -> None:
    connection.execute(
        "INSERT INTO folders (folder_id, parent_id, name, name_key, container_class, kind, hidden,"
        " cn, touched, uid_validity, highest_modseq, created_time, modified_time)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            row.folder_id,
            row.parent_id,
            name,
            name_key(name),
            row.container_class,
            int(row.kind),
            row.hidden,
            cn,
            cn,
            validity.first(row.folder_id, now),
            cn,
            now,
            now,
        ),
    )
