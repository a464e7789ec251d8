"""Hierarchy tables, and small tables: permissions, rules, recipients, attachments."""

from __future__ import annotations

import pytest

from gromox.codec.packed import Writer
from gromox.mapi import tags
from gromox.mapi.restriction import Exist, Property, RelOp
from gromox.mapi.restrictioncodec import pack_restriction
from gromox.mapi.ruleaction import STORED, Action, ActionType, RuleAction, pack_rule_action
from gromox.mapi.sortorder import SortOrder, SortOrderSet
from gromox.store.errors import (
    DeniedError,
    FolderGoneError,
    InvalidValueError,
    MessageGoneError,
    NotFoundError,
    TableError,
)
from gromox.store.mailbox import Mailbox
from gromox.store.permission import Right
from gromox.store.session import Actor, StoreSession
from gromox.store.table.listed import MEMBER_ANONYMOUS
from gromox.store.table.model import HierarchyFlag, Origin, RowChange, Status
from tests.store.table.conftest import INBOX, Add

BOB = Actor("bob@example.test")
NAME, DEPTH = tags.PidTagDisplayName, tags.PidTagDepth


def names(session: StoreSession, handle: int) -> list[object]:
    session.table_set_columns(handle, (NAME,))
    session.table_seek(handle, Origin.BEGINNING, 0)
    return [row[0] for row in session.table_query_rows(handle, 100).rows]


@pytest.fixture
def tree(box: Mailbox) -> int:
    """Folders: top/{a/{deep}, B}."""
    top = box.create_folder(9, "top").folder_id
    a = box.create_folder(top, "a").folder_id
    box.create_folder(a, "deep")
    box.create_folder(top, "B")
    return top


@pytest.mark.requirement("MS-OXCTABL", "R829")
@pytest.mark.requirement("MS-OXCTABL", "R844")
@pytest.mark.requirement("MS-OXCTABL", "R848")
@pytest.mark.requirement("MS-OXCTABL", "R840")
@pytest.mark.requirement("MS-OXCFOLD", "R801")
@pytest.mark.requirement("MS-OXCFOLD", "R802")
def test_children_and_all_below(session: StoreSession, tree: int) -> None:
    children = session.open_hierarchy_table(tree)
    assert children.row_count == 2
    assert names(session, children.handle) == ["a", "B"]
    deep = session.open_hierarchy_table(tree, HierarchyFlag.DEPTH).handle
    session.table_set_columns(deep, (NAME, DEPTH, tags.PidTagFolderId))
    rows = session.table_query_rows(deep, 9).rows
    assert [row[:2] for row in rows] == [("a", 1), ("deep", 2), ("B", 1)]
    assert session.table_status(deep) is Status.COMPLETE
    assert NAME in session.table_all_columns(deep)


@pytest.mark.requirement("MS-OXCTABL", "R450")
def test_it_cannot_be_sorted_or_reset(session: StoreSession, tree: int) -> None:
    handle = session.open_hierarchy_table(tree).handle
    with pytest.raises(TableError):
        session.table_sort(handle, SortOrderSet((SortOrder(NAME),)))
    with pytest.raises(TableError):
        session.table_reset(handle)
    with pytest.raises(InvalidValueError):
        session.open_hierarchy_table(tree, 0x01)


@pytest.mark.requirement("MS-OXCTABL", "R852")
@pytest.mark.requirement("MS-OXCTABL", "R547")
def test_it_has_conditions_bookmarks_and_finds_rows(session: StoreSession, tree: int) -> None:
    handle = session.open_hierarchy_table(tree, HierarchyFlag.DEPTH).handle
    session.table_set_columns(handle, (NAME,))
    bookmark = session.table_create_bookmark(handle)
    found = session.table_find_row(handle, Property(RelOp.EQUAL, NAME, NAME, "b"))
    assert found.row == ("B",)
    assert session.table_position(handle).position == 2
    session.table_seek_bookmark(handle, bookmark, 1)
    assert session.table_query_rows(handle, 1).rows == (("deep",),)
    session.table_free_bookmark(handle, bookmark)
    session.table_restrict(handle, Property(RelOp.EQUAL, DEPTH, DEPTH, 2))
    assert names(session, handle) == ["deep"]


@pytest.mark.requirement("MS-OXCFOLD", "R806")
@pytest.mark.requirement("MS-OXCFOLD", "R1219")
def test_deleted_folders(session: StoreSession, box: Mailbox, tree: int) -> None:
    child = box.child(tree, "B")
    assert child is not None
    box.delete_folder(child.folder_id)
    assert names(session, session.open_hierarchy_table(tree).handle) == ["a"]
    assert names(session, session.open_hierarchy_table(tree, HierarchyFlag.SOFT_DELETES).handle) == ["B"]


def test_folders_that_may_not_be_seen_have_no_row(box: Mailbox, tree: int) -> None:
    bob = StoreSession.of(box, BOB)
    with pytest.raises(FolderGoneError):
        bob.open_hierarchy_table(tree, HierarchyFlag.DEPTH)
    child = box.child(tree, "a")
    assert child is not None
    box.set_rights(child.folder_id, BOB.username, Right.VISIBLE)
    table = bob.open_hierarchy_table(tree, HierarchyFlag.DEPTH)
    assert table.row_count == 1
    assert names(bob, table.handle) == ["a"]
    box.set_rights(child.folder_id, BOB.username, None)
    assert bob.table_position(table.handle).total == 0


def test_changes_of_folders(session: StoreSession, box: Mailbox, tree: int, add: Add) -> None:
    handle = session.open_hierarchy_table(tree).handle
    session.table_set_columns(handle, (NAME, tags.PidTagContentCount))
    session.table_changes(handle)
    child = box.child(tree, "B")
    assert child is not None
    add("a mail", folder=child.folder_id)
    (event,) = session.table_changes(handle).events
    assert (event.change, event.row_id) == (RowChange.MODIFIED, child.folder_id)
    assert event.values == ("B", 1)
    box.delete_folder(child.folder_id)
    (event,) = session.table_changes(handle).events
    assert (event.change, event.row_id) == (RowChange.DELETED, child.folder_id)
    box.create_folder(tree, "c")
    (event,) = session.table_changes(handle).events
    assert event.change is RowChange.TABLE_CHANGED
    assert names(session, handle) == ["a", "c"]


def test_permissions(session: StoreSession, box: Mailbox) -> None:
    """[MS-OXCPERM] 2.2.4 to 2.2.7."""
    box.set_rights(15, BOB.username, Right.READ_ANY | Right.FREEBUSY_SIMPLE)
    wanted = (tags.PidTagMemberId, tags.PidTagMemberName, tags.PidTagMemberRights)
    handle = session.open_permissions_table(15).handle
    session.table_set_columns(handle, wanted)
    rows = session.table_query_rows(handle, 9).rows
    assert rows[:2] == ((0, "", 0xC00), (MEMBER_ANONYMOUS, "Anonymous", 0))
    assert rows[2][1:] == (BOB.username, 0x801)
    old = session.open_permissions_table(15, free_busy=False).handle
    session.table_set_columns(old, wanted)
    assert [row[2] for row in session.table_query_rows(old, 9).rows] == [0x400, 0, 1]
    with pytest.raises(TableError):
        session.table_create_bookmark(handle)
    box.set_rights(15, BOB.username, None)
    assert session.table_position(handle).total == 2
    box.set_rights(15, BOB.username, Right.VISIBLE)
    with pytest.raises(DeniedError):
        StoreSession.of(box, BOB).open_permissions_table(15)


@pytest.mark.requirement("MS-OXCTABL", "R830")
@pytest.mark.requirement("MS-OXCTABL", "R841")
@pytest.mark.requirement("MS-OXCTABL", "R845")
@pytest.mark.requirement("MS-OXCTABL", "R849")
@pytest.mark.requirement("MS-OXCTABL", "R854")
def test_rules(session: StoreSession, box: Mailbox) -> None:
    condition, actions = Writer(), Writer()
    pack_restriction(condition, Exist(tags.PidTagSubject), wide=True)
    pack_rule_action(actions, RuleAction((Action(ActionType.MARK_AS_READ),)), STORED)
    save = (
        "INSERT INTO rules (folder_id, sequence, state, name, provider, condition, actions)"
        " VALUES (?, ?, 1, ?, 'RuleOrganizer', ?, ?)"
    )
    with box.file.write(durable=True) as tx:
        box.file.execute(save, (INBOX, 2, "second", condition.octets(), actions.octets()))
        box.file.execute(save, (INBOX, 1, "first", b"\xff", actions.octets()))
        tx.next_cn()
    handle = session.open_rules_table(INBOX).handle
    session.table_set_columns(handle, (tags.PidTagRuleName, tags.PidTagRuleState, tags.PidTagRuleCondition))
    assert session.table_query_rows(handle, 9).rows == (
        ("first", 0x41, None),
        ("second", 1, Exist(tags.PidTagSubject)),
    )
    session.table_seek_fraction(handle, 1, 2)
    assert session.table_position(handle).position == 1
    session.table_restrict(handle, Exist(tags.PidTagRuleCondition))
    assert session.table_position(handle).total == 1
    assert session.table_status(handle) is Status.COMPLETE


def test_recipients_and_attachments(session: StoreSession, box: Mailbox, add: Add) -> None:
    (mid,) = add("one")
    handle = session.open_recipients_table(mid).handle
    session.table_set_columns(handle, (tags.PidTagSmtpAddress, tags.PidTagDisplayName & 0xFFFF0000 | 0x1E))
    rows = session.table_query_rows(handle, 9).rows
    assert rows[0] == ("alice@example.test", b"Alice")
    assert len(rows) == 2
    assert session.open_attachments_table(mid).row_count == 0
    with pytest.raises(MessageGoneError):
        StoreSession.of(box, BOB).open_recipients_table(mid)
    with pytest.raises(MessageGoneError):
        session.open_attachments_table(mid + 1)
    with pytest.raises(NotFoundError):
        session.table_find_row(handle, Exist(0x3FFE0003), Origin.BEGINNING)
