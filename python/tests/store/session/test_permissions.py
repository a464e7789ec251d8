"""The permissions table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gromox.mapi.modifyrow import Change
from gromox.store.create import create_private
from gromox.store.errors import DeniedError, FolderGoneError, InvalidValueError, LimitError
from gromox.store.mailbox import Mailbox
from gromox.store.permission import Right
from gromox.store.session import SYSTEM, Actor, StoreSession
from gromox.store.session.permissions import (
    ANONYMOUS_MEMBER,
    DEFAULT_MEMBER,
    MAX_MEMBERS,
    Permission,
    PermissionChange,
)

INBOX, CALENDAR = 13, 15
BOB, ANN = "bob@example.test", "ann@example.test"
READ = Right.READ_ANY | Right.VISIBLE


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    with create_private(tmp_path / "alice", owner="alice@example.test", user_id=7) as box:
        yield box
        assert box.check() == []


@pytest.fixture
def session(mailbox: Mailbox) -> StoreSession:
    return StoreSession.of(mailbox, SYSTEM)


def rights(session: StoreSession, folder_id: int = INBOX) -> dict[str, int]:
    return {each.username: each.rights for each in session.permissions(folder_id)}


def test_everybody_and_anonymous_are_always_there(session: StoreSession) -> None:
    assert session.permissions(INBOX) == (
        Permission(DEFAULT_MEMBER, "default", 0),
        Permission(ANONYMOUS_MEMBER, "", 0),
    )


@pytest.mark.requirement("MS-OXCPERM", "R47")
@pytest.mark.requirement("MS-OXCPERM", "R1187")
@pytest.mark.requirement("MS-OXCPERM", "R1188")
@pytest.mark.requirement("MS-OXCPERM", "R182")
def test_rows_are_added_modified_and_removed(session: StoreSession) -> None:
    session.modify_permissions(
        INBOX,
        [
            PermissionChange(Change.ADD, READ, username="Bob@Example.test"),
            PermissionChange(Change.MODIFY, Right.VISIBLE, member_id=DEFAULT_MEMBER),
            PermissionChange(Change.MODIFY, Right.VISIBLE, member_id=ANONYMOUS_MEMBER),
        ],
    )
    assert rights(session) == {"default": Right.VISIBLE, "": Right.VISIBLE, BOB: READ}
    member = session.permissions(INBOX)[2].member_id
    session.modify_permissions(
        INBOX, [PermissionChange(Change.MODIFY, READ | Right.CREATE, member_id=member)]
    )
    assert rights(session)[BOB] == READ | Right.CREATE
    session.modify_permissions(INBOX, [PermissionChange(Change.REMOVE, member_id=member)])
    assert BOB not in rights(session)


@pytest.mark.requirement("MS-OXCPERM", "R1175")
def test_rows_that_are_not_there_are_passed_over(session: StoreSession) -> None:
    session.modify_permissions(
        INBOX,
        [
            PermissionChange(Change.MODIFY, READ, member_id=4711),
            PermissionChange(Change.REMOVE, member_id=4712),
            PermissionChange(Change.ADD, READ, username=ANN),
        ],
    )
    assert rights(session) == {"default": 0, "": 0, ANN: READ}


@pytest.mark.requirement("MS-OXCPERM", "R1197")
def test_replacing_keeps_the_row_of_everybody(session: StoreSession) -> None:
    session.modify_permissions(
        INBOX,
        [
            PermissionChange(Change.ADD, READ, username=BOB),
            PermissionChange(Change.MODIFY, Right.VISIBLE, member_id=DEFAULT_MEMBER),
        ],
    )
    session.modify_permissions(INBOX, [PermissionChange(Change.ADD, READ, username=ANN)], replaces=True)
    assert rights(session) == {"default": Right.VISIBLE, "": 0, ANN: READ}


@pytest.mark.requirement("MS-OXCPERM", "R19")
@pytest.mark.requirement("MS-OXCPERM", "R40")
def test_free_busy_bits_count_when_asked_for(session: StoreSession) -> None:
    both = Right.FREEBUSY_SIMPLE | Right.FREEBUSY_DETAILED
    add = PermissionChange(Change.ADD, READ | both, username=BOB)
    session.modify_permissions(CALENDAR, [add])
    assert rights(session, CALENDAR)[BOB] == READ | both
    assert session.permissions(CALENDAR, with_freebusy=False)[2].rights == READ
    member = session.permissions(CALENDAR)[2].member_id
    change = PermissionChange(Change.MODIFY, Right.VISIBLE, member_id=member)
    session.modify_permissions(CALENDAR, [change], with_freebusy=False)
    assert rights(session, CALENDAR)[BOB] == Right.VISIBLE | both
    session.modify_permissions(CALENDAR, [change])
    assert rights(session, CALENDAR)[BOB] == Right.VISIBLE


@pytest.mark.requirement("MS-OXCPERM", "R1093")
def test_rights_that_there_are_not_do_not_come_in(session: StoreSession) -> None:
    session.modify_permissions(INBOX, [PermissionChange(Change.ADD, 0xFFFFFFFF, username=BOB)])
    assert rights(session)[BOB] == 0x1FFB


def test_rights_contain_others(session: StoreSession) -> None:
    given = Right.EDIT_ANY | Right.DELETE_ANY | Right.FREEBUSY_DETAILED
    session.modify_permissions(INBOX, [PermissionChange(Change.ADD, given, username=BOB)])
    assert rights(session)[BOB] == given | Right.EDIT_OWNED | Right.DELETE_OWNED | Right.FREEBUSY_SIMPLE


@pytest.mark.requirement("MS-OXCPERM", "R179")
@pytest.mark.requirement("MS-OXCPERM", "R177")
@pytest.mark.requirement("MS-OXCPERM", "R180")
@pytest.mark.requirement("MS-OXCPERM", "R181")
@pytest.mark.requirement("MS-OXCPERM", "R103")
@pytest.mark.requirement("MS-OXCPERM", "R1120")
def test_who_sees_and_who_changes_them(mailbox: Mailbox) -> None:
    bob = StoreSession.of(mailbox, Actor(BOB))
    with pytest.raises(FolderGoneError):
        bob.permissions(INBOX)
    mailbox.set_rights(INBOX, BOB, Right.VISIBLE)
    assert len(bob.permissions(INBOX)) == 3
    with pytest.raises(DeniedError):
        bob.modify_permissions(INBOX, [PermissionChange(Change.ADD, READ, username=ANN)])
    mailbox.set_rights(INBOX, BOB, Right.OWNER)
    bob.modify_permissions(INBOX, [PermissionChange(Change.ADD, READ, username=ANN)])
    assert rights(bob)[ANN] == READ


@pytest.mark.requirement("MS-OXCPERM", "R173")
@pytest.mark.requirement("MS-OXCPERM", "R1192")
@pytest.mark.requirement("MS-OXCPERM", "R175")
@pytest.mark.requirement("MS-OXCPERM", "R176")
def test_the_users_row_the_groups_row_then_everybodys(mailbox: Mailbox, session: StoreSession) -> None:
    mailbox.set_rights(INBOX, "default", Right.VISIBLE)
    mailbox.set_rights(INBOX, "team@example.test", READ)
    member = Actor(ANN, groups=frozenset({"team@example.test"}))
    assert StoreSession.of(mailbox, Actor(BOB)).folder_rights(INBOX) == Right.VISIBLE
    assert StoreSession.of(mailbox, member).folder_rights(INBOX) == READ
    mailbox.set_rights(INBOX, ANN, Right.CREATE | Right.VISIBLE)
    assert StoreSession.of(mailbox, member).folder_rights(INBOX) == Right.CREATE | Right.VISIBLE
    mailbox.set_rights(INBOX, ANN, 0)
    with pytest.raises(FolderGoneError):
        StoreSession.of(mailbox, member).folder_rights(INBOX)


def test_bounds(session: StoreSession) -> None:
    many = [PermissionChange(Change.ADD, READ, username=f"u{n}@example.test") for n in range(MAX_MEMBERS + 1)]
    with pytest.raises(LimitError):
        session.modify_permissions(INBOX, many)
    session.modify_permissions(INBOX, many[:-1])
    with pytest.raises(LimitError):
        session.modify_permissions(INBOX, many[-1:])
    for bad in (
        PermissionChange(Change.ADD, READ),
        PermissionChange(Change.ADD, READ, username="x" * 321),
        PermissionChange(Change.MODIFY, READ),
    ):
        with pytest.raises(InvalidValueError):
            session.modify_permissions(CALENDAR, [bad])
