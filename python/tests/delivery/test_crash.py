"""Kill the delivery anywhere: every mail is in its mailbox exactly once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import gromox
from gromox.delivery.queue import entries
from gromox.store.builtin import INBOX

if TYPE_CHECKING:
    from tests.support.house import House
    from tests.support.outside import NewWorker

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(gromox.__file__).parent.parent)}
#: Forks children that deliver and kill themselves at the n-th passage of one of the places that matter, for
#: each n given; at the end one that lives.
WORKER = """
import os, random, signal, sys
from pathlib import Path
from gromox.base.settings import Settings
from gromox.delivery import queue, services, spool, worker
from gromox.delivery.settings import PROGRAM
from gromox.directory import Directory
from gromox.directory.resolve import Resolver
from gromox.store import mailbox
from gromox.store.pool import MailboxPool

root, left = Path(sys.argv[1]), [0]

def deadly(owner, name):
    original = getattr(owner, name)
    def passing(*args, **kwargs):
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(owner, name, passing)

deadly(mailbox.Mailbox, "deliver_many")
deadly(mailbox.Mailbox, "sync")
for name in ("mark", "note", "move", "remove"):
    deadly(queue.Item, name)
deadly(spool.Spool, "sync")

def deliver():
    directory = Directory.connect(f"sqlite:///{root}/users.sqlite3")
    queue_ = spool.Spool(root / "queue")
    services_ = services.DeliveryServices(
        queue_, Resolver(directory), MailboxPool, Settings.of(PROGRAM), "mail.example.test"
    )
    delivery = worker.DeliveryWorker(services_)
    while delivery.run_once(4):
        pass
    delivery.close()

ends = []
for deadline in map(int, sys.argv[2:]):
    left[0] = deadline
    if not os.fork():
        deliver()
        os._exit(0)
    ends.append(os.waitstatus_to_exitcode(os.wait()[1]))
print(*ends, flush=True)
"""


def run(house: House, deadlines: list[int]) -> list[int]:
    """Deliver until each of the deadlines in turn; 0 is none. Return how the processes ended."""
    done = subprocess.run(
        [sys.executable, "-c", WORKER, str(house.root), *map(str, deadlines)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    ends = [int(word) for word in done.stdout.split()]
    assert set(ends) <= {0, -signal.SIGKILL}, done.stderr
    return ends


def subjects(house: House, name: str) -> Counter[bytes]:
    with house.mailbox(name) as mailbox:
        view = mailbox.view(INBOX)
        mails = [mailbox.content(INBOX, uid).octets() for uid in view.uids()]
    return Counter(mail.split(b"\r\nSubject: ")[1].split(b"\r\n")[0] for mail in mails)


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_anywhere_each_mail_is_delivered_once(house: House, seed: int) -> None:
    source = random.Random(seed)  # noqa: S311 - repeatable by intent
    for number in range(40):
        recipients = ["alice@example.test", "team@example.test", "erin@example.test", "nobody@example.test"]
        draft = house.spool.begin(sender="bob@example.test", recipients=source.sample(recipients, 3))
        draft.write(b"From: x\r\nSubject: %d\r\n\r\n" % number)
        draft.finish()
    house.spool.sync()
    expected = {
        name: {
            b"%d" % number
            for number, entry in enumerate(sorted(entries(house.spool.path), key=lambda e: e.mail_id))
            if wanted & set(entry.envelope.pending)
        }
        for name, wanted in (
            ("alice", {"alice@example.test", "team@example.test"}),
            ("erin", {"erin@example.test"}),
        )
    }
    sizes = {name: len(each) for name, each in expected.items()}

    ends = run(house, [*(source.randrange(3, 60) for _ in range(25)), 0])
    assert ends.count(-signal.SIGKILL) >= 15
    assert ends[-1] == 0
    for name, size in sizes.items():
        found = subjects(house, name)
        assert len(found) == size
        assert set(found.values()) == {1}
    with house.mailbox("bob") as mailbox:
        octets = [mailbox.content(INBOX, uid).octets() for uid in mailbox.view(INBOX).uids()]
    assert any(b"multipart/report" in mail for mail in octets)
    left = Counter(entry.queue for entry in entries(house.spool.path))
    assert set(left) <= {"save"}, "what nobody was told of is kept, nothing else"


def test_a_mail_whose_mailbox_was_synced_is_only_forgotten(house: House, new_worker: NewWorker) -> None:
    """Killed between the commit and the removal: the next worker removes, and delivers nothing."""
    draft = house.spool.begin(sender="", recipients=["alice@example.test"])
    draft.write(b"From: x\r\nSubject: 1\r\n\r\n")
    draft.finish()
    house.spool.sync()
    # deliver, deliver done, sync, sync done, remove: killed there
    assert run(house, [5]) == [-signal.SIGKILL]
    assert len(list((house.spool.path / "mess").iterdir())) == 1
    assert subjects(house, "alice") == Counter({b"1": 1})

    assert new_worker().run_once() == 1
    assert subjects(house, "alice") == Counter({b"1": 1})
    assert list((house.spool.path / "mess").iterdir()) == []
