"""gromox-eml2mbox: mails become one mbox file on standard output.

Spec: reference/system/cli.md, "gromox-eml2mbox"; RFC 4155.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.mime.date import parse_date
from gromox.mime.header import iter_fields
from gromox.tools.command_line import guarded, new_parser
from gromox.tools.mt.mbox import MAX_MAIL, mbox_chunks
from gromox.tools.mt.report import Report

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

PROGRAM: Final = "gromox-eml2mbox"
_HEADER: Final = 1 << 20
_PATH: Final = 4096


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the program."""
    parser = new_parser(PROGRAM, "Put mails into one mbox file, on standard output.")
    parser.add_argument(
        "files",
        nargs="+",
        metavar="file",
        help="a mail, or - for a list of files on standard input, one a line",
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    args = build_parser().parse_args(argv)
    return guarded(PROGRAM, lambda: _convert(args.files))


def _convert(files: Sequence[str]) -> int:
    out = sys.stdout.buffer
    with Report(PROGRAM) as report:
        for name in _names(files):
            path = Path(name)
            try:
                if path.stat().st_size > MAX_MAIL:
                    report.skip(name, f"more than {MAX_MAIL} octets")
                    continue
                octets = path.read_bytes()
                moment = path.stat().st_mtime
            except OSError as error:
                report.skip(name, error.strerror or error)
                continue
            sender, date = envelope(octets)
            out.writelines(mbox_chunks([octets], sender, moment if date is None else date))
            report.message(len(octets))
        out.flush()
        return report.finish(strict=True)


def _names(files: Sequence[str]) -> Iterator[str]:
    for name in files:
        if name != "-":
            yield name
            continue
        while line := sys.stdin.readline(_PATH):
            if line.strip():
                yield line.rstrip("\n")


def envelope(octets: bytes) -> tuple[str, float | None]:
    """Return the sender and the moment of arrival of a mail, as its header knows them."""
    sender, date, received = "", None, None
    for field in iter_fields(octets[:_HEADER].partition(b"\r\n\r\n")[0].partition(b"\n\n")[0]):
        name = field.name.lower()
        if name == b"return-path" and not sender:
            sender = field.value.strip().strip(b"<>").decode("utf-8", "replace")
        elif name == b"received" and received is None:
            received = parse_date(field.value.rpartition(b";")[2])
        elif name == b"date" and date is None:
            date = parse_date(field.value)
    found = received or date
    return sender, None if found is None else float(found[0])


if __name__ == "__main__":
    sys.exit(main())
