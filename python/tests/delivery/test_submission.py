"""What users submit: who may, to whom it goes, when, and what becomes of the message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gromox.delivery.pickup import OUTBOX
from gromox.directory import alias
from gromox.mapi import tags
from gromox.mapi.folderids import Private
from gromox.mapi.message import InMemory, Message, PropertyBag, Recipient, RecipientType
from gromox.mapi.message import Attachment, AttachMethod
from gromox.store.delegates import DelegateList
from gromox.store.errors import (
    DeniedError,
    InvalidValueError,
    LimitError,
    NotSubmittedError,
    SendQuotaError,
    SubmittedError,
    UnsupportedError,
)
from gromox.store.extract import filetime
from gromox.store.flags import Flag
from gromox.store.item.change import MessageChange
from gromox.store.mailbox import Mailbox
from gromox.store.permission import Right
from gromox.store.property import ids
from gromox.store.quota import SEND_LIMIT
from gromox.store.rule.deferred import server_eid
from gromox.store.session import SYSTEM, Actor, StoreSession
from gromox.store.submission.post import EmptyBook, NoAlarm, PostOffice
from tests.delivery.test_worker import deliver_all, inbox

if TYPE_CHECKING:
    from gromox.mapi.propvalue import PropValue
    from gromox.timer.agenda import Agenda
    from tests.support.house import House
    from tests.support.outside import NewWorker, OtherSystem

ALICE, BOB, CAROL = "alice@example.test", "bob@example.test", "carol@example.test"
OUTSIDE = "dora@example.com"
OWNER = Actor(ALICE)
SENT, DRAFTS, OUT = int(Private.SENT_ITEMS), int(Private.DRAFTS), int(Private.OUTBOX)
HOUR = 3600


@dataclass
class Desk:
    """Somebody at a mailbox of the house."""

    house: House
    mailbox: Mailbox
    post: PostOffice
    agenda: Agenda

    def session(self, actor: Actor = OWNER) -> StoreSession:
        return StoreSession.of(self.mailbox, actor, self.post)

    def run_jobs(self) -> int:
        """Do what the timer does with jobs that are due; return how many were."""
        count = 0
        while job := self.agenda.take():
            mid = int(job.command.split()[-1])
            post = PostOffice(EmptyBook(), self.post.pickup, NoAlarm())
            StoreSession.of(self.mailbox, SYSTEM, post).send_deferred(mid)
            self.agenda.done(job, succeeded=True)
            count += 1
        return count


def open_desk(house: House, name: str, path: Path) -> Desk:
    post = house.post_office(path)
    return Desk(house, house.mailbox(name), post, post.alarm._agenda)  # type: ignore[attr-defined]


@pytest.fixture
def desk(house: House, tmp_path: Path) -> Iterator[Desk]:
    made = open_desk(house, "alice", tmp_path / "timer.txt")
    yield made
    assert made.mailbox.check() == []
    made.mailbox.close()
    made.agenda.journal.close()


def recipient(address: str, kind: int = RecipientType.TO, **more: PropValue) -> Recipient:
    bag = PropertyBag(
        {
            tags.PidTagRecipientType: kind,
            tags.PidTagDisplayName: address.partition("@")[0].title(),
            tags.PidTagAddressType: "SMTP",
            tags.PidTagEmailAddress: address,
        }
    )
    for name, value in more.items():
        bag[getattr(tags, name)] = value
    return Recipient(bag)


def letter(
    *to: Recipient | str,
    values: Mapping[int, PropValue] | None = None,
    attachments: Sequence[Attachment] = (),
) -> Message:
    bag = PropertyBag(
        {
            tags.PidTagMessageClass: "IPM.Note",
            tags.PidTagSubject: "Tea at four",
            tags.PidTagBody: "Bring cake.",
            tags.PidTagMessageFlags: 0x9,
        }
    )
    for tag, value in (values or {}).items():
        bag[tag] = value
    rows = [recipient(each) if isinstance(each, str) else each for each in to]
    return Message(bag, rows, list(attachments))


def representing(address: str, name: str = "") -> dict[int, PropValue]:
    return {
        tags.PidTagSentRepresentingName: name or address,
        tags.PidTagSentRepresentingAddressType: "SMTP",
        tags.PidTagSentRepresentingEmailAddress: address,
        tags.PidTagSentRepresentingSmtpAddress: address,
    }


def flags_of(session: StoreSession, mid: int) -> int:
    value = session.message_properties(mid, [tags.PidTagMessageFlags])[tags.PidTagMessageFlags]
    assert isinstance(value, int)
    return value


def texts_of(session: StoreSession, mid: int, *wanted: int) -> list[object]:
    found = session.message_properties(mid, wanted)
    return [found.get(tag) for tag in wanted]


# -- at once


def test_a_message_arrives_and_lies_among_the_sent_ones(
    desk: Desk, new_worker: NewWorker, outside: OtherSystem
) -> None:
    session = desk.session()
    item = letter(
        BOB,
        recipient(OUTSIDE, RecipientType.CC),
        recipient(CAROL, RecipientType.BCC),
        values={tags.PidTagSentMailSvrEID: server_eid(SENT, 0)},
        attachments=[
            Attachment(
                PropertyBag(
                    {
                        tags.PidTagAttachMethod: AttachMethod.BY_VALUE,
                        tags.PidTagAttachLongFilename: "cake.bin",
                    }
                ),
                InMemory(b"\0\1\2" * 50_000),
            )
        ],
    )
    mid = session.create_message(DRAFTS, item).mid
    submitted = session.submit(mid)

    assert submitted.due == 0
    assert session.message_folder(submitted.mid) == SENT
    assert flags_of(session, submitted.mid) & 0x2D == 0x21, "read, from me; neither draft nor on its way"
    assert texts_of(
        session,
        submitted.mid,
        tags.PidTagSenderSmtpAddress,
        tags.PidTagSentRepresentingSmtpAddress,
        tags.PidTagClientSubmitTime,
        tags.PidTagContentFilterSpamConfidenceLevel,
        tags.PidTagSentMailSvrEID,
    ) == [ALICE, ALICE, filetime(desk.house.clock.now()), 0xFFFFFFFF, None]
    assert session.folder_messages(DRAFTS) == ()

    deliver_all(new_worker())
    (to_bob,) = inbox(desk.house, "bob")
    assert b"Subject: Tea at four" in to_bob
    assert b"From: alice@example.test" in to_bob or b"<alice@example.test>" in to_bob
    assert b"\r\nSender:" not in to_bob
    assert b"carol" not in to_bob.lower(), "who gets a blind copy is nobody's business"
    assert b"cake.bin" in to_bob
    (to_carol,) = inbox(desk.house, "carol")
    ((sender, recipients, elsewhere),) = outside.taken
    assert (sender, recipients) == (ALICE, (OUTSIDE,))
    message_id = texts_of(session, submitted.mid, tags.PidTagInternetMessageId)[0]
    assert isinstance(message_id, str)
    assert all(message_id.encode() in mail for mail in (to_bob, to_carol, elsewhere))
    assert not list((desk.house.spool.path / OUTBOX).iterdir())
    assert desk.mailbox.outgoing() == []


def test_where_it_lies_afterwards_is_asked_of_the_message(desk: Desk) -> None:
    session = desk.session()
    stays = session.create_message(OUT, letter(BOB)).mid
    assert session.submit(stays).mid == stays
    assert flags_of(session, stays) & 0xC == 0

    folder = ids.folder_entry_id(desk.mailbox.file, SENT)
    moved = session.create_message(OUT, letter(BOB, values={tags.PidTagSentMailEntryId: folder})).mid
    assert session.message_folder(session.submit(moved).mid) == SENT

    gone = session.create_message(OUT, letter(BOB, values={tags.PidTagDeleteAfterSubmit: True})).mid
    assert session.submit(gone).mid == 0
    assert session.folder_messages(OUT) == (stays,)

    nowhere = {tags.PidTagSentMailSvrEID: server_eid(0x7777, 0)}
    kept = session.create_message(OUT, letter(BOB, values=nowhere)).mid
    assert session.submit(kept).mid == kept
    assert len(desk.mailbox.outgoing()) == 4


def test_a_mail_as_such_leaves_octet_for_octet(desk: Desk, new_worker: NewWorker) -> None:
    session = desk.session()
    octets = (
        b"From: Alice <alice@example.test>\r\nTo: bob@example.test\r\nBcc: carol@example.test\r\n"
        b"Sender: eve@example.test\r\nSubject: =?utf-8?q?odd?=\r\nX-Odd:  kept  as it is\r\n"
        b"Date: Mon, 5 Jan 2026 10:20:30 +0100\r\nMessage-ID: <1@example.test>\r\n\r\n"
        b"body\twith odd  blanks\r\n"
    )
    mid = session.save_mail(DRAFTS, octets, flags=int(Flag.DRAFT)).mid
    session.submit(mid)
    assert session.is_mail(mid)
    deliver_all(new_worker())
    (mail,) = inbox(desk.house, "bob")
    assert mail.endswith(
        b"From: Alice <alice@example.test>\r\nTo: bob@example.test\r\nSubject: =?utf-8?q?odd?=\r\n"
        b"X-Odd:  kept  as it is\r\nDate: Mon, 5 Jan 2026 10:20:30 +0100\r\n"
        b"Message-ID: <1@example.test>\r\n\r\n"
        b"body\twith odd  blanks\r\n"
    )
    assert len(inbox(desk.house, "carol")) == 1

    forged = octets.replace(b"From: Alice <alice@example.test>", b"From: a@x, bob@example.test")
    with pytest.raises(DeniedError):
        session.submit(session.save_mail(DRAFTS, forged).mid)
    two = octets.replace(b"From: Alice <alice@example.test>", b"From: alice@example.test, bob@example.test")
    session.submit(session.save_mail(DRAFTS, two).mid)
    deliver_all(new_worker())
    assert b"\r\nFrom: alice@example.test\r\n" in inbox(desk.house, "bob")[-1], "only who was asked about"


def test_a_list_is_expanded_by_the_delivery(desk: Desk, new_worker: NewWorker) -> None:
    session = desk.session()
    session.submit(session.create_message(OUT, letter("team@example.test")).mid)
    deliver_all(new_worker())
    assert len(inbox(desk.house, "bob")) == len(inbox(desk.house, "alice")) == 1


def test_who_has_it_already_does_not_get_it_again(desk: Desk) -> None:
    session = desk.session()
    resend = letter(
        recipient(BOB, RecipientType.TO | -0x80000000),
        recipient(CAROL, RecipientType.TO | 0x10000000),
        values={tags.PidTagMessageFlags: 0x89},
    )
    session.submit(session.create_message(OUT, resend).mid)
    by_another = letter(recipient(BOB, PidTagResponsibility=True), CAROL, CAROL.upper())
    session.submit(session.create_message(OUT, by_another).mid)
    assert [each.recipients for each in desk.mailbox.outgoing()] == [(CAROL,), (CAROL,)]


def test_addresses_of_the_directory_are_found_out(desk: Desk) -> None:
    session = desk.session()
    bob = desk.house.directory
    from gromox.directory import user

    number = user.get(bob, BOB).user_id
    dn = (
        "/o=Gromox default/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn="
        f"{(1).to_bytes(4, 'little').hex()}{number.to_bytes(4, 'little').hex()}-bob"
    )
    row = Recipient(
        PropertyBag(
            {
                tags.PidTagRecipientType: RecipientType.TO,
                tags.PidTagDisplayName: "Bob",
                tags.PidTagAddressType: "EX",
                tags.PidTagEmailAddress: dn,
            }
        )
    )
    mid = session.create_message(OUT, letter(row)).mid
    session.submit(mid)
    assert desk.mailbox.outgoing()[0].recipients == (BOB,)
    assert session.message_recipients(mid)[0][tags.PidTagSmtpAddress] == BOB
    row.properties[tags.PidTagEmailAddress] = dn.replace("-bob", "-eve")
    with pytest.raises(InvalidValueError, match="Bob has no address"):
        session.submit(session.create_message(OUT, letter(row)).mid)


# -- refused


def test_what_cannot_be_sent_is_refused_and_stays_a_draft(desk: Desk) -> None:
    session = desk.session()
    mid = session.create_message(DRAFTS, letter()).mid
    with pytest.raises(InvalidValueError, match="no recipient"):
        session.submit(mid)
    many = [f"u{number}@example.com" for number in range(desk.post.max_recipients + 1)]
    with pytest.raises(LimitError):
        session.submit(session.create_message(DRAFTS, letter(*many)).mid)
    session.submit(session.create_message(DRAFTS, letter(*many[1:])).mid)
    small = PostOffice(desk.post.book, desk.post.pickup, desk.post.alarm, max_size=1000)
    narrow = StoreSession.of(desk.mailbox, Actor(ALICE), small)
    large = narrow.create_message(DRAFTS, letter(BOB, values={tags.PidTagBody: "x" * 1000})).mid
    with pytest.raises(LimitError, match="1000 octets"):
        narrow.submit(large)
    associated = session.create_message(DRAFTS, letter(BOB), associated=True).mid
    with pytest.raises(InvalidValueError):
        session.submit(associated)
    with pytest.raises(UnsupportedError):
        StoreSession.of(desk.mailbox, Actor(ALICE)).submit(large)
    assert flags_of(session, large) & 0xC == 0x8
    assert len(desk.mailbox.outgoing()) == 1


def test_a_full_mailbox_sends_nothing(desk: Desk) -> None:
    session = desk.session()
    mid = session.create_message(DRAFTS, letter(BOB)).mid
    StoreSession.of(desk.mailbox, SYSTEM).set_store_properties({SEND_LIMIT: 0})
    with pytest.raises(SendQuotaError):
        session.submit(mid)
    assert desk.mailbox.outgoing() == []


# -- in whose name


def give(house: House, owner: str, which: DelegateList, *addresses: str) -> None:
    with house.mailbox(owner) as mailbox:
        StoreSession.of(mailbox, SYSTEM).set_delegates(addresses, which)


def submit_as(desk: Desk, address: str, actor: Actor = OWNER) -> tuple[str, bytes]:
    """Submit in a name; return reverse-path and mail."""
    session = desk.session(actor)
    mid = session.create_message(OUT, letter(OUTSIDE, values=representing(address))).mid
    session.submit(mid)
    waiting = desk.mailbox.outgoing()[-1]
    return waiting.sender, b"".join(waiting.chunks())


def test_nobody_sends_in_a_name_that_is_not_given_to_them(desk: Desk) -> None:
    for address in (BOB, "nobody@example.test", OUTSIDE, "team@example.test"):
        with pytest.raises(DeniedError, match=address):
            submit_as(desk, address)
    assert desk.mailbox.outgoing() == []


def test_on_behalf_is_told_and_send_as_is_not(desk: Desk) -> None:
    give(desk.house, "bob", DelegateList.ON_BEHALF, ALICE)
    sender, mail = submit_as(desk, BOB)
    assert sender == ALICE
    assert b"From: bob@example.test\r\n" in mail
    assert b"Sender: alice@example.test\r\n" in mail

    give(desk.house, "bob", DelegateList.SEND_AS, "TEAM@example.test")
    with_team = Actor(ALICE, frozenset({"team@example.test"}))
    sender, mail = submit_as(desk, BOB, with_team)
    assert sender == BOB
    assert b"alice" not in mail

    give(desk.house, "bob", DelegateList.ON_BEHALF)
    with pytest.raises(DeniedError):
        submit_as(desk, BOB)


def test_an_alias_is_a_name_of_ones_own(desk: Desk) -> None:
    sender, mail = submit_as(desk, "info@example.test")
    assert sender == "info@example.test"
    assert b" <info@example.test>\r\n" in mail
    assert b"\r\nSender:" not in mail
    give(desk.house, "bob", DelegateList.ON_BEHALF, "info@example.test")
    assert submit_as(desk, BOB)[0] == ALICE, "a list may name an alias"
    alias.remove(desk.house.directory, "info@example.test")
    desk.house.resolver.forget_all()
    with pytest.raises(DeniedError):
        submit_as(desk, "info@example.test")


def test_from_a_foreign_mailbox_one_sends_as_oneself(desk: Desk) -> None:
    desk.mailbox.set_rights(OUT, BOB, Right.READ_ANY | Right.CREATE | Right.EDIT_OWNED | Right.VISIBLE)
    session = desk.session(Actor(BOB))
    values: dict[int, PropValue] = {tags.PidTagSentMailSvrEID: server_eid(SENT, 0)}
    mid = session.create_message(OUT, letter(CAROL, values=values)).mid
    assert session.submit(mid).mid == mid, "who may not put it elsewhere leaves it"
    assert desk.mailbox.outgoing()[0].sender == BOB
    foreign = desk.session().create_message(OUT, letter(CAROL)).mid
    with pytest.raises(DeniedError):
        session.submit(foreign)


# -- later


def deferred(desk: Desk, values: Mapping[int, PropValue], *to: str) -> int:
    session = desk.session()
    asked = {tags.PidTagSentMailSvrEID: server_eid(SENT, 0), **values}
    mid = session.create_message(OUT, letter(*(to or (BOB,)), values=asked)).mid
    return mid if session.submit(mid).due else 0


@pytest.mark.requirement("MS-OXCMSG", "R513")
@pytest.mark.requirement("MS-OXCMSG", "R520")
def test_a_message_waits_for_its_time_and_is_locked(desk: Desk, new_worker: NewWorker) -> None:
    now = desk.house.clock.now()
    mid = deferred(desk, {tags.PidTagDeferredSendTime: filetime(now + HOUR)})
    session = desk.session()

    assert flags_of(session, mid) & 0xC == 0x4
    assert session.is_submitted(mid)
    assert session.deferred_messages() == ((mid, filetime(now + HOUR)),)
    for refused in (
        lambda: session.submit(mid),
        lambda: session.set_message_properties(mid, {tags.PidTagSubject: "Coffee"}),
        lambda: session.change_message(mid, MessageChange(recipients=[])),
    ):
        with pytest.raises(SubmittedError):
            refused()
    assert session.move_messages(OUT, [mid], DRAFTS).refused == (mid,)
    copied = session.copy_messages(OUT, [mid], DRAFTS).pairs[0][1]
    assert not session.is_submitted(copied)

    desk.house.clock.advance(HOUR - 60)
    assert desk.run_jobs() == 0
    desk.house.clock.advance(61)
    assert desk.run_jobs() == 1
    deliver_all(new_worker())
    (mail,) = inbox(desk.house, "bob")
    (sent,) = session.folder_messages(SENT)
    assert not session.is_submitted(sent)
    assert texts_of(session, sent, tags.PidTagClientSubmitTime) == [filetime(desk.house.clock.now())]
    assert b"Tea at four" in mail
    assert session.deferred_messages() == ()


def test_units_override_a_time(desk: Desk) -> None:
    now = desk.house.clock.now()
    values: dict[int, PropValue] = {
        tags.PidTagDeferredSendTime: filetime(now + 99 * HOUR),
        tags.PidTagDeferredSendNumber: 2,
        tags.PidTagDeferredSendUnits: 1,
    }
    mid = deferred(desk, values)
    assert desk.session().deferred_messages() == ((mid, filetime(now + 2 * HOUR)),)
    assert deferred(desk, {tags.PidTagDeferredSendTime: filetime(now - HOUR)}) == 0, "the past is now"
    odd = {tags.PidTagDeferredSendNumber: 1000, tags.PidTagDeferredSendUnits: 0}
    assert deferred(desk, odd) == 0
    with pytest.raises(LimitError):
        deferred(desk, {tags.PidTagDeferredSendTime: filetime(now + 11 * 366 * 86400)})


def test_transport_send_does_not_wait(desk: Desk) -> None:
    session = desk.session()
    later = {tags.PidTagDeferredSendTime: filetime(desk.house.clock.now() + HOUR)}
    mid = session.create_message(OUT, letter(BOB, values=later)).mid
    assert session.transport_send(mid).due == 0
    assert len(desk.mailbox.outgoing()) == 1


def test_what_was_called_off_is_a_draft_and_never_sent(desk: Desk) -> None:
    now = desk.house.clock.now()
    mid = deferred(desk, {tags.PidTagDeferredSendTime: filetime(now + HOUR)})
    session = desk.session()
    with pytest.raises(DeniedError):
        session.send_deferred(mid)
    session.abort_submit(mid)
    assert len(desk.agenda) == 0
    assert flags_of(session, mid) & 0xC == 0x8
    with pytest.raises(NotSubmittedError):
        session.abort_submit(mid)
    session.set_message_properties(mid, {tags.PidTagSubject: "Coffee"})
    desk.house.clock.advance(2 * HOUR)
    system = desk.session(SYSTEM)
    assert system.send_deferred(mid) is False, "a job that comes all the same"
    assert system.send_deferred(0x7777) is False
    assert desk.mailbox.outgoing() == []


@pytest.mark.parametrize("is_hard", [False, True])
def test_what_was_deleted_is_not_sent(desk: Desk, is_hard: bool) -> None:
    now = desk.house.clock.now()
    mid = deferred(desk, {tags.PidTagDeferredSendTime: filetime(now + HOUR)})
    session = desk.session()
    assert session.delete_messages(OUT, [mid], is_hard=is_hard).removed == (mid,)
    assert len(desk.agenda) == 0
    if not is_hard:
        session.restore_messages(OUT, [mid])
    desk.house.clock.advance(2 * HOUR)
    assert desk.session(SYSTEM).send_deferred(mid) is False
    assert desk.mailbox.outgoing() == []


def test_a_job_that_comes_twice_or_early_sends_once(desk: Desk) -> None:
    now = desk.house.clock.now()
    mid = deferred(desk, {tags.PidTagDeferredSendTime: filetime(now + HOUR)})
    system = desk.session(SYSTEM)
    assert system.send_deferred(mid) is False, "not yet"
    desk.house.clock.advance(HOUR)
    assert system.send_deferred(mid) is True
    assert system.send_deferred(mid) is False
    assert len(desk.mailbox.outgoing()) == 1


def test_by_imap_a_message_that_waits_moves_without_its_lock(desk: Desk) -> None:
    from gromox.store.uidset import UidSet

    mid = deferred(desk, {tags.PidTagDeferredSendTime: filetime(desk.house.clock.now() + HOUR)})
    session = desk.session()
    uid = session.place_of(mid).uid
    assert uid is not None
    desk.mailbox.move(OUT, UidSet.of([uid]), DRAFTS)
    (moved,) = session.folder_messages(DRAFTS)
    assert not session.is_submitted(moved)
    assert session.deferred_messages() == ()
    desk.house.clock.advance(2 * HOUR)
    desk.run_jobs()
    assert desk.mailbox.outgoing() == []
