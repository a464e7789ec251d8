"""Categories: headings that open and close, and their state."""

from __future__ import annotations

import pytest

from gromox.mapi import tags
from gromox.mapi.restriction import Property, RelOp
from gromox.mapi.sortorder import Order, SortOrder, SortOrderSet
from gromox.store.errors import (
    InvalidValueError,
    NotCollapsedError,
    NotExpandedError,
    NotFoundError,
    TableError,
)
from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.mailbox import Mailbox
from gromox.store.session import StoreSession
from gromox.store.table.model import Origin, RowChange, RowType
from gromox.store.uidset import UidSet
from tests.store.table.conftest import INBOX, Add

SUBJECT, SENDER, RECEIVED = (
    tags.PidTagSubject,
    tags.PidTagSentRepresentingSmtpAddress,
    tags.PidTagMessageDeliveryTime,
)
COLUMNS = (
    tags.PidTagRowType,
    tags.PidTagDepth,
    SENDER,
    SUBJECT,
    tags.PidTagContentCount,
    tags.PidTagContentUnreadCount,
    tags.PidTagInstID,
)
LEAF, OPEN, CLOSED = RowType.LEAF, RowType.EXPANDED_CATEGORY, RowType.COLLAPSED_CATEGORY
A, B = "a@example.net", "b@example.net"


def by_sender(expanded: int = 1, *more: SortOrder) -> SortOrderSet:
    return SortOrderSet((SortOrder(SENDER), *(more or (SortOrder(SUBJECT),))), 1, expanded)


@pytest.fixture
def handle(session: StoreSession, add: Add) -> int:
    add("x", "y", sender=A)
    add("z", sender=B, flags=Flag.SEEN)
    table = session.open_contents_table(INBOX).handle
    session.table_set_columns(table, COLUMNS)
    session.table_sort(table, by_sender())
    return table


def rows(session: StoreSession, handle: int) -> list[tuple[object, ...]]:
    session.table_seek(handle, Origin.BEGINNING, 0)
    return [row[:-1] for row in session.table_query_rows(handle, 100).rows]


def heading(session: StoreSession, handle: int, number: int) -> int:
    session.table_seek(handle, Origin.BEGINNING, 0)
    found = [row[-1] for row in session.table_query_rows(handle, 100).rows if row[0] != LEAF]
    assert isinstance(found[number], int)
    return int(str(found[number]))


@pytest.mark.requirement("MS-OXCTABL", "R61")
@pytest.mark.requirement("MS-OXCTABL", "R67")
@pytest.mark.requirement("MS-OXCTABL", "R70")
@pytest.mark.requirement("MS-OXCTABL", "R71")
@pytest.mark.requirement("MS-OXCTABL", "R72")
def test_headings_stand_before_their_rows(session: StoreSession, handle: int) -> None:
    assert rows(session, handle) == [
        (OPEN, 0, A, None, 2, 2),
        (LEAF, 1, A, "x", None, None),
        (LEAF, 1, A, "y", None, None),
        (OPEN, 0, B, None, 1, 0),
        (LEAF, 1, B, "z", None, None),
    ]


@pytest.mark.requirement("MS-OXCTABL", "R64")
@pytest.mark.requirement("MS-OXCTABL", "R66")
def test_headings_may_be_closed_at_first(session: StoreSession, handle: int) -> None:
    session.table_sort(handle, by_sender(0))
    assert rows(session, handle) == [(CLOSED, 0, A, None, 2, 2), (CLOSED, 0, B, None, 1, 0)]
    assert session.table_position(handle).total == 2


@pytest.mark.requirement("MS-OXCTABL", "R272")
@pytest.mark.requirement("MS-OXCTABL", "R276")
@pytest.mark.requirement("MS-OXCTABL", "R277")
@pytest.mark.requirement("MS-OXCTABL", "R278")
@pytest.mark.requirement("MS-OXCTABL", "R281")
@pytest.mark.requirement("MS-OXCTABL", "R280")
@pytest.mark.requirement("MS-OXCTABL", "R283")
@pytest.mark.requirement("MS-OXCTABL", "R286")
@pytest.mark.requirement("MS-OXCTABL", "R287")
@pytest.mark.requirement("MS-OXCTABL", "R568")
@pytest.mark.requirement("MS-OXCTABL", "R573")
@pytest.mark.requirement("MS-OXCTABL", "R574")
@pytest.mark.requirement("MS-OXCTABL", "R825")
def test_expand_and_collapse(session: StoreSession, handle: int) -> None:
    first = heading(session, handle, 0)
    assert session.table_collapse(handle, first) == 2
    assert [row[0] for row in rows(session, handle)] == [CLOSED, OPEN, LEAF]
    with pytest.raises(NotExpandedError):
        session.table_collapse(handle, first)
    expanded = session.table_expand(handle, first, 1)
    assert expanded.count == 2
    assert [row[3] for row in expanded.rows] == ["x"]
    with pytest.raises(NotCollapsedError):
        session.table_expand(handle, first, 1)
    for call in (lambda: session.table_collapse(handle, 5), lambda: session.table_expand(handle, 5, 1)):
        with pytest.raises(NotFoundError):
            call()


def test_tables_without_headings_have_none_to_open(session: StoreSession, handle: int) -> None:
    session.table_sort(handle, SortOrderSet((SortOrder(SUBJECT),)))
    hierarchy = session.open_hierarchy_table(9).handle
    for table in (handle, hierarchy):
        for call in (
            lambda table=table: session.table_collapse(table, 1),
            lambda table=table: session.table_expand(table, 1, 1),
            lambda table=table: session.table_collapse_state(table, 1),
            lambda table=table: session.table_set_collapse_state(table, b""),
        ):
            with pytest.raises(TableError):
                call()


@pytest.mark.requirement("MS-OXCTABL", "R633")
@pytest.mark.requirement("MS-OXCTABL", "R634")
@pytest.mark.requirement("MS-OXCTABL", "R635")
def test_two_levels(session: StoreSession, handle: int, add: Add) -> None:
    add("x", sender=A, at=5)
    sort = SortOrderSet((SortOrder(SENDER), SortOrder(SUBJECT), SortOrder(RECEIVED)), 2, 2)
    session.table_sort(handle, sort)
    assert [row[:4] for row in rows(session, handle)] == [
        (OPEN, 0, A, None),
        (OPEN, 1, A, "x"),
        (LEAF, 2, A, "x"),
        (LEAF, 2, A, "x"),
        (OPEN, 1, A, "y"),
        (LEAF, 2, A, "y"),
        (OPEN, 0, B, None),
        (OPEN, 1, B, "z"),
        (LEAF, 2, B, "z"),
    ]
    assert session.table_collapse(handle, heading(session, handle, 1)) == 2
    assert session.table_collapse(handle, heading(session, handle, 0)) == 3
    assert session.table_expand(handle, heading(session, handle, 0), 9).count == 3


@pytest.mark.requirement("MS-OXCTABL", "R78")
@pytest.mark.requirement("MS-OXCTABL", "R79")
@pytest.mark.requirement("MS-OXCTABL", "R80")
@pytest.mark.requirement("MS-OXCTABL", "R81")
@pytest.mark.requirement("MS-OXCTABL", "R82")
@pytest.mark.parametrize("order", [Order.ASCENDING, Order.DESCENDING])
def test_categories_by_their_largest_value(
    session: StoreSession, handle: int, add: Add, order: Order
) -> None:
    add("w", sender=B, at=-50)
    add("v", sender=A, at=50)
    sort = SortOrderSet(
        (SortOrder(SENDER, order), SortOrder(RECEIVED, Order.MAXIMUM_CATEGORY), SortOrder(SUBJECT)), 1, 1
    )
    session.table_sort(handle, sort)
    shown = [(row[2], row[3]) for row in rows(session, handle)]
    newest = [(A, None), (A, "v"), (A, "x"), (A, "y")]
    oldest = [(B, None), (B, "w"), (B, "z")]
    assert shown == (oldest + newest if order is Order.ASCENDING else newest + oldest)


@pytest.mark.requirement("MS-OXCTABL", "R288")
@pytest.mark.requirement("MS-OXCTABL", "R301")
@pytest.mark.requirement("MS-OXCTABL", "R304")
@pytest.mark.requirement("MS-OXCTABL", "R307")
@pytest.mark.requirement("MS-OXCTABL", "R308")
@pytest.mark.requirement("MS-OXCTABL", "R579")
@pytest.mark.requirement("MS-OXCTABL", "R581")
@pytest.mark.requirement("MS-OXCTABL", "R582")
@pytest.mark.requirement("MS-OXCTABL", "R585")
@pytest.mark.requirement("MS-OXCTABL", "R587")
@pytest.mark.requirement("MS-OXCTABL", "R588")
def test_the_state_of_headings_moves_to_another_table(session: StoreSession, handle: int) -> None:
    session.table_collapse(handle, heading(session, handle, 0))
    session.table_seek(handle, Origin.BEGINNING, 0)
    last = session.table_query_rows(handle, 9).rows[-1][-1]
    assert isinstance(last, int)
    state = session.table_collapse_state(handle, last)
    other = session.open_contents_table(INBOX).handle
    session.table_set_columns(other, COLUMNS)
    session.table_sort(other, by_sender())
    bookmark = session.table_set_collapse_state(other, state)
    assert session.table_query_rows(other, 1, advance=False).rows[0][3] == "z"
    session.table_seek(other, Origin.BEGINNING, 0)
    session.table_seek_bookmark(other, bookmark, 0)
    assert session.table_position(other).position == 2
    assert rows(session, other) == rows(session, handle)
    at_heading = session.table_collapse_state(handle, heading(session, handle, 1))
    session.table_set_collapse_state(handle, at_heading)
    assert session.table_position(handle).position == 1
    session.table_sort(other, by_sender(0))
    with pytest.raises(InvalidValueError):
        session.table_set_collapse_state(other, state)
    for size in range(len(state)):
        with pytest.raises(InvalidValueError):
            session.table_set_collapse_state(handle, state[:size])


@pytest.mark.requirement("MS-OXCTABL", "R506")
@pytest.mark.requirement("MS-OXCTABL", "R538")
def test_a_bookmark_below_a_closed_heading(session: StoreSession, handle: int) -> None:
    session.table_seek(handle, Origin.BEGINNING, 2)
    bookmark = session.table_create_bookmark(handle)
    session.table_collapse(handle, heading(session, handle, 0))
    sought = session.table_seek_bookmark(handle, bookmark, 0)
    assert sought.row_no_longer_visible
    assert session.table_query_rows(handle, 1).rows[0][2] == B
    session.table_expand(handle, heading(session, handle, 0), 0)
    assert not session.table_seek_bookmark(handle, bookmark, 0).row_no_longer_visible
    assert session.table_query_rows(handle, 1).rows[0][3] == "y"


def test_headings_follow_changes_and_stay_as_they_were(
    session: StoreSession, box: Mailbox, handle: int, add: Add
) -> None:
    session.table_changes(handle)
    first = heading(session, handle, 0)
    session.table_collapse(handle, first)
    box.set_flags(INBOX, UidSet.of([1]), FlagChange(FlagOperation.ADD, Flag.SEEN))
    add("new", sender="c@example.net")
    assert rows(session, handle)[0] == (CLOSED, 0, A, None, 2, 1)
    assert heading(session, handle, 0) == first
    assert rows(session, handle)[-1] == (LEAF, 1, "c@example.net", "new", None, None)
    (event,) = session.table_changes(handle).events
    assert event.change is RowChange.TABLE_CHANGED


def test_a_heading_can_be_found(session: StoreSession, handle: int) -> None:
    found = session.table_find_row(handle, Property(RelOp.EQUAL, SENDER, SENDER, B), Origin.BEGINNING)
    assert found.row[0] == OPEN
    assert session.table_position(handle).position == 3
