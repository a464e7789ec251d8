"""The delivery worker: takes mails from the spool, tries them, and settles what became of them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from gromox.base import metrics
from gromox.base.log import get_logger
from gromox.delivery import header as headers
from gromox.delivery import junk, outcome, report
from gromox.delivery.attempt import Attempt, Ways, attempt, hand_over
from gromox.delivery.batch import Batch
from gromox.delivery.closer import Closer
from gromox.delivery.effects import Effects
from gromox.delivery.outcome import Fate, Outcome
from gromox.delivery.pickup import Words
from gromox.delivery.queue import Queue
from gromox.delivery.relay import relay_of
from gromox.delivery.settings import (
    ADMIN_MAILBOX,
    BOUNCE_POSTMASTER,
    CACHE_SCAN_INTERVAL,
    LDA_DETAIL_FOLDER,
    LDA_JUNK_RULES,
    LDA_MRAUTOPROC,
    MX_HOST,
    MX_PORT,
    OUTGOING_SMTP_URL,
    RESPONSE_AUDIT_CAPACITY,
    RESPONSE_INTERVAL,
    RETRYING_TIMES,
)
from gromox.delivery.spool import CACHE, SAVE
from gromox.delivery.spool_file import State
from gromox.delivery.touched import Touched
from gromox.store.errors import NoSpaceError

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Sequence

    from gromox.delivery.queue import Item
    from gromox.delivery.services import DeliveryServices
    from gromox.delivery.spool_file import Envelope

_log = get_logger("delivery")

#: Mails that share one sync.
BATCH: Final = 64
#: Octets of mail above which the mails of a batch are not kept in memory together.
_BATCH_OCTETS: Final = 4 << 20
#: A batch of fewer mails is followed by a pause, in which more come in that then cost less together: one
#: delivered by itself costs twice the time of the processor.
_FEW: Final = 32
#: Seconds of that pause; a mail that comes alone does not wait for it.
_COLLECT: Final = 0.025
#: Seconds without mail after which there is time to tidy up.
_IDLE: Final = 1.0
#: Seconds after which an idle worker looks at the spool by itself: moving files there rings no bell.
_LOOK: Final = 5.0
#: The wait before try n is the interval times 2^(n-1), at most so many times.
_MAX_BACK_OFF: Final = 16
#: With 3 minutes and 30 tries a mail is tried for about 21 hours.


class DeliveryWorker:
    """Delivers in one thread; has mailboxes and caches of its own. Several may run on one spool."""

    def __init__(self, services: DeliveryServices) -> None:
        """Prepare; SettingsError and ValueError speak of options that cannot be understood."""
        settings = services.settings
        self._services = services
        self._queue = Queue(services.spool.path, clock=services.clock)
        self._touched = Touched(services.mailboxes())
        url = settings[OUTGOING_SMTP_URL] or f"smtp://[{settings[MX_HOST]}]:{settings[MX_PORT]}"
        self._ways = Ways(
            resolver=services.resolver,
            relay=services.relay or relay_of(url, hello=services.host),
            junk_rules=junk.parse(settings[LDA_JUNK_RULES]),
        )
        self._effects = Effects(services.spool, self._touched, Words(services.spool.path), host=services.host)
        self._batch = Batch(
            self._touched,
            services.resolver.directory,
            self._effects,
            detail_folders=settings[LDA_DETAIL_FOLDER],
            notes_meetings=settings[LDA_MRAUTOPROC],
        )
        self._closer = Closer()
        self._audit = report.ResponseAudit(
            services.clock, capacity=settings[RESPONSE_AUDIT_CAPACITY], interval=settings[RESPONSE_INTERVAL]
        )
        self._interval = settings[CACHE_SCAN_INTERVAL]
        self._next_scan = 0.0

    def run(self, stop: threading.Event) -> None:
        """Deliver until ``stop`` is set (ring the bell after setting it)."""
        try:
            with self._services.turn:
                while not stop.is_set():
                    tried = self._work(stop)
                    if 0 < tried < _FEW:
                        stop.wait(_COLLECT)
                    elif not tried and not self._wait(stop, _IDLE):
                        self._touched.rest()
                        self._wait(stop, _LOOK)
        finally:
            self.close()

    def _wait(self, stop: threading.Event, seconds: float) -> bool:
        """Wait for the bell; tell whether it rang."""
        if self._services.bell is None:
            return stop.wait(seconds)
        return self._services.bell.wait(seconds)

    def run_once(self, limit: int = BATCH, *, stop: threading.Event | None = None) -> int:
        """Deliver up to ``limit`` mails; return how many were tried."""
        tried: list[Attempt] = []
        self._touched.begin()
        self._effects.collect()
        for items in _portions(self._next_items(limit)):
            if stop is not None and stop.is_set():
                for item in items:
                    item.release()
                continue
            with self._services.memory.hold(sum([item.envelope.size for item in items])):
                tried += [attempt(item, self._ways, self._batch) for item in items]
                self._batch.deliver()
        self._touched.sync()
        self._effects.send()
        leaving = []
        for each in tried:
            if each.remote:
                leaving.append(each)
            else:
                self._settle_somehow(each)
        self._closer.go()
        if leaving:
            self._hand_over(leaving)
        return len(tried)

    def _hand_over(self, leaving: Sequence[Attempt]) -> None:
        """Bring mails to other systems, which may take long: another worker takes over the mailboxes."""
        with self._services.turn.aside():
            for each in leaving:
                with self._services.memory.hold(each.item.envelope.size):
                    hand_over(each, self._ways.relay)
                self._settle_somehow(each)
            self._touched.close()

    def _work(self, stop: threading.Event) -> int:
        try:
            return self.run_once(stop=stop)
        except OSError as error:
            _log.error("spool cannot be read", spool=str(self._services.spool.path), reason=error)
            return 0

    def close(self) -> None:
        """Close the mailboxes."""
        self._touched.close()
        self._closer.stop()

    def _next_items(self, limit: int) -> list[Item]:
        now = self._services.clock.monotonic()
        items: list[Item] = []
        if now >= self._next_scan:
            # Often enough that a retry is not late by more than a part of the interval.
            self._next_scan = now + min(self._interval / 6, 30.0)
            self._queue.recover()
            items = self._queue.due(limit)
            if len(items) == limit:
                self._next_scan = now
        return items + self._queue.take(limit - len(items))

    # -- what became of a mail

    def _settle_somehow(self, tried: Attempt) -> None:
        """Settle a mail; if that fails it waits: what was done already is not done twice."""
        try:
            self._settle(tried)
        except Exception as error:  # noqa: BLE001 - one mail must not keep the worker from the others
            item = tried.item
            if isinstance(error, NoSpaceError | OSError):
                _log.error("queue cannot be written", mail=item.mail_id, reason=error)
            else:
                _log.exception("mail cannot be settled", error, mail=item.mail_id)
            try:
                self._postpone(item, f"{outcome.DEFECT.status} {outcome.DEFECT.text}")
            except OSError as failure:
                _log.error("mail left where it is", mail=item.mail_id, reason=failure)
                item.release()

    def _settle(self, tried: Attempt) -> None:
        item = tried.item
        outcomes = [self._judged(each, item.envelope) for each in tried.outcomes]
        for each in outcomes:
            metrics.DELIVERIES.add(each.fate.name.lower())
        failures = [each for each in outcomes if each.fate is Fate.NEVER]
        told = not failures or self._tell(item, failures, tried.header)
        delivered: list[str] = []
        bounced: list[str] = []
        waiting: list[Outcome] = []
        for route in tried.routes:
            mine = [each for each in outcomes if each.recipient == route.recipient]
            left = [
                each for each in mine if each.fate is Fate.LATER or (each.fate is Fate.NEVER and not told)
            ]
            if left and route.is_list:
                self._split(item, left)  # who got it through the list must not get it again
            elif left:
                waiting += left
                continue
            failed = any(each.fate is Fate.NEVER for each in mine)
            (bounced if failed else delivered).append(route.recipient)
        if not waiting:
            metrics.DELIVERY_TIME.observe(max(self._services.clock.now() - item.envelope.arrival, 0.0))
            item.remove(self._closer.close_soon)
            return
        item.mark(delivered, State.DELIVERED)
        item.mark(bounced, State.BOUNCED)
        self._put_away(item, waiting)

    def _judged(self, each: Outcome, envelope: Envelope) -> Outcome:
        """Return an outcome as it stands after the sync and in the light of the tries so far."""
        if each.mailbox in self._touched.failed:
            reason = outcome.NOT_DURABLE
            each = Outcome(each.recipient, each.destination, reason.fate, reason.status, reason.text)
        if each.fate is Fate.LATER and envelope.tries + 1 >= self._services.settings[RETRYING_TIMES]:
            text = f"{outcome.EXPIRED.text} {each.text}"
            return Outcome(
                each.recipient, each.destination, Fate.NEVER, outcome.EXPIRED.status, text, host=each.host
            )
        return each

    def _put_away(self, item: Item, waiting: Sequence[Outcome]) -> None:
        """Keep the mail for the next try, or (nobody can be told) for an operator."""
        first = next((each for each in waiting if each.fate is Fate.LATER), None)
        if first is not None:
            self._postpone(item, f"{first.status} {first.text}")
            return
        error = f"{waiting[0].status} {waiting[0].text}"
        item.note(tries=item.envelope.tries, next_try=0.0, error=error)
        _log.notice("mail kept for the operator", mail=item.mail_id, queue=SAVE, reason=error)
        item.move(SAVE)

    def _postpone(self, item: Item, reason: str) -> None:
        tries = item.envelope.tries + 1
        delay = self._interval * min(2 ** (tries - 1), _MAX_BACK_OFF)
        item.note(tries=tries, next_try=self._services.clock.now() + delay, error=reason)
        _log.notice("mail waits", mail=item.mail_id, tries=tries, seconds=delay, reason=reason)
        item.move(CACHE)

    def _split(self, item: Item, later: Sequence[Outcome]) -> None:
        """Make a mail of its own for members of a list; the list itself is done then."""
        envelope = item.envelope
        draft = self._services.spool.begin(
            sender=envelope.sender,
            recipients=[each.destination for each in later],
            client=envelope.client,
            protocol=envelope.protocol,
            options=envelope.options,
            origin=envelope.token_base,
        )
        draft.write(item.octets())
        draft.finish()
        self._services.spool.sync()
        _log.notice("members of a list wait", mail=item.mail_id, split=draft.mail_id, members=len(later))

    # -- reports

    def _tell(self, item: Item, failures: Sequence[Outcome], header: bytes) -> bool:
        """Report failures to the sender; return False when nobody may be told."""
        envelope = item.envelope
        for each in failures:
            _log.notice(
                "delivery failed for good",
                mail=item.mail_id,
                recipient=each.recipient,
                status=each.status,
                reason=each.text,
            )
        if not envelope.sender or headers.is_automatic(header) or not self._audit.allows(envelope.sender):
            return False
        services, settings = self._services, self._services.settings
        text = report.compose(
            envelope,
            failures,
            header,
            host=services.host,
            author=report.postmaster(settings[BOUNCE_POSTMASTER], services.host),
            clock=services.clock,
            ids=services.ids,
        )
        # The same failures of the same mail make the same origin: told again after a crash, delivered once.
        digest = hashlib.sha256("\n".join(sorted(each.destination for each in failures)).encode()).hexdigest()
        recipients = [envelope.sender, *([settings[ADMIN_MAILBOX]] if settings[ADMIN_MAILBOX] else [])]
        draft = services.spool.begin(
            sender="",
            recipients=recipients,
            client=services.host,
            origin=f"{envelope.token_base}.{digest[:16]}",
        )
        draft.write(text)
        draft.finish()
        services.spool.sync()
        _log.notice("sender told", mail=item.mail_id, sender=envelope.sender, report=draft.mail_id)
        return True


def _portions(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Go through mails in portions that may be in memory together."""
    portion: list[Item] = []
    size = 0
    for item in items:
        if portion and size + item.envelope.size > _BATCH_OCTETS:
            yield portion
            portion, size = [], 0
        portion.append(item)
        size += item.envelope.size
    if portion:
        yield portion
