"""Commands that turn addresses of an old server into SMTP addresses: exaddrxlat, zaddrxlat."""

from __future__ import annotations

import argparse
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.admin.service.errors import AdminError, InputError
from gromox.mapi import tags
from gromox.store.errors import ConflictError, MessageGoneError, StoreError
from gromox.store.mailbox import Mailbox
from gromox.store.model import Columns
from gromox.store.property.ids import counter_of_short_id
from gromox.store.session import SYSTEM, StoreSession
from gromox.tools.mbop.command import Command
from gromox.tools.mbop.folder_spec import add_folders, resolve, tree
from gromox.tools.mbop.readdress import MOST_MISSING, Readdresser
from gromox.tools.mbop.user_map import Scheme, load
from gromox.tools.mt.report import Report, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gromox.store.folder import Folder
    from gromox.tools.mbop.command import Job

_TRIES: Final = 5  #: of a message that others change meanwhile


@dataclass(slots=True)
class _Count:
    looked_at: int = 0
    changed: int = 0
    failed: int = 0


def _translate(job: Job, scheme: Scheme) -> None:
    """Translate the addresses in the messages of folders.

    Raises:
        AdminError: messages were left out because of errors; all others were done.
    """
    readdresser = Readdresser(scheme, job.args.table)
    count = _Count()
    with Mailbox.open(job.path, clock=job.clock) as mailbox, Report("gromox-mbop", clock=job.clock) as report:
        session = StoreSession.of(mailbox, SYSTEM)
        for folder in _scope(mailbox, job.args):
            for mid in _messages(mailbox, folder):
                try:
                    count.changed += readdress_message(session, mid, readdresser)
                except MessageGoneError:
                    continue
                except StoreError as error:
                    count.failed += 1
                    report.skip(f"{job.target.name}: message {mid:#x} of '{folder.name}'", error)
                count.looked_at += 1
                report.message()
        mailbox.sync()
    missing = len(readdresser.missing)
    more = " or more" if missing >= MOST_MISSING else ""
    job.say(
        f"{job.target.name}: {count.looked_at} messages looked at, {count.changed} changed,"
        f" {missing}{more} addresses without an entry"
    )
    for address in sorted(readdresser.missing.values()):
        job.note(f"{job.target.name}: no entry for {scheme.name} {printable(address)}")
    if count.failed:
        raise AdminError(f"{count.failed} messages were left as they are")


def _scope(mailbox: Mailbox, args: argparse.Namespace) -> list[Folder]:
    """Return the folders that are meant, each once; all names are looked up before anything is done."""
    found: dict[int, Folder] = {}
    for text in args.folders:
        top = resolve(mailbox, text)
        for folder in tree(mailbox, top.folder_id) if args.recurse else [top]:
            if not folder.is_search:
                found[folder.folder_id] = folder
    return list(found.values())


def _messages(mailbox: Mailbox, folder: Folder) -> array[int]:
    """Return the messages that a folder has now: those that change meanwhile do not come again."""
    uids = mailbox.view(folder.folder_id).uids()
    return array("Q", (row.mid for row in mailbox.fetch(folder.folder_id, uids, Columns(0))))


def readdress_message(session: StoreSession, mid: int, readdresser: Readdresser) -> bool:
    """Translate the addresses in one message, if there are any; tells whether it was changed."""
    for attempt in range(1, _TRIES + 1):
        # the number is read first: a change in between is a conflict then, and not overwritten
        number = session.message_properties(mid, [tags.PidTagChangeNumber]).get(tags.PidTagChangeNumber)
        change = readdresser.change(session.read_message(mid))
        if change.is_empty:
            return False
        cn = counter_of_short_id(number) if isinstance(number, int) else None
        try:
            session.change_message(mid, change, expected_cn=cn)
        except ConflictError:
            if attempt == _TRIES:
                raise
        else:
            return True
    return False


def _table(scheme: Scheme) -> Callable[[str], Mapping[str, str]]:
    def read(text: str) -> Mapping[str, str]:
        try:
            return load(Path(text), scheme)
        except InputError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return read


def _arguments(scheme: Scheme) -> Callable[[argparse.ArgumentParser], None]:
    def add(parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "-m",
            dest="table",
            required=True,
            type=_table(scheme),
            metavar="MAPFILE",
            help=f"user map (JSON); taken: to, and {' or '.join(scheme.value)}",
        )
        parser.add_argument("-r", dest="recurse", action="store_true", help="and the folders below")
        add_folders(parser)

    return add


COMMANDS: Final = (
    Command(
        "exaddrxlat",
        "Turn EX addresses in messages into SMTP addresses.",
        lambda job: _translate(job, Scheme.EX),
        _arguments(Scheme.EX),
    ),
    Command(
        "zaddrxlat",
        "Turn ZARAFA addresses in messages into SMTP addresses.",
        lambda job: _translate(job, Scheme.ZARAFA),
        _arguments(Scheme.ZARAFA),
    ),
)
