"""From the spool to mailboxes, lists, other systems, and back to the sender when something fails."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING

import pytest

from gromox.delivery.outcome import FULL, RELAY_FAILS, UNKNOWN
from gromox.delivery.queue import entries
from gromox.directory import mlist, user
from gromox.mapi.folderids import Private
from gromox.store import append
from gromox.store.builtin import INBOX
from gromox.store.errors import LimitError
from tests.support.server import PATIENCE

if TYPE_CHECKING:
    from gromox.store.append import Prepared
    from gromox.store.mailbox_file import Write
    from gromox.store.model import Appended
    from gromox.delivery.worker import DeliveryWorker
    from tests.support.house import House
    from tests.support.outside import NewWorker, OtherSystem

MAIL = b"From: bob@example.test\r\nTo: alice@example.test\r\nSubject: hello\r\n\r\ntext\r\n"
ALICE, BOB = "alice@example.test", "bob@example.test"


def post(house: House, *recipients: str, mail: bytes = MAIL, sender: str = BOB) -> str:
    """Put a mail into the spool."""
    draft = house.spool.begin(sender=sender, recipients=recipients, protocol="LMTP")
    draft.write(mail)
    draft.finish()
    house.spool.sync()
    return draft.mail_id


def inbox(house: House, name: str, folder_id: int = INBOX) -> list[bytes]:
    """Return the mails in a folder of a user."""
    with house.mailbox(name) as mailbox:
        return [mailbox.content(folder_id, uid).octets() for uid in mailbox.view(folder_id).uids()]


def queued(house: House) -> dict[str, list[str]]:
    """Return recipients that wait, by queue."""
    found: dict[str, list[str]] = {}
    for entry in entries(house.spool.path):
        found.setdefault(entry.queue, []).extend(entry.envelope.pending)
    return found


def deliver_all(worker: DeliveryWorker) -> None:
    while worker.run_once():
        pass


def test_a_mail_arrives_with_its_trace(house: House, new_worker: NewWorker) -> None:
    post(house, ALICE)

    assert new_worker().run_once() == 1
    assert inbox(house, "alice") == [
        b"Return-Path: <bob@example.test>\r\nDelivered-To: alice@example.test\r\n" + MAIL
    ]
    assert queued(house) == {}


@pytest.mark.parametrize("address", ["info@example.test", "Alice@EXAMPLE.test", "alice+news@example.test"])
def test_all_names_lead_to_the_same_mailbox(house: House, new_worker: NewWorker, address: str) -> None:
    post(house, address)
    deliver_all(new_worker())

    (mail,) = inbox(house, "alice")
    assert f"Delivered-To: {address}\r\n".encode() in mail


def test_one_mailbox_gets_one_copy(house: House, new_worker: NewWorker) -> None:
    post(house, ALICE, "info@example.test", "team@example.test", "alice+x@example.test")
    deliver_all(new_worker())

    assert len(inbox(house, "alice")) == 1
    assert len(inbox(house, "bob")) == 1
    assert queued(house) == {}


def test_an_extension_may_name_a_folder(house: House, new_worker: NewWorker) -> None:
    with house.mailbox("alice") as mailbox:
        news = mailbox.create_folder(INBOX, "News").folder_id
    for detail in ("news", "nothing", "calendar"):
        post(house, f"alice+{detail}@example.test")
    deliver_all(new_worker(lda_detail_folder="yes"))

    assert len(inbox(house, "alice", news)) == 1
    assert len(inbox(house, "alice")) == 2


def test_junk_goes_to_its_folder(house: House, new_worker: NewWorker) -> None:
    post(house, ALICE, mail=b"X-Spam: YES\r\n" + MAIL)
    post(house, ALICE, mail=MAIL + b"X-Spam: yes\r\n")
    deliver_all(new_worker(lda_junk_rules="X-Spam: yes"))

    assert len(inbox(house, "alice", Private.JUNK)) == 1
    assert len(inbox(house, "alice")) == 1


def test_a_batch_is_delivered_in_order_of_arrival(house: House, new_worker: NewWorker) -> None:
    for number in range(150):
        house.clock.advance(0.001)
        post(house, ALICE, mail=b"Subject: %d\r\n\r\n" % number)
    worker = new_worker()

    assert [worker.run_once() for _ in range(4)] == [64, 64, 22, 0]
    subjects = [mail.split(b"Subject: ")[1].split(b"\r\n")[0] for mail in inbox(house, "alice")]
    assert subjects == [b"%d" % number for number in range(150)]


def test_a_known_token_is_not_delivered_again(house: House, new_worker: NewWorker) -> None:
    """As after a crash between the commit of the mailbox and the removal from the queue."""
    mail_id = post(house, ALICE)
    shutil.copy(house.spool.path / "mess" / mail_id, house.root / "kept")
    deliver_all(new_worker())
    shutil.copy(house.root / "kept", house.spool.path / "mess" / "again")
    deliver_all(new_worker())

    assert len(inbox(house, "alice")) == 1
    assert queued(house) == {}


# -- what fails for good


def test_the_sender_is_told_what_failed(house: House, new_worker: NewWorker) -> None:
    with house.mailbox("alice") as mailbox:
        mailbox.set_quota(storage=None, receive=1024, send=None)
    post(house, ALICE, "nobody@example.test", "erin@example.test", mail=MAIL + b"x" * 2000)
    deliver_all(new_worker())

    (report,) = inbox(house, "bob")
    assert report.startswith(b"Return-Path: <>\r\nDelivered-To: bob@example.test\r\n")
    assert b"From: Mail Delivery System <postmaster@mail.example.test>" in report
    assert b"Auto-Submitted: auto-replied" in report
    assert b"Content-Type: multipart/report; report-type=delivery-status" in report
    assert b"Final-Recipient: rfc822; alice@example.test\r\nAction: failed\r\nStatus: 5.2.2" in report
    assert b"Final-Recipient: rfc822; nobody@example.test\r\nAction: failed\r\nStatus: 5.1.1" in report
    assert b"erin" not in report
    assert b"Subject: hello" in report
    assert b"xxxx" not in report, "the body stays here"
    assert len(inbox(house, "erin")) == 1
    assert queued(house) == {}


@pytest.mark.parametrize(
    ("sender", "mail"),
    [
        ("", MAIL),
        (BOB, b"Auto-Submitted: auto-replied\r\n" + MAIL),
        (BOB, b"auto-submitted: auto-generated; x\r\n" + MAIL),
    ],
)
def test_nobody_is_told_what_a_program_sent(
    house: House, new_worker: NewWorker, sender: str, mail: bytes
) -> None:
    post(house, "nobody@example.test", ALICE, sender=sender, mail=mail)
    deliver_all(new_worker())

    assert inbox(house, "bob") == []
    assert len(inbox(house, "alice")) == 1
    assert queued(house) == {"save": ["nobody@example.test"]}


def test_what_was_kept_can_be_sent_again(house: House, new_worker: NewWorker) -> None:
    """The manual, "Mail requeueing"."""
    post(house, "zoe@example.test", ALICE, sender="")
    worker = new_worker()
    deliver_all(worker)
    user.create(house.directory, "zoe@example.test", maildir=str(house.root / "erin"))
    house.resolver.forget_all()
    (kept,) = (house.spool.path / "save").iterdir()
    kept.rename(house.spool.path / "mess" / "00")
    deliver_all(worker)

    assert len(inbox(house, "erin")) == 1
    assert len(inbox(house, "alice")) == 1
    assert queued(house) == {}


def test_a_sender_is_told_once_in_a_while(house: House, new_worker: NewWorker) -> None:
    worker = new_worker()
    for seconds in (0, 100, 100):
        house.clock.advance(seconds)
        post(house, "nobody@example.test")
        deliver_all(worker)

    assert len(inbox(house, "bob")) == 2
    assert queued(house) == {"save": ["nobody@example.test"]}


def test_the_postmaster_may_read_along(house: House, new_worker: NewWorker) -> None:
    post(house, "nobody@example.test")
    deliver_all(new_worker(admin_mailbox=ALICE, bounce_postmaster="help@example.test"))

    (report,) = inbox(house, "alice")
    assert b"<help@example.test>" in report


def test_a_report_that_cannot_be_delivered_is_kept(house: House, new_worker: NewWorker) -> None:
    post(house, "nobody@example.test", sender="gone@example.test")
    deliver_all(new_worker())

    assert queued(house) == {"save": ["gone@example.test"]}


def test_a_mail_that_goes_round_comes_to_an_end(house: House, new_worker: NewWorker) -> None:
    post(house, ALICE, mail=b"Received: from a by b\r\n" * 101 + MAIL)
    deliver_all(new_worker())

    assert inbox(house, "alice") == []
    (report,) = inbox(house, "bob")
    assert b"Status: 5.4.6" in report


# -- what fails for now


def test_a_mailbox_that_is_away_is_waited_for(house: House, new_worker: NewWorker) -> None:
    (house.root / "alice").rename(house.root / "away")
    post(house, ALICE, "erin@example.test")
    worker = new_worker()
    deliver_all(worker)
    assert queued(house) == {"cache": [ALICE]}
    assert len(inbox(house, "erin")) == 1

    (house.root / "away").rename(house.root / "alice")
    house.clock.advance(179)
    deliver_all(worker)
    assert inbox(house, "alice") == []
    house.clock.advance(31)
    deliver_all(worker)

    assert len(inbox(house, "alice")) == 1
    assert queued(house) == {}


def test_waits_grow_and_end_with_a_report(house: House, new_worker: NewWorker) -> None:
    (house.root / "alice").rename(house.root / "away")
    post(house, ALICE)
    worker = new_worker(retrying_times="7")
    waits = []
    for _ in range(7):
        deliver_all(worker)
        for entry in entries(house.spool.path, ["cache"]):
            assert entry.envelope.last_error == "4.2.0 The mailbox cannot be opened at the moment."
            waits.append(entry.envelope.next_try - house.clock.now())
        house.clock.advance(waits[-1] + 1)

    assert [round(wait / 180) for wait in waits] == [1, 2, 4, 8, 16, 16]
    (report,) = inbox(house, "bob")
    assert b"Status: 4.4.7" in report
    assert queued(house) == {}


def test_without_the_user_database_mail_waits(house: House, new_worker: NewWorker) -> None:
    post(house, ALICE)
    house.directory.close()
    (house.root / "users.sqlite3").rename(house.root / "gone")
    worker = new_worker()
    deliver_all(worker)
    assert queued(house) == {"cache": [ALICE]}

    house.directory.close()
    (house.root / "gone").rename(house.root / "users.sqlite3")
    house.clock.advance(181)
    deliver_all(worker)
    assert len(inbox(house, "alice")) == 1


# -- lists and other systems


def test_who_may_not_write_to_a_list_is_told(house: House, new_worker: NewWorker) -> None:
    post(house, "board@example.test")
    post(house, "board@example.test", sender=ALICE)
    deliver_all(new_worker())

    (report,) = inbox(house, "bob")
    assert b"Status: 5.7.2" in report
    assert len(inbox(house, "alice")) == 1


def test_a_list_is_not_sent_twice_because_of_one_member(
    house: House, new_worker: NewWorker, outside: OtherSystem
) -> None:
    members = [ALICE, "erin@example.test", "x@elsewhere.example", "y@elsewhere.example"]
    mlist.set_members(house.directory, "team@example.test", members)
    (house.root / "alice").rename(house.root / "away")
    outside.refused = {"y@elsewhere.example": RELAY_FAILS}
    post(house, "team@example.test", "info@example.test")
    worker = new_worker()
    deliver_all(worker)
    assert sorted(queued(house)["cache"]) == [ALICE, "y@elsewhere.example"]

    (house.root / "away").rename(house.root / "alice")
    outside.refused = {}
    house.clock.advance(181)
    deliver_all(worker)
    assert [recipients for _, recipients, _ in outside.taken] == [
        ("x@elsewhere.example",),
        ("y@elsewhere.example",),
    ]
    assert len(inbox(house, "alice")) == len(inbox(house, "erin")) == 1
    assert queued(house) == {}


def test_members_that_refuse_are_reported_once(
    house: House, new_worker: NewWorker, outside: OtherSystem
) -> None:
    mlist.set_members(
        house.directory, "team@example.test", [ALICE, "x@elsewhere.example", "y@elsewhere.example"]
    )
    outside.refused = {"x@elsewhere.example": UNKNOWN, "y@elsewhere.example": FULL}
    post(house, "team@example.test")
    post(house, "team@example.test", sender="")
    deliver_all(new_worker())

    (report,) = inbox(house, "bob")
    assert (
        b"Original-Recipient: rfc822; team@example.test\r\nFinal-Recipient: rfc822; x@elsewhere.example"
        in report
    )
    assert b"Remote-MTA: dns; mx.elsewhere.example" in report
    assert len(inbox(house, "alice")) == 2
    assert queued(house) == {"save": ["x@elsewhere.example", "y@elsewhere.example"]}


def test_a_contact_leads_outside_once(house: House, new_worker: NewWorker, outside: OtherSystem) -> None:
    mlist.set_members(house.directory, "team@example.test", ["far@elsewhere.example"])
    post(house, "team@example.test")
    deliver_all(new_worker())
    ((sender, recipients, mail),) = outside.taken
    assert (sender, recipients) == (BOB, ("far@elsewhere.example",))
    assert mail == b"Delivered-To: team@example.test\r\n" + MAIL

    post(house, "team@example.test", mail=mail)
    deliver_all(new_worker())
    assert len(outside.taken) == 1
    (report,) = inbox(house, "bob")
    assert b"Status: 5.4.6" in report


def test_reports_leave_the_system_too(house: House, new_worker: NewWorker, outside: OtherSystem) -> None:
    post(house, "nobody@example.test", sender="far@elsewhere.example")
    deliver_all(new_worker())

    ((sender, recipients, _),) = outside.taken
    assert (sender, recipients) == ("", ("far@elsewhere.example",))


# -- workers


def test_several_workers_share_a_spool(house: House, new_worker: NewWorker) -> None:
    for _ in range(200):
        post(house, ALICE, "erin@example.test")
    done: list[int] = []

    def work() -> None:
        worker = new_worker()
        try:
            while tried := worker.run_once(8):
                done.append(tried)
        finally:
            worker.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(done) == 200
    assert len(inbox(house, "alice")) == len(inbox(house, "erin")) == 200
    assert queued(house) == {}


def test_a_worker_runs_until_it_is_told_to_stop(house: House, new_worker: NewWorker) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=lambda: new_worker().run(stop))
    post(house, ALICE)
    thread.start()
    with house.mailbox("alice") as mailbox:
        while not mailbox.view(INBOX).total:
            stop.wait(0.01)
    stop.set()
    thread.join(PATIENCE)

    assert not thread.is_alive()


def test_one_mail_that_fails_takes_no_other_with_it(
    house: House, new_worker: NewWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction that fails as a whole is repeated mail by mail."""
    for number in range(3):
        house.clock.advance(0.001)
        post(house, ALICE, mail=b"Subject: %d\r\n\r\n" % number)
    original = append.insert

    def insert(tx: Write, folder_id: int, prepared: list[Prepared], *, delivery: bool = False) -> Appended:
        if any(b"Subject: 1" in each[0].octets for each in prepared):
            raise LimitError("this one cannot be kept")
        return original(tx, folder_id, prepared, delivery=delivery)

    monkeypatch.setattr(append, "insert", insert)
    assert new_worker().run_once() == 3

    subjects = [mail.split(b"Subject: ")[1].split(b"\r\n")[0] for mail in inbox(house, "alice")]
    assert subjects == [b"0", b"2"]
    assert queued(house) == {"mess": [BOB]}, "its sender is told"
