"""Commands that remove or move messages: delmsg, movemsg, emptyfld, purge-softdelete."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gromox.admin.service.errors import NoMatchError
from gromox.mapi import tags
from gromox.store.builtin import FIRST_FREE_OBJECT_ID
from gromox.store.errors import NotFoundError, StoreError
from gromox.store.extract import filetime
from gromox.store.mailbox import Mailbox
from gromox.store.mailbox_file import Options
from gromox.store.session import SYSTEM, StoreSession
from gromox.tools.mbop.command import Command, span
from gromox.tools.mbop.folder_spec import add_folders, resolve, tree

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from gromox.store.folder import Folder
    from gromox.tools.mbop.command import Job

_BATCH: Final = 1000
_TIMES: Final = (tags.PidTagMessageDeliveryTime, tags.PidTagLastModificationTime)


def _open(job: Job, *, soft: bool = True) -> Mailbox:
    """Open the mailbox so that deletions are soft, or final."""
    return Mailbox.open(job.path, clock=job.clock, options=Options(soft_delete=soft))


def purge_softdelete(job: Job) -> None:
    """Remove for good what was deleted softly at least the given age ago."""
    before = job.clock.now() - job.args.age
    count = 0
    with _open(job) as mailbox:
        for text in job.args.folders:
            folder = resolve(mailbox, text)
            count += mailbox.purge_softdeleted(
                before=before, folder_id=folder.folder_id, recurse=job.args.recurse
            )
        mailbox.sync()
    job.note(f"{job.target.name}: {count} messages purged")


def delmsg(job: Job) -> None:
    """Delete messages by id."""
    with _open(job) as mailbox:
        session = StoreSession.of(mailbox, SYSTEM)
        folder = resolve(mailbox, job.args.folder)
        _check_there(session, folder, job.args.ids)
        gone = session.delete_messages(folder.folder_id, job.args.ids, is_hard=not job.args.soft)
        mailbox.sync()
    job.note(f"{job.target.name}: {len(gone.removed)} messages deleted")


def movemsg(job: Job) -> None:
    """Move or copy messages by id."""
    with _open(job) as mailbox:
        session = StoreSession.of(mailbox, SYSTEM)
        source, target = resolve(mailbox, job.args.source), resolve(mailbox, job.args.target)
        _check_there(session, source, job.args.ids)
        act = session.copy_messages if job.args.copy else session.move_messages
        done = act(source.folder_id, job.args.ids, target.folder_id)
        mailbox.sync()
    word = "copied" if job.args.copy else "moved"
    job.note(f"{job.target.name}: {len(done.pairs)} messages {word}")


@dataclass(slots=True)
class _Emptied:
    messages: int = 0
    folders: int = 0
    kept: list[str] = field(default_factory=list)


def emptyfld(job: Job) -> None:
    """Remove the messages of folders, and on request the folders below."""
    emptied = _Emptied()
    with _open(job, soft=job.args.soft) as mailbox:
        for text in job.args.folders:
            _empty(mailbox, resolve(mailbox, text), job, emptied)
        mailbox.sync()
    job.note(f"{job.target.name}: {emptied.messages} messages and {emptied.folders} folders deleted")
    for name in emptied.kept:
        job.note(f"{job.target.name}: folder '{name}' is kept")


def _empty(mailbox: Mailbox, top: Folder, job: Job, emptied: _Emptied) -> None:
    args = job.args
    scope = tree(mailbox, top.folder_id) if args.recurse or args.nuke_folders else [top]
    # children before their parents, so that folders can be removed once they are empty
    for folder in reversed(scope):
        if folder.is_search:
            continue
        emptied.messages += _remove_messages(mailbox, folder, job)
        if folder is top or not (args.delempty or args.nuke_folders):
            continue
        if folder.folder_id < FIRST_FREE_OBJECT_ID or mailbox.folder(folder.folder_id).total:
            emptied.kept.append(folder.name)
            continue
        try:
            mailbox.delete_folder(folder.folder_id)
            emptied.folders += 1
        except StoreError:
            # a sub-folder of it was kept
            emptied.kept.append(folder.name)


def _remove_messages(mailbox: Mailbox, folder: Folder, job: Job) -> int:
    session = StoreSession.of(mailbox, SYSTEM)
    args = job.args
    mids = session.folder_messages(folder.folder_id, normal=not args.keep_normal, associated=args.associated)
    if args.age:
        cut = filetime(job.clock.now() - args.age)
        mids = tuple(
            mid
            for at in range(0, len(mids), _BATCH)
            for mid, (received, modified) in session.properties_of_messages(
                mids[at : at + _BATCH], _TIMES
            ).items()
            if _older(received or modified, cut)
        )
    gone = 0
    for at in range(0, len(mids), _BATCH):
        done = session.delete_messages(folder.folder_id, mids[at : at + _BATCH], is_hard=not args.soft)
        gone += len(done.removed)
    return gone


def _older(time: object, cut: int) -> bool:
    return isinstance(time, int) and time <= cut


def _check_there(session: StoreSession, folder: Folder, ids: Iterable[int]) -> None:
    """Look for the messages first.

    Raises:
        NoMatchError: one is not in the folder; nothing is done then.
    """
    missing = [mid for mid in sorted(set(ids)) if not _is_in(session, folder.folder_id, mid)]
    if missing:
        raise NoMatchError(
            f"folder '{folder.name}' has no message {', '.join(f'{mid:#x}' for mid in missing)}"
        )


def _is_in(session: StoreSession, folder_id: int, mid: int) -> bool:
    try:
        return session.message_folder(mid) == folder_id
    except NotFoundError:
        return False


def _number(text: str) -> int:
    return int(text, 0)


def _purge_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-r", dest="recurse", action="store_true", help="and the folders below")
    parser.add_argument(
        "-t", dest="age", type=span, default=0.0, metavar="AGE", help="deleted so long ago: 30d"
    )
    add_folders(parser)


def _delmsg_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-f", dest="folder", required=True, metavar="FOLDER", help="where they are")
    parser.add_argument("--soft", action="store_true", help="so that they can be brought back")
    _add_ids(parser)


def _movemsg_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-f", dest="source", required=True, metavar="FOLDER", help="where they are")
    parser.add_argument("-t", dest="target", required=True, metavar="FOLDER", help="where they go")
    parser.add_argument("--copy", action="store_true", help="copy instead of moving")
    _add_ids(parser)


def _emptyfld_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-M", dest="keep_normal", action="store_true", help="keep normal messages")
    parser.add_argument("-R", dest="recurse", action="store_true", help="and the folders below")
    parser.add_argument("-a", dest="associated", action="store_true", help="associated messages too")
    parser.add_argument("-t", dest="age", type=span, default=0.0, metavar="AGE", help="only older ones: 30d")
    parser.add_argument(
        "--delempty", action="store_true", help="with -R: delete folders below that are empty"
    )
    parser.add_argument("--nuke-folders", action="store_true", help="empty and delete the folders below")
    parser.add_argument("--soft", action="store_true", help="so that messages can be brought back")
    add_folders(parser)


def _add_ids(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="+", type=_number, metavar="MSGID", help="message id, decimal or 0x...")


COMMANDS: Final = (
    Command("delmsg", "Delete messages by id.", delmsg, _delmsg_arguments),
    Command("emptyfld", "Delete the messages of folders.", emptyfld, _emptyfld_arguments),
    Command("movemsg", "Move or copy messages by id.", movemsg, _movemsg_arguments),
    Command(
        "purge-softdelete",
        "Remove for good what was deleted softly.",
        purge_softdelete,
        _purge_arguments,
    ),
)
