"""Directives of exmdb_provider.cfg."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from gromox.base.settings import Settings, SettingsError
from gromox.store.mailbox_file import Options
from gromox.store.settings import CACHE_INTERVAL, PROGRAM, TABLE_SIZE, options_of

GRANTS: Final = Path("/var/lib/gromox/grants.sqlite3")


def test_the_defaults_are_those_of_the_store() -> None:
    settings = Settings.of(PROGRAM, {})

    assert options_of(settings) == Options(grants=GRANTS)
    assert (settings[CACHE_INTERVAL], settings[TABLE_SIZE]) == (60, 5000)


@pytest.mark.parametrize(("text", "level"), [("no", 0), ("Yes", 6), ("zstd-1", 1), ("zstd-19", 19)])
def test_compression(text: str, level: int) -> None:
    assert options_of(Settings.of(PROGRAM, {"exmdb_file_compression": text})).compression_level == level


@pytest.mark.parametrize("text", ["zstd-0", "zstd-20", "gzip", "zstd"])
def test_a_wrong_compression_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match="zstd-1 to zstd-19"):
        Settings.of(PROGRAM, {"exmdb_file_compression": text})


def test_the_rest() -> None:
    texts = {
        "sqlite_busy_timeout": "5s",
        "exmdb_private_folder_softdelete": "no",
        "max_store_message_count": "100000",
    }
    options = options_of(Settings.of(PROGRAM, texts))

    assert options == Options(busy_timeout=5, soft_delete=False, max_messages=100_000, grants=GRANTS)
