"""Who sees what: a session answers for its actor."""

from __future__ import annotations

from pathlib import Path
from collections.abc import Iterator

import pytest

from gromox.store.create import create_private
from gromox.store.errors import DeniedError, FolderGoneError
from gromox.store.mailbox import Mailbox
from gromox.store.permission import OWNER_RIGHTS, Right
from gromox.store.session import SYSTEM, Actor, StoreSession
from gromox.store.session.access import Access

INBOX, CALENDAR = 13, 15
BOB = Actor("bob@example.test", groups=frozenset({"team@example.test"}))


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    with create_private(tmp_path / "alice", owner="alice@example.test", user_id=7) as box:
        yield box


@pytest.mark.parametrize("actor", [SYSTEM, Actor("Alice@Example.test")])
def test_system_and_owner_may_everything(mailbox: Mailbox, actor: Actor) -> None:
    assert StoreSession.of(mailbox, actor).folder_rights(INBOX) == OWNER_RIGHTS


def test_a_folder_without_rights_is_not_there(mailbox: Mailbox) -> None:
    with pytest.raises(FolderGoneError):
        StoreSession.of(mailbox, BOB).folder_rights(INBOX)


def test_rights_follow_a_change(mailbox: Mailbox) -> None:
    session = StoreSession.of(mailbox, BOB)
    mailbox.set_rights(INBOX, "team@example.test", Right.READ_ANY | Right.VISIBLE)
    assert session.folder_rights(INBOX) == Right.READ_ANY | Right.VISIBLE
    mailbox.set_rights(INBOX, BOB.username, Right.VISIBLE)
    assert session.folder_rights(INBOX) == Right.VISIBLE


def test_a_right_is_required(mailbox: Mailbox) -> None:
    mailbox.set_rights(INBOX, BOB.username, Right.VISIBLE | Right.CREATE)
    access = Access(mailbox.file, BOB)
    access.require(INBOX, Right.CREATE)
    with pytest.raises(DeniedError):
        access.require(INBOX, Right.CREATE | Right.READ_ANY)
    with pytest.raises(DeniedError):
        access.require_owner()


def test_an_owner_of_a_folder_has_all_rights_there(mailbox: Mailbox) -> None:
    mailbox.set_rights(INBOX, BOB.username, Right.OWNER)
    assert Access(mailbox.file, BOB).may(INBOX, Right.DELETE_ANY)
    assert not Access(mailbox.file, BOB).may(CALENDAR, Right.READ_ANY)


def test_who_sends_for_the_owner_has_that_right_on_the_store(mailbox: Mailbox) -> None:
    delegate = Actor(BOB.username, is_delegate_sender=True)
    assert StoreSession.of(mailbox, delegate).store_rights() & Right.SEND_AS
    assert not StoreSession.of(mailbox, BOB).store_rights() & Right.SEND_AS
