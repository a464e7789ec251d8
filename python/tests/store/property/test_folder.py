"""Properties of folders and of the mailbox."""

from __future__ import annotations

import pytest

from gromox.mapi import tags
from gromox.mapi.changelist import PredecessorChangeList
from gromox.store.errors import DeniedError, ExistsError, FolderGoneError, InvalidValueError, LimitError
from gromox.store.mailbox import Mailbox
from gromox.store.permission import Right
from gromox.store.property import mailbox as mailbox_property
from gromox.store.property.problem import PropertyProblem, Reason
from gromox.store.session import SYSTEM, Actor, StoreSession

INBOX, ROOT, IPM = 13, 1, 9
BOB = Actor("bob@example.test")


@pytest.fixture
def session(mailbox: Mailbox) -> StoreSession:
    return StoreSession.of(mailbox, SYSTEM)


def test_counters_and_identity(mailbox: Mailbox, session: StoreSession) -> None:
    found = session.folder_properties(
        INBOX,
        [
            tags.PidTagDisplayName,
            tags.PidTagContainerClass,
            tags.PidTagContentCount,
            tags.PidTagSubfolders,
            tags.PidTagFolderType,
            tags.PidTagFolderId,
            tags.PidTagFolderFlags,
            tags.PidTagAccess,
            tags.PidTagRights,
            tags.PidTagComment,
        ],
    )
    assert list(found.values()) == [
        "Inbox", "IPF.Note", 0, False, 1, 0x0D00000000000001, 0x05, 0x3F, 0x1FFB,
    ]  # fmt: skip
    assert session.folder_properties(ROOT, [tags.PidTagFolderType, tags.PidTagFolderFlags]) == {
        tags.PidTagFolderType: 0,
        tags.PidTagFolderFlags: 4,
    }


def test_setting_properties_changes_the_folder(mailbox: Mailbox, session: StoreSession) -> None:
    made = mailbox.create_folder(IPM, "Plans")
    before = mailbox.change_number()
    problems = session.set_folder_properties(
        made.folder_id,
        {
            tags.PidTagDisplayName: "Projects",
            tags.PidTagComment: "all of them",
            tags.PidTagAttributeHidden: True,
            tags.PidTagContainerClass: "IPF.Task",
            tags.PidTagContentCount: 5,
        },
    )
    after = mailbox.folder(made.folder_id)

    assert problems == (PropertyProblem(tags.PidTagContentCount, Reason.COMPUTED),)
    assert (after.name, after.hidden, after.container_class) == ("Projects", True, "IPF.Task")
    assert after.cn > before
    assert mailbox.hierarchy_number() > before
    assert session.folder_properties(made.folder_id, [tags.PidTagComment]) == {
        tags.PidTagComment: "all of them"
    }
    assert tags.PidTagComment in session.folder_tags(made.folder_id)
    session.delete_folder_properties(made.folder_id, [tags.PidTagComment])
    assert session.folder_properties(made.folder_id, [tags.PidTagComment]) == {}


def test_a_foreign_change_stays_among_the_predecessors(mailbox: Mailbox, session: StoreSession) -> None:
    made = mailbox.create_folder(IPM, "Plans").folder_id
    foreign = bytes(range(16)) + b"\0\0\0\1"
    mailbox.file.execute("UPDATE folders SET change_key = ? WHERE folder_id = ?", (foreign, made))
    assert session.folder_properties(made, [tags.PidTagChangeKey]) == {tags.PidTagChangeKey: foreign}

    session.set_folder_properties(made, {tags.PidTagComment: "mine"})

    found = session.folder_properties(made, [tags.PidTagPredecessorChangeList, tags.PidTagChangeKey])
    listed = PredecessorChangeList.from_octets(found[tags.PidTagPredecessorChangeList])  # type: ignore[arg-type]
    assert {xid.octets for xid in listed.xids} == {foreign, found[tags.PidTagChangeKey]}


def test_only_its_owner_sets_properties(mailbox: Mailbox) -> None:
    session = StoreSession.of(mailbox, BOB)
    with pytest.raises(FolderGoneError):
        session.set_folder_properties(INBOX, {tags.PidTagComment: "x"})
    mailbox.set_rights(INBOX, BOB.username, Right.VISIBLE | Right.EDIT_ANY)
    with pytest.raises(DeniedError):
        session.set_folder_properties(INBOX, {tags.PidTagComment: "x"})
    mailbox.set_rights(INBOX, BOB.username, Right.OWNER)
    assert session.set_folder_properties(INBOX, {tags.PidTagComment: "x"}) == ()


def test_a_name_that_is_taken(mailbox: Mailbox, session: StoreSession) -> None:
    made = mailbox.create_folder(IPM, "Plans").folder_id
    with pytest.raises(ExistsError):
        session.set_folder_properties(made, {tags.PidTagComment: "x", tags.PidTagDisplayName: "inbox"})
    assert session.folder_properties(made, [tags.PidTagComment]) == {}


def test_properties_of_the_mailbox(mailbox: Mailbox, session: StoreSession) -> None:
    picture = bytes(200_000)
    limit = 0x3FF50003
    assert session.set_store_properties(
        {0x36770102: picture, tags.PidTagComment: "ours", limit: 2048, tags.PidTagObjectType: 9}
    ) == (PropertyProblem(tags.PidTagObjectType, Reason.COMPUTED),)

    found = session.store_properties([0x36770102, tags.PidTagComment & 0xFFFF0000, tags.PidTagObjectType])
    assert found == {0x36770102: picture, tags.PidTagComment: "ours", tags.PidTagObjectType: 1}
    assert mailbox.quota().storage_limit == 2048 * 1024
    assert {0x36770102, limit} <= set(session.store_tags())
    session.delete_store_properties([limit, 0x36770102])
    assert mailbox.quota().storage_limit is None
    assert session.store_properties([0x36770102]) == {}


def test_bounds_and_rights_of_properties_of_the_mailbox(mailbox: Mailbox, session: StoreSession) -> None:
    with pytest.raises(LimitError):
        session.set_store_properties({0x36770102: bytes(mailbox_property.MAX_SIZE + 1)})
    with pytest.raises(InvalidValueError):
        session.set_store_properties({tags.PidTagComment: b"no text"})
    with pytest.raises(DeniedError):
        StoreSession.of(mailbox, BOB).set_store_properties({tags.PidTagComment: "x"})
    assert session.store_properties([tags.PidTagComment, 0x36770102]) == {}
