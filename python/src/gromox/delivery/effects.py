"""Bring what mailboxes send by themselves into the queue: forwards, replies, refusals of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.base.log import get_logger
from gromox.delivery import facts
from gromox.store.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from gromox.delivery.spool import Spool
    from gromox.delivery.touched import Touched
    from gromox.store.rule.outgoing import Waiting

_log = get_logger("delivery")


class Effects:
    """Belongs to one worker."""

    def __init__(self, spool: Spool, touched: Touched, *, host: str) -> None:
        """Put mails into ``spool``, under our name ``host``."""
        self._spool, self._touched, self._host = spool, touched, host
        self._causing: dict[Path, None] = {}

    def expect(self, maildir: Path) -> None:
        """Note that a mailbox may have something to send once it is synced."""
        self._causing[maildir] = None

    def send(self) -> None:
        """Put everything into the queue. The mailboxes must be synced.

        What cannot be sent now is tried with the next batch: it waits in its mailbox.
        """
        due = [maildir for maildir in self._causing if maildir not in self._touched.failed]
        for maildir in due:
            try:
                self._send(maildir)
            except (StoreError, OSError) as error:
                _log.error("mails of rules wait", mailbox=str(maildir), reason=error)
                continue
            del self._causing[maildir]
        if due:
            self._touched.sync()  # lets go of them again

    def _send(self, maildir: Path) -> None:
        mailbox = self._touched.get(maildir)
        while mails := mailbox.outgoing():
            for mail in mails:
                self._enter(mail)
            self._spool.sync()
            mailbox.forget_outgoing([mail.outgoing_id for mail in mails])

    def _enter(self, mail: Waiting) -> None:
        draft = self._spool.begin(
            sender=mail.sender,
            recipients=mail.recipients,
            client=self._host,
            protocol=facts.RULE_PROTOCOL,
            options=facts.options_of(mail.delegated_for),
            # Entered again after a crash it has the same origin, and is delivered once.
            origin=mail.token,
        )
        for chunk in mail.chunks():
            draft.write(chunk)
        draft.finish()
        _log.notice("rule sends", mail=draft.mail_id, sender=mail.sender, recipients=len(mail.recipients))
