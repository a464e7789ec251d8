"""Tables of items of property form: associated ones, several values, what others may see."""

from __future__ import annotations

import pytest

from gromox.mapi import tags
from gromox.mapi.message import Attachment, InMemory, Message, PropertyBag, Recipient
from gromox.mapi.propname import PropertyName
from gromox.mapi.guids import PS_PUBLIC_STRINGS
from gromox.mapi.restriction import Content, FuzzyHigh, FuzzyLow, Property, RelOp, Restriction, SubObject
from gromox.mapi.sortorder import Order, SortOrder, SortOrderSet
from gromox.store.fulltext import index
from gromox.store.mailbox import Mailbox
from gromox.store.permission import Right
from gromox.store.session import Actor, StoreSession
from gromox.store.table.model import ContentsFlag, Origin, RowChange
from tests.store.table.conftest import INBOX, Add

TASKS = 18
BOB = Actor("bob@example.test")
SUBJECT = tags.PidTagSubject
VALUE, INSTANCES = 0x101F, 0x301F


def item(subject: str, **values: object) -> Message:
    bag = PropertyBag({SUBJECT: subject, tags.PidTagMessageClass: "IPM.Task"})
    for tag, value in values.items():
        bag[int(tag[1:], 16)] = value  # type: ignore[assignment] # of the tests
    return Message(bag)


@pytest.fixture
def colour(session: StoreSession) -> int:
    """The identifier of a named property with several texts."""
    (propid,) = session.named_ids([PropertyName(PS_PUBLIC_STRINGS, "Colour")], create=True)
    return propid << 16


def rows(session: StoreSession, handle: int) -> list[tuple[object, ...]]:
    session.table_seek(handle, Origin.BEGINNING, 0)
    return list(session.table_query_rows(handle, 100).rows)


def coloured(session: StoreSession, colour: int) -> None:
    tag = f"t{colour | VALUE:x}"
    session.create_message(TASKS, item("one", **{tag: ("red", "blue")}))
    session.create_message(TASKS, item("two", **{tag: ("green",)}))
    session.create_message(TASKS, item("three"))


@pytest.mark.requirement("MS-OXCTABL", "R52")
@pytest.mark.requirement("MS-OXCTABL", "R433")
def test_a_row_for_each_value(session: StoreSession, colour: int) -> None:
    coloured(session, colour)
    handle = session.open_contents_table(TASKS).handle
    session.table_set_columns(handle, (SUBJECT, colour | INSTANCES, tags.PidTagInstanceNum))
    assert sorted(rows(session, handle), key=str) == [
        ("one", "blue", 1),
        ("one", "red", 0),
        ("three", None, 0),
        ("two", "green", 0),
    ]
    session.table_set_columns(handle, (SUBJECT, colour | VALUE))
    assert ("one", ("red", "blue")) in rows(session, handle)
    assert session.table_position(handle).total == 3


@pytest.mark.requirement("MS-OXCTABL", "R73")
@pytest.mark.requirement("MS-OXCTABL", "R448")
def test_sorting_and_categories_by_single_values(session: StoreSession, colour: int) -> None:
    coloured(session, colour)
    handle = session.open_contents_table(TASKS).handle
    session.table_set_columns(handle, (SUBJECT, colour | INSTANCES))
    session.table_sort(handle, SortOrderSet((SortOrder(colour | INSTANCES, Order.DESCENDING),)))
    assert [row[1] for row in rows(session, handle)] == ["red", "green", "blue", None]
    session.table_sort(handle, SortOrderSet((SortOrder(colour | INSTANCES), SortOrder(SUBJECT)), 1, 1))
    assert rows(session, handle) == [
        (None, None),
        ("three", None),
        (None, "blue"),
        ("one", "blue"),
        (None, "green"),
        ("two", "green"),
        (None, "red"),
        ("one", "red"),
    ]


def test_instances_come_and_go(session: StoreSession, colour: int) -> None:
    coloured(session, colour)
    handle = session.open_contents_table(TASKS).handle
    session.table_set_columns(handle, (SUBJECT, colour | INSTANCES))
    session.table_sort(handle, SortOrderSet((SortOrder(colour | INSTANCES),)))
    session.table_changes(handle)
    saved = session.create_message(TASKS, item("four", **{f"t{colour | VALUE:x}": ("amber", "pink")}))
    assert [row[1] for row in rows(session, handle)] == [None, "amber", "blue", "green", "pink", "red"]
    session.set_message_properties(saved.mid, {colour | VALUE: ("zinc",)})
    assert [row[1] for row in rows(session, handle)] == [None, "blue", "green", "red", "zinc"]
    events = {(event.change, event.instance) for event in session.table_changes(handle).events}
    assert (RowChange.ADDED, 0) in events


def test_associated_items_have_a_table_of_their_own(session: StoreSession, box: Mailbox, add: Add) -> None:
    add("a mail")
    session.create_message(INBOX, item("configuration"), associated=True)
    handle = session.open_contents_table(INBOX, ContentsFlag.ASSOCIATED).handle
    session.table_set_columns(handle, (SUBJECT, tags.PidTagAssociated))
    assert rows(session, handle) == [("configuration", True)]
    session.table_changes(handle)
    saved = session.create_message(INBOX, item("another"), associated=True)
    (event,) = session.table_changes(handle).events
    assert (event.change, event.row_id) == (RowChange.ADDED, saved.mid)
    session.table_restrict(handle, Property(RelOp.EQUAL, SUBJECT, SUBJECT, "ANOTHER"))
    assert rows(session, handle) == [("another", True)]
    assert session.open_contents_table(INBOX).row_count == 1


def test_a_changed_item_takes_its_new_place(session: StoreSession) -> None:
    first = session.create_message(TASKS, item("b"))
    second = session.create_message(TASKS, item("c"))
    handle = session.open_contents_table(TASKS).handle
    session.table_set_columns(handle, (SUBJECT,))
    session.table_sort(handle, SortOrderSet((SortOrder(SUBJECT),)))
    session.table_changes(handle)
    session.set_message_properties(second.mid, {SUBJECT: "a"})
    (event,) = session.table_changes(handle).events
    assert (event.change, event.row_id, event.after_id) == (RowChange.MODIFIED, second.mid, 0)
    assert rows(session, handle) == [("a",), ("b",)]
    assert first


def test_who_may_read_nothing_sees_what_is_theirs(session: StoreSession, box: Mailbox) -> None:
    session.create_message(TASKS, item("secret"))
    box.set_rights(TASKS, BOB.username, Right.VISIBLE | Right.CREATE)
    bob = StoreSession.of(box, BOB)
    bob.create_message(TASKS, item("mine"))
    table = bob.open_contents_table(TASKS)
    assert table.row_count == 1
    bob.table_set_columns(table.handle, (SUBJECT,))
    assert rows(bob, table.handle) == [("mine",)]
    bob.table_restrict(
        table.handle, Content(SUBJECT, SUBJECT, "e", FuzzyLow.SUBSTRING, FuzzyHigh.IGNORE_CASE)
    )
    assert rows(bob, table.handle) == [("mine",)]


def test_recipients_attachments_and_full_text(session: StoreSession, box: Mailbox) -> None:
    message = item("with parts", t1000001f="A body with a needle in it")
    message.recipients = [
        Recipient(PropertyBag({tags.PidTagDisplayName: "Carol", tags.PidTagRecipientType: 1}))
    ]
    message.attachments = [
        Attachment(PropertyBag({tags.PidTagAttachLongFilename: "a.txt"}), data=InMemory(b"octets"))
    ]
    mid = session.create_message(INBOX, message).mid
    session.create_message(INBOX, item("without"))
    recipients = session.open_recipients_table(mid).handle
    session.table_set_columns(recipients, (tags.PidTagDisplayName, tags.PidTagRowid))
    assert rows(session, recipients) == [("Carol", 0)]
    attachments = session.open_attachments_table(mid).handle
    session.table_set_columns(attachments, (tags.PidTagAttachNumber, tags.PidTagAttachLongFilename))
    assert rows(session, attachments) == [(0, "a.txt")]
    carol = Property(RelOp.EQUAL, tags.PidTagDisplayName, tags.PidTagDisplayName, "carol")
    name = Property(RelOp.EQUAL, *(tags.PidTagAttachLongFilename,) * 2, "a.txt")
    body = Content(*(tags.PidTagBody,) * 2, "NEEDLE", FuzzyLow.SUBSTRING, FuzzyHigh.IGNORE_CASE)
    wanted: tuple[Restriction, ...] = (
        SubObject(tags.PidTagMessageRecipients, carol),
        SubObject(tags.PidTagMessageAttachments, name),
        body,
    )
    table = session.open_contents_table(INBOX).handle
    session.table_set_columns(table, (SUBJECT,))
    for _ in range(2):
        for restriction in wanted:
            session.table_restrict(table, restriction)
            assert rows(session, table) == [("with parts",)]
        while box.keep_derived():
            pass
    assert len(index.candidates(box.file, INBOX, "needle") or ()) == 1
    pending = box.file.execute("SELECT count(*) FROM fetch_rows WHERE content_id IS NULL").fetchone()
    assert pending == (0,)  # IMAP will not wait
