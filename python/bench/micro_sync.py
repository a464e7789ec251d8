"""What synchronisation costs in a large folder: changes since a state and since a number, and notifications.

    cd python && ../.venv/bin/python bench/micro_sync.py [messages] [changes]

Default: 1,000 changes among 1,000,000 messages; rows are made inside the database. What to expect: figures
that grow with the changes, not with the messages, but for the first download.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from bench.micro_tables import fill
from gromox.store.create import create_private
from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.model import NewMail
from gromox.store.notify.event import EventType
from gromox.store.session import Actor, StoreSession
from gromox.store.sync.content import SyncFlag
from gromox.store.sync.state import SyncState
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from gromox.store.mailbox import Mailbox

    T = TypeVar("T")

OWNER = "alice@example.test"
FLAGS = SyncFlag.NORMAL | SyncFlag.FAI | SyncFlag.READ_STATE


def say(name: str, run: Callable[[], T]) -> T:
    """Print what a step took."""
    start = time.perf_counter()
    result = run()
    print(f"  {name:64s} {(time.perf_counter() - start) * 1e3:10.2f} ms", flush=True)
    return result


def download(session: StoreSession, folder_id: int, state: SyncState) -> SyncState:
    """Take in everything that changed; returns the new state."""
    handle = session.sync_content(folder_id, state, FLAGS)
    while session.sync_messages(handle, 10_000):
        pass
    session.sync_departures(handle)
    session.sync_read_changes(handle)
    found = session.sync_state(handle)
    session.close_handle(handle)
    return found


def measure(mailbox: Mailbox, count: int, changes: int) -> None:
    """Time a client's downloads."""
    session = StoreSession.of(mailbox, Actor(OWNER))
    folder_id = fill(mailbox, count)
    print(f"{count} messages, {changes} changes")
    state = say("first download", lambda: download(session, folder_id, SyncState()))
    number = session.change_number()
    say("nothing changed", lambda: download(session, folder_id, state))
    mails = [NewMail(f"Subject: new {each}\r\n\r\ntext".encode()) for each in range(changes)]
    mailbox.append(folder_id, mails)
    state = say("new messages, by state", lambda: download(session, folder_id, state))
    say("new messages, by number", lambda: session.changes(folder_id, number, 10_000))
    step = max(count // changes, 1)
    scattered = UidSet.of(range(1, count + 1, step))
    number = session.change_number()
    mailbox.set_flags(folder_id, scattered, FlagChange(FlagOperation.ADD, Flag.SEEN))
    say("read states scattered over the folder, by state", lambda: download(session, folder_id, state))
    say(
        "read states scattered over the folder, by number", lambda: session.changes(folder_id, number, 10_000)
    )
    state = download(session, folder_id, state)
    number = session.change_number()
    mailbox.delete_messages(folder_id, scattered)
    state = say("departures scattered over the folder, by state", lambda: download(session, folder_id, state))
    say("departures scattered over the folder, by number", lambda: session.changes(folder_id, number, 10_000))
    subscribers = [StoreSession.of(mailbox, Actor(OWNER)) for _ in range(500)]
    for each in subscribers:
        each.subscribe(EventType.NEW_MAIL | EventType.OBJECT_CREATED, folder_id)
    mailbox.deliver(NewMail(b"Subject: x\r\n\r\ny"), folder_id=folder_id, token="x")  # noqa: S106 - no secret
    say("one delivery told to 500 subscribers", lambda: [each.has_events() for each in subscribers])


def main() -> None:
    """Measure one size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("messages", nargs="?", type=int, default=1_000_000)
    parser.add_argument("changes", nargs="?", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "alice"
        with create_private(path, owner=OWNER, user_id=1) as mailbox:
            measure(mailbox, options.messages, options.changes)


if __name__ == "__main__":
    main()
