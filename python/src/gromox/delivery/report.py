"""Telling senders what could not be delivered: who is told, how often, and the report itself."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from gromox.mime.build import Action, Recipient, Report, build_dsn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.base.clock import Clock
    from gromox.base.ids import Ids
    from gromox.delivery.outcome import Outcome
    from gromox.delivery.spool_file import Envelope

_MAX_RECIPIENTS: Final = 100  #: in one report


class ResponseAudit:
    """Remembers who was sent a report: one for an address in ``interval`` seconds; bounded.

    Spec:
        Fact sheet protocols.md 7.2 (4): response_audit_capacity, response_interval.
    """

    def __init__(self, clock: Clock, *, capacity: int, interval: float) -> None:
        """Remember at most ``capacity`` addresses."""
        self._clock, self._capacity, self._interval = clock, capacity, interval
        self._sent: OrderedDict[str, float] = OrderedDict()

    def allows(self, address: str) -> bool:
        """Tell whether a report may be sent now, and remember it."""
        key, now = address.lower(), self._clock.monotonic()
        last = self._sent.get(key)
        if last is not None and now - last < self._interval:
            return False
        self._sent[key] = now
        self._sent.move_to_end(key)
        while len(self._sent) > self._capacity:
            self._sent.popitem(last=False)
        return True


def postmaster(setting: str, host: str) -> str:
    """Return the author of reports: what ends in ``@`` is completed with our name."""
    return setting + host if setting.endswith("@") else setting


def compose(
    envelope: Envelope,
    failures: Sequence[Outcome],
    original: bytes,
    *,
    host: str,
    author: str,
    clock: Clock,
    ids: Ids,
) -> bytes:
    """Return a report of failed delivery with the header of the mail. RFC 3464, RFC 6522."""
    told = [
        Recipient(
            final=failure.destination,
            action=Action.FAILED,
            status=failure.status,
            original=failure.recipient if failure.recipient != failure.destination else None,
            diagnostic=failure.text or None,
            remote_mta=failure.host or None,
            last_attempt=clock.now(),
        )
        for failure in failures[:_MAX_RECIPIENTS]
    ]
    return build_dsn(
        Report(reporting_mta=host, arrival=envelope.arrival, recipients=told),
        original,
        to=envelope.sender,
        message_id=f"<{ids.token(12)}@{host}>",
        date=clock.now(),
        boundary=f"report-{ids.token(12)}",
        postmaster=author,
    )
