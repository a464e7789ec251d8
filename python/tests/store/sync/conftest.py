"""The same mailbox as in the other tests of the store; and clients that keep a replica of a folder."""

from __future__ import annotations

import pytest

from gromox.store.mailbox import Mailbox
from gromox.store.session import SYSTEM, StoreSession


@pytest.fixture
def session(mailbox: Mailbox) -> StoreSession:
    return StoreSession.of(mailbox, SYSTEM)
