"""Directives of exmdb_provider.cfg that say how mailboxes are kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gromox.base.common_settings import CONFIG_FILE_PATH
from gromox.base.paths import STATE
from gromox.base.settings import Option, Program, boolean, integer, path, timespan
from gromox.store.mailbox_file import Options

if TYPE_CHECKING:
    from gromox.base.settings import Settings

_DEFAULT_LEVEL: Final = 6
_ZSTD: Final = re.compile(r"zstd-(\d{1,2})")
_HIGHEST_LEVEL: Final = 19


def compression(value: str) -> str:
    """Accept ``no``, ``yes`` and ``zstd-1`` to ``zstd-19``.

    Raises:
        ValueError: it is none of these.
    """
    folded = value.strip().lower()
    _level(folded)
    return folded


def _level(value: str) -> int:
    """Return the zstd level that a value means; 0: contents are kept as they are."""
    if value in ("no", "yes"):
        return 0 if value == "no" else _DEFAULT_LEVEL
    found = _ZSTD.fullmatch(value)
    level = int(found[1]) if found else 0
    if not 1 <= level <= _HIGHEST_LEVEL:
        raise ValueError("write no, yes, or zstd-1 to zstd-19")
    return level


SQLITE_BUSY_TIMEOUT: Final = Option(
    "sqlite_busy_timeout",
    timespan,
    60.0,
    "How long a delivery waits for another writer of the same mailbox. Daemons that serve many clients at "
    "once wait two seconds at most.",
    unit="seconds",
    low=0.0,
    high=3600.0,
)
EXMDB_FILE_COMPRESSION: Final = Option(
    "exmdb_file_compression",
    compression,
    f"zstd-{_DEFAULT_LEVEL}",
    "How contents above 64 KiB are compressed: no, yes, or zstd-1 to zstd-19. Contents that would not become "
    "much smaller are kept as they are.",
)
EXMDB_PRIVATE_FOLDER_SOFTDELETE: Final = Option(
    "exmdb_private_folder_softdelete",
    boolean,
    True,
    "Whether removed messages can be restored until they are purged (gromox-mbop purge-softdelete).",
)
MAX_STORE_MESSAGE_COUNT: Final = Option(
    "max_store_message_count", integer, 0, "The most messages a mailbox may hold; 0: no limit.", low=0
)
AUTOREPLY_SILENCE_WINDOW: Final = Option(
    "autoreply_silence_window",
    timespan,
    86400.0,
    "How long nobody gets a second automatic reply from the same mailbox.",
    unit="seconds",
    low=0.0,
)
EXMDB_GRANTS_PATH: Final = Option(
    "exmdb_grants_path",
    path,
    STATE / "grants.sqlite3",
    "The index of which mailboxes grant something to whom. Rights stand in the mailboxes alone; if the file "
    "is removed, it fills again as mailboxes are opened.",
)
CACHE_INTERVAL: Final = Option(
    "cache_interval",
    timespan,
    60.0,
    "How long the mailbox of somebody who is not connected stays open.",
    unit="seconds",
    low=1.0,
)
TABLE_SIZE: Final = Option(
    "table_size", integer, 5000, "How many mailboxes a process keeps open at the most.", low=100
)

PROGRAM: Final = Program(
    "exmdb_provider",
    "Mailboxes",
    ("gromox.cfg", "exmdb_provider.cfg"),
    (
        CONFIG_FILE_PATH,
        SQLITE_BUSY_TIMEOUT,
        EXMDB_FILE_COMPRESSION,
        EXMDB_PRIVATE_FOLDER_SOFTDELETE,
        MAX_STORE_MESSAGE_COUNT,
        AUTOREPLY_SILENCE_WINDOW,
        EXMDB_GRANTS_PATH,
        CACHE_INTERVAL,
        TABLE_SIZE,
    ),
    "How every program that opens mailboxes treats them.",
)


def options_of(settings: Settings) -> Options:
    """Return what the settings say to a mailbox that is opened."""
    return Options(
        busy_timeout=settings[SQLITE_BUSY_TIMEOUT],
        compression_level=_level(settings[EXMDB_FILE_COMPRESSION]),
        soft_delete=settings[EXMDB_PRIVATE_FOLDER_SOFTDELETE],
        max_messages=settings[MAX_STORE_MESSAGE_COUNT],
        silence_window=settings[AUTOREPLY_SILENCE_WINDOW],
        grants=settings[EXMDB_GRANTS_PATH],
    )
