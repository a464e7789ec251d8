"""Each daemon as a program of its own; they meet in files and in gromox-event."""

from __future__ import annotations

import imaplib
import smtplib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gromox.daemons.embedded import Embedded
from tests.support.daemons import Daemons
from tests.support.mail import mail, unique
from tests.support.server import HOST, PATIENCE, eventually
from tests.system.conftest import ALICE


#: Seconds; on an idle machine it is some milliseconds.
WAIT_LIMIT = 10.0


@pytest.fixture
def daemons(home: Path) -> Iterator[Daemons]:
    made = Daemons(home)
    made.create()
    yield made
    made.stop()
    assert "traceback" not in made.log().lower()


def login(daemons: Daemons) -> imaplib.IMAP4:
    password = next(one.password for one in Embedded(daemons.home).credentials() if one.user == ALICE)
    connection = imaplib.IMAP4(HOST, daemons.imap_port, timeout=PATIENCE)
    connection.login(ALICE, password.reveal())
    return connection


def send(daemons: Daemons, subject: str) -> None:
    with smtplib.LMTP(HOST, daemons.lmtp_port, timeout=PATIENCE) as lmtp:
        lmtp.sendmail("test@example.test", [ALICE], mail(subject))


def test_idle_in_one_process_hears_a_delivery_by_another(
    daemons: Daemons, measured: Callable[[str], None]
) -> None:
    daemons.start("event", "imap", "delivery", "delivery_queue")
    connection = login(daemons)
    connection.select()
    connection.send(b"x IDLE\r\n")
    assert connection.readline().startswith(b"+")

    waits = []
    for number in range(5):
        begun = time.perf_counter()
        send(daemons, unique("event"))
        while f"* {number + 1} EXISTS".encode() not in connection.readline():
            pass
        waits.append(time.perf_counter() - begun)
    measured(f"LMTP in one process to IDLE in another: {min(waits) * 1000:.1f} ms")
    assert min(waits) < WAIT_LIMIT
    connection.send(b"DONE\r\n")
    while not connection.readline().startswith(b"x OK"):
        pass
    connection.logout()


def test_mail_is_seen_without_gromox_event_too(daemons: Daemons) -> None:
    daemons.start("imap", "delivery", "delivery_queue")
    subject = unique("quiet")
    send(daemons, subject)

    with login(daemons) as connection:
        connection.select()

        def has_come() -> bool:
            connection.noop()
            return connection.search(None, "SUBJECT", subject)[1] != [b""]

        eventually(has_come, what="the mail")


@pytest.mark.slow
def test_mail_waits_in_the_queue_for_the_delivery(daemons: Daemons) -> None:
    daemons.start("imap", "delivery_queue")
    subject = unique("waiting")
    send(daemons, subject)
    assert len(list((daemons.home / "queue" / "mess").iterdir())) == 1

    daemons.start("delivery")

    eventually(lambda: not list((daemons.home / "queue" / "mess").iterdir()), what="an empty queue")
    with login(daemons) as connection:
        connection.select()
        assert connection.search(None, "SUBJECT", subject)[1] == [b"1"]
