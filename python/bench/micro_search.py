"""What search folders and the full-text index cost, and what they save.

    cd python && ../.venv/bin/python bench/micro_search.py [messages]

Search folders: each delivered mail with none, one and ten of them (unread mail from somebody). The
index: its cost a message, off the way of mail, and IMAP SEARCH BODY before and after.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from gromox import mime
from gromox.mapi import tags
from gromox.mapi.restriction import And, Content, FuzzyHigh, FuzzyLow, Property, RelOp
from gromox.store import hierarchy
from gromox.store.builtin import FolderKind
from gromox.store.create import create_private
from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.match.criteria import SearchFlag
from gromox.store.match.populate import populate
from gromox.store.model import NewMail
from gromox.store.search import Body
from gromox.store.session import Actor, StoreSession
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.store.mailbox import Mailbox

OWNER = "alice@example.test"
INBOX, FINDER, SENT = 13, 5, 10
WORDS = ("project", "meeting", "invoice", "holiday", "server", "release", "budget", "garden", "review")
DELIVERIES = 300


def sample(number: int, source: random.Random) -> NewMail:
    """Return a mail of some 2 kB."""
    body = "\r\n".join(" ".join(source.choices(WORDS, k=9)) for _ in range(30))
    octets = (
        f"From: Person {number % 100} <person{number % 100}@example.net>\r\nTo: Alice <{OWNER}>\r\n"
        f"Subject: {' '.join(source.choices(WORDS, k=4))} {number}\r\n\r\n{body}\r\nnumber {number}\r\n"
    ).encode()
    return NewMail(octets, scanned=mime.scan(octets))


def say(name: str, seconds: float, count: int = 1) -> None:
    """Print one figure."""
    each = f"{seconds / count * 1e6:9.1f} us each" if count > 1 else ""
    print(f"{name:52s} {seconds * 1e3:10.2f} ms {each}", flush=True)


def timed(run: Callable[[], object]) -> float:
    """Return the seconds of one run."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def deliver(mailbox: Mailbox, mails: list[NewMail], name: str) -> None:
    """Time deliveries one by one, the median of three runs."""
    runs = []
    for run in range(3):
        tokens = [f"{name}{run}{number}" for number in range(len(mails))]
        start = time.perf_counter()
        for mail, token in zip(mails, tokens, strict=True):
            mailbox.deliver(mail, token=token)
        runs.append(time.perf_counter() - start)
    say(f"deliver {len(mails)}, {name}", statistics.median(runs), len(mails))


def measure(mailbox: Mailbox, count: int) -> None:
    """Fill a mailbox and time searches."""
    source = random.Random(1)  # noqa: S311 - repeatable
    session = StoreSession.of(mailbox, Actor(OWNER))
    mails = [sample(n, source) for n in range(DELIVERIES)]
    deliver(mailbox, mails, "no search folders")

    def search(number: int) -> int:
        folder_id = hierarchy.create(
            mailbox.file, FINDER, f"search {number}", container_class="", kind=FolderKind.SEARCH
        ).folder_id
        sender = Content(
            *(tags.PidTagSentRepresentingSmtpAddress,) * 2,
            f"person{number}",
            FuzzyLow.SUBSTRING,
            FuzzyHigh.IGNORE_CASE,
        )
        unread = Property(RelOp.EQUAL, tags.PidTagRead, tags.PidTagRead, value=False)
        recent = Property(RelOp.GREATER_THAN, *(tags.PidTagMessageDeliveryTime,) * 2, 0)
        restriction = And((unread, recent, sender))
        session.set_search_criteria(folder_id, restriction, (INBOX,), SearchFlag.BACKGROUND)
        return folder_id

    search(0)
    while populate(mailbox.file):
        pass
    deliver(mailbox, mails, "one search folder")
    for number in range(1, 10):
        search(number)
    while populate(mailbox.file):
        pass
    deliver(mailbox, mails, "ten search folders")
    flags = [FlagChange(operation, Flag.SEEN) for operation in (FlagOperation.ADD, FlagOperation.REMOVE)]
    uids = mailbox.view(INBOX).uids()[:100]
    say(
        "set one flag, ten search folders",
        timed(lambda: [mailbox.set_flags(INBOX, UidSet.of([uid]), flags[0]) for uid in uids]),
        len(uids),
    )
    for at in range(0, count, 500):
        mailbox.append(SENT, [sample(at + i, source) for i in range(500)])
    folder_id = search(11)
    session.set_search_criteria(folder_id, None, (SENT,), SearchFlag.BACKGROUND)
    say(f"fill a search folder from {count}", timed(lambda: populate(mailbox.file)))
    say(
        f"search BODY in {count}, without the index", timed(lambda: mailbox.search(SENT, Body("number 7777")))
    )

    def index() -> None:
        while mailbox.keep_derived():
            pass

    say(f"index {count}", timed(index), count)
    say(f"search BODY in {count}, with it", timed(lambda: mailbox.search(SENT, Body("number 7777"))))
    say("the same, absent", timed(lambda: mailbox.search(SENT, Body("absent needle"))))
    size = mailbox.file.database_path.stat().st_size
    (octets,) = mailbox.file.execute("SELECT sum(length(block)) FROM text_index_data").fetchone()
    print(f"index of {octets / 1e6:.1f} MB in a database of {size / 1e6:.1f} MB")
    print("problems:", mailbox.check())


def main() -> None:
    """Run in a temporary directory."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("messages", nargs="?", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path(__file__).resolve().parents[1]) as directory:
        mailbox = create_private(Path(directory) / "mailbox", owner=OWNER, user_id=1)
        measure(mailbox, options.messages)
        mailbox.close()


if __name__ == "__main__":
    main()
