from __future__ import annotations

import sqlite3
from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.store.block import CAPACITY, Block
from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.keyword import KeywordSets
from gromox.store.mailbox import Mailbox
from gromox.store.uidset import UidSet
from gromox.store.view import FolderView, caught_up, diff
from tests.store.sample import mail

INBOX = 13
SEEN = FlagChange(FlagOperation.ADD, Flag.SEEN)


@pytest.fixture
def filled(mailbox: Mailbox) -> Mailbox:
    mailbox.append(INBOX, [mail()] * (2 * CAPACITY + 100))
    return mailbox


def test_sequence_numbers_and_uids(filled: Mailbox) -> None:
    filled.delete_messages(INBOX, UidSet([(10, 19), (1500, 1500)]))
    view = filled.view(INBOX)
    uids = [uid for uid in range(1, 2 * CAPACITY + 101) if not 10 <= uid <= 19 and uid != 1500]
    assert view.total == len(uids)
    assert list(view.uids()) == uids
    assert list(view.uids(9, 11)) == [9, 20, 21]
    assert list(view.uids(view.total, 10**9)) == uids[-1:]
    for seq in (1, 9, 10, 1000, 1030, view.total):
        assert view.uid_at(seq) == uids[seq - 1]
        assert view.seq_of(uids[seq - 1]) == seq
    assert view.seq_of(10) is view.seq_of(1500) is view.seq_of(10**6) is view.seq_of(0) is None
    assert view.place_of_uid(1500) is None
    with pytest.raises(IndexError):
        view.uid_at(0)
    with pytest.raises(IndexError):
        view.uid_at(view.total + 1)
    assert list(view.resolve(UidSet([(8, 21), (1499, 1501)]))) == [8, 9, 20, 21, 1499, 1501]
    assert view.last_uid() == uids[-1]


def test_blocks_that_did_not_change_are_shared(filled: Mailbox, path: Path) -> None:
    old = filled.view(INBOX)
    assert filled.view(INBOX) is old
    with Mailbox.open(path) as other:
        other.set_flags(INBOX, UidSet([(1, 1)]), SEEN)
    new = filled.view(INBOX)
    assert new is not old
    assert new.blocks[0] is not old.blocks[0]
    assert new.blocks[1:] == old.blocks[1:]


def test_uids_without_gaps_are_made_when_asked_for(filled: Mailbox, path: Path) -> None:
    filled.delete_messages(INBOX, UidSet([(1500, 1500)]))
    with Mailbox.open(path) as other:
        view = other.view(INBOX)
        assert view.unseen_first == 1
        assert [view.seq_of(uid) for uid in (CAPACITY, 1499, 1500, 1501)] == [CAPACITY, 1499, None, 1500]
        dense, gaps, last = view.blocks
        wanted = UidSet([(5, 7), (CAPACITY, CAPACITY + 1), (2 * CAPACITY + 5, 10**6)])
        assert dense.spans(wanted) == [(4, 7), (CAPACITY - 1, CAPACITY)]
        assert last.spans(wanted) == [(4, 100)]
        assert dense.spans(UidSet([(CAPACITY + 1, 9999)])) == []
        assert gaps.spans(wanted) == [(0, 1)]
        assert [block._uids is None for block in view.blocks] == [True, False, True]
        assert list(dense.uids) == list(range(1, CAPACITY + 1))
        assert dense.uids is dense.uids
        assert list(view.uids()) == list(filled.view(INBOX).uids())


def told(old: FolderView, new: FolderView) -> None:
    """Apply a diff to what a session knows; it has to know the new view then."""
    change = diff(old, new)
    known = {uid: old.flags_of(uid) for uid in old.uids()}
    for uid, seq in zip(change.vanished_uids, change.vanished_seqs, strict=True):
        assert old.uid_at(seq) == uid
        del known[uid]
    for uid in [*change.changed_uids, *change.appended_uids]:
        known[uid] = new.flags_of(uid)
    assert known == {uid: new.flags_of(uid) for uid in new.uids()}
    assert list(change.appended_uids) == [uid for uid in new.uids() if uid >= old.uid_next]
    assert diff(old, new) is change


def test_diffs(filled: Mailbox) -> None:
    views = [filled.view(INBOX)]
    actions = (
        lambda: filled.set_flags(INBOX, UidSet([(5, 9)]), SEEN),
        lambda: filled.delete_messages(INBOX, UidSet([(3, 6), (1000, 1100)])),
        lambda: filled.append(INBOX, [mail(), mail("x", Flag.SEEN, "word")]),
        lambda: filled.delete_messages(INBOX, UidSet([(1, 900)])),
        lambda: filled.set_flags(INBOX, UidSet.everything(), SEEN),
        lambda: filled.move(INBOX, UidSet([(2000, 2010)]), INBOX),
        lambda: filled.delete_messages(INBOX, UidSet([(1, 2100)])),
        lambda: filled.append(INBOX, [mail()] * CAPACITY),
        lambda: filled.delete_messages(INBOX, UidSet.everything()),
    )
    for action in actions:
        action()
        views.append(filled.view(INBOX))
    for number, old in enumerate(views):
        for new in views[number:]:
            told(old, new)


def test_small_blocks_are_merged(filled: Mailbox) -> None:
    filled.delete_messages(INBOX, UidSet([(10, CAPACITY), (CAPACITY + 10, 2 * CAPACITY)]))
    view = filled.view(INBOX)
    assert len(view.blocks) <= 2
    assert view.total == 9 + 9 + 100
    filled.append(INBOX, [mail()])
    assert filled.view(INBOX).last_uid() == 2 * CAPACITY + 101


def test_an_empty_folder(mailbox: Mailbox) -> None:
    view = mailbox.view(INBOX)
    assert (view.total, view.unseen_first, view.uid_next, list(view.uids())) == (0, None, 1, [])
    assert view.seq_of(1) is None
    assert view.last_uid() == 0


def test_a_view_catches_up_with_some_messages(filled: Mailbox) -> None:
    old = filled.view(INBOX)
    words = FlagChange(FlagOperation.ADD, Flag.FLAGGED, frozenset({"word"}))
    filled.set_flags(INBOX, UidSet([(5, 9), (CAPACITY + 5, CAPACITY + 5)]), words)
    filled.delete_messages(INBOX, UidSet([(6, 6), (CAPACITY, CAPACITY)]))
    new = filled.view(INBOX)

    view = caught_up(old, new, UidSet([(5, 6), (CAPACITY + 5, CAPACITY + 5)]))

    assert list(view.uids()) == list(old.uids())
    assert view.highest_modseq == old.highest_modseq
    for uid in (5, CAPACITY + 5):
        assert view.flags_of(uid) == new.flags_of(uid) != old.flags_of(uid)
    for uid in (4, 6, 7, 9):
        assert view.flags_of(uid) == old.flags_of(uid)
    assert view.blocks[2] is old.blocks[2]
    change = diff(view, new)
    assert list(change.vanished_uids) == [6, CAPACITY]
    assert list(change.changed_uids) == [7, 8, 9]


@given(
    st.integers(1, 200).flatmap(
        lambda count: st.tuples(
            st.just(count), st.sets(st.integers(0, count - 1), max_size=9), st.integers(0, 3), st.booleans()
        )
    )
)
def test_of_a_block_only_what_differs_is_told(case: tuple[int, set[int], int, bool]) -> None:
    count, places, more, starts_uniform = case
    sets = KeywordSets(sqlite3.connect(":memory:"))
    uids = array("I", range(5, 5 + count))
    deltas = None if starts_uniform else array("I", [place % 7 for place in range(count)])
    old = Block(uids, bytes(count), None, 1000, deltas, changed=1010, sets=sets, block_id=1)
    changed = array("I", [old.modseq_at(place) - 1000 for place in range(count)])
    for place in places:
        changed[place] += 300
    grown = uids + array("I", range(5 + count, 5 + count + more))
    changed += array("I", [500] * more)
    new = Block(grown, bytes(len(grown)), None, 1000, changed, changed=1500, sets=sets, block_id=1)
    views = [FolderView(1, 1, 999, block.changed, (block,), sets) for block in (old, new)]
    change = diff(*views)
    assert list(change.changed_uids) == [5 + place for place in sorted(places)]
    assert len(change.appended_uids) == more
    assert not change.vanished_uids
