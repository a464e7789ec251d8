"""The part of a session that knows in which folder mail of a class arrives.

Spec: [MS-OXCSTOR] 2.2.1.2 to 2.2.1.4, 3.2.5.2 to 3.2.5.4.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from gromox.store.builtin import INBOX
from gromox.store.errors import (
    DeniedError,
    FolderGoneError,
    InvalidValueError,
    LimitError,
    UnsupportedError,
)
from gromox.store.extract import filetime
from gromox.store.operation import operation
from gromox.store.session.base import SessionPart

MAX_CLASSES: Final = 1000
_CLASS: Final = re.compile(r"(?!\.)[\x20-\x7e]{0,254}(?<!\.)")
_FIXED: Final = "ipm"


@dataclass(frozen=True, slots=True)
class ReceiveFolder:
    """A row of the receive folder table."""

    message_class: str
    folder_id: int
    modified_time: int


class Receiving(SessionPart):
    """Receive folders of a private mailbox."""

    __slots__ = ()

    @operation
    def receive_folder(self, message_class: str) -> tuple[str, int]:
        """Return (class of the row, folder) where messages of a class arrive.

        Spec: [MS-OXCSTOR] 3.2.5.2: the longest prefix counts; without any it is the Inbox.

        Raises:
            UnsupportedError: the store is public.
            InvalidValueError: that is no message class.
        """
        self._require_private()
        wanted = _checked(message_class).lower()
        rows = {row.message_class.lower(): row for row in self.receive_folders()}
        parts = wanted.split(".")
        for count in range(len(parts), -1, -1):
            found = rows.get(".".join(parts[:count]))
            if found is not None and found.folder_id in self._file.folders:
                return found.message_class, found.folder_id
        return "", INBOX

    @operation
    def receive_folders(self) -> tuple[ReceiveFolder, ...]:
        """Return the whole table ([MS-OXCSTOR] 3.2.5.4). Raises UnsupportedError."""
        self._require_private()
        self._file.refresh()
        rows = self._file.execute(
            "SELECT message_class, folder_id, modified_time FROM receive_folders ORDER BY message_class"
        )
        return tuple([ReceiveFolder(*row) for row in rows.fetchall()])

    @operation
    def set_receive_folder(self, message_class: str, folder_id: int | None) -> None:
        """Say where messages of a class and its sub-classes arrive; None: where those of its parent class do.

        Spec: [MS-OXCSTOR] 3.2.5.3.

        Raises:
            UnsupportedError: the store is public.
            InvalidValueError: that is no message class, or the empty one was to go.
            DeniedError: the actor is not the owner, or the class is IPM or REPORT.IPM, whose folder is fixed.
            FolderGoneError: there is no such folder.
            LimitError: there are too many classes.
        """
        self._require_private()
        self._access.require_owner()
        name = _checked(message_class)
        if name.lower() in (_FIXED, f"report.{_FIXED}"):
            raise DeniedError("the receive folder of that class is fixed")
        if not name and folder_id is None:
            raise InvalidValueError("mail of no known class arrives somewhere")
        file = self._file
        with file.write(durable=True) as tx:
            tx.next_cn()
            if folder_id is None:
                file.execute("DELETE FROM receive_folders WHERE message_class = ?", (name,))
                return
            if folder_id not in file.folders:
                raise FolderGoneError("there is no such folder (any more)")
            file.execute(
                "INSERT INTO receive_folders VALUES (?, ?, ?) ON CONFLICT (message_class)"
                " DO UPDATE SET folder_id = excluded.folder_id, modified_time = excluded.modified_time",
                (name, folder_id, filetime(tx.now)),
            )
            (count,) = file.execute("SELECT count(*) FROM receive_folders").fetchone()
            if count > MAX_CLASSES:
                raise LimitError(f"a mailbox has at most {MAX_CLASSES} receive folders")

    def _require_private(self) -> None:
        if self._file.is_public:
            raise UnsupportedError("public stores have no receive folders")


def _checked(message_class: str) -> str:
    """Return a message class that can stand in the table ([MS-OXCSTOR] 2.2.1.3.1)."""
    if not _CLASS.fullmatch(message_class) or ".." in message_class:
        raise InvalidValueError("that is no message class")
    return message_class
