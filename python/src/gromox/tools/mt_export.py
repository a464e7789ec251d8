"""gromox-export, gromox-exm2eml, -exm2ical, -exm2vcf, -exm2tnef, -exm2mt: messages leave a mailbox.

Spec: reference/system/cli.md, "gromox-export family". mbox, Maildir and a file a message are additions.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.admin.service.errors import InputError
from gromox.admin.service.site import open_site
from gromox.base.errors import GromoxError
from gromox.convert.mt import UNANCHORED, FolderRow, Prologue
from gromox.mapi.folderids import Private
from gromox.store.builtin import FIRST_FREE_OBJECT_ID
from gromox.store.mailbox import Mailbox
from gromox.tools.command_line import add_config, guarded, new_parser
from gromox.tools.convert2mt import add_output
from gromox.tools.mbop.target import of_name
from gromox.tools.mt.export_output import (
    FolderOutput,
    Format,
    MaildirOutput,
    MboxOutput,
    Output,
    StreamOutput,
)
from gromox.tools.mt.mailbox_source import MailboxSource, Selection, require_objects
from gromox.tools.mt.pipe import FrameOutput, refuse_terminal
from gromox.tools.mt.report import Report
from gromox.tools.mt.show import Show

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from gromox.store.folder import Folder

_PROGRAMS: Final = {
    Format.MAIL: "gromox-exm2eml",
    Format.ICAL: "gromox-exm2ical",
    Format.VCARD: "gromox-exm2vcf",
    Format.TNEF: "gromox-exm2tnef",
    Format.MT: "gromox-exm2mt",
}
_CHOICES: Final = (
    ("--mail", Format.MAIL, "mails"),
    ("--ical", Format.ICAL, "calendars"),
    ("--vcard", Format.VCARD, "cards (vCard 4.0)"),
    ("--tnef", Format.TNEF, "winmail.dat"),
    ("--mt", Format.MT, "a stream for gromox-import"),
)
#: Forms of which several can stand in one file.
_SEVERAL: Final = frozenset([Format.MT, Format.VCARD, Format.ICAL])


def build_parser(program: str, form: Format) -> argparse.ArgumentParser:
    """Return the parser of one of the programs."""
    parser = new_parser(
        program,
        "Export messages of a mailbox.",
        epilog="An object is a folder (a number, /path/from/root, or a name such as INBOX), f<id>, <msgid> "
        "or <fid>:<msgid>. Files that an earlier run has written are left alone.",
    )
    parser.add_argument("-u", dest="user", required=True, metavar="NAME", help="user@domain or @domain")
    for flag, value, text in _CHOICES:
        parser.add_argument(flag, dest="form", action="store_const", const=value, help=f"write {text}")
    parser.set_defaults(form=form)
    parser.add_argument("--mbox", action="store_true", help="write one mbox file")
    parser.add_argument("--maildir", type=Path, metavar="DIR", help="write a Maildir (Maildir++)")
    parser.add_argument("--directory", type=Path, metavar="DIR", help="write a file for each message")
    parser.add_argument("-a", dest="associated", action="store_true", help="associated messages too")
    parser.add_argument("-r", dest="recurse", action="store_true", help="folders below too")
    parser.add_argument("-s", dest="splice", action="store_true", help="built-in folders go to their like")
    add_output(parser)
    add_config(parser, "--config")
    parser.add_argument("objects", nargs="*", metavar="object", help="what to export")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run gromox-export."""
    return _run("gromox-export", Format.MT, argv)


def exm2eml(argv: Sequence[str] | None = None) -> int:
    """Run gromox-exm2eml."""
    return _run(_PROGRAMS[Format.MAIL], Format.MAIL, argv)


def exm2ical(argv: Sequence[str] | None = None) -> int:
    """Run gromox-exm2ical."""
    return _run(_PROGRAMS[Format.ICAL], Format.ICAL, argv)


def exm2vcf(argv: Sequence[str] | None = None) -> int:
    """Run gromox-exm2vcf."""
    return _run(_PROGRAMS[Format.VCARD], Format.VCARD, argv)


def exm2tnef(argv: Sequence[str] | None = None) -> int:
    """Run gromox-exm2tnef."""
    return _run(_PROGRAMS[Format.TNEF], Format.TNEF, argv)


def exm2mt(argv: Sequence[str] | None = None) -> int:
    """Run gromox-exm2mt."""
    return _run(_PROGRAMS[Format.MT], Format.MT, argv)


def _run(program: str, form: Format, argv: Sequence[str] | None) -> int:
    args = build_parser(program, form).parse_args(argv)
    return guarded(program, lambda: _export(program, args))


def _export(program: str, args: argparse.Namespace) -> int:
    objects = require_objects(args.objects)
    site = open_site(args.config)
    try:
        target = of_name(site, args.user)
    finally:
        site.close()
    if target.path is None:
        raise InputError(f"{target.name} has no mailbox")
    to_files = args.maildir is not None or args.directory is not None
    with Report(program, path=args.report) as report, Mailbox.open(target.path) as mailbox:
        if not to_files:
            refused = refuse_terminal(sys.stdout.buffer, program, report) if args.form is Format.MT else None
            if refused is not None:
                return refused
        source = MailboxSource(mailbox)
        selections = [source.select(text, recurse=args.recurse) for text in objects]
        if args.form is Format.MT and not (to_files or args.mbox):
            _Streaming(args, source, report).write(selections)
        else:
            _Writing(args, source, report).write(selections)
        sys.stdout.buffer.flush()
        return report.finish()


class _Streaming:
    """Writes a stream."""

    def __init__(self, args: argparse.Namespace, source: MailboxSource, report: Report) -> None:
        self._args, self._source, self._report = args, source, report
        self._show = Show(properties=args.properties, tree=args.tree)

    def write(self, selections: Sequence[Selection]) -> None:
        rows: tuple[FolderRow, ...] = ()
        if self._args.splice:
            rows = tuple(FolderRow(int(folder), False, int(folder)) for folder in Private)
        prologue = Prologue(self._args.splice, self._source.mailbox.is_public, rows)
        stream = FrameOutput(sys.stdout.buffer, prologue)
        for selection in selections:
            if selection.message is not None:
                frame = self._source.message(selection.message, parent=UNANCHORED)
                self._show.frame(frame, f"{selection.message.mid:#x}")
                stream.write(frame, f"message {selection.message.mid:#x}", self._report)
            known = {folder.folder_id for folder in selection.folders}
            for folder in selection.folders:
                self._folder(stream, folder, known)

    def _folder(self, stream: FrameOutput, folder: Folder, known: set[int]) -> None:
        is_builtin = folder.folder_id < FIRST_FREE_OBJECT_ID
        if not (self._args.splice and is_builtin):
            above = folder.parent_id if folder.parent_id in known or self._args.splice else None
            frame = self._source.folder(folder, parent=UNANCHORED if above is None else above)
            self._show.frame(frame, folder.name)
            stream.write(frame, folder.name, self._report)
        for entry in self._source.entries(folder.folder_id, associated=self._args.associated):
            where = f"{folder.name}: message {entry.mid:#x}"
            try:
                message = self._source.message(entry, parent=folder.folder_id)
            except GromoxError as error:
                self._report.skip(where, error)
                continue
            self._show.frame(message, where)
            stream.write(message, where, self._report)


class _Writing:
    """Writes messages in some form."""

    def __init__(self, args: argparse.Namespace, source: MailboxSource, report: Report) -> None:
        self._args, self._source, self._report = args, source, report

    def write(self, selections: Sequence[Selection]) -> None:
        output = self._output(selections)
        for selection in selections:
            if selection.message is not None:
                self._take(output, selection, ())
            for folder, path in _paths(selection.folders):
                for entry in self._source.entries(folder.folder_id, associated=self._args.associated):
                    self._take(output, Selection(message=entry), path)

    def _output(self, selections: Sequence[Selection]) -> Output:
        args = self._args
        form: Format = args.form
        if args.maildir is not None:
            return MaildirOutput(args.maildir)
        if args.directory is not None:
            return FolderOutput(args.directory, Format.MAIL if form is Format.MT else form)
        if args.mbox:
            return MboxOutput(sys.stdout.buffer)
        is_several = len(selections) > 1 or any(selection.folders for selection in selections)
        if is_several and form not in _SEVERAL:
            raise InputError(
                "only a stream (--mt), cards, calendars, --mbox, --maildir and --directory "
                "can hold several messages"
            )
        return StreamOutput(sys.stdout.buffer, form)

    def _take(self, output: Output, selection: Selection, path: tuple[str, ...]) -> None:
        entry = selection.message
        if entry is None:
            return
        where = "/".join((*path, f"message {entry.mid:#x}"))
        try:
            if self._args.tree or self._args.properties:
                Show(properties=self._args.properties, tree=self._args.tree).frame(
                    self._source.message(entry, parent=entry.folder_id), where
                )
            size = output.take(self._source, entry, path)
        except (GromoxError, ValueError) as error:
            self._report.skip(where, error)
            return
        if size is not None:
            self._report.message(size)


def _paths(folders: Sequence[Folder]) -> Iterator[tuple[Folder, tuple[str, ...]]]:
    """Go through folders with their paths from the topmost one on."""
    known: dict[int, tuple[str, ...]] = {}
    for folder in folders:
        above = known.get(folder.parent_id, ()) if folder.parent_id is not None else ()
        known[folder.folder_id] = path = (*above, folder.name)
        yield folder, path


if __name__ == "__main__":
    sys.exit(main())
