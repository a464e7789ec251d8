"""The intake machine: what reaches the spool, what is promised when, and what happens when things fail."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gromox.delivery.queue import Queue
from gromox.lmtp.core import MAX_LINE
from gromox.lmtp.dotted import encode
from gromox.store.errors import NoSpaceError
from tests.support.mutate import damaged

if TYPE_CHECKING:
    from tests.support.drive import Connect, Dialogue
    from tests.support.house import House

HELLO = b"LHLO client.example.com\r\nMAIL FROM:<bob@example.com>\r\nRCPT TO:<alice@example.test>\r\n"
MAIL = b"Subject: hello\r\n\r\n.text\r\n"


def spooled(house: House) -> list[tuple[tuple[str, ...], bytes]]:
    """Return recipients and octets of the mails in the spool, and remove them."""
    found = []
    for item in Queue(house.spool.path).take(1000):
        octets = item.octets()
        assert octets.startswith(b"Received: from client.example.com ([192.0.2.7])\r\n")
        found.append((item.envelope.pending, octets))
        item.remove()
    return sorted(found)


def hand_in(dialogue: Dialogue, mail: bytes = MAIL) -> bytes:
    """Hand in a mail; return the last answer."""
    return dialogue.ask(HELLO + b"DATA\r\n" + encode(mail)).splitlines()[-1]


def test_the_received_field_tells_the_story(connect: Connect, house: House) -> None:
    hand_in(connect())
    (item,) = Queue(house.spool.path).take(2)
    field, rest = item.octets().split(MAIL)
    assert rest == b""
    assert re.fullmatch(
        r"Received: from client\.example\.com \(\[192\.0\.2\.7\]\)\r\n"
        rf"\tby mail\.example\.test with LMTP id {item.mail_id}\r\n"
        r"\tfor <alice@example\.test>;\r\n"
        r"\tThu, 09 Oct 2025 08:53:20 -0000\r\n",
        field.decode(),
    )
    assert item.envelope.client == "[192.0.2.7] (client.example.com)"
    item.remove()


def test_nobody_gets_a_header_of_the_clients_making(connect: Connect, house: House) -> None:
    connect().ask(
        b"HELO a b\tc<d>\r\nMAIL FROM:<>\r\nRCPT TO:<alice@example.test>\r\nDATA\r\n" + encode(MAIL)
    )
    (item,) = Queue(house.spool.path).take(2)
    assert item.octets().startswith(b"Received: from unknown ([192.0.2.7])\r\n")
    assert item.envelope.sender == ""
    item.remove()


@pytest.mark.parametrize("excess", [0, 1])
@pytest.mark.parametrize("way", ["DATA", "BDAT"])
def test_the_size_limit_is_exact(connect: Connect, house: House, excess: int, way: str) -> None:
    """RFC 1870 section 6: the octets count as they are after the dots are removed."""
    mail = b"." * (2046 + excess) + b"\r\n"
    dialogue = connect(mail_max_length="2k")
    if way == "DATA":
        answer = hand_in(dialogue, mail)
    else:
        chunks = b"BDAT 1000\r\n" + mail[:1000] + b"BDAT %d LAST\r\n" % (len(mail) - 1000) + mail[1000:]
        answer = dialogue.ask(HELLO + chunks).splitlines()[-1]

    assert answer.startswith(b"552 5.3.4" if excess else b"250 2.0.0")
    assert len(spooled(house)) == 1 - excess
    assert dialogue.ask(b"NOOP\r\n") == b"250 2.0.0 OK\r\n"


def test_a_mail_that_goes_round_is_stopped(connect: Connect, house: House) -> None:
    hops = b"".join(b"Received: from a by b; date\r\n" for _ in range(51))
    dialogue = connect()

    assert hand_in(dialogue, hops + b"\r\ntext\r\n").startswith(b"554 5.4.6")
    assert hand_in(connect(), hops[29:] + b"\r\n" + hops).startswith(b"250")
    assert len(spooled(house)) == 1


def test_a_recipient_given_twice_gets_one_mail_and_two_answers(connect: Connect, house: House) -> None:
    rcpt = b"RCPT TO:<alice@example.test>\r\n"
    answers = connect().ask(HELLO + rcpt + rcpt + b"DATA\r\n" + encode(MAIL)).splitlines()

    assert [line[:3] for line in answers[-3:]] == [b"250", b"250", b"250"]
    ((recipients, _),) = spooled(house)
    assert recipients == ("alice@example.test",)


def test_too_many_recipients_are_told_to_come_back(connect: Connect) -> None:
    dialogue = connect(smtp_max_recipients="100")
    dialogue.ask(HELLO)
    answers = dialogue.ask(b"RCPT TO:<alice@example.test>\r\n" * 100).splitlines()

    assert answers[98] == b"250 2.1.5 recipient OK"
    assert answers[99].startswith(b"452 4.5.3")


def test_who_tries_out_names_is_sent_away(connect: Connect) -> None:
    dialogue = connect()
    dialogue.ask(HELLO)
    tries = b"".join(b"RCPT TO:<n%d@example.test>\r\n" % number for number in range(300))
    answers = dialogue.ask(tries).splitlines()

    assert answers[-1].startswith(b"421 4.7.0")
    assert len(answers) == 201
    assert dialogue.closed


def test_without_the_user_database_mail_waits_with_the_sender(connect: Connect, house: House) -> None:
    house.directory.close()
    (house.root / "users.sqlite3").rename(house.root / "gone")
    dialogue = connect()
    dialogue.ask(b"LHLO x\r\nMAIL FROM:<>\r\n")
    assert dialogue.ask(b"RCPT TO:<erin@example.test>\r\n").startswith(b"451 4.4.3")

    house.directory.close()
    (house.root / "gone").rename(house.root / "users.sqlite3")
    assert dialogue.ask(b"RCPT TO:<erin@example.test>\r\n").startswith(b"250")


@pytest.mark.parametrize(
    ("error", "answer"), [(NoSpaceError("full"), b"452 4.3.1"), (OSError("broken"), b"451 4.3.0")]
)
def test_a_failed_sync_takes_back_the_promise_and_nothing_else(
    connect: Connect, house: House, error: Exception, answer: bytes
) -> None:
    failures = [error]
    dialogue = connect(fail_sync=lambda: failures.pop() if failures else None)
    dialogue.ask(HELLO + b"DATA\r\n")
    answers = dialogue.ask(encode(MAIL) + HELLO[25:] + b"DATA\r\n").splitlines()

    assert answers[0].startswith(answer)
    assert [line[:3] for line in answers[1:]] == [b"250", b"250", b"354"]
    assert spooled(house) == []
    assert dialogue.ask(encode(MAIL)).startswith(b"250 2.0.0 OK, spooled")
    assert len(spooled(house)) == 1
    assert not list((house.spool.path / "mess").iterdir())


def test_who_hangs_up_leaves_nothing(connect: Connect, house: House) -> None:
    for size in (100, 1_000_000):
        dialogue = connect()
        dialogue.say(HELLO + b"DATA\r\n" + b"x" * size)
        dialogue.hang_up()
    assert list((house.spool.path / "mess").iterdir()) == []


def test_a_line_without_end_is_not_kept(connect: Connect) -> None:
    dialogue = connect()
    dialogue.read()
    for _ in range(100):
        dialogue.say(b"x" * 10_000)
    assert len(dialogue.core._input) <= 10_000  # type: ignore[attr-defined]
    assert dialogue.read().startswith(b"500 5.5.6")
    assert dialogue.ask(b"\r\nNOOP\r\n") == b"250 2.0.0 OK\r\n"
    assert dialogue.ask(b"NOOP " + b"x" * (MAX_LINE - 6) + b"\r\n") == b"250 2.0.0 OK\r\n"


def test_chunks_may_hold_anything(connect: Connect, house: House) -> None:
    mail = b"Subject: x\r\n\r\n.\r\n\r\n.\r\nbare\nlf"
    answer = connect().ask(HELLO + b"BDAT %d LAST\r\n" % len(mail) + mail).splitlines()[-1]

    assert answer.startswith(b"250")
    ((_, octets),) = spooled(house)
    assert octets.endswith(mail)


TALK = (
    b"EHLO client.example.com\r\nMAIL FROM:<bob@example.com> SIZE=50\r\nRCPT TO:<alice@example.test>\r\n"
    b"RCPT TO:<nobody@example.test>\r\nDATA\r\nSubject: x\r\n\r\n..\r\n.\r\nRSET\r\n"
    b"LHLO client.example.com\r\n"
    b"MAIL FROM:<>\r\nRCPT TO:<bob@example.test>\r\nRCPT TO:<team@example.test>\r\n"
    b"BDAT 8\r\nx\r\n.\r\nyzBDAT 2 LAST\r\n\r\n"
    b"NOOP\r\nVRFY bob\r\nQUIT\r\n"
)


def without_ids(octets: bytes) -> bytes:
    return re.sub(rb"[0-9a-f]{14}-[0-9a-f]{8}", b"ID", octets)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(places=st.lists(st.integers(0, len(TALK)), max_size=12))
def test_however_a_dialogue_is_cut_the_answers_are_the_same(
    connect: Connect, house: House, places: list[int]
) -> None:
    whole = connect().ask(TALK)
    mails = spooled(house)
    dialogue = connect()
    edges = [0, *sorted(places), len(TALK)]
    for start, end in pairwise(edges):
        dialogue.say(TALK[start:end])

    assert without_ids(dialogue.read()) == without_ids(whole)
    assert [recipients for recipients, _ in spooled(house)] == [recipients for recipients, _ in mails]


WORDS = (b"BDAT 99 LAST\r\n", b"DATA\r\n", b"MAIL FROM:<", b"RCPT TO:<>", b"BDAT 9999999999\r\n", b"x" * 3000)


@pytest.mark.slow
def test_no_damaged_dialogue_breaks_the_machine(connect: Connect, house: House) -> None:
    mess = house.spool.path / "mess"
    for number, pieces in enumerate(damaged(TALK, WORDS, seed=2033, count=3_000)):
        dialogue = connect()
        for piece in pieces:
            dialogue.say(piece)
        assert re.fullmatch(rb"([2345]\d\d[ -][ -~]*\r\n)+", dialogue.read())
        dialogue.hang_up()
        if number % 100 == 0:
            for path in mess.iterdir():
                path.unlink()
    assert not [path for path in mess.iterdir() if path.name.startswith(".")]


def test_patience_is_a_setting(connect: Connect) -> None:
    assert connect().core.timeout == 180.0
    assert connect(smtp_conn_timeout="10s").core.timeout == 10.0


def test_the_guard_against_loops_is_a_setting(connect: Connect, house: House) -> None:
    mail = b"Received: from a by b; Mon, 2 Nov 2026 10:00:00 +0000\r\n" * 11 + b"Subject: x\r\n\r\n"
    talk = b"LHLO c\r\nMAIL FROM:<x@example.net>\r\nRCPT TO:<alice@example.test>\r\nDATA\r\n"
    for most, code in (("10", b"554"), ("11", b"250")):
        dialogue = connect(smtp_max_received=most)
        dialogue.ask(talk)
        assert dialogue.ask(mail + b".\r\n").startswith(code)


def test_received_names_who_stands_behind_a_trusted_client(house: House, connect: Connect) -> None:
    dialogue = connect(lda_trusted_hosts="192.0.2.7")
    dialogue.say(
        b"LHLO proxy\r\nXCLIENT ADDR=IPV6:2001:db8::3\r\nLHLO client.example.com\r\n"
        b"MAIL FROM:<bob@example.com>\r\n"
    )
    dialogue.say(b"RCPT TO:<alice@example.test>\r\nDATA\r\n")
    dialogue.say(b"Subject: x\r\n\r\nx\r\n.\r\n")
    assert dialogue.read().splitlines()[-1].startswith(b"250 ")
    mails = [file.read_bytes() for file in house.spool.path.rglob("*") if file.is_file()]
    assert any(b"Received: from client.example.com ([IPv6:2001:db8::3])" in mail for mail in mails)
