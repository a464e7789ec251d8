"""The part of ``Mailbox`` that tools and timers use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.store import check, moves, purge, repair, validity
from gromox.store.database import guarded
from gromox.store.item import maintenance, rendering

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.store.mailbox_file import MailboxFile
    from gromox.store.model import Problem
    from gromox.store.moves import Moves


class Maintenance:
    """Housekeeping of a mailbox."""

    __slots__ = ("_file",)

    _file: MailboxFile

    @guarded
    def moved_since(self, cn: int, *, not_before: float, limit: int) -> Moves:
        """Return which messages were moved to another folder after a change number, oldest first.

        Args:
            cn: of which the caller knows already.
            not_before: earlier moves (Unix seconds) are left out.
            limit: of transactions, and of messages of each.
        """
        return moves.moved_since(self._file, cn, not_before=int(not_before), limit=limit)

    @guarded
    def purge_softdeleted(self, *, before: float, folder_id: int | None = None, recurse: bool = True) -> int:
        """Remove for good what was deleted at or before a time; returns the number of messages.

        Args:
            before: the cut-off in Unix seconds.
            folder_id: only there; None: everywhere.
            recurse: and in the folders below.
        """
        return purge.purge_softdeleted(self._file, before=before, folder_id=folder_id, recurse=recurse)

    @guarded
    def purge_datafiles(self) -> int:
        """Remove files below ``cid/`` that nothing refers to; returns how many."""
        return purge.purge_datafiles(self._file)

    @guarded
    def check(self) -> list[Problem]:
        """Return what is inconsistent; an empty list is good news."""
        return check.check(self._file)

    @guarded
    def repair(self) -> list[Problem]:
        """Put right what can be derived from the messages; returns what was found."""
        return repair.repair(self._file)

    @guarded
    def set_locale(self, locale: str, names: Mapping[int, str]) -> int:
        """Remember the owner's language and name built-in folders in it; returns how many were renamed."""
        return maintenance.set_locale(self._file, locale, names)

    @guarded
    def recalculate_sizes(self) -> bool:
        """Count sizes and numbers of messages anew; returns whether something was wrong."""
        return maintenance.recalculate_sizes(self._file)

    @guarded
    def renumber(self, *, folders: bool = True, messages: bool = True) -> int:
        """Give everything a new change number and change key; returns how many objects there are."""
        return maintenance.renumber(self._file, folders=folders, messages=messages)

    @guarded
    def renew_uid_validity(self, folder_id: int | None = None) -> int:
        """Give all folders, or one, another UIDVALIDITY; returns how many got one.

        To be done to a mailbox that was taken back to an earlier state: UIDs, object ids and change numbers
        that were given out since then must not mean something else now.

        Raises:
            FolderGoneError: there is no such folder.
            LimitError: no number is left.
        """
        return validity.renew(self._file, folder_id)

    @guarded
    def render(self, folder_id: int) -> int:
        """Write the items of a folder as mails that IMAP has not seen; returns how many."""
        return rendering.ensure(self._file, folder_id)

    @guarded
    def set_frozen(self, *, is_frozen: bool) -> None:
        """Stop, or resume, everything that is done to the mailbox, by whatever process."""
        maintenance.set_frozen(self._file, is_frozen=is_frozen)

    @guarded
    def vacuum(self) -> None:
        """Rewrite the database without the space of removed messages.

        Nobody else may have it open meanwhile.
        """
        self._file.execute("VACUUM")
        self._file.mark_undurable()
