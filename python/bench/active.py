"""The memory of connections that do what mail programs do: they select, look at a page of mails, read some.

    python bench/active.py --drivers DIR --port P --user U --password W --box BOX --server-pid PID

``--drivers`` is the folder of the neutral load drivers, whose accounting is used: the memory is that of the
whole process tree, shared pages counted once. Prints JSON as they do.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import ModuleType

CONNECTIONS: Final = 200
COMMANDS: Final = (
    'SELECT "{box}"',
    "FETCH {page}:{last} (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)",
    "UID SEARCH UNSEEN",
    "FETCH {last} (UID BODY.PEEK[])",
    "STORE {last} +FLAGS (\\Answered)",
    "NOOP",
)
PAGE: Final = 50
#: Pages that the connections look at, so that they do not all look at the same one.
PAGES: Final = 20


def _work(connection: Any, options: argparse.Namespace, page: int) -> Any:  # noqa: ANN401 - of imapbench
    """Do on a connection what a mail program does, and return it."""
    for command in COMMANDS:
        connection.cmd(command.format(box=options.box, page=page, last=page + PAGE - 1))
    return connection


def measure(bench: ModuleType, common: ModuleType, options: argparse.Namespace) -> dict[str, object]:
    """Open the connections, let each work, and return what they cost."""
    _work(bench.Imap(options), options, 1).close()  # what all connections share is there before
    before, *_ = common.tree_mem(options.server_pid)
    cpu = common.tree_cpu(options.server_pid)
    start = time.perf_counter()
    connections = []
    for number in range(options.connections):
        page = 1 + number % PAGES * PAGE
        connections.append(_work(bench.Imap(options, number), options, page))
    seconds = time.perf_counter() - start
    after, _, processes = common.tree_mem(options.server_pid)
    count = len(connections) * (len(COMMANDS) + 1)
    for connection in connections:
        connection.close()
    return {
        "test": f"active:{options.box}",
        "connections": len(connections),
        "processes": processes,
        "kib_per_conn": round((after - before) / len(connections), 1),
        "cpu_us": round((common.tree_cpu(options.server_pid) - cpu) * 1e6 / count, 1),
        "ops_s": round(count / seconds, 1),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--drivers", required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--user", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--box", required=True)
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--server-pid", type=int, action="append", required=True)
    parser.set_defaults(users=1, tls=False)
    options = parser.parse_args()
    sys.path.insert(0, options.drivers)
    bench, common = importlib.import_module("imapbench"), importlib.import_module("benchcommon")
    print(json.dumps({"driver": "active 1", "results": [measure(bench, common, options)]}))


if __name__ == "__main__":
    main()
