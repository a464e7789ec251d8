"""What the operations of the store cost, without any protocol around them.

    cd python && ../.venv/bin/python bench/micro_store.py [messages]

Prints one line a figure. What to expect: SELECT cold of 20,000 messages in a few milliseconds, 1000 ENVELOPEs
in 3 ms, one flag in 60 us, STORE 1:* of 20,000 in 2 ms, an append of 10 kB in 150 us without its scan.
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
from gromox.store.create import create_private
from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.mailbox import Mailbox
from gromox.store.model import Columns, NewMail
from gromox.store.search import Body, Field, Flagged, Header, TextIn
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from collections.abc import Callable

INBOX = 13
WORDS = (
    "project",
    "meeting",
    "invoice",
    "holiday",
    "server",
    "release",
    "budget",
    "garden",
    "review",
    "lunch",
)


def sample(number: int, size: int, source: random.Random) -> bytes:
    """Return a mail of about ``size`` octets."""
    subject = " ".join(source.choices(WORDS, k=5))
    head = (
        f"Received: from mx{number % 7}.example.net (mx.example.net [192.0.2.{number % 250}])\r\n"
        f"\tby mail.example.test with ESMTPS id {number:08x};\r\n"
        f"\tMon, 5 Jan 2026 10:{number % 60:02d}:00 +0000\r\n"
        f"Date: Mon, 5 Jan 2026 10:{number % 60:02d}:{number % 59:02d} +0100\r\n"
        f"From: Person {number % 100} <person{number % 100}@example.net>\r\n"
        f"To: Alice <alice@example.test>, Bob <bob@example.test>\r\nCc: team@example.test\r\n"
        f"Subject: Re: {subject} {number}\r\n"
        f"Message-ID: <{number:x}.{source.getrandbits(64):x}@example.net>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\n"
    ).encode()
    lines = []
    left = size - len(head)
    while left > 0:
        line = " ".join(source.choices(WORDS, k=9)).encode() + b"\r\n"
        lines.append(line)
        left -= len(line)
    return head + b"".join(lines)


def best(run: Callable[[], object], times: int = 5) -> float:
    """Return the median of a few runs in seconds."""
    figures = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        figures.append(time.perf_counter() - start)
    return statistics.median(figures)


def say(name: str, seconds: float, count: int = 1) -> None:
    """Print one figure."""
    each = f"{seconds / count * 1e6:9.1f} us each" if count > 1 else ""
    print(f"{name:44s} {seconds * 1e3:10.3f} ms {each}", flush=True)


def measure(path: Path, count: int) -> None:  # noqa: PLR0915 - one figure after the other
    """Fill a mailbox and time what clients do with it."""
    source = random.Random(1)  # noqa: S311 - repeatable
    mails = [NewMail(sample(i, 10_000, source)) for i in range(500)]
    say("mime.scan, 10 kB", best(lambda: [mime.scan(mail.octets) for mail in mails]), 500)
    mailbox = create_private(path, owner="alice@example.test", user_id=1)
    folder = mailbox.create_folder(9, "appended").folder_id
    say("append 500 x 10 kB, one transaction", best(lambda: mailbox.append(folder, mails), 3), 500)
    fresh = iter([[NewMail(mail.octets, scanned=mime.scan(mail.octets)) for mail in mails] for _ in range(3)])
    say("the same, scanned before", best(lambda: mailbox.append(folder, next(fresh)), 3), 500)
    single = mailbox.create_folder(9, "single").folder_id
    say(
        "append 200 x 10 kB, one by one, no sync",
        best(lambda: [mailbox.append(single, [m]) for m in mails[:200]], 3),
        200,
    )
    say(
        "deliver 200 x 10 kB, one by one, no sync",
        best(
            lambda: [
                mailbox.deliver(m, folder_id=single, token=str(time.perf_counter())) for m in mails[:200]
            ],
            3,
        ),
        200,
    )
    say(
        "append + sync, one by one",
        best(lambda: [(mailbox.append(single, [m]), mailbox.sync()) for m in mails[:50]], 3),
        50,
    )
    for at in range(0, count, 500):
        mailbox.append(INBOX, [NewMail(sample(at + i, 2000, source)) for i in range(500)])
    mailbox.sync()
    mailbox.checkpoint()

    def cold() -> None:
        with Mailbox.open(path) as other:
            start = time.perf_counter()
            view = other.view(INBOX)
            _ = view.total, view.unseen, view.unseen_first, view.keyword_names
            nonlocal spent
            spent = time.perf_counter() - start

    spent = 0.0
    say("open and close (another has it open)", best(lambda: Mailbox.open(path).close()))
    cold()
    say(f"view of {count}, cold", spent)
    say("view, warm", best(lambda: [mailbox.view(INBOX) for _ in range(1000)]), 1000)
    view = mailbox.view(INBOX)
    starts = iter(range(1, 10**9, 10**6))

    def lines() -> None:
        start = next(starts)  # another number each time, or the answer is at hand
        for first_seq, block in zip(view.first_seqs, view.blocks, strict=False):
            block.flag_lines(start + first_seq)

    say(f"flag lines of {count}, cold", best(lines))
    uids = view.uids()[1000:2000]
    for name, columns in (
        ("SIZE INTERNALDATE", Columns.SIZE | Columns.INTERNAL_DATE),
        ("ENVELOPE", Columns.ENVELOPE),
        ("BODYSTRUCTURE", Columns.BODYSTRUCTURE),
        ("ENVELOPE BODYSTRUCTURE", Columns.ENVELOPE | Columns.BODYSTRUCTURE),
        ("HEADER", Columns.HEADER),
    ):
        say(
            f"fetch 1000 {name}",
            best(lambda columns=columns: list(mailbox.fetch(INBOX, uids, columns))),
            1000,
        )
    say(
        "content of 1000, one by one",
        best(lambda: [mailbox.content(INBOX, uid).octets() for uid in uids]),
        1000,
    )
    add, remove = (FlagChange(op, Flag.FLAGGED) for op in (FlagOperation.ADD, FlagOperation.REMOVE))
    several = [UidSet.of([uid]) for uid in uids[:200]]
    say("set one flag (block uniform before)", best(lambda: mailbox.set_flags(INBOX, several[0], add), 1))
    say(
        "set one flag, 200 times",
        best(lambda: [mailbox.set_flags(INBOX, one, add) for one in several], 1),
        200,
    )
    say(
        "set one flag and view",
        best(lambda: [(mailbox.set_flags(INBOX, one, remove), mailbox.view(INBOX)) for one in several], 1),
        200,
    )
    old = mailbox.view(INBOX)
    mailbox.set_flags(INBOX, several[3], add)
    new = mailbox.view(INBOX)
    start = time.perf_counter()
    new.changes_from(old)
    say("diff after one flag", time.perf_counter() - start)
    everything = UidSet.everything()
    flip = iter([add, remove] * 9)
    say(f"set flag on all {count}", best(lambda: mailbox.set_flags(INBOX, everything, next(flip))))
    label = FlagChange(FlagOperation.ADD, keywords=frozenset({"Label"}))
    say(f"set keyword on all {count}", best(lambda: mailbox.set_flags(INBOX, everything, label), 1))
    say("search FLAGGED", best(lambda: mailbox.search(INBOX, Flagged(2, 2))))
    say("search UNSEEN (all)", best(lambda: mailbox.search(INBOX, Flagged(8, 0))))
    say("search SUBJECT", best(lambda: mailbox.search(INBOX, TextIn(Field.SUBJECT, "holiday 77"))))
    say("search HEADER Message-ID", best(lambda: mailbox.search(INBOX, Header("message-id", "<77.")), 3))
    say("search BODY (absent)", best(lambda: mailbox.search(INBOX, Body("absent needle")), 1))
    target = mailbox.create_folder(9, "target").folder_id
    thousand = UidSet.of(uids)
    say("copy 1000", best(lambda: mailbox.copy(INBOX, thousand, target), 3), 1000)
    say("move 1000", best(lambda: mailbox.move(INBOX, thousand, target), 1), 1000)
    say("delete 1000", best(lambda: mailbox.delete_messages(target, UidSet([(1, 1000)])), 1), 1000)
    say("purge 1000", best(lambda: mailbox.purge_softdeleted(before=time.time() + 9), 1), 1000)
    say("check", best(mailbox.check, 1))
    problems = mailbox.check()
    print("problems:", problems)
    mailbox.close()


def main() -> None:
    """Run in a temporary directory."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("messages", nargs="?", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path(__file__).resolve().parents[1]) as directory:
        measure(Path(directory) / "mailbox", options.messages)


if __name__ == "__main__":
    main()
