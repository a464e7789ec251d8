"""How many octets a folder's messages have as mails. RFC 9051 6.3.11."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.mapi import tags
from gromox.store.builtin import INBOX
from gromox.store.model import Columns
from gromox.store.session import SYSTEM, StoreSession
from gromox.store.uidset import UidSet

from tests.store.item.items import attachment, note
from tests.store.sample import mail

if TYPE_CHECKING:
    from gromox.store.mailbox import Mailbox

DRAFTS = 0x0E


def rows(mailbox: Mailbox, folder_id: int) -> int:
    return sum(row.size for row in mailbox.fetch(folder_id, mailbox.view(folder_id).uids(), Columns.SIZE))


def test_sizes_of_mails_and_items(mailbox: Mailbox) -> None:
    session = StoreSession.of(mailbox, SYSTEM)
    assert mailbox.shown_size(INBOX) == (0, 0, 1)
    mailbox.append(INBOX, [mail(), mail()])
    assert mailbox.shown_size(INBOX).octets == mailbox.folder(INBOX).size == rows(mailbox, INBOX)
    letter = note("A letter")
    letter.attachments.append(attachment("figures.bin", bytes(range(256)) * 40))
    mid = session.create_message(INBOX, letter).mid
    session.create_message(INBOX, note("Über alles"))
    # What nobody looked at yet counts as it will be shown.
    shown = mailbox.shown_size(INBOX)
    assert shown == (rows(mailbox, INBOX), 4, mailbox.folder(INBOX).uid_next)
    assert shown.octets != mailbox.folder(INBOX).size

    session.set_message_properties(mid, {tags.PidTagBody: "much longer than before " * 100})
    assert mailbox.shown_size(INBOX).octets == rows(mailbox, INBOX) > shown.octets
    uids = mailbox.view(INBOX).uids()
    mailbox.move(INBOX, UidSet.of(uids[1:3]), DRAFTS)
    mailbox.copy(INBOX, UidSet.of(uids[:1]), DRAFTS)
    mailbox.delete_messages(INBOX, UidSet.of(uids[:1]))
    for folder_id in (INBOX, DRAFTS):
        assert mailbox.shown_size(folder_id).octets == rows(mailbox, folder_id)
    mailbox.delete_messages(INBOX, UidSet.everything())
    assert mailbox.shown_size(INBOX).octets == 0
