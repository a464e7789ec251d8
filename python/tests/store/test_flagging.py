from __future__ import annotations

import pytest

from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.mailbox import Mailbox
from gromox.store.uidset import UidSet
from gromox.store.view import diff
from tests.store.sample import mail

INBOX = 13
ADD, REMOVE, REPLACE = FlagOperation.ADD, FlagOperation.REMOVE, FlagOperation.REPLACE


@pytest.fixture(autouse=True)
def _filled(mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail(str(n)) for n in range(5)])


def flags(mailbox: Mailbox) -> list[int]:
    return [octet for block in mailbox.view(INBOX).blocks for octet in block.flags]


def test_operations(mailbox: Mailbox) -> None:
    mailbox.set_flags(INBOX, UidSet([(1, 3)]), FlagChange(ADD, Flag.SEEN | Flag.FLAGGED))
    mailbox.set_flags(INBOX, UidSet([(2, 2)]), FlagChange(REMOVE, Flag.SEEN))
    mailbox.set_flags(INBOX, UidSet([(3, 4)]), FlagChange(REPLACE, Flag.DRAFT))
    assert flags(mailbox) == [10, 2, 16, 16, 0]
    assert mailbox.folder(INBOX).unread == 4
    assert mailbox.view(INBOX).unseen_first == 2


def test_what_does_not_change_keeps_its_modseq(mailbox: Mailbox) -> None:
    first = mailbox.set_flags(INBOX, UidSet([(1, 2)]), FlagChange(ADD, Flag.SEEN))
    assert list(first.changed) == [1, 2]
    number = mailbox.change_number()
    again = mailbox.set_flags(INBOX, UidSet([(1, 2)]), FlagChange(ADD, Flag.SEEN))
    assert (list(again.changed), again.modseq, mailbox.change_number()) == ([], first.modseq, number)
    partly = mailbox.set_flags(INBOX, UidSet.everything(), FlagChange(ADD, Flag.SEEN))
    assert list(partly.changed) == [3, 4, 5]
    assert list(mailbox.view(INBOX).changed_since(first.modseq)) == [3, 4, 5]
    assert list(mailbox.view(INBOX).changed_since(first.modseq - 1)) == [1, 2, 3, 4, 5]


def test_unchanged_since_refuses(mailbox: Mailbox) -> None:
    since = mailbox.view(INBOX).highest_modseq
    mailbox.set_flags(INBOX, UidSet([(2, 2)]), FlagChange(ADD, Flag.SEEN))
    result = mailbox.set_flags(INBOX, UidSet([(1, 4)]), FlagChange(ADD, Flag.FLAGGED), unchanged_since=since)
    assert (list(result.changed), list(result.refused)) == ([1, 3, 4], [2])
    assert flags(mailbox) == [2, 8, 2, 2, 0]


def test_keywords(mailbox: Mailbox) -> None:
    mailbox.set_flags(INBOX, UidSet([(1, 2)]), FlagChange(ADD, keywords=frozenset({"Work", "$x"})))
    mailbox.set_flags(INBOX, UidSet([(2, 2)]), FlagChange(REMOVE, keywords=frozenset({"work"})))
    mailbox.set_flags(INBOX, UidSet([(3, 3)]), FlagChange(REPLACE, Flag.SEEN, frozenset({"WORK"})))
    view = mailbox.view(INBOX)
    assert [view.flags_of(uid)[1] for uid in (1, 2, 3, 4)] == [("$x", "Work"), ("$x",), ("Work",), ()]  # type: ignore[index]
    changed = mailbox.set_flags(INBOX, UidSet([(1, 4)]), FlagChange(ADD, keywords=frozenset({"Work"})))
    assert list(changed.changed) == [2, 4]
    mailbox.set_flags(INBOX, UidSet.everything(), FlagChange(REPLACE))
    assert mailbox.view(INBOX).blocks[0].keyword_sets is None


def test_flag_changes_are_lazily_durable(mailbox: Mailbox) -> None:
    assert mailbox.needs_sync
    mailbox.sync()
    mailbox.set_flags(INBOX, UidSet([(1, 2)]), FlagChange(ADD, Flag.SEEN))
    assert not mailbox.needs_sync


def test_lines(mailbox: Mailbox) -> None:
    mailbox.set_flags(INBOX, UidSet([(4, 5)]), FlagChange(ADD, Flag.SEEN, frozenset({"k"})))
    mailbox.delete_messages(INBOX, UidSet([(1, 3)]))
    view = mailbox.view(INBOX)
    block = view.blocks[0]
    modseq = block.modseq_at(0)
    assert (
        block.flag_lines(1) == b"* 1 FETCH (UID 4 FLAGS (\\Seen k))\r\n* 2 FETCH (UID 5 FLAGS (\\Seen k))\r\n"
    )
    assert block.flag_lines(1) is block.flag_lines(1)
    assert block.flag_lines(7, with_uid=False, recent_from=5) == (
        b"* 7 FETCH (FLAGS (\\Seen k))\r\n* 8 FETCH (FLAGS (\\Seen k \\Recent))\r\n"
    )
    assert block.flag_lines(1, with_modseq=True).startswith(
        b"* 1 FETCH (UID 4 FLAGS (\\Seen k) MODSEQ (%d))" % modseq
    )


def test_unknown_uids_are_ignored(mailbox: Mailbox) -> None:
    before = mailbox.view(INBOX)
    assert list(mailbox.set_flags(INBOX, UidSet([(6, 99)]), FlagChange(ADD, Flag.SEEN)).changed) == []
    assert not diff(before, mailbox.view(INBOX))
