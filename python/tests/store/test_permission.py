from __future__ import annotations

import pytest

from gromox.store import errors
from gromox.store.mailbox import Mailbox
from gromox.store.permission import ALL_RIGHTS, OWNER_RIGHTS, Right

INBOX, SUBTREE = 13, 9


def groups(user: str) -> list[str]:
    return ["Team@example.test", "all@example.test"] if user == "bob@example.test" else []


def test_order_of_resolution(mailbox: Mailbox) -> None:
    bob = "Bob@Example.test"
    assert mailbox.rights("alice@EXAMPLE.test", INBOX) == OWNER_RIGHTS
    assert mailbox.rights(bob, INBOX) == 0
    mailbox.set_rights(INBOX, "default", Right.VISIBLE)
    assert mailbox.rights(bob, INBOX, groups_of=groups) == Right.VISIBLE
    mailbox.set_rights(INBOX, "team@example.test", Right.READ_ANY)
    mailbox.set_rights(INBOX, "all@example.test", Right.CREATE)
    assert mailbox.rights(bob, INBOX, groups_of=groups) == Right.READ_ANY | Right.CREATE
    assert mailbox.rights("carol@example.test", INBOX, groups_of=groups) == Right.VISIBLE
    mailbox.set_rights(INBOX, bob, 0)
    assert mailbox.rights(bob, INBOX, groups_of=groups) == 0
    mailbox.set_rights(INBOX, bob, None)
    assert mailbox.rights(bob, INBOX, groups_of=groups) == Right.READ_ANY | Right.CREATE
    assert mailbox.rights("", INBOX) == 0
    mailbox.set_rights(INBOX, "", Right.READ_ANY)
    assert mailbox.rights("", INBOX) == Right.READ_ANY
    assert dict(mailbox.permissions(INBOX))["default"] == Right.VISIBLE


def test_rights_on_the_store(mailbox: Mailbox) -> None:
    bob = "bob@example.test"
    mailbox.set_rights(INBOX, bob, Right.READ_ANY)
    mailbox.set_rights(INBOX, "team@example.test", Right.DELETE_ANY)
    mailbox.set_rights(SUBTREE, "team@example.test", ALL_RIGHTS)
    result = mailbox.rights(bob, groups_of=groups)
    assert result == ALL_RIGHTS | Right.STORE_OWNER
    mailbox.set_rights(SUBTREE, bob, Right.VISIBLE)
    assert mailbox.rights(bob, groups_of=groups) == Right.READ_ANY | Right.VISIBLE
    assert mailbox.rights("alice@example.test") == OWNER_RIGHTS
    assert mailbox.rights("") == 0


def test_no_rights_on_what_is_not_there(mailbox: Mailbox) -> None:
    with pytest.raises(errors.FolderGoneError):
        mailbox.rights("bob@example.test", 0x999)
    with pytest.raises(errors.FolderGoneError):
        mailbox.set_rights(0x999, "bob", 1)
