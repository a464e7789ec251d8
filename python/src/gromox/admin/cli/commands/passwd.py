"""``grommunio-admin passwd``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.admin.cli.command import add, complete
from gromox.admin.cli.completion import usernames
from gromox.admin.cli.console import DONE
from gromox.admin.service.password import DEFAULT_LENGTH, DEFAULT_USER, generate, set_password
from gromox.base.secret import Secret

if TYPE_CHECKING:
    import argparse

    from gromox.admin.cli.command import Commands
    from gromox.admin.cli.console import Console


def register(commands: Commands, summary: str) -> None:
    """Add the command."""
    parser = add(
        commands,
        "passwd",
        passwd,
        summary,
        details="Without -a and -p the password is asked for, or read as one line from standard input.",
    )
    user = parser.add_argument(
        "user",
        nargs="?",
        default=DEFAULT_USER,
        metavar="USER",
        help=f"whose password (default: {DEFAULT_USER}, the administrator, made when missing)",
    )
    complete(user, usernames)
    source = parser.add_mutually_exclusive_group()
    source.add_argument("-a", "--auto", action="store_true", help="make a password and print it")
    source.add_argument(
        *("-p", "--password"), metavar="PW", help="the password itself; others may see it in the process list"
    )
    parser.add_argument(
        *("-l", "--length"),
        type=int,
        default=DEFAULT_LENGTH,
        metavar="N",
        help=f"characters of a password made with -a (default: {DEFAULT_LENGTH})",
    )


def passwd(args: argparse.Namespace, console: Console) -> int:
    """Set the password; a made one is printed, others never."""
    if args.auto:
        password = generate(args.length)
    elif args.password is not None:
        password = Secret(args.password)
    else:
        password = console.ask_new_password()
    set_password(console.site, args.user, password)
    if args.auto:
        console.say(f"New password is {password.reveal()}")
    else:
        console.say(f"Password of {args.user} updated")
    return DONE
