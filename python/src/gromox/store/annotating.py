"""The part of ``Mailbox`` that keeps annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.store import annotation
from gromox.store.database import guarded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.store.mailbox_file import MailboxFile


class Annotating:
    """Annotations (RFC 5464)."""

    __slots__ = ()

    _file: MailboxFile

    @property
    def username(self) -> str:
        """Return whose private annotations are meant."""
        return self._file.owner

    @guarded
    def annotations(self, folder_id: int) -> Mapping[str, bytes]:
        """Return the user's entries on a folder (0: on the mailbox) and the shared ones, by name."""
        return annotation.read(self._file, folder_id, self.username)

    @guarded
    def annotation_numbers(self) -> Mapping[tuple[int, str], int]:
        """Return the change number of each of these entries, by folder (0: the mailbox) and name."""
        return annotation.numbers(self._file, self.username)

    @guarded
    def annotate(self, folder_id: int, changes: Mapping[str, bytes | None]) -> None:
        """Set entries, or remove those whose value is None; all or none.

        Raises:
            FolderGoneError, DeniedError: the folder is not there, or not the user's to annotate.
            InvalidValueError, LimitError: a value is too large, or there are too many.
        """
        with self._file.write(durable=True) as tx:
            annotation.change(tx, folder_id, self.username, changes)

    @guarded
    def special_uses(self) -> Mapping[int, bytes]:
        """Return what the owner said folders are used for (RFC 6154), by folder."""
        return annotation.special_uses(self._file)
