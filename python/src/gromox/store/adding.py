"""The part of ``Mailbox`` by which mail comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.store import append, builtin, delivering
from gromox.store.content import INLINE_LIMIT
from gromox.store.database import guarded, translated
from gromox.store.errors import StoreError
from gromox.store.model import Delivery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.store.append import ReadyMails
    from gromox.store.content import StagedContent
    from gromox.store.mailbox_file import MailboxFile
    from gromox.store.model import Appended, NewMail


class Adding:
    """APPEND and delivery."""

    __slots__ = ()

    _file: MailboxFile

    def stage(self, octets: bytes) -> StagedContent | None:
        """Write a large content to disk ahead of append, in any thread; None: it is small and needs no file.

        Hand the result in as ``NewMail.staged`` together with the same octets. A staged content that is
        never used is removed by :meth:`purge_datafiles`.
        """
        if len(octets) <= INLINE_LIMIT:
            return None
        try:
            return append.stage(self._file, octets)
        except OSError as error:
            raise translated(error) from error

    @guarded
    def append(self, folder_id: int, mails: Sequence[NewMail]) -> Appended:
        """Add mails to a folder: all or none.

        Raises:
            FolderGoneError, QuotaError, LimitError: nothing was added.
        """
        return append.append(self._file, folder_id, mails)

    @guarded
    def ready(self, folder_id: int, mails: Sequence[NewMail]) -> ReadyMails:
        """Do for :meth:`append_together` what needs no transaction.

        Small mails may stay unscanned: whoever reads them first has them scanned, or gromox-midb.
        """
        return append.ReadyMails(folder_id, append.put_off(self._file, mails))

    @guarded
    def append_together(self, readies: Sequence[ReadyMails]) -> Sequence[Appended | StoreError]:
        """Add what several callers made ready, in one transaction.

        Returns:
            For each what :meth:`append` would return or raise; a refusal is that of one alone.
        """
        return append.append_together(self._file, readies)

    @guarded
    def replace(self, folder_id: int, uid: int, target_id: int, mail: NewMail) -> Appended:
        """Add a mail to a folder and remove a message of a folder, both or neither (RFC 8508 3.4).

        Raises:
            FolderGoneError, MessageGoneError, QuotaError, LimitError: nothing was changed.
        """
        return append.replace(self._file, folder_id, uid, target_id, mail)

    @guarded
    def deliver(self, mail: NewMail, *, folder_id: int = builtin.INBOX, token: str) -> int | None:
        """Add a mail unless one was delivered with the same token before.

        Returns:
            The UID (0: rules put it elsewhere or removed it); None: the token was known, nothing was
            added. Each answer counts only after :meth:`sync`.

        Raises:
            FolderGoneError, QuotaError, LimitError: nothing was added.
        """
        (result,) = delivering.deliver(self._file, [Delivery(mail, folder_id, token)])
        if isinstance(result, StoreError):
            raise result
        return result

    @guarded
    def deliver_many(self, deliveries: Sequence[Delivery]) -> Sequence[int | StoreError | None]:
        """Add mails in one transaction, as :meth:`deliver` does.

        Returns:
            For each the UID or 0, None, or why it alone was refused (FolderGoneError, QuotaError). They count
            only after :meth:`sync`.

        Raises:
            StoreError: none was added, for a reason that may be that of one of them.
        """
        return delivering.deliver(self._file, deliveries)
