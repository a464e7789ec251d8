"""The folders every mailbox is born with.

Spec:
    reference/system/store.md section 4: ids, parents, container classes, receive folder table. RFC 6154 for
    the special-use attributes.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from gromox.mapi.folderids import Private, Public

INBOX: Final = int(Private.INBOX)
IPM_SUBTREE: Final = int(Private.IPM_SUBTREE)
_FIRST_CUSTOM_ID: Final = 0x100
FIRST_FREE_OBJECT_ID: Final = 0x10000
"""Ids below are built in, or given out for objects that come with an id of their own (0x100 to 0xffff)."""


class FolderKind(enum.IntEnum):
    """[MS-OXCFOLD] 2.2.2.2.2.5 PidTagFolderType."""

    ROOT = 0
    GENERIC = 1
    SEARCH = 2


@dataclass(frozen=True, slots=True)
class BuiltinFolder:
    """One row of the tables of section 4; ``default_rights`` is the row ``default`` it is born with."""

    folder_id: int
    parent_id: int
    name: str
    container_class: str = ""
    hidden: bool = False
    kind: FolderKind = FolderKind.GENERIC
    default_rights: int | None = None


def _row(
    folder: Private, parent: int, name: str, container_class: str = "", **more: bool | int
) -> BuiltinFolder:
    rights = more.get("rights")
    return BuiltinFolder(
        int(folder),
        int(parent),
        name,
        container_class,
        hidden=bool(more.get("hidden", False)),
        kind=FolderKind(more.get("kind", FolderKind.GENERIC)),
        default_rights=None if rights is None else int(rights),
    )


_P = Private
PRIVATE_FOLDERS: Final[tuple[BuiltinFolder, ...]] = (
    _row(_P.ROOT, 0, "Root Container", kind=FolderKind.ROOT),
    _row(_P.DEFERRED_ACTION, _P.ROOT, "Deferred Action"),
    _row(_P.SPOOLER_QUEUE, _P.ROOT, "Spooler Queue", kind=FolderKind.SEARCH),
    _row(_P.SHORTCUTS, _P.ROOT, "Shortcuts"),
    _row(_P.FINDER, _P.ROOT, "Finder"),
    _row(_P.VIEWS, _P.ROOT, "Views"),
    _row(_P.COMMON_VIEWS, _P.ROOT, "Common Views"),
    _row(_P.SCHEDULE, _P.ROOT, "Schedule"),
    _row(_P.IPM_SUBTREE, _P.ROOT, "Top of Information Store"),
    _row(_P.SENT_ITEMS, _P.IPM_SUBTREE, "Sent Items", "IPF.Note"),
    _row(_P.DELETED_ITEMS, _P.IPM_SUBTREE, "Deleted Items", "IPF.Note"),
    _row(_P.OUTBOX, _P.IPM_SUBTREE, "Outbox", "IPF.Note"),
    _row(_P.INBOX, _P.IPM_SUBTREE, "Inbox", "IPF.Note"),
    _row(_P.DRAFTS, _P.IPM_SUBTREE, "Drafts", "IPF.Note"),
    _row(_P.CALENDAR, _P.IPM_SUBTREE, "Calendar", "IPF.Appointment", rights=0xC00),
    _row(_P.JOURNAL, _P.IPM_SUBTREE, "Journal", "IPF.Journal"),
    _row(_P.NOTES, _P.IPM_SUBTREE, "Notes", "IPF.StickyNote"),
    _row(_P.TASKS, _P.IPM_SUBTREE, "Tasks", "IPF.Task"),
    _row(_P.CONTACTS, _P.IPM_SUBTREE, "Contacts", "IPF.Contact"),
    _row(_P.QUICK_CONTACTS, _P.CONTACTS, "Quick Contacts", "IPF.Contact.MOC.QuickContacts", hidden=True),
    _row(_P.IM_CONTACTS, _P.CONTACTS, "IM Contacts List", "IPF.Contact.MOC.ImContactList", hidden=True),
    _row(_P.GAL_CONTACTS, _P.CONTACTS, "GAL Contacts", "IPF.Contact.GalContacts", hidden=True),
    _row(_P.JUNK, _P.IPM_SUBTREE, "Junk Email", "IPF.Note"),
    _row(_P.FREEBUSY, _P.ROOT, "Freebusy Data", rights=0x800),
    _row(_P.SYNC_ISSUES, _P.IPM_SUBTREE, "Sync Issues", "IPF.Note"),
    _row(_P.CONFLICTS, _P.SYNC_ISSUES, "Conflicts", "IPF.Note"),
    _row(_P.LOCAL_FAILURES, _P.SYNC_ISSUES, "Local Failures", "IPF.Note"),
    _row(_P.SERVER_FAILURES, _P.SYNC_ISSUES, "Server Failures", "IPF.Note"),
    _row(
        _P.CONVERSATION_ACTIONS,
        _P.IPM_SUBTREE,
        "Conversation Action Settings",
        "IPF.Configuration",
        hidden=True,
    ),
)

PUBLIC_FOLDERS: Final[tuple[BuiltinFolder, ...]] = (
    BuiltinFolder(Public.ROOT, 0, "Root Container", kind=FolderKind.ROOT),
    BuiltinFolder(Public.IPM_SUBTREE, Public.ROOT, "IPM_SUBTREE"),
    BuiltinFolder(Public.NON_IPM_SUBTREE, Public.ROOT, "NON_IPM_SUBTREE"),
    BuiltinFolder(Public.EFORMS_REGISTRY, Public.NON_IPM_SUBTREE, "EFORMS REGISTRY"),
)

RECEIVE_FOLDERS: Final[tuple[tuple[str, int], ...]] = (
    ("", Private.INBOX),
    ("IPC", Private.ROOT),
    ("IPM", Private.INBOX),
    ("REPORT.IPM", Private.INBOX),
)

SPECIAL_USE: Final[dict[int, bytes]] = {
    Private.SENT_ITEMS: rb"\Sent",
    Private.DELETED_ITEMS: rb"\Trash",
    Private.DRAFTS: rb"\Drafts",
    Private.JUNK: rb"\Junk",
}
"""RFC 6154 attributes of the built-in folders."""

SUBSCRIBED: Final[frozenset[int]] = frozenset({INBOX, *SPECIAL_USE})
"""Folders that count as subscribed until somebody unsubscribes them; the outbox, which is no place for mail
programs, does not."""


def ipm_subtree(*, is_public: bool) -> int:
    """Return the id of the folder whose descendants users see."""
    return int(Public.IPM_SUBTREE) if is_public else int(Private.IPM_SUBTREE)


def is_builtin(folder_id: int) -> bool:
    """Tell whether a folder was made at creation and has to stay."""
    return folder_id < _FIRST_CUSTOM_ID


def is_mail_class(container_class: str) -> bool:
    """Tell whether a folder of that class is shown to IMAP: mail, IMAP's own, or no class at all."""
    folded = container_class.casefold()
    return not folded or folded in {"ipf.imap", "ipf.note"} or folded.startswith("ipf.note.")
