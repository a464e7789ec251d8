"""Who sees what: a session answers for its actor."""

from __future__ import annotations

import pytest

from gromox.store.errors import DeniedError, FolderGoneError
from gromox.store.mailbox import Mailbox
from gromox.store.permission import OWNER_RIGHTS, Right
from gromox.store.session import SYSTEM, Actor, StoreSession
from gromox.store.session.access import Access
from tests.store.session.conftest import OpenSession

INBOX, CALENDAR = 13, 15
BOB = Actor("bob@example.test", groups=frozenset({"team@example.test"}))


@pytest.mark.parametrize("actor", [SYSTEM, Actor("alice@example.test")])
def test_system_and_owner_may_everything(open_session: OpenSession, actor: Actor) -> None:
    assert open_session(actor).folder_rights(INBOX) == OWNER_RIGHTS


def test_a_folder_without_rights_is_not_there(open_session: OpenSession) -> None:
    with pytest.raises(FolderGoneError):
        open_session(BOB).folder_rights(INBOX)


def test_rights_follow_a_change(mailbox: Mailbox, open_session: OpenSession) -> None:
    session = open_session(BOB)
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
