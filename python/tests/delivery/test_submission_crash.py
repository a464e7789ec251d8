"""Kill who submits and who delivers anywhere: what was acknowledged is sent, and nothing is sent twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import gromox
from gromox.mapi import tags
from gromox.mapi.folderids import Private
from gromox.store.rule.deferred import server_eid
from gromox.store.session import Actor, StoreSession
from tests.delivery.test_submission import letter

if TYPE_CHECKING:
    from gromox.mapi.propvalue import PropValue
    from tests.support.house import House

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(gromox.__file__).parent.parent)}
ALICE, OUTSIDE = "alice@example.test", "dora@example.com"
OUT, SENT = int(Private.OUTBOX), int(Private.SENT_ITEMS)
#: Forks a child for each deadline given, which kills itself at that passage of one of the places that matter;
#: 0 is a child that lives. A child submits what is left among the drafts, or delivers; the other system notes
#: in a file what it takes.
PROGRAM = """
import os, signal, sys
from pathlib import Path
from gromox.base.settings import Settings
from gromox.daemons.post_office import AgendaAlarm, DirectoryBook
from gromox.delivery import pickup, services, spool, worker
from gromox.delivery.relay import Handed
from gromox.delivery.settings import PROGRAM
from gromox.directory import Directory
from gromox.directory.resolve import Resolver
from gromox.store import mailbox, mailbox_file
from gromox.store.pool import MailboxPool
from gromox.store.session import Actor, StoreSession
from gromox.store.submission.post import NoAlarm, PostOffice

root, job, left = Path(sys.argv[1]), sys.argv[2], [0]

def die():
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)

def deadly(owner, name):
    original = getattr(owner, name)
    def passing(*args, **kwargs):
        die()
        result = original(*args, **kwargs)
        die()
        return result
    setattr(owner, name, passing)

class Outside:
    def hand_over(self, sender, recipients, mail):
        subject = mail.split(b"\\r\\nSubject: ")[1].split(b"\\r\\n")[0].decode()
        with (root / "taken").open("a") as file:
            file.write(subject + "\\n")
        return Handed({})

directory = Directory.connect(f"sqlite:///{root}/users.sqlite3")
resolver = Resolver(directory)

def submit():
    deadly(pickup.Pickup, "leave_word")
    deadly(mailbox_file.Write, "__exit__")
    deadly(mailbox.Mailbox, "sync")
    post = PostOffice(DirectoryBook(resolver, "mail.example.test"), pickup.Pickup(root / "queue"), NoAlarm())
    with mailbox.Mailbox.open(root / "alice") as opened:
        session = StoreSession.of(opened, Actor("alice@example.test"), post)
        for mid in session.folder_messages(12):
            session.submit(mid)
            opened.sync()

def deliver():
    for name in ("claim_outgoing", "forget_outgoing", "sync"):
        deadly(mailbox.Mailbox, name)
    deadly(spool.Spool, "sync")
    deadly(pickup.Words, "done")
    deadly(pickup.Words, "take")
    queue = spool.Spool(root / "queue")
    made = services.DeliveryServices(
        queue, resolver, MailboxPool, Settings.of(PROGRAM), "mail.example.test", relay=Outside()
    )
    delivery = worker.DeliveryWorker(made)
    while delivery.run_once(4) or list((root / "queue" / "mess").iterdir()):
        pass
    delivery.close()

for deadline in map(int, sys.argv[3:]):
    left[0] = deadline
    if not os.fork():
        submit() if job == "submit" else deliver()
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
"""


def run(house: House, job: str, deadlines: list[int]) -> list[int]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(house.root), job, *map(str, deadlines)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    ends = [int(word) for word in done.stdout.split()]
    assert set(ends) <= {0, -signal.SIGKILL}, done.stderr
    assert len(ends) == len(deadlines), done.stderr
    return ends


def write(house: House, count: int) -> None:
    with house.mailbox("alice") as mailbox:
        session = StoreSession.of(mailbox, Actor(ALICE))
        for number in range(count):
            values: dict[int, PropValue] = {
                tags.PidTagSubject: f"s{number}",
                tags.PidTagSentMailSvrEID: server_eid(SENT, 0),
            }
            session.create_message(OUT, letter(OUTSIDE, values=values))
        mailbox.sync()


def taken(house: House) -> Counter[str]:
    path = house.root / "taken"
    return Counter(path.read_text().split()) if path.exists() else Counter()


def folders(house: House) -> tuple[int, int]:
    """Return how many messages wait and how many were sent."""
    with house.mailbox("alice") as mailbox:
        session = StoreSession.of(mailbox, Actor(ALICE))
        assert mailbox.check() == []
        return len(session.folder_messages(OUT)), len(session.folder_messages(SENT))


def test_who_submits_is_killed_anywhere(house: House) -> None:
    write(house, 7)
    ends = run(house, "submit", [*range(1, 9), 0])
    assert ends.count(-signal.SIGKILL) == 8
    assert folders(house) == (0, 7)
    run(house, "deliver", [0])
    assert taken(house) == Counter({f"s{number}": 1 for number in range(7)})


@pytest.mark.parametrize("first", [1, 2])
def test_who_delivers_is_killed_anywhere(house: House, first: int) -> None:
    write(house, 3)
    assert run(house, "submit", [0]) == [0]
    ends = run(house, "deliver", [*range(first, 14, 2), 0])
    assert ends.count(-signal.SIGKILL) >= 4
    assert taken(house) == Counter({f"s{number}": 1 for number in range(3)})
    with house.mailbox("alice") as mailbox:
        assert mailbox.outgoing() == []
        assert mailbox.check() == []


@pytest.mark.slow
def test_killed_between_submission_and_delivery_it_is_sent_later(house: House) -> None:
    """The word is there before the commit: who looks in between loses nothing."""
    write(house, 1)
    # before and after leave_word, before the commit: killed there
    assert run(house, "submit", [3]) == [-signal.SIGKILL]
    run(house, "deliver", [0])
    assert taken(house) == Counter()
    assert folders(house) == (1, 0)
    # after the commit
    assert run(house, "submit", [4]) == [-signal.SIGKILL]
    assert folders(house) == (0, 1)
    run(house, "deliver", [0])
    assert taken(house) == Counter({"s0": 1})
