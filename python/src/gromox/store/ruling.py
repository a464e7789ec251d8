"""The part of ``Mailbox`` about rules, automatic replies and what they send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.store.database import guarded
from gromox.store.rule import carry_out, oof, outgoing, rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.mapi.modifyrow import ModifyRow
    from gromox.store.mailbox_file import MailboxFile
    from gromox.store.rule.model import Rule
    from gromox.store.rule.oof import OofSettings
    from gromox.store.rule.outgoing import Waiting
    from gromox.store.rule.rows import RulesChanged


class Ruling:
    """Rules."""

    __slots__ = ()

    _file: MailboxFile

    @guarded
    def rules(self, folder_id: int) -> Sequence[Rule]:
        """Return the standard rules of a folder in their order. Raises FolderGoneError."""
        self._file.refresh()
        self._file.record(folder_id)
        return rows.read(self._file, folder_id)

    @guarded
    def modify_rules(
        self, folder_id: int, changes: Sequence[ModifyRow], *, replace_all: bool = False
    ) -> RulesChanged:
        """Add, change and remove rules: all or none.

        Spec: [MS-OXORULE] 3.2.5.2.

        Raises:
            FolderGoneError: there is no such folder.
            NotFoundError: a rule to be changed is not there.
            InvalidValueError: a rule may not be like that.
            LimitError: the folder cannot hold so many.
        """
        with self._file.write(durable=True) as tx:
            return rows.modify(tx, folder_id, changes, replace_all=replace_all)

    @guarded
    def wants_handling(self, folder_id: int) -> bool:
        """Tell whether a mail for a folder has to be delivered with ``Delivery.addressed``."""
        return carry_out.is_wanted(self._file, folder_id)

    @guarded
    def claim_outgoing(self) -> Sequence[Waiting]:
        """Return what is to be sent, after waiting for who is about to write something down.

        It may leave after :meth:`sync`.
        """
        return outgoing.claim(self._file)

    @guarded
    def outgoing(self) -> Sequence[Waiting]:
        """Return what is to be sent and nobody has put into the queue yet."""
        return outgoing.waiting(self._file)

    @guarded
    def forget_outgoing(self, outgoing_ids: Sequence[int]) -> None:
        """Remove what is in the queue, durably there; it may leave the queue after :meth:`sync`."""
        outgoing.forget(self._file, outgoing_ids)

    @guarded
    def oof_settings(self) -> OofSettings:
        """Return the settings of automatic replies."""
        return oof.read(self._file.path)

    @guarded
    def set_oof_settings(self, settings: OofSettings) -> None:
        """Change the settings of automatic replies; with a new absence everybody may be answered again."""
        before = oof.read(self._file.path)
        oof.write(self._file.path, settings)
        if settings.state is not before.state:
            with self._file.write(durable=True) as tx:
                oof.forget_answered(tx)
