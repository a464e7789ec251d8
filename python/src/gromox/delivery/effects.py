"""Bring what leaves mailboxes into the queue: what users submit, and forwards, replies, refusals of rules.

A mail is entered under a name that follows from its token. Whoever died after entering it and before the
mailbox forgot it finds it in the queue; this happens before anything is delivered from there, so nothing
leaves twice.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from gromox.base.log import get_logger
from gromox.delivery import facts
from gromox.store.errors import NotFoundError, StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from gromox.delivery.pickup import Words
    from gromox.delivery.spool import Spool
    from gromox.delivery.touched import Touched
    from gromox.store.rule.outgoing import Waiting

_log = get_logger("delivery")
#: The protocol of mails that users submit; no client can say it.
SUBMISSION_PROTOCOL: Final = "SUBMIT"


class Effects:
    """Belongs to one worker."""

    def __init__(self, spool: Spool, touched: Touched, words: Words, *, host: str) -> None:
        """Put mails into ``spool``, under our name ``host``; ``words`` tell of mailboxes."""
        self._spool, self._touched, self._words, self._host = spool, touched, words, host
        self._causing: dict[Path, None] = {}
        self._told: set[Path] = set()
        self._missing: set[Path] = set()

    def expect(self, maildir: Path) -> None:
        """Note that a mailbox may have something to send once it is synced."""
        self._causing[maildir] = None

    def collect(self) -> None:
        """Put into the queue what users submitted, and what is left of a time before a crash."""
        told = self._words.take()
        self._told.update(told)
        for maildir in told:
            self.expect(maildir)
        if self._causing:
            self.send()

    def send(self) -> None:
        """Put everything into the queue. The mailboxes must be synced.

        What cannot be sent now is tried with the next batch: it waits in its mailbox.
        """
        due = [maildir for maildir in self._causing if maildir not in self._touched.failed]
        for maildir in due:
            try:
                self._send(maildir)
            except (StoreError, OSError) as error:
                self._complain(maildir, error)
                continue
            del self._causing[maildir]
            self._missing.discard(maildir)
            if maildir in self._told:
                self._told.remove(maildir)
                self._words.done(maildir)
        if due:
            self._touched.sync()  # lets go of them again

    def _send(self, maildir: Path) -> None:
        mailbox = self._touched.get(maildir)
        if maildir not in self._told and not mailbox.outgoing():
            return
        while mails := mailbox.claim_outgoing():
            mailbox.sync()
            for mail in mails:
                self._enter(mail)
            self._spool.sync()
            mailbox.forget_outgoing([mail.outgoing_id for mail in mails])
            mailbox.sync()

    def _complain(self, maildir: Path, error: Exception) -> None:
        """Tell that mails wait; of a mailbox that is not there (yet) once: its file system may come back."""
        if isinstance(error, NotFoundError):
            if maildir in self._missing:
                return
            self._missing.add(maildir)
        _log.error("mails of a mailbox wait", mailbox=str(maildir), reason=error)

    def _enter(self, mail: Waiting) -> None:
        mail_id = _mail_id(mail)
        if self._spool.holds(mail_id):
            return
        draft = self._spool.begin(
            sender=mail.sender,
            recipients=mail.recipients,
            client=self._host,
            protocol=SUBMISSION_PROTOCOL if mail.is_submission else facts.RULE_PROTOCOL,
            options=facts.options_of(mail.delegated_for),
            # Entered again after a crash it has the same origin, and is delivered once.
            origin=mail.token,
            mail_id=mail_id,
        )
        for chunk in mail.chunks():
            draft.write(chunk)
        draft.finish()
        what = "message submitted" if mail.is_submission else "rule sends"
        _log.notice(what, mail=draft.mail_id, sender=mail.sender, recipients=len(mail.recipients))


def _mail_id(mail: Waiting) -> str:
    """Return the name that a mail always has in the queue; names in the order of time, as all are."""
    digest = hashlib.sha256(mail.token.encode()).hexdigest()
    return f"{mail.created * 1_000_000:014x}-{digest[:24]}"
