"""Which messages have the same content for IMAP, however they came to be where they are. RFC 8474 5.1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.mapi import tags
from gromox.store.model import Columns, NewMail
from gromox.store.uidset import UidSet

from tests.store.item.items import DRAFTS, INBOX, note
from tests.store.sample import octets

if TYPE_CHECKING:
    from gromox.store.emailid import EmailId
    from gromox.store.mailbox import Mailbox
    from gromox.store.session import StoreSession


def ids(mailbox: Mailbox, folder_id: int) -> list[EmailId]:
    uids = list(mailbox.view(folder_id).uids())
    return [row.email_id for row in mailbox.fetch(folder_id, uids, Columns.EMAIL)]


def shown(mailbox: Mailbox, folder_id: int) -> list[bytes]:
    return [mailbox.content(folder_id, uid).octets() for uid in mailbox.view(folder_id).uids()]


def test_copies_and_moves_keep_it(mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [NewMail(octets()), NewMail(octets())])
    first, second = ids(mailbox, INBOX)
    assert first != second  # equal octets, but another arrival

    mailbox.copy(INBOX, UidSet.of([1]), DRAFTS)
    mailbox.move(INBOX, UidSet.of([2]), DRAFTS)
    mailbox.move(DRAFTS, UidSet.of([1, 2]), INBOX)
    assert ids(mailbox, INBOX) == [first, first, second]
    assert list(mailbox.uids_of_email(INBOX, first)) == [1, 3]


def test_an_item_that_changes_is_another_message(mailbox: Mailbox, session: StoreSession) -> None:
    mid = session.create_message(INBOX, note("first")).mid
    before = ids(mailbox, INBOX)
    mailbox.copy(INBOX, UidSet.everything(), DRAFTS)
    assert ids(mailbox, DRAFTS) == before
    assert shown(mailbox, DRAFTS) == shown(mailbox, INBOX)

    session.set_message_properties(mid, {tags.PidTagSubject: "second"})
    assert ids(mailbox, INBOX) != before
    assert ids(mailbox, DRAFTS) == before


def test_items_never_shown_are_shown_before_they_are_copied(mailbox: Mailbox, session: StoreSession) -> None:
    session.create_message(INBOX, note("one"))
    mailbox.copy(INBOX, UidSet.everything(), DRAFTS)

    assert ids(mailbox, INBOX) == ids(mailbox, DRAFTS)
    assert shown(mailbox, INBOX) == shown(mailbox, DRAFTS)


def test_a_copy_by_others_of_what_was_never_shown_is_another_message(
    mailbox: Mailbox, session: StoreSession
) -> None:
    mid = session.create_message(INBOX, note("one")).mid
    session.copy_messages(INBOX, [mid], DRAFTS)

    assert ids(mailbox, INBOX) != ids(mailbox, DRAFTS)


def test_a_conversation_is_found_in_each_folder(mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [NewMail(b"Subject: a\r\n\r\n"), NewMail(b"Subject: Re: a\r\n\r\n")])
    mailbox.copy(INBOX, UidSet.of([2]), DRAFTS)
    rows = list(mailbox.fetch(INBOX, [1, 2], Columns.EMAIL))
    conversation = rows[0].conversation

    assert conversation is not None
    assert rows[1].conversation == conversation
    assert list(mailbox.uids_of_conversation(INBOX, conversation)) == [1, 2]
    assert list(mailbox.uids_of_conversation(DRAFTS, conversation)) == [1]
