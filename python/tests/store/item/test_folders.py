"""Folders with everything in them."""

from __future__ import annotations

import pytest

from gromox.mapi import tags
from gromox.store.errors import (
    DeniedError,
    ExistsError,
    FolderGoneError,
    HasChildrenError,
    HasMessagesError,
    InvalidNameError,
    InvalidValueError,
    MessageGoneError,
    ReservedError,
)
from gromox.store.mailbox import Mailbox
from gromox.store.permission import Right
from gromox.store.session import Actor, StoreSession
from tests.store.item.items import INBOX, IPM, note
from tests.store.sample import octets

BOB = Actor("bob@example.test")
ROOT = 1


@pytest.mark.requirement("MS-OXCFOLD", "R481")
@pytest.mark.requirement("MS-OXCFOLD", "R482")
@pytest.mark.requirement("MS-OXCFOLD", "R483")
@pytest.mark.requirement("MS-OXCFOLD", "R1065")
@pytest.mark.requirement("MS-OXCFOLD", "R1039")
def test_names_are_unique_among_siblings(session: StoreSession) -> None:
    made = session.create_folder(IPM, "Plans", values={tags.PidTagComment: "c", tags.PidTagFolderId: 1})
    assert session.folder_properties(made, [tags.PidTagComment]) == {tags.PidTagComment: "c"}
    with pytest.raises(ExistsError):
        session.create_folder(IPM, "plans")
    assert session.create_folder(IPM, "PLANS", open_existing=True) == made
    assert session.create_folder(INBOX, "Plans", open_existing=True) != made
    assert session.folder_named(IPM, "plans") == made
    with pytest.raises(InvalidValueError):
        session.create_folder(IPM, "other", folder_id=made)


@pytest.mark.requirement("MS-OXCFOLD", "R477")
def test_a_folder_has_a_name(session: StoreSession) -> None:
    with pytest.raises(InvalidNameError):
        session.create_folder(IPM, "")


@pytest.mark.requirement("MS-OXCPERM", "R118")
@pytest.mark.requirement("MS-OXCPERM", "R119")
@pytest.mark.requirement("MS-OXCFOLD", "R1066")
def test_who_makes_folders_owns_them(mailbox: Mailbox) -> None:
    bob = StoreSession.of(mailbox, BOB)
    mailbox.set_rights(INBOX, BOB.username, Right.VISIBLE | Right.CREATE)
    mailbox.set_rights(INBOX, "carol@example.test", Right.VISIBLE)
    with pytest.raises(DeniedError):
        bob.create_folder(INBOX, "Bob's")
    mailbox.set_rights(INBOX, BOB.username, Right.VISIBLE | Right.CREATE_SUBFOLDER)
    made = bob.create_folder(INBOX, "Bob's")

    assert bob.folder_rights(made) & Right.OWNER
    assert StoreSession.of(mailbox, Actor("carol@example.test")).folder_rights(made) == Right.VISIBLE


@pytest.mark.requirement("MS-OXCFOLD", "R405")
def test_a_folder_that_is_not_empty(mailbox: Mailbox, session: StoreSession) -> None:
    parent = session.create_folder(IPM, "parent")
    child = session.create_folder(parent, "child")
    session.save_mail(parent, octets())
    with pytest.raises(HasMessagesError):
        session.delete_folder(parent, with_folders=True)
    with pytest.raises(HasChildrenError):
        session.delete_folder(parent, with_messages=True)
    assert session.is_folder_there(child)
    done = session.delete_folder(parent, with_messages=True, with_folders=True)
    assert done.removed == (child, parent)
    assert not session.is_folder_there(parent)
    assert session.is_folder_deleted(child)
    with pytest.raises(FolderGoneError):
        session.delete_folder(parent)
    assert mailbox.check() == []


def test_built_in_folders_stay(session: StoreSession) -> None:
    with pytest.raises(ReservedError):
        session.delete_folder(INBOX, with_messages=True)
    with pytest.raises(ReservedError):
        session.move_folder(INBOX, ROOT)
    with pytest.raises(ReservedError):
        session.empty_folder(ROOT)


@pytest.mark.requirement("MS-OXCFOLD", "R497")
def test_a_folder_comes_back_unless_it_went_for_good(mailbox: Mailbox, session: StoreSession) -> None:
    parent = session.create_folder(IPM, "parent")
    child = session.create_folder(parent, "child")
    mid = session.create_message(child, note()).mid
    before = mailbox.quota().used
    session.delete_folder(parent, with_folders=True)
    assert mailbox.quota().used < before
    with pytest.raises(MessageGoneError):
        session.read_message(mid)
    assert session.is_message_deleted(mid)
    assert session.restore_folder(parent) == (parent, child)
    assert session.read_message(mid).properties[tags.PidTagSubject] == "Hello"
    assert mailbox.quota().used == before
    assert mailbox.check() == []
    session.delete_folder(parent, with_messages=True, with_folders=True, is_hard=True)
    with pytest.raises(MessageGoneError):
        session.restore_folder(parent)
    assert mailbox.file.execute("SELECT count(*) FROM messages").fetchone() == (0,)


def test_a_folder_cannot_come_back_under_a_name_that_is_taken(session: StoreSession) -> None:
    made = session.create_folder(IPM, "twice")
    session.delete_folder(made)
    session.create_folder(IPM, "Twice")
    with pytest.raises(ExistsError):
        session.restore_folder(made)


@pytest.mark.requirement("MS-OXCFOLD", "R1129")
@pytest.mark.requirement("MS-OXCFOLD", "R617")
@pytest.mark.requirement("MS-OXCFOLD", "R618")
@pytest.mark.requirement("MS-OXCFOLD", "R113801")
@pytest.mark.requirement("MS-OXCFOLD", "R113804")
@pytest.mark.requirement("MS-OXCFOLD", "R113805")
@pytest.mark.parametrize("is_hard", [False, True])
def test_emptying(mailbox: Mailbox, session: StoreSession, *, is_hard: bool) -> None:
    made = session.create_folder(IPM, "full")
    child = session.create_folder(made, "child")
    session.create_message(child, note())
    mid = session.create_message(made, note()).mid
    settings = session.create_message(made, note(), associated=True).mid

    assert set(session.empty_folder(made, is_hard=is_hard).removed) == {mid, child}
    assert session.is_folder_there(made)
    assert session.message_folder(settings) == made
    assert session.empty_folder(made, with_associated=True, is_hard=is_hard).removed == (settings,)
    folder = mailbox.folder(made)
    assert (folder.total, folder.associated_total) == (0, 0)
    assert folder.deleted_total == (0 if is_hard else 2)


@pytest.mark.requirement("MS-OXCFOLD", "R1131")
@pytest.mark.requirement("MS-OXCFOLD", "R113803")
def test_emptying_takes_what_the_actor_may_take(mailbox: Mailbox, session: StoreSession) -> None:
    made = session.create_folder(IPM, "shared")
    kept = session.create_message(made, note()).mid
    rights = Right.VISIBLE | Right.READ_ANY | Right.CREATE | Right.CREATE_SUBFOLDER
    mailbox.set_rights(made, BOB.username, rights)
    bob = StoreSession.of(mailbox, BOB)
    with pytest.raises(DeniedError):
        bob.empty_folder(made)
    mailbox.set_rights(made, BOB.username, rights | Right.DELETE_OWNED)
    own = bob.create_message(made, note()).mid
    theirs = session.create_folder(made, "theirs")
    mailbox.set_rights(theirs, BOB.username, Right.VISIBLE)
    done = bob.empty_folder(made)
    assert set(done.removed) == {own}
    assert set(done.refused) == {kept, theirs}


def test_moving(mailbox: Mailbox, session: StoreSession) -> None:
    made = session.create_folder(IPM, "wandering")
    mid = session.create_message(made, note()).mid
    session.move_folder(made, INBOX, "arrived")
    folder = mailbox.folder(made)
    assert (folder.parent_id, folder.name) == (INBOX, "arrived")
    assert session.is_below(made, IPM)
    assert not session.is_below(INBOX, made)
    assert session.message_folder(mid) == made
    with pytest.raises(InvalidNameError):
        session.move_folder(made, session.create_folder(made, "below"))
    session.create_folder(IPM, "arrived")
    with pytest.raises(ExistsError):
        session.move_folder(made, IPM)


@pytest.mark.requirement("MS-OXCFOLD", "R605")
def test_copying(mailbox: Mailbox, session: StoreSession) -> None:
    made = session.create_folder(IPM, "original", values={tags.PidTagComment: "c"})
    below = session.create_folder(made, "below")
    session.create_message(made, note("one"))
    session.create_message(below, note("two"), associated=True)
    copy, is_partial = session.copy_folder(made, IPM, "copy")

    assert not is_partial
    assert session.folder_properties(copy, [tags.PidTagComment]) == {tags.PidTagComment: "c"}
    copied_below = session.folder_named(copy, "below")
    assert copied_below is not None
    assert (mailbox.folder(copy).total, mailbox.folder(copied_below).associated_total) == (1, 1)
    single, _ = session.copy_folder(made, IPM, "single", is_recursive=False)
    assert session.folder_named(single, "below") is None
    with pytest.raises(InvalidNameError):
        session.copy_folder(made, below)
    with pytest.raises(ExistsError):
        session.copy_folder(made, IPM)


@pytest.mark.requirement("MS-OXCFOLD", "R1121")
def test_copying_leaves_out_what_the_actor_may_not_read(mailbox: Mailbox, session: StoreSession) -> None:
    made = session.create_folder(IPM, "original")
    session.create_folder(made, "secret")
    target = session.create_folder(IPM, "target")
    mailbox.set_rights(made, BOB.username, Right.READ_ANY)
    mailbox.set_rights(target, BOB.username, Right.VISIBLE | Right.CREATE_SUBFOLDER)
    copy, is_partial = StoreSession.of(mailbox, BOB).copy_folder(made, target)
    assert is_partial
    assert session.folder_named(copy, "secret") is None
