"""Contents tables: columns, order, conditions, cursor, bookmarks; live changes."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from gromox.mapi import tags
from gromox.mapi.propvalue import PropValue
from gromox.mapi.restriction import (
    Content,
    Count,
    FuzzyHigh,
    FuzzyLow,
    Or,
    Property,
    RelOp,
    Restriction,
    SubObject,
)
from gromox.mapi.sortorder import Order, SortOrder, SortOrderSet
from gromox.store.errors import (
    BookmarkError,
    FolderGoneError,
    InvalidValueError,
    LimitError,
    NoColumnsError,
    NotFoundError,
)
from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.mailbox import Mailbox
from gromox.store.permission import Right
from gromox.store.session import Actor, StoreSession
from gromox.store.table.model import ContentsFlag, Origin, RowChange, RowType, Sought, Status
from gromox.store.table.order import MAX_COLUMNS
from gromox.store.table.table import MAX_BOOKMARKS
from gromox.store.uidset import UidSet
from tests.store.table.conftest import INBOX, Add

TRASH = 11
BOB = Actor("bob@example.test")
SUBJECT, RECEIVED = tags.PidTagSubject, tags.PidTagMessageDeliveryTime


def by(*tags_: int, order: Order = Order.ASCENDING) -> SortOrderSet:
    return SortOrderSet(tuple(SortOrder(tag, order) for tag in tags_))


def opened(session: StoreSession, *columns: int, flags: int = 0, folder: int = INBOX) -> int:
    handle = session.open_contents_table(folder, flags).handle
    session.table_set_columns(handle, columns or (SUBJECT,))
    return handle


def column(session: StoreSession, handle: int, count: int = 100) -> list[PropValue | None]:
    session.table_seek(handle, Origin.BEGINNING, 0)
    return [row[0] for row in session.table_query_rows(handle, count).rows]


def has(text: str, tag: int = SUBJECT) -> Restriction:
    return Content(tag, tag, text, FuzzyLow.SUBSTRING, FuzzyHigh.IGNORE_CASE)


@pytest.mark.requirement("MS-OXCTABL", "R426")
@pytest.mark.requirement("MS-OXCTABL", "R427")
@pytest.mark.requirement("MS-OXCTABL", "R472")
@pytest.mark.requirement("MS-OXCTABL", "R831")
def test_columns_are_remembered(session: StoreSession, add: Add) -> None:
    (mid,) = add("one")
    handle = opened(
        session, SUBJECT, tags.PidTagRowType, tags.PidTagInstanceNum, tags.PidTagImportance, 0x3FFE0003
    )
    assert session.table_query_rows(handle, 5).rows == (("one", RowType.LEAF, 0, 1, None),)
    session.table_set_columns(handle, (tags.PidTagInstanceKey, tags.PidTagDepth))
    session.table_seek(handle, Origin.BEGINNING, 0)
    assert session.table_query_rows(handle, 5).rows == ((mid.to_bytes(8, "little") + bytes(4), 0),)


@pytest.mark.requirement("MS-OXCTABL", "R471")
@pytest.mark.requirement("MS-OXCTABL", "R539")
@pytest.mark.requirement("MS-OXCTABL", "R428")
@pytest.mark.requirement("MS-OXCTABL", "R826")
def test_rows_need_columns(session: StoreSession, add: Add) -> None:
    add("one")
    handle = session.open_contents_table(INBOX).handle
    with pytest.raises(NoColumnsError):
        session.table_query_rows(handle, 1)
    with pytest.raises(NoColumnsError):
        session.table_find_row(handle, has("one"))


@pytest.mark.requirement("MS-OXCTABL", "R435")
@pytest.mark.requirement("MS-OXCTABL", "R51")
@pytest.mark.parametrize("columns", [(), (0x00370000,), (0x0037000A,), (0x00370999,), (0x0037201F,)])
def test_impossible_columns_are_refused_and_the_old_ones_stay(
    session: StoreSession, add: Add, columns: Sequence[int]
) -> None:
    add("one")
    handle = opened(session)
    with pytest.raises(InvalidValueError):
        session.table_set_columns(handle, columns)
    assert column(session, handle) == ["one"]
    with pytest.raises(InvalidValueError):
        session.table_set_columns(handle, [SUBJECT] * (MAX_COLUMNS + 1))
    assert session.table_set_columns(handle, [SUBJECT] * MAX_COLUMNS) is Status.COMPLETE


@pytest.mark.requirement("MS-OXCTABL", "R84")
@pytest.mark.requirement("MS-OXCTABL", "R119")
@pytest.mark.requirement("MS-OXCTABL", "R440")
@pytest.mark.requirement("MS-OXCTABL", "R437")
@pytest.mark.requirement("MS-OXCTABL", "R438")
@pytest.mark.requirement("MS-OXCTABL", "R447")
def test_sort_orders(session: StoreSession, add: Add) -> None:
    add("b", "C", "a", sender="x@example.net")
    add("b", sender="a@example.net", at=10)
    handle = opened(session, SUBJECT, tags.PidTagSentRepresentingSmtpAddress)
    session.table_sort(handle, by(SUBJECT))
    assert column(session, handle) == ["a", "b", "b", "C"]
    session.table_sort(handle, by(SUBJECT, order=Order.DESCENDING))
    assert column(session, handle) == ["C", "b", "b", "a"]
    session.table_sort(handle, by(RECEIVED, order=Order.DESCENDING))
    assert column(session, handle) == ["b", "a", "C", "b"]
    session.table_sort(handle, by(RECEIVED))
    assert column(session, handle) == ["b", "C", "a", "b"]
    session.table_sort(
        handle,
        SortOrderSet(
            (SortOrder(SUBJECT), SortOrder(tags.PidTagSentRepresentingSmtpAddress, Order.DESCENDING))
        ),
    )
    session.table_seek(handle, Origin.BEGINNING, 0)
    assert [row[1] for row in session.table_query_rows(handle, 9).rows][1:3] == [
        "x@example.net",
        "a@example.net",
    ]


@pytest.mark.requirement("MS-OXCTABL", "R63")
@pytest.mark.requirement("MS-OXCTABL", "R65")
@pytest.mark.requirement("MS-OXCTABL", "R75")
@pytest.mark.parametrize(
    "sort",
    [
        SortOrderSet((SortOrder(SUBJECT),), 2, 0),
        SortOrderSet((SortOrder(SUBJECT),), 0, 1),
        SortOrderSet((SortOrder(0x0037000A),)),
        SortOrderSet((SortOrder(SUBJECT, Order.MAXIMUM_CATEGORY),)),
        SortOrderSet((SortOrder(SUBJECT), SortOrder(RECEIVED, Order.MAXIMUM_CATEGORY))),
        SortOrderSet(
            tuple(SortOrder(tag) for tag in (SUBJECT, RECEIVED, 0x0E080003, 0x00170003, 0x00360003)), 5
        ),
        SortOrderSet((SortOrder(0x8001301F), SortOrder(0x8002301F))),
        SortOrderSet((SortOrder(SUBJECT),) * 65),
    ],
)
def test_impossible_sort_orders_are_refused(session: StoreSession, add: Add, sort: SortOrderSet) -> None:
    add("b", "a")
    handle = opened(session)
    session.table_sort(handle, by(SUBJECT))
    with pytest.raises(InvalidValueError):
        session.table_sort(handle, sort)
    assert column(session, handle) == ["a", "b"]


@pytest.mark.requirement("MS-OXCTABL", "R451")
@pytest.mark.requirement("MS-OXCTABL", "R452")
@pytest.mark.requirement("MS-OXCTABL", "R454")
@pytest.mark.requirement("MS-OXCTABL", "R459")
def test_only_rows_that_fulfil_a_condition(session: StoreSession, add: Add) -> None:
    add("apple", "banana", "apple pie", "cherry")
    handle = opened(session)
    session.table_restrict(handle, has("APPLE"))
    assert sorted(map(str, column(session, handle))) == ["apple", "apple pie"]
    assert session.table_position(handle).total == 2
    session.table_restrict(handle, Count(3, Or((has("a"), has("e")))))
    assert session.table_position(handle).total == 3
    session.table_restrict(
        handle, SubObject(tags.PidTagMessageRecipients, has("BOB", tags.PidTagSmtpAddress))
    )
    assert session.table_position(handle).total == 4
    session.table_restrict(handle, None)
    assert session.table_position(handle).total == 4


@pytest.mark.requirement("MS-OXCTABL", "R462")
@pytest.mark.requirement("MS-OXCTABL", "R463")
@pytest.mark.requirement("MS-OXCTABL", "R467")
@pytest.mark.requirement("MS-OXCTABL", "R470")
@pytest.mark.parametrize("sort", [by(), by(RECEIVED), by(SUBJECT)])
def test_reading_in_both_directions(session: StoreSession, add: Add, sort: SortOrderSet) -> None:
    add(*"abcdefg")
    handle = opened(session)
    session.table_sort(handle, sort)
    first = session.table_query_rows(handle, 3)
    assert [row[0] for row in first.rows] == ["a", "b", "c"]
    assert first.origin is Origin.CURRENT
    peek = session.table_query_rows(handle, 2, advance=False)
    assert [row[0] for row in peek.rows] == ["d", "e"]
    assert session.table_position(handle).position == 3
    back = session.table_query_rows(handle, 2, forward=False)
    assert [row[0] for row in back.rows] == ["c", "b"]
    assert session.table_position(handle).position == 1
    assert session.table_query_rows(handle, 9, forward=False).origin is Origin.BEGINNING
    rest = session.table_query_rows(handle, 99)
    assert (len(rest.rows), rest.origin) == (7, Origin.END)
    assert session.table_query_rows(handle, 9).rows == ()


@pytest.mark.requirement("MS-OXCTABL", "R491")
@pytest.mark.requirement("MS-OXCTABL", "R846")
@pytest.mark.requirement("MS-OXCTABL", "R496")
@pytest.mark.requirement("MS-OXCTABL", "R497")
@pytest.mark.requirement("MS-OXCTABL", "R850")
@pytest.mark.requirement("MS-OXCTABL", "R514")
@pytest.mark.requirement("MS-OXCTABL", "R515")
@pytest.mark.requirement("MS-OXCTABL", "R855")
def test_seeking(session: StoreSession, add: Add) -> None:
    add(*"abcdefgh")
    handle = opened(session)
    assert session.table_seek(handle, Origin.BEGINNING, 3) == Sought(3, has_sought_less=False)
    assert session.table_seek(handle, Origin.CURRENT, -2) == Sought(-2, has_sought_less=False)
    assert session.table_position(handle).position == 1
    assert session.table_seek(handle, Origin.CURRENT, -5) == Sought(-1, has_sought_less=True)
    assert session.table_seek(handle, Origin.END, 5) == Sought(0, has_sought_less=True)
    assert session.table_seek(handle, Origin.END, -1) == Sought(-1, has_sought_less=False)
    assert session.table_query_rows(handle, 5).rows == (("h",),)
    for numerator, denominator, position in ((0, 9, 0), (1, 2, 4), (9, 9, 8), (99, 9, 8)):
        session.table_seek_fraction(handle, numerator, denominator)
        assert session.table_position(handle).position == position
    with pytest.raises(InvalidValueError):
        session.table_seek_fraction(handle, 1, 0)


@pytest.mark.requirement("MS-OXCTABL", "R535")
@pytest.mark.requirement("MS-OXCTABL", "R536")
@pytest.mark.requirement("MS-OXCTABL", "R540")
@pytest.mark.requirement("MS-OXCTABL", "R542")
@pytest.mark.parametrize("sort", [by(RECEIVED), by(SUBJECT)])
def test_finding_rows(session: StoreSession, add: Add, sort: SortOrderSet) -> None:
    add(*[f"{'even' if n % 2 == 0 else 'odd'} {n:04}" for n in range(1200)])
    handle = opened(session)
    session.table_sort(handle, sort)
    assert session.table_find_row(handle, has("1001"), Origin.BEGINNING).row == ("odd 1001",)
    at = session.table_position(handle).position
    assert session.table_query_rows(handle, 1, advance=False).rows == (("odd 1001",),)
    assert session.table_find_row(handle, has("0003"), forward=False).row == ("odd 0003",)
    with pytest.raises(NotFoundError):
        session.table_find_row(handle, has("0003"), Origin.END)
    session.table_seek(handle, Origin.BEGINNING, at)
    with pytest.raises(NotFoundError):
        session.table_find_row(handle, has("absent"), Origin.BEGINNING)


@pytest.mark.requirement("MS-OXCTABL", "R503")
@pytest.mark.requirement("MS-OXCTABL", "R504")
@pytest.mark.requirement("MS-OXCTABL", "R508")
@pytest.mark.requirement("MS-OXCTABL", "R522")
@pytest.mark.requirement("MS-OXCTABL", "R545")
@pytest.mark.parametrize("sort", [by(RECEIVED), by(SUBJECT)])
def test_bookmarks_keep_their_row(session: StoreSession, box: Mailbox, add: Add, sort: SortOrderSet) -> None:
    add(*"bdfhj", at=10)
    handle = opened(session)
    session.table_sort(handle, sort)
    session.table_seek(handle, Origin.BEGINNING, 2)
    bookmark = session.table_create_bookmark(handle)
    add("a", at=0)  # before it in both orders
    add("z", at=99)
    assert session.table_seek_bookmark(handle, bookmark, 1) == Sought(1, has_sought_less=False)
    assert session.table_query_rows(handle, 1).rows == (("h",),)
    assert session.table_find_row(handle, has("h"), bookmark=bookmark).row == ("h",)
    box.delete_messages(INBOX, UidSet.of([3]))  # f, whose bookmark it is
    sought = session.table_seek_bookmark(handle, bookmark, 0)
    assert sought == Sought(0, has_sought_less=False, row_no_longer_visible=True)
    assert session.table_query_rows(handle, 1).rows == (("h",),)
    assert session.table_find_row(handle, has("h"), bookmark=bookmark).row_no_longer_visible
    session.table_free_bookmark(handle, bookmark)
    for call in (
        lambda: session.table_seek_bookmark(handle, bookmark, 0),
        lambda: session.table_free_bookmark(handle, bookmark),
        lambda: session.table_find_row(handle, has("h"), bookmark=bookmark),
    ):
        with pytest.raises(BookmarkError):
            call()


@pytest.mark.requirement("MS-OXCTABL", "R439")
@pytest.mark.requirement("MS-OXCTABL", "R453")
@pytest.mark.requirement("MS-OXCTABL", "R505")
@pytest.mark.requirement("MS-OXCTABL", "R870")
@pytest.mark.requirement("MS-OXCTABL", "R871")
@pytest.mark.requirement("MS-OXCTABL", "R863")
@pytest.mark.requirement("MS-OXCTABL", "R864")
@pytest.mark.requirement("MS-OXCTABL", "R865")
@pytest.mark.parametrize("what", ["sort", "restrict", "reset"])
def test_another_order_or_condition_ends_bookmarks_and_moves_the_cursor(
    session: StoreSession, add: Add, what: str
) -> None:
    add(*"abc")
    handle = opened(session)
    session.table_seek(handle, Origin.BEGINNING, 2)
    bookmark = session.table_create_bookmark(handle)
    if what == "sort":
        session.table_sort(handle, by(SUBJECT))
    elif what == "restrict":
        session.table_restrict(handle, has("a"))
    else:
        session.table_reset(handle)
    assert session.table_position(handle).position == 0
    with pytest.raises(BookmarkError):
        session.table_seek_bookmark(handle, bookmark, 0)


@pytest.mark.requirement("MS-OXCTABL", "R558")
@pytest.mark.requirement("MS-OXCTABL", "R553")
@pytest.mark.requirement("MS-OXCTABL", "R554")
@pytest.mark.requirement("MS-OXCTABL", "R555")
@pytest.mark.requirement("MS-OXCTABL", "R556")
@pytest.mark.requirement("MS-OXCTABL", "R557")
@pytest.mark.requirement("MS-OXCTABL", "R561")
@pytest.mark.requirement("MS-OXCTABL", "R564")
def test_reset_forgets_everything(session: StoreSession, add: Add) -> None:
    add(*"bca")
    handle = opened(session)
    session.table_sort(handle, by(SUBJECT))
    session.table_restrict(handle, has("a"))
    session.table_reset(handle)
    assert session.table_position(handle).total == 3
    with pytest.raises(NoColumnsError):
        session.table_query_rows(handle, 1)
    session.table_set_columns(handle, (SUBJECT,))
    assert column(session, handle) == ["b", "c", "a"]


def test_bookmarks_are_bounded(session: StoreSession, add: Add) -> None:
    add("a")
    handle = opened(session)
    for _ in range(MAX_BOOKMARKS):
        session.table_create_bookmark(handle)
    with pytest.raises(LimitError):
        session.table_create_bookmark(handle)


@pytest.mark.requirement("MS-OXCTABL", "R121")
@pytest.mark.requirement("MS-OXCTABL", "R122")
def test_values_are_cut(session: StoreSession, box: Mailbox, add: Add) -> None:
    long = "x" * 300
    add(long, "\U0001f600" * 200)
    handle = opened(session)
    assert column(session, handle) == ["x" * 255, "\U0001f600" * 127]
    whole = session.open_contents_table(INBOX, value_limit=0).handle
    session.table_set_columns(whole, (SUBJECT,))
    assert column(session, whole)[0] == long


@pytest.mark.requirement("MS-OXCTABL", "R530")
def test_all_columns(session: StoreSession, add: Add) -> None:
    add("one")
    handle = opened(session, SUBJECT, 0x8001001F)
    assert {SUBJECT, RECEIVED, tags.PidTagInstID, 0x8001001F} <= set(session.table_all_columns(handle))


def test_kinds_of_messages(session: StoreSession, box: Mailbox, add: Add) -> None:
    """[MS-OXCFOLD] 2.2.1.14.1."""
    add("kept", "deleted")
    box.delete_messages(INBOX, UidSet.of([2]))
    assert column(session, opened(session)) == ["kept"]
    deleted = opened(session, flags=ContentsFlag.SOFT_DELETES)
    assert column(session, deleted) == ["deleted"]
    box.delete_messages(INBOX, UidSet.of([1]))
    assert sorted(map(str, column(session, deleted))) == ["deleted", "kept"]
    assert column(session, opened(session, flags=ContentsFlag.ASSOCIATED)) == []
    for flags in (0x01, ContentsFlag.CONVERSATION_MEMBERS | ContentsFlag.ASSOCIATED):
        with pytest.raises(InvalidValueError):
            session.open_contents_table(INBOX, flags)


def test_rights_decide_what_is_a_row(session: StoreSession, box: Mailbox, add: Add) -> None:
    add("secret")
    other = StoreSession.of(box, BOB)
    with pytest.raises(FolderGoneError):
        other.open_contents_table(INBOX)
    box.set_rights(INBOX, BOB.username, Right.VISIBLE)
    table = other.open_contents_table(INBOX)
    assert table.row_count == 0
    other.table_set_columns(table.handle, (SUBJECT,))
    assert other.table_query_rows(table.handle, 9).rows == ()
    box.set_rights(INBOX, BOB.username, Right.VISIBLE | Right.READ_ANY)
    assert other.open_contents_table(INBOX).row_count == 1
    box.set_rights(INBOX, BOB.username, None)
    with pytest.raises(FolderGoneError):
        other.table_query_rows(table.handle, 9)


def test_a_closed_table_is_gone(session: StoreSession) -> None:
    handle = opened(session)
    session.close_handle(handle)
    with pytest.raises(NotFoundError):
        session.table_position(handle)


def test_the_table_of_a_deleted_folder(session: StoreSession, box: Mailbox) -> None:
    folder = box.create_folder(9, "x").folder_id
    handle = opened(session, folder=folder)
    box.delete_folder(folder)
    with pytest.raises(FolderGoneError):
        session.table_position(handle)


# Live changes.


@pytest.mark.parametrize("sort", [by(RECEIVED), by(RECEIVED, order=Order.DESCENDING), by(SUBJECT)])
def test_reading_goes_on_while_messages_come_and_go(
    session: StoreSession, box: Mailbox, add: Add, sort: SortOrderSet
) -> None:
    add(*[f"m{n:03}" for n in range(0, 40, 2)], at=100)
    handle = opened(session)
    session.table_sort(handle, sort)
    before = column(session, handle)
    session.table_seek(handle, Origin.BEGINNING, 0)
    seen = [row[0] for row in session.table_query_rows(handle, 7).rows]
    add("m001", "m003", "m005", at=0)
    add("m901", at=999)
    box.delete_messages(INBOX, UidSet.of([1, 9, 20]))
    while rows := session.table_query_rows(handle, 5).rows:
        seen += [row[0] for row in rows]
    gone = {"m000", "m016", "m038"}
    old = [subject for subject in seen if subject in before]
    assert [subject for subject in before if subject not in gone] == [
        subject for subject in old if subject not in gone
    ]
    assert len(old) == len(set(old))


@pytest.mark.parametrize("sort", [by(RECEIVED), by(SUBJECT)])
def test_changes_are_told_row_by_row(
    session: StoreSession, box: Mailbox, add: Add, sort: SortOrderSet
) -> None:
    """[MS-OXCNOTIF] 2.2.1.1.1."""
    first, second, third = add("b", "d", "f", at=10)
    handle = opened(session, SUBJECT, tags.PidTagRead)
    session.table_sort(handle, sort)
    assert session.table_changes(handle).events == ()
    box.set_flags(INBOX, UidSet.of([2]), FlagChange(FlagOperation.ADD, Flag.SEEN))
    (event,) = session.table_changes(handle).events
    assert (event.change, event.row_id, event.after_id) == (RowChange.MODIFIED, second, first)
    assert event.values == ("d", True)
    (new,) = add("a", at=0)
    (event,) = session.table_changes(handle).events
    assert (event.change, event.row_id, event.after_id) == (RowChange.ADDED, new, 0)
    box.delete_messages(INBOX, UidSet.of([3]))
    box.move(INBOX, UidSet.of([1]), TRASH)
    events = session.table_changes(handle).events
    assert {(each.change, each.row_id) for each in events} == {
        (RowChange.DELETED, first),
        (RowChange.DELETED, third),
    }
    assert session.table_changes(handle).events == ()


def test_too_many_changes_are_told_as_one(session: StoreSession, add: Add) -> None:
    handle = opened(session)
    session.table_sort(handle, by(SUBJECT))
    session.table_changes(handle)
    add(*[str(n) for n in range(400)])
    (event,) = session.table_changes(handle).events
    assert event.change is RowChange.TABLE_CHANGED
    assert session.table_position(handle).total == 400


def test_rows_enter_and_leave_a_condition(session: StoreSession, box: Mailbox, add: Add) -> None:
    first, second = add("a", "b")
    handle = opened(session)
    session.table_restrict(handle, Property(RelOp.EQUAL, tags.PidTagRead, tags.PidTagRead, value=False))
    session.table_changes(handle)
    box.set_flags(INBOX, UidSet.of([1]), FlagChange(FlagOperation.ADD, Flag.SEEN))
    (event,) = session.table_changes(handle).events
    assert (event.change, event.row_id) == (RowChange.DELETED, first)
    assert column(session, handle) == ["b"]
    box.set_flags(INBOX, UidSet.of([1]), FlagChange(FlagOperation.REMOVE, Flag.SEEN))
    (event,) = session.table_changes(handle).events
    assert (event.change, event.row_id) == (RowChange.ADDED, first)
    assert second


@pytest.mark.parametrize("descending", [False, True])
def test_rows_in_an_index_are_the_rows_in_memory(session: StoreSession, add: Add, descending: bool) -> None:
    source = random.Random(4)  # noqa: S311 - repeatable
    order = Order.DESCENDING if descending else Order.ASCENDING
    indexed, arranged = opened(session, tags.PidTagMid, RECEIVED), opened(session, tags.PidTagMid, RECEIVED)
    session.table_sort(indexed, by(RECEIVED, order=order))
    session.table_sort(arranged, by(RECEIVED, tags.PidTagMid, order=order))
    for _ in range(12):
        add(*[str(n) for n in range(source.randrange(6))], at=source.randrange(20))
        total = session.table_position(indexed).total
        assert session.table_position(arranged).total == total
        for _ in range(8):
            start, count, forward = source.randrange(total + 1), source.randrange(9), source.random() < 0.5
            for handle in (indexed, arranged):
                session.table_seek(handle, Origin.BEGINNING, start)
            assert session.table_query_rows(indexed, count, forward=forward) == session.table_query_rows(
                arranged, count, forward=forward
            )
            assert session.table_position(indexed) == session.table_position(arranged)
