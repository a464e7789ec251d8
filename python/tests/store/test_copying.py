from __future__ import annotations

import pytest

from gromox.store import errors
from gromox.store.block import CAPACITY
from gromox.store.flags import Flag
from gromox.store.mailbox import Mailbox
from gromox.store.model import Columns
from gromox.store.uidset import UidSet
from tests.store.sample import mail

INBOX, TARGET = 13, 11
ALL_COLUMNS = Columns(511)


@pytest.fixture(autouse=True)
def _filled(mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail("a", Flag.SEEN), mail("b", Flag(0), "word"), mail("c", size=100_000)])
    mailbox.append(TARGET, [mail("there")])


def test_copies_have_the_flags_and_all_else(mailbox: Mailbox) -> None:
    copied = mailbox.copy(INBOX, UidSet([(2, 9)]), TARGET)
    assert (copied.uid_validity, list(copied.source_uids), list(copied.target_uids)) == (
        mailbox.folder(TARGET).uid_validity,
        [2, 3],
        [2, 3],
    )
    view = mailbox.view(TARGET)
    assert view.flags_of(2)[:2] == (Flag(0), ("word",))  # type: ignore[index]
    before = list(mailbox.fetch(INBOX, [2, 3], ALL_COLUMNS))
    after = list(mailbox.fetch(TARGET, [2, 3], ALL_COLUMNS))
    assert [row[2:] for row in before] == [row[2:] for row in after]
    assert [row.mid for row in before] != [row.mid for row in after]
    assert mailbox.content(TARGET, 3).octets() == mailbox.content(INBOX, 3).octets()
    assert mailbox.folder(TARGET).unread == 3


def test_moved_messages_leave_a_trace(mailbox: Mailbox) -> None:
    modseq = mailbox.view(INBOX).highest_modseq
    moved = mailbox.move(INBOX, UidSet.of([1, 3]), TARGET)
    assert (list(moved.source_uids), list(moved.target_uids)) == ([1, 3], [2, 3])
    assert list(mailbox.view(INBOX).uids()) == [2]
    assert list(mailbox.vanished_since(INBOX, modseq)) == [1, 3]
    assert mailbox.folder(INBOX).highest_modseq > modseq
    with pytest.raises(errors.MessageGoneError):
        mailbox.content(INBOX, 1)
    assert mailbox.content(TARGET, 3).size == 100_000
    assert mailbox.folder(INBOX).deleted_total == 0


def test_within_one_folder(mailbox: Mailbox) -> None:
    assert list(mailbox.copy(INBOX, UidSet([(1, 2)]), INBOX).target_uids) == [4, 5]
    assert list(mailbox.move(INBOX, UidSet([(1, 3)]), INBOX).target_uids) == [6, 7, 8]
    view = mailbox.view(INBOX)
    assert list(view.uids()) == [4, 5, 6, 7, 8]
    assert [view.flags_of(uid)[0] for uid in (4, 6)] == [Flag.SEEN, Flag.SEEN]  # type: ignore[index]


def test_many(mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail("m", Flag.FLAGGED)] * (CAPACITY + 200))
    mailbox.move(INBOX, UidSet([(500, 1100)]), TARGET)
    mailbox.copy(TARGET, UidSet.everything(), INBOX)
    assert mailbox.folder(INBOX).total == CAPACITY + 203 + 1
    assert mailbox.folder(TARGET).total == 602


def test_nothing_to_do_and_nowhere_to_go(mailbox: Mailbox) -> None:
    number = mailbox.change_number()
    assert list(mailbox.copy(INBOX, UidSet([(77, 99)]), TARGET).target_uids) == []
    assert list(mailbox.move(INBOX, UidSet(), TARGET).target_uids) == []
    assert mailbox.change_number() == number
    with pytest.raises(errors.FolderGoneError):
        mailbox.copy(INBOX, UidSet.everything(), 0x999)
    with pytest.raises(errors.FolderGoneError):
        mailbox.move(0x999, UidSet.everything(), INBOX)
    assert mailbox.view(INBOX).total == 3
