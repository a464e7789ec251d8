"""Items that are changed: versions, conflicts, parts, and what IMAP sees of it."""

from __future__ import annotations

import pytest

from gromox.mapi import named, tags
from gromox.mapi.changelist import PredecessorChangeList
from gromox.mapi.message import Attachment, AttachMethod, InMemory
from gromox.store.errors import ConflictError, InvalidValueError, LimitError, MessageGoneError, NotFoundError
from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.item import partial
from gromox.store.item.change import AttachmentChange, MessageChange, Uploaded
from gromox.store.mailbox import Mailbox
from gromox.store.model import Columns, NewMail
from gromox.store.property.problem import PropertyProblem, Reason
from gromox.store.session import StoreSession
from gromox.store.session.items import MAX_CHUNK
from gromox.store.uidset import UidSet
from tests.store.item.items import INBOX, attachment, bag, note, recipient
from tests.store.sample import octets


def form(mailbox: Mailbox, mid: int) -> int:
    (found,) = mailbox.file.execute("SELECT primary_form FROM messages WHERE mid = ?", (mid,)).fetchone()
    return int(found)


def mail(mailbox: Mailbox, content: bytes | None = None) -> int:
    mailbox.append(INBOX, [NewMail(content or octets())])
    (mid,) = mailbox.file.execute("SELECT max(mid) FROM messages").fetchone()
    return int(mid)


def subject(session: StoreSession, mid: int) -> object:
    return session.message_properties(mid, [tags.PidTagSubject])[tags.PidTagSubject]


@pytest.mark.requirement("MS-OXCMSG", "R705")
@pytest.mark.requirement("MS-OXCMSG", "R724")
def test_a_version_that_was_overtaken_is_refused(session: StoreSession) -> None:
    saved = session.create_message(INBOX, note())
    first = session.change_message(
        saved.mid, MessageChange({tags.PidTagSubject: "first"}), expected_cn=saved.cn
    )
    with pytest.raises(ConflictError):
        session.change_message(saved.mid, MessageChange({tags.PidTagSubject: "2"}), expected_cn=saved.cn)

    assert subject(session, saved.mid) == "first"
    assert first.cn > saved.cn
    session.change_message(saved.mid, MessageChange({tags.PidTagSubject: "forced"}))
    assert subject(session, saved.mid) == "forced"


def test_values_are_set_replaced_and_removed(mailbox: Mailbox, session: StoreSession) -> None:
    item = note(body="x" * 5000)
    item.properties[named.PidLidTaskStatus] = 1
    saved = session.create_message(INBOX, item)
    session.change_message(
        saved.mid,
        MessageChange(
            {tags.PidTagBody: "short", named.PidLidTaskStatus: 3, tags.PidTagImportance: 2},
            removed=[tags.PidTagSentRepresentingName, tags.PidTagSubject],
        ),
    )
    found = session.read_message(saved.mid, is_named=True).properties

    assert found[tags.PidTagBody] == "short"
    assert found[named.PidLidTaskStatus] == 3
    assert found[tags.PidTagImportance] == 2
    assert tags.PidTagSentRepresentingName not in found
    assert found[tags.PidTagSubject] == ""
    assert mailbox.file.execute("SELECT count(*) FROM large_values").fetchone() == (0,)
    session.change_message(saved.mid, MessageChange(removed=[named.PidLidTaskStatus, tags.PidTagImportance]))
    found = session.read_message(saved.mid, is_named=True).properties
    assert named.PidLidTaskStatus not in found
    assert found[tags.PidTagImportance] == 1


@pytest.mark.requirement("MS-OXCMSG", "R1724")
@pytest.mark.requirement("MS-OXCMSG", "R1128")
@pytest.mark.requirement("MS-OXCMSG", "R15")
@pytest.mark.requirement("MS-OXCMSG", "R47")
def test_read_only_properties_stay(session: StoreSession) -> None:
    mid = session.create_message(INBOX, note()).mid
    fixed = [
        tags.PidTagAccess,
        tags.PidTagChangeKey,
        tags.PidTagCreationTime,
        tags.PidTagLastModificationTime,
        tags.PidTagObjectType,
        tags.PidTagRecordKey,
        tags.PidTagHasAttachments,
        tags.PidTagMessageSize,
        tags.PidTagMessageFlags,
    ]
    before = session.message_properties(mid, fixed)
    values = {tag: before[tag] for tag in fixed}
    values[tags.PidTagMessageSize] = 1
    problems = session.set_message_properties(mid, values)

    assert problems == tuple(PropertyProblem(tag, Reason.COMPUTED) for tag in fixed)
    assert session.message_properties(mid, fixed) == before
    assert session.delete_message_properties(mid, fixed) == problems


@pytest.mark.requirement("MS-OXCMSG", "R1890")
def test_a_version_has_a_new_key_and_time(mailbox: Mailbox, session: StoreSession, clock: object) -> None:
    saved = session.create_message(INBOX, note())
    foreign = bytes(range(16)) + b"\0\0\0\1"
    mailbox.file.execute("UPDATE messages SET change_key = ?", (foreign,))
    mailbox.file.clock.advance(60)  # type: ignore[attr-defined] # a ManualClock
    after = session.change_message(saved.mid, MessageChange({tags.PidTagSubject: "x"}))
    found = session.message_properties(
        saved.mid,
        [
            tags.PidTagChangeKey,
            tags.PidTagPredecessorChangeList,
            tags.PidTagLocalCommitTime,
            tags.PidTagCreationTime,
        ],
    )
    listed = PredecessorChangeList.from_octets(found[tags.PidTagPredecessorChangeList])  # type: ignore[arg-type]

    assert found[tags.PidTagChangeKey] == after.change_key
    assert {xid.octets for xid in listed.xids} == {foreign, after.change_key}
    commit, created = found[tags.PidTagLocalCommitTime], found[tags.PidTagCreationTime]
    assert isinstance(commit, int)
    assert isinstance(created, int)
    assert commit - created == 600_000_000


def test_prefix_and_normalized_subject_make_the_subject(session: StoreSession) -> None:
    mid = session.create_message(INBOX, note("plans")).mid
    session.set_message_properties(mid, {tags.PidTagSubjectPrefix: "Antwort: "})
    assert subject(session, mid) == "Antwort: plans"
    session.set_message_properties(mid, {tags.PidTagNormalizedSubject: "other plans"})
    assert subject(session, mid) == "Antwort: other plans"
    session.set_message_properties(mid, {tags.PidTagSubject: "FW: x"})
    found = session.message_properties(mid, [tags.PidTagSubjectPrefix, tags.PidTagNormalizedSubject])
    assert list(found.values()) == ["FW: ", "x"]


def test_recipients_are_replaced_as_a_whole(session: StoreSession) -> None:
    mid = session.create_message(INBOX, note()).mid
    session.change_message(mid, MessageChange(recipients=[recipient("Dan", "dan@example.test", 3)]))
    found = session.message_properties(mid, [tags.PidTagDisplayTo, tags.PidTagDisplayBcc])

    assert list(found.values()) == ["", "Dan"]
    assert [row[tags.PidTagRowid] for row in session.message_recipients(mid)] == [0]
    session.change_message(mid, MessageChange(recipients=[]))
    assert session.message_recipients(mid) == ()


@pytest.mark.requirement("MS-OXCMSG", "R498")
@pytest.mark.requirement("MS-OXCMSG", "R522")
@pytest.mark.requirement("MS-OXCMSG", "R523")
def test_attachments_come_change_and_go(mailbox: Mailbox, session: StoreSession) -> None:
    mid = session.create_message(INBOX, note()).mid
    session.change_message(
        mid,
        MessageChange(
            attachments=[
                AttachmentChange(values={tags.PidTagAttachLongFilename: "a"}, data=InMemory(b"a" * 70_000)),
                AttachmentChange(embedded=note("inner")),
            ]
        ),
    )
    flags = session.message_properties(mid, [tags.PidTagHasAttachments, tags.PidTagMessageFlags])
    assert flags == {tags.PidTagHasAttachments: True, tags.PidTagMessageFlags: 0x413}
    session.change_message(
        mid,
        MessageChange(
            attachments=[
                AttachmentChange(0, {tags.PidTagAttachLongFilename: "b"}, data=InMemory(b"b")),
                AttachmentChange(
                    1,
                    embedded=MessageChange(
                        {tags.PidTagSubject: "changed"},
                        attachments=[AttachmentChange(data=InMemory(b"deep"))],
                    ),
                ),
            ]
        ),
    )
    assert session.read_attachment(mid, (0,), 0, 99) == b"b"
    assert session.read_attachment(mid, (1, 0), 0, 99) == b"deep"
    assert session.read_message(mid, path=(1,)).properties[tags.PidTagSubject] == "changed"
    assert mailbox.check() == []
    session.change_message(
        mid,
        MessageChange(
            attachments=[AttachmentChange(0, is_deleted=True), AttachmentChange(1, is_deleted=True)]
        ),
    )
    assert session.message_attachments(mid) == ()
    assert session.message_properties(mid, [tags.PidTagHasAttachments]) == {tags.PidTagHasAttachments: False}
    assert mailbox.file.execute("SELECT count(*) FROM contents").fetchone() == (0,)
    with pytest.raises(MessageGoneError):
        session.change_message(mid, MessageChange(attachments=[AttachmentChange(0, is_deleted=True)]))


def test_a_content_in_place_of_a_message(session: StoreSession) -> None:
    item = note()
    item.attachments = [Attachment(bag({}), embedded=note("inner"))]
    mid = session.create_message(INBOX, item).mid
    session.change_message(mid, MessageChange(attachments=[AttachmentChange(0, data=InMemory(b"now"))]))
    (row,) = session.message_attachments(mid)
    assert row[tags.PidTagAttachMethod] == AttachMethod.BY_VALUE
    session.change_message(mid, MessageChange(attachments=[AttachmentChange(0, embedded=note("again"))]))
    assert session.read_message(mid, path=(0,)).properties[tags.PidTagSubject] == "again"


def test_a_large_content_is_handed_over_by_pieces(mailbox: Mailbox, session: StoreSession) -> None:
    handle = session.begin_upload()
    piece = bytes(range(256)) * 4096
    for number in range(1, 6):
        assert session.upload(handle, piece) == number * len(piece)
    item = note()
    item.attachments = [Attachment(bag({tags.PidTagAttachLongFilename: "large"}), Uploaded(handle))]
    mid = session.create_message(INBOX, item).mid
    session.close_handle(handle)

    assert session.attachment_size(mid, (0,)) == 5 * len(piece)
    assert session.read_attachment(mid, (0,), len(piece) - 1, 3) == piece[-1:] + piece[:2]
    assert session.read_attachment(mid, (0,), 5 * len(piece), 1) == b""
    assert [name.name for name in (mailbox.path / "cid").iterdir() if name.name.startswith(".new")] == []
    with pytest.raises(NotFoundError):
        session.upload(handle, b"more")


def test_bounds_of_uploads(session: StoreSession) -> None:
    handle = session.begin_upload()
    with pytest.raises(LimitError):
        session.upload(handle, bytes(MAX_CHUNK + 1))
    item = note()
    item.attachments = [Attachment(bag({}), Uploaded(handle))]
    session.create_message(INBOX, item)
    with pytest.raises(InvalidValueError):
        session.upload(handle, b"x")


def test_imap_sees_a_new_message_once_it_has_seen_the_old_one(
    mailbox: Mailbox, session: StoreSession
) -> None:
    mid = session.create_message(INBOX, note("first")).mid
    session.set_message_properties(mid, {tags.PidTagSubject: "second"})
    assert list(mailbox.view(INBOX).uids()) == [1]
    (row,) = mailbox.fetch(INBOX, [1], Columns.ENVELOPE)
    assert b'"second"' in row.envelope
    modseq = mailbox.folder(INBOX).highest_modseq
    mailbox.set_flags(INBOX, UidSet.of([1]), FlagChange(FlagOperation.ADD, Flag.FLAGGED, frozenset({"Mine"})))

    session.set_message_properties(mid, {tags.PidTagSubject: "third"})

    assert list(mailbox.view(INBOX).uids()) == [2]
    assert list(mailbox.vanished_since(INBOX, modseq)) == [1]
    assert mailbox.view(INBOX).flags_of(2) is not None
    assert (mailbox.view(INBOX).flags_of(2) or ())[:2] == (Flag.SEEN | Flag.FLAGGED, ("Mine",))
    (row,) = mailbox.fetch(INBOX, [2], Columns.ENVELOPE)
    assert b'"third"' in row.envelope
    assert mailbox.folder(INBOX).total == 1


def test_what_is_beside_a_mail_leaves_it_as_it_is(mailbox: Mailbox, session: StoreSession) -> None:
    mid = mail(mailbox)
    session.change_message(
        mid,
        MessageChange({tags.PidTagFlagStatus: 2, named.PidLidTaskStatus: 1, named.PidNameKeywords: ("Red",)}),
    )
    assert form(mailbox, mid) == 0
    assert mailbox.content(INBOX, 1).octets() == octets()
    assert (mailbox.view(INBOX).flags_of(1) or ())[:2] == (Flag.FLAGGED, ("Red",))
    found = session.read_message(mid, is_named=True).properties
    assert found[named.PidLidTaskStatus] == 1
    assert found[named.PidNameKeywords] == ("Red",)
    assert found[tags.PidTagBody].strip() == "A line of text."  # type: ignore[union-attr]
    session.change_message(mid, MessageChange(removed=[tags.PidTagFlagStatus, named.PidNameKeywords]))
    assert (mailbox.view(INBOX).flags_of(1) or ())[:2] == (Flag(0), ())


def test_a_mail_whose_content_is_changed_becomes_an_item(mailbox: Mailbox, session: StoreSession) -> None:
    mid = mail(mailbox)
    session.set_message_properties(mid, {tags.PidTagSubject: "another"})

    assert form(mailbox, mid) == 1
    assert list(mailbox.view(INBOX).uids()) == [2]
    found = session.read_message(mid).properties
    assert found[tags.PidTagSubject] == "another"
    assert found[tags.PidTagSentRepresentingName] == "Zoë"
    assert "A line of text." in str(found[tags.PidTagBody])
    assert b"Subject: another" in mailbox.content(INBOX, 2).octets()
    # The same value changes nothing that the octets tell.
    other = mail(mailbox)
    session.set_message_properties(other, {tags.PidTagSubject: "Hello"})
    assert form(mailbox, other) == 0


def test_an_attachment_of_a_mail(mailbox: Mailbox, session: StoreSession) -> None:
    content = (
        b"From: a@example.test\r\nSubject: parts\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n"
        b"Content-Type: application/octet-stream; name=x.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        b"AAECAwQF\r\n--b--\r\n"
    )
    mid = mail(mailbox, content)
    (row,) = session.message_attachments(mid)
    assert row[tags.PidTagAttachLongFilename] == "x.bin"
    assert session.read_attachment(mid, (0,), 2, 3) == bytes([2, 3, 4])
    session.change_message(mid, MessageChange(attachments=[AttachmentChange(0, is_deleted=True)]))
    assert session.message_attachments(mid) == ()
    assert form(mailbox, mid) == 1


def test_categories_taken_away_by_imap_are_gone(mailbox: Mailbox, session: StoreSession) -> None:
    item = note()
    item.properties[named.PidNameKeywords] = ("Red cat", "Blue")
    mid = session.create_message(INBOX, item).mid
    mailbox.set_flags(INBOX, UidSet.of([1]), FlagChange(FlagOperation.REMOVE, keywords=frozenset({"Blue"})))
    mailbox.set_flags(INBOX, UidSet.of([1]), FlagChange(FlagOperation.ADD, keywords=frozenset({"Green"})))
    assert session.read_message(mid, is_named=True).properties[named.PidNameKeywords] == ("Red cat", "Green")


def test_what_the_latest_changes_touched(mailbox: Mailbox, session: StoreSession) -> None:
    saved = session.create_message(INBOX, note())
    second = session.change_message(saved.mid, MessageChange({tags.PidTagSubject: "2"}))
    session.change_message(saved.mid, MessageChange(recipients=[]))
    file = mailbox.file

    assert partial.touched_since(file, saved.mid, saved.cn) == frozenset(
        {tags.PidTagSubject, partial.RECIPIENTS}
    )
    assert partial.touched_since(file, saved.mid, second.cn) == frozenset({partial.RECIPIENTS})
    assert partial.touched_since(file, saved.mid, saved.cn - 1) is None
    for number in range(partial.KEPT):
        last = session.change_message(saved.mid, MessageChange({tags.PidTagBody: str(number)}))
    assert partial.touched_since(file, saved.mid, saved.cn) is None
    assert partial.touched_since(file, saved.mid, last.cn) == frozenset()
    assert mailbox.file.execute("SELECT count(*) FROM partial_changes").fetchone() == (partial.KEPT,)


def test_an_attachment_that_is_not_there(session: StoreSession) -> None:
    item = note()
    item.attachments = [attachment("a")]
    mid = session.create_message(INBOX, item).mid
    for path in ((), (1,), (0, 0), (0,) * 99):
        with pytest.raises(MessageGoneError):
            session.read_attachment(mid, path, 0, 1)
    with pytest.raises(MessageGoneError):
        session.read_message(mid, path=(0,))
    with pytest.raises(MessageGoneError):
        session.read_message(mid + 1)
