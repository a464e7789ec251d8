"""What every kind of table can do, and what only some can ([MS-OXCTABL] 3.2.5)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gromox.codec.packed import Writer
from gromox.mapi import tags
from gromox.mapi.restriction import Exist, Not
from gromox.mapi.ruleaction import STORED, Action, ActionType, RuleAction, pack_rule_action
from gromox.store.errors import TableError
from gromox.store.mailbox import Mailbox
from gromox.store.permission import Right
from gromox.store.session import StoreSession
from gromox.store.table.model import Origin, Sought, Status
from tests.store.table.conftest import INBOX, Add

Open = Callable[[StoreSession, int], int]
OPENERS: dict[str, tuple[Open, int]] = {
    "contents": (lambda session, _: session.open_contents_table(INBOX).handle, tags.PidTagSubject),
    "hierarchy": (lambda session, _: session.open_hierarchy_table(9).handle, tags.PidTagDisplayName),
    "permissions": (lambda session, _: session.open_permissions_table(INBOX).handle, tags.PidTagMemberName),
    "rules": (lambda session, _: session.open_rules_table(INBOX).handle, tags.PidTagRuleName),
    "recipients": (lambda session, mid: session.open_recipients_table(mid).handle, tags.PidTagSmtpAddress),
}
BOOKMARKED = ("contents", "hierarchy")


@pytest.fixture(params=list(OPENERS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def column(kind: str) -> int:
    return OPENERS[kind][1]


@pytest.fixture
def handle(session: StoreSession, box: Mailbox, add: Add, kind: str, column: int) -> int:
    mids = add("one", "two", "three")
    actions = Writer()
    pack_rule_action(actions, RuleAction((Action(ActionType.MARK_AS_READ),)), STORED)
    with box.file.write(durable=True) as tx:
        for name in ("first", "second"):
            box.file.execute(
                "INSERT INTO rules (folder_id, sequence, state, name, provider, condition, actions)"
                " VALUES (?, 1, 1, ?, '', x'', ?)",
                (INBOX, name, actions.octets()),
            )
        tx.next_cn()
    box.set_rights(INBOX, "bob@example.test", Right.VISIBLE)
    table = OPENERS[kind][0](session, mids[0])
    session.table_set_columns(table, (column,))
    return table


@pytest.mark.requirement("MS-OXCTABL", "R55")
@pytest.mark.requirement("MS-OXCTABL", "R132")
@pytest.mark.requirement("MS-OXCTABL", "R432")
@pytest.mark.requirement("MS-OXCTABL", "R488")
@pytest.mark.requirement("MS-OXCTABL", "R842")
@pytest.mark.requirement("MS-OXCTABL", "R487")
@pytest.mark.requirement("MS-OXCTABL", "R891")
@pytest.mark.requirement("MS-OXCTABL", "R785")
def test_columns_are_set_and_the_status_is_complete(session: StoreSession, handle: int, column: int) -> None:
    assert session.table_set_columns(handle, (column, column)) is Status.COMPLETE
    assert session.table_status(handle) is Status.COMPLETE
    assert all(row[0] == row[1] for row in session.table_query_rows(handle, 9).rows)


@pytest.mark.requirement("MS-OXCTABL", "R474")
@pytest.mark.requirement("MS-OXCTABL", "R835")
@pytest.mark.requirement("MS-OXCTABL", "R836")
@pytest.mark.requirement("MS-OXCTABL", "R837")
@pytest.mark.requirement("MS-OXCTABL", "R110")
@pytest.mark.requirement("MS-OXCTABL", "R112")
@pytest.mark.requirement("MS-OXCTABL", "R113")
@pytest.mark.requirement("MS-OXCTABL", "R116")
@pytest.mark.requirement("MS-OXCTABL", "R118")
@pytest.mark.requirement("MS-OXCTABL", "R866")
def test_rows_are_read(session: StoreSession, handle: int) -> None:
    total = session.table_position(handle).total
    assert total >= 2
    one = session.table_query_rows(handle, 1)
    assert (len(one.rows), one.origin) == (1, Origin.CURRENT)
    rest = session.table_query_rows(handle, 1000)
    assert (len(rest.rows), rest.origin) == (total - 1, Origin.END)
    assert len(set(one.rows + rest.rows)) == total
    assert session.table_query_rows(handle, 1000, forward=False).origin is Origin.BEGINNING


@pytest.mark.requirement("MS-OXCTABL", "R493")
@pytest.mark.requirement("MS-OXCTABL", "R137")
@pytest.mark.requirement("MS-OXCTABL", "R139")
@pytest.mark.requirement("MS-OXCTABL", "R499")
@pytest.mark.requirement("MS-OXCTABL", "R519")
@pytest.mark.requirement("MS-OXCTABL", "R853")
@pytest.mark.requirement("MS-OXCTABL", "R513")
@pytest.mark.requirement("MS-OXCTABL", "R516")
@pytest.mark.requirement("MS-OXCTABL", "R203")
@pytest.mark.requirement("MS-OXCTABL", "R204")
@pytest.mark.requirement("MS-OXCTABL", "R150")
@pytest.mark.requirement("MS-OXCTABL", "R154")
@pytest.mark.requirement("MS-OXCTABL", "R155")
@pytest.mark.requirement("MS-OXCTABL", "R160")
@pytest.mark.requirement("MS-OXCTABL", "R161")
def test_the_cursor_moves(session: StoreSession, handle: int) -> None:
    total = session.table_position(handle).total
    assert session.table_seek(handle, Origin.BEGINNING, 1) == Sought(1, has_sought_less=False)
    assert session.table_seek(handle, Origin.CURRENT, -1) == Sought(-1, has_sought_less=False)
    assert session.table_seek(handle, Origin.CURRENT, -1) == Sought(0, has_sought_less=True)
    assert session.table_seek(handle, Origin.BEGINNING, total + 1) == Sought(total, has_sought_less=True)
    for numerator, position in ((0, 0), (1, total // 2), (2, total), (3, total)):
        session.table_seek_fraction(handle, numerator, 2)
        assert session.table_position(handle).position == position


@pytest.mark.requirement("MS-OXCTABL", "R94")
@pytest.mark.requirement("MS-OXCTABL", "R117")
@pytest.mark.requirement("MS-OXCTABL", "R832")
@pytest.mark.requirement("MS-OXCTABL", "R833")
@pytest.mark.requirement("MS-OXCTABL", "R834")
@pytest.mark.requirement("MS-OXCTABL", "R824")
@pytest.mark.requirement("MS-OXCTABL", "R858")
@pytest.mark.requirement("MS-OXCTABL", "R859")
@pytest.mark.requirement("MS-OXCTABL", "R874")
@pytest.mark.requirement("MS-OXCTABL", "R243")
def test_rows_are_restricted_and_found(session: StoreSession, handle: int, column: int) -> None:
    total = session.table_position(handle).total
    assert session.table_find_row(handle, Exist(column), Origin.BEGINNING).row[0] is not None
    assert session.table_restrict(handle, Not(Exist(column))) is Status.COMPLETE
    assert session.table_query_rows(handle, 9).rows == ()
    session.table_restrict(handle, Exist(column))
    assert session.table_position(handle).total == total


@pytest.mark.requirement("MS-OXCTABL", "R531")
@pytest.mark.requirement("MS-OXCTABL", "R875")
@pytest.mark.requirement("MS-OXCTABL", "R876")
@pytest.mark.requirement("MS-OXCTABL", "R877")
def test_all_columns_are_told(session: StoreSession, handle: int, column: int) -> None:
    assert column in session.table_all_columns(handle)


@pytest.mark.requirement("MS-OXCTABL", "R861")
@pytest.mark.requirement("MS-OXCTABL", "R862")
@pytest.mark.requirement("MS-OXCTABL", "R526")
@pytest.mark.requirement("MS-OXCTABL", "R857")
@pytest.mark.requirement("MS-OXCTABL", "R512")
@pytest.mark.requirement("MS-OXCTABL", "R178")
@pytest.mark.requirement("MS-OXCTABL", "R182")
@pytest.mark.requirement("MS-OXCTABL", "R183")
@pytest.mark.requirement("MS-OXCTABL", "R187")
@pytest.mark.requirement("MS-OXCTABL", "R188")
@pytest.mark.requirement("MS-OXCTABL", "R193")
@pytest.mark.requirement("MS-OXCTABL", "R194")
@pytest.mark.requirement("MS-OXCTABL", "R239")
def test_bookmarks_are_for_contents_and_hierarchy(session: StoreSession, handle: int, kind: str) -> None:
    if kind not in BOOKMARKED:
        for refused in (
            lambda: session.table_create_bookmark(handle),
            lambda: session.table_free_bookmark(handle, 3),
            lambda: session.table_seek_bookmark(handle, 3, 0),
        ):
            with pytest.raises(TableError):
                refused()
        return
    bookmark = session.table_create_bookmark(handle)
    assert session.table_seek_bookmark(handle, bookmark, 1) == Sought(1, has_sought_less=False)
    assert session.table_seek_bookmark(handle, bookmark, -1) == Sought(0, has_sought_less=True)
    assert not session.table_find_row(handle, Not(Exist(0x3FFE0003)), bookmark=bookmark).row_no_longer_visible


@pytest.mark.requirement("MS-OXCTABL", "R860")
@pytest.mark.requirement("MS-OXCTABL", "R483")
@pytest.mark.requirement("MS-OXCTABL", "R839")
@pytest.mark.requirement("MS-OXCTABL", "R479")
@pytest.mark.requirement("MS-OXCTABL", "R486")
def test_there_is_never_anything_to_abort(session: StoreSession, handle: int) -> None:
    with pytest.raises(TableError):
        session.table_abort(handle)


@pytest.mark.requirement("MS-OXCTABL", "R524")
@pytest.mark.requirement("MS-OXCTABL", "R546")
def test_a_closed_table_has_no_bookmarks_any_more(session: StoreSession, handle: int, kind: str) -> None:
    if kind in BOOKMARKED:
        bookmark = session.table_create_bookmark(handle)
        session.close_handle(handle)
        again = OPENERS[kind][0](session, 0)
        with pytest.raises(TableError):
            session.table_seek_bookmark(again, bookmark, 0)
