"""``grommunio-admin dbconf``: configuration that is kept in the database.

Spec: reference/system/cli.md, ``dbconf``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.admin.cli.command import add, group
from gromox.admin.cli.console import DONE
from gromox.admin.service import dbconf as service
from gromox.admin.service.errors import InputError
from gromox.directory import dbconf as table

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from gromox.admin.cli.command import Commands
    from gromox.admin.cli.console import Console

_HELP: Final[Mapping[str, str]] = {
    "service": "name of the service, such as postfix",
    "file": "name of the file, such as main.cf",
    "key": "name of the value",
}


def register(commands: Commands, summary: str) -> None:
    """Add the command."""
    below = group(commands, "dbconf", summary)
    shown = add(below, "commands", show_commands, "Show the commands that a change may run.")
    shown.add_argument("level", nargs="?", choices=service.LEVELS, help="only those of this level")
    for name, run, text in (
        ("commit", commit, "Run the command of a service, a file or a key."),
        ("delete", delete, "Delete a service, a file or a key."),
    ):
        parser = add(below, name, run, text)
        _add_names(parser, required=("service",), optional=("file", "key"))
    get = add(below, "get", show, "Show a file, or one value.")
    listing = add(below, "list", show_names, "List services, or the files of one, or the keys of a file.")
    _add_names(listing, optional=("service", "file"))
    change = add(below, "set", set_value, "Set a value.")
    _add_names(get, required=("service", "file"), optional=("key",))
    _add_names(change, required=("service", "file", "key"))
    change.add_argument("value", nargs="?", default="", metavar="VALUE", help="default: empty")
    change.add_argument("-b", "--batch", action="store_true", help="do not run the command")
    change.add_argument("-i", "--init", action="store_true", help="only when the key does not exist")


def _add_names(
    parser: argparse.ArgumentParser, *, required: tuple[str, ...] = (), optional: tuple[str, ...] = ()
) -> None:
    for name in (*required, *optional):
        nargs = "?" if name in optional else None
        parser.add_argument(name, nargs=nargs, metavar=name.upper(), help=_HELP[name])


def show_commands(args: argparse.Namespace, console: Console) -> int:
    """Print the white list."""
    for command in service.COMMANDS:
        if args.level in {None, command.level}:
            console.say(f"{command.level}: {command.text} ({command.macro})")
    return DONE


def commit(args: argparse.Namespace, console: Console) -> int:
    """Run and say what was run."""
    for text in service.commit(console.site, args.service, args.file, args.key):
        console.say(f"Ran {text}")
    return DONE


def delete(args: argparse.Namespace, console: Console) -> int:
    """Delete and say how much that was."""
    directory = console.site.directory
    if args.key is not None:
        count = int(args.key in table.read(directory, args.service, args.file))
        table.change(directory, args.service, args.file, {args.key: None})
    else:
        count = table.delete(directory, args.service, args.file)
    if not count:
        name = "/".join(filter(None, (args.service, args.file, args.key)))
        raise InputError(f"there is no {name} in the database")
    console.say(f"Deleted {count} {'entry' if count == 1 else 'entries'}")
    return DONE


def show(args: argparse.Namespace, console: Console) -> int:
    """Print ``key=value`` lines, or the value alone."""
    values = table.read(console.site.directory, args.service, args.file)
    if args.key is None:
        for key, value in values.items():
            console.say(f"{key}={value}")
        return DONE
    if args.key not in values:
        raise InputError(f"there is no {args.service}/{args.file}/{args.key} in the database")
    console.say(values[args.key])
    return DONE


def show_names(args: argparse.Namespace, console: Console) -> int:
    """Print names, one a line."""
    directory = console.site.directory
    if args.service is None:
        found = list(table.services(directory))
    elif args.file is None:
        found = list(table.files(directory, args.service))
    else:
        found = list(table.read(directory, args.service, args.file))
    for name in found:
        console.say(name)
    return DONE


def set_value(args: argparse.Namespace, console: Console) -> int:
    """Store the value and let the service know."""
    directory = console.site.directory
    if args.init and args.key in table.read(directory, args.service, args.file):
        console.say("The key exists; nothing was changed")
        return DONE
    table.change(directory, args.service, args.file, {args.key: args.value})
    if not args.batch:
        for text in service.commit_change(console.site, args.service, args.file, [args.key]):
            console.say(f"Ran {text}")
    return DONE
