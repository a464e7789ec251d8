"""How long POP3 takes for a maildrop of 100,000 messages, and what a session keeps in memory.

    cd python && ../.venv/bin/python bench/micro_pop3.py [messages]

Prints CPU time, and memory by tracemalloc. What to expect: a login in 10 ms, or 1 ms once somebody looked at
the folder; LIST in 100 ms and UIDL in 30 ms, in steps; 0.5 MB a session, 0.9 MB with all messages marked;
QUIT removes 1000 messages in 30 to 90 ms.
"""

from __future__ import annotations

import sys
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from gromox.pop3.maildrop import Maildrop
from gromox.store.builtin import INBOX
from gromox.store.create import create_private
from gromox.store.model import NewMail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MESSAGES = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
LETTER = b"From: a@example.test\r\nSubject: %d\r\nMessage-ID: <%d@example.test>\r\n\r\nbody %d\r\n"


def measure(what: str, work: Callable[[], object]) -> None:
    """Print what something costs."""
    begun = time.process_time()
    work()
    print(f"{what:40} {1000 * (time.process_time() - begun):10.1f} ms")


def longest(steps: Iterable[object]) -> float:
    """Return the CPU time of the step that took most."""
    most, begun = 0.0, time.process_time()
    for _ in steps:
        now = time.process_time()
        most, begun = max(most, now - begun), now
    return most


def main() -> None:
    """Make a mailbox and ask POP3 about it."""
    with (
        tempfile.TemporaryDirectory(prefix="micro-pop3-") as name,
        create_private(Path(name) / "a", owner="a@example.test", user_id=1) as mailbox,
    ):
        for first in range(0, MESSAGES, 1000):
            numbers = range(first, min(first + 1000, MESSAGES))
            mailbox.append(INBOX, [NewMail(LETTER % (number, number, number)) for number in numbers])
        measure("log in, the mailbox not looked at yet", lambda: Maildrop(mailbox))
        measure("log in", lambda: Maildrop(mailbox))
        maildrop = Maildrop(mailbox)
        measure("STAT", maildrop.totals)
        measure("LIST", lambda: sum(map(len, maildrop.scan_listing())))
        measure("UIDL", lambda: sum(map(len, maildrop.unique_id_listing())))
        tracemalloc.start()
        session = Maildrop(mailbox)
        print(f"{'kept by a session':40} {tracemalloc.get_traced_memory()[0] / 1024:10.0f} KiB")
        for number in range(1, MESSAGES + 1):
            session.delete(number)
        print(f"{'with all messages marked':40} {tracemalloc.get_traced_memory()[0] / 1024:10.0f} KiB")
        tracemalloc.stop()
        measure("STAT, all marked", session.totals)
        begun = time.process_time()
        print(f"{'QUIT, longest step':40} {1000 * longest(session.remove_marked()):10.1f} ms")
        print(f"{'QUIT':40} {1000 * (time.process_time() - begun):10.1f} ms")


if __name__ == "__main__":
    main()
