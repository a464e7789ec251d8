"""A mailbox with some mails, and sessions on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gromox.base.clock import ManualClock
from gromox.base.ids import SeededIds
from gromox.store.create import create_private
from gromox.store.flags import NO_FLAGS, Flag
from gromox.store.mailbox import Mailbox
from gromox.store.model import NewMail
from gromox.store.session import Actor, StoreSession

INBOX = 13
OWNER = "alice@example.test"
Add = Callable[..., list[int]]


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Mailbox]:
    clock = ManualClock()
    mailbox = create_private(tmp_path / "alice", owner=OWNER, user_id=7, clock=clock, ids=SeededIds())
    yield mailbox
    assert mailbox.check() == []
    mailbox.close()


@pytest.fixture
def session(box: Mailbox) -> StoreSession:
    return StoreSession.of(box, Actor(OWNER))


@pytest.fixture
def add(box: Mailbox) -> Add:
    """Append mails with these subjects, one minute apart; returns their mids."""

    def append(
        *subjects: str,
        sender: str = "zoe@example.net",
        flags: Flag = NO_FLAGS,
        folder: int = INBOX,
        at: int = 0,
    ) -> list[int]:
        mails = [
            NewMail(
                f"From: {sender}\r\nTo: Alice <{OWNER}>, bob@example.test\r\nSubject: {subject}\r\n"
                f"Message-ID: <{subject}@example.net>\r\n\r\nText of {subject}.\r\n".encode(),
                flags,
                internal_date=1_700_000_000.0 + 60 * (at + index),
            )
            for index, subject in enumerate(subjects)
        ]
        uids = box.append(folder, mails).uids
        rows = box.file.execute("SELECT uid, mid FROM messages WHERE folder_id = ?", (folder,)).fetchall()
        mids = dict(rows)
        return [mids[uid] for uid in uids]

    return append
