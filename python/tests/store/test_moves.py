from __future__ import annotations

import pytest

from gromox.base.clock import ManualClock
from gromox.store.mailbox import Mailbox
from gromox.store.moves import Moved
from gromox.store.uidset import UidSet
from tests.store.sample import mail

INBOX, TARGET, JUNK = 13, 11, 23


@pytest.fixture(autouse=True)
def _filled(mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail(name) for name in "abcde"])


def test_moves_are_told_with_their_new_places(mailbox: Mailbox, clock: ManualClock) -> None:
    before = mailbox.change_number()
    mailbox.move(INBOX, UidSet.of([1, 3]), JUNK)
    mailbox.append(JUNK, [mail("filtered")])
    mailbox.move(JUNK, UidSet.of([2]), TARGET)
    mailbox.copy(INBOX, UidSet.of([2]), JUNK)

    found = mailbox.moved_since(before, not_before=0, limit=10)

    # What was moved on has no place of the first move any more.
    assert found.moves == [Moved(INBOX, JUNK, (1,)), Moved(JUNK, TARGET, (1,))]
    assert not found.more
    assert found.seen == mailbox.change_number()
    assert mailbox.moved_since(found.seen, not_before=0, limit=10).moves == []


def test_earlier_moves_are_left_out(mailbox: Mailbox, clock: ManualClock) -> None:
    mailbox.move(INBOX, UidSet.of([1]), JUNK)
    clock.advance(100)
    now = clock.now()
    mailbox.move(INBOX, UidSet.of([2]), JUNK)

    assert mailbox.moved_since(0, not_before=now, limit=10).moves == [Moved(INBOX, JUNK, (2,))]


def test_deleting_and_delivering_are_no_moves(mailbox: Mailbox) -> None:
    mailbox.delete_messages(INBOX, UidSet.of([1]))
    mailbox.append(JUNK, [mail("filtered")])

    assert mailbox.moved_since(0, not_before=0, limit=10).moves == []


def test_the_bound(mailbox: Mailbox) -> None:
    for uid in (1, 2, 3):
        mailbox.move(INBOX, UidSet.of([uid]), JUNK)

    first = mailbox.moved_since(0, not_before=0, limit=2)
    assert [moved.uids for moved in first.moves] == [(1,), (2,)]
    assert first.more
    rest = mailbox.moved_since(first.seen, not_before=0, limit=2)
    assert [moved.uids for moved in rest.moves] == [(3,)]
    assert not rest.more
    # Of a large move as many are told as of transactions.
    mailbox.move(JUNK, UidSet([(1, 3)]), TARGET)
    assert [moved.uids for moved in mailbox.moved_since(rest.seen, not_before=0, limit=2).moves] == [(1, 2)]
