"""New items: what the store adds, what it refuses."""

from __future__ import annotations

import pytest

from gromox.mapi import named, tags
from gromox.mapi.message import Attachment, AttachMethod, InMemory, Message, Recipient
from gromox.store.errors import (
    DeniedError,
    FolderGoneError,
    InvalidValueError,
    LimitError,
    MessageGoneError,
    QuotaError,
)
from gromox.store.item import limits
from gromox.store.mailbox import Mailbox
from gromox.store.permission import Right
from gromox.store.property import ids
from gromox.store.session import Actor, StoreSession
from tests.store.item.items import CALENDAR, INBOX, attachment, bag, note, recipient

BOB = Actor("bob@example.test")


@pytest.mark.requirement("MS-OXCMSG", "R341")
@pytest.mark.requirement("MS-OXCMSG", "R342")
@pytest.mark.requirement("MS-OXCMSG", "R343")
@pytest.mark.requirement("MS-OXCMSG", "R344")
@pytest.mark.requirement("MS-OXCMSG", "R345")
@pytest.mark.requirement("MS-OXCMSG", "R346")
@pytest.mark.requirement("MS-OXCMSG", "R349")
@pytest.mark.requirement("MS-OXCMSG", "R352")
@pytest.mark.requirement("MS-OXCMSG", "R354")
@pytest.mark.requirement("MS-OXCMSG", "R364")
@pytest.mark.requirement("MS-OXCMSG", "R357")
def test_an_item_of_nothing_has_what_every_item_has(session: StoreSession) -> None:
    saved = session.create_message(INBOX, Message())
    found = session.message_properties(
        saved.mid,
        [
            tags.PidTagImportance,
            tags.PidTagMessageClass,
            tags.PidTagSensitivity,
            tags.PidTagDisplayBcc,
            tags.PidTagDisplayCc,
            tags.PidTagDisplayTo,
            tags.PidTagHasAttachments,
            tags.PidTagTrustSender,
            tags.PidTagAccessLevel,
            tags.PidTagHasNamedProperties,
        ],
    )
    assert list(found.values()) == [1, "IPM.Note", 0, "", "", "", False, 1, 1, False]
    times = session.message_properties(saved.mid, [tags.PidTagCreationTime, tags.PidTagLastModificationTime])
    assert len(set(times.values())) == 1


def test_read_and_unsent_are_the_clients_before_the_first_save(
    mailbox: Mailbox, session: StoreSession
) -> None:
    draft = note()
    draft.properties[tags.PidTagMessageFlags] = 0x9
    saved = session.create_message(INBOX, draft)
    # mfUnmodified: it was not changed since it was saved first.
    assert session.message_properties(saved.mid, [tags.PidTagMessageFlags]) == {
        tags.PidTagMessageFlags: 0x40B
    }
    assert mailbox.folder(INBOX).unread == 0
    draft.properties[tags.PidTagMessageFlags] = 0x8 | 0x40 | 0x4
    unread = session.create_message(INBOX, draft)
    assert session.message_properties(unread.mid, [tags.PidTagMessageFlags]) == {tags.PidTagMessageFlags: 0xA}
    assert mailbox.folder(INBOX).unread == 1


def test_everything_comes_back(mailbox: Mailbox, session: StoreSession) -> None:
    item = note("Re: all of it", body="b" * 10_000)
    item.properties[named.PidNameKeywords] = ("Red cat", "Ünï")
    item.properties[named.PidLidTaskStatus] = 2
    item.attachments = [
        attachment("a.txt", b"x" * 100_000),
        Attachment(bag({tags.PidTagAttachMethod: AttachMethod.BY_REFERENCE, tags.PidTagAttachPathname: "p"})),
        Attachment(bag({}), embedded=note("inner")),
        Attachment(bag({tags.PidTagAttachMethod: AttachMethod.OLE}), InMemory(b"ole")),
    ]
    inner = item.attachments[2].embedded
    assert inner is not None
    inner.attachments = [attachment("deep.txt", b"deep")]
    saved = session.create_message(INBOX, item)

    found = session.read_message(saved.mid, is_named=True)

    for key, value in item.properties.items():
        assert found.properties[key] == value
    assert found.properties[tags.PidTagSubjectPrefix] == "Re: "
    assert found.properties[tags.PidTagDisplayTo] == "Alice"
    assert found.properties[tags.PidTagDisplayCc] == "Bob"
    assert [each.properties[tags.PidTagSmtpAddress] for each in found.recipients] == [
        "alice@example.test",
        "bob@example.test",
    ]
    methods = [each.properties[tags.PidTagAttachMethod] for each in found.attachments]
    assert methods == [
        AttachMethod.BY_VALUE,
        AttachMethod.BY_REFERENCE,
        AttachMethod.EMBEDDED,
        AttachMethod.OLE,
    ]
    data = found.attachments[0].data
    assert data is not None
    assert b"".join(data.chunks()) == b"x" * 100_000
    embedded = found.attachments[2].embedded
    assert embedded is not None
    assert embedded.properties[tags.PidTagSubject] == "inner"
    assert session.read_attachment(saved.mid, (2, 0), 1, 2) == b"ee"
    assert session.read_message(saved.mid, path=(2,)).properties[tags.PidTagSubject] == "inner"
    assert [row[tags.PidTagAttachNumber] for row in session.message_attachments(saved.mid)] == [0, 1, 2, 3]


@pytest.mark.requirement("MS-OXCMSG", "R234")
@pytest.mark.requirement("MS-OXCMSG", "R1836")
@pytest.mark.requirement("MS-OXCMSG", "R451")
@pytest.mark.requirement("MS-OXCMSG", "R453")
@pytest.mark.requirement("MS-OXCMSG", "R230")
@pytest.mark.requirement("MS-OXCMSG", "R1825")
@pytest.mark.requirement("MS-OXCMSG", "R1826")
@pytest.mark.requirement("MS-OXCMSG", "R1827")
@pytest.mark.requirement("MS-OXCMSG", "R1077")
def test_what_every_attachment_has(session: StoreSession) -> None:
    item = note()
    twins = [attachment("a", b"1" * 9), attachment("b")]
    for each in twins:
        each.properties[tags.PidTagAttachNumber] = 0
        each.properties[tags.PidTagObjectType] = 99
    item.attachments = twins
    saved = session.create_message(INBOX, item)
    rows = session.message_attachments(saved.mid)

    assert [row[tags.PidTagAttachNumber] for row in rows] == [0, 1]
    assert all(row[tags.PidTagRenderingPosition] == 0xFFFFFFFF for row in rows)
    assert all(row[tags.PidTagObjectType] == 7 for row in rows)
    assert all({tags.PidTagAccessLevel, tags.PidTagRecordKey} <= set(row) for row in rows)
    assert rows[0][tags.PidTagCreationTime] == rows[0][tags.PidTagLastModificationTime]
    size = rows[0][tags.PidTagAttachSize]
    assert isinstance(size, int)
    assert size > 9


def test_an_associated_item_has_no_place_among_mails(mailbox: Mailbox, session: StoreSession) -> None:
    saved = session.create_message(INBOX, note(), associated=True)
    folder = mailbox.folder(INBOX)

    assert (folder.total, folder.associated_total) == (0, 1)
    assert len(mailbox.view(INBOX).uids()) == 0
    flags = session.message_properties(saved.mid, [tags.PidTagMessageFlags, tags.PidTagAssociated])
    assert flags == {tags.PidTagMessageFlags: 0x443, tags.PidTagAssociated: True}


def test_flags_and_categories_are_those_of_imap(mailbox: Mailbox, session: StoreSession) -> None:
    item = note()
    item.properties[tags.PidTagFlagStatus] = 2
    item.properties[tags.PidTagLastVerbExecuted] = 103
    item.properties[named.PidNameKeywords] = ("Red cat", "$Junk")
    session.create_message(INBOX, item)
    flags, keywords, _ = mailbox.view(INBOX).flags_of(1) or (0, (), 0)

    assert flags == 1 | 2 | 8
    assert keywords == ("Red_cat",)


@pytest.mark.parametrize(
    "message_class",
    ["", "x" * 256, "IPM.Note.", "IPM.Ünote", "IPM\t"],
)
@pytest.mark.requirement("MS-OXCMSG", "R19")
@pytest.mark.requirement("MS-OXCMSG", "R501")
@pytest.mark.requirement("MS-OXCMSG", "R502")
def test_a_message_class_that_cannot_be(mailbox: Mailbox, session: StoreSession, message_class: str) -> None:
    item = note()
    item.properties[tags.PidTagMessageClass] = message_class
    with pytest.raises(InvalidValueError):
        session.create_message(INBOX, item)
    assert mailbox.folder(INBOX).total == 0


def test_bounds(mailbox: Mailbox, session: StoreSession) -> None:
    many = note()
    many.attachments = [attachment(str(number)) for number in range(limits.MAX_ATTACHMENTS + 1)]
    crowd = note()
    crowd.recipients = [Recipient()] * 10_001
    deep = note()
    for _ in range(limits.MAX_DEPTH + 1):
        outer = note()
        outer.attachments = [Attachment(bag({}), embedded=deep)]
        deep = outer
    large = note(body="x" * (limits.MAX_VALUE + 1))
    for item in (many, crowd, deep, large):
        with pytest.raises(LimitError):
            session.create_message(INBOX, item)
    both = note()
    both.attachments = [Attachment(bag({}), InMemory(b"x"), note())]
    wrong = note()
    wrong.properties[tags.PidTagImportance] = "high"
    for item in (both, wrong):
        with pytest.raises(InvalidValueError):
            session.create_message(INBOX, item)
    assert mailbox.folder(INBOX).total == 0


def test_the_deepest_item_there_may_be(session: StoreSession) -> None:
    deep = note("the deepest")
    for _ in range(limits.MAX_DEPTH):
        outer = note()
        outer.attachments = [Attachment(bag({}), embedded=deep)]
        deep = outer
    saved = session.create_message(INBOX, deep)
    found = session.read_message(saved.mid, path=(0,) * limits.MAX_DEPTH)
    assert found.properties[tags.PidTagSubject] == "the deepest"


def test_a_full_mailbox_takes_nothing(mailbox: Mailbox, session: StoreSession) -> None:
    mailbox.set_quota(storage=2048, receive=None, send=None)
    with pytest.raises(QuotaError):
        session.create_message(INBOX, note(body="x" * 5000))
    session.create_message(INBOX, note())


@pytest.mark.requirement("MS-OXCMSG", "R369")
def test_who_may_create(mailbox: Mailbox) -> None:
    session = StoreSession.of(mailbox, BOB)
    with pytest.raises(FolderGoneError):
        session.create_message(INBOX, note())
    mailbox.set_rights(INBOX, BOB.username, Right.VISIBLE | Right.READ_ANY)
    with pytest.raises(DeniedError):
        session.create_message(INBOX, note())
    mailbox.set_rights(INBOX, BOB.username, Right.VISIBLE | Right.CREATE)
    mine = session.create_message(INBOX, note()).mid
    theirs = StoreSession.of(mailbox, Actor("carol@example.test"))
    mailbox.set_rights(INBOX, "carol@example.test", Right.VISIBLE | Right.CREATE)

    assert session.message_properties(mine, [tags.PidTagSubject, tags.PidTagAccess]) == {
        tags.PidTagSubject: "Hello",
        tags.PidTagAccess: 2,
    }
    with pytest.raises(MessageGoneError):
        theirs.read_message(mine)
    with pytest.raises(DeniedError):
        session.set_message_properties(mine, {tags.PidTagSubject: "x"})
    mailbox.set_rights(INBOX, BOB.username, Right.VISIBLE | Right.CREATE | Right.EDIT_OWNED)
    assert session.set_message_properties(mine, {tags.PidTagSubject: "x"}) == ()


def test_items_of_other_folders_do_not_disturb_imap(mailbox: Mailbox, session: StoreSession) -> None:
    saved = session.create_message(CALENDAR, note())
    assert saved.change_key == ids.change_key(mailbox.file, saved.cn)
    assert mailbox.folder(CALENDAR).total == 1
    assert recipient("x", "y").properties[tags.PidTagSmtpAddress] == "y"
