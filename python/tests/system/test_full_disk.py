"""No room: mail is refused for the moment, and everything goes on once there is room again."""

from __future__ import annotations

import os
import smtplib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.daemons import Daemons
from tests.support.mail import mail, unique
from tests.support.server import HOST, PATIENCE, eventually
from tests.system.conftest import ALICE
from tests.system.test_separate_daemons import login

Mount = Callable[[Path, str], None]


@pytest.fixture
def mount() -> Iterator[Mount]:
    """Put a small file system over a folder; what is in the folder stays visible in it."""
    if os.geteuid() != 0:
        pytest.skip("a small file system can only be mounted by root")
    mounted: list[Path] = []

    def over(folder: Path, size: str) -> None:
        stash = folder.parent / f"{folder.name}-before"
        folder.rename(stash)
        folder.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
            capture_output=True,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"this machine does not let us mount a tmpfs: {done.stderr.decode().strip()}")
        mounted.append(folder)
        subprocess.run(["cp", "-a", f"{stash}/.", str(folder)], check=True)

    yield over
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def enlarge(folder: Path, size: str) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(folder)], check=True)


@pytest.fixture
def daemons(home: Path, mount: Mount) -> Iterator[Daemons]:
    made = Daemons(home)
    made.create()
    yield made
    made.stop()
    assert "traceback" not in made.log().lower()


def send(daemons: Daemons, subject: str, size: int = 0) -> int:
    """Send a mail; return the code of the answer."""
    with smtplib.LMTP(HOST, daemons.lmtp_port, timeout=PATIENCE) as lmtp:
        try:
            lmtp.sendmail("test@example.test", [ALICE], mail(subject, size=size))
        except smtplib.SMTPDataError as error:
            return error.smtp_code
        except smtplib.SMTPSenderRefused as error:
            return error.smtp_code
        except smtplib.SMTPRecipientsRefused as error:
            return next(iter(error.recipients.values()))[0]
    return 250


def count(daemons: Daemons) -> int:
    with login(daemons) as connection:
        return int(connection.select(readonly=True)[1][0] or b"0")


def test_a_full_spool_refuses_for_the_moment_and_recovers(daemons: Daemons, mount: Mount) -> None:
    queue = daemons.home / "queue"
    mount(queue, "1m")
    daemons.start("event", "imap", "delivery_queue")

    answers = [send(daemons, unique("full"), 200_000) for _ in range(8)]
    accepted = answers.count(250)
    assert set(answers) == {250, 452}
    assert answers[-1] == 452

    daemons.start("delivery")
    eventually(lambda: not list((queue / "mess").iterdir()), what="an empty queue")
    eventually(lambda: count(daemons) == accepted, what="all mails that were accepted")
    assert send(daemons, unique("room"), 200_000) == 250
    eventually(lambda: count(daemons) == accepted + 1, what="the mail after the recovery")


@pytest.mark.slow
def test_a_full_mail_store_keeps_mail_in_the_queue_and_recovers(daemons: Daemons, mount: Mount) -> None:
    store = daemons.home / "user"
    mount(store, "5m")
    config = daemons.home / "etc" / "only-delivery.cfg"
    config.write_text(config.read_text() + "cache_scan_interval = 1s\n")
    daemons.start("event", "imap", "delivery", "delivery_queue")

    answers = [send(daemons, unique("full"), 1_000_000) for _ in range(8)]
    assert answers == [250] * 8
    eventually(lambda: list((daemons.home / "queue" / "cache").iterdir()), what="mail that has to wait")
    enlarge(store, "60m")

    eventually(lambda: count(daemons) == 8, limit=60, what="all mails delivered")
