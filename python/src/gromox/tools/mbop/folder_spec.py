r"""How folders are named on the command line: ``13``, ``0xd``, ``/Top/Inbox``, ``SENT/2024``, ``inbox\sub``.

Spec: reference/system/cli.md, "Folder spec"; store.md section 4 (ids).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.admin.service.errors import InputError, NoMatchError
from gromox.mapi.folderids import Private, Public

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from gromox.store.folder import Folder
    from gromox.store.mailbox import Mailbox

#: Symbolic names of the folders of a private store.
NAMES: Final[Mapping[str, int]] = {
    "CALENDAR": Private.CALENDAR,
    "COMMON_VIEWS": Private.COMMON_VIEWS,
    "CONFLICTS": Private.CONFLICTS,
    "CONTACTS": Private.CONTACTS,
    "DEFERRED_ACTION": Private.DEFERRED_ACTION,
    "DELETED": Private.DELETED_ITEMS,
    "DRAFTS": Private.DRAFTS,
    "FINDER": Private.FINDER,
    "INBOX": Private.INBOX,
    "IPM_SUBTREE": Private.IPM_SUBTREE,
    "JOURNAL": Private.JOURNAL,
    "JUNK": Private.JUNK,
    "LOCAL_FAILURES": Private.LOCAL_FAILURES,
    "NOTES": Private.NOTES,
    "OUTBOX": Private.OUTBOX,
    "SENT": Private.SENT_ITEMS,
    "SERVER_FAILURES": Private.SERVER_FAILURES,
    "SHORTCUTS": Private.SHORTCUTS,
    "SYNC_ISSUES": Private.SYNC_ISSUES,
    "TASKS": Private.TASKS,
    "TRASH": Private.DELETED_ITEMS,
    "VIEWS": Private.VIEWS,
    "WASTEBASKET": Private.DELETED_ITEMS,
}
PUBLIC_NAMES: Final[Mapping[str, int]] = {"IPM_SUBTREE": Public.IPM_SUBTREE}
ROOT: Final = int(Private.ROOT)  #: the same number in both kinds of store
LONGEST: Final = 4096  #: characters of a specification


def add_folders(parser: argparse.ArgumentParser) -> None:
    """Let a command take folders, at least one."""
    parser.add_argument(
        "folders", nargs="+", metavar="FOLDER", help="number, /path/from/root, or a name such as SENT/2024"
    )


def resolve(mailbox: Mailbox, text: str) -> Folder:
    """Return the folder that ``text`` names.

    Raises:
        InputError: it is no specification.
        NoMatchError: there is no such folder; the text says where the path ends.
    """
    if not text or len(text) > LONGEST:
        raise InputError("expected a folder: a number, /path/from/root, or a name such as INBOX")
    parts = text.replace("\\", "/").split("/")
    if parts[0] == "":
        return _descend(mailbox, mailbox.folder(ROOT), [part for part in parts if part], text)
    return _descend(mailbox, _start(mailbox, parts[0], text), [part for part in parts[1:] if part], text)


def _start(mailbox: Mailbox, word: str, text: str) -> Folder:
    names = PUBLIC_NAMES if mailbox.is_public else NAMES
    number = names.get(word.upper())
    if number is None:
        try:
            number = int(word, 0)
        except ValueError:
            raise InputError(
                f"'{text}' begins with neither / nor a number nor one of {' '.join(names)}"
            ) from None
    folders = {folder.folder_id: folder for folder in mailbox.folders()}
    if number not in folders:
        raise NoMatchError(f"there is no folder {word}")
    return folders[number]


def _descend(mailbox: Mailbox, folder: Folder, names: list[str], text: str) -> Folder:
    for name in names:
        below = mailbox.child(folder.folder_id, name)
        if below is None:
            raise NoMatchError(f"'{text}': '{folder.name}' has no folder '{name}'")
        folder = below
    return folder


def tree(mailbox: Mailbox, folder_id: int) -> list[Folder]:
    """Return a folder and all below it, parents first."""
    children: dict[int, list[Folder]] = {}
    start: list[Folder] = []
    for folder in mailbox.folders():
        if folder.folder_id == folder_id:
            start.append(folder)
        elif folder.parent_id is not None:
            children.setdefault(folder.parent_id, []).append(folder)
    found: list[Folder] = []
    while start:
        folder = start.pop(0)
        found.append(folder)
        start += children.get(folder.folder_id, [])
    return found
