"""gromox-import (once gromox-mt2exm): a stream goes into a mailbox.

Spec: reference/system/cli.md, "gromox-import (old name gromox-mt2exm)".
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.admin.service.site import open_site
from gromox.base.errors import GromoxError
from gromox.convert.mt import MessageFrame
from gromox.store.mailbox import Mailbox
from gromox.tools.command_line import REFUSED, USAGE, add_config, complain, guarded, new_parser
from gromox.tools.convert2mt import add_output
from gromox.tools.mbop.folder_spec import resolve
from gromox.tools.mbop.target import of_name
from gromox.tools.mt.journal import Journal
from gromox.tools.mt.mailbox_output import ImportOptions, MailboxOutput
from gromox.tools.mt.pipe import FrameInput
from gromox.tools.mt.report import Report
from gromox.tools.mt.show import Show

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from gromox.convert.mt import Frame

PROGRAM: Final = "gromox-import"
_BASE: Final = "DRAFTS"


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the program."""
    parser = new_parser(
        PROGRAM,
        "Import a stream (from one of the *2mt programs) on standard input into a mailbox.",
        epilog="There is no search for duplicates. With --journal a second run over the same source leaves "
        "out what the first one has imported.",
    )
    parser.add_argument("-u", dest="user", metavar="NAME", help="user@domain or @domain; without: only read")
    parser.add_argument(
        "-B", dest="base", metavar="FOLDER", help=f"folder of what has no place (default: {_BASE})"
    )
    parser.add_argument(
        "-D", dest="deliver", action="store_true", help="deliver mails as if they had just come in"
    )
    parser.add_argument("-c", dest="go_on", action="store_true", help="go on after an error")
    parser.add_argument("-v", dest="verbose", action="store_true", help="show where mails went")
    parser.add_argument("-x", dest="tolerate", action="store_true", help="use folders that are there already")
    parser.add_argument("--skip-notif", action="store_true", help="accepted; a tool rings no bell")
    parser.add_argument("--skip-rules", action="store_true", help="with -D: without rules")
    parser.add_argument(
        "--journal", type=Path, metavar="FILE", help="remember what is done, and go on from there"
    )
    add_output(parser)
    add_config(parser, "--config")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    args = build_parser().parse_args(argv)
    return guarded(PROGRAM, lambda: _import(args))


def _import(args: argparse.Namespace) -> int:
    with Report(PROGRAM, path=args.report) as report:
        stream = FrameInput(sys.stdin.buffer)
        show = Show(properties=args.properties, tree=args.tree)
        if args.user is None:

            def count(frame: Frame) -> None:
                show.frame(frame, f"object {stream.number}")
                if isinstance(frame, MessageFrame):
                    report.message()
                else:
                    report.folder()

            stream.frames(count, report)
            return report.finish()
        return _into(args, stream, show, report)


def _into(args: argparse.Namespace, stream: FrameInput, show: Show, report: Report) -> int:
    site = open_site(args.config)
    try:
        target = of_name(site, args.user)
    finally:
        site.close()
    if target.path is None or (args.user.startswith("@") and args.base is None):
        complain(PROGRAM, "-u @domain needs -B: a public store has no folder for what has no place")
        return USAGE
    journal = Journal(args.journal)
    try:
        with Mailbox.open(target.path) as mailbox:
            options = ImportOptions(
                resolve(mailbox, args.base or _BASE).folder_id,
                go_on=args.go_on,
                tolerate=args.tolerate,
                deliver=args.deliver,
                rules=not args.skip_rules,
                show_ids=args.verbose,
            )
            try:
                output = MailboxOutput(mailbox, stream.prologue, options, report, journal)

                def take(frame: Frame) -> None:
                    show.frame(frame, f"object {stream.number}")
                    output.take(frame)

                stream.frames(take, report)
                output.finish()
            except GromoxError as error:
                report.finish()
                complain(PROGRAM, str(error))
                return REFUSED
    finally:
        journal.close()
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
