"""The part of a session that knows how full a mailbox is, and who may send in the name of its owner.

Spec: reference/system/store.md sections 1 (lists of delegates) and 8 (limits); [MS-OXCSTOR] 2.2.2.1.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.store import delegates, quota
from gromox.store.delegates import MAX_DELEGATES, DelegateList
from gromox.store.errors import LimitError
from gromox.store.operation import operation
from gromox.store.session.base import SessionPart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.store.model import Quota

__all__ = ["MAX_DELEGATES", "DelegateList", "MailboxLimits"]


class MailboxLimits(SessionPart):
    """Limits and delegates of a mailbox."""

    __slots__ = ()

    @operation
    def quota(self) -> Quota:
        """Return use and limits in octets. Raises DeniedError: the actor is not the owner."""
        self._access.require_owner()
        return quota.read(self._file)

    @operation
    def delegates(self, which: DelegateList = DelegateList.ON_BEHALF) -> tuple[str, ...]:
        """Return the users and lists that may send on behalf of the owner, or as the owner.

        Raises:
            DeniedError: the actor is not the owner.
        """
        self._access.require_owner()
        return delegates.read(self._file.path, DelegateList(which))

    @operation
    def set_delegates(self, addresses: Sequence[str], which: DelegateList = DelegateList.ON_BEHALF) -> None:
        """Replace the list of who may send on behalf of the owner, or as the owner, in one step.

        Raises:
            DeniedError: the actor is not the owner.
            InvalidValueError, LimitError: an address is none, or there are too many.
        """
        self._access.require_owner()
        if len(addresses) > MAX_DELEGATES:
            raise LimitError(f"a list of delegates has at most {MAX_DELEGATES} addresses")
        kept = delegates.checked(addresses)
        delegates.write(self._file.path, DelegateList(which), kept, self._file.ids)
