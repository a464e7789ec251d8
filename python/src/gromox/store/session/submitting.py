"""The part of a session that sends messages, now or later, and calls that off.

Spec: [MS-OXOMSG] 2.2.4.1 (RopSubmitMessage), 2.2.4.2 (RopAbortSubmit), 2.2.5.5 (RopTransportSend);
[MS-OXCMSG] 2.2.1.6 (mfSubmitted, mfUnsent).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gromox.mapi import tags
from gromox.store import quota
from gromox.store.builtin import FolderKind
from gromox.store.errors import (
    DeniedError,
    InvalidValueError,
    NotSubmittedError,
    SendQuotaError,
    SubmittedError,
    UnsupportedError,
)
from gromox.store.extract import filetime
from gromox.store.flags import Flag
from gromox.store.item.entry import entry_of
from gromox.store.item.flagged import set_flags
from gromox.store.item.holding import Holding
from gromox.store.item.reading import item_of_row
from gromox.store.operation import operation
from gromox.store.permission import Right
from gromox.store.property.computed import MessageFlag
from gromox.store.property.message import ACCESS_DELETE, message_row
from gromox.store.session.rights import MessageRights
from gromox.store.submission import sending
from gromox.store.submission.addressee import addressees
from gromox.store.submission.composing import write_mail
from gromox.store.submission.originator import Originator, originator, stored_originator
from gromox.store.submission.sending import Afterwards, Ready
from gromox.store.submission.timing import TICKS, due_time, is_due
from gromox.store.touch import Touch

if TYPE_CHECKING:
    from gromox.convert.mail.hooks import SmtpOf
    from gromox.mapi.message import Message
    from gromox.store.item.entry import Entry
    from gromox.store.property.row import MessageRow
    from gromox.store.submission.post import PostOffice


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of a message that was submitted."""

    mid: int
    """Its id where it is now; 0: it was removed, as it asked for."""
    due: int = 0
    """When it will be sent (FILETIME); 0: it is sent."""


class Submitting(MessageRights):
    """Sending."""

    __slots__ = ()

    @operation
    def submit(self, mid: int) -> Submitted:
        """Send a message, at the time that it asks for; it is durable in the queue once this is acknowledged.

        Spec: [MS-OXOMSG] 2.2.4.1; 2.2.3.2 to 2.2.3.4 (deferred sending), 2.2.3.8 and 2.2.3.10 (afterwards).

        Raises:
            MessageGoneError, DeniedError: it is not there, or not the actor's to send, or not in that name.
            SubmittedError: it is on its way already.
            SendQuotaError: the mailbox is too full to send from it.
            InvalidValueError: it has no recipient, or one without an address.
            LimitError: they are too many, or it is too large, or is to be sent too late.
            BusyError: the directory, or (where it is to be sent later) gromox-timer does not answer.
            UnsupportedError: nothing is sent from there.
        """
        return self._submit(mid, may_wait=True)

    @operation
    def transport_send(self, mid: int) -> Submitted:
        """Send a message now, whatever time it asks for ([MS-OXOMSG] 2.2.5.5); raises what submit does."""
        return self._submit(mid, may_wait=False)

    @operation
    def abort_submit(self, mid: int) -> None:
        """Call off the sending of a message that waits for its time: it is a draft again.

        Spec: [MS-OXOMSG] 2.2.4.2.

        Raises:
            MessageGoneError, DeniedError: it is not there, or not the actor's.
            NotSubmittedError: it does not wait, or was sent.
        """
        self._editable(mid)
        with self._file.write(durable=True) as tx:
            entry_of(tx.file, mid)
            job = sending.timer_of(tx.file, mid)
            if job is None:
                raise NotSubmittedError("the message is not on its way (any more)")
            sending.release(tx, mid)
        if self._post is not None:
            self._post.alarm.cancel(job)

    @operation
    def send_deferred(self, mid: int) -> bool:
        """Send a message that waits, if its time has come; returns whether it was sent now.

        A job that comes twice, too early, or for a message that was called off or removed does nothing.

        Raises:
            DeniedError: only the product itself does that.
        """
        if not self._actor.is_system:
            raise DeniedError("messages that wait are sent at their time")
        file = self._file
        file.refresh()
        row = message_row(file, mid)
        if row is None or row.number("state") or sending.timer_of(file, mid) is None:
            return False
        due = row.stored(tags.PidTagDeferredSendTime)
        if isinstance(due, int) and not is_due(due, filetime(file.clock.now())):
            return False
        message = item_of_row(row)
        origin = stored_originator(message.properties)
        if origin is None:
            raise InvalidValueError("the message does not tell who sends it")
        self._send(row, self._ready(row, message, origin, smtp_of=None))
        return True

    @operation
    def is_submitted(self, mid: int) -> bool:
        """Tell whether a message is on its way out."""
        self._file.refresh()
        self._readable(mid)
        (flags,) = self._file.execute("SELECT message_flags FROM messages WHERE mid = ?", (mid,)).fetchone()
        return bool(flags & MessageFlag.SUBMITTED)

    @operation
    def deferred_messages(self) -> tuple[tuple[int, int], ...]:
        """Return (message, PidTagDeferredSendTime) of everything that is to be sent later."""
        self._access.require_owner()
        self._file.refresh()
        found = []
        query = "SELECT mid FROM messages WHERE timer_id IS NOT NULL AND state = 0 AND message_flags & ?"
        for (mid,) in self._file.execute(query, (int(MessageFlag.SUBMITTED),)).fetchall():
            row = message_row(self._file, mid)
            time = None if row is None else row.stored(tags.PidTagDeferredSendTime)
            found.append((int(mid), time if isinstance(time, int) else 0))
        return tuple(found)

    @operation
    def check_send(self) -> None:
        """Refuse to send from a mailbox that is too full for that.

        Raises:
            SendQuotaError: PidTagProhibitSendQuota is reached.
        """
        found = quota.read(self._file)
        if found.send_limit is not None and found.used >= found.send_limit:
            raise SendQuotaError(f"{found.used} of {found.send_limit} octets are used: nothing may be sent")

    def _submit(self, mid: int, *, may_wait: bool) -> Submitted:
        post = self._post_office()
        file = self._file
        if file.is_public:
            raise UnsupportedError("nothing is sent from public folders")
        file.refresh()
        row = self._submittable(self._editable(mid))
        self.check_send()
        message = item_of_row(row)
        origin = originator(message.properties, self._actor, post.book)
        ready = self._ready(row, message, origin, smtp_of=post.book.smtp_of)
        now = filetime(file.clock.now())
        due = due_time(message.properties, now) if may_wait else None
        if due is not None:
            self._defer(ready, due, now)
            return Submitted(mid, due)
        return Submitted(self._send(row, ready))

    def _post_office(self) -> PostOffice:
        if self._post is None:
            raise UnsupportedError("nothing is sent from here")
        return self._post

    def _submittable(self, entry: Entry) -> MessageRow:
        row = message_row(self._file, entry.mid, username=self._actor.username)
        if row is None or entry.associated:
            raise InvalidValueError("configuration is not sent")
        if row.number("message_flags") & MessageFlag.SUBMITTED:
            raise SubmittedError("the message is on its way already")
        return row

    def _ready(
        self, row: MessageRow, message: Message, origin: Originator, *, smtp_of: SmtpOf | None
    ) -> Ready:
        limit = self._post_office().max_recipients
        to = addressees(message, smtp_of, limit=limit)
        after = sending.afterwards_of(self._file, message.properties)
        if not self._may_leave(row, after.folder_id):
            after = Afterwards()
        return Ready(row.mid, row.number("cn"), row.is_mail, message, origin, to, after)

    def _may_leave(self, row: MessageRow, target: int | None) -> bool:
        """Tell whether the actor may remove a message, or move it to a folder."""
        if not self._row_access(row) & ACCESS_DELETE:
            return False
        if target is None:
            return True
        return self._file.record(target).kind != FolderKind.SEARCH and self._access.may(target, Right.CREATE)

    def _send(self, row: MessageRow, ready: Ready) -> int:
        """Write the mail, then do all the rest in one transaction; returns the message's id afterwards."""
        file, post = self._file, self._post_office()
        now = filetime(file.clock.now())
        values = sending.submission_values(file, ready, now)
        # What job there was ends with it; one that comes all the same finds nothing to do.
        job = sending.timer_of(file, ready.mid)
        with Holding(file) as holding:
            mail = write_mail(
                holding,
                row,
                sending.with_values(ready.message, values, ready.to.rows),
                ready.origin,
                smtp_of=post.book.smtp_of,
                limit=post.max_size,
                now=now,
            )
            with file.write(durable=True) as tx:
                if sending.timer_of(file, ready.mid) != job:
                    raise NotSubmittedError("the sending was called off meanwhile")
                mid = sending.send(tx, holding, ready, values, mail, modifier=self._actor.username)
                post.pickup.leave_word(file.path)
        post.pickup.ring()
        return mid

    def _defer(self, ready: Ready, due: int, now: int) -> None:
        """Lock a message until its time, and have it looked at then."""
        file, post = self._file, self._post_office()
        values = sending.submission_values(file, ready, now) | {tags.PidTagDeferredSendTime: due}
        removed = () if ready.afterwards != Afterwards() else sending.AFTERWARDS_TAGS
        # First the job: one whose message does not wait is harmless, a message without a job waits for ever.
        job = post.alarm.set(file.path, ready.mid, max((due - now) // TICKS, 1))
        try:
            with Holding(file) as holding, file.write(durable=True) as tx:
                sending.change(tx, holding, ready, values, removed=removed, modifier=self._actor.username)
                sending.mark(tx, ready.mid, on=MessageFlag.SUBMITTED, timer_id=job)
                set_flags(tx, ready.mid, Flag(0), Flag.DRAFT)
                tx.note(entry_of(file, ready.mid).folder_id, [ready.mid], Touch.CONTENT)
        except BaseException:
            post.alarm.cancel(job)
            raise
