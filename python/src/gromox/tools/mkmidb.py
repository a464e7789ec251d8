"""gromox-mkmidb: make the indexes of a mailbox that gromox-midb keeps.

Spec: reference/system/cli.md, "gromox-mkmidb". There is no database of its own: the full-text index stands in
the mailbox database, so -U finds nothing to upgrade.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.admin.service.errors import AdminError
from gromox.admin.service.site import open_site
from gromox.directory import domain, user
from gromox.store.mailbox import Mailbox
from gromox.tools.command_line import DONE, add_config, guarded, new_parser, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from gromox.admin.service.site import Site

PROGRAM: Final = "gromox-mkmidb"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    args = build_parser().parse_args(argv)
    return guarded(PROGRAM, lambda: _run(args))


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the program."""
    parser = new_parser(PROGRAM, "Make the full-text index of a mailbox, and fill its search folders.")
    parser.add_argument(
        "name", metavar="user@domain|domain", help="whose store; has to be in the user database"
    )
    parser.add_argument("-U", "--upgrade", action="store_true", help="bring an index up to date")
    parser.add_argument("-v", "--verbose", action="store_true", help="say what is done")
    parser.add_argument("-f", "--force", action="store_true", help="make an index anew that is there")
    add_config(parser)
    return parser


def _run(args: argparse.Namespace) -> int:
    site = open_site(args.config)
    try:
        path = _path(site, args.name)
    finally:
        site.close()
    with Mailbox.open(path) as mailbox:
        if args.force:
            mailbox.rebuild_text_index()
        steps = 0
        while mailbox.keep_derived():
            steps += 1
    if args.verbose:
        say(f"{path}: up to date after {steps} steps")
    return DONE


def _path(site: Site, name: str) -> Path:
    if "@" in name.lstrip("@"):
        directory = user.get(site.directory, name).maildir
    else:
        directory = domain.get(site.directory, name.lstrip("@")).homedir
    if not directory:
        raise AdminError(f"{name} has no store: its directory is not set in the user database")
    return Path(directory)


if __name__ == "__main__":
    sys.exit(main())
