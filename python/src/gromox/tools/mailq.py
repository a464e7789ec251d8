"""gromox-mailq: list the mails that wait for delivery.

Spec: reference/system/cli.md, ``gromox-mailq``; manual, chapter "Operations" (queue/mess, queue/save).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.base.settings import load
from gromox.delivery.queue import entries
from gromox.delivery.settings import DEQUEUE_PATH
from gromox.delivery.settings import PROGRAM as SETTINGS
from gromox.delivery.spool import QUEUES
from gromox.tools.command_line import DONE, guarded, new_parser, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from gromox.delivery.queue import Entry

PROGRAM: Final = "gromox-mailq"
#: Behind the name of a mail, as Postfix marks its queues: being tried, waiting for a retry, put aside.
_MARKS: Final = {"mess": "*", "cache": "", "save": "!"}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the program."""
    parser = new_parser(
        PROGRAM,
        "List the delivery queue.",
        epilog="Behind the name of a mail: * is to be delivered, ! was put aside for an operator; "
        "the others wait for their next try.",
    )
    parser.add_argument(
        *("-p", "--path"), type=Path, metavar="DIR", help="the queue (default: dequeue_path of delivery.cfg)"
    )
    parser.add_argument(
        *("-c", "--config"),
        type=Path,
        metavar="PATH",
        help="delivery.cfg to use, or a folder that has it (default: /etc/gromox)",
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    args = build_parser().parse_args(argv)
    return guarded(PROGRAM, lambda: _list(args))


def _list(args: argparse.Namespace) -> int:
    path = args.path if args.path is not None else _configured(args.config)
    queues = [name for name in QUEUES if (path / name).is_dir()]
    found = sorted(entries(path, queues), key=lambda entry: entry.envelope.arrival)
    if not found:
        say("Mail queue is empty")
        return DONE
    say("-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------")
    for entry in found:
        _show(entry)
    octets = sum(entry.envelope.size for entry in found)
    say(f"-- {-(-octets // 1024)} Kbytes in {len(found)} Request{'s' if len(found) != 1 else ''}.")
    return DONE


def _configured(config: Path | None) -> Path:
    """Return the queue of the configuration."""
    is_folder = config is not None and config.is_dir()
    settings = load(
        SETTINGS,
        config=None if is_folder else config,
        search=(config,) if is_folder and config is not None else None,
    )
    return settings[DEQUEUE_PATH]


def _show(entry: Entry) -> None:
    envelope = entry.envelope
    arrival = time.strftime("%a %b %d %H:%M:%S", time.localtime(envelope.arrival))
    name = f"{entry.path.name}{_MARKS.get(entry.queue, '')}"
    sender = _printable(envelope.sender) or "MAILER-DAEMON"
    say(f"{_printable(name):<11} {envelope.size:>8} {arrival}  {sender}")
    if envelope.last_error:
        say(f"{'':<20}({_printable(envelope.last_error)})")
    for address in envelope.pending:
        say(f"{'':<42}{_printable(address)}")
    say("")


def _printable(text: str) -> str:
    """Return the text without what could move the cursor: senders choose it."""
    return "".join(character if character.isprintable() else "?" for character in text)


if __name__ == "__main__":
    sys.exit(main())
