"""What a call of the store costs in-process, over the Unix socket, and over TLS.

    cd python && ../.venv/bin/python bench/micro_rpc.py [calls]

The server runs in a process of its own. What to expect: a few microseconds in-process, 100 to 200 us a round
trip; several threads on one connection share the wait.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from gromox.mapi import tags
from gromox.serve.tls import Identity, client_context
from gromox.store.create import create_private
from gromox.store.mailbox import Mailbox
from gromox.store.model import NewMail
from gromox.store.rpc.client import Address, Client
from gromox.store.session import Actor, StoreSession
from tests.support.storerpc import PASSWORD, Doors, StoreServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

OWNER = "alice@example.test"
INBOX = 13
COLUMNS = (tags.PidTagSubject, tags.PidTagSenderName, tags.PidTagMessageDeliveryTime, tags.PidTagMessageFlags)


def serve(folder: str, path: str, told: Connection) -> None:
    """Be the server until the parent hangs up."""
    server = StoreServer(Path(folder), Doors({OWNER: Path(path)}))
    server.start()
    told.send(server.port)
    told.recv()
    server.stop()


def say(name: str, run: Callable[[], object], times: int) -> None:
    """Print what one call takes."""
    run()
    start = time.perf_counter()
    for _ in range(times):
        run()
    print(f"  {name:48s} {(time.perf_counter() - start) / times * 1e6:10.1f} us", flush=True)


def measure(name: str, session: StoreSession, calls: int) -> None:
    """Time calls of a session."""
    print(name)
    mids = session.changes(INBOX, 0).created
    say("store_rights()", session.store_rights, calls)
    say(
        "four properties of 50 messages",
        lambda: session.properties_of_messages(mids[:50], COLUMNS),
        calls // 10,
    )
    bag = {tags.PidTagComment: "x" * 100_000}
    say("set a property of 100 kB", lambda: session.set_folder_properties(INBOX, bag), max(calls // 50, 1))


def together(client: Client, path: Path, calls: int) -> None:
    """Time many threads on one connection."""
    sessions = [client.open(path, Actor(OWNER)) for _ in range(16)]
    start = time.perf_counter()
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda session: [session.store_rights() for _ in range(calls // 16)], sessions))
    print(f"  {'store_rights(), 16 threads on one connection':48s} ", end="")
    print(f"{(time.perf_counter() - start) / calls * 1e6:10.1f} us", flush=True)


def main() -> None:
    """Measure all ways."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("calls", nargs="?", type=int, default=5000)
    calls = parser.parse_args().calls
    with tempfile.TemporaryDirectory() as folder:
        path, run = Path(folder) / "alice", Path(folder) / "run"
        create_private(path, owner=OWNER, user_id=1).close()
        with Mailbox.open(path) as mailbox:
            mailbox.append(INBOX, [NewMail(f"Subject: {each}\r\n\r\ntext".encode()) for each in range(200)])
            measure("in-process", StoreSession.of(mailbox, Actor(OWNER)), calls)
        ours, theirs = multiprocessing.get_context("spawn").Pipe()
        process = multiprocessing.get_context("spawn").Process(target=serve, args=(run, path, theirs))
        process.start()
        port = ours.recv()
        web = Client(Address(path=run / "zcore.sock"))
        measure("Unix socket", web.open_store(web.log_on(OWNER, PASSWORD)), calls)
        tls = client_context(run / "ca.pem", Identity(run / "node.pem", run / "node.key"))
        node = Client(Address("127.0.0.1", port, tls=tls))
        measure("TLS", node.open(path, Actor(OWNER)), calls)
        together(node, path, calls)
        web.close()
        node.close()
        ours.send(None)
        process.join(20)


if __name__ == "__main__":
    main()
