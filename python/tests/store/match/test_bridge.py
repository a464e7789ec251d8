"""Restrictions carried out by the database and the search engine mean what they mean on one object."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gromox.mapi import tags
from gromox.mapi.restriction import (
    And,
    BitMapRelOp,
    BitMask,
    Comment,
    Content,
    Count,
    Exist,
    FuzzyHigh,
    FuzzyLow,
    Not,
    Or,
    Property,
    RelOp,
    Restriction,
    Size,
    SubObject,
)
from gromox.mapi.restrictioncodec import MAX_DEPTH
from gromox.store import search, searching
from gromox.store.create import create_private
from gromox.store.errors import LimitError
from gromox.store.flags import Flag
from gromox.store.fulltext.update import update
from gromox.store.mailbox import Mailbox
from gromox.store.match import sql
from gromox.store.match.evaluate import matches, needs
from gromox.store.match.expression import expression_of
from gromox.store.model import NewMail
from gromox.store.property.message import MessageProperties
from gromox.store.table.parts import parts_of

INBOX = 13
WORDS = ("Straße", "straße", "apple", "Äpfel", "x", "")


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    path: Path = tmp_path_factory.mktemp("bridge") / "alice"
    source = random.Random(3)  # noqa: S311 - repeatable
    with create_private(path, owner="alice@example.test", user_id=7) as mailbox:
        mails = [
            NewMail(
                f"From: {source.choice(WORDS)}@example.net\r\nTo: alice@example.test\r\n"
                f"{'Date: Mon, 5 Jan 2026 10:20:30 +0100' if n % 3 else 'X-No: date'}\r\n"
                f"Subject: {source.choice(WORDS)} {source.choice(WORDS)}\r\n"
                f"Importance: {source.choice(('high', 'low', 'normal'))}\r\n"
                f"Content-Type: text/plain; charset=utf-8\r\n\r\n{source.choice(WORDS)} body\r\n".encode(),
                source.choice((Flag(0), Flag.SEEN, Flag.FLAGGED | Flag.SEEN, Flag.DRAFT)),
                internal_date=1_700_000_000.0 + n,
            )
            for n in range(60)
        ]
        mailbox.append(INBOX, mails[:40])
        update(mailbox.file)
        mailbox.append(INBOX, mails[40:])  # which the full-text index does not know
        yield mailbox


TEXT_TAGS = st.sampled_from(
    [
        tags.PidTagSubject,
        tags.PidTagSentRepresentingSmtpAddress,
        tags.PidTagDisplayCc,
        tags.PidTagBody,
        tags.PidTagMessageClass,
    ]
)
NUMBER_TAGS = st.sampled_from(
    [
        tags.PidTagImportance,
        tags.PidTagMessageFlags,
        tags.PidTagMessageSize,
        tags.PidTagHasAttachments,
        tags.PidTagRead,
        tags.PidTagFlagStatus,
        tags.PidTagClientSubmitTime,
        tags.PidTagMessageDeliveryTime,
        tags.PidTagConversationId,
    ]
)
NEEDLES = st.sampled_from(
    [*WORDS, "strasse", "STRASSE", "straße ä", "body", "apple x", "IPM.NOTE", "\0", "\ud800"]
)
NUMBERS = st.one_of(st.integers(-2, 3), st.sampled_from([0x10, 133_444_736_000_000_000, 200, 2**63 - 1]))
LEAVES: st.SearchStrategy[Restriction] = st.one_of(
    st.builds(
        lambda tag, text, low, high: Content(tag, tag, text, low, high),
        TEXT_TAGS,
        NEEDLES,
        st.sampled_from([FuzzyLow(0), FuzzyLow.SUBSTRING, FuzzyLow.PREFIX, FuzzyLow.PREFIX_ON_ANY_WORD]),
        st.sampled_from([FuzzyHigh(0), FuzzyHigh.IGNORE_CASE, FuzzyHigh.LOOSE]),
    ),
    st.builds(lambda op, tag, text: Property(op, tag, tag, text), st.sampled_from(RelOp), TEXT_TAGS, NEEDLES),
    st.builds(lambda op, tag, n: Property(op, tag, tag, n), st.sampled_from(RelOp), NUMBER_TAGS, NUMBERS),
    st.builds(
        BitMask, st.sampled_from(BitMapRelOp), NUMBER_TAGS, st.sampled_from([0, 1, 2, 8, 9, 0xFFFFFFFF])
    ),
    st.builds(Exist, st.one_of(TEXT_TAGS, NUMBER_TAGS)),
    st.builds(Size, st.sampled_from(RelOp), TEXT_TAGS, st.integers(0, 40)),
    st.builds(
        lambda text: SubObject(
            tags.PidTagMessageRecipients,
            Content(tags.PidTagSmtpAddress, tags.PidTagSmtpAddress, text, FuzzyLow.SUBSTRING),
        ),
        st.sampled_from(["alice", "bob"]),
    ),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(And, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Not, inner),
        st.builds(Comment, st.just(()), st.one_of(st.none(), inner)),
        st.builds(Count, st.just(5), inner),
    ),
    max_leaves=6,
)


def exactly(box: Mailbox, restriction: Restriction) -> list[int]:
    wanted = sorted(needs(restriction).tags)
    found = []
    rows = box.file.execute("SELECT mid, uid FROM messages WHERE folder_id = ?", (INBOX,)).fetchall()
    uids = dict(rows)
    for mid, row in MessageProperties(box.file, wanted).rows(uids):
        getter = dict(zip(wanted, row, strict=True)).get
        if matches(restriction, getter, lambda tag, mid=mid: parts_of(box.file, mid, tag)):  # type: ignore[misc]
            found.append(uids[mid])
    return sorted(found)


@settings(max_examples=150)
@given(restriction=TREES)
def test_the_engine_finds_what_the_evaluator_says(box: Mailbox, restriction: Restriction) -> None:
    found = searching.search(box.file, expression_of(restriction), box.view(INBOX))
    assert list(found) == exactly(box, restriction)


@settings(max_examples=150)
@given(restriction=TREES)
def test_compiled_conditions_mean_the_same(box: Mailbox, restriction: Restriction) -> None:
    compiled = sql.compiled(restriction)
    if compiled is not None:
        rows = box.file.execute(
            f"SELECT uid FROM messages WHERE folder_id = ? AND {compiled.condition} ORDER BY uid",  # noqa: S608
            (INBOX, *compiled.parameters),
        ).fetchall()
        assert [uid for (uid,) in rows] == exactly(box, restriction)


def test_flags_and_columns_have_nodes_of_their_own() -> None:
    unread = Property(RelOp.NOT_EQUAL, tags.PidTagRead, tags.PidTagRead, value=True)
    assert expression_of(unread) == search.Flagged(Flag.SEEN, 0)
    assert isinstance(expression_of(unread, is_public=True), search.Matching)
    assert isinstance(expression_of(Exist(tags.PidTagClientSubmitTime)), search.Where)
    body = Content(tags.PidTagBody, tags.PidTagBody, "text", FuzzyLow.SUBSTRING, FuzzyHigh.IGNORE_CASE)
    assert expression_of(body) == search.And((search.MayHold("text"), search.Matching(body)))


def test_what_is_too_deep_is_refused() -> None:
    restriction: Restriction = And(())
    for _ in range(MAX_DEPTH):
        restriction = Not(restriction)
    with pytest.raises(LimitError):
        expression_of(restriction)
    assert sql.compiled(restriction) is None


def test_many_parameters_are_not_for_the_database() -> None:
    one = Property(RelOp.EQUAL, tags.PidTagSubject, tags.PidTagSubject, "x")
    assert sql.compiled(Or((one,) * sql.MAX_PARAMETERS)) is not None
    assert sql.compiled(Or((one,) * (sql.MAX_PARAMETERS + 1))) is None
