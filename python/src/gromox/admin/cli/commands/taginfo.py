"""``grommunio-admin taginfo``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.admin.cli.command import add
from gromox.admin.cli.console import DONE, REFUSED
from gromox.admin.service.errors import InputError
from gromox.admin.service.taginfo import look_up

if TYPE_CHECKING:
    import argparse

    from gromox.admin.cli.command import Commands
    from gromox.admin.cli.console import Console


def register(commands: Commands, summary: str) -> None:
    """Add the command."""
    parser = add(commands, "taginfo", taginfo, summary)
    parser.add_argument(
        "tags",
        nargs="+",
        metavar="TAG",
        help="a tag or its upper 16 bits, decimal or 0x..., or a name: PidTagSubject, PR_SUBJECT, subject",
    )


def taginfo(args: argparse.Namespace, console: Console) -> int:
    """Show each tag in a line: number, names, type; go on after a wrong one."""
    code = DONE
    for text in args.tags:
        try:
            found = look_up(text)
        except InputError as error:
            console.complain(f"grommunio-admin: {error}")
            code = REFUSED
            continue
        for info in found:
            names = " ".join(info.names) or "unknown"
            console.say(f"0x{info.tag:08X} ({info.tag}): {names}, type {info.type_name}")
    return code
