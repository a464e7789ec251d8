"""gromox-eml2mt, -mbox2mt, -ical2mt, -vcf2mt, -tnef2mt and -oxm2mt: files of one kind become a stream.

Spec: reference/system/cli.md, "gromox-eml2mt, -mbox2mt, -ical2mt, -vcf2mt, -tnef2mt".
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gromox.convert.mt import Prologue
from gromox.tools.command_line import guarded, new_parser
from gromox.tools.mt.pipe import FrameOutput, refuse_terminal
from gromox.tools.mt.report import Report
from gromox.tools.mt.show import Show
from gromox.tools.mt.source import Kind, SourceOptions, folder_rows, frames_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_PROGRAMS: Final = {
    Kind.MAIL: "gromox-eml2mt",
    Kind.MBOX: "gromox-mbox2mt",
    Kind.ICAL: "gromox-ical2mt",
    Kind.VCARD: "gromox-vcf2mt",
    Kind.TNEF: "gromox-tnef2mt",
    Kind.MSG: "gromox-oxm2mt",
}
_CHOICES: Final = (
    ("--mail", Kind.MAIL, "mails (RFC 5322), Maildirs or folders of .eml files"),
    ("--mbox", Kind.MBOX, "mbox files (RFC 4155)"),
    ("--ical", Kind.ICAL, "calendars (RFC 5545)"),
    ("--vcard", Kind.VCARD, "address books (RFC 6350, 2426, vCard 2.1)"),
    ("--tnef", Kind.TNEF, "winmail.dat"),
)


def build_parser(kind: Kind) -> argparse.ArgumentParser:
    """Return the parser of one of the programs."""
    parser = new_parser(
        _PROGRAMS[kind],
        "Convert files to a stream for gromox-import.",
        epilog="The stream goes to standard output; what was skipped, and why, to standard error.",
    )
    if kind is not Kind.MSG:
        for flag, value, text in _CHOICES:
            parser.add_argument(
                flag, dest="kind", action="store_const", const=value, help=f"the files are {text}"
            )
        parser.add_argument(
            "--zone",
            type=_zone,
            default="UTC",
            metavar="NAME",
            help="time zone of calendars that name none, such as Europe/Berlin (default: UTC)",
        )
        parser.add_argument(
            "--oneoff", action="store_true", help="keep all addresses as they stand in the file"
        )
        parser.add_argument(
            "-P", dest="strict", action="store_true", help="refuse vCards that lack what they must have"
        )
    parser.set_defaults(kind=kind)
    parser.add_argument(
        "--decap",
        type=int,
        metavar="N",
        help="take message N (from 0 on) out of each message that has some within it",
    )
    add_output(parser)
    parser.add_argument("files", nargs="*", default=["-"], metavar="file", help="what to read (default: -)")
    return parser


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add what all programs that write a stream know."""
    parser.add_argument(
        "-p", dest="properties", action="count", default=0, help="show properties; twice: by name"
    )
    parser.add_argument("-t", dest="tree", action="store_true", help="show objects as a tree")
    parser.add_argument("--loglevel", type=int, default=4, metavar="N", help="show less (below 4) or more")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="write what was skipped, and why, to a file too"
    )


def _zone(name: str) -> str:
    """Return the name of a zone that is known."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise argparse.ArgumentTypeError(f"there is no time zone {name}") from None
    return name


def _run(kind: Kind, argv: Sequence[str] | None) -> int:
    args = build_parser(kind).parse_args(argv)
    return guarded(_PROGRAMS[kind], lambda: _convert(_PROGRAMS[kind], args))


def _convert(program: str, args: argparse.Namespace) -> int:
    out = sys.stdout.buffer
    with Report(program, path=args.report) as report:
        refused = refuse_terminal(out, program, report)
        if refused is not None:
            return refused
        show = Show(properties=args.properties, tree=args.tree)
        options = SourceOptions(
            args.kind,
            strict=getattr(args, "strict", False),
            zone=getattr(args, "zone", "UTC"),
            decap=None if args.decap is None else max(args.decap, 0),
        )
        stream = FrameOutput(out, Prologue(folders=folder_rows(args.files)))
        for found in frames_of(args.files, options, report):
            show.frame(found.frame, found.where)
            stream.write(found.frame, found.where, report)
        out.flush()
        return report.finish()


def eml2mt(argv: Sequence[str] | None = None) -> int:
    """Run gromox-eml2mt."""
    return _run(Kind.MAIL, argv)


def mbox2mt(argv: Sequence[str] | None = None) -> int:
    """Run gromox-mbox2mt."""
    return _run(Kind.MBOX, argv)


def ical2mt(argv: Sequence[str] | None = None) -> int:
    """Run gromox-ical2mt."""
    return _run(Kind.ICAL, argv)


def vcf2mt(argv: Sequence[str] | None = None) -> int:
    """Run gromox-vcf2mt."""
    return _run(Kind.VCARD, argv)


def tnef2mt(argv: Sequence[str] | None = None) -> int:
    """Run gromox-tnef2mt."""
    return _run(Kind.TNEF, argv)


def oxm2mt(argv: Sequence[str] | None = None) -> int:
    """Run gromox-oxm2mt."""
    return _run(Kind.MSG, argv)
