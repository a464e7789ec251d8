"""UIDVALIDITY: never the same for other messages, not even after a backup was restored. RFC 9051 2.3.1.1."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from gromox.base.clock import ManualClock
from gromox.mapi.folderids import Private
from gromox.store import errors, validity
from gromox.store.builtin import INBOX
from gromox.store.create import create_private
from gromox.store.mailbox import Mailbox
from gromox.store.model import NewMail

if TYPE_CHECKING:
    from pathlib import Path

SUBTREE = int(Private.IPM_SUBTREE)
DATABASE = "exmdb/exchange.sqlite3"
MAIL = NewMail(b"Subject: x\r\n\r\n")


def numbers(mailbox: Mailbox) -> dict[int, int]:
    return {folder.folder_id: folder.uid_validity for folder in mailbox.folders()}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def box(tmp_path: Path, clock: ManualClock) -> Path:
    create_private(tmp_path / "a", owner="a", user_id=1, clock=clock).close()
    return tmp_path / "a"


def test_all_folders_get_one_that_none_has_had(box: Path, clock: ManualClock) -> None:
    with Mailbox.open(box, clock=clock) as mailbox:
        gone = mailbox.create_folder(SUBTREE, "gone")
        mailbox.delete_folder(gone.folder_id)
        seen = {gone.uid_validity}
        for step in (0, 1, 86_400):
            clock.advance(step)
            before = numbers(mailbox)
            seen |= set(before.values())
            assert mailbox.renew_uid_validity() == len(before)
            after = numbers(mailbox)
            assert after.keys() == before.keys()
            assert len(set(after.values())) == len(after)
            assert min(after.values()) > max(seen)
            assert mailbox.view(INBOX).uid_validity == after[INBOX]
        fresh = mailbox.create_folder(SUBTREE, "gone")
        assert fresh.uid_validity > max(after.values())
        assert mailbox.check() == []


def test_one_folder_alone(box: Path, clock: ManualClock) -> None:
    with Mailbox.open(box, clock=clock) as mailbox:
        made = mailbox.create_folder(SUBTREE, "made").folder_id
        before = numbers(mailbox)
        assert mailbox.renew_uid_validity(made) == 1
        after = numbers(mailbox)
        changed = {folder_id for folder_id, number in after.items() if number != before[folder_id]}
        assert changed == {made, int(Private.ROOT)}
        assert after[made] > max(before.values())
        assert mailbox.create_folder(SUBTREE, "next").uid_validity > after[made]
        with pytest.raises(errors.FolderGoneError):
            mailbox.renew_uid_validity(12_345)


def test_who_has_the_mailbox_open_sees_it(box: Path) -> None:
    with Mailbox.open(box) as reader, Mailbox.open(box) as tool:
        reader.append(INBOX, [MAIL])
        old = reader.view(INBOX)
        tool.renew_uid_validity()
        new = reader.view(INBOX)
        assert new.uid_validity == tool.folder(INBOX).uid_validity > old.uid_validity
        assert reader.folder(INBOX).uid_validity == new.uid_validity
        assert list(new.uids()) == list(old.uids()) == [1]
        added = reader.append(INBOX, [MAIL])
        assert (added.uid_validity, list(added.uids)) == (new.uid_validity, [2])


def test_nothing_of_a_lost_state_is_given_out_again(box: Path, clock: ManualClock) -> None:
    backup = box.parent / "backup"
    shutil.copy(box / DATABASE, backup)
    with Mailbox.open(box, clock=clock) as mailbox:
        clock.advance(60)
        mailbox.renew_uid_validity(INBOX)
        lost = [mailbox.create_folder(SUBTREE, f"{number}") for number in range(20)]
        mailbox.append(INBOX, [MAIL] * 50)
        known, before = mailbox.change_number(), mailbox.folder(INBOX)
    clock.advance(60)
    for path in (box / "exmdb").iterdir():
        path.unlink()
    shutil.copy(backup, box / DATABASE)
    with Mailbox.open(box, clock=clock) as mailbox:
        assert mailbox.change_number() < known
        mailbox.renew_uid_validity()
        assert mailbox.folder(INBOX).uid_validity > before.uid_validity
        assert mailbox.folder(INBOX).highest_modseq > known
        made = mailbox.create_folder(SUBTREE, "0")
        assert made.folder_id > max(folder.folder_id for folder in lost)
        assert made.uid_validity > max(folder.uid_validity for folder in lost)


def test_the_numbers_end_somewhere(box: Path) -> None:
    with Mailbox.open(box, clock=ManualClock(validity.LARGEST - 12)) as mailbox:
        with pytest.raises(errors.LimitError):
            mailbox.renew_uid_validity(INBOX)
        before = numbers(mailbox)
        with pytest.raises(errors.LimitError):
            mailbox.renew_uid_validity()
        assert numbers(mailbox) == before
    with Mailbox.open(box, clock=ManualClock(validity.LARGEST - 13)) as mailbox:
        mailbox.renew_uid_validity(INBOX)
        assert mailbox.folder(INBOX).uid_validity == validity.LARGEST
