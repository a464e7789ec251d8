"""Which folder of a source is which built-in folder: by its name, in any language or program's words."""

from __future__ import annotations

from functools import cache
from typing import Final

from gromox.mapi.folderids import Private
from gromox.share.folder_names import FALLBACK, builtin_names, languages

#: Folders that other programs have too, the likeliest of each name first.
_KNOWN: Final = (
    Private.INBOX,
    Private.SENT_ITEMS,
    Private.DELETED_ITEMS,
    Private.DRAFTS,
    Private.JUNK,
    Private.OUTBOX,
    Private.CALENDAR,
    Private.CONTACTS,
    Private.TASKS,
    Private.NOTES,
    Private.JOURNAL,
)
_OTHER_NAMES: Final = {
    "sent": Private.SENT_ITEMS,
    "sent messages": Private.SENT_ITEMS,
    "sent mail": Private.SENT_ITEMS,
    "trash": Private.DELETED_ITEMS,
    "deleted messages": Private.DELETED_ITEMS,
    "draft": Private.DRAFTS,
    "junk": Private.JUNK,
    "junk e-mail": Private.JUNK,
    "spam": Private.JUNK,
}


@cache
def _by_name() -> dict[str, Private]:
    found = dict(_OTHER_NAMES)
    for locale in (FALLBACK, *languages()):
        names = builtin_names(locale)
        for target in _KNOWN:
            found.setdefault(names[target].casefold(), target)
    return found


def folder_of_name(name: str) -> Private | None:
    """Return the built-in folder of a name at the top of a source; None: it is an ordinary one."""
    return _by_name().get(name.strip().casefold())
