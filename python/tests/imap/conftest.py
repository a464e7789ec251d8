"""A server on real mailboxes and a real user database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.imap.driver import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "house")
    yield server
    server.close()
