"""Messages on the move: copied, moved, removed, restored, within and between mailboxes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gromox.mapi import named, tags
from gromox.mapi.message import Attachment
from gromox.store.create import create_private
from gromox.store.errors import (
    DeniedError,
    FolderGoneError,
    InvalidValueError,
    LimitError,
    MessageGoneError,
    QuotaError,
)
from gromox.store.flags import Flag
from gromox.store.item import removing
from gromox.store.item.change import MessageChange
from gromox.store.mailbox import Mailbox
from gromox.store.model import NewMail
from gromox.store.permission import Right
from gromox.store.session import SYSTEM, Actor, StoreSession
from gromox.store.session.mails import transfer_between
from gromox.store.uidset import UidSet
from tests.store.item.items import DRAFTS, INBOX, IPM, attachment, bag, note
from tests.store.sample import octets

BOB = Actor("bob@example.test")


def full(subject: str = "full") -> object:
    item = note(subject, body="b" * 9000)
    item.attachments = [attachment("a", b"x" * 80_000), Attachment(bag({}), embedded=note("inner"))]
    inner = item.attachments[1].embedded
    assert inner is not None
    inner.attachments = [attachment("deep", b"d" * 70_000)]
    inner.properties[tags.PidTagBody] = "y" * 5000
    item.properties[named.PidNameKeywords] = ("Red",)
    return item


def made(session: StoreSession, folder_id: int = INBOX) -> tuple[int, int, int]:
    """An item, a mail and configuration in a folder."""
    item = session.create_message(folder_id, full()).mid  # type: ignore[arg-type] # a Message
    mail = session.save_mail(folder_id, octets(), flags=int(Flag.SEEN)).mid
    associated = session.create_message(folder_id, note("settings"), associated=True).mid
    return item, mail, associated


def subjects(session: StoreSession, mids: list[int]) -> list[object]:
    found = session.properties_of_messages(mids, [tags.PidTagSubject])
    return [found[mid][0] for mid in mids]


def check_full(session: StoreSession, mid: int) -> None:
    found = session.read_message(mid, is_named=True)
    assert found.properties[tags.PidTagBody] == "b" * 9000
    assert found.properties[named.PidNameKeywords] == ("Red",)
    assert session.read_attachment(mid, (0,), 79_999, 9) == b"x"
    assert session.read_attachment(mid, (1, 0), 0, 2) == b"dd"
    embedded = found.attachments[1].embedded
    assert embedded is not None
    assert embedded.properties[tags.PidTagBody] == "y" * 5000


@pytest.mark.parametrize("seen", [False, True])
def test_copies_are_whole_and_stand_alone(mailbox: Mailbox, session: StoreSession, *, seen: bool) -> None:
    mids = made(session)
    if seen:
        mailbox.content(INBOX, 1)
    done = session.copy_messages(INBOX, [*mids, 0xFFFFFF], DRAFTS)

    assert [old for old, _ in done.pairs] == list(mids)
    assert done.refused == (0xFFFFFF,)
    copies = [new for _, new in done.pairs]
    assert subjects(session, copies) == ["full", "Hello", "settings"]
    check_full(session, copies[0])
    assert mailbox.check() == []
    keys = session.properties_of_messages([mids[0], copies[0]], [tags.PidTagSearchKey, tags.PidTagSourceKey])
    assert keys[mids[0]][0] == keys[copies[0]][0]
    assert keys[mids[0]][1] != keys[copies[0]][1]
    session.delete_messages(INBOX, mids, is_hard=True)
    check_full(session, copies[0])
    assert session.read_mail(copies[1]) == octets()
    folder = mailbox.folder(DRAFTS)
    assert (folder.total, folder.associated_total, mailbox.folder(INBOX).total) == (2, 1, 0)


@pytest.mark.parametrize("seen", [False, True])
def test_moved_messages_are_gone_where_they_were(
    mailbox: Mailbox, session: StoreSession, *, seen: bool
) -> None:
    mids = made(session)
    if seen:
        mailbox.content(INBOX, 1)
    done = session.move_messages(INBOX, mids, DRAFTS)
    new = [after for _, after in done.pairs]

    assert subjects(session, new) == ["full", "Hello", "settings"]
    check_full(session, new[0])
    for mid in mids:
        with pytest.raises(MessageGoneError):
            session.message_folder(mid)
    assert [session.message_folder(mid) for mid in new] == [DRAFTS] * 3
    assert mailbox.folder(INBOX).associated_total == 0
    assert len(mailbox.view(DRAFTS).uids()) == 2


def test_imap_moves_and_copies_items(mailbox: Mailbox, session: StoreSession) -> None:
    session.create_message(INBOX, full())  # type: ignore[arg-type] # a Message
    mailbox.copy(INBOX, UidSet.everything(), DRAFTS)
    mailbox.move(INBOX, UidSet.everything(), DRAFTS)
    rows = mailbox.file.execute("SELECT mid FROM messages WHERE folder_id = ?", (DRAFTS,)).fetchall()
    for (mid,) in rows:
        check_full(session, mid)
    assert mailbox.check() == []
    assert b"Subject: full" in mailbox.content(DRAFTS, 1).octets()
    mailbox.delete_messages(DRAFTS, UidSet.everything())
    mailbox.purge_softdeleted(before=2e9)
    assert mailbox.file.execute("SELECT count(*) FROM contents").fetchone() == (0,)
    assert mailbox.file.execute("SELECT count(*) FROM attachments").fetchone() == (0,)


@pytest.mark.requirement("MS-OXCMSG", "R323")
@pytest.mark.requirement("MS-OXCMSG", "R326")
@pytest.mark.requirement("MS-OXCFOLD", "R497")
def test_soft_deletion_and_restoration(mailbox: Mailbox, session: StoreSession) -> None:
    mids = made(session)
    unread = session.create_message(INBOX, note())
    session.set_read_flags(INBOX, [unread.mid], 0x04)
    size = mailbox.folder(INBOX).size
    done = session.delete_messages(INBOX, [*mids, unread.mid])

    assert set(done.removed) == {*mids, unread.mid}
    assert mailbox.folder(INBOX).deleted_total == 4
    with pytest.raises(MessageGoneError):
        session.read_message(mids[0])
    assert session.read_message(mids[0], deleted=True).properties[tags.PidTagSubject] == "full"
    assert session.is_message_deleted(mids[1])
    assert mailbox.check() == []
    back = session.restore_messages(INBOX, [*mids, unread.mid])
    assert set(back.removed) == {*mids, unread.mid}
    check_full(session, mids[0])
    folder = mailbox.folder(INBOX)
    assert (folder.total, folder.associated_total, folder.deleted_total, folder.size) == (3, 1, 0, size)
    assert folder.unread == 1
    assert list(mailbox.view(INBOX).uids()) == [4, 5, 6]
    assert session.restore_messages(INBOX, mids).refused == mids
    session.delete_messages(INBOX, mids)
    session.delete_messages(INBOX, mids, is_hard=True)
    with pytest.raises(MessageGoneError):
        session.read_message(mids[0], deleted=True)


def test_sender_wants_to_hear_of_unread_deletion(session: StoreSession) -> None:
    item = note()
    item.properties[tags.PidTagNonReceiptNotificationRequested] = True
    item.properties[tags.PidTagMessageFlags] = 0
    unread = session.create_message(INBOX, item).mid
    item.properties[tags.PidTagMessageFlags] = 1
    read = session.create_message(INBOX, item).mid

    assert session.delete_messages(INBOX, [unread, read]).unread == (unread,)


@pytest.mark.requirement("MS-OXCPERM", "R121")
@pytest.mark.requirement("MS-OXCPERM", "R122")
@pytest.mark.requirement("MS-OXCPERM", "R127")
@pytest.mark.requirement("MS-OXCPERM", "R128")
def test_own_messages_and_those_of_others(mailbox: Mailbox, session: StoreSession) -> None:
    base = Right.VISIBLE | Right.READ_ANY | Right.CREATE
    mailbox.set_rights(INBOX, BOB.username, base)
    bob = StoreSession.of(mailbox, BOB)
    own, other = bob.create_message(INBOX, note()).mid, session.create_message(INBOX, note()).mid

    assert bob.delete_messages(INBOX, [own, other]).refused == (own, other)
    mailbox.set_rights(INBOX, BOB.username, base | Right.DELETE_OWNED)
    assert bob.delete_messages(INBOX, [own, other]).refused == (other,)
    mailbox.set_rights(INBOX, BOB.username, base | Right.DELETE_ANY)
    assert bob.delete_messages(INBOX, [other]).removed == (other,)


@pytest.mark.requirement("MS-OXCPERM", "R124")
@pytest.mark.requirement("MS-OXCPERM", "R125")
@pytest.mark.requirement("MS-OXCPERM", "R131")
@pytest.mark.requirement("MS-OXCPERM", "R132")
def test_editing_own_messages_and_those_of_others(mailbox: Mailbox, session: StoreSession) -> None:
    base = Right.VISIBLE | Right.READ_ANY | Right.CREATE
    mailbox.set_rights(INBOX, BOB.username, base)
    bob = StoreSession.of(mailbox, BOB)
    own, other = bob.create_message(INBOX, note()).mid, session.create_message(INBOX, note()).mid
    change = MessageChange({tags.PidTagSubject: "changed"})
    for mid in (own, other):
        with pytest.raises(DeniedError):
            bob.change_message(mid, change)
    mailbox.set_rights(INBOX, BOB.username, base | Right.EDIT_OWNED)
    bob.change_message(own, change)
    with pytest.raises(DeniedError):
        bob.change_message(other, change)
    mailbox.set_rights(INBOX, BOB.username, base | Right.EDIT_ANY)
    bob.change_message(other, change)


@pytest.mark.requirement("MS-OXCPERM", "R143")
@pytest.mark.requirement("MS-OXCPERM", "R144")
@pytest.mark.requirement("MS-OXCMSG", "R324")
def test_reading_messages_of_others(mailbox: Mailbox, session: StoreSession) -> None:
    mid = session.create_message(INBOX, note()).mid
    bob = StoreSession.of(mailbox, BOB)
    mailbox.set_rights(INBOX, BOB.username, Right.VISIBLE | Right.CREATE)
    with pytest.raises(MessageGoneError):
        bob.read_message(mid)
    assert bob.copy_messages(INBOX, [mid], INBOX).refused == (mid,)
    mailbox.set_rights(INBOX, BOB.username, Right.VISIBLE | Right.READ_ANY)
    assert bob.read_message(mid).properties[tags.PidTagSubject] == "Hello"


def test_who_may_not_add_to_the_target(mailbox: Mailbox, session: StoreSession) -> None:
    mid = session.create_message(INBOX, note()).mid
    bob = StoreSession.of(mailbox, BOB)
    mailbox.set_rights(INBOX, BOB.username, Right.VISIBLE | Right.READ_ANY | Right.DELETE_ANY)
    with pytest.raises(FolderGoneError):
        bob.move_messages(INBOX, [mid], DRAFTS)
    mailbox.set_rights(DRAFTS, BOB.username, Right.VISIBLE)
    with pytest.raises(DeniedError):
        bob.move_messages(INBOX, [mid], DRAFTS)
    mailbox.set_rights(DRAFTS, BOB.username, Right.VISIBLE | Right.CREATE)
    assert len(bob.move_messages(INBOX, [mid], DRAFTS).pairs) == 1


def test_bounds(mailbox: Mailbox, session: StoreSession) -> None:
    with pytest.raises(LimitError):
        session.delete_messages(INBOX, [1] * (removing.MAX_MESSAGES + 1))
    search = session.create_folder(IPM, "found", is_search=True)
    mid = session.create_message(INBOX, note()).mid
    with pytest.raises(InvalidValueError):
        session.copy_messages(INBOX, [mid], search)
    mailbox.set_quota(storage=1024, receive=None, send=None)
    with pytest.raises(QuotaError):  # noqa: PT012 - the mailbox fills up
        for _ in range(9):
            session.copy_messages(INBOX, [mid], DRAFTS)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[StoreSession]:
    box = create_private(tmp_path / "carol", owner="carol@example.test", user_id=8)
    yield StoreSession.of(box, SYSTEM)
    assert box.check() == []
    box.close()


@pytest.mark.parametrize("is_move", [False, True])
def test_between_mailboxes(
    mailbox: Mailbox, session: StoreSession, other: StoreSession, *, is_move: bool
) -> None:
    # Identifiers of names differ between the two.
    other.named_ids([named.PidLidTaskStatus.name, named.PidLidReminderSet.name], create=True)
    mids = made(session)
    session.change_message(mids[1], MessageChange({named.PidLidTaskStatus: 2, tags.PidTagFlagStatus: 2}))

    done = transfer_between(session, INBOX, mids, other, DRAFTS, is_move=is_move)

    new = [after for _, after in done.pairs]
    assert subjects(other, new) == ["full", "Hello", "settings"]
    check_full(other, new[0])
    assert other.read_mail(new[1]) == octets()
    copied = other.read_message(new[1], is_named=True).properties
    assert copied[named.PidLidTaskStatus] == 2
    assert copied[tags.PidTagFlagStatus] == 2
    assert other.message_properties(new[2], [tags.PidTagAssociated]) == {tags.PidTagAssociated: True}
    assert mailbox.folder(INBOX).total == (0 if is_move else 2)


def test_between_mailboxes_with_what_cannot_go(session: StoreSession, other: StoreSession) -> None:
    mid = session.create_message(INBOX, note()).mid
    assert transfer_between(session, DRAFTS, [mid, 99], other, INBOX, is_move=True).refused == (mid, 99)


def test_a_mail_is_kept_octet_for_octet(mailbox: Mailbox, session: StoreSession) -> None:
    content = octets(size=200_000)
    saved = session.save_mail(INBOX, content, keywords=frozenset({"Mine"}))
    assert session.mail_size(saved.mid) == 200_000
    assert session.read_mail(saved.mid, 199_990, 99) == content[-10:]
    assert session.is_mail(saved.mid)
    item = session.create_message(INBOX, note()).mid
    assert not session.is_mail(item)
    assert session.read_mail(item).startswith(b"From: ")
    associated = session.create_message(INBOX, note(), associated=True).mid
    with pytest.raises(MessageGoneError):
        session.read_mail(associated)
    mailbox.append(INBOX, [NewMail(content)])
