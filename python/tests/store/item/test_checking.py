"""Damage to items is found, and put right where that is possible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gromox.mapi import tags
from gromox.mapi.message import Attachment
from gromox.store.create import create_private
from gromox.store.errors import CorruptError
from gromox.store.mailbox import Mailbox
from gromox.store.session import SYSTEM, StoreSession
from tests.store.item.items import INBOX, attachment, bag, note


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Mailbox]:
    with create_private(tmp_path / "alice", owner="alice@example.test", user_id=7) as made:
        item = note(body="b" * 5000)
        item.attachments = [attachment("a", b"x" * 80_000), Attachment(bag({}), embedded=note("inner"))]
        StoreSession.of(made, SYSTEM).create_message(INBOX, item)
        assert made.check() == []
        yield made


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("DELETE FROM attachments WHERE method = 5", "item-stray"),
        ("UPDATE messages SET size = size + 1 WHERE folder_id <> 0", "item-size"),
        ("DELETE FROM fetch_rows", "row-missing"),
        ("UPDATE large_values SET size = 1", "item-value"),
        ("DELETE FROM large_values", "content-orphan"),
        ("INSERT INTO content_shares SELECT content_id, 5 FROM contents", "content-references"),
    ],
)
def test_what_follows_from_items_is_put_right(box: Mailbox, statement: str, kind: str) -> None:
    box.file.execute(statement)
    assert kind in {problem.kind for problem in box.check()}
    repaired = box.repair()
    assert all(problem.repaired for problem in repaired)
    assert box.check() == []
    (mid,) = StoreSession.of(box, SYSTEM).folder_messages(INBOX)
    assert StoreSession.of(box, SYSTEM).read_message(mid).properties[tags.PidTagSubject] == "Hello"
    assert b"Subject: Hello" in box.content(INBOX, 1).octets()


@pytest.mark.parametrize(
    ("statement", "read"),
    [
        (
            "UPDATE messages SET properties = x'0100ffff' WHERE folder_id <> 0",
            lambda session, mid: session.read_message(mid),
        ),
        ("UPDATE recipients SET packed = x'01'", lambda session, mid: session.message_recipients(mid)),
        (
            "UPDATE attachments SET properties = x'02000000'",
            lambda session, mid: session.message_attachments(mid),
        ),
    ],
)
def test_what_cannot_be_read_is_told_and_shown_as_far_as_it_goes(
    box: Mailbox, statement: str, read: Callable[[StoreSession, int], object]
) -> None:
    box.file.execute(statement)
    session = StoreSession.of(box, SYSTEM)
    (mid,) = session.folder_messages(INBOX)
    with pytest.raises(CorruptError):
        read(session, mid)
    problems = [problem for problem in box.repair() if problem.kind == "item-damaged"]
    assert problems
    assert not any(problem.repaired for problem in problems)
    assert b"Subject: Hello" in box.content(INBOX, 1).octets()


def test_a_damaged_name_is_told(box: Mailbox) -> None:
    box.file.execute("INSERT INTO named_properties VALUES (40000, 'nonsense')")
    assert [problem.kind for problem in box.check()] == ["names-damaged"]
