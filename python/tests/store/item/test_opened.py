"""Open messages and attachments: what was not saved is seen through their own handle alone."""

from __future__ import annotations

import pytest

from gromox.mapi import tags
from gromox.mapi.message import Attachment, AttachMethod
from gromox.mapi.propvalue import PropValue
from gromox.store.errors import (
    ConflictError,
    DeniedError,
    InvalidValueError,
    LimitError,
    MessageGoneError,
    NotFoundError,
)
from gromox.store.item import limits
from gromox.store.item.change import Uploaded
from gromox.store.mailbox import Mailbox
from gromox.store.permission import Right
from gromox.store.property.problem import Reason
from gromox.store.session import Actor, StoreSession
from tests.store.item.items import INBOX, attachment, bag, note
from tests.store.sample import octets

SUBJECT = tags.PidTagSubject


def subject(session: StoreSession, handle: int) -> object:
    return session.item_properties(handle, [SUBJECT]).get(SUBJECT)


@pytest.mark.requirement("MS-OXCMSG", "R339")
@pytest.mark.requirement("MS-OXCMSG", "R340")
@pytest.mark.requirement("MS-OXCMSG", "R347")
@pytest.mark.requirement("MS-OXCMSG", "R353")
@pytest.mark.requirement("MS-OXCMSG", "R358")
@pytest.mark.requirement("MS-OXCMSG", "R359")
@pytest.mark.requirement("MS-OXCMSG", "R365")
@pytest.mark.requirement("MS-OXCMSG", "R372")
def test_a_new_message_is_there_once_it_was_saved(mailbox: Mailbox, session: StoreSession) -> None:
    handle = session.new_item(INBOX, locale_id=0x0407).handle
    initial = session.item_properties(
        handle,
        [
            tags.PidTagMessageFlags,
            tags.PidTagAccess,
            tags.PidTagMessageLocaleId,
            tags.PidTagLocaleId,
            tags.PidTagDisplayTo,
            tags.PidTagHasAttachments,
            tags.PidTagSearchKey,
        ],
    )
    assert list(initial.values())[:6] == [9, 3, 0x0407, 0x0407, "", False]
    session.set_item_properties(handle, {SUBJECT: "Re: draft", tags.PidTagMessageFlags: 0x9})
    assert session.item_properties(handle, [tags.PidTagSubjectPrefix, tags.PidTagNormalizedSubject]) == {
        tags.PidTagSubjectPrefix: "Re: ",
        tags.PidTagNormalizedSubject: "draft",
    }
    assert mailbox.folder(INBOX).total == 0
    saved = session.save_item(handle)
    assert mailbox.folder(INBOX).total == 1
    found = session.message_properties(saved.mid, [SUBJECT, tags.PidTagSearchKey, tags.PidTagMessageFlags])
    assert found == {
        SUBJECT: "Re: draft",
        tags.PidTagSearchKey: initial[tags.PidTagSearchKey],
        tags.PidTagMessageFlags: 0x40B,
    }


@pytest.mark.requirement("MS-OXCMSG", "R703")
@pytest.mark.requirement("MS-OXCMSG", "R704")
@pytest.mark.requirement("MS-OXCMSG", "R705")
@pytest.mark.requirement("MS-OXCMSG", "R724")
@pytest.mark.requirement("MS-OXCPRPT", "R822")
@pytest.mark.requirement("MS-OXCPRPT", "R823")
@pytest.mark.requirement("MS-OXCPRPT", "R824")
@pytest.mark.requirement("MS-OXCPRPT", "R82401")
def test_two_handles_on_one_message(session: StoreSession) -> None:
    mid = session.create_message(INBOX, note("base")).mid
    first, second = session.open_item(mid).handle, session.open_item(mid).handle
    session.set_item_properties(first, {SUBJECT: "first"})
    session.set_item_properties(second, {SUBJECT: "second"})

    assert (subject(session, first), subject(session, second)) == ("first", "second")
    assert session.message_properties(mid, [SUBJECT]) == {SUBJECT: "base"}
    session.save_item(first)
    assert session.message_properties(mid, [SUBJECT]) == {SUBJECT: "first"}
    with pytest.raises(ConflictError):
        session.save_item(second)
    assert session.message_properties(mid, [SUBJECT]) == {SUBJECT: "first"}
    session.save_item(second, force=True)
    assert session.message_properties(mid, [SUBJECT]) == {SUBJECT: "second"}
    session.set_item_properties(second, {SUBJECT: "again"})
    session.save_item(second)
    session.set_item_properties(first, {SUBJECT: "late"})
    with pytest.raises(ConflictError):
        session.save_item(first)
    session.reload_item(first)
    assert subject(session, first) == "again"
    session.set_item_properties(first, {SUBJECT: "in time"})
    session.save_item(first)


@pytest.mark.requirement("MS-OXCPRPT", "R835")
@pytest.mark.requirement("MS-OXCPRPT", "R836")
@pytest.mark.requirement("MS-OXCPRPT", "R83604")
@pytest.mark.requirement("MS-OXCPRPT", "R83605")
@pytest.mark.requirement("MS-OXCPRPT", "R8360501")
@pytest.mark.requirement("MS-OXCPRPT", "R83606")
def test_removed_properties_are_gone_for_the_handle_then_for_all(session: StoreSession) -> None:
    mid = session.create_message(INBOX, note()).mid
    handle = session.open_item(mid).handle
    body = tags.PidTagBody
    assert session.delete_item_properties(handle, [body]) == ()
    assert session.item_properties(handle, [body]) == {}
    assert body not in session.item_tags(handle)
    assert session.message_properties(mid, [body]) == {body: "A text."}
    session.set_item_properties(handle, {body & 0xFFFF0000 | 0x1E: b"Gr\xfc\xdfe"})
    assert session.item_properties(handle, [body, body & 0xFFFF0000]) == {body: "Grüße"}
    session.delete_item_properties(handle, [body])
    session.save_item(handle)
    assert session.message_properties(mid, [body]) == {}


@pytest.mark.requirement("MS-OXCMSG", "R31")
@pytest.mark.requirement("MS-OXCMSG", "R516")
def test_read_only_properties_are_told(session: StoreSession) -> None:
    handle = session.new_item(INBOX).handle
    problems = session.set_item_properties(
        handle, {tags.PidTagEntryId: b"x", tags.PidTagMessageFlags: 0x89 | 0x46, SUBJECT: "x"}
    )
    assert [(each.tag, each.reason) for each in problems] == [(tags.PidTagEntryId, Reason.COMPUTED)]
    assert session.item_properties(handle, [tags.PidTagMessageFlags]) == {tags.PidTagMessageFlags: 0x89}
    session.save_item(handle)
    (problem,) = session.set_item_properties(handle, {tags.PidTagMessageFlags: 0})
    assert problem.tag == tags.PidTagMessageFlags


@pytest.mark.requirement("MS-OXCMSG", "R381")
@pytest.mark.requirement("MS-OXCMSG", "R382")
@pytest.mark.requirement("MS-OXCMSG", "R393")
@pytest.mark.requirement("MS-OXCMSG", "R394")
@pytest.mark.requirement("MS-OXCMSG", "R395")
def test_recipients_by_row(session: StoreSession) -> None:
    mid = session.create_message(INBOX, note()).mid
    handle, other = session.open_item(mid).handle, session.open_item(mid).handle
    row: dict[int, PropValue] = {
        tags.PidTagRecipientType: 1,
        tags.PidTagDisplayName & 0xFFFF0000 | 0x1E: b"Dan",
    }
    session.modify_item_recipients(handle, [(0, None), (5, row)])

    assert [each[tags.PidTagRowid] for each in session.item_recipients(handle)] == [1, 5]
    assert session.item_properties(handle, [tags.PidTagDisplayTo]) == {tags.PidTagDisplayTo: "Dan"}
    assert [each[tags.PidTagRowid] for each in session.item_recipients(other)] == [0, 1]
    session.save_item(handle)
    assert session.message_properties(mid, [tags.PidTagDisplayTo]) == {tags.PidTagDisplayTo: "Dan"}
    session.remove_item_recipients(handle)
    assert session.item_recipients(handle) == ()
    assert len(session.message_recipients(mid)) == 2


@pytest.mark.requirement("MS-OXCMSG", "R446")
@pytest.mark.requirement("MS-OXCMSG", "R447")
@pytest.mark.requirement("MS-OXCMSG", "R448")
@pytest.mark.requirement("MS-OXCMSG", "R2035")
@pytest.mark.requirement("MS-OXCMSG", "R1062")
@pytest.mark.requirement("MS-OXCMSG", "R588")
@pytest.mark.requirement("MS-OXCPRPT", "R825")
@pytest.mark.requirement("MS-OXCPRPT", "R82501")
def test_an_attachment_is_saved_into_its_message_and_the_message_into_the_mailbox(
    session: StoreSession,
) -> None:
    mid = session.create_message(INBOX, note()).mid
    handle = session.open_item(mid).handle
    made = session.new_attachment(handle)
    initial = session.item_properties(
        made.handle,
        [
            tags.PidTagAttachNumber,
            tags.PidTagAttachSize,
            tags.PidTagRenderingPosition,
            tags.PidTagAttachMethod,
            tags.PidTagAccessLevel,
        ],
    )
    assert list(initial.values()) == [0, 0x40, 0xFFFFFFFF, AttachMethod.NONE, 0]
    session.set_item_properties(made.handle, {tags.PidTagAttachLongFilename: "a.txt"})
    upload = session.begin_upload()
    session.upload(upload, b"large" * 20_000)
    session.set_attachment_content(made.handle, Uploaded(upload))
    assert session.attachment_content(made.handle, 99_995, 99) == b"large"
    assert session.item_attachments(handle) == ()
    session.save_attachment(made.handle)
    assert len(session.item_attachments(handle)) == 1
    assert session.item_properties(handle, [tags.PidTagHasAttachments]) == {tags.PidTagHasAttachments: True}
    assert session.message_attachments(mid) == ()
    session.save_item(handle)
    session.close_handle(upload)
    (row,) = session.message_attachments(mid)
    assert row[tags.PidTagAttachLongFilename] == "a.txt"
    assert row[tags.PidTagAttachMethod] == AttachMethod.BY_VALUE
    again = session.open_attachment(handle, 0)
    assert session.attachment_content(again.handle, 0, 5) == b"large"
    session.set_attachment_content(again.handle, b"small")
    session.save_attachment(again.handle)
    session.save_item(handle)
    assert session.read_attachment(mid, (0,), 0, 9) == b"small"
    assert session.new_attachment(handle).number == 1
    session.delete_attachment(handle, 0)
    with pytest.raises(MessageGoneError):
        session.open_attachment(handle, 0)
    session.save_item(handle)
    assert session.message_attachments(mid) == ()


@pytest.mark.requirement("MS-OXCMSG", "R481")
@pytest.mark.requirement("MS-OXCMSG", "R596")
def test_a_message_in_an_attachment(mailbox: Mailbox, session: StoreSession) -> None:
    handle = session.new_item(INBOX).handle
    made = session.new_attachment(handle).handle
    with pytest.raises(MessageGoneError):
        session.open_embedded(made)
    inner = session.open_embedded(made, create=True).handle
    session.set_item_properties(inner, {SUBJECT: "inner"})
    deep = session.new_attachment(inner).handle
    session.set_attachment_content(deep, b"deep")
    session.save_attachment(deep)
    session.save_attachment(made)
    unsaved = session.save_item(handle).mid
    assert [each.get(tags.PidTagAttachMethod) for each in session.message_attachments(unsaved)] == [0]

    handle = session.new_item(INBOX).handle
    made = session.new_attachment(handle).handle
    inner = session.open_embedded(made, create=True).handle
    session.set_item_properties(inner, {SUBJECT: "inner"})
    session.save_item(inner)
    session.save_attachment(made)
    mid = session.save_item(handle).mid
    assert session.read_message(mid, path=(0,)).properties[SUBJECT] == "inner"

    outer = session.open_item(mid).handle
    opened = session.open_attachment(outer, 0).handle
    inner = session.open_embedded(opened).handle
    assert subject(session, inner) == "inner"
    session.set_item_properties(inner, {SUBJECT: "changed"})
    session.save_item(inner)
    session.save_attachment(opened)
    assert session.read_message(mid, path=(0,)).properties[SUBJECT] == "inner"
    session.save_item(outer)
    assert session.read_message(mid, path=(0,)).properties[SUBJECT] == "changed"
    assert mailbox.check() == []


def test_who_opened_for_reading_changes_nothing(mailbox: Mailbox, session: StoreSession) -> None:
    item = note()
    item.attachments = [attachment("a"), Attachment(bag({}), embedded=note("inner"))]
    mid = session.create_message(INBOX, item).mid
    mailbox.set_rights(INBOX, "bob@example.test", Right.READ_ANY)
    bob = StoreSession.of(mailbox, Actor("bob@example.test"))
    with pytest.raises(DeniedError):
        bob.open_item(mid, write=True)
    with pytest.raises(DeniedError):
        bob.new_item(INBOX)
    opened = bob.open_item(mid)
    assert not opened.is_writable
    assert subject(bob, opened.handle) == "Hello"
    part = bob.open_attachment(opened.handle, 0).handle
    inner = bob.open_embedded(bob.open_attachment(opened.handle, 1).handle).handle
    for handle in (opened.handle, part, inner):
        with pytest.raises(DeniedError):
            bob.set_item_properties(handle, {SUBJECT: "x"})
    with pytest.raises(DeniedError):
        bob.save_item(opened.handle)
    with pytest.raises(DeniedError):
        bob.new_attachment(opened.handle)
    assert not session.open_item(mid, write=False).is_writable


def test_a_mail_is_opened_like_any_item(session: StoreSession) -> None:
    mid = session.save_mail(INBOX, octets()).mid
    handle = session.open_item(mid).handle
    assert subject(session, handle) == "Hello"
    assert session.item_properties(handle, [tags.PidTagBody])[tags.PidTagBody] == "A line of text.\r\n"
    session.set_item_properties(handle, {tags.PidTagFlagStatus: 2})
    session.save_item(handle)
    assert session.is_mail(mid)
    assert session.save_item(handle).mid == mid


def test_handles_and_bounds(session: StoreSession) -> None:
    handle = session.new_item(INBOX).handle
    part = session.new_attachment(handle).handle
    upload = session.begin_upload()
    with pytest.raises(InvalidValueError):
        session.item_properties(upload, [SUBJECT])
    with pytest.raises(InvalidValueError):
        session.save_item(part)
    with pytest.raises(InvalidValueError):
        session.save_attachment(handle)
    with pytest.raises(NotFoundError):
        session.item_properties(4711, [SUBJECT])
    with pytest.raises(LimitError):
        session.set_attachment_content(part, bytes((4 << 20) + 1))
    for _ in range(limits.MAX_DEPTH - 1):
        part = session.new_attachment(session.open_embedded(part, create=True).handle).handle
    with pytest.raises(LimitError):
        session.open_embedded(part, create=True)
