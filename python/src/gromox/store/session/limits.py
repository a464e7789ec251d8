"""The part of a session that knows how full a mailbox is, and who may send in the name of its owner.

Spec: reference/system/store.md sections 1 (lists of delegates) and 8 (limits); [MS-OXCSTOR] 2.2.2.1.1.
"""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from gromox.store import content, quota
from gromox.store.errors import InvalidValueError, LimitError, SendQuotaError
from gromox.store.operation import operation
from gromox.store.session.base import SessionPart

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gromox.store.model import Quota

MAX_DELEGATES: Final = 10_000
_MAX_ADDRESS: Final = 320
_MAX_FILE: Final = MAX_DELEGATES * (_MAX_ADDRESS + 2)


class DelegateList(StrEnum):
    """The two lists, each with the name of its file below ``config/``."""

    ON_BEHALF = "delegates.txt"
    SEND_AS = "sendas.txt"


class MailboxLimits(SessionPart):
    """Limits and delegates of a mailbox."""

    __slots__ = ()

    @operation
    def quota(self) -> Quota:
        """Return use and limits in octets. Raises DeniedError: the actor is not the owner."""
        self._access.require_owner()
        return quota.read(self._file)

    @operation
    def check_send(self) -> None:
        """Refuse to send from a mailbox that is too full for that.

        Raises:
            SendQuotaError: PidTagProhibitSendQuota is reached.
        """
        found = quota.read(self._file)
        if found.send_limit is not None and found.used >= found.send_limit:
            raise SendQuotaError(f"{found.used} of {found.send_limit} octets are used: nothing may be sent")

    @operation
    def delegates(self, which: DelegateList = DelegateList.ON_BEHALF) -> tuple[str, ...]:
        """Return the users and lists that may send on behalf of the owner, or as the owner.

        Raises:
            DeniedError: the actor is not the owner.
        """
        self._access.require_owner()
        path = self._list_path(which)
        try:
            with path.open("rb") as file:
                text = file.read(_MAX_FILE).decode("utf-8", "replace")
        except FileNotFoundError:
            return ()
        return tuple(dict.fromkeys([line.strip() for line in text.splitlines() if line.strip()]))

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
        kept = list(dict.fromkeys([address.strip().lower() for address in addresses]))
        for address in kept:
            if not 0 < len(address) <= _MAX_ADDRESS or "@" not in address or not address.isprintable():
                raise InvalidValueError("an address of a delegate is that of a user or a list")
        path = self._list_path(which)
        path.parent.mkdir(mode=0o770, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{self._file.ids.token(4)}")
        try:
            with content.open_new(temporary) as file:
                file.write("".join([f"{address}\n" for address in kept]).encode())
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    def _list_path(self, which: DelegateList) -> Path:
        return self._file.path / "config" / DelegateList(which).value
