"""Messages on their way from one mailbox to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gromox.base.clock import ManualClock
from gromox.store.carrying import carry
from gromox.store.create import create_private
from gromox.store.errors import QuotaError
from gromox.store.flags import Flag
from gromox.store.guest import Guest
from gromox.store.model import NewMail
from gromox.store.permission import Right
from gromox.store.session.actor import Actor
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gromox.store.mailbox import Mailbox
    from gromox.store.model import Copied

INBOX = 0x0D
EVERYTHING = UidSet.everything()


@pytest.fixture
def boxes(tmp_path: Path) -> Iterator[tuple[Mailbox, Mailbox]]:
    with (
        create_private(tmp_path / "alice", owner="alice@x.test", user_id=1, clock=ManualClock()) as source,
        create_private(tmp_path / "bob", owner="bob@x.test", user_id=2, clock=ManualClock()) as target,
    ):
        yield source, target


def carried(source: Mailbox, target: Mailbox, uids: UidSet = EVERYTHING) -> Copied:
    work = carry(source, INBOX, uids, target, INBOX)
    while True:
        try:
            next(work)
        except StopIteration as done:
            result: Copied = done.value
            return result


def test_octets_flags_keywords_and_dates_arrive(boxes: tuple[Mailbox, Mailbox]) -> None:
    source, target = boxes
    large = b"Subject: large\r\n\r\n" + b"x" * 200_000
    source.append(
        INBOX,
        [
            NewMail(b"Subject: a\r\n\r\n", Flag.FLAGGED, frozenset({"work"}), 86400.0, 60),
            NewMail(large, Flag.SEEN),
        ],
    )
    found = carried(source, target)

    assert (list(found.source_uids), list(found.target_uids)) == ([1, 2], [1, 2])
    assert target.content(INBOX, 2).octets() == large
    block, index, _ = target.view(INBOX).place_of_uid(1) or pytest.fail("not there")
    assert block.flags_text(index) == rb"\Flagged work"
    assert target.view(INBOX).unseen == 1
    dates = "SELECT internal_date, internal_zone FROM messages WHERE folder_id = ? AND uid = 1"
    assert target.file.execute(dates, (INBOX,)).fetchone() == (86400, 60)


def test_nothing_is_copied_where_there_is_no_room(boxes: tuple[Mailbox, Mailbox]) -> None:
    source, target = boxes
    source.append(INBOX, [NewMail(b"Subject: a\r\n\r\n" + b"x" * 5000) for _ in range(3)])
    target.set_quota(storage=10_000, receive=None, send=None)

    with pytest.raises(QuotaError):
        carried(source, target)
    assert target.view(INBOX).total == 0


def test_what_was_added_goes_again_when_the_work_is_given_up(boxes: tuple[Mailbox, Mailbox]) -> None:
    source, target = boxes
    source.append(INBOX, [NewMail(b"Subject: a\r\n\r\n") for _ in range(250)])
    target.set_rights(INBOX, "alice@x.test", Right.READ_ANY | Right.CREATE)
    guest = Guest(target, Actor("alice@x.test"))
    work = carry(source, INBOX, EVERYTHING, guest, INBOX)
    next(work)
    next(work)
    assert target.view(INBOX).total == 200
    work.close()

    assert target.view(INBOX).total == 0
