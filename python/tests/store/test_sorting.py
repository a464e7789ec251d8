"""Orders of messages, also of more than are sorted at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest

from gromox import mime
from gromox.base.casemap import casemap
from gromox.base.clock import ManualClock
from gromox.mime.envelopetext import AddressField, first_address
from gromox.store.create import create_private
from gromox.store.model import NewMail
from gromox.store.sorting import Criterion, SortKey, order

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from gromox.store.mailbox import Mailbox

INBOX = 0x0D
COUNT = 9000
T = TypeVar("T")


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    path: Path = tmp_path_factory.mktemp("sorting") / "alice"
    with create_private(path, owner="alice@example.test", user_id=1, clock=ManualClock()) as box:
        mails = [
            NewMail(
                b"From: u%d@example.test\r\nSubject: s%d\r\n\r\n" % (n % 7, n % 100), internal_date=n % 11
            )
            for n in range(COUNT)
        ]
        for at in range(0, COUNT, 3000):
            box.append(INBOX, mails[at : at + 3000])
        yield box


def result(steps: Generator[None, None, T]) -> tuple[T, int]:
    count = 0
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value, count
        count += 1


def test_more_than_are_sorted_at_once_are_in_order_and_stable(mailbox: Mailbox) -> None:
    uids = mailbox.view(INBOX).uids().tolist()
    criteria = [Criterion(SortKey.ARRIVAL, reverse=True), Criterion(SortKey.FROM)]
    found, steps = result(mailbox.sort_steps(INBOX, uids, criteria))

    assert found == sorted(uids, key=lambda uid: (-((uid - 1) % 11), (uid - 1) % 7, uid))
    assert steps > 20


def test_a_few_of_many_are_read_alone(mailbox: Mailbox) -> None:
    found, steps = result(
        order(mailbox.file, INBOX, [1, 4000, 9000], [Criterion(SortKey.SUBJECT, reverse=True)])
    )

    assert found == [4000, 9000, 1]
    assert steps == 1


def test_messages_that_are_gone_come_first(mailbox: Mailbox) -> None:
    found, _ = result(order(mailbox.file, INBOX, [1, 99999], [Criterion(SortKey.SUBJECT)]))

    assert found == [99999, 1]


HEADERS = [
    b"From: a@x\r\nTo: b@y, c@z\r\nCc: d@w\r\n",
    b'From: "A \\"quoted\\" name" <a@x>\r\nSender: s@x\r\nReply-To: r@x\r\nTo: Group: b@y, c@z;\r\n',
    b'From: =?utf-8?q?=C3=A4?= <a@x>\r\nSubject: \xc3\xa4 {5}\r\nTo: "very\\\\odd" <b@y>\r\n',
    b"Subject: only\r\n",
    b"Date: Mon, 02 Nov 2026 10:00:00 +0000\r\nTo: \xc3\xbc <raw@x>\r\nCc: undisclosed:;\r\n",
]


@pytest.mark.parametrize("header", HEADERS)
def test_the_first_address_is_that_of_the_envelope(header: bytes) -> None:
    message = mime.scan(header + b"\r\nbody")
    octets = mime.envelope_octets(message)
    envelope = message.envelope()
    lists = [
        envelope.from_, envelope.sender, envelope.reply_to, envelope.to, envelope.cc, envelope.bcc
    ]  # fmt: skip
    for field, addresses in zip(AddressField, lists, strict=True):
        expected = (addresses[0].name, addresses[0].mailbox, addresses[0].host) if addresses else None
        assert first_address(octets, field) == expected


def test_no_text_is_too_short_for_the_reader() -> None:
    octets = mime.envelope_octets(mime.scan(HEADERS[1] + b"\r\n"))
    for end in range(len(octets)):
        for field in AddressField:
            first_address(octets[:end], field)


@pytest.mark.parametrize(
    ("text", "other"),
    [("straße", "STRASSE"), ("É", "e\N{COMBINING ACUTE ACCENT}"), ("abc", "ABC")],
)
def test_unicode_casemap(text: str, other: str) -> None:
    # RFC 5051 keeps the sharp s as it is: it has no title case of one character.
    assert (casemap(text) == casemap(other)) == (text != "straße")
