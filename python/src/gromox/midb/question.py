"""What a line asks about: a mailbox, folders by name, messages by number; and how it is refused.

Spec: reference/system/protocols.md section 15 (error codes). A message goes by its id in decimal digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.midb.grammar import name_of, word_of
from gromox.store.builtin import INBOX, ipm_subtree, is_mail_class
from gromox.store.names import path_of
from gromox.store.sync import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import TypeAlias

    from gromox.store.folder import Folder
    from gromox.store.mailbox import Mailbox
    from gromox.store.view import FolderView

UNKNOWN, PARAMETER, NO_FOLDER, NO_MESSAGE, FOLDER_EXISTS, FOLDER_LIMIT = 0, 1, 3, 5, 7, 8
MAILBOX_FULL, CANNOT_DELETE, NOT_LOADED, BUSY, OTHER = 9, 10, 11, 12, 14
MAX_ANSWER: Final = 50_000
"""Messages that one answer lists."""
#: Words behind TRUE, and the lines below.
Answer: TypeAlias = "tuple[Sequence[str], Sequence[str]]"
NOTHING: Final[Answer] = ((), ())


class RefusedError(Exception):
    """The answer is FALSE and a code."""

    def __init__(self, code: int) -> None:
        """Answer with ``code``."""
        super().__init__(str(code))
        self.code = code


@dataclass(frozen=True, slots=True)
class Services:
    """What a connection needs."""

    mailbox: Callable[[Path], Mailbox]
    """Gives an open mailbox. Raises StoreError."""
    is_ours: Callable[[Path], bool]
    """Tells whether a directory is that of a mailbox of this node."""
    look_at: Callable[[Path], None]
    """Has the mailbox looked at soon."""
    unload: Callable[[Path], object]
    """Has the mailbox closed if nobody uses it."""
    allowed: Callable[[str], bool]
    """Tells whether a peer may connect."""


@dataclass(frozen=True, slots=True)
class Question:
    """One line, while it is answered."""

    services: Services
    path: Path

    @property
    def mailbox(self) -> Mailbox:
        """The mailbox that is asked about."""
        return self.services.mailbox(self.path)

    def folder(self, word: str) -> Folder:
        """Return the folder that a word names."""
        return self._folder_at(name_of(word))

    def place(self, word: str) -> tuple[int, str]:
        """Return (parent, name) of a folder that is to be there."""
        *parents, name = name_of(word)
        if not parents:
            return ipm_subtree(is_public=self.mailbox.is_public), name
        return self._folder_at(parents).folder_id, name

    def _folder_at(self, path: list[str]) -> Folder:
        folders = {each.folder_id: each for each in self.mailbox.folders()}
        if path[0].casefold() == "inbox":
            at, path = INBOX, path[1:]
        else:
            at = ipm_subtree(is_public=self.mailbox.is_public)
        for name in path:
            child = self.mailbox.child(at, name)
            if child is None:
                raise RefusedError(NO_FOLDER)
            at = child.folder_id
        return folders[at]

    def named(self) -> list[tuple[Folder, str]]:
        """Return the folders of mail with their names as words."""
        folders = {each.folder_id: each for each in self.mailbox.folders()}
        top = ipm_subtree(is_public=self.mailbox.is_public)
        found = []
        for folder in folders.values():
            path: list[str] = []
            at: Folder | None = folder
            while at is not None and at.folder_id not in (top, INBOX):
                path.insert(0, at.name)
                at = folders.get(at.parent_id)
            if at is None or folder.folder_id == top or folder.is_search:
                continue
            if is_mail_class(folder.container_class):
                whole = ["inbox", *path] if at.folder_id == INBOX else path
                found.append((folder, word_of(whole)))
        return found

    def mids(self, folder: Folder, uids: Sequence[int]) -> dict[int, int]:
        """Return the message of each UID that is there."""
        return reading.mids_of(self.mailbox.file, folder.folder_id, uids)

    def uids(self, folder: Folder, words: Sequence[str]) -> list[int]:
        """Return the UIDs of messages of a folder. Raises RefusedError: one is not there."""
        by_mid = {mid: uid for uid, mid in self.mids(folder, self.view(folder).uids()).items()}
        found = [by_mid.get(int(word)) if word.isdecimal() else None for word in words]
        uids = [uid for uid in found if uid is not None]
        if len(uids) != len(words):
            raise RefusedError(NO_MESSAGE)
        return uids

    def view(self, folder: Folder) -> FolderView:
        """Return the newest view of a folder."""
        return self.mailbox.view(folder.folder_id)


def shown_name(word: str) -> str:
    """Return the name under which IMAP shows a folder; subscriptions are kept by it."""
    path = name_of(word)
    in_inbox = path[0].casefold() == "inbox"
    return path_of(path[1:] if in_inbox else path, in_inbox=in_inbox)


@dataclass(frozen=True, slots=True)
class Command:
    """A row of a table of commands."""

    run: Callable[[Question, Sequence[str]], Answer]
    arguments: range = range(1)
    """How many words may follow the directory."""


def listed(lines: Sequence[str]) -> Answer:
    """Return a count and so many lines."""
    return (str(len(lines)),), lines[:MAX_ANSWER]
