"""The part of ``Mailbox`` that keeps what users add to folders beside messages: annotations, keys of URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.store import annotation, urlkey
from gromox.store.database import guarded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.store.mailbox_file import MailboxFile


class Annotating:
    """Annotations (RFC 5464), mailbox access keys (RFC 4467)."""

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
        with self._file.write(durable=True, scanned=False) as tx:
            annotation.change(tx, folder_id, self.username, changes)

    @guarded
    def special_uses(self) -> Mapping[int, bytes]:
        """Return what the owner said folders are used for (RFC 6154), by folder."""
        return annotation.special_uses(self._file)

    @guarded
    def url_key(self, folder_id: int) -> bytes | None:
        """Return the user's key for URLs of messages in a folder; None: there is none yet."""
        return urlkey.read(self._file, folder_id, self.username)

    @guarded
    def renew_url_key(self, folder_id: int) -> bytes:
        """Make a new key for a folder: what was signed before is void. Raises FolderGoneError."""
        with self._file.write(durable=True, scanned=False) as tx:
            return urlkey.replace(tx, folder_id, self.username)

    @guarded
    def forget_url_keys(self) -> None:
        """Remove all keys of the user in this mailbox."""
        with self._file.write(durable=True, scanned=False) as tx:
            urlkey.forget(tx, self.username)
