"""gromox-pff2mt: PST, OST and PAB files become a stream.

Spec: reference/system/cli.md, "gromox-pff2mt".
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.tools.command_line import guarded, new_parser
from gromox.tools.convert2mt import add_output
from gromox.tools.mt.pipe import FrameOutput, refuse_terminal
from gromox.tools.mt.report import Report
from gromox.tools.mt.show import Show
from gromox.tools.pff.archive import Archive, PffOptions

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

PROGRAM: Final = "gromox-pff2mt"


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the program."""
    parser = new_parser(
        PROGRAM,
        "Convert a PST, OST or PAB file to a stream for gromox-import.",
        epilog="Without -s all of it goes to a folder that has the name of the file.",
    )
    parser.add_argument(
        "-s",
        dest="splice",
        action="store_true",
        help="put what is in built-in folders into those of the mailbox",
    )
    hidden = parser.add_mutually_exclusive_group()
    hidden.add_argument("--with-hidden", dest="hidden", action="store_true", help="associated messages too")
    hidden.add_argument(
        "--without-hidden", dest="hidden", action="store_false", help="without them (the default)"
    )
    parser.set_defaults(hidden=False)
    parser.add_argument(
        "--only-obj", type=_number, metavar="NID", help="one folder or message by its node identifier"
    )
    add_output(parser)
    parser.add_argument("file", type=Path, help="what to read")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    args = build_parser().parse_args(argv)
    return guarded(PROGRAM, lambda: _convert(args))


def _number(text: str) -> int:
    return int(text, 0)


def _convert(args: argparse.Namespace) -> int:
    out = sys.stdout.buffer
    with Report(PROGRAM, path=args.report) as report:
        refused = refuse_terminal(out, PROGRAM, report)
        if refused is not None:
            return refused
        with args.file.open("rb"):
            # A file that cannot be opened is the system's to explain.
            pass
        archive = Archive(args.file, PffOptions(args.splice, args.hidden, args.only_obj))
        show = Show(properties=args.properties, tree=args.tree)
        stream = FrameOutput(out, archive.prologue())
        for found in archive.frames(report):
            show.frame(found.frame, found.where)
            stream.write(found.frame, found.where, report)
        out.flush()
        return report.finish()


if __name__ == "__main__":
    sys.exit(main())
