"""Mails for mailboxes of this system, delivered together: one transaction a mailbox.

A transaction for each mail would write the counters, the flags of the folder and the last pages of all
tables again and again.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.log import INFO, get_logger
from gromox.delivery import facts, outcome
from gromox.delivery import header as headers
from gromox.delivery.outcome import Fate, Outcome, reason_of
from gromox.directory.errors import DirectoryError
from gromox.mapi.folderids import Private
from gromox.store.builtin import INBOX, IPM_SUBTREE
from gromox.store.errors import BusyError, StoreError
from gromox.store.model import Delivery, NewMail

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gromox.delivery.attempt import Attempt
    from gromox.delivery.effects import Effects
    from gromox.delivery.routing import Local
    from gromox.delivery.touched import Touched
    from gromox.directory.directory import Directory
    from gromox.store.mailbox import Mailbox

_log = get_logger("delivery")
#: What a mail may meet on its way that is nobody's defect.
EXPECTED: Final = (StoreError, DirectoryError, OSError)


class _Copy(NamedTuple):
    """One mail for one mailbox."""

    found: Attempt
    to: Local
    mail: bytes


class Batch:
    """Belongs to one worker."""

    def __init__(
        self,
        touched: Touched,
        directory: Directory,
        effects: Effects,
        *,
        detail_folders: bool,
        notes_meetings: bool = False,
    ) -> None:
        """Deliver to mailboxes of ``touched``; user+news@ goes to the folder news with ``detail_folders``.

        Args:
            touched: the mailboxes.
            directory: is asked about owners who have rules.
            effects: hears which mailboxes may have something to send.
            detail_folders: ``lda_detail_folder``.
            notes_meetings: ``lda_mrautoproc``.
        """
        self._touched, self._detail_folders = touched, detail_folders
        self._directory, self._effects = directory, effects
        self._notes_meetings = notes_meetings
        self._copies: dict[Path, list[_Copy]] = {}

    def add(self, found: Attempt, to: Local, mail: bytes) -> None:
        """Put a mail to those that :meth:`deliver` delivers."""
        self._copies.setdefault(to.maildir, []).append(_Copy(found, to, mail))

    def deliver(self) -> None:
        """Deliver; the outcomes stand in the attempts, and count when the mailboxes were synced."""
        copies, self._copies = self._copies, {}
        for maildir, each in copies.items():
            self._deliver(maildir, each)

    def _deliver(self, maildir: Path, copies: Sequence[_Copy]) -> None:
        try:
            mailbox = self._touched.get(maildir)
            wants_handling = cache(mailbox.wants_handling)  # it is one transaction: the answer is one for all
            deliveries = [self._delivery(mailbox, each, wants_handling) for each in copies]
            results = mailbox.deliver_many(deliveries)
        except Exception as error:  # noqa: BLE001 - one mail must not keep the worker from the others
            if len(copies) > 1 and not isinstance(error, BusyError):
                for each in copies:  # the fault of one of them, perhaps
                    self._deliver(maildir, [each])
                return
            if not isinstance(error, EXPECTED):
                _log.exception("delivery failed", error, mail=copies[0].found.item.mail_id)
            for each in copies:
                _refuse(each, error)
            return
        for each, delivery, result in zip(copies, deliveries, results, strict=True):
            if isinstance(result, StoreError):
                _refuse(each, result)
            else:
                _note(each, delivery, is_new=result is not None)

    def _delivery(self, mailbox: Mailbox, copy: _Copy, wants_handling: Callable[[int], bool]) -> Delivery:
        envelope, to = copy.found.item.envelope, copy.to
        detail = to.detail if self._detail_folders else ""
        folder_id = _folder(mailbox, detail, is_junk=copy.found.is_junk)
        addressed = None
        if not copy.found.is_junk and (
            wants_handling(folder_id) or facts.may_invite(copy.mail) or facts.is_delegated(envelope)
        ):
            addressed = facts.addressed(self._directory, to, envelope, notes_meetings=self._notes_meetings)
            self._effects.expect(to.maildir)
        return Delivery(
            NewMail(headers.trace(envelope.sender, to.recipient) + copy.mail, internal_date=envelope.arrival),
            folder_id,
            f"{envelope.token_base}:{to.username}",
            addressed,
        )


def _folder(mailbox: Mailbox, detail: str, *, is_junk: bool) -> int:
    """Return where in a mailbox the mail belongs."""
    if is_junk:
        return int(Private.JUNK)
    if detail:
        for parent in (INBOX, IPM_SUBTREE):
            folder = mailbox.child(parent, detail)
            if folder is not None and not folder.hidden and folder.container_class.startswith("IPF.Note"):
                return folder.folder_id
    return INBOX


def _note(copy: _Copy, delivery: Delivery, *, is_new: bool) -> None:
    to, envelope = copy.to, copy.found.item.envelope
    copy.found.outcomes.append(Outcome(to.recipient, to.username, Fate.DONE, mailbox=to.maildir))
    if _log.enabled(INFO):
        _log.info(
            "delivered" if is_new else "delivered before",
            mail=envelope.mail_id,
            recipient=to.recipient,
            user=to.username,
            folder=delivery.folder_id,
            size=envelope.size,
        )


def _refuse(copy: _Copy, error: Exception) -> None:
    reason = reason_of(error) or outcome.DEFECT
    _log.warning(
        "not delivered",
        mail=copy.found.item.mail_id,
        recipient=copy.to.recipient,
        mailbox=str(copy.to.maildir),
        status=reason.status,
        reason=error,
    )
    copy.found.settle(copy.to, reason)
