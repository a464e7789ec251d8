"""What commands cost in the IMAP core, in processor time: no sockets, no loop, no other process.

    cd python && ../.venv/bin/python bench/micro_imap.py [--profile COMMAND] [--messages 2000]

Prints one line a command. `--profile LIST` shows where the time of one goes.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / folder) for folder in ("src", ".")]

from tests.imap.driver import Client, Server  # noqa: E402 - found where the path says

if TYPE_CHECKING:
    from collections.abc import Callable

TURNS = 1000
#: Each is said again and again; {} is a number that changes.
COMMANDS = {
    "NOOP": b"NOOP",
    "LIST": b'LIST "" "*"',
    "LIST STATUS": b'LIST "" "*" RETURN (STATUS (MESSAGES UNSEEN))',
    "LSUB": b'LSUB "" "*"',
    "STATUS": b'STATUS "Sent Items" (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)',
    "STATUS INBOX": b"STATUS INBOX (MESSAGES UNSEEN UIDNEXT)",
    "SELECT": b"SELECT INBOX",
    "FETCH FLAGS": b"FETCH {}:* (UID FLAGS)",
    "FETCH BODY": b"UID FETCH {} (UID BODY.PEEK[])",
    "STORE": b"STORE {} +FLAGS (\\Flagged)",
}


def timed(client: Client, command: bytes, between: Callable[[], None] | None = None) -> float:
    """Return the microseconds of processor time that one command takes; ``between`` is not counted."""
    parts = command.split(b"{}")
    spent = 0
    for turn in range(TURNS):
        text = b"a " + (b"%d" % (turn + 1)).join(parts) + b"\r\n"
        if between is not None:
            between()
        start = time.process_time_ns()
        client.act(client.core.receive(text))
        spent += time.process_time_ns() - start
        answer = client.read()
        if b"\r\na OK" not in b"\r\n" + answer:
            raise RuntimeError(answer[-200:].decode("latin-1"))
    return spent / TURNS / 1000


def main() -> None:
    """Fill a mailbox and say what commands cost while nothing changes, and after each change."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--folders", type=int, default=20, help="beside those every mailbox has")
    parser.add_argument(
        "--profile", choices=sorted(COMMANDS), help="one command only, and where its time goes"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path(__file__).resolve().parents[1]) as directory:
        server = Server(Path(directory) / "house")
        server.fill(options.messages)
        client, other = server.login(), server.login()
        for number in range(options.folders):
            client.ok(f'CREATE "folder {number}"')
        flips = iter(range(10**9))

        def change() -> None:
            sign = b"+-"[next(flips) % 2 :][:1]
            other.act(other.core.receive(b"z STORE 1 " + sign + b"FLAGS.SILENT (\\Answered)\r\n"))
            other.read()

        if options.profile:
            profile = cProfile.Profile()
            profile.runcall(timed, client, COMMANDS[options.profile])
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)
            return
        for name, command in COMMANDS.items():
            client.ok("SELECT INBOX")
            timed(client, command)
            print(
                f"{name:14s} {timed(client, command):8.1f} us"
                f"{timed(client, command, change):10.1f} us after another session's change",
                flush=True,
            )
        server.close()


if __name__ == "__main__":
    main()
