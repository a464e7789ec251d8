"""gromox-mbck: is everything in these mailboxes consistent, and can it be put right?

Spec: reference/system/cli.md, "Others": ``gromox-mbck [-p] file…``. ``--here`` is ours: all mailboxes of this
host, for the nightly timer.
"""

from __future__ import annotations

import os
import sys
import syslog
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.admin.service.site import open_site
from gromox.base.errors import GromoxError
from gromox.directory import domain, user
from gromox.store.mailbox import Mailbox
from gromox.tools.command_line import (
    DONE,
    REFUSED,
    USAGE,
    add_config,
    complain,
    guarded,
    new_parser,
    say,
)
from gromox.tools.mbop.target import DATABASE

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from gromox.admin.service.site import Site

PROGRAM: Final = "gromox-mbck"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    args = build_parser().parse_args(argv)
    if args.here == bool(args.files):
        complain(PROGRAM, "name files, or --here for all mailboxes of this host; see gromox-mbck -?")
        return USAGE
    return guarded(PROGRAM, lambda: _run(args))


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the program."""
    parser = new_parser(
        PROGRAM,
        "Check mailboxes, while they are used; the exit code is 1 if a problem is left in one of them.",
    )
    parser.add_argument(
        "files", nargs="*", metavar="file", help="exchange.sqlite3 of a mailbox, or the mailbox's folder"
    )
    parser.add_argument("--here", action="store_true", help="all mailboxes and public stores of this host")
    parser.add_argument(
        *("-p", "--repair"), action="store_true", help="put right what follows from the messages"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="name mailboxes without problems too")
    add_config(parser)
    return parser


def _run(args: argparse.Namespace) -> int:
    mailboxes = _here(args.config) if args.here else [(name, _folder(Path(name))) for name in args.files]
    wrong = 0
    for name, path in mailboxes:
        left = _check(name, path, repair=args.repair)
        wrong += left > 0
        if args.verbose and not left:
            say(f"{name}: no problems{' left' if args.repair else ''}")
    if wrong:
        advice = "restore them from a backup" if args.repair else "-p repairs what can be repaired"
        complain(f"{_prefix()}{PROGRAM}", f"{wrong} of {len(mailboxes)} mailboxes have problems; {advice}")
        return REFUSED
    if args.verbose:
        say(f"{len(mailboxes)} mailboxes have no problems")
    return DONE


def _check(name: str, path: Path, *, repair: bool) -> int:
    """Tell the problems of one mailbox; return how many are left. What cannot be read is a problem too."""
    try:
        with Mailbox.open(path) as mailbox:
            problems = mailbox.repair() if repair else mailbox.check()
            if repair:
                mailbox.sync()
    except (GromoxError, OSError) as error:
        say(f"{_prefix()}{name}: unreadable: {error}")
        return 1
    for problem in problems:
        prefix, suffix = ("", " (repaired)") if problem.repaired else (_prefix(), "")
        say(f"{prefix}{name}: {problem.kind}: {problem.detail}{suffix}")
    return sum(not problem.repaired for problem in problems)


def _prefix() -> str:
    """Return what tells the journal, and it alone, that a line is an error (sd-daemon(3))."""
    return f"<{syslog.LOG_ERR}>" if "JOURNAL_STREAM" in os.environ else ""


def _folder(path: Path) -> Path:
    """Return the folder of the mailbox that a file or a folder belongs to."""
    return path.absolute().parent.parent if path.name == DATABASE.name else path


def _here(config: Path | None) -> list[tuple[str, Path]]:
    """Return names and folders of all stores that lie on this host."""
    site = open_site(config)
    try:
        # A folder without its database is one that lost it; a folder elsewhere is another host's.
        return [(name, path) for name, path in _known(site) if path.is_dir()]
    finally:
        site.close()


def _known(site: Site) -> Iterator[tuple[str, Path]]:
    for found in user.list_all(site.directory):
        if found.maildir:
            yield found.username, Path(found.maildir)
    for info in domain.list_all(site.directory):
        if info.homedir:
            yield f"@{info.name}", Path(info.homedir)


if __name__ == "__main__":
    sys.exit(main())
