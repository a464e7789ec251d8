"""Lists that are asked for again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.pop3.listings import Key, Listings
from gromox.pop3.maildrop import STEP, Maildrop
from gromox.store.builtin import INBOX
from gromox.store.model import NewMail
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from tests.support.house import House


def key(first: int) -> Key:
    return "LIST", "box", first, bytes(1000)


def test_what_was_not_asked_for_longest_is_forgotten() -> None:
    listings = Listings(10_000)
    made: list[int] = []

    def ask(first: int) -> bytes:
        def make() -> bytes:
            made.append(first)
            return b"%d" % first + bytes(1000)

        return listings.lines(key(first), make)

    for first in (1, 2, 3, 4, 1, 5, 1):
        assert ask(first).startswith(b"%d\0" % first)
        assert listings.octets <= 10_000
    assert made == [1, 2, 3, 4, 5]
    for first in (6, 1, 2):
        ask(first)
    assert made == [1, 2, 3, 4, 5, 6, 2]
    assert Listings(0).lines(key(1), lambda: b"x") == b"x"


def test_lists_are_the_same_whether_remembered_or_not(house: House) -> None:
    with house.mailbox("alice") as mailbox:
        octets = [b"Subject: %d\r\n\r\n%b\r\n" % (number, b"x" * number) for number in range(STEP)]
        mailbox.append(INBOX, [NewMail(one) for one in octets])
        listings = Listings()

        def lists(maildrop: Maildrop) -> tuple[bytes, bytes]:
            return b"".join(maildrop.scan_listing()), b"".join(maildrop.unique_id_listing())

        def plain(maildrop: Maildrop) -> tuple[bytes, bytes]:
            numbers = [number for number in range(1, len(maildrop) + 1) if maildrop.has(number)]
            scans = [f"{number} {maildrop.size(number)}\r\n".encode() for number in numbers]
            names = [f"{number} {maildrop.unique_id(number)}\r\n".encode() for number in numbers]
            return b"".join(scans), b"".join(names)

        first = Maildrop(mailbox, listings)
        expected = plain(first)
        assert len(expected[0].splitlines()) == STEP + 3
        assert lists(first) == expected
        kept = listings.octets
        again = Maildrop(mailbox, listings)
        assert lists(again) == expected
        assert listings.octets == kept

        again.delete(1)
        again.delete(STEP + 2)
        assert lists(again) == plain(again)
        again.reset()
        assert lists(again) == expected

        mailbox.delete_messages(INBOX, UidSet([(2, 2), (500, 510)]))
        mailbox.append(INBOX, [NewMail(b"Subject: new\r\n\r\n")])
        later = Maildrop(mailbox, listings)
        assert lists(later) == plain(later) != expected
        assert lists(first) == expected


def test_numbered_sizes_know_of_gaps(house: House) -> None:
    with house.mailbox("alice") as mailbox:
        uids = mailbox.view(INBOX).uids()
        lines = mailbox.numbered_sizes(INBOX, uids, 7)
        assert lines is not None
        assert [line.split(b" ")[0] for line in lines.splitlines()] == [b"7", b"8", b"9"]
        mailbox.delete_messages(INBOX, UidSet([(2, 2)]))
        assert mailbox.numbered_sizes(INBOX, mailbox.view(INBOX).uids(), 1) is None
        assert mailbox.numbered_sizes(INBOX, uids, 7) == lines  # for who has not heard of it
