"""One try of one mail: to mailboxes, then, when these are synced, to other systems."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gromox.base.log import get_logger
from gromox.delivery import header as headers
from gromox.delivery import junk, outcome
from gromox.delivery.batch import EXPECTED
from gromox.delivery.outcome import Fate, Outcome, reason_of
from gromox.delivery.routing import Local, Remote, Route, routes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gromox.delivery.batch import Batch
    from gromox.delivery.junk import Rule
    from gromox.delivery.outcome import Reason
    from gromox.delivery.queue import Item
    from gromox.delivery.relay import Relay
    from gromox.directory.resolve import Resolver

_log = get_logger("delivery")


@dataclass(frozen=True, slots=True)
class Ways:
    """How mail gets anywhere."""

    resolver: Resolver
    relay: Relay
    junk_rules: Sequence[Rule]


@dataclass(slots=True)
class Attempt:
    """What one try came to; it counts when the mailboxes were synced."""

    item: Item
    header: bytes = b""
    routes: list[Route] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    remote: list[Remote] = field(default_factory=list)  #: what is left for :func:`hand_over`
    is_junk: bool = False

    def settle(self, destination: Local | Remote, reason: Reason, *, host: str = "") -> None:
        """Note that a destination was not reached."""
        name = destination.username if isinstance(destination, Local) else destination.address
        self.outcomes.append(
            Outcome(destination.recipient, name, reason.fate, reason.status, reason.text, host=host)
        )

    def fail(self, reason: Reason) -> None:
        """Note one reason for all recipients that are left."""
        self.outcomes = [
            Outcome(address, address, reason.fate, reason.status, reason.text)
            for address in self.item.envelope.pending
        ]
        self.routes = [Route(address, ()) for address in self.item.envelope.pending]


def attempt(item: Item, ways: Ways, batch: Batch) -> Attempt:
    """Begin a try: find out where a mail goes, and put it to those for mailboxes of this system."""
    found = Attempt(item)
    with _guarded(found):
        _try(found, ways, batch)
    return found


def hand_over(found: Attempt, relay: Relay) -> None:
    """Bring a mail to other systems."""
    with _guarded(found):
        _hand_over(found, found.remote, found.item.octets(), relay)


@contextmanager
def _guarded(found: Attempt) -> Iterator[None]:
    try:
        yield
    except EXPECTED as error:
        _log.error("mail cannot be read", mail=found.item.mail_id, reason=error)
        found.fail(reason_of(error) or outcome.DEFECT)
    except Exception as error:  # noqa: BLE001 - one mail must not keep the worker from the others
        _log.exception("delivery failed", error, mail=found.item.mail_id)
        found.fail(outcome.DEFECT)


def _try(found: Attempt, ways: Ways, batch: Batch) -> None:
    envelope = found.item.envelope
    mail = found.item.octets()
    found.header = headers.header_of(mail)
    if headers.received_count(found.header) > headers.MAX_RECEIVED:
        found.fail(outcome.LOOP)
        return
    found.routes = routes(ways.resolver, envelope.pending, envelope.sender)
    found.is_junk = junk.is_junk(ways.junk_rules, found.header)
    for route in found.routes:
        for destination in route.destinations:
            if isinstance(destination, Local):
                batch.add(found, destination, mail)
            elif isinstance(destination, Remote):
                found.remote.append(destination)
            else:
                found.outcomes.append(destination)


def _hand_over(found: Attempt, remote: Sequence[Remote], mail: bytes, relay: Relay) -> None:
    envelope = found.item.envelope
    passed = {value.lower() for value in headers.values(found.header, b"delivered-to")}
    looping = [each for each in remote if each.recipient.lower() in passed]
    for each in looping:
        found.settle(each, outcome.LOOP)
    leaving = [each for each in remote if each not in looping]
    if not leaving:
        return
    mark = "".join(f"Delivered-To: {address}\r\n" for address in _origins(leaving))
    answer = relay.hand_over(envelope.sender, [each.address for each in leaving], mark.encode() + mail)
    for each in leaving:
        reason = answer.refused.get(each.address)
        if reason is None:
            found.outcomes.append(Outcome(each.recipient, each.address, Fate.DONE))
            _log.info("handed on", mail=envelope.mail_id, recipient=each.address, host=answer.host)
        else:
            _log.warning(
                "not handed on",
                mail=envelope.mail_id,
                recipient=each.address,
                status=reason.status,
                reason=reason.text,
            )
            found.settle(each, reason, host=answer.host)


def _origins(leaving: Iterable[Remote]) -> Iterable[str]:
    """Return the addresses here that lead elsewhere: if the mail comes back to one, it goes round."""
    return dict.fromkeys(each.recipient for each in leaving if each.recipient.lower() != each.address.lower())
