from __future__ import annotations

from pathlib import Path

import pytest

from gromox.base.clock import ManualClock
from gromox.store import errors
from gromox.store.flags import Flag
from gromox.store.mailbox import Mailbox
from gromox.store.mailbox_file import Options
from gromox.store.model import Columns, Delivery, NewMail
from gromox.store.uidset import UidSet
from tests.store.sample import mail, octets

INBOX = 13
ALL_COLUMNS = Columns(511)


def test_a_mail_is_kept_octet_for_octet(mailbox: Mailbox) -> None:
    raw = octets() + bytes(range(256))
    added = mailbox.append(INBOX, [NewMail(raw)])
    assert (added.uid_validity, list(added.uids)) == (mailbox.folder(INBOX).uid_validity, [1])
    content = mailbox.content(INBOX, 1)
    assert content.size == len(raw)
    assert content.octets() == raw
    assert content.read(10, 20) == raw[10:30]
    assert content.read(len(raw) - 1, 99) == raw[-1:]
    assert content.read(len(raw) + 9, 1) == b""
    with pytest.raises(errors.MessageGoneError):
        mailbox.content(INBOX, 2)


def test_rows_are_ready_answers(mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [NewMail(octets(), internal_date=837_596_665, zone=-420), mail("second")])
    first, second = mailbox.fetch(INBOX, [1, 2, 3], ALL_COLUMNS)
    assert first.internal_date == b'"17-Jul-1996 02:44:25 -0700"'
    assert first.envelope.startswith(b'("Mon, 5 Jan 2026 10:20:30 +0100" "Hello" ((')
    assert first.bodystructure.startswith(b'("text" "plain"')
    assert first.header == first.header[:-4] + b"\r\n\r\n"
    assert first.preview == "A line of text."
    assert first.message_id.endswith(b"@example.net>")
    assert (first.uid, second.uid, second.mid) == (1, 2, first.mid + 1)
    only = next(iter(mailbox.fetch(INBOX, [2], Columns.SIZE)))
    assert (only.size, only.header, only.envelope) == (second.size, b"", b"")


def test_fetch_skips_gaps_of_any_width(mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail(str(n)) for n in range(700)])
    for wanted in ([1, 2, 3], [1, 3, 700], list(range(1, 701, 3)), list(range(1, 701)), [5]):
        assert [row.uid for row in mailbox.fetch(INBOX, wanted, Columns.ENVELOPE)] == wanted


def test_uids_are_never_used_again(mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail(), mail()])
    mailbox.delete_messages(INBOX, UidSet.everything())
    assert list(mailbox.append(INBOX, [mail()]).uids) == [3]
    assert mailbox.folder(INBOX).uid_next == 4


def test_modseqs_ascend_with_the_messages(mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail(), mail()])
    mailbox.append(INBOX, [mail()])
    view = mailbox.view(INBOX)
    modseqs = [view.blocks[0].modseq_at(i) for i in range(3)]
    assert modseqs == sorted(set(modseqs))
    assert view.highest_modseq == modseqs[-1] == mailbox.change_number()


def test_counters_follow(mailbox: Mailbox) -> None:
    mails = [mail("a", Flag.SEEN), mail("b"), mail("c", Flag.FLAGGED, size=5000)]
    mailbox.append(INBOX, mails)
    folder = mailbox.folder(INBOX)
    size = sum(len(each.octets) for each in mails)
    assert (folder.total, folder.unread, folder.size) == (3, 2, size)
    assert mailbox.quota().used == size


def test_nothing_is_appended_to_what_is_not_there(mailbox: Mailbox) -> None:
    with pytest.raises(errors.FolderGoneError):
        mailbox.append(0x4711, [mail()])
    assert list(mailbox.append(INBOX, []).uids) == []


def test_a_delivery_happens_once(mailbox: Mailbox, path: Path) -> None:
    assert mailbox.deliver(mail(), token="t1") == 1
    assert mailbox.deliver(mail(), token="t2") == 2
    with Mailbox.open(path) as other:
        assert other.deliver(mail(), token="t1") is None
        assert other.needs_sync  # the first one may not be durable yet
    assert mailbox.folder(INBOX).total == 2


def test_tokens_are_forgotten_after_a_while(mailbox: Mailbox, clock: ManualClock) -> None:
    mailbox.deliver(mail(), token="old")
    clock.advance(15 * 86400)
    for number in range(65):
        mailbox.deliver(mail(), token=str(number))
    assert mailbox.deliver(mail(), token="old") is not None


def test_the_storage_limit_refuses_and_counts_the_new_mail(mailbox: Mailbox) -> None:
    mailbox.set_quota(storage=10 * 1024, receive=None, send=None)
    mailbox.append(INBOX, [mail(size=9 * 1024)])
    before = mailbox.quota()
    with pytest.raises(errors.QuotaError):
        mailbox.append(INBOX, [mail(size=1000), mail(size=1000)])
    with pytest.raises(errors.QuotaError):
        mailbox.copy(INBOX, UidSet.everything(), INBOX)
    with pytest.raises(errors.QuotaError):
        mailbox.deliver(mail(size=2000), token="t")
    assert mailbox.quota() == before
    assert list(mailbox.append(INBOX, [mail(size=1024)]).uids) == [2]
    # What was refused may be delivered with its token later.
    mailbox.set_quota(storage=10 * 1024, receive=20 * 1024, send=None)
    assert mailbox.deliver(mail(size=2000), token="t") == 3


def test_deleted_messages_leave_room(mailbox: Mailbox) -> None:
    mailbox.set_quota(storage=4096, receive=None, send=None)
    mailbox.append(INBOX, [mail(size=4000)])
    mailbox.delete_messages(INBOX, UidSet.everything())
    mailbox.append(INBOX, [mail(size=4000)])


def test_the_number_of_messages_can_be_limited(mailbox: Mailbox, path: Path) -> None:
    with Mailbox.open(path, options=Options(max_messages=2)) as limited:
        limited.append(INBOX, [mail(), mail()])
        with pytest.raises(errors.QuotaError):
            limited.append(INBOX, [mail()])


def test_keywords_keep_their_first_spelling(mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail("a", Flag(0), "Work", "b"), mail("b", Flag(0), "WORK"), mail("c")])
    view = mailbox.view(INBOX)
    assert view.keyword_names == ("Work", "b")
    assert view.flags_of(2) == (Flag(0), ("Work",), view.blocks[0].modseq_at(1))
    assert view.flags_of(3) == (Flag(0), (), view.highest_modseq)
    with pytest.raises(errors.LimitError):
        mailbox.append(INBOX, [mail("a", Flag(0), *[str(n) for n in range(65)])])
    with pytest.raises(errors.LimitError):
        mailbox.append(INBOX, [mail("a", Flag(0), "x" * 300)])


def test_odd_octets_do_not_hurt(mailbox: Mailbox) -> None:
    odd = [
        b"",
        b"\0",
        b"\r\n",
        b"Subject: \xff\xfe\0\r\n\r\n",
        b"Subject: =?utf-7?Q?+2AA-?=\r\n\r\nx",
        b"From: \xed\xa0\x80\r\n",
    ]
    mailbox.append(INBOX, [NewMail(each) for each in odd])
    assert [mailbox.content(INBOX, uid).octets() for uid in range(1, len(odd) + 1)] == odd
    assert len(list(mailbox.fetch(INBOX, range(1, 99), ALL_COLUMNS))) == len(odd)


def test_mails_delivered_together_are_refused_by_themselves(mailbox: Mailbox) -> None:
    mailbox.set_quota(storage=10 * 1024, receive=None, send=None)
    folder = mailbox.create_folder(INBOX, "News").folder_id
    mailbox.deliver(mail(), token="known")
    results = mailbox.deliver_many(
        [
            Delivery(mail(size=6000), INBOX, "first"),
            Delivery(mail(size=6000), INBOX, "too much"),
            Delivery(mail(), folder, "other folder"),
            Delivery(mail(), 0x4711, "no folder"),
            Delivery(mail(), INBOX, "known"),
            Delivery(mail(size=100), INBOX, "first"),
            Delivery(mail(size=100), INBOX, "last"),
        ]
    )

    assert [type(each) for each in results] == [
        int,
        errors.StorageQuotaError,
        int,
        errors.FolderGoneError,
        type(None),
        type(None),
        int,
    ]
    assert (results[0], results[2], results[6]) == (2, 1, 3)
    assert mailbox.deliver(mail(size=100), token="too much") == 4


def test_when_nothing_new_is_delivered_nothing_is_written(mailbox: Mailbox) -> None:
    mailbox.deliver(mail(), token="known")
    before = mailbox.change_number()

    assert list(mailbox.deliver_many([Delivery(mail(), INBOX, "known")])) == [None]
    assert list(mailbox.deliver_many([])) == []
    assert mailbox.change_number() == before


def test_a_message_takes_the_place_of_another(mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail("one"), mail("two"), mail("three")])
    before = mailbox.change_number()
    size = mailbox.quota().used

    added = mailbox.replace(INBOX, 2, INBOX, mail("two"))

    assert list(added.uids) == [4]
    assert list(mailbox.view(INBOX).uids()) == [1, 3, 4]
    assert list(mailbox.vanished_since(INBOX, before).ranges) == [(2, 2)]
    assert mailbox.folder(INBOX).total == 3
    assert mailbox.quota().used == size
    # Also into another folder.
    mailbox.replace(INBOX, 3, 0x10, mail("sent"))
    assert list(mailbox.view(INBOX).uids()) == [1, 4]
    assert mailbox.folder(0x10).total == 1


def test_replacing_is_all_or_nothing_and_needs_only_the_difference(mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail("one")])
    used = mailbox.quota().used
    mailbox.set_quota(storage=used + 1023, receive=None, send=None)

    mailbox.replace(INBOX, 1, INBOX, mail("one"))

    number = mailbox.change_number()
    with pytest.raises(errors.QuotaError):
        mailbox.replace(INBOX, 2, INBOX, NewMail(octets() + b"x" * 3000))
    with pytest.raises(errors.MessageGoneError):
        mailbox.replace(INBOX, 1, INBOX, mail("one"))
    with pytest.raises(errors.FolderGoneError):
        mailbox.replace(INBOX, 2, 0xFFFF, mail("one"))
    assert list(mailbox.view(INBOX).uids()) == [2]
    assert mailbox.change_number() == number


def test_several_callers_share_a_transaction(mailbox: Mailbox) -> None:
    rung: list[int] = []
    mailbox.file.ring = lambda _path, number: rung.append(number)
    readies = [
        mailbox.ready(INBOX, [mail("a"), mail("b")]),
        mailbox.ready(0x10, [mail("c")]),
        mailbox.ready(INBOX, [NewMail(octets(), Flag.SEEN, frozenset({"$x"}))]),
    ]

    first, second, third = mailbox.append_together(readies)

    assert not isinstance(first, errors.StoreError)
    assert not isinstance(second, errors.StoreError)
    assert not isinstance(third, errors.StoreError)
    assert [list(each.uids) for each in (first, second, third)] == [[1, 2], [1], [3]]
    assert len(rung) == 1
    assert (mailbox.folder(INBOX).total, mailbox.folder(INBOX).unread) == (3, 2)
    assert mailbox.view(INBOX).keyword_names == ("$x",)
    assert mailbox.content(INBOX, 3).octets() == octets()


def test_who_is_refused_does_not_take_the_others_along(mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail("old")])
    size = len(octets())
    mailbox.set_quota(storage=mailbox.quota().used + 3 * 1024, receive=None, send=None)
    readies = [
        mailbox.ready(INBOX, [NewMail(octets())]),
        mailbox.ready(0xFFFF, [NewMail(octets())]),
        mailbox.ready(INBOX, [NewMail(octets() + b"x" * 9000)]),
        mailbox.ready(INBOX, [NewMail(octets())]),
    ]

    first, nowhere, large, last = mailbox.append_together(readies)

    assert isinstance(nowhere, errors.FolderGoneError)
    assert isinstance(large, errors.QuotaError)
    assert not isinstance(first, errors.StoreError)
    assert not isinstance(last, errors.StoreError)
    assert (list(first.uids), list(last.uids)) == ([2], [3])
    assert mailbox.folder(INBOX).total == 3
    assert size < 2000


def test_who_fails_while_writing_does_not_either(mailbox: Mailbox) -> None:
    # More keywords than a message can have: found out when the sets are written.
    many = frozenset(f"k{number}" for number in range(100))
    readies = [
        mailbox.ready(INBOX, [mail("a")]),
        mailbox.ready(INBOX, [NewMail(octets(), keywords=many)]),
        mailbox.ready(INBOX, [mail("b")]),
    ]

    first, refused, last = mailbox.append_together(readies)

    assert isinstance(refused, errors.LimitError)
    assert not isinstance(first, errors.StoreError)
    assert not isinstance(last, errors.StoreError)
    assert list(mailbox.view(INBOX).uids()) == [1, 2]
    assert [*first.uids, *last.uids] == [1, 2]
