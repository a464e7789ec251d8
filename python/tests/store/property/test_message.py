"""Mails answer as messages: columns first, then the header, then the parts."""

from __future__ import annotations

import pytest

from gromox.mapi import named, tags
from gromox.store.flags import NO_FLAGS, Flag, FlagChange, FlagOperation
from gromox.store.mailbox import Mailbox
from gromox.store.model import NewMail
from gromox.store.property import ids
from gromox.store.property.message import MessageProperties
from gromox.store.session import SYSTEM, Actor, StoreSession
from gromox.store.errors import InvalidValueError, MessageGoneError
from gromox.store.permission import Right
from gromox.store.uidset import UidSet

INBOX = 13
MAIL = (
    b"From: =?utf-8?q?Zo=C3=AB?= <zoe@example.net>\r\nTo: Alice <alice@example.test>\r\n"
    b"Cc: Bob <bob@example.test>\r\n"
    b"Subject: Re: plans\r\nDate: Mon, 5 Jan 2026 10:20:30 +0100\r\nMessage-ID: <1@example.net>\r\n"
    b"Importance: high\r\nX-Own: yes\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b"<p>Hello <b>you</b></p>\r\n"
)


def stored(mailbox: Mailbox, octets: bytes = MAIL, flags: Flag = NO_FLAGS) -> int:
    mailbox.append(INBOX, [NewMail(octets, flags)])
    return max(int(mid) for (mid,) in mailbox.file.execute("SELECT mid FROM messages").fetchall())


@pytest.fixture
def session(mailbox: Mailbox) -> StoreSession:
    return StoreSession.of(mailbox, SYSTEM)


@pytest.mark.requirement("MS-OXCMSG", "R1097")
@pytest.mark.requirement("MS-OXCMSG", "R1098")
@pytest.mark.requirement("MS-OXCMSG", "R1099")
@pytest.mark.requirement("MS-OXCMSG", "R1100")
@pytest.mark.requirement("MS-OXCMSG", "R1101")
@pytest.mark.requirement("MS-OXCMSG", "R1103")
@pytest.mark.requirement("MS-OXCMSG", "R1104")
@pytest.mark.requirement("MS-OXCMSG", "R1105")
def test_what_every_message_has(mailbox: Mailbox, session: StoreSession) -> None:
    mid = stored(mailbox)
    wanted = (
        tags.PidTagAccess,
        tags.PidTagAccessLevel,
        tags.PidTagChangeKey,
        tags.PidTagCreationTime,
        tags.PidTagLastModificationTime,
        tags.PidTagObjectType,
        tags.PidTagRecordKey,
        tags.PidTagSearchKey,
    )
    found = session.message_properties(mid, wanted)

    assert set(found) == set(wanted)
    assert found[tags.PidTagObjectType] == 5
    assert found[tags.PidTagAccess] == 7
    assert found[tags.PidTagChangeKey] == ids.change_key(mailbox.file, mailbox.change_number())


def test_columns_of_a_mail(mailbox: Mailbox, session: StoreSession) -> None:
    mid = stored(mailbox, flags=Flag.SEEN | Flag.FLAGGED)
    found = session.message_properties(
        mid,
        [
            tags.PidTagSubject,
            tags.PidTagSubjectPrefix,
            tags.PidTagNormalizedSubject,
            tags.PidTagSentRepresentingName,
            tags.PidTagSenderSmtpAddress,
            tags.PidTagDisplayTo,
            tags.PidTagDisplayCc,
            tags.PidTagDisplayBcc,
            tags.PidTagImportance,
            tags.PidTagMessageSize,
            tags.PidTagMessageClass,
            tags.PidTagFlagStatus,
            tags.PidTagRead,
            tags.PidTagConversationTopic,
        ],
    )
    assert list(found.values()) == [
        "Re: plans",
        "Re: ",
        "plans",
        "Zoë",
        "zoe@example.net",
        "Alice",
        "Bob",
        "",
        2,
        len(MAIL),
        "IPM.Note",
        2,
        True,
        "plans",
    ]


@pytest.mark.requirement("MS-OXCMSG", "R540")
@pytest.mark.requirement("MS-OXCMSG", "R498")
@pytest.mark.requirement("MS-OXCMSG", "R16")
def test_the_header_and_the_parts_answer_the_rest(mailbox: Mailbox, session: StoreSession) -> None:
    (own,) = session.named_ids([named.PidNameAcceptLanguage.name], create=True)
    mid = stored(mailbox, MAIL.replace(b"X-Own: yes", b"Accept-Language: de"))
    found = session.message_properties(
        mid, [tags.PidTagInternetMessageId, tags.PidTagHtml, tags.PidTagBody, own << 16 | 0x1F]
    )
    assert found[tags.PidTagInternetMessageId] == "<1@example.net>"
    assert found[tags.PidTagHtml] == b"<p>Hello <b>you</b></p>\r\n"
    assert found[tags.PidTagBody] == "Hello you\r\n" or "Hello you" in str(found[tags.PidTagBody])
    assert found[own << 16 | 0x1F] == "de"
    assert session.message_properties(mid, [tags.PidTagHasAttachments]) == {tags.PidTagHasAttachments: False}


def test_a_type_that_is_not_told_is_found(mailbox: Mailbox, session: StoreSession) -> None:
    mid = stored(mailbox)
    subject, message_id = tags.PidTagSubject & 0xFFFF0000, tags.PidTagInternetMessageId & 0xFFFF0000

    assert session.message_properties(mid, [subject, message_id, 0x66660000]) == {
        tags.PidTagSubject: "Re: plans",
        tags.PidTagInternetMessageId: "<1@example.net>",
    }
    with pytest.raises(InvalidValueError):
        session.properties_of_messages([mid], [subject])


def test_text_in_a_code_page(mailbox: Mailbox, session: StoreSession) -> None:
    mid = stored(mailbox)
    name = tags.PidTagSentRepresentingName & 0xFFFF0000 | 0x1E

    assert session.message_properties(mid, [name]) == {name: b"Zo\xeb"}
    assert session.message_properties(mid, [name], code_page=65001) == {name: b"Zo\xc3\xab"}
    assert session.message_properties(mid, [name], code_page=1251) == {name: b"Zo?"}


@pytest.mark.requirement("MS-OXCMSG", "R510")
@pytest.mark.requirement("MS-OXCMSG", "R512")
@pytest.mark.requirement("MS-OXCMSG", "R1141")
@pytest.mark.requirement("MS-OXCMSG", "R1142")
def test_flags_follow_those_of_imap(mailbox: Mailbox, session: StoreSession) -> None:
    mid = stored(mailbox)
    assert session.message_properties(mid, [tags.PidTagMessageFlags]) == {tags.PidTagMessageFlags: 0x02}
    uids = UidSet.everything()
    mailbox.set_flags(INBOX, uids, FlagChange(FlagOperation.ADD, Flag.SEEN | Flag.DRAFT | Flag.ANSWERED))
    assert session.message_properties(
        mid, [tags.PidTagMessageFlags, tags.PidTagIconIndex, tags.PidTagLastVerbExecuted]
    ) == {tags.PidTagMessageFlags: 0x40B, tags.PidTagIconIndex: 0x105, tags.PidTagLastVerbExecuted: 102}
    mailbox.set_flags(INBOX, uids, FlagChange(FlagOperation.REPLACE))
    assert session.message_properties(mid, [tags.PidTagMessageFlags]) == {tags.PidTagMessageFlags: 0x02}


def test_many_messages_in_their_order(mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [NewMail(MAIL.replace(b"plans", b"plan %d" % i)) for i in range(1203)])
    mids = [mid for (mid,) in mailbox.file.execute("SELECT mid FROM messages ORDER BY mid DESC").fetchall()]
    reader = MessageProperties(mailbox.file, [tags.PidTagSubject, tags.PidTagMid, tags.PidTagFlagStatus])

    rows = list(reader.rows([*mids, 0xFFFFFF]))

    assert [mid for mid, _ in rows] == mids
    assert rows[0][1] == ("Re: plan 1202", ids.short_id(mids[0]), None)
    assert reader.of(mids[-1]) == ("Re: plan 0", ids.short_id(mids[-1]), None)
    assert reader.of(1) is None


def test_the_list_of_tags(mailbox: Mailbox, session: StoreSession) -> None:
    mid = stored(mailbox)
    found = session.message_tags(mid)

    assert {tags.PidTagSubject, tags.PidTagHtml, tags.PidTagEntryId, tags.PidTagInternetMessageId} <= set(
        found
    )
    assert tags.PidTagBody not in found
    assert len(found) == len(set(found))


def test_who_may_not_read_finds_nothing(mailbox: Mailbox) -> None:
    mid = stored(mailbox)
    session = StoreSession.of(mailbox, Actor("bob@example.test"))
    for rights in (0, Right.VISIBLE, Right.VISIBLE | Right.CREATE):
        mailbox.set_rights(INBOX, "bob@example.test", rights)
        with pytest.raises(MessageGoneError):
            session.message_properties(mid, [tags.PidTagSubject])
        with pytest.raises(MessageGoneError):
            session.message_tags(mid)
        assert session.properties_of_messages([mid], [tags.PidTagSubject]) == {}
    mailbox.set_rights(INBOX, "bob@example.test", Right.READ_ANY)
    assert session.message_properties(mid, [tags.PidTagAccess, tags.PidTagAccessLevel]) == {
        tags.PidTagAccess: 2,
        tags.PidTagAccessLevel: 0,
    }
