"""Rules and automatic replies, for who may change them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.store.database import guarded
from gromox.store.operation import operation
from gromox.store.permission import Right
from gromox.store.rule import deferred, rows
from gromox.store.session.base import SessionPart

if TYPE_CHECKING:
    from gromox.mapi.modifyrow import ModifyRow
    from gromox.store.rule.model import Rule
    from gromox.store.rule.oof import OofSettings
    from gromox.store.rule.rows import RulesChanged


class Rules(SessionPart):
    """Rules of folders ([MS-OXORULE]); only owners of a folder see and change them."""

    __slots__ = ()

    @operation
    @guarded
    def rules(self, folder_id: int) -> list[Rule]:
        """Return the standard rules of a folder in the order in which they are evaluated.

        Raises:
            FolderGoneError, DeniedError: the folder is not there, or not the actor's own.
        """
        self._access.require_visible(folder_id)
        self._access.require(folder_id, Right.OWNER)
        return rows.read(self._file, folder_id)

    @operation
    @guarded
    def modify_rules(
        self, folder_id: int, changes: tuple[ModifyRow, ...], *, replace_all: bool = False
    ) -> RulesChanged:
        """Add, change and remove rules: all or none.

        Spec: [MS-OXORULE] 2.2.1, 3.2.5.2.

        Raises:
            FolderGoneError, DeniedError: the folder is not there, or not the actor's own.
            NotFoundError: a rule to be changed is not there.
            InvalidValueError: a rule may not be like that.
            LimitError: the folder cannot hold so many.
        """
        self._access.require_visible(folder_id)
        self._access.require(folder_id, Right.OWNER)
        return self._mailbox.modify_rules(folder_id, changes, replace_all=replace_all)

    @operation
    @guarded
    def update_deferred_actions(self, server_id: bytes, client_id: bytes) -> int:
        """Give deferred action messages about a message the id that a client knows; return their number.

        Spec: [MS-OXORULE] 2.2.3, 3.2.5.4.

        Args:
            server_id: the PtypServerId of the message.
            client_id: what the client calls it.

        Raises:
            DeniedError: the actor is not the owner of the store.
        """
        self._access.require_owner()
        with self._file.write(durable=True) as tx:
            return deferred.back_patch(tx, server_id, client_id)

    @operation
    @guarded
    def oof_settings(self) -> OofSettings:
        """Return the settings of automatic replies. Raises DeniedError."""
        self._access.require_owner()
        return self._mailbox.oof_settings()

    @operation
    @guarded
    def set_oof_settings(self, settings: OofSettings) -> None:
        """Change the settings of automatic replies. Raises DeniedError."""
        self._access.require_owner()
        self._mailbox.set_oof_settings(settings)
