"""Keys with which URLs of messages are signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gromox.store.errors import FolderGoneError
from gromox.store.guest import Guest
from gromox.store.mailbox import Mailbox
from gromox.store.permission import Right
from gromox.store.session.actor import Actor
from gromox.store.urlkey import OCTETS

if TYPE_CHECKING:
    from pathlib import Path

INBOX, DRAFTS = 0x0D, 0x0E
BOB = "bob@example.test"


def test_each_folder_and_user_has_a_key_of_its_own(mailbox: Mailbox, path: Path) -> None:
    mailbox.set_rights(INBOX, BOB, int(Right.READ_ANY))
    bob = Guest(mailbox, Actor(BOB))
    assert mailbox.url_key(INBOX) is None
    keys = [mailbox.renew_url_key(INBOX), mailbox.renew_url_key(DRAFTS), bob.renew_url_key(INBOX)]
    assert len(set(keys)) == len(keys)
    assert {len(key) for key in keys} == {OCTETS}
    assert mailbox.needs_sync
    with Mailbox.open(path) as other:
        assert [other.url_key(INBOX), other.url_key(DRAFTS)] == keys[:2]
        assert Guest(other, Actor(BOB.upper())).url_key(INBOX) == keys[2]
        assert other.renew_url_key(INBOX) not in keys
        other.forget_url_keys()
    assert (mailbox.url_key(INBOX), mailbox.url_key(DRAFTS)) == (None, None)
    assert bob.url_key(INBOX) == keys[2]


def test_a_key_goes_with_its_folder(mailbox: Mailbox) -> None:
    folder_id = mailbox.create_folder(9, "x").folder_id
    mailbox.renew_url_key(folder_id)
    mailbox.delete_folder(folder_id)
    with pytest.raises(FolderGoneError):
        mailbox.renew_url_key(folder_id)
    mailbox.purge_softdeleted(before=2e9)
    assert mailbox.url_key(folder_id) is None


def test_nothing_is_written_where_there_is_no_key(mailbox: Mailbox) -> None:
    number = mailbox.change_number()
    mailbox.forget_url_keys()
    assert mailbox.change_number() == number
