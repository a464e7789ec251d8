r"""A mailbox as somebody sees and uses it who is not its owner: every right is checked here.

Spec:
    [MS-OXCPERM] 2.2.7 (rights of folders); reference/system/store.md section 7 (order of rows, store owners).
    RFC 4314 section 4 for what becomes of flags that somebody may not set. Rights on what one made oneself
    (EDIT_OWNED, DELETE_OWNED) do not count here: a folder's messages are under one rule.

Folders that the guest may not know of are not there. ``\Seen`` is the owner's in a private mailbox, and that
of each reader in a public one. ``\Recent`` and subscriptions are the owner's alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.store.annotation import PRIVATE
from gromox.store.errors import DeniedError, FolderGoneError
from gromox.store.guest.changing import GuestChanging
from gromox.store.permission import Right

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Guest(GuestChanging):
    """An open mailbox in the hands of a guest; lives as long as the mailbox is held."""

    __slots__ = ()

    # Annotations.

    @property
    def username(self) -> str:
        """Return whose private annotations are meant."""
        return self._actor.username

    def annotations(self, folder_id: int) -> Mapping[str, bytes]:
        """Return the guest's own entries on a folder, and the shared ones (RFC 5464 section 3.3)."""
        self._require_use(folder_id)
        return super().annotations(folder_id)

    def annotation_numbers(self) -> Mapping[tuple[int, str], int]:
        """Return the change numbers of entries on folders that the guest may know of."""
        every = super().annotation_numbers()
        return {key: number for key, number in every.items() if key[0] and self.sees(key[0])}

    def annotate(self, folder_id: int, changes: Mapping[str, bytes | None]) -> None:
        """Set the guest's own entries; shared ones if the guest may change messages."""
        self._require_use(folder_id)
        if not all(entry.startswith(PRIVATE) for entry in changes):
            self._require(folder_id, Right.EDIT_ANY)
        super().annotate(folder_id, changes)

    def url_key(self, folder_id: int) -> bytes | None:
        """Return the guest's own key for URLs of messages that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().url_key(folder_id)

    def renew_url_key(self, folder_id: int) -> bytes:
        """Make a new key of the guest's own for a folder that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().renew_url_key(folder_id)

    def special_uses(self) -> Mapping[int, bytes]:
        """Return nothing: what the owner uses folders for, the guest does not."""
        return {}

    def _require_use(self, folder_id: int) -> None:
        if not self.sees(folder_id):
            raise FolderGoneError("there is no such folder (any more)")
        if not self.held(folder_id) & (Right.READ_ANY | Right.EDIT_ANY | Right.CREATE):
            raise DeniedError("the rights of the user do not cover it")

    # Limits and rights.

    def set_quota(self, **_: int | None) -> None:
        """Refuse: limits are the administrator's business."""
        raise DeniedError("limits are the administrator's")

    def permissions(self, folder_id: int) -> Sequence[tuple[str, int]]:
        """Return the rows of a folder that the guest owns."""
        self._require(folder_id, Right.OWNER)
        return super().permissions(folder_id)

    def set_rights(self, folder_id: int, user: str, rights: int | None) -> None:
        """Set the rights of a user on a folder that the guest owns."""
        self._require(folder_id, Right.OWNER)
        super().set_rights(folder_id, user, rights)
