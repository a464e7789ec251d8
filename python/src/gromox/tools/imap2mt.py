"""gromox-imap2mt: the mails of another server become a stream, folders and flags included.

Not one of the reference's programs, but of their kind: ``gromox-imap2mt ... | gromox-import -u user@domain``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.convert.mail import ReaderHooks, message_from_mail
from gromox.convert.mt import FolderFrame, FolderRow, MessageFrame, Parent, Prologue
from gromox.convert.tnef import read_tnef
from gromox.mapi import tags
from gromox.mapi.folderids import Private
from gromox.mapi.message import InMemory, PropertyBag
from gromox.mime.date import parse_date
from gromox.store.flags import Flag
from gromox.tools.command_line import USAGE, complain, guarded, new_parser
from gromox.tools.convert2mt import add_output
from gromox.tools.mbop.folder_spec import NAMES
from gromox.tools.mt.identity import stable_id
from gromox.tools.mt.imap import ImapError, ImapSession, ImapSource
from gromox.tools.mt.journal import Journal
from gromox.tools.mt.mailflags import set_flags
from gromox.tools.mt.pipe import FrameOutput, refuse_terminal
from gromox.tools.mt.report import Report
from gromox.tools.mt.show import Show
from gromox.tools.mt.source import Found

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

    from gromox.tools.mt.imap import ImapFolder, ImapMail

PROGRAM: Final = "gromox-imap2mt"
_PASSWORD: Final = "PASS"  # noqa: S105 - the name of a variable
_PORTS: Final = {"tls": 993, "starttls": 143, "none": 143}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the program."""
    parser = new_parser(
        PROGRAM,
        "Read the mails of another server by IMAP, write a stream for gromox-import.",
        epilog=f"The password stands in the environment variable {_PASSWORD}. Folders keep their names; "
        "those that the server marks as sent, trash, drafts or junk, or are called so in any language, go to "
        "the built-in ones.",
    )
    parser.add_argument("-h", "--host", required=True, help="the server")
    parser.add_argument("-u", "--user", required=True, help="who logs in there")
    parser.add_argument("--port", type=int, help="default: 993, or 143 without TLS from the start")
    parser.add_argument("--security", choices=sorted(_PORTS), default="tls", help="default: tls")
    parser.add_argument("--no-verify", dest="verify", action="store_false", help="accept any certificate")
    parser.add_argument(
        "--folder", action="append", metavar="PATTERN", help="only these folders (* and ? match)"
    )
    parser.add_argument("--exclude", action="append", default=[], metavar="PATTERN", help="but not these")
    parser.add_argument(
        *("-m", "--map"),
        action="append",
        default=[],
        metavar="FROM=TO",
        help="another place for a folder: a name such as SENT, or a path below the top such as Old/Mails",
    )
    parser.add_argument(
        "--journal", type=Path, metavar="FILE", help="do not fetch what gromox-import has noted there"
    )
    add_output(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    args = build_parser().parse_args(argv)
    mapping: dict[str, str] = {}
    for text in args.map:
        source, equals, target = text.partition("=")
        if not (source and equals and target.strip("/")):
            complain(PROGRAM, f"--map {text}: expected FROM=TO")
            return USAGE
        mapping[source] = target.strip("/")
    password = os.environ.get(_PASSWORD)
    if password is None:
        complain(PROGRAM, f"the environment variable {_PASSWORD} holds no password")
        return USAGE
    source = ImapSource(
        args.host,
        args.port or _PORTS[args.security],
        args.user,
        password,
        security=args.security,
        verify=args.verify,
        folders=tuple(args.folder or ["*"]),
        excluded=tuple(args.exclude),
    )
    return guarded(PROGRAM, lambda: _convert(args, source, mapping))


def _convert(args: argparse.Namespace, source: ImapSource, mapping: Mapping[str, str]) -> int:
    out = sys.stdout.buffer
    with Report(PROGRAM, path=args.report) as report:
        refused = refuse_terminal(out, PROGRAM, report)
        if refused is not None:
            return refused
        show = Show(properties=args.properties, tree=args.tree)
        journal = Journal(args.journal, read_only=True)
        session = ImapSession(source)
        try:
            builtin = [int(folder) for folder in Private]
            rows = tuple(FolderRow(number, False, number) for number in builtin)
            stream = FrameOutput(out, Prologue(folders=rows))
            for found in _Reading(session, source, mapping, journal, report).frames():
                show.frame(found.frame, found.where)
                stream.write(found.frame, found.where, report)
            out.flush()
        finally:
            session.close()
        return report.finish()


class _Reading:
    """One run over a server."""

    def __init__(
        self,
        session: ImapSession,
        source: ImapSource,
        mapping: Mapping[str, str],
        journal: Journal,
        report: Report,
    ) -> None:
        self._session, self._source, self._mapping = session, source, mapping
        self._journal, self._report = journal, report
        self._numbers: dict[tuple[str, ...], int] = {(): int(Private.IPM_SUBTREE)}

    def frames(self) -> Iterator[Found]:
        for folder in self._session.folders(self._report):
            where = "/".join(folder.path)
            try:
                yield from self._folder(folder, where)
            except ImapError as error:
                self._report.skip(where, error)

    def _folder(self, folder: ImapFolder, where: str) -> Iterator[Found]:
        target = self._place(folder, where)
        if isinstance(target, int):
            self._numbers[folder.path] = number = target
        else:
            yield from self._make(target)
            self._numbers[folder.path] = number = self._numbers[target]
        validity = self._session.select(folder)
        for mail in self._session.mails():
            shown = f"{where}: UID {mail.uid}"
            source_id = stable_id("imap", self._source.host, self._source.user, where, validity, mail.uid)
            if mail.flags & Flag.DELETED:
                self._report.skip(shown, "marked as deleted")
            elif not self._journal.knows(number, source_id):
                yield from self._mail(mail, number, source_id, shown)

    def _place(self, folder: ImapFolder, where: str) -> int | tuple[str, ...]:
        """Return the built-in folder, or the path, that mails of a folder go to."""
        wanted = self._mapping.get(where)
        if wanted is not None:
            known = NAMES.get(wanted.upper())
            return int(known) if known is not None else tuple(wanted.split("/"))
        if folder.special is not None:
            return int(folder.special)
        return folder.path

    def _make(self, path: tuple[str, ...]) -> Iterator[Found]:
        for depth in range(1, len(path) + 1):
            name = path[:depth]
            if name not in self._numbers:
                number = stable_id("imap folder", self._source.host, self._source.user, *name)
                bag = PropertyBag({tags.PidTagDisplayName: name[-1], tags.PidTagContainerClass: "IPF.Note"})
                frame = FolderFrame(number, Parent(source_id=self._numbers[name[:-1]]), bag)
                self._numbers[name] = number
                yield Found("/".join(name), frame)

    def _mail(self, mail: ImapMail, folder: int, source_id: int, where: str) -> Iterator[Found]:
        octets = self._session.octets(mail, where, self._report)
        if octets is None:
            return
        moment = parse_date(mail.date)
        message = message_from_mail(
            octets,
            hooks=ReaderHooks(tnef=read_tnef),
            received=None if moment is None else float(moment[0]),
        )
        set_flags(message.properties, mail.flags, mail.keywords)
        yield Found(where, MessageFrame(source_id, Parent(source_id=folder), message, InMemory(octets)))


if __name__ == "__main__":
    sys.exit(main())
