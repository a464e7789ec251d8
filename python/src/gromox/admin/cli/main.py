"""Entry point of ``grommunio-admin``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import argcomplete

from gromox.admin.cli.console import DONE, REFUSED, UNAVAILABLE, Console
from gromox.admin.cli.registry import COMMANDS, register_all
from gromox.base.errors import GromoxError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gromox.admin.service.site import Site

#: Names the folder with the configuration; what ``-c`` says goes before it.
ENVIRONMENT: Final = "GROMMUNIO_ADMIN_CONFIG"


def build_parser(wanted: Collection[str] = tuple(COMMANDS)) -> argparse.ArgumentParser:
    """Return the parser of the command line; commands that are not ``wanted`` are in it by name only."""
    parser = argparse.ArgumentParser(
        prog="grommunio-admin",
        description="Administer users, domains and the server from the command line.",
        epilog="Each command explains itself with -h.",
        allow_abbrev=False,
    )
    parser.add_argument(
        *("-c", "--config"),
        type=Path,
        metavar="PATH",
        help="folder with mysql_adaptor.cfg and conf.d/*.yaml instead of /etc/gromox and "
        f"/etc/grommunio-admin-api, or a mysql_adaptor.cfg; so does the environment variable {ENVIRONMENT}",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")
    register_all(commands, wanted)
    return parser


def console_for(args: argparse.Namespace) -> Console:
    """Return a console whose site is the configured one."""
    named = args.config or os.environ.get(ENVIRONMENT) or None
    location = Path(named) if named else None

    def open_named() -> Site:
        from gromox.admin.service.site import open_site

        return open_site(location)

    return Console(open_site=open_named)


def run(args: argparse.Namespace, console: Console) -> int:
    """Carry out a parsed command and turn refusals into a line and an exit code."""
    try:
        return int(args.run(args, console))
    except GromoxError as error:
        from gromox.directory.errors import UnavailableError

        console.complain(f"grommunio-admin: {error}")
        return UNAVAILABLE if isinstance(error, UnavailableError) else REFUSED
    except BrokenPipeError:
        raise
    except PermissionError as error:
        console.complain(
            f"grommunio-admin: {error.filename}: {error.strerror}; run this as root or as gromox"
        )
    except OSError as error:
        console.complain(f"grommunio-admin: {error.filename or 'system'}: {error.strerror or error}")
    return REFUSED


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = os.environ.get("COMP_LINE", "").split() or (sys.argv[1:] if argv is None else argv)
    parser = build_parser([word for word in words if word in COMMANDS])
    argcomplete.autocomplete(parser)
    args = parser.parse_args(argv)
    console = console_for(args)
    try:
        code = run(args, console)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # the reader (head, less) went away: nothing more to say, not even at interpreter shutdown
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    finally:
        console.close()


if __name__ == "__main__":
    sys.exit(main())
