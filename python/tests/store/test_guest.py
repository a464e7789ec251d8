"""A mailbox in the hands of somebody else: rights, and what is hidden."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

from gromox.base.clock import ManualClock
from gromox.mapi.folderids import Public
from gromox.store.create import create_private, create_public
from gromox.store.errors import DeniedError, FolderGoneError
from gromox.store.flags import NO_FLAGS, Flag, FlagChange, FlagOperation
from gromox.store.guest import Guest
from gromox.store.mailbox import Mailbox
from gromox.store.model import Columns, NewMail
from gromox.store.permission import ALL_RIGHTS, Right
from gromox.store.search import All, Flagged
from gromox.store.session.actor import Actor
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INBOX = 0x0D
MAIL = b"Subject: it\r\n\r\nbody\r\n"
BOB = "bob@example.test"
ONE = UidSet.of([1])
SEEN = FlagChange(FlagOperation.ADD, Flag.SEEN)


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    with create_private(
        tmp_path / "alice", owner="alice@example.test", user_id=1, clock=ManualClock()
    ) as box:
        box.append(INBOX, [NewMail(MAIL), NewMail(MAIL, Flag.FLAGGED)])
        yield box


@pytest.fixture
def public(tmp_path: Path) -> Iterator[Mailbox]:
    with create_public(tmp_path / "public", domain="example.test", domain_id=1, clock=ManualClock()) as box:
        yield box


def guest(mailbox: Mailbox, rights: int, *, groups: frozenset[str] = frozenset()) -> Guest:
    mailbox.set_rights(INBOX, BOB, rights)
    return Guest(mailbox, Actor(BOB, groups))


#: Methods of a mailbox that name a folder and need no right: what they say is nobody's secret, or each asks
#: the one below it.
UNGUARDED = {
    "deliver",  # of the delivery agent alone
    "held",
    "rights",
    "scan_steps",  # tells nothing
}


def test_every_method_that_names_a_folder_is_guarded() -> None:
    named = {
        name
        for name, method in inspect.getmembers(Mailbox, callable)
        if not name.startswith("_") and {"folder_id", "parent_id"} & set(inspect.signature(method).parameters)
    }
    # Maintenance, rules and indexing are of the product itself: they are no part of what protocols show.
    own = {name for name in named if getattr(Guest, name) is not getattr(Mailbox, name) or name in UNGUARDED}
    internal = {
        name
        for base in Mailbox.__mro__
        if base.__module__.endswith((".maintenance", ".ruling", ".indexing"))
        for name in vars(base)
    }

    assert named - own - internal == set()


def test_who_has_no_right_sees_nothing(mailbox: Mailbox) -> None:
    stranger = Guest(mailbox, Actor(BOB))

    assert not stranger.sees(INBOX)
    assert INBOX not in {folder.folder_id for folder in stranger.folders()}
    for act in (
        lambda: stranger.view(INBOX),
        lambda: stranger.folder(INBOX),
        lambda: stranger.append(INBOX, [NewMail(MAIL)]),
        lambda: stranger.content(INBOX, 1),
        lambda: list(stranger.fetch(INBOX, [1], Columns.SIZE)),
        lambda: stranger.search(INBOX, All()),
        lambda: stranger.set_flags(INBOX, ONE, SEEN),
        lambda: stranger.expunge(INBOX),
        lambda: stranger.permissions(INBOX),
        lambda: stranger.annotations(INBOX),
        lambda: stranger.url_key(INBOX),
        lambda: stranger.renew_url_key(INBOX),
    ):
        with pytest.raises(FolderGoneError):
            act()


def test_a_reader_reads_and_no_more(mailbox: Mailbox) -> None:
    reader = guest(mailbox, Right.READ_ANY | Right.VISIBLE)

    assert reader.view(INBOX).total == 2
    assert reader.content(INBOX, 1).octets() == MAIL
    assert reader.settable(INBOX) == NO_FLAGS
    for act in (
        lambda: reader.append(INBOX, [NewMail(MAIL)]),
        lambda: reader.set_flags(INBOX, ONE, SEEN),
        lambda: reader.delete_messages(INBOX, ONE),
        lambda: reader.move(INBOX, ONE, INBOX),
        lambda: reader.replace(INBOX, 1, INBOX, NewMail(MAIL)),
        lambda: reader.copy(INBOX, ONE, INBOX),
        lambda: reader.create_folder(INBOX, "mine"),
        lambda: reader.delete_folder(INBOX),
        lambda: reader.set_rights(INBOX, BOB, int(ALL_RIGHTS)),
        lambda: reader.set_quota(storage=1, receive=None, send=None),
        lambda: reader.annotate(INBOX, {"/shared/comment": b"x"}),
    ):
        with pytest.raises(DeniedError):
            act()


def test_flags_without_right_are_left_out(mailbox: Mailbox) -> None:
    clerk = guest(mailbox, Right.READ_ANY | Right.CREATE | Right.DELETE_ANY)
    added = clerk.append(INBOX, [NewMail(MAIL, Flag.SEEN | Flag.DELETED, frozenset({"work"}))])
    copied = clerk.copy(INBOX, UidSet.of([2]), INBOX)

    place = mailbox.view(INBOX).flags_of(added.uids[0])
    assert place is not None
    assert place[0] == Flag.DELETED
    copy = mailbox.view(INBOX).flags_of(copied.target_uids[0])
    assert copy is not None
    assert copy[0] == NO_FLAGS


def test_a_replacement_of_flags_touches_only_those_that_may_be_set(mailbox: Mailbox) -> None:
    clerk = guest(mailbox, Right.READ_ANY | Right.DELETE_ANY)

    clerk.set_flags(INBOX, UidSet.of([2]), FlagChange(FlagOperation.REPLACE, Flag.DELETED | Flag.SEEN))
    found = mailbox.view(INBOX).flags_of(2)
    assert found is not None
    assert found[0] == Flag.DELETED | Flag.FLAGGED

    refused = clerk.set_flags(
        INBOX, UidSet.of([2]), FlagChange(FlagOperation.REMOVE, Flag.DELETED), unchanged_since=1
    )
    assert list(refused.refused) == [2]


def test_rights_of_groups_count(mailbox: Mailbox) -> None:
    mailbox.set_rights(INBOX, "team@example.test", Right.READ_ANY)

    assert Guest(mailbox, Actor(BOB, frozenset({"team@example.test"}))).sees(INBOX)
    assert not Guest(mailbox, Actor(BOB)).sees(INBOX)


def test_who_made_a_folder_owns_it(mailbox: Mailbox) -> None:
    maker = guest(mailbox, Right.VISIBLE | Right.CREATE_SUBFOLDER)
    made = maker.create_folder(INBOX, "mine")

    maker.rename_folder(made.folder_id, parent_id=INBOX, name="ours")
    maker.delete_folder(made.folder_id)
    with pytest.raises(DeniedError):
        maker.delete_folder(INBOX)


def test_recent_stays_for_the_owner(mailbox: Mailbox) -> None:
    reader = guest(mailbox, Right.READ_ANY)

    assert reader.mark_recent_seen(INBOX) == 3
    assert reader.folder(INBOX).recent_from == 3
    assert mailbox.mark_recent_seen(INBOX) == 1


def test_seen_in_a_public_store_is_that_of_each_reader(public: Mailbox) -> None:
    folder_id = public.create_folder(int(Public.IPM_SUBTREE), "news").folder_id
    alice, bob = (Guest(public, Actor(f"{name}@example.test")) for name in ("alice", "bob"))
    alice.append(folder_id, [NewMail(MAIL, Flag.SEEN), NewMail(MAIL)])
    before = bob.view(folder_id)
    bob.set_flags(folder_id, UidSet.of([2]), SEEN)
    unread = Flagged(Flag.SEEN, 0)

    assert list(alice.search(folder_id, unread)) == [2]
    assert list(bob.search(folder_id, unread)) == [1]
    assert before.unseen == 2
    assert alice.unread(alice.folder(folder_id)) == bob.unread(bob.folder(folder_id)) == 1
    assert bob.view(folder_id) is bob.view(folder_id)
    assert bob.view(folder_id).highest_modseq > before.highest_modseq
    assert list(bob.view(folder_id).changed_since(before.highest_modseq)) == [2]


def test_read_states_move_along(public: Mailbox) -> None:
    news, olds = (public.create_folder(int(Public.IPM_SUBTREE), name).folder_id for name in ("news", "olds"))
    for folder_id in (news, olds):
        public.set_rights(folder_id, BOB, int(ALL_RIGHTS))
    bob = Guest(public, Actor(BOB))
    bob.append(news, [NewMail(MAIL), NewMail(MAIL)])
    assert bob.view(olds).total == 0
    bob.set_flags(news, ONE, SEEN)
    bob.move(news, UidSet.of([1, 2]), olds)

    assert [bob.view(olds).flags_of(uid) for uid in (1, 2)] != [None, None]
    assert list(bob.search(olds, Flagged(Flag.SEEN, int(Flag.SEEN)))) == [1]


def test_a_store_owner_may_do_everything(mailbox: Mailbox) -> None:
    mailbox.set_rights(0x09, BOB, int(ALL_RIGHTS))
    owner = Guest(mailbox, Actor(BOB))

    assert owner.settable(INBOX) == Flag(0x3F)
    owner.delete_messages(INBOX, ONE)
    assert mailbox.view(INBOX).total == 1
