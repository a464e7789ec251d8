"""Read and unread, status, and the way out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gromox.mapi import tags
from gromox.store.create import create_public
from gromox.store.item.reading_state import ReadFlag
from gromox.store.mailbox import Mailbox
from gromox.store.permission import Right
from gromox.store.session import SYSTEM, Actor, StoreSession
from tests.store.item.items import INBOX, note
from tests.store.sample import octets

ANN, BOB = Actor("ann@example.test"), Actor("bob@example.test")


def flags(session: StoreSession, mid: int) -> int:
    value = session.message_properties(mid, [tags.PidTagMessageFlags])[tags.PidTagMessageFlags]
    assert isinstance(value, int)
    return value


@pytest.mark.requirement("MS-OXCMSG", "R1145")
@pytest.mark.requirement("MS-OXCMSG", "R1703")
def test_read_and_unread(mailbox: Mailbox, session: StoreSession) -> None:
    mids = [session.save_mail(INBOX, octets(str(number))).mid for number in range(3)]
    cn = session.message_properties(mids[0], [tags.PidTagChangeNumber])
    done = session.set_read_flags(INBOX, [*mids[:2], 99])

    assert (done.changed, done.refused) == (tuple(mids[:2]), (99,))
    assert mailbox.folder(INBOX).unread == 1
    assert session.message_properties(mids[0], [tags.PidTagChangeNumber]) == cn
    assert session.set_read_flags(INBOX, mids[:2]).changed == ()
    assert set(session.set_read_flags(INBOX, None).changed) == {mids[2]}
    session.set_read_flags(INBOX, None, ReadFlag.CLEAR_READ)
    assert mailbox.folder(INBOX).unread == 3


def test_receipts_are_asked_for_once(session: StoreSession) -> None:
    item = note()
    item.properties[tags.PidTagReadReceiptRequested] = True
    item.properties[tags.PidTagMessageFlags] = 0
    first, second, third = [session.create_message(INBOX, item).mid for _ in range(3)]

    assert flags(session, first) & 0x100
    assert session.set_read_flags(INBOX, [first]).receipts == (first,)
    session.set_read_flags(INBOX, [first], ReadFlag.CLEAR_READ)
    assert session.set_read_flags(INBOX, [first]).receipts == ()
    assert session.set_read_flags(INBOX, [second], ReadFlag.SUPPRESS_RECEIPT).receipts == ()
    assert flags(session, second) & 0x100
    cleared = session.set_read_flags(INBOX, [third], ReadFlag.CLEAR_NOTIFY_READ | ReadFlag.SUPPRESS_RECEIPT)
    assert (cleared.changed, cleared.receipts) == ((), ())
    assert not flags(session, third) & 0x101
    only = session.set_read_flags(INBOX, [second], ReadFlag.GENERATE_RECEIPT_ONLY)
    assert (only.changed, only.receipts) == ((), (second,))


def test_configuration_is_read_too(session: StoreSession) -> None:
    mid = session.create_message(INBOX, note(), associated=True).mid
    session.set_read_flags(INBOX, [mid], ReadFlag.CLEAR_READ)
    assert not flags(session, mid) & 1
    session.set_read_flags(INBOX, [mid])
    assert flags(session, mid) & 1


@pytest.fixture
def public(tmp_path: Path) -> Iterator[Mailbox]:
    with create_public(tmp_path / "public", domain="example.test", domain_id=3) as box:
        box.set_rights(2, "default", Right.VISIBLE | Right.READ_ANY)
        yield box
        assert box.check() == []


def test_in_a_public_store_each_reader_has_read_for_themselves(public: Mailbox) -> None:
    mid = StoreSession.of(public, SYSTEM).save_mail(2, octets()).mid
    ann, bob = StoreSession.of(public, ANN), StoreSession.of(public, BOB)
    assert ann.set_read_flags(2, [mid]).changed == (mid,)

    assert flags(ann, mid) & 1
    assert not flags(bob, mid) & 1
    unread = tags.PidTagContentUnreadCount
    assert ann.folder_properties(2, [unread]) == {unread: 0}
    assert bob.folder_properties(2, [unread]) == {unread: 1}
    ann.set_read_flags(2, None, ReadFlag.CLEAR_READ)
    assert not flags(ann, mid) & 1


@pytest.mark.requirement("MS-OXCMSG", "R416")
@pytest.mark.requirement("MS-OXCMSG", "R1500")
@pytest.mark.requirement("MS-OXCMSG", "R421")
@pytest.mark.requirement("MS-OXCMSG", "R545")
def test_status_bits_under_a_mask(session: StoreSession) -> None:
    mid = session.save_mail(INBOX, octets()).mid
    assert session.set_message_status(mid, 0x3000, 0x3000) == 0
    assert session.set_message_status(mid, 0x0800, 0x1800) == 0x3000
    assert session.message_status(mid) == 0x2000
    assert session.message_properties(mid, [tags.PidTagMessageStatus]) == {tags.PidTagMessageStatus: 0x2000}


def test_who_opened_the_mailbox_before_changes_what_came_into_a_new_folder(mailbox: Mailbox) -> None:
    with Mailbox.open(mailbox.path) as other:
        late = StoreSession.of(other, SYSTEM)
        other.folder(INBOX)
        early = StoreSession.of(mailbox, SYSTEM)
        mid = early.create_message(early.create_folder(INBOX, "new"), note()).mid

        late.set_message_properties(mid, {tags.PidTagSubject: "changed"})

    assert early.message_properties(mid, [tags.PidTagSubject]) == {tags.PidTagSubject: "changed"}
