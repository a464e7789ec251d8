"""A session that may everything."""

from __future__ import annotations

import pytest

from gromox.store.mailbox import Mailbox
from gromox.store.session import SYSTEM, StoreSession


@pytest.fixture
def session(mailbox: Mailbox) -> StoreSession:
    return StoreSession.of(mailbox, SYSTEM)
