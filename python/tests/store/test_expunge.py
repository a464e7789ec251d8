from __future__ import annotations

from pathlib import Path

from gromox.base.clock import ManualClock
from gromox.store.flags import Flag
from gromox.store.mailbox import Mailbox
from gromox.store.mailbox_file import Options
from gromox.store.model import Columns
from gromox.store.uidset import UidSet
from tests.store.sample import mail

INBOX, TRASH = 13, 11


def test_expunge_takes_what_is_deleted(mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail(str(n), Flag.DELETED if n % 2 else Flag(0)) for n in range(6)])
    modseq = mailbox.view(INBOX).highest_modseq
    first = mailbox.expunge(INBOX, UidSet([(1, 3)]))
    assert list(first.uids) == [2]
    assert first.modseq == modseq + 1 == mailbox.folder(INBOX).highest_modseq
    assert list(mailbox.expunge(INBOX).uids) == [4, 6]
    nothing = mailbox.expunge(INBOX)
    assert (list(nothing.uids), nothing.modseq) == ([], 0)
    assert list(mailbox.view(INBOX).uids()) == [1, 3, 5]
    assert list(mailbox.vanished_since(INBOX, modseq)) == [2, 4, 6]
    assert list(mailbox.vanished_since(INBOX, modseq + 1)) == [4, 6]


def test_a_session_may_still_fetch_what_was_expunged(mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail("gone")])
    mailbox.delete_messages(INBOX, UidSet.everything())
    (row,) = mailbox.fetch(INBOX, [1], Columns.ENVELOPE)
    assert b"gone" in row.envelope
    assert b"gone" in mailbox.content(INBOX, 1).octets()
    folder = mailbox.folder(INBOX)
    assert (folder.total, folder.deleted_total, folder.size) == (0, 1, 0)
    assert folder.deleted_size == row.size


def test_purge_looks_at_the_time(mailbox: Mailbox, clock: ManualClock) -> None:
    mailbox.append(INBOX, [mail("a"), mail("b")])
    mailbox.append(TRASH, [mail("c")])
    mailbox.delete_messages(INBOX, UidSet([(1, 1)]))
    mailbox.delete_messages(TRASH, UidSet([(1, 1)]))
    clock.advance(100)
    mailbox.delete_messages(INBOX, UidSet([(2, 2)]))
    assert mailbox.purge_softdeleted(before=clock.now() - 50, folder_id=INBOX) == 1
    assert list(mailbox.fetch(INBOX, [1], Columns.SIZE)) == []
    assert mailbox.folder(INBOX).deleted_total == 1
    assert mailbox.purge_softdeleted(before=clock.now(), folder_id=9) == 2
    assert mailbox.purge_softdeleted(before=clock.now()) == 0


def test_hard_deletion(mailbox: Mailbox, path: Path) -> None:
    with Mailbox.open(path, options=Options(soft_delete=False)) as hard:
        hard.append(INBOX, [mail("a"), mail("b", Flag.DELETED)])
        folder = hard.create_folder(9, "x").folder_id
        hard.append(folder, [mail("a", size=200_000)])
        hard.expunge(INBOX)
        hard.delete_folder(folder)
        assert [row.uid for row in hard.fetch(INBOX, [1, 2], Columns.SIZE)] == [1]
        assert hard.folder(INBOX).deleted_total == 0
        assert hard.purge_datafiles() == 1


def test_what_is_no_longer_known_to_have_gone(mailbox: Mailbox, clock: ManualClock) -> None:
    mailbox.append(INBOX, [mail()] * 10)
    modseq = mailbox.view(INBOX).highest_modseq
    mailbox.delete_messages(INBOX, UidSet([(3, 4)]))
    clock.advance(200 * 86400)
    mailbox.delete_messages(INBOX, UidSet([(6, 6)]))
    mailbox.purge_softdeleted(before=clock.now())
    assert str(mailbox.vanished_since(INBOX, modseq)) == "3:4,6"
    assert str(mailbox.vanished_since(INBOX, modseq + 1)) == "6"
    assert str(mailbox.vanished_since(TRASH, 0)) == ""
