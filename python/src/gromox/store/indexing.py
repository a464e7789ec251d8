"""The part of ``Mailbox`` that keeps derived data current, off the way of writers: gromox-midb calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.store import unscanned
from gromox.store.database import guarded
from gromox.store.fulltext import update
from gromox.store.fulltext.attachment import attachment_texts
from gromox.store.item import rendering
from gromox.store.match import populate

if TYPE_CHECKING:
    from gromox.store.mailbox_file import MailboxFile


class Indexing:
    """Full text, search folders, and items written as mails ahead of IMAP."""

    __slots__ = ()

    _file: MailboxFile

    def keep_derived(self, *, attachments: bool = True) -> bool:
        """Do one bounded piece of what is to be done; returns whether there may be more.

        Search folders come first: somebody waits for them.

        Args:
            attachments: whether the texts of attachments are indexed too.
        """
        return self.fill_searches() or self.index_texts(attachments=attachments)

    @guarded
    def fill_searches(self) -> bool:
        """Look at some messages for search folders that are being filled; returns whether there were any."""
        if not populate.is_waiting(self._file):
            return False
        populate.populate(self._file)
        return True

    @guarded
    def index_texts(self, *, attachments: bool = True) -> bool:
        """Index the texts of some messages, and write items as mails; returns whether there may be more.

        Mails that APPEND left unscanned come first.
        """
        self._file.refresh(scanned=False)
        if self._file.unscanned and unscanned.scan_some(self._file):
            return True
        step = update.update(self._file, attachment_texts=attachment_texts if attachments else None)
        if step.unrendered_in is not None:
            while rendering.render_some(self._file, step.unrendered_in):
                pass
        return not step.is_complete

    @guarded
    def rebuild_text_index(self) -> None:
        """Forget the full-text index; :meth:`keep_derived` makes it anew."""
        update.rebuild(self._file)

    @guarded
    def is_derived_current(self) -> bool:
        """Tell whether nothing is left to do."""
        return not populate.is_waiting(self._file) and update.is_indexed(self._file)
