"""A mailbox in a temporary directory, and mails to put into it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gromox.base.clock import ManualClock
from gromox.base.ids import SeededIds
from gromox.store.create import create_private
from gromox.store.mailbox import Mailbox

if TYPE_CHECKING:
    from collections.abc import Iterator

INBOX = 13
OWNER = "alice@example.test"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alice"


@pytest.fixture
def mailbox(path: Path, clock: ManualClock) -> Iterator[Mailbox]:
    box = create_private(path, owner=OWNER, user_id=7, clock=clock, ids=SeededIds())
    yield box
    assert box.check() == []
    box.close()
