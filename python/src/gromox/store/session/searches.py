"""The part of a session that says what search folders look for.

Spec: [MS-OXCFOLD] 3.2.5.4, 3.2.5.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.store.errors import InvalidValueError
from gromox.store.match import criteria, populate
from gromox.store.match.criteria import SearchFlag
from gromox.store.operation import operation
from gromox.store.permission import Right
from gromox.store.session.base import SessionPart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.mapi.restriction import Restriction
    from gromox.store.match.criteria import SearchCriteria

_AT_ONCE: Final = 5000
"""Messages that are searched before the call returns; more are left to gromox-midb."""


class Searches(SessionPart):
    """Search folders."""

    __slots__ = ()

    @operation
    def set_search_criteria(
        self,
        folder_id: int,
        restriction: Restriction | None = None,
        folder_ids: Sequence[int] = (),
        flags: int = 0,
    ) -> None:
        """Say what a search folder looks for, and begin to, or stop.

        Args:
            folder_id: the search folder.
            restriction: the condition; None: that of the last time.
            folder_ids: where to look; empty: where it was looked the last time.
            flags: SearchFlag; with FOREGROUND the folder is filled when the call returns, with BACKGROUND it
                is not, without either it is if that is quick.

        Raises:
            FolderGoneError: a folder is not there for the actor.
            DeniedError: the actor does not own the search folder, or may not read where it is to look.
            InvalidValueError: it is no search folder, or what was said makes no sense.
            LimitError: the condition is too large, or there are too many.
        """
        self._access.require_visible(folder_id)
        self._access.require(folder_id, Right.OWNER)
        wanted = criteria.checked_flags(flags)
        for included in folder_ids:
            self._access.require_visible(included)
            self._access.require(included, Right.READ_ANY)
        with self._file.write(durable=True) as tx:
            criteria.write(tx, folder_id, restriction, folder_ids, wanted)
        if not wanted & (SearchFlag.STOP | SearchFlag.BACKGROUND):
            self._fill(folder_id, everything=bool(wanted & SearchFlag.FOREGROUND))

    def _fill(self, folder_id: int, *, everything: bool) -> None:
        search = self._file.searches.live.get(folder_id)
        scope = search.scope if search is not None else frozenset()
        total = sum(self._file.folders[each].total for each in scope if each in self._file.folders)
        if everything or total <= _AT_ONCE:
            while populate.populate(self._file, folder_id):
                pass

    @operation
    def search_criteria(self, folder_id: int) -> SearchCriteria:
        """Return what a search folder looks for, and how far it is.

        Raises:
            FolderGoneError, DeniedError: as above.
            InvalidValueError: it is no search folder, or looks for nothing yet.
        """
        self._access.require_visible(folder_id)
        self._access.require(folder_id, Right.OWNER)
        found = criteria.read(self._file, folder_id)
        if found is None:
            raise InvalidValueError("the folder looks for nothing")
        return found

    @operation
    def continue_search(self, folder_id: int) -> bool:
        """Look into one more folder of the scope; returns whether more is to be done."""
        self._access.require_visible(folder_id)
        return populate.populate(self._file, folder_id)
