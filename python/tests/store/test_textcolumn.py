from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.store import textcolumn
from gromox.store.model import NewMail
from gromox.store.search import And, Field, Flagged, Header, TextIn
from gromox.store.textcolumn import TextColumn
from gromox.store.uidset import UidSet

from tests.store.conftest import INBOX
from tests.store.sample import octets

if TYPE_CHECKING:
    from gromox.store.mailbox import Mailbox


@given(
    st.lists(st.text("aé ß€", max_size=8), max_size=20),
    st.lists(st.text("aé ß€", max_size=8), max_size=20),
    st.text("aéß€ ", max_size=3),
)
def test_a_column_finds_what_a_scan_finds(first: list[str], then: list[str], needle: str) -> None:
    column = TextColumn()
    rows = [(3 * at + 1, text) for at, text in enumerate(first + then)]
    for part in (rows[: len(first)], rows[len(first) :]):
        column.extend([(uid, text.encode()) for uid, text in part])

    assert column.find(needle.encode()) == [uid for uid, text in rows if needle in text]


def test_a_nul_is_in_no_text() -> None:
    column = TextColumn()
    column.extend([(1, b"a"), (2, b"b")])

    assert column.find(b"a\0b") == []


def test_columns_follow_the_folder(mailbox: Mailbox) -> None:
    def found() -> list[int]:
        return list(mailbox.search(INBOX, TextIn(Field.SUBJECT, "NEEDLE")))

    assert found() == []
    mailbox.append(INBOX, [NewMail(octets("one needle")), NewMail(octets("hay"))])
    assert found() == [1]
    view = mailbox.view(INBOX)
    mailbox.append(INBOX, [NewMail(octets("Needle two"))])
    assert found() == [1, 3]
    # Only what the caller's view has is found.
    assert list(mailbox.search(INBOX, TextIn(Field.SUBJECT, "needle"), view=view)) == [1]
    mailbox.delete_messages(INBOX, UidSet([(1, 1)]))
    assert found() == [3]
    assert list(mailbox.search(INBOX, And((Header("Subject", "two"), Flagged(8, 0))))) == [3]


def test_columns_are_bounded(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textcolumn, "MAX_OCTETS", 1000)
    mailbox.append(INBOX, [NewMail(octets(f"subject {number}")) for number in range(20)])
    for field in (Field.SUBJECT, Field.FROM, Field.TO):
        assert len(mailbox.search(INBOX, TextIn(field, "e"))) == 20
        assert sum(column.octets for column in textcolumn._columns._columns.values()) <= 1000

    # A folder that needs too much is scanned row by row.
    mailbox.append(INBOX, [NewMail(octets(f"subject {number}")) for number in range(20, 80)])
    assert list(mailbox.search(INBOX, TextIn(Field.SUBJECT, "subject 7"))) == [8, *range(71, 81)]
    assert list(mailbox.search(INBOX, TextIn(Field.SUBJECT, "subject 7"))) == [8, *range(71, 81)]
