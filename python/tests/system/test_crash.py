"""Daemons are killed at random while mail comes in: nothing acknowledged is lost, nothing is there twice."""

from __future__ import annotations

import imaplib
import random
import re
import smtplib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gromox.daemons.embedded import Embedded
from tests.support.daemons import Daemons
from tests.support.mail import mail
from tests.support.server import HOST, PATIENCE, eventually
from tests.system.conftest import ALICE, BOB

MAILS = 2000
CONNECTIONS = 10
KILLS = 24
VICTIMS = ("delivery_queue", "delivery", "imap")


class Sender:
    """One connection after the other that sends mails, each attempt under a name of its own."""

    def __init__(self, daemons: Daemons, number: int, progress: Callable[[], None]) -> None:
        self._daemons, self._number, self._progress = daemons, number, progress
        self.acknowledged: list[str] = []
        self.attempts = 0

    def run(self) -> None:
        wanted = MAILS // CONNECTIONS
        while len(self.acknowledged) < wanted:
            try:
                self._session(wanted)
            except (OSError, smtplib.SMTPException):
                continue  # killed under us: what had no answer may be there or not

    def _session(self, wanted: int) -> None:
        with smtplib.LMTP(HOST, self._daemons.lmtp_port, timeout=PATIENCE) as lmtp:
            while len(self.acknowledged) < wanted:
                self.attempts += 1
                name = f"crash-{self._number}-{self.attempts}"
                to = ALICE if self.attempts % 2 else BOB
                lmtp.sendmail("test@example.test", [to], mail(name, to=to, size=2000))
                self.acknowledged.append(name)
                self._progress()


@pytest.fixture
def daemons(home: Path) -> Iterator[Daemons]:
    made = Daemons(home)
    made.create()
    yield made
    made.stop()


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_nothing_acknowledged_is_lost_or_doubled(daemons: Daemons, measured: Callable[[str], None]) -> None:
    daemons.start("event", *VICTIMS)
    turn = threading.Condition()
    sent = 0

    def progress() -> None:
        nonlocal sent
        with turn:
            sent += 1
            turn.notify_all()

    senders = [Sender(daemons, number, progress) for number in range(CONNECTIONS)]
    threads = [threading.Thread(target=sender.run, daemon=True) for sender in senders]
    for thread in threads:
        thread.start()

    chance = random.Random(20261122)  # noqa: S311 - the same victims in every run
    kills: Counter[str] = Counter()
    for number in range(KILLS):
        threshold = (number + 1) * MAILS // (KILLS + 2)
        with turn:
            assert turn.wait_for(lambda at=threshold: sent >= at, timeout=300)  # type: ignore[misc]  # bound early
        victim = VICTIMS[number] if number < len(VICTIMS) else chance.choice(VICTIMS)
        daemons.processes[victim].kill()
        kills[victim] += 1
        daemons.start(victim)
    for thread in threads:
        thread.join(300)
        assert not thread.is_alive()

    # What is hidden was never finished, so not acknowledged; it goes after an hour (Queue.recover).
    queue = daemons.home / "queue"
    eventually(
        lambda: not [*(queue / "mess").glob("[!.]*"), *(queue / "cache").glob("[!.]*")],
        limit=300,
        what="an empty queue",
    )
    found = Counter(subjects(daemons, ALICE) + subjects(daemons, BOB))
    acknowledged = [name for sender in senders for name in sender.acknowledged]
    attempts = sum(sender.attempts for sender in senders)
    measured(f"crash: {dict(kills)} killed, {len(acknowledged)} mails acknowledged of {attempts} attempts")

    assert len(acknowledged) >= MAILS
    assert [name for name in acknowledged if not found[name]] == []
    assert [name for name, count in found.items() if count > 1] == []
    assert "traceback" not in daemons.log().lower()


def subjects(daemons: Daemons, user: str) -> list[str]:
    password = next(one.password for one in Embedded(daemons.home).credentials() if one.user == user)
    with imaplib.IMAP4(HOST, daemons.imap_port, timeout=60) as connection:
        connection.login(user, password.reveal())
        connection.select(readonly=True)
        _, rows = connection.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
    text = b"".join(row[1] for row in rows if isinstance(row, tuple)).decode()
    return re.findall(r"Subject: (crash-\S+)", text)
